"""Functions: latency, throughput, invocations and cold starts beside a bare pipe into the same handler."""
import io
import json
import os
import statistics
import struct
import subprocess
import sys
import time
import zipfile

from harness import *  # noqa: F403 (the harness is the language of this file)

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
COUNTING_JS = """
const notes = [];
let total = 0;
const now = () => Math.round((performance.timeOrigin + performance.now()) * 1e6);
exports.handler = async (event) => {
  const began = now();
  if ('report' in event) return notes;
  total += event.Records.length;
  notes.push([began, event.Records.length, now()]);
  return null;
};
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


PIPE_JS = """
const { handler } = require(process.argv[1]);
let held = Buffer.alloc(0), pieces = [], size = 0;
process.stdin.on('data', async (chunk) => {
  pieces.push(chunk);
  size += chunk.length;
  if (pieces.length === 1 || size >= wanted()) await run();
});
const wanted = () => (pieces[0].length < 4 ? (pieces = [Buffer.concat(pieces)], 4) : pieces[0].readUInt32BE(0) + 4);
async function run() {
  if (size < 4 || size < wanted()) return;
  const all = Buffer.concat(pieces);
  pieces = [];
  size = 0;
  const answer = Buffer.from(JSON.stringify((await handler(JSON.parse(all.subarray(4).toString()))) ?? null));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(answer.length);
  process.stdout.write(Buffer.concat([head, answer]));
}
"""


class BarePipe:
    def __init__(self, code, scratch, node=False):
        file = scratch / ("handler.js" if node else "handler.py")
        file.write_text(code)
        command = ["node", "-e", PIPE_JS, file] if node else [sys.executable, "-c", PIPE, file]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def call(self, payload):
        left = memoryview(struct.pack(">I", len(payload)) + payload)
        while left:
            left = left[self.process.stdin.write(left):]
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
        iam.attach_role_policy(RoleName="bench", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    functions.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role="arn:aws:iam::000000000000:role/bench", Code={"ZipFile": package(file, code)}, Timeout=60, MemorySize=512, **settings)
    return functions


def report(functions, name):
    return json.loads(functions.invoke(FunctionName=name, Payload=b'{"report": 1}')["Payload"].read())


def latency_after(leat, service, target, name, source, body_of, probes, **settings):
    """Milliseconds from each reply to the handler's first line."""
    functions = create_function(leat, name, NOTING)
    functions.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **settings)
    raw, signer, replies = RawClient(leat.port), Signer(leat.port, leat.key, leat.secret, service), []
    for i in range(probes + 20):
        body = json.dumps(body_of(i))
        request = raw.prepare(signer.headers(body, f"{TARGETS[service]}.{target}"), body)
        raw.call(request)
        replies.append(time.time_ns())
        time.sleep(0.3 if i < 3 else 0.003)  # one record at a time: the pace of the load, not a wait for a result
    notes = report(functions, name)
    assert len(notes) == len(replies), (len(notes), len(replies))
    return sorted((started - replied) / 1e6 for (started, _, _), replied in list(zip(notes, replies))[20:])


def latency_after_send(leat, probes):
    """A queue's mapping may run two batches at once, on two workers that have notes of their own: then once more."""
    sqs = leat.client("sqs")
    for attempt in range(5):
        url = sqs.create_queue(QueueName=f"watched-{attempt}", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        try:
            return latency_after(leat, "sqs", "SendMessage", f"noting-queue-{attempt}", arn, lambda i: {"QueueUrl": url, "MessageBody": "x"}, probes)
        except AssertionError:
            pass
    raise AssertionError("the probes never went to one worker alone")


def bench_latency(options, scratch):
    """From the reply of a write to the handler's first line, for each of the three sources."""
    probes, samples = 200 if options.quick else 1000, {}
    with Leat() as leat:
        leat.make_user()
        arn = create_table(leat.client("dynamodb"), "watched", stream=True, on_demand=False)
        samples["PutItem"] = latency_after(leat, "dynamodb", "PutItem", "noting", arn, lambda i: {"TableName": "watched", "Item": item(i)}, probes, StartingPosition="LATEST")
        leat.client("kinesis").create_stream(StreamName="watched", ShardCount=1)
        arn = leat.client("kinesis").describe_stream_summary(StreamName="watched")["StreamDescriptionSummary"]["StreamARN"]
        samples["PutRecord"] = latency_after(leat, "kinesis", "PutRecord", "noting-stream", arn, lambda i: {"StreamName": "watched", "PartitionKey": "k", "Data": "eHh4"}, probes, StartingPosition="LATEST")
        samples["SendMessage"] = latency_after_send(leat, probes)
    pipe = BarePipe(NOTING, scratch)
    event = json.dumps({"Records": [{"eventID": "x" * 32, "eventName": "INSERT", "dynamodb": {"NewImage": item(1), "Keys": {"id": {"S": "key-1"}}}}]}).encode()
    bare = pipe.round_trip(event) / 1000
    pipe.close()
    for write, each in samples.items():
        median, p99 = statistics.median(each), each[int(len(each) * 0.99) - 1]
        row(f"{write}'s reply to the handler's first line, warm, median", f"{median:.3f} ms", f"bare pipe round trip {bare:.3f} ms", f"{median / bare:.1f}×", "≤ 5×, < 1 ms", median <= 5 * bare and median < 1)
        row("the same, 99th percentile", f"{p99:.3f} ms", "—", "—", "< 5 ms", p99 < 5)


def through_mapping(functions, name, arn, count):
    """Records a second."""
    functions.invoke(FunctionName=name, Payload=b'{"report": 1}')
    mapping = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=1000)
    notes = []
    while sum(number for _, number, _ in notes) < count:
        time.sleep(1)
        notes = report(functions, name)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    return sum(number for _, number, _ in notes) / ((notes[-1][2] - notes[0][0]) / 1e9)


def bench_throughput(options, scratch):
    """Records through one mapping, batches of 1,000, a handler that only counts."""
    count = 20_000 if options.quick else 100_000
    kinds = {"Python": ("python3.11", "main.py", "main.handler", COUNTING), "Node.js": ("nodejs20.x", "index.js", "index.handler", COUNTING_JS)}
    with Leat() as leat:
        dynamodb = leat.client("dynamodb")
        arn = create_table(dynamodb, "source", stream=True, on_demand=False)
        fill(leat.port, "source", 0, count - 1)
        streams = leat.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]
        rates = {}
        for kind, (runtime, file, handler, code) in kinds.items():
            functions = create_function(leat, f"counting-{runtime[:4]}", code, runtime, file, handler)
            rates[kind] = through_mapping(functions, f"counting-{runtime[:4]}", arn, count)
    for record in records:
        record["dynamodb"]["ApproximateCreationDateTime"] = int(record["dynamodb"]["ApproximateCreationDateTime"].timestamp())
        record["eventSourceARN"] = arn
    event = json.dumps({"Records": records}, separators=(",", ":")).encode()
    for kind, (runtime, file, handler, code) in kinds.items():
        pipe = BarePipe(code, scratch, node=kind == "Node.js")
        pipe.call(event)
        began, batches = time.time(), 50
        for _ in range(batches):
            pipe.call(event)
        bare = batches * len(records) / (time.time() - began)
        pipe.close()
        row(f"records through one mapping, batches of 1,000, {kind}", f"{rates[kind]:,.0f}/s", f"bare pipe {bare:,.0f}/s", f"{rates[kind] / bare:.2f}", "≥ 0.7", rates[kind] >= 0.7 * bare)


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
            row(f"cold start, {name}", f"{cold:.0f} ms", f"bare import {bare[name]:.0f} ms", f"{cold / bare[name]:.2f}", "≤ 0.25", cold <= 0.25 * bare[name])


def cold_ms(leat, names):
    """The median of first invocations, each of a function of its own."""
    samples = []
    for name in names:
        functions = create_function(leat, name, "def handler(event, context):\n    return 1\n")
        time.sleep(1.2)  # the spare starts in the background, as between a user's deployments
        began = time.perf_counter()
        functions.invoke(FunctionName=name, Payload=b"{}")
        samples.append(1000 * (time.perf_counter() - began))
    return statistics.median(samples)


def bench_networks(options, scratch):
    """Cold starts by what functions reach, from spares, as ever: the machine's network, leat alone, what is outside too."""
    kinds = ("host", "isolated", "outgoing")
    servers = [Leat("--function-network", kind) for kind in kinds]
    samples = {kind: [] for kind in kinds}
    for i in range(7):
        for kind, leat in zip(kinds, servers):
            samples[kind].append(cold_ms(leat, [f"cold-{i}"]))
    for leat in servers:
        leat.__exit__()
    host, *others = (statistics.median(samples[kind]) for kind in kinds)
    for kind, cold in zip(kinds[1:], others):
        row(f"cold start, --function-network {kind}", f"{cold:.1f} ms", f"host {host:.1f} ms", f"{cold - host:+.1f} ms", "≤ +5 ms", cold <= host + 5)


def bench_busy(options, scratch):
    """Reads, and a cold start, beside forty handlers in endless loops."""
    with Leat() as leat:
        leat.make_user()
        create_table(leat.client("dynamodb"), "beside")
        fill(leat.port, "beside", 0, 1000)
        read = lambda: rates(leat, "GetItem", "beside", 1000, 1000, options.seconds, scratch)
        quiet, cold = read(), cold_ms(leat, [f"quiet-{i}" for i in range(5)])
        functions = create_function(leat, "spinner", "def handler(event, context):\n    print('SPINS')\n    while True: pass\n")
        logs = leat.client("logs")
        logs.create_log_group(logGroupName="/aws/lambda/spinner")
        for _ in range(40):
            functions.invoke(FunctionName="spinner", InvocationType="Event", Payload=b"{}")
        while len(logs.filter_log_events(logGroupName="/aws/lambda/spinner", filterPattern="SPINS")["events"]) < 40:
            time.sleep(0.1)
        busy, cold_beside = read(), cold_ms(leat, [f"busy-{i}" for i in range(5)])
    row("GetItem beside forty endless handlers", f"{busy:.0f}/s", f"without them {quiet:.0f}/s", f"{busy / quiet:.2f}", "≥ 0.8", busy >= 0.8 * quiet)
    row("cold start beside them", f"{cold_beside:.0f} ms", f"without them {cold:.0f} ms", f"{cold_beside / cold:.1f}×", "≤ 3×", cold_beside <= 3 * cold)
