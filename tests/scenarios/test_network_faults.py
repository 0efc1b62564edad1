"""Clients that vanish, send half of what they promised, or do not read. The server answers the others, and nothing half-sent changes anything."""
import json
import re
import socket

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from conftest import wait_until
from raw_http import Raw, reset


def has(server, table, key):
    return "Item" in server.client("dynamodb").get_item(TableName=table, Key={"id": {"S": key}})


@pytest.fixture(scope="module")
def table(deployment):
    deployment.table("faults")
    return "faults"


def answers(connection, count):
    """The status lines of that many answers."""
    out = b""
    while out.count(b"HTTP/1.1 ") < count or not out.endswith(b"}"):
        piece = connection.recv(65536)
        if not piece:
            break
        out += piece
    return re.findall(rb"HTTP/1.1 (\d+)", out)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_half_a_request_changes_nothing(server, table, end):
    raw = Raw(server)
    whole = raw.put(table, f"half-{end}", 50000)
    for cut in (1, 40, whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 100, len(whole) - 1):
        connection = raw.connect()
        connection.sendall(whole[:cut])
        connection.close() if end == "close" else reset(connection)
    assert not has(server, table, f"half-{end}")


def test_who_does_not_wait_for_the_answer_has_still_written(server, table):
    raw = Raw(server)
    connection = raw.connect()
    connection.sendall(raw.put(table, "unheard"))
    wait_until(lambda: has(server, table, "unheard"))
    reset(connection)
    assert has(server, table, "unheard")


def test_who_has_said_all_may_still_listen(server, table):
    raw = Raw(server)
    with raw.connect() as connection:
        connection.sendall(raw.put(table, "half-closed"))
        connection.shutdown(socket.SHUT_WR)
        assert answers(connection, 1) == [b"200"]


def test_requests_one_after_another_without_waiting(server, table):
    raw = Raw(server)
    with raw.connect() as connection:
        connection.sendall(b"".join(raw.put(table, f"pipelined-{i}") for i in range(20)))
        assert answers(connection, 20) == [b"200"] * 20
    assert all(has(server, table, f"pipelined-{i}") for i in range(20))


def test_a_request_that_comes_byte_by_byte(server, table):
    raw = Raw(server)
    with raw.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw.put(table, "slow"):
            connection.sendall(bytes([byte]))
        assert answers(connection, 1) == [b"200"]


@pytest.mark.parametrize("text", [b"\0\1\2\3 nonsense that is no request at all\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                                  b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64])
def test_what_is_no_request_is_refused_and_hung_up(server, text):
    with socket.create_connection(("localhost", server.port)) as connection:
        connection.settimeout(10)
        connection.sendall(text)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    assert not got.startswith(b"HTTP/1.1 2")
    assert server.get("/_leat/health")


def test_a_client_that_does_not_read_holds_up_nobody(server, table):
    raw, connections = Raw(server), []
    dynamodb = server.client("dynamodb")
    for i in range(20):
        dynamodb.put_item(TableName=table, Item={"id": {"S": f"large-{i}"}, "data": {"S": "x" * 50000}})
    scan = raw.request("DynamoDB_20120810.Scan", {"TableName": table})
    for _ in range(16):
        connection = raw.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(scan)
        connections.append(connection)
    for i in range(50):
        assert has(server, table, "large-1")
    for connection in connections:
        reset(connection)


def test_many_connections_that_say_nothing(server, table):
    idle = [socket.create_connection(("localhost", server.port)) for _ in range(300)]
    assert has(server, table, "nothing") is False
    for connection in idle:
        reset(connection)


def test_a_message_for_a_receiver_that_is_gone_comes_back(server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="faults", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    raw = Raw(server, "sqs")
    connection = raw.connect()
    connection.sendall(raw.request("AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20}))
    wait_until(lambda: server.get("/_leat/health"))
    reset(connection)
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    if not sqs.receive_message(QueueUrl=url).get("Messages"):
        server.post("/_leat/clock?advance=31")
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"


def test_an_invoker_that_is_gone_leaves_a_worker_that_serves(server, deployment):
    name = deployment.function("left-alone", "def handler(event, context):\n    print('RAN', flush=True)\n    return event")
    signed = botocore.awsrequest.AWSRequest("POST", f"{server.endpoint}/2015-03-31/functions/{name}/invocations", data=b'{"n": 1}')
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(signed)
    head = "".join(f"{key}: {value}\r\n" for key, value in {"Host": f"localhost:{server.port}", "Content-Length": 8, **signed.headers}.items())
    request = f"POST /2015-03-31/functions/{name}/invocations HTTP/1.1\r\n{head}\r\n".encode() + b'{"n": 1}'
    connection = socket.create_connection(("localhost", server.port))
    connection.sendall(request)
    wait_until(lambda: deployment.log_of(name, "RAN"))
    reset(connection)
    assert deployment.invoke(name, {"n": 2})[0] == {"n": 2}
