"""Ways to the machine's files through functions whose code is a folder."""
import ctypes
import subprocess
import tempfile
import threading
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from conftest import BUILD, Deployment

READER = """
import pathlib
def handler(event, context):
    try:
        return pathlib.Path(event).read_text()
    except OSError as error:
        return error.strerror
"""


def create(functions, role, folder, name=None):
    functions.create_function(FunctionName=name or f"hot-{uuid.uuid4().hex[:8]}", Runtime="python3.11", Handler="main.handler", Role=role,
                              Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})


def refused(functions, role, folder):
    with pytest.raises(ClientError) as error:
        create(functions, role, folder)
    return error.value.response["Error"]


@pytest.mark.parametrize("folder", ["/", "/etc", "/etc/ssl", "/usr", "/usr/lib", "/proc", "/proc/self", "/sys", "/dev", "/boot", "/var", "/var/lib", "/run", "/tmp/../etc"])
def test_the_systems_folders_are_no_code(deployment, folder):
    assert refused(deployment.functions, deployment.role(), folder)["Code"] == "InvalidParameterValueException"


def test_no_link_leads_out(own_server, tmp_path):
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.mkdir(), other.mkdir()
    (allowed / "out").symlink_to(other)
    (allowed / "system").symlink_to("/etc")
    deployment = Deployment(own_server("--hot-reload", str(allowed)))
    for folder in (allowed / "out", allowed / "system", allowed / ".." / "other", other):
        error = refused(deployment.functions, deployment.role(), folder)
        assert error["Code"] == "InvalidParameterValueException" and "--hot-reload" in error["Message"]


def test_several_folders_may_be_allowed(own_server, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    options = []
    for folder in folders:
        folder.mkdir()
        (folder / "main.py").write_text(READER)
        options += ["--hot-reload", str(folder)]
    deployment = Deployment(own_server(*options))
    for folder in folders:
        create(deployment.functions, deployment.role(), folder, folder.name)
        assert deployment.invoke(folder.name, "/var/task/main.py")[0] == READER


def test_what_becomes_a_link_later_is_seen(deployment, tmp_path):
    folder, name = tmp_path / "code", f"later-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "main.py").write_text(READER)
    create(deployment.functions, deployment.role(), folder, name)
    (folder / "main.py").unlink()
    folder.rmdir()
    folder.symlink_to("/etc")
    assert "not below a folder" in deployment.invoke(name, "/var/task/passwd")[0]["errorMessage"]


def test_a_link_inside_shows_nothing_outside(deployment, tmp_path):
    folder, secret, name = tmp_path / "code", tmp_path / "secret", f"inside-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    secret.write_text("secret")
    (folder / "main.py").write_text(READER)
    (folder / "link").symlink_to(secret)
    (folder / "shadow").symlink_to("/etc/shadow")
    create(deployment.functions, deployment.role(), folder, name)
    for link in ("link", "shadow"):
        assert deployment.invoke(name, f"/var/task/{link}")[0] == "No such file or directory"


def test_rights_reach_no_files(server, deployment, tmp_path):
    """A user who may do anything in Lambda, and a function's role that may do anything at all."""
    (tmp_path / "main.py").write_text(READER)
    user = f"hot-{uuid.uuid4().hex[:8]}"
    deployment.iam.create_user(UserName=user)
    deployment.iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = deployment.iam.create_access_key(UserName=user)["AccessKey"]
    functions = server.client("lambda", key["AccessKeyId"], key["SecretAccessKey"])
    assert refused(functions, deployment.role(), tmp_path)["Code"] == "InvalidParameterValueException"
    inside = deployment.function(f"asks-{uuid.uuid4().hex[:8]}", """
import boto3
def handler(event, context):
    try:
        boto3.client('lambda').create_function(FunctionName='hot-inside', Runtime='python3.11', Handler='main.handler', Role=event['role'], Code={'S3Bucket': 'hot-reload', 'S3Key': event['folder']})
    except Exception as error:
        return str(error)
""", Timeout=20)
    answer = deployment.invoke(inside, {"role": deployment.role(), "folder": str(tmp_path)})[0]
    assert "InvalidParameterValueException" in answer and "root" in answer


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr/lib", "/var/lib", "/nowhere"])
def test_an_operator_cannot_allow_the_system(folder):
    with tempfile.TemporaryDirectory() as data:
        ended = subprocess.run([BUILD / "leat", "serve", "--port", "0", "--data-dir", Path(data) / "leat", "--hot-reload", folder], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1 and "--hot-reload" in ended.stderr


def test_a_link_that_takes_the_folders_place_between_look_and_use(own_server, tmp_path):
    """It was looked at by its path, and opened by its path again: on the third try a folder outside was the code."""
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    code, link = allowed / "code", allowed / "link"
    for folder in (allowed, code, other):
        folder.mkdir()
    (code / "main.py").write_text("def handler(event, context): return 'inside'\n")
    (other / "main.py").write_text("def handler(event, context): return 'outside'\n")
    link.symlink_to(other)
    deployment = Deployment(own_server("--hot-reload", str(allowed)))
    create(deployment.functions, deployment.role(), code, "raced")
    exchange, done = ctypes.CDLL(None).renameat2, threading.Event()

    def race():
        while not done.wait(0.002):
            exchange(-100, bytes(code), -100, bytes(link), 2)  # RENAME_EXCHANGE

    racer = threading.Thread(target=race)
    racer.start()
    try:
        answers = set()
        for number in range(40):
            try:
                deployment.functions.update_function_configuration(FunctionName="raced", Timeout=5 + number % 2)
                answers.add(str(deployment.invoke("raced")[0]))
            except ClientError as refusal:
                answers.add(refusal.response["Error"]["Code"])
    finally:
        done.set()
        racer.join()
    assert answers and "outside" not in answers
