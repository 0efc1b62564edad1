"""What every part of the benchmark is measured with: servers, signed requests, load, and the table of results."""
import datetime
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
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
    def __init__(self, *options, under=()):
        port = free_port()
        self.folder = tempfile.mkdtemp(prefix="leat-bench-")
        super().__init__([*under, ROOT / "build/leat", "serve", "--port", port, "--data-dir", self.folder, *options], port)
        self.key, self.secret = "test", "test"

    def client(self, name, **more):
        return client(self.port, name, self.key, self.secret, **more)

    def make_user(self):
        """From here on requests are signed with a key that leat knows, and so verifies."""
        iam = self.client("iam")
        iam.create_user(UserName="bench")
        iam.attach_user_policy(UserName="bench", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
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
        signed = {"host": self.host, "x-amz-date": self.date, "x-amz-target": target or ""}
        canonical = "\n".join(["POST", path, "", *(f"{name}:{value}" for name, value in signed.items()), "", ";".join(signed), hashlib.sha256(body.encode()).hexdigest()])
        text = f"AWS4-HMAC-SHA256\n{self.date}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self.signing, text.encode(), "sha256").hex()
        return {"Host": self.host, "X-Amz-Date": self.date, "Content-Type": f"application/x-amz-json-1.{int(self.service == 'kinesis')}", **({"X-Amz-Target": target} if target else {}),
                "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{self.scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"}


TARGETS = {"dynamodb": "DynamoDB_20120810", "kinesis": "Kinesis_20131202", "sqs": "AmazonSQS"}


def write_requests(path, signer, target, bodies):
    with open(path, "w") as file:
        for body in bodies:
            headers = signer.headers(body, f"{TARGETS[signer.service]}.{target}")
            file.write("\t".join(word for pair in headers.items() for word in pair) + "\n" + body + "\n")


def wrk(port, requests, seconds, connections=CONNECTIONS, total=None):
    """Requests a second."""
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "bench/requests.lua", f"http://127.0.0.1:{port}/"],
                          env={**os.environ, "REQUESTS": str(requests)}, capture_output=True, text=True, check=True).stdout
    refused = int(re.search(r"REFUSED (\d+)", done)[1])
    if refused:
        sys.exit(f"{refused} requests were refused:\n{done}")
    if total is not None:
        total.append(int(re.search(r"(\d+) requests in", done)[1]))
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


def fill(port, table, first, last, template=None):
    """Items `first` to `last`, with an unverified key: wrk makes the bodies. `template` is an item with @ for its number."""
    template = template or {"id": {"S": "key-@"}, "n": {"N": "@"}, "text": {"S": "x" * 100}}
    keys = [each["AttributeName"] for each in client(port, "dynamodb").describe_table(TableName=table)["Table"]["KeySchema"]]
    signer, seconds = Signer(port, "test", "test"), 1 + (last - first) // 50_000
    while True:
        subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", ROOT / "bench/fill.lua", f"http://127.0.0.1:{port}/"], check=True, capture_output=True, env={
            **os.environ, "ITEM": json.dumps(template, separators=(",", ":")), "FROM": str(first), "TO": str(last), "TABLE": table, "DATE": signer.date,
            "AUTHORIZATION": signer.headers("{}")["Authorization"]})
        if "Item" in client(port, "dynamodb").get_item(TableName=table, Key={name: {kind: text.replace("@", str(last)) for kind, text in template[name].items()} for name in keys}):
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


class RawClient:
    """Signed requests over one connection, with as little of a client as can be."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def prepare(self, headers, body, path="/"):
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (head + f"Content-Length: {len(body)}\r\n\r\n" + body).encode()

    def receive(self):
        some = self.socket.recv(65536)
        if not some:
            raise ConnectionError("the server has closed the connection")
        return some

    def call(self, request):
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        left = int(re.search(rb"[Cc]ontent-[Ll]ength: (\d+)", head)[1]) - len(body)
        while left > 0:
            left -= len(self.receive())
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(answer.decode())
