"""Real servers for the scenarios: started as a user starts them, spoken to by AWS's own clients."""
import io
import json
import os
import random
import re
import socket
import subprocess
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import boto3
import botocore.config
import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("LEAT_BUILD", ROOT / "build"))
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})

# They take minutes, a JDK and compilers.
collect_ignore = [] if os.environ.get("LEAT_EXTENDED") else ["extended"]


def free_port():
    """Below the range that clients' own ends are given, or a client that connects to a dead server may meet itself there."""
    while True:
        port = random.randrange(15000, 30000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    def __init__(self, *options, folder=None, environment=None, prefix=()):
        self.folder = folder or tempfile.mkdtemp(prefix="leat-test-")
        self.options, self.environment, self.prefix, self.port = options, environment or {}, prefix, free_port()
        self.start()

    def start(self):
        self.log = Path(tempfile.mkstemp(prefix="leat-log-")[1])
        command = [*self.prefix, BUILD / "leat", "serve", "--port", str(self.port), "--data-dir", self.folder, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True,
                                        env={**os.environ, **self.environment})
        assert self.process.stdout.readline() == "Ready.\n", self.log.read_text()
        self.port = int(re.search(r" on [^ ]*:(\d+), data", self.log.read_text())[1])
        self.endpoint = f"http://localhost:{self.port}"

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self, service, key="test", secret="test", region="us-east-1", token=None, **config):
        return boto3.client(service, endpoint_url=self.endpoint, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
                            region_name=region, config=botocore.config.Config(retries={"max_attempts": 0}, **config))

    def resource(self, service, region="us-east-1"):
        return boto3.resource(service, endpoint_url=self.endpoint, aws_access_key_id="test", aws_secret_access_key="test", region_name=region)

    def get(self, path, data=None):
        with urllib.request.urlopen(urllib.request.Request(self.endpoint + path, data=data)) as answer:
            return json.loads(answer.read())

    def post(self, path):
        return self.get(path, data=b"")

    def environ(self):
        return {**os.environ, "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "NODE_PATH": str(ROOT / "runtimes/nodejs/node_modules")}


@pytest.fixture(scope="session")
def server():
    """One server for all scenarios that need nothing special of it. Names are theirs to keep apart."""
    running = Server("--test-clock")
    yield running
    assert running.stop() == 0


@pytest.fixture
def own_server():
    """Starts servers of a test's own: own_server(*options, folder=…)."""
    started = []

    def start(*options, **more):
        started.append(Server(*options, **more))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


def package(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if text[:2] in ("#!", b"#!") else 0o644) << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def wait_until(condition, seconds=20):
    """Waits on the condition, not on time; its value, once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)  # the condition lies in another process; this only yields the processor
    raise AssertionError("the condition did not come about")


def frozen(process):
    """Whether its cgroup, of whichever version, holds it still."""
    for line in (process / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        mount = {"": ("", "unified"), "freezer": ("freezer",)}.get(controllers, ())
        for folder in (Path("/sys/fs/cgroup") / each / path[1:] for each in mount):
            for file, sign in (("cgroup.events", "frozen 1"), ("freezer.state", "FROZEN")):
                if (folder / file).exists() and sign in (folder / file).read_text():
                    return True
    return False


def running(marker):
    """The machine's processes with that word in their command line, by their state: T also where they are frozen."""
    out = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and marker.encode() in (folder / "cmdline").read_bytes():
                out[int(folder.name)] = "T" if frozen(folder) else (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return out


class Deployment:
    """Roles, functions and tables in a few words."""

    def __init__(self, server):
        self.server = server
        self.iam, self.functions, self.dynamodb = (server.client(name, **({"read_timeout": 60} if name == "lambda" else {})) for name in ("iam", "lambda", "dynamodb"))

    def role(self, name="worker"):
        """A function's role that may do everything; tests of rights make their own."""
        try:
            arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
            self.iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
            return arn
        except self.iam.exceptions.EntityAlreadyExistsException:
            return self.iam.get_role(RoleName=name)["Role"]["Arn"]

    def function(self, name, files, runtime="python3.11", handler="main.handler", **settings):
        if isinstance(files, str):
            files = {"index.js" if runtime.startswith("node") else "main.py": files}
        self.functions.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role=self.role(), Code={"ZipFile": package(files)}, **settings)
        return name

    def invoke(self, name, event=None, **settings):
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
        return json.loads(answer["Payload"].read() or b"null"), answer

    def table(self, name, stream=None, sort=None, **settings):
        keys = [("id", "HASH", "S")] + ([(sort[0], "RANGE", sort[1])] if sort else [])
        if stream:
            settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
        settings.setdefault("BillingMode", "PAY_PER_REQUEST")
        description = self.dynamodb.create_table(
            TableName=name, KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, _, type_ in keys], **settings)["TableDescription"]
        return description.get("LatestStreamArn")

    def log_of(self, name, pattern=""):
        logs = self.server.client("logs")
        try:
            return [event["message"] for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern=pattern)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []


@pytest.fixture(scope="session")
def deployment(server):
    return Deployment(server)


def stream_records(server, arn, kind="TRIM_HORIZON"):
    """Every record of a stream, shard by shard."""
    streams = server.client("dynamodbstreams")
    out = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind)["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator)
            out += answer["Records"]
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return out
