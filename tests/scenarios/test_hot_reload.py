"""Functions whose code is a folder of the developer's, as LocalStack's users know them."""
import os

import pytest
from botocore.exceptions import ClientError


def create(deployment, name, folder, runtime="python3.11", handler="main.handler"):
    return deployment.functions.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role=deployment.role(), Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})


def write(file, text):
    """The new text in its place, and a time that differs however fast the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    if before:
        os.utime(file, ns=(before + 10**9, before + 10**9))


@pytest.mark.parametrize("runtime, name, code", [
    ("python3.11", "main.py", "import text\ndef handler(event, context): return text.TEXT\n"),
    ("nodejs20.x", "main.js", "const { TEXT } = require('./text');\nexports.handler = async () => TEXT;\n")])
def test_the_next_invocation_runs_what_was_saved(deployment, tmp_path, runtime, name, code):
    said = (lambda text: f"TEXT = '{text}'\n") if runtime.startswith("python") else (lambda text: f"exports.TEXT = '{text}';\n")
    part = tmp_path / name.replace("main", "text")
    write(tmp_path / name, code)
    write(part, said("one"))
    function = f"hot-{runtime[:6]}"
    create(deployment, function, tmp_path, runtime)
    assert deployment.invoke(function)[0] == deployment.invoke(function)[0] == "one"
    write(part, said("two"))
    assert deployment.invoke(function)[0] == "two"
    assert deployment.functions.get_function(FunctionName=function)["Code"]["Location"] == str(tmp_path)
    deployment.functions.delete_function(FunctionName=function)
    assert part.read_text() == said("two")  # the folder is its owner's


def test_a_folder_is_for_reading(deployment, tmp_path):
    write(tmp_path / "main.py", "def handler(event, context):\n    try:\n        open('/var/task/new', 'w')\n    except OSError as error:\n        return error.strerror\n")
    create(deployment, "hot-reader", tmp_path)
    assert deployment.invoke("hot-reader")[0] == "Read-only file system"


def test_which_folders_are_refused(server, deployment):
    for folder in ("/nowhere/at/all", "relative", server.folder, "/", f"{server.folder}/code"):
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            create(deployment, "hot-refused", folder)
