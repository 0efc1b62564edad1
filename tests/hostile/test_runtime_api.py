"""What a worker can send to the Runtime API without end: bodies, what stands between their chunks, connections."""
import json
from pathlib import Path

import pytest
from conftest import Deployment, Server, wait_until
from raw_http import Raw

# Sends without end, over many connections, until nobody takes more; then it says what it was answered, and waits for the next event.
FLOOD = """#!/usr/bin/python3
import http.client, json, os, socket, threading
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
def flood(event, id, ends, statuses):
    end = socket.create_connection((host, int(port)), timeout=3)
    ends.append(end)
    try:
        end.sendall(event['head'].replace('ID', id).encode())
        for _ in range(event.get('mib', 90)):
            end.sendall(b'x' * (1 << 20))
    except OSError:
        pass
    try:
        statuses.append(int(end.recv(12)[9:]))
    except (OSError, ValueError):
        statuses.append(0)
while True:
    connection = http.client.HTTPConnection(host, int(port))
    connection.request('GET', '/2018-06-01/runtime/invocation/next')
    answer = connection.getresponse()
    event, id, ends, statuses = json.loads(answer.read()), answer.headers['Lambda-Runtime-Aws-Request-Id'], [], []
    floods = [threading.Thread(target=flood, args=(event, id, ends, statuses)) for _ in range(event['connections'])]
    for each in floods: each.start()
    for each in floods: each.join()
    for each in ends: each.close()
    print('FLOODED', json.dumps(sorted(statuses)), flush=True)
    connection.request('POST', f'/2018-06-01/runtime/invocation/{id}/response', '"honest"')
    connection.getresponse().read()
"""

ROOT = "POST /2018-06-01/runtime/"
LENGTH = "HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n"
CHUNKED = "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
EXTENSION = "POST /2020-01-01/extension/register "

# What it sends on each connection, what it is answered there, and what its caller then sees.
TOO_LARGE = "Function.ResponseSizeTooLarge"
FLOODS = {
    "a response": (f"{ROOT}invocation/ID/response {LENGTH}", 413, TOO_LARGE),
    "a response in chunks": (f"{ROOT}invocation/ID/response {CHUNKED}{90 << 20:x}\r\n", 413, TOO_LARGE),
    "an error": (f"{ROOT}invocation/ID/error {LENGTH}", 413, TOO_LARGE),
    "a response to no event": (f"{ROOT}invocation/nobody/response {LENGTH}", 413, "honest"),
    "a failed init": (f"{ROOT}init/error {LENGTH}", 413, "honest"),
    "a registration": (EXTENSION + LENGTH, 413, "honest"),
    "nothing that there is": (f"POST / {CHUNKED}{90 << 20:x}\r\n", 413, "honest"),
    "a chunk's head": (f"{ROOT}invocation/ID/response {CHUNKED}1;", 400, "honest"),
    "a chunk's head, streamed": (f"{ROOT}invocation/ID/response {CHUNKED}1;".replace("Host", "Lambda-Runtime-Function-Response-Mode: streaming\r\nHost"), 400, "honest"),
    "trailers": (f"{ROOT}invocation/ID/response {CHUNKED}0\r\nName: ", 400, "honest"),
    "a head": ("GET /", 400, "honest"),
    "HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "honest"),
}


@pytest.fixture(scope="module")
def own():
    server = Server()
    deployment = Deployment(server)
    deployment.function("flood", {"bootstrap": FLOOD}, runtime="provided.al2023", handler="any", Timeout=60)
    yield deployment
    server.kill()


class Peak:
    """How far the server has grown since, in MiB."""

    def __init__(self, server):
        self.process = Path(f"/proc/{server.process.pid}")
        (self.process / "clear_refs").write_text("5")  # the peak is what it has now
        self.before = self.read()

    def read(self):
        return int(next(line for line in (self.process / "status").read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def grown(self):
        return self.read() - self.before


@pytest.mark.parametrize("what", FLOODS)
def test_no_flood_of_a_worker_grows_the_server(own, what):
    head, status, seen = FLOODS[what]
    peak, floods = Peak(own.server), len(own.log_of("flood", "FLOODED"))
    result = own.invoke("flood", {"head": head, "connections": 8})[0]
    assert own.invoke("flood", {"connections": 0})[0] == "honest"  # it was frozen where it had failed
    lines = wait_until(lambda: own.log_of("flood", "FLOODED")[floods:])
    assert peak.grown() < 50
    assert json.loads(lines[0].split(" ", 1)[1]) == [status] * 8
    assert (result if isinstance(result, str) else result["errorType"]) == seen
    if seen == TOO_LARGE:
        assert result["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."


def test_a_worker_has_few_connections(own):
    """Four workers had all of them, and no other runtime was given an event."""
    result = own.invoke("flood", {"head": "GET /2018-06-01/nothing HTTP/1.1\r\nHost: x\r\n\r\n", "connections": 100, "mib": 0})[0]
    assert result == "honest"
    line = wait_until(lambda: [each for each in own.log_of("flood", "FLOODED") if "404" in each])[-1]
    assert line.count("404") <= 32


def test_no_clients_chunk_has_an_endless_head(server):
    """It was read until it was there as a whole."""
    peak = Peak(server)
    with Raw(server).connect() as client:
        client.settimeout(20)
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nTransfer-Encoding: chunked\r\n\r\n1;")
        try:
            for _ in range(100):
                client.sendall(b"x" * (1 << 20))
        except ConnectionError:
            pass
        assert peak.grown() < 50
        assert client.recv(12, 0x100) in (b"HTTP/1.1 400", b"")
