"""What is no good request: AWS's error and status, nothing changed, the connection usable."""
import datetime
import http.client
import io
import json
import re
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from conftest import ROOT, BUILD, package, wait_until
from raw_requests import signed


def post(connection, body, headers, path="/", method="POST"):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, (json.loads(text) if text.startswith(b"{") else text.decode()), answer.headers


@pytest.fixture
def connection(server):
    connection = http.client.HTTPConnection("localhost", server.port)
    yield connection
    assert post(connection, "{}", signed(server, "{}"))[0] == 200  # usable still
    connection.close()


BAD_BODIES = {
    "cut off": ('{"Limit": ', "SerializationException"),
    "not an object": ("[1]", "SerializationException"),
    "a wrong type": ('{"Limit": "ten"}', "SerializationException"),
    "a huge number": ('{"Limit": 1' + "0" * 400 + "}", "SerializationException"),
    "deep nesting": ('{"x": ' + "[" * 5000 + "]" * 5000 + "}", "SerializationException"),
    "broken UTF-8": (b'{"ExclusiveStartTableName": "\xff\xfe"}', "SerializationException"),
    "out of bounds": ('{"Limit": 0}', "ValidationException"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_bad_bodies(server, connection, case):
    body, error = BAD_BODIES[case]
    status, answer, _ = post(connection, body, signed(server, body))
    assert status == 400 and answer["__type"].endswith("#" + error)


def test_unknown_members_are_ignored(server, connection):
    body = '{"Nonsense": {"a": [1, 2]}, "Limit": 1}'
    assert post(connection, body, signed(server, body))[0] == 200


def test_unknown_and_not_offered_operations(server, connection):
    assert post(connection, "{}", signed(server, "{}", "DynamoDB_20120810.Nonsense"))[1]["__type"] == "com.amazon.coral.service#UnknownOperationException"
    status, answer, _ = post(connection, "{}", signed(server, "{}", "DynamoDB_20120810.ExportTableToPointInTime"))
    assert (status, answer["message"]) == (501, "leat does not offer dynamodb:ExportTableToPointInTime yet")
    assert post(connection, "{}", signed(server, "{}", "Nobody_1.Nothing"))[0] == 400


def test_checksum_and_request_id(server, connection):
    import zlib
    connection.request("POST", "/", "{}", signed(server, "{}"))
    answer = connection.getresponse()
    body = answer.read()
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(body) and len(answer.headers["x-amzn-requestid"]) == 36
    assert answer.headers["Date"].endswith("GMT") and answer.headers["Content-Type"] == "application/x-amz-json-1.0"


@pytest.fixture(scope="module")
def user(server):
    iam = server.client("iam")
    iam.create_user(UserName="known")
    key = iam.create_access_key(UserName="known")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_known_keys_are_verified(server, user):
    key, secret = user
    assert server.client("sts", key, secret).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/known"
    cases = {"dynamodb": ("list_tables", "InvalidSignatureException", 400), "iam": ("list_users", "SignatureDoesNotMatch", 403), "lambda": ("list_functions", "InvalidSignatureException", 403)}
    for service, (call, code, status) in cases.items():
        with pytest.raises(ClientError) as caught:
            getattr(server.client(service, key, "wrong"), call)()
        assert caught.value.response["Error"]["Code"] == code and caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert caught.value.response["Error"]["Message"].startswith("The request signature we calculated does not match")


def test_a_changed_body_breaks_the_signature(server, connection, user):
    headers = signed(server, "{}", key=user[0], secret=user[1])
    assert post(connection, '{"Limit": 5}', headers)[1]["__type"] == "com.amazon.coral.service#InvalidSignatureException"


def test_old_and_early_signatures(server, connection, monkeypatch, user):
    import botocore.auth
    for minutes, text in ((-20, "Signature expired: "), (20, "Signature not yet current: ")):
        moved = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moved.replace(tzinfo=None))
        status, answer, _ = post(connection, "{}", signed(server, "{}", key=user[0], secret=user[1]))
        assert status == 400 and answer["message"].startswith(text)
        monkeypatch.undo()


def test_no_and_broken_credentials(server, connection):
    plain = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    assert post(connection, "{}", plain)[1]["__type"] == "com.amazon.coral.service#MissingAuthenticationTokenException"
    assert post(connection, "{}", {**plain, "Authorization": "AWS4-HMAC-SHA256 Credential=a/b"})[1]["__type"] == "com.amazon.coral.service#IncompleteSignatureException"
    assert post(connection, "{}", {**plain, "Authorization": "Basic dGVzdDp0ZXN0"})[1]["__type"] == "com.amazon.coral.service#IncompleteSignatureException"
    status, text, _ = post(connection, "Action=GetCallerIdentity&Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 403 and "<Code>MissingAuthenticationToken</Code>" in text


def test_a_presigned_url(server, user):
    def presigned(secret):
        request = AWSRequest("GET", server.endpoint + "/?Action=GetCallerIdentity&Version=2011-06-15")
        SigV4QueryAuth(Credentials(user[0], secret), "sts", "us-east-1", expires=60).add_auth(request)
        return urllib.request.urlopen(request.url)
    assert b"user/known" in presigned(user[1]).read()
    with pytest.raises(urllib.error.HTTPError) as caught:
        presigned("wrong")
    assert caught.value.code == 403 and b"SignatureDoesNotMatch" in caught.value.read()


def test_temporary_credentials_and_their_end(server):
    iam, trust = server.client("iam"), {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="temporary", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="me", DurationSeconds=900)["Credentials"]
    keys = given["AccessKeyId"], given["SecretAccessKey"]
    assert server.client("sts", *keys, token=given["SessionToken"]).get_caller_identity()["Arn"] == "arn:aws:sts::000000000000:assumed-role/temporary/me"
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        server.client("dynamodb", *keys, token="another").list_tables()
    server.post("/_leat/clock?advance=1000")
    with pytest.raises(ClientError, match="ExpiredToken"):
        server.client("dynamodb", *keys, token=given["SessionToken"]).list_tables()
    with pytest.raises(ClientError, match=r"\(AccessDenied\).*is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/none"):
        server.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/none", RoleSessionName="me")


def test_unknown_keys_are_refused_beyond_loopback(own_server):
    server = own_server("--host", "0.0.0.0")
    for service, call, code in (("dynamodb", "list_tables", "UnrecognizedClientException"), ("sts", "get_caller_identity", "InvalidClientTokenId")):
        with pytest.raises(ClientError) as caught:
            getattr(server.client(service), call)()
        assert caught.value.response["Error"]["Code"] == code
    assert "Unknown access keys are refused" in server.log.read_text()
    for path in ("/_leat/reset", "/_localstack/state/reset", "/_leat/logs?function=x&wait=0"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            server.post(path)
        assert caught.value.code == 403
    assert server.get("/_leat/health")["edition"] == "leat"
    assert own_server("--host", "0.0.0.0", "--insecure").client("dynamodb").list_tables()["TableNames"] == []


def test_tls_and_clear_text_on_one_port(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(f"https://localhost:{server.port}/_localstack/health", context=context) as answer:
        assert json.loads(answer.read())["services"]["dynamodb"] == "running"
    assert server.get("/_localstack/health")["edition"] == "leat"


def test_headers_and_bodies_have_limits(server):
    connection = http.client.HTTPConnection("localhost", server.port)
    connection.request("POST", "/", "{}", {"X-Long": "x" * 40000})
    assert connection.getresponse().status == 400
    connection = http.client.HTTPConnection("localhost", server.port)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413
    import socket
    with socket.create_connection(("localhost", server.port)) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def zip_of(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mode, data in entries:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr, info.compress_type = 3, mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


BAD_PACKAGES = {
    "a path out": zip_of(("../../evil.py", 0o100644, "x")),
    "an absolute path": zip_of(("/tmp/evil.py", 0o100644, "x")),
    "a link": zip_of(("link", 0o120777, "/etc/passwd")),
    "a bomb": zip_of(*((f"{i}.bin", 0o100644, b"\0" * (100 << 20)) for i in range(3))),
    "no zip": b"PK\x03\x04 not at all",
}


@pytest.mark.parametrize("case", BAD_PACKAGES)
def test_bad_packages(deployment, case):
    with pytest.raises(ClientError) as caught:
        deployment.functions.create_function(FunctionName="packed", Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": BAD_PACKAGES[case]})
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"] == ("Unzipped size must be smaller than 262144000 bytes" if case == "a bomb" else "Could not unzip uploaded file. Please check your file, then try to upload again.")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        deployment.functions.get_function(FunctionName="packed")


def test_a_graceful_stop_answers_what_is_in_flight(own_server):
    from conftest import Deployment
    server = own_server()
    deployment = Deployment(server)
    deployment.function("slow", "import time\ndef handler(event, context):\n    print('begun')\n    time.sleep(1)\n    return 'answered'", Timeout=10)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(deployment.invoke("slow")[0]))
    caller.start()
    wait_until(lambda: any("INIT_START" in line for line in deployment.log_of("slow")) or server.process.poll() is not None or answers or begun(server))
    began = time.monotonic()
    assert server.stop() == 0 and time.monotonic() - began < 5
    caller.join()
    assert answers == ["answered"]


def begun(server):
    """Whether a worker of that server is at work: its code lies in the data folder while it lives."""
    from pathlib import Path
    return any(Path(server.folder, "workers").glob("*/main.py"))


def test_a_second_server_on_the_same_folder_is_refused(own_server):
    server = own_server()
    second = subprocess.run([BUILD / "leat", "serve", "--port", "0", "--data-dir", server.folder], capture_output=True, text=True, timeout=20)
    assert second.returncode == 1 and "lock" in second.stderr.lower()
    assert server.client("dynamodb").list_tables()["TableNames"] == []


def test_commands(own_server):
    from conftest import Deployment
    server = own_server()
    run = lambda *words: subprocess.run([BUILD / "leat", *words, "--port", str(server.port)], capture_output=True, text=True, timeout=20)
    assert "dynamodb" in run("status").stdout
    deployment = Deployment(server)
    deployment.table("gone")
    deployment.function("speaks", "def handler(event, context):\n    print('said', event)")
    deployment.invoke("speaks", 1)
    follower = subprocess.Popen([BUILD / "leat", "logs", "-f", "speaks", "--port", str(server.port)], stdout=subprocess.PIPE, text=True)
    while "said 1" not in follower.stdout.readline():
        pass
    deployment.invoke("speaks", 2)
    while "said 2" not in follower.stdout.readline():
        pass
    follower.kill()
    assert "said 2" in run("logs", "speaks").stdout
    assert run("reset").returncode == 0
    assert deployment.dynamodb.list_tables()["TableNames"] == [] and deployment.functions.list_functions()["Functions"] == []
    assert server.stop() == 0
    assert run("status").returncode == 1
    assert re.fullmatch(r"leat \d+\.\d+\.\d+\n", subprocess.run([BUILD / "leat", "--version"], capture_output=True, text=True).stdout)


def test_environment_of_localstack(own_server):
    import socket
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([BUILD / "leat", "serve", "--ephemeral"], env={"GATEWAY_LISTEN": f"127.0.0.1:{port}"}, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "Ready.\n"
    assert json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health").read())["edition"] == "leat"
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture
def small_disk():
    """A file system in a mount namespace of its own with 12 MB left: (command that enters it, its folder)."""
    folder = tempfile.mkdtemp(prefix="leat-disk-")
    fill = f"mount -t tmpfs -o size=312m none {folder} && fallocate -l 300M {folder}/ballast && echo ready && cat"
    holder = subprocess.Popen(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", fill], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "ready\n"
    yield ["nsenter", "--target", str(holder.pid), "--user", "--mount", "--preserve-credentials"], folder
    holder.stdin.close()
    holder.wait()


def test_a_full_disk_refuses_writes_and_loses_nothing(own_server, small_disk):
    enter, folder = small_disk
    server = own_server(folder=folder + "/data", prefix=enter)
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="disk", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}])
    written = 0
    with pytest.raises(ClientError, match="InternalServerError"):
        for written in range(200):
            dynamodb.put_item(TableName="disk", Item={"id": {"N": str(written)}, "body": {"S": "x" * 100_000}})
    assert 0 < written < 199
    count = lambda: sum(page["Count"] for page in dynamodb.get_paginator("scan").paginate(TableName="disk", Select="COUNT"))
    assert count() == written
    subprocess.run([*enter, "rm", folder + "/ballast"], check=True)

    def works_again():
        try:
            return dynamodb.put_item(TableName="disk", Item={"id": {"N": "-1"}})
        except ClientError:
            return None

    wait_until(works_again)
    server.kill()
    server.start()
    dynamodb = server.client("dynamodb")
    assert count() == written + 1


def test_init_scripts(own_server, tmp_path):
    for stage, name, text in (("boot", "a.sh", "echo boot >> $OUT"), ("ready", "10_first.sh", "curl -s $AWS_ENDPOINT_URL/_leat/health >> $OUT"),
                              ("ready", "20_second.py", "import os; open(os.environ['OUT'], 'a').write('python')"), ("ready", "30_bad.sh", "exit 3"),
                              ("ready", "notes.txt", "not a script"), ("shutdown", "z.sh", "echo shutdown >> $OUT")):
        (tmp_path / f"{stage}.d").mkdir(exist_ok=True)
        (tmp_path / f"{stage}.d" / name).write_text(text)
    out = tmp_path / "out"
    server = own_server("--init-dir", str(tmp_path), environment={"OUT": str(out)})
    assert out.read_text().startswith('boot\n{"services"') and out.read_text().endswith("python")
    state = server.get("/_localstack/init")
    assert state["completed"] == {"BOOT": True, "START": True, "READY": True, "SHUTDOWN": False}
    assert [(each["stage"], each["name"], each["state"]) for each in state["scripts"]] == [
        ("BOOT", "a.sh", "SUCCESSFUL"), ("READY", "10_first.sh", "SUCCESSFUL"), ("READY", "20_second.py", "SUCCESSFUL"), ("READY", "30_bad.sh", "ERROR")]
    assert server.stop() == 0
    assert out.read_text().endswith("shutdown\n")
