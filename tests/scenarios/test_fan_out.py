"""Enhanced fan-out (SubscribeToShard) over HTTP/1.1 and HTTP/2, and HTTP/2 itself. Wordings are the API reference's."""
import json
import socket
import subprocess
import threading
import urllib.request

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import EventStreamError
from conftest import ROOT
from test_kinesis import Streams, open_in_cbor

SHARD = "shardId-000000000000"


class Consumers(Streams):
    def register(self, name, consumer="reader"):
        return self.kinesis.register_stream_consumer(StreamARN=self.arn(name), ConsumerName=consumer)["Consumer"]["ConsumerARN"]

    def subscribe(self, consumer, kind="TRIM_HORIZON", shard=SHARD, **where):
        answer = self.kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": kind, **where})
        return (each["SubscribeToShardEvent"] for each in answer["EventStream"])


@pytest.fixture
def consumers(server):
    return Consumers(server)


@pytest.fixture
def timed(own_server):
    return Consumers(own_server("--test-clock"))


def data(event):
    return [record["Data"].decode() for record in event["Records"]]


def test_records_are_pushed_as_they_come(consumers):
    name = consumers.create()
    consumers.put(name, "before")
    events = consumers.subscribe(consumers.register(name))
    assert data(first := next(events)) == ["before"] and first["MillisBehindLatest"] == 0
    sent = consumers.put(name, "after")[0]
    assert data(second := next(events)) == ["after"]
    assert second["ContinuationSequenceNumber"] == sent["SequenceNumber"] == second["Records"][0]["SequenceNumber"]


def test_one_goes_on_where_the_last_one_ended(consumers):
    name = consumers.create()
    for each in "abc":
        consumers.put(name, each)
    first, second, third = (consumers.register(name, each) for each in ("one", "two", "three"))
    event = next(consumers.subscribe(first))
    numbers = [record["SequenceNumber"] for record in event["Records"]]
    assert data(next(consumers.subscribe(second, "AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[0]))) == ["b", "c"]
    latest = next(consumers.subscribe(third, "LATEST"))
    assert data(latest) == [] and latest["ContinuationSequenceNumber"] == numbers[-1]


def test_the_last_event_of_a_shard_names_its_children(consumers):
    name = consumers.create()
    events = consumers.subscribe(consumers.register(name))
    next(events)
    consumers.kinesis.split_shard(StreamName=name, ShardToSplit=SHARD, NewStartingHashKey="1000")
    (last,) = events
    assert [child["ShardId"] for child in last["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
    assert "ContinuationSequenceNumber" not in last


def test_a_quiet_shard_is_heard_of_and_five_minutes_end_it(timed):
    name = timed.create()
    events = timed.subscribe(timed.register(name))
    assert data(next(events)) == []
    timed.advance(5)
    assert data(next(events)) == []
    timed.advance(300)
    assert list(events) == []


def test_a_second_subscription_takes_over_after_five_seconds(timed):
    name = timed.create()
    consumer = timed.register(name)
    events = timed.subscribe(consumer)
    next(events)
    code, message = timed.refused("subscribe_to_shard", ConsumerARN=consumer, ShardId=SHARD, StartingPosition={"Type": "LATEST"})
    assert code == "ResourceInUseException" and consumer in message
    timed.advance(5)
    next(events)
    next(timed.subscribe(consumer))
    with pytest.raises(EventStreamError, match="ResourceInUseException"):
        next(events)


def test_a_consumer_that_is_gone_hears_of_it(timed):
    name = timed.create()
    consumer = timed.register(name)
    events = timed.subscribe(consumer)
    next(events)
    timed.kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    timed.put(name, "x")
    with pytest.raises(EventStreamError, match="ResourceNotFoundException"):
        next(events)
    unknown = {"ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}}
    assert timed.refused("subscribe_to_shard", ConsumerARN=consumer, **unknown)[0] == "ResourceNotFoundException"


def test_two_megabytes_a_second(own_server):
    timed = Consumers(own_server("--test-clock", "--throttle"))
    name = timed.create()
    for _ in range(4):
        timed.put(name, "x" * 900_000)
        timed.advance(1)
    events = timed.subscribe(timed.register(name))
    assert len(next(events)["Records"]) == 1
    timed.advance(0.4)
    waited = threading.Thread(target=next, args=(events,))
    waited.start()
    assert waited.is_alive()
    timed.advance(0.1)
    waited.join(3)  # less than the time to the next event without records
    assert not waited.is_alive()


def test_a_subscriber_does_not_hold_up_the_end(own_server):
    server = own_server()
    consumers = Consumers(server)
    events = consumers.subscribe(consumers.register(consumers.create()))
    next(events)
    assert server.stop() == 0
    assert list(events) == []


def test_events_in_the_cbor_of_the_java_sdk(consumers):
    name = consumers.create()
    consumers.put(name, "x")
    buffer, seen = EventStreamBuffer(), []
    with open_in_cbor(consumers.server, "SubscribeToShard", ConsumerARN=consumers.register(name), ShardId=SHARD, StartingPosition={"Type": "TRIM_HORIZON"}) as answer:
        assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        while len(seen) < 2:
            buffer.add_data(answer.read1())
            seen += [each.to_response_dict() for each in buffer]
    assert [each["headers"][":event-type"] for each in seen] == ["initial-response", "SubscribeToShardEvent"]
    assert seen[1]["headers"][":content-type"] == "application/x-amz-cbor-1.1" and b"\x64Data\x41x" in seen[1]["body"]


# --- HTTP/2

SDK_V3 = """
const { KinesisClient, CreateStreamCommand, PutRecordCommand, DescribeStreamSummaryCommand, RegisterStreamConsumerCommand, SubscribeToShardCommand } = require('@aws-sdk/client-kinesis');
const client = new KinesisClient({}), StreamName = process.argv[1];
(async () => {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const puts = [...Array(100).keys()].map((n) => client.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data: Buffer.alloc(20000, n) })));
  await Promise.all(puts);
  const { StreamDescriptionSummary: { StreamARN } } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
  const { Consumer: { ConsumerARN } } = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'js' }));
  const { EventStream } = await client.send(new SubscribeToShardCommand({ ConsumerARN, ShardId: 'shardId-000000000000', StartingPosition: { Type: 'TRIM_HORIZON' } }));
  const seen = [];
  for await (const { SubscribeToShardEvent: event } of EventStream) {
    seen.push(...event.Records.map((record) => record.Data.length));
    if (seen.length === 100) await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data: Buffer.from('last') }));
    if (seen.length === 101) break;
  }
  console.log(JSON.stringify({ records: seen.length, bytes: seen.reduce((all, size) => all + size) }));
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_javascript_sdk_v3_speaks_http2(server, scheme):
    iam = server.client("iam")
    iam.create_user(UserName=f"http2-{scheme}")
    iam.attach_user_policy(UserName=f"http2-{scheme}", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName=f"http2-{scheme}")["AccessKey"]  # its signatures cover :authority
    environment = {**server.environ(), "NODE_TLS_REJECT_UNAUTHORIZED": "0", "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    environment["AWS_ENDPOINT_URL"] = environment["AWS_ENDPOINT_URL"].replace("http", scheme)
    done = subprocess.run(["node", "-e", SDK_V3, f"fan-out-{scheme}"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"records": 101, "bytes": 2_000_004}


HOSTILE = """
const http2 = require('http2'), sessions = [];
const ask = (client, headers, body) => new Promise((done) => {
  const request = client.request({ ':path': '/_leat/health', ...headers });
  let status, text = '';
  request.on('response', (head) => { status = head[':status']; });
  request.on('data', (piece) => { text += piece; });
  request.on('error', (error) => done(error.code));
  request.on('close', () => done([status, text.length]));
  request.end(body);
});
(async () => {
  const client = http2.connect(process.env.AWS_ENDPOINT_URL);
  client.on('error', () => {});
  const out = {};
  out.plain = (await ask(client))[0];
  out.head = await ask(client, { ':method': 'HEAD' });
  out.long_header = (await ask(client, { x: 'a'.repeat(40000) }))[0];
  out.big_body = (await ask(client, { ':method': 'POST', ':path': '/', 'x-amz-target': 'DynamoDB_20120810.ListTables' }, Buffer.alloc(3_000_000)))[0];
  out.together = (await Promise.all([...Array(1000)].map(() => ask(client)))).every(([status]) => status === 200);
  for (let n = 0; n < 300; n++) { const request = client.request({ ':path': '/_leat/health' }); request.on('error', () => {}); request.close(http2.constants.NGHTTP2_CANCEL); }
  out.after_resets = (await ask(http2.connect(process.env.AWS_ENDPOINT_URL)))[0];
  console.log(JSON.stringify(out));
  process.exit(0);
})();
"""


def test_http2_takes_what_http1_takes(server):
    done = subprocess.run(["node", "-e", HOSTILE], env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"plain": 200, "head": [200, 0], "long_header": 400, "big_body": 400, "together": True, "after_resets": 200}


@pytest.mark.parametrize("bytes_sent", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 200, b"PRIMITIVE / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"])
def test_what_only_begins_like_http2_is_hung_up_on(server, bytes_sent):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(bytes_sent)
        while connection.recv(4096):
            pass
    assert urllib.request.urlopen(f"http://127.0.0.1:{server.port}/_leat/health").status == 200


def test_curl_uploads_over_http2(server, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(b"{" * 101 * 2**20)
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", "--http2-prior-knowledge", "--data-binary", f"@{big}",
                           f"http://127.0.0.1:{server.port}/"], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stdout == "2 413"
