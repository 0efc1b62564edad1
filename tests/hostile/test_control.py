"""By which names the server answers, and who may reset it, move its clock and read its logs."""
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from conftest import BUILD
from raw_requests import FOREIGN_PAGES, OWN_PAGES, PROGRAMS, ask, signed

NAMES = {"localhost": 200, "LocalHost:4566": 200, "127.0.0.1": 200, "[::1]:4566": 200, "192.168.1.20:4566": 200, "localstack:4566": 200, "leat_1": 200, "host.docker.internal:4566": 200,
         "sqs.us-east-1.localhost": 200, "sqs.us-east-1.localhost.localstack.cloud:4566": 200, "dynamodb.eu-west-1.amazonaws.com": 200,
         "evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "localstack.cloud": 421, "x.elb.amazonaws.com": 421, "": 421, "evilamazonaws.com": 421}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_server(server, name):
    assert ask(server, "GET", "/_leat/health", {"Host": name})[0] == NAMES[name]


def test_a_name_of_ones_own(own_server):
    server = own_server("--host-name", "leat.corp.example")
    for name, status in (("leat.corp.example:4566", 200), ("sqs.leat.corp.example", 200), ("corp.example", 421)):
        assert ask(server, "GET", "/_leat/health", {"Host": name})[0] == status


def raw(server, text):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(text.encode())
        return connection.recv(65536).decode()


def test_one_host_exactly(server):
    assert raw(server, "GET /_leat/health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith("HTTP/1.1 4")
    assert raw(server, "GET /_leat/health HTTP/1.1\r\nConnection: close\r\n\r\n").startswith("HTTP/1.1 4")
    assert raw(server, "GET /_leat/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith("HTTP/1.1 200")


CONTROL = [("POST", "/_leat/reset"), ("POST", "/_localstack/state/reset"), ("GET", "/_leat/clock"), ("POST", "/_leat/clock?advance=1"), ("GET", "/_leat/logs?function=x&wait=0"), ("DELETE", "/_aws/dynamodb/expired")]


@pytest.mark.parametrize("method,path", CONTROL)
def test_control_is_closed_to_every_page(server, method, path):
    for headers in (*FOREIGN_PAGES.values(), *OWN_PAGES.values()):
        assert ask(server, method, path, headers)[0] == 403, headers


@pytest.mark.parametrize("case", PROGRAMS)
def test_control_is_open_to_programs(server, case):
    assert ask(server, "GET", "/_leat/clock", PROGRAMS[case])[0] == 200


def test_control_by_the_console(own_server):
    server = own_server("--test-clock")
    file = Path(server.folder, "console-token")
    token = file.read_text()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600 and f"http://console.localhost:{server.port}/#token={token}" in server.log.read_text()
    host = f"console.localhost:{server.port}"
    page = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0"}
    assert ask(server, "GET", "/_leat/clock", {**page, "Authorization": f"Bearer {token}"})[0] == 200
    assert ask(server, "GET", "/_leat/clock", page)[0] == 403
    assert ask(server, "GET", "/_leat/clock", {**page, "Authorization": f"Bearer {token[::-1]}"})[0] == 403
    assert ask(server, "GET", "/_leat/clock", {**page, "Origin": "http://evil.example", "Authorization": f"Bearer {token}"})[0] == 403
    server.stop()
    server.start()
    assert Path(server.folder, "console-token").read_text() != token


def test_control_beyond_loopback_wants_the_root(own_server):
    server = own_server("--host", "0.0.0.0")
    file = Path(server.folder, "root-credentials")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    key, secret = (line.split(" = ")[1] for line in file.read_text().splitlines()[1:])
    assert server.client("sts", key, secret).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    for method, path in CONTROL:
        assert ask(server, method, path)[0] == 403
    run = lambda *words: subprocess.run([BUILD / "leat", *words, "--port", str(server.port)], capture_output=True, text=True, timeout=20)
    denied = run("reset", "--data-dir", "/nonexistent")
    assert denied.returncode == 1 and "wants the root's key" in denied.stderr
    iam = server.client("iam", key, secret)
    iam.create_user(UserName="goes")
    user = iam.create_access_key(UserName="goes")["AccessKey"]
    iam.attach_user_policy(UserName="goes", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert ask(server, "POST", "/_leat/reset", signed(server, "", service="leat", path="/_leat/reset", key=user["AccessKeyId"], secret=user["SecretAccessKey"]))[0] == 403
    assert ask(server, "POST", "/_leat/reset", signed(server, "", service="sts", path="/_leat/reset", key=key, secret=secret))[0] == 403
    assert run("reset", "--data-dir", server.folder).returncode == 0
    assert iam.list_users()["Users"] == []  # the root's key is known still
    with pytest.raises(ClientError):
        server.client("sts").get_caller_identity()
