#!/usr/bin/env python3
"""Every number of the project, each as a ratio beside a floor or a peer in the same run.

usage: bench.py [--quick] [PART ...]      parts: reads, large, latency, throughput, invoke, cold, start
"""
import argparse
import datetime
import hashlib
import hmac
import io
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3
import botocore.config

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 32
THREADS = os.cpu_count()
ROWS = []


def row(what, measured, beside, ratio, target, met):
    ROWS.append((what, measured, beside, ratio, target, "met" if met else "BELOW"))
    print(f"  {what}: {measured}, {beside}: {ratio} (target {target}, {ROWS[-1][-1]})", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server that says "Ready." on standard output, or answers on its port."""

    def __init__(self, command, port, says_ready=True, **more):
        self.port = port
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
        if says_ready:
            assert self.process.stdout.readline() == "Ready.\n"
        else:
            wait_for_port(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def wait_for_port(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.001)


class Leat(Process):
    def __init__(self, *options):
        port = free_port()
        self.folder = tempfile.mkdtemp(prefix="leat-bench-")
        super().__init__([ROOT / "build/leat", "serve", "--port", port, "--data-dir", self.folder, *options], port)
        self.key, self.secret = "test", "test"

    def client(self, name, **more):
        return client(self.port, name, self.key, self.secret, **more)

    def make_user(self):
        """From here on requests are signed with a key that leat knows, and so verifies."""
        iam = self.client("iam")
        iam.create_user(UserName="bench")
        key = iam.create_access_key(UserName="bench")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]


def client(port, name, key="test", secret="test"):
    return boto3.client(name, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1",
                        config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=300))


class Signer:
    """Signature Version 4 for one port, service and day; fast, for thousands of requests."""

    def __init__(self, port, key, secret, service="dynamodb"):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.host, self.key, self.date, self.service = f"127.0.0.1:{port}", key, now.strftime("%Y%m%dT%H%M%SZ"), service
        self.scope = f"{self.date[:8]}/us-east-1/{service}/aws4_request"
        signing = b"AWS4" + secret.encode()
        for part in self.scope.split("/"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        self.signing = signing

    def headers(self, body, target=None, path="/"):
        signed = {"host": self.host, "x-amz-date": self.date, **({"x-amz-target": target} if target else {})}
        canonical = "\n".join(["POST", path, "", *(f"{name}:{value}" for name, value in signed.items()), "", ";".join(signed), hashlib.sha256(body.encode()).hexdigest()])
        text = f"AWS4-HMAC-SHA256\n{self.date}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self.signing, text.encode(), "sha256").hex()
        return {"Host": self.host, "X-Amz-Date": self.date, "Content-Type": "application/x-amz-json-1.0", **({"X-Amz-Target": target} if target else {}),
                "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{self.scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"}


def write_requests(path, signer, target, bodies):
    with open(path, "w") as file:
        for body in bodies:
            headers = signer.headers(body, "DynamoDB_20120810." + target)
            file.write("\t".join(word for pair in headers.items() for word in pair) + "\n" + body + "\n")


def wrk(port, requests, seconds, connections=CONNECTIONS):
    """Requests a second."""
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "bench/requests.lua", f"http://127.0.0.1:{port}/"],
                          env={**os.environ, "REQUESTS": str(requests)}, capture_output=True, text=True, check=True).stdout
    refused = int(re.search(r"REFUSED (\d+)", done)[1])
    if refused:
        sys.exit(f"{refused} requests were refused:\n{done}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done)[1])


def best(measure, times=3):
    """The best of several runs: what else the machine does only slows."""
    return max(measure() for _ in range(times))


def create_table(dynamodb, name, stream=False, on_demand=True):
    settings = {"BillingMode": "PAY_PER_REQUEST"} if on_demand else {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
    if stream:
        settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    dynamodb.create_table(TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **settings)
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    return dynamodb.describe_table(TableName=name)["Table"].get("LatestStreamArn")


def item(i, turn=0):
    return {"id": {"S": f"key-{i}"}, "n": {"N": str(i + turn)}, "text": {"S": "x" * 100}}


def item_bodies(table, operation, count, keys):
    """Requests for `count` keys spread over the table. Puts come twice, so that each of them changes its item."""
    step = max(1, keys // count)
    for turn in range(1 if operation == "GetItem" else 2):
        for i in range(0, min(keys, count * step), step):
            content = {"Key": {"id": {"S": f"key-{i}"}}} if operation == "GetItem" else {"Item": item(i, turn + 1)}
            yield json.dumps({"TableName": table, **content}, separators=(",", ":"))


def fill(port, table, first, last):
    """Items `first` to `last`, with an unverified key: wrk makes the bodies."""
    signer, seconds = Signer(port, "test", "test"), 1 + (last - first) // 50_000
    while True:
        subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", ROOT / "bench/fill.lua", f"http://127.0.0.1:{port}/"], check=True, capture_output=True, env={
            **os.environ, "FROM": str(first), "TO": str(last), "TABLE": table, "DATE": signer.date,
            "AUTHORIZATION": signer.headers("{}")["Authorization"]})
        if "Item" in client(port, "dynamodb").get_item(TableName=table, Key={"id": {"S": f"key-{last}"}}):
            return
        seconds *= 2  # wrk begins anew, so it must be given the time for all


def settle(server):
    """Waits until the server has nothing left to do behind its answers (compaction, that is)."""
    ticks = lambda: sum(map(int, Path(f"/proc/{server.process.pid}/stat").read_text().split()[13:15]))
    before = ticks()
    while True:
        time.sleep(1)
        now = ticks()
        if now - before < 5:
            return
        before = now


def rates(server, operation, table, count, keys, seconds, scratch):
    requests = scratch / "requests"
    write_requests(requests, Signer(server.port, server.key, server.secret), operation, item_bodies(table, operation, count, keys))
    return best(lambda: wrk(server.port, requests, seconds))


def floor_rate(requests, answer, seconds, scratch):
    (scratch / "answer").write_text(answer)
    port = free_port()
    with Process([ROOT / "build/floor", port, THREADS, scratch / "answer"], port):
        return best(lambda: wrk(port, requests, seconds))


def bench_reads(options, scratch):
    """GetItem and PutItem beside the floor and dynalite."""
    keys = 1000
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        create_table(dynamodb, "plain")
        create_table(dynamodb, "streamed", stream=True)
        fill(leat.port, "plain", 0, keys - 1)
        results = {"GetItem": rates(leat, "GetItem", "plain", keys, keys, options.seconds, scratch)}
        answer = json.dumps({"Item": item(1)}, separators=(",", ":"))
        floors = {"GetItem": floor_rate(scratch / "requests", answer, options.seconds, scratch)}
        results["PutItem"] = rates(leat, "PutItem", "streamed", keys, keys, options.seconds, scratch)
        floors["PutItem"] = floor_rate(scratch / "requests", "{}", options.seconds, scratch)
    port = free_port()
    with Process(["node", ROOT / "bench/node_modules/dynalite/cli.js", "--port", port, "--createTableMs", "0"], port, says_ready=False) as dynalite:
        dynalite.key = dynalite.secret = "test"
        dynamodb = client(port, "dynamodb")
        create_table(dynamodb, "plain")
        for i in range(0, keys, 25):
            dynamodb.batch_write_item(RequestItems={"plain": [{"PutRequest": {"Item": item(k)}} for k in range(i, i + 25)]})
        peers = {name: rates(dynalite, name, "plain", keys, keys, options.seconds, scratch) for name in ("GetItem", "PutItem")}
    for name, what, least, times in (("GetItem", "GetItem, 32 connections, signed and verified", 0.5, 4), ("PutItem", "PutItem into a table with a stream, fsync", 0.3, 3)):
        ratio, peer = results[name] / floors[name], results[name] / peers[name]
        row(what, f"{results[name]:,.0f}/s", f"floor {floors[name]:,.0f}/s", f"{ratio:.2f}", f"≥ {least}", ratio >= least)
        row(what, f"{results[name]:,.0f}/s", f"dynalite in memory {peers[name]:,.0f}/s", f"{peer:.1f}×", f"≥ {times}×", peer >= times)


def bench_large(options, scratch):
    """The same with a million items."""
    sizes = (1000, 50_000 if options.quick else 1_000_000)
    results = {}
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        for size in sizes:
            create_table(dynamodb, f"items-{size}", stream=True)
            fill(leat.port, f"items-{size}", 0, size - 1)
        settle(leat)
        for operation in ("GetItem", "PutItem"):
            for size in sizes:
                # As many distinct keys in both, so that only the table's size differs.
                results[operation, size] = rates(leat, operation, f"items-{size}", 1000, size, options.seconds, scratch)
    for operation in ("GetItem", "PutItem"):
        ratio = results[operation, sizes[1]] / results[operation, sizes[0]]
        row(f"{operation} with {sizes[1]:,} items in the table", f"{results[operation, sizes[1]]:,.0f}/s", f"with a thousand {results[operation, sizes[0]]:,.0f}/s", f"{ratio:.2f}", "≥ 0.85", ratio >= 0.85)


# --- functions

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
# Notes when its first line ran; an event {"report": …} gets the notes.
NOTING = """
import time
notes = []
def handler(event, context=None):
    now = time.time_ns()
    if 'report' in event:
        return notes
    notes.append((now, len(event.get('Records', ())), time.time_ns()))
"""
COUNTING = """
import time
notes, total = [], 0
def handler(event, context=None):
    global total
    now = time.time_ns()
    if 'report' in event:
        return notes
    total += len(event['Records'])
    notes.append((now, len(event['Records']), time.time_ns()))
"""
# The bare pipe: length and JSON in, length and JSON out, the same handler between.
PIPE = """
import json, struct, sys
scope = {}
exec(open(sys.argv[1]).read(), scope)
handler, source, sink = scope['handler'], sys.stdin.buffer, sys.stdout.buffer
while True:
    head = source.read(4)
    if not head:
        break
    answer = json.dumps(handler(json.loads(source.read(struct.unpack('>I', head)[0])))).encode()
    sink.write(struct.pack('>I', len(answer)) + answer)
    sink.flush()
"""


class BarePipe:
    def __init__(self, code, scratch):
        (scratch / "handler.py").write_text(code)
        self.process = subprocess.Popen([sys.executable, "-c", PIPE, scratch / "handler.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def call(self, payload):
        self.process.stdin.write(struct.pack(">I", len(payload)) + payload)
        size = struct.unpack(">I", self.read(4))[0]
        return self.read(size)

    def read(self, size):
        out = b""
        while len(out) < size:
            out += self.process.stdout.read(size - len(out))
        return out

    def round_trip(self, payload, times=2000):
        """Median microseconds."""
        samples = []
        for _ in range(times):
            began = time.perf_counter_ns()
            self.call(payload)
            samples.append((time.perf_counter_ns() - began) / 1000)
        return statistics.median(samples)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def package(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


def create_function(leat, name, code, runtime="python3.11", file="main.py", handler="main.handler", **settings):
    iam, functions = leat.client("iam"), leat.client("lambda")
    try:
        iam.create_role(RoleName="bench", AssumeRolePolicyDocument=TRUST)
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    functions.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role="arn:aws:iam::000000000000:role/bench", Code={"ZipFile": package(file, code)}, Timeout=60, MemorySize=512, **settings)
    return functions


def report(functions, name):
    return json.loads(functions.invoke(FunctionName=name, Payload=b'{"report": 1}')["Payload"].read())


class RawClient:
    """Signed requests over one connection, with as little of a client as can be."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def prepare(self, headers, body, path="/"):
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (head + f"Content-Length: {len(body)}\r\n\r\n" + body).encode()

    def call(self, request):
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        left = int(re.search(rb"[Cc]ontent-[Ll]ength: (\d+)", head)[1]) - len(body)
        while left > 0:
            left -= len(self.socket.recv(65536))
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(answer.decode())


def bench_latency(options, scratch):
    """From PutItem's reply to the handler's first line."""
    probes = 200 if options.quick else 1000
    with Leat() as leat:
        leat.make_user()
        arn = create_table(leat.client("dynamodb"), "watched", stream=True, on_demand=False)
        functions = create_function(leat, "noting", NOTING)
        functions.create_event_source_mapping(FunctionName="noting", EventSourceArn=arn, StartingPosition="LATEST")
        raw, signer, replies = RawClient(leat.port), Signer(leat.port, leat.key, leat.secret), []
        for i in range(probes + 20):
            body = json.dumps({"TableName": "watched", "Item": item(i)})
            request = raw.prepare(signer.headers(body, "DynamoDB_20120810.PutItem"), body)
            raw.call(request)
            replies.append(time.time_ns())
            time.sleep(0.3 if i < 3 else 0.003)  # one record at a time: the pace of the load, not a wait for a result
        notes = report(functions, "noting")
    assert len(notes) == len(replies), (len(notes), len(replies))
    samples = sorted((started - replied) / 1e6 for (started, _, _), replied in list(zip(notes, replies))[20:])
    median, p99 = statistics.median(samples), samples[int(len(samples) * 0.99) - 1]
    pipe = BarePipe(NOTING, scratch)
    event = json.dumps({"Records": [{"eventID": "x" * 32, "eventName": "INSERT", "dynamodb": {"NewImage": item(1), "Keys": {"id": {"S": "key-1"}}}}]}).encode()
    bare = pipe.round_trip(event) / 1000
    pipe.close()
    row("PutItem's reply to the handler's first line, warm, median", f"{median:.3f} ms", f"bare pipe round trip {bare:.3f} ms", f"{median / bare:.1f}×", "≤ 8×, < 2 ms", median <= 8 * bare and median < 2)
    row("the same, 99th percentile", f"{p99:.3f} ms", "—", "—", "< 10 ms", p99 < 10)


def bench_throughput(options, scratch):
    """Records through one mapping, batches of 1,000, a handler that only counts."""
    count = 20_000 if options.quick else 100_000
    with Leat() as leat:
        dynamodb = leat.client("dynamodb")
        arn = create_table(dynamodb, "source", stream=True, on_demand=False)
        fill(leat.port, "source", 0, count - 1)
        functions = create_function(leat, "counting", COUNTING)
        functions.invoke(FunctionName="counting", Payload=b'{"report": 1}')
        streams = leat.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]
        mapping = functions.create_event_source_mapping(FunctionName="counting", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=1000)
        notes = []
        while sum(number for _, number, _ in notes) < count:
            time.sleep(1)
            notes = report(functions, "counting")
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
    for record in records:
        record["dynamodb"]["ApproximateCreationDateTime"] = int(record["dynamodb"]["ApproximateCreationDateTime"].timestamp())
        record["eventSourceARN"] = arn
    seconds = (notes[-1][2] - notes[0][0]) / 1e9
    rate = sum(number for _, number, _ in notes) / seconds
    event = json.dumps({"Records": records}, separators=(",", ":")).encode()
    pipe = BarePipe(COUNTING, scratch)
    pipe.call(event)
    began, batches = time.time(), 50
    for _ in range(batches):
        pipe.call(event)
    bare = batches * len(records) / (time.time() - began)
    pipe.close()
    row("records through one mapping, batches of 1,000", f"{rate:,.0f}/s", f"bare pipe {bare:,.0f}/s", f"{rate / bare:.2f}", "≥ 0.5", rate >= 0.5 * bare)


def bench_invoke(options, scratch):
    """Synchronous Invoke of a warm function."""
    with Leat() as leat:
        leat.make_user()
        create_function(leat, "noting", NOTING)
        raw, signer, path = RawClient(leat.port), Signer(leat.port, leat.key, leat.secret, "lambda"), "/2015-03-31/functions/noting/invocations"
        request, samples = raw.prepare(signer.headers('{"x": 1}', path=path), '{"x": 1}', path), []
        for _ in range(1000):
            began = time.perf_counter_ns()
            raw.call(request)
            samples.append((time.perf_counter_ns() - began) / 1000)
    median = statistics.median(samples[100:])
    pipe = BarePipe(NOTING, scratch)
    bare = pipe.round_trip(b'{"x": 1}')
    pipe.close()
    row("synchronous Invoke, warm, median", f"{median:.0f} µs", f"bare pipe round trip {bare:.0f} µs", f"{median / bare:.1f}×", "≤ 8×", median <= 8 * bare)


def median_ms(command, times, **more):
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, **more)
        samples.append(1000 * (time.perf_counter() - began))
    return statistics.median(samples)


def bench_cold(options, scratch):
    """The first invocation of a function, its SDK loaded."""
    cases = {
        "Python with boto3": ("python3.11", "main.py", "main.handler", "import boto3\ndef handler(event, context):\n    return boto3.__version__\n"),
        "Node.js with its SDK": ("nodejs20.x", "index.js", "index.handler", "const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');\nconst { DynamoDBDocumentClient } = require('@aws-sdk/lib-dynamodb');\nexports.handler = async () => typeof DynamoDBClient;\n"),
    }
    site, modules = {"PYTHONPATH": str(ROOT / "runtimes/python/site-packages")}, {"NODE_PATH": str(ROOT / "runtimes/nodejs/node_modules")}
    bare = {
        "Python with boto3": median_ms(["python3", "-c", "import boto3"], 7, env={**os.environ, **site}),
        "Node.js with its SDK": median_ms(["node", "-e", "require('@aws-sdk/client-dynamodb'); require('@aws-sdk/lib-dynamodb')"], 7, env={**os.environ, **modules}),
    }
    with Leat() as leat:
        for name, (runtime, file, handler, code) in cases.items():
            samples = []
            for i in range(7):
                functions = create_function(leat, f"cold-{runtime[:4]}-{i}", code, runtime, file, handler)
                time.sleep(1.2)  # the spare of the runtime starts in the background, as between a user's deployments
                began = time.perf_counter()
                functions.invoke(FunctionName=f"cold-{runtime[:4]}-{i}", Payload=b"{}")
                samples.append(1000 * (time.perf_counter() - began))
            cold = statistics.median(samples)
            row(f"cold start, {name}", f"{cold:.0f} ms", f"bare import {bare[name]:.0f} ms", f"{cold / bare[name]:.2f}", "≤ 0.5", cold <= 0.5 * bare[name])


def bench_start(options, scratch):
    """From the server's start to its first answer; and its memory when idle."""
    def until_answer(command, port, request, expected):
        began = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(request)
                    if connection.recv(4096).startswith(expected):
                        break
            except OSError:
                pass
        taken = 1000 * (time.perf_counter() - began)
        return taken, process

    leats, redises, memory = [], [], 0
    for _ in range(9):
        port, folder = free_port(), tempfile.mkdtemp(prefix="leat-bench-")
        body = json.dumps({"TableName": "first", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]})
        signer = Signer(port, "test", "test")
        request = RawClient.prepare(None, signer.headers(body, "DynamoDB_20120810.CreateTable"), body)
        taken, process = until_answer([ROOT / "build/leat", "serve", "--port", port, "--data-dir", folder], port, request, b"HTTP/1.1 200")
        leats.append(taken)
        time.sleep(0.5)
        memory = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024
        process.kill()
        process.wait()
        port = free_port()
        taken, process = until_answer(["redis-server", "--port", port, "--save", "", "--dir", folder], port, b"PING\r\n", b"+PONG")
        redises.append(taken)
        process.kill()
        process.wait()
    leat, redis = statistics.median(leats), statistics.median(redises)
    row("start to the first answered CreateTable", f"{leat:.0f} ms", f"redis-server to its first PONG {redis:.0f} ms", f"{leat / redis:.1f}×", "≤ 3×, < 60 ms", leat <= 3 * redis and leat < 60)
    row("idle resident memory", f"{memory:.0f} MB", "—", "—", "≤ 30 MB", memory <= 30)


PARTS = {"reads": bench_reads, "large": bench_large, "latency": bench_latency, "throughput": bench_throughput, "invoke": bench_invoke, "cold": bench_cold, "start": bench_start}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--quick", action="store_true", help="less of everything")
    arguments.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = arguments.parse_args()
    options.seconds = 2 if options.quick else 4
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.parts or PARTS:
            print(f"{name}: {PARTS[name].__doc__}", flush=True)
            PARTS[name](options, Path(scratch))
    print("\n| what | leat | beside | ratio | target | |\n|---|---|---|---|---|---|")
    for each in ROWS:
        print("| " + " | ".join(each) + " |")


if __name__ == "__main__":
    main()
