"""Packages that strangers made, and what is left of packages."""
import base64
import concurrent.futures
import io
import random
import re
import stat
import struct
import threading
import urllib.error
import urllib.request
import uuid
import warnings
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from conftest import Deployment, package, wait_until

ANSWERS = "def handler(event, context): return {!r}\n"


def fresh(word="x"):
    return f"{word}-{uuid.uuid4().hex[:8]}"


def on_disk(server):
    """Names of packages: kept, unpacked, and what is under way."""
    folder = Path(server.folder)
    names = {each.name for place in ("blobs", "unpacked") for each in (folder / place).iterdir()} - {"unfinished"}
    return names | {each.name for each in (folder / "unpacked/unfinished").iterdir()}


def named(functions):
    """The packages that functions, versions and layers have, as their folders are called."""
    rows = [each for page in functions.get_paginator("list_functions").paginate(FunctionVersion="ALL") for each in page["Functions"]]
    layers = [functions.get_layer_version(LayerName=layer["LayerName"], VersionNumber=version["Version"])["Content"]
              for layer in functions.list_layers()["Layers"] for version in functions.list_layer_versions(LayerName=layer["LayerName"])["LayerVersions"]]
    return {base64.b64decode(each["CodeSha256"]).hex() for each in rows + layers}


def zipped(*entries, mode=0o644):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of doubled names
        for name, data in entries:
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # as it is given
            entry.external_attr = mode << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def patched(data, field, value, size):
    """The archive of one entry with another value in its central directory, and in its local header where that has it."""
    out = bytearray(data)
    central = out.index(b"PK\1\2")
    struct.pack_into({2: "<H", 4: "<I"}[size], out, central + field, value)
    struct.pack_into({2: "<H", 4: "<I"}[size], out, field - 2, value)
    return bytes(out)


FLAGS, UNPACKED = 8, 24  # places in the central directory's header; the local one lacks two bytes before them
BAD = {
    "file and folder": lambda: zipped(("a", "1"), ("a/b", "2")),
    "folder and file": lambda: zipped(("a/b", "2"), ("a", "1")),
    "empty folder and file": lambda: zipped(("a/", ""), ("a", "1")),
    "below a file": lambda: zipped(("a/b", "2"), ("a/b/c/d", "1")),
    "long name": lambda: zipped(("n" * 256, "1")),
    "long path": lambda: zipped(("/".join(["n" * 200] * 30), "1")),
    "deep path": lambda: zipped(("d/" * 2000 + "f", "1")),
    "parent": lambda: zipped(("../outside", "1")),
    "parent within": lambda: zipped(("a/../../outside", "1")),
    "absolute": lambda: zipped(("/tmp/outside", "1")),
    "backslash": lambda: zipped(("..\\outside", "1")),
    "doubled": lambda: zipped(("a", "1"), ("a", "2")),
    "doubled by a dot": lambda: zipped(("a", "1"), ("./a", "2")),
    "link": lambda: zipped(("a", "/etc/passwd"), mode=stat.S_IFLNK | 0o777),
    "device": lambda: zipped(("a", ""), mode=stat.S_IFCHR | 0o666),
    "encrypted": lambda: patched(zipped(("a", "1" * 100)), FLAGS, 1, 2),
    "too small a size": lambda: patched(zipped(("a", "1" * 100000)), UNPACKED, 10, 4),
    "too large a size": lambda: patched(zipped(("a", "1" * 100)), UNPACKED, 10**9, 4),
    "bomb": lambda: zipped(*((str(i), bytes(27_000_000)) for i in range(10))),
    "bomb after a good file": lambda: zipped(("main.py", "x = 1"), ("zeros", bytes(262144001))),
    "torn": lambda: zipped(("a", random.Random(1).randbytes(100000)))[:50000],
    "no zip": lambda: b"PK\3\4" + bytes(100),
    "nothing": lambda: b"\0",
}


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A server whose packages are this file's alone."""
    from conftest import Server
    running = Server("--test-clock")
    yield Deployment(running)
    assert running.stop() == 0


@pytest.mark.parametrize("what", BAD)
def test_bad_packages(apart, what):
    before, name = on_disk(apart.server), fresh()
    for attempt in (lambda: apart.functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=apart.role(), Code={"ZipFile": BAD[what]()}),
                    lambda: apart.functions.publish_layer_version(LayerName=name, Content={"ZipFile": BAD[what]()})):
        with pytest.raises(ClientError) as error:
            attempt()
        assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    wait_until(lambda: on_disk(apart.server) == before)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        apart.functions.get_function(FunctionName=name)


@pytest.mark.parametrize("what, entries", [("files", [(f"{i:x}", "") for i in range(100001)]), ("folders", [(f"{i:x}/" + "d/" * 90, "") for i in range(1200)])])
def test_a_package_of_very_many(apart, what, entries):
    before = on_disk(apart.server)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        apart.functions.publish_layer_version(LayerName="many", Content={"ZipFile": zipped(*entries)})
    wait_until(lambda: on_disk(apart.server) == before)


@pytest.mark.parametrize("first, second, path, text", [
    ({"same": "first"}, {"same": "second"}, "same", "second"),
    ({"same": "first"}, {"same/below": "second"}, "same/below", "second"),
    ({"same/below": "first"}, {"same": "second"}, "same", "second"),
    ({"both/a": "first", "both/b": "first"}, {"both/a": "second"}, "both/b", "first")])
def test_the_later_of_two_layers_wins(apart, first, second, path, text):
    arns = [apart.functions.publish_layer_version(LayerName=fresh("layer"), Content={"ZipFile": package(files)})["LayerVersionArn"] for files in (first, second)]
    name = apart.function(fresh(), f"def handler(event, context): return open('/opt/{path}').read()\n", Layers=arns)
    assert apart.invoke(name)[0] == text
    # Nothing of the layers themselves has changed.
    alone = apart.function(fresh(), f"def handler(event, context): return open('/opt/{next(iter(first))}').read()\n", Layers=arns[:1])
    assert apart.invoke(alone)[0] == "first"


def test_the_same_new_package_many_times_at_once(apart):
    for _ in range(5):
        code = package({"main.py": ANSWERS.format(fresh()), **{f"file{i}": fresh() * 100 for i in range(200)}})
        start = threading.Barrier(8)

        def create(i):
            functions = apart.server.client("lambda")
            start.wait()
            if i % 2:
                return functions.publish_layer_version(LayerName=fresh("layer"), Content={"ZipFile": code})["Version"]
            return functions.create_function(FunctionName=fresh(), Runtime="python3.11", Handler="main.handler", Role=role, Code={"ZipFile": code})["FunctionName"]
        role = apart.role()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            names = list(pool.map(create, range(8)))
        assert apart.invoke(names[0])[0] == apart.invoke(names[2])[0]


def settled(deployment):
    """Once what nobody has is gone: the packages that are there are those that are named, kept and unpacked."""
    wait_until(lambda: on_disk(deployment.server) == named(deployment.functions))
    return True


def test_packages_that_nobody_has_are_removed(own_server):
    deployment = Deployment(own_server())
    functions = deployment.functions
    code = {word: package({"main.py": ANSWERS.format(word)}) for word in ("one", "two", "three", "layer")}
    layer = functions.publish_layer_version(LayerName="layer", Content={"ZipFile": code["layer"]})
    first, second = (functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": code["one"]})["FunctionName"]
                     for name in ("first", "second"))
    assert settled(deployment) and len(on_disk(deployment.server)) == 2
    functions.update_function_code(FunctionName=first, ZipFile=code["two"])
    functions.publish_version(FunctionName=first)
    functions.update_function_code(FunctionName=first, ZipFile=code["three"])
    assert settled(deployment) and len(on_disk(deployment.server)) == 4
    assert deployment.invoke("first:1")[0] == "two" and deployment.invoke(first)[0] == "three" and deployment.invoke(second)[0] == "one"
    functions.delete_function(FunctionName=second)
    assert settled(deployment) and len(on_disk(deployment.server)) == 3
    functions.delete_function(FunctionName=first, Qualifier="1")
    assert settled(deployment) and len(on_disk(deployment.server)) == 2
    # A layer's version that is deleted stays for the functions that have it.
    functions.update_function_configuration(FunctionName=first, Layers=[layer["LayerVersionArn"]])
    functions.delete_layer_version(LayerName="layer", VersionNumber=1)
    with pytest.raises(ClientError, match="ResourceConflict"):
        functions.create_function(FunctionName=first, Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": code["one"]})
    wait_until(lambda: len(on_disk(deployment.server)) == 2)
    deployment.server.kill()
    deployment.server.start()
    deployment = Deployment(deployment.server)
    assert deployment.invoke(first)[0] == "three" and len(on_disk(deployment.server)) == 2
    deployment.functions.delete_function(FunctionName=first)
    wait_until(lambda: not on_disk(deployment.server))
    deployment.function("last", ANSWERS.format("last"))
    deployment.server.post("/_leat/reset")
    wait_until(lambda: not on_disk(deployment.server))


def test_a_torn_folder_is_never_run(own_server):
    deployment = Deployment(own_server())
    deployment.function("torn", ANSWERS.format("whole"))
    (name,) = on_disk(deployment.server)
    deployment.server.kill()
    unpacked = Path(deployment.server.folder) / "unpacked"
    (unpacked / name).rename(unpacked / "unfinished" / name)  # as a kill in the middle leaves it
    (unpacked / "unfinished" / name / "main.py").write_text("def handl")
    earlier = Path(deployment.server.folder) / "code" / name  # where earlier versions unpacked in place
    earlier.mkdir(parents=True)
    deployment.server.start()
    deployment = Deployment(deployment.server)
    assert deployment.invoke("torn")[0] == "whole"
    wait_until(lambda: on_disk(deployment.server) == {name} and not earlier.exists())


def test_killed_during_uploads(own_server):
    """Every acknowledged function runs after it, and no package is there that nobody has."""
    chance = random.Random(7)
    deployment = Deployment(own_server())
    acknowledged, role = {}, deployment.role()
    big = {f"file{i}": chance.randbytes(20000) for i in range(40)}

    def work(worker, functions):
        """Its own names: so what it was told last is how they are, but for the call that the kill cut off."""
        while True:
            name, word = f"f{worker}-{chance.randrange(2)}", fresh()
            code = package({"main.py": ANSWERS.format(word), **big})
            known = acknowledged.pop(name, None)
            try:
                if known is None:
                    functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=role, Code={"ZipFile": code})
                elif chance.random() < 0.5:
                    functions.update_function_code(FunctionName=name, ZipFile=code)
                else:
                    functions.delete_function(FunctionName=name)
                    continue
                acknowledged[name] = word
            except functions.exceptions.ResourceConflictException:
                functions.delete_function(FunctionName=name)  # the kill cut off what was told of it
            except (BotoCoreError, OSError):
                return

    for _ in range(4):
        threads = [threading.Thread(target=work, args=(i, deployment.server.client("lambda"))) for i in range(3)]
        for each in threads:
            each.start()
        threading.Event().wait(chance.uniform(0.2, 1.0))  # the moment is what is varied
        deployment.server.kill()
        for each in threads:
            each.join()
        deployment.server.start()
        deployment = Deployment(deployment.server)
        for name, word in acknowledged.items():
            assert deployment.invoke(name)[0] == word
        assert settled(deployment)


def test_a_package_is_for_whoever_was_given_its_link(own_server):
    """Its name is the CodeSha256 that every listing shows: it opened the package to everybody."""
    server = own_server("--test-clock")
    deployment = Deployment(server)
    name = deployment.function("hidden", "def handler(event, context): return 1\n")
    fetched = lambda url: urllib.request.urlopen(url).status
    link = deployment.functions.get_function(FunctionName=name)["Code"]["Location"]
    digest = base64.b64decode(deployment.functions.list_functions()["Functions"][0]["CodeSha256"]).hex()
    assert fetched(link) == 200 and digest in link
    path, _, query = link.partition("?")
    later = re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 1}", query)
    for url in (path, f"{path}?{later}", link[:-1], f"{path[:-1]}0?{query}", f"{path}?Expires=9999999999999&Signature="):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(url)
        assert refused.value.code == 404, url
    server.post("/_leat/clock?advance=601")
    with pytest.raises(urllib.error.HTTPError):
        fetched(link)


def test_names_that_are_costly_to_compare_are_refused(deployment):
    """Their hashes are equal in libzip's table: 120,000 such names (9 MB) kept it for 38 seconds."""
    names = [b"".join(b"Bb" if number >> bit & 1 else b"CA" for bit in range(16)) for number in range(60_000)]
    headers = b"".join(struct.pack("<IBBHHHHHIIIHHHHHII", 0x02014B50, 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0o100644 << 16, 0) + name for name in names)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    hostile = local + headers + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(names), len(names), len(headers), len(local), 0)
    before = processor_seconds(deployment.server)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        deployment.functions.publish_layer_version(LayerName="costly", Content={"ZipFile": hostile})
    assert processor_seconds(deployment.server) - before < 3


def processor_seconds(server):
    times = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, times)) / 100
