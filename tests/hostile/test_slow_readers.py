"""Clients that do not read what functions stream to them: it waits in the functions, not in the server."""
import socket
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from conftest import Deployment, Server, wait_until

MIB = 1 << 20
SIZE = 150  # MiB of a stream

# Both write 150 MiB and say how far they came when nobody took anything for two seconds; then they wait.
OURS = """
import os, select, struct, sys

def token():
    frame = sys._getframe()
    while 'head' not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals['head']['token'].encode()

def handler(event, context):
    piece = token() + b'x' * (1 << 20)
    os.set_blocking(3, False)
    held = None
    for number in range(150):
        frame = memoryview(struct.pack('>Ic', len(piece) + 1, b'C') + piece)
        while frame:
            if not select.select([], [3], [], 2 if held is None else None)[1]:
                held = number
                print('HELD', number, flush=True)
                continue
            frame = frame[os.write(3, frame):]
    os.set_blocking(3, True)
    print('ALL', flush=True)
    return 'end'
"""
CUSTOM = """#!/usr/bin/python3
import http.client, json, os, socket
api = os.environ['AWS_LAMBDA_RUNTIME_API']
while True:
    connection = http.client.HTTPConnection(api)
    connection.request('GET', '/2018-06-01/runtime/invocation/next')
    id = connection.getresponse().headers['Lambda-Runtime-Aws-Request-Id']
    connection = http.client.HTTPConnection(api)
    connection.putrequest('POST', f'/2018-06-01/runtime/invocation/{id}/response')
    for name, value in {'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked'}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.sock.settimeout(2)
    for number in range(150):
        chunk = memoryview(b'100000\\r\\n' + b'x' * (1 << 20) + b'\\r\\n')
        while chunk:
            try:
                chunk = chunk[connection.sock.send(chunk):]
            except TimeoutError:
                connection.sock.settimeout(None)
                print('HELD', number, flush=True)
    connection.sock.settimeout(None)
    connection.send(b'0\\r\\n\\r\\n')
    connection.getresponse().read()
    print('ALL', flush=True)
"""
RUNTIMES = {"ours": (OURS, "python3.11"), "custom": ({"bootstrap": CUSTOM}, "provided.al2023")}


@pytest.fixture(scope="module")
def own():
    server = Server()
    yield Deployment(server)
    server.kill()


@pytest.fixture(scope="module")
def streamers(own):
    return {which: own.function(which, files, runtime=runtime, Timeout=120) for which, (files, runtime) in RUNTIMES.items()}


def resident(server):
    return int(next(line for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def begin(server, url, host):
    """A request whose answer's head alone is read."""
    signed = botocore.awsrequest.AWSRequest("POST", url, data=b"{}", headers={"Host": host})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(signed)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    path = "/" + url.split("/", 3)[3]
    client.sendall((f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in {**signed.headers, "Content-Length": 2}.items()) + "\r\n").encode() + b"{}")
    assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
    return client


def invoke(deployment, name):
    host = f"localhost:{deployment.server.port}"
    return begin(deployment.server, f"http://{host}/2021-11-15/functions/{name}/response-streaming-invocations", host)


def ask_url(deployment, name):
    url = deployment.functions.create_function_url_config(FunctionName=name, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    return begin(deployment.server, url, url.split("/")[2])


def said(deployment, name, word):
    return [int(line.split()[1]) if " " in line.strip() else line for line in deployment.log_of(name, word)]


WAYS = {"an invocation": invoke, "a function URL": ask_url}


@pytest.mark.parametrize("which, way", [("ours", "an invocation"), ("custom", "an invocation"), ("custom", "a function URL")])
def test_what_nobody_reads_is_not_made(own, streamers, which, way):
    """Up to 200 MB of each stream waited in the server."""
    name, server = streamers[which], own.server
    held, ended = len(said(own, name, "HELD")), len(said(own, name, "ALL"))
    before = resident(server)
    client = WAYS[way](own, name)
    wait_until(lambda: len(said(own, name, "HELD")) > held or len(said(own, name, "ALL")) > ended, seconds=60)
    assert resident(server) - before < 30
    assert said(own, name, "HELD")[-1] < 30 and len(said(own, name, "ALL")) == ended
    taken = 0
    while piece := client.recv(MIB):  # and goes on when it is read
        taken += len(piece)
        if taken > SIZE * MIB:
            break
    assert taken > SIZE * MIB
    client.close()
    wait_until(lambda: len(said(own, name, "ALL")) > ended, seconds=60)


def test_many_streams_that_nobody_reads_stay_small(own, streamers):
    name, server = streamers["ours"], own.server
    held, ended, before = len(said(own, name, "HELD")), len(said(own, name, "ALL")), resident(server)
    clients = [invoke(own, name) for _ in range(8)]
    wait_until(lambda: len(said(own, name, "HELD")) + len(said(own, name, "ALL")) >= held + ended + 8, seconds=90)
    assert resident(server) - before < 60 and len(said(own, name, "ALL")) == ended
    for each in clients:  # whose client is gone runs to its end
        each.close()
    wait_until(lambda: len(said(own, name, "ALL")) == ended + 8, seconds=90)
    assert resident(server) - before < 60


# The handler of AWS's example: what it writes waits where the stream says so.
PIPED = """
const { pipeline } = require('stream/promises');
const { Readable } = require('stream');
function* pieces() {
  for (let number = 0; number < 150; ++number) {
    yield Buffer.alloc(1 << 20, 'x');
    if (number % 10 == 0) console.log('MADE', number);
  }
  console.log('ALL');
}
exports.handler = awslambda.streamifyResponse(async (event, stream) => { await pipeline(Readable.from(pieces()), stream); });
"""


def test_a_pipeline_of_node_js_keeps_the_pace_of_its_client(own):
    name = own.function("piped", PIPED, runtime="nodejs20.x", handler="index.handler", Timeout=60, MemorySize=128)
    answer = own.functions.invoke_with_response_stream(FunctionName=name)
    events = iter(answer["EventStream"])
    assert next(events)["PayloadChunk"]["Payload"][:1] == b"x"
    sizes = [len(each["PayloadChunk"]["Payload"]) for each in events if "PayloadChunk" in each]
    assert 1 + sum(sizes) >= (SIZE - 1) * MIB
    wait_until(lambda: said(own, name, "ALL"))
