"""The folders of earlier versions open with everything in them. tests/full_folder.py has made them."""
import json
import tarfile
import time
from pathlib import Path

import pytest
from conftest import Server, wait_until
from full_folder import answers

# What later versions answer otherwise from the same rows, as AWS does: a policy's revision is that of the function that it is on.
OTHERWISE = ("/lambda get_policy {\"FunctionName\": \"full\"}/RevisionId: ",)
FOLDERS = sorted((Path(__file__).parent.parent / "data/folders").glob("*.tar.xz"))


def lost(before, now, place=""):
    """Where `now` lacks or has otherwise what was answered before. More than that it may have."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [fault for key in before for fault in (lost(before[key], now[key], f"{place}/{key}") if key in now else [f"{place}/{key}"])]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [fault for i, each in enumerate(before) for fault in lost(each, now[i], f"{place}/{i}")]
    return [] if before == now else [f"{place}: {before} {now}"]


@pytest.mark.parametrize("packed", FOLDERS, ids=lambda path: path.name.split(".")[0])
def test_everything_is_there(packed, tmp_path, own_server):
    said = json.loads(packed.with_suffix("").with_suffix(".json").read_text())
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    back = int((said["time"] - time.time()) * 1000)
    server = own_server("--clock-offset", str(back), folder=str(tmp_path))
    provisioned = server.client("lambda").list_provisioned_concurrency_configs
    wait_until(lambda: provisioned(FunctionName="full")["ProvisionedConcurrencyConfigs"][0]["Status"] == "READY")
    assert [fault for fault in lost(said["answers"], answers(server)) if not fault.startswith(OTHERWISE)] == []
    assert " row " not in server.log.read_text()
    assert server.stop() == 0


@pytest.mark.parametrize("format", ["2\n", "0\n", "later\n", "-1"])
def test_what_a_later_version_wrote_is_left_alone(format, own_server):
    server = own_server()
    assert server.stop() == 0
    Path(server.folder, "format").write_text(format)
    before = {file: file.stat().st_mtime_ns for file in Path(server.folder).rglob("*") if file.is_file()}
    with pytest.raises(AssertionError, match="was written by a later version of leat"):
        server.start()
    assert {file: file.stat().st_mtime_ns for file in Path(server.folder).rglob("*") if file.is_file()} == before


def test_there_is_one():
    assert FOLDERS
