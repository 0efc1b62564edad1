"""Clients that wait for nothing, that say nothing, or too much, or not what they said: the others do not notice."""
import os
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Deployment, Server, wait_until
from raw_http import Http2, Raw, reset


def held(server, ports):
    """How many connections from those ports of ours the server has not closed."""
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    ends = [[int(row[side].rpartition(":")[2], 16) for side in (1, 2)] for row in rows if row[3] in ("01", "08")]  # established, or closed by us alone
    return sum(here == server.port and there in ports for here, there in ends)


def over_http1(server, request):
    connection = Raw(server).connect()
    connection.sendall(request)
    return connection


def over_tls(server, request):
    connection = Raw(server).connect_secure()
    connection.sendall(request)
    return connection


def ways_to_leave():
    """(how the poll is sent, how its client leaves)"""
    def http2(server, request):
        client = Http2(server)
        client.waiting = client.begin(request)
        return client

    def reset_stream(client):
        client.h2.reset_stream(client.waiting)
        client.flush()

    return {
        "closed": (over_http1, lambda connection: connection.close()),
        "reset": (over_http1, reset),
        "closed with the next request on its way": (lambda server, request: over_http1(server, request * 2), lambda connection: connection.close()),
        "closed, TLS": (over_tls, lambda connection: connection.close()),
        "closed, HTTP/2": (http2, lambda client: client.socket.close()),
        "reset stream, HTTP/2": (http2, reset_stream),
    }


@pytest.mark.parametrize("way", ways_to_leave())
def test_a_message_is_not_given_to_who_is_gone(server, way):
    """Three dead polls took it thrice: it lay in the dead letter queue and nobody had seen it."""
    poll, leave = ways_to_leave()[way]
    sqs, name = server.client("sqs"), f"gone-{uuid.uuid4().hex[:8]}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"3"}}'})["QueueUrl"]
    request = Raw(server, "sqs").request("AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20})
    polls = [poll(server, request) for _ in range(3)]
    ports = [getattr(each, "socket", each).getsockname()[1] for each in polls]
    wait_until(lambda: held(server, ports) == 3)
    for each in polls:
        leave(each)
    if "stream" in way:
        for each in polls:
            each.h2.ping(b"are you?")
            each.flush()
            while not any(type(event).__name__ == "PingAckReceived" for event in each.events()):
                pass
    else:
        wait_until(lambda: held(server, ports) == 0, seconds=10)  # the polls themselves take 20
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    [message] = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


HASTE = 0.02  # of the usual patience: what takes 10 seconds takes 0.2


@pytest.fixture(scope="module")
def hasty():
    running = Server("--patience", str(HASTE))
    yield running
    assert running.stop() == 0


SILENT = {
    "nothing at all": b"",
    "half of a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    "half of a head": b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow:",
    "half of a body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    "half of a large body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{",
    "half of a chunk": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    "no second request": b"GET /_leat/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/2's greeting alone": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "half of HTTP/2's greeting": b"PR",
}


@pytest.mark.parametrize("what", SILENT)
def test_who_says_no_more_is_hung_up_on(hasty, what):
    with socket.create_connection(("localhost", hasty.port)) as connection:
        connection.settimeout(20)
        connection.sendall(SILENT[what])
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass


def test_who_drips_is_hung_up_on(hasty):
    """A byte now and then was enough to keep a connection for ever."""
    for head in (b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"):
        with socket.create_connection(("localhost", hasty.port)) as connection:
            connection.settimeout(0.05)
            connection.sendall(head)

            def hung_up():
                try:
                    connection.sendall(b"x")
                    return connection.recv(1) == b""
                except TimeoutError:
                    return False
                except ConnectionError:
                    return True

            wait_until(hung_up)


def test_who_goes_on_may_take_its_time(hasty):
    """A body is held to a rate, not to a time."""
    request = Raw(hasty).request("DynamoDB_20120810.ListTables", {"Nonsense": "x" * 200_000})
    head, _, body = request.partition(b"\r\n\r\n")
    with socket.create_connection(("localhost", hasty.port)) as connection:
        connection.sendall(head + b"\r\n\r\n")
        began = time.monotonic()
        while time.monotonic() - began < 3 * 20 * HASTE:
            piece, body = body[:1000], body[1000:]
            connection.sendall(piece)
            time.sleep(0.01)  # a slow client is what this is about
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_who_does_not_read_is_hung_up_on(hasty):
    deployment = Deployment(hasty)
    deployment.table("unread")
    for i in range(20):
        deployment.dynamodb.put_item(TableName="unread", Item={"id": {"S": str(i)}, "data": {"S": "x" * 50_000}})
    raw, over2 = Raw(hasty), Http2(hasty)
    request = raw.request("DynamoDB_20120810.Scan", {"TableName": "unread"})
    over1 = raw.connect()
    over1.sendall(request * 20)
    for _ in range(20):
        over2.begin(request)
    ports = [over1.getsockname()[1], over2.socket.getsockname()[1]]
    wait_until(lambda: held(hasty, ports) == 0)


def test_long_polls_are_not_silence(hasty):
    url = hasty.client("sqs").create_queue(QueueName="patient")["QueueUrl"]
    with Raw(hasty).connect() as connection:
        connection.sendall(Raw(hasty, "sqs").request("AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 2}))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("limit", [128, 1024])
def test_a_thousand_idle_connections_stop_nobody(own_server, limit):
    """They took every descriptor there was: then no write could open its file, and nothing new was accepted."""
    server = own_server(prefix=("prlimit", f"--nofile={limit}:{limit}"))
    deployment = Deployment(server)
    deployment.table("goes-on")
    idle = [socket.create_connection(("localhost", server.port)) for _ in range(1100)]
    half = [Raw(server).connect() for _ in range(100)]
    for each in half:
        each.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")
    used = lambda: sum(map(int, Path(f"/proc/{server.process.pid}/stat").read_text().split()[13:15]))
    before = used()
    for i in range(40):
        server.client("dynamodb").put_item(TableName="goes-on", Item={"id": {"S": str(i)}, "data": {"S": "x" * 300_000}})
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < limit
    assert used() - before < 500  # ticks of 10 ms: it does not spin either
    assert server.client("dynamodb").scan(TableName="goes-on", Select="COUNT")["Count"] > 0
    for each in idle + half:
        each.close()


BAD_FRAMING = {
    "both lengths": (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    "both lengths, the other way": (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "a list of lengths": (b"Content-Length: 2, 2\r\n\r\n{}", 400),
    "a signed length": (b"Content-Length: +2\r\n\r\n{}", 400),
    "gzip": (b"Transfer-Encoding: gzip\r\n\r\n", 501),
    "gzip, chunked": (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "something like chunked": (b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "a folded line": (b"X-Long: a\r\n b\r\n\r\n", 400),
    "a folded encoding": (b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    "a space before the colon": (b"Content-Length : 2\r\n\r\n{}", 400),
    "a bad chunk": (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400),
    "a huge chunk": (b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
    "a zero byte": (b"X-Odd: a\0b\r\n\r\n", 400),
    "20 KB of headers": (b"".join(b"X-%d: %s\r\n" % (i, b"x" * 1000) for i in range(20)) + b"\r\n", 400),
}


@pytest.mark.parametrize("case", BAD_FRAMING)
def test_a_request_that_could_be_read_in_two_ways_is_refused(server, case):
    fields, status = BAD_FRAMING[case]
    with socket.create_connection(("localhost", server.port)) as connection:
        connection.settimeout(10)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + fields + b"GET /_leat/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
    assert got.startswith(b"HTTP/1.1 %d" % status) and got.count(b"HTTP/1.1 ") == 1, got


MIB = 1 << 20
TOO_LARGE = {  # (how it is asked for, the service's limit in bytes, what the refusal says)
    "dynamodb": ("POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.BatchWriteItem", 16 * MIB, b"Request must be smaller than 16777216 bytes for the BatchWriteItem operation"),
    "kinesis": ("POST / HTTP/1.1\r\nX-Amz-Target: Kinesis_20131202.PutRecords", 16 * MIB, b"RequestEntityTooLargeException"),
    "kinesis, CBOR": ("POST / HTTP/1.1\r\nContent-Type: application/x-amz-cbor-1.1\r\nX-Amz-Target: Kinesis_20131202.PutRecords", 16 * MIB, b"RequestEntityTooLargeException"),
    "logs": ("POST / HTTP/1.1\r\nX-Amz-Target: Logs_20140328.PutLogEvents", 8 * MIB, b"RequestEntityTooLargeException"),
    "sqs": ("POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.SendMessage", 8 * MIB, b"RequestEntityTooLargeException"),
    "monitoring": ("POST /service/GraniteServiceVersion20100801/operation/PutMetricData HTTP/1.1\r\nSmithy-Protocol: rpc-v2-cbor", MIB, b"RequestEntityTooLargeException"),
    "iam": ("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", MIB, b"<Code>RequestEntityTooLarge</Code>"),
    "lambda, a package": ("POST /2015-03-31/functions HTTP/1.1", 70167211, b"Request must be smaller than 70167211 bytes for the CreateFunction operation"),
    "lambda, a payload": ("POST /2015-03-31/functions/name/invocations HTTP/1.1", 6291456, b"Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
    "lambda, a function URL": ("POST / HTTP/1.1", 6291456, b"Request Entity Too Large"),
    "nobody": ("POST / HTTP/1.1", MIB, b"RequestEntityTooLargeException"),
}


def head_of(server, what):
    line, *fields = TOO_LARGE[what][0].split("\r\n")
    host = "abcdefgh.lambda-url.us-east-1.localhost" if "URL" in what else "localhost"
    signed = [f"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{what.split(',')[0]}/aws4_request, SignedHeaders=host, Signature={'0' * 64}"] if what != "nobody" else []
    return "\r\n".join([line, f"Host: {host}:{server.port}", *fields, *signed]).encode() + b"\r\n"


def refusal(connection):
    connection.settimeout(20)
    got = b""
    while b"\r\n\r\n" not in got or len(got.partition(b"\r\n\r\n")[2]) < int(got.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
        got += connection.recv(65536)
    return got


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_body_above_the_services_limit_is_refused_while_it_comes(server, what):
    _, limit, words = TOO_LARGE[what]
    with Raw(server).connect() as connection:
        connection.sendall(head_of(server, what) + b"Content-Length: %d\r\n\r\n" % (limit + 1))
        announced = refusal(connection)
    assert announced.startswith(b"HTTP/1.1 413 ") and words in announced
    with Raw(server).connect() as connection:
        connection.sendall(head_of(server, what) + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (limit + 1000))
        left = limit + 500
        while left > 0:  # the last of the chunk never comes
            connection.sendall(b"x" * min(left, MIB))
            left -= MIB
        came = refusal(connection)
    assert came.startswith(b"HTTP/1.1 413 ") and words in came


def test_a_body_above_the_limit_is_refused_over_http2(server):
    client = Http2(server)
    request = head_of(server, "iam") + b"Content-Length: 2000000\r\n\r\n"
    client.begin(request, end=False)
    seen = []
    while not any(type(each).__name__ == "DataReceived" for each in seen):
        seen += client.events()
    [head] = [dict(each.headers) for each in seen if type(each).__name__ == "ResponseReceived"]
    assert head[":status"] == "413"


def test_what_is_offered_by_nobody_is_said_so_whatever_its_size(server):
    with Raw(server).connect() as connection:
        connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=%s\r\nContent-Length: 99999999999\r\n\r\n" % (b"0" * 64))
        answer = refusal(connection)
    assert answer.startswith(b"HTTP/1.1 501 ") and b"leat does not offer s3:PUT /bucket/key" in answer


def memory_of(server):
    """Bytes in MB that the process has in memory."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def at_once(server, requests):
    """Sends each on a connection of its own, and waits for all answers."""
    def ask(request):
        with Raw(server).connect() as connection:
            connection.sendall(request)
            return connection.recv(100)
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))


def test_what_waits_for_all_clients_together_is_bounded(own_server):
    """60 bodies of 20 MB took 1.6 GB."""
    server = own_server()
    before, most = memory_of(server), 0
    request = Raw(server).request("DynamoDB_20120810.PutItem", {"TableName": "x" * 15 * MIB})
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(at_once, server, [request] * 60)
        while not load.done():
            most = max(most, memory_of(server))
    assert {answer[:12] for answer in load.result()} == {b"HTTP/1.1 400"}
    assert most - before < 800
