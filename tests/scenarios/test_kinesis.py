"""Kinesis Data Streams, and functions on them. Wordings are the API reference's and kinesalite's recordings'."""
import base64
import hashlib
import json
import threading
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, wait_until

NAMES = iter(range(10**6))


class Streams:
    def __init__(self, server):
        self.server, self.kinesis = server, server.client("kinesis")

    def create(self, shards=1, **settings):
        name = f"stream-{next(NAMES)}"
        self.kinesis.create_stream(StreamName=name, ShardCount=shards, **settings)
        return name

    def put(self, name, *data, key="k", **settings):
        return [self.kinesis.put_record(StreamName=name, Data=each.encode(), PartitionKey=key, **settings) for each in data]

    def shards(self, name):
        return self.kinesis.list_shards(StreamName=name)["Shards"]

    def open(self, name):
        return [shard for shard in self.shards(name) if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]

    def iterator(self, name, shard="shardId-000000000000", kind="TRIM_HORIZON", **settings):
        return self.kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **settings)["ShardIterator"]

    def data(self, name, *where, **settings):
        return [record["Data"].decode() for record in self.kinesis.get_records(ShardIterator=self.iterator(name, *where, **settings))["Records"]]

    def arn(self, name):
        return self.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def refused(self, call, **arguments):
        with pytest.raises(ClientError) as caught:
            getattr(self.kinesis, call)(**arguments)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def advance(self, seconds):
        self.server.post(f"/_leat/clock?advance={seconds}")

    def now(self):
        return self.server.get("/_leat/clock")["now"] / 1000


@pytest.fixture
def streams(server):
    return Streams(server)


def test_records_come_back_in_order(streams):
    name = streams.create()
    first, second = streams.put(name, "a", "b")
    assert first["ShardId"] == "shardId-000000000000" and int(first["SequenceNumber"]) < int(second["SequenceNumber"]) and len(first["SequenceNumber"]) == 56
    answer = streams.kinesis.get_records(ShardIterator=streams.iterator(name), Limit=1)
    (record,) = answer["Records"]
    assert (record["Data"], record["PartitionKey"], record["SequenceNumber"]) == (b"a", "k", first["SequenceNumber"])
    assert abs(record["ApproximateArrivalTimestamp"].timestamp() - streams.now()) < 10
    rest = streams.kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert [each["Data"] for each in rest["Records"]] == [b"b"] and rest["MillisBehindLatest"] == 0
    assert streams.kinesis.get_records(ShardIterator=rest["NextShardIterator"])["Records"] == []


def test_all_kinds_of_iterators(streams):
    name = streams.create()
    numbers = [each["SequenceNumber"] for each in streams.put(name, "a", "b")]
    streams.advance(10)
    middle = streams.now()
    streams.put(name, "c")
    shard = "shardId-000000000000"
    latest = streams.iterator(name, kind="LATEST")
    streams.put(name, "d")
    assert streams.data(name, shard, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["b", "c", "d"]
    assert streams.data(name, shard, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["c", "d"]
    assert streams.data(name, shard, "AT_TIMESTAMP", Timestamp=middle) == ["c", "d"]
    assert [each["Data"] for each in streams.kinesis.get_records(ShardIterator=latest)["Records"]] == [b"d"]
    code, text = streams.refused("get_shard_iterator", StreamName=name, ShardId=shard, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber="12")
    assert code == "InvalidArgumentException" and "did not come from this stream" in text
    assert streams.refused("get_shard_iterator", StreamName=name, ShardId="shardId-000000000009", ShardIteratorType="LATEST") == \
        ("ResourceNotFoundException", f"Shard shardId-000000000009 in stream {name} under account 000000000000 does not exist")
    streams.advance(301)
    code, text = streams.refused("get_records", ShardIterator=latest)
    assert code == "ExpiredIteratorException" and "further in the future than the tolerated delay of 300000 milliseconds" in text


def test_hash_keys_choose_the_shard(streams):
    name = streams.create(3)
    ranges = [(int(each["HashKeyRange"]["StartingHashKey"]), int(each["HashKeyRange"]["EndingHashKey"])) for each in streams.shards(name)]
    assert ranges[0][0] == 0 and ranges[-1][1] == 2**128 - 1 and all(left[1] + 1 == right[0] for left, right in zip(ranges, ranges[1:]))
    assert max(end - start for start, end in ranges) - min(end - start for start, end in ranges) <= 2
    records = [{"Data": b"x", "PartitionKey": f"key-{n}"} for n in range(20)] + [{"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128 - 1)}]
    answer = streams.kinesis.put_records(StreamName=name, Records=records)
    for record, result in zip(records, answer["Records"]):
        key = int(record.get("ExplicitHashKey") or int.from_bytes(hashlib.md5(record["PartitionKey"].encode()).digest(), "big"))
        start, end = ranges[int(result["ShardId"][-1])]
        assert start <= key <= end
    assert answer["FailedRecordCount"] == 0 and {each["ShardId"][-1] for each in answer["Records"]} == {"0", "1", "2"}


def test_splits_and_merges(streams):
    name = streams.create()
    streams.put(name, "before")
    half = str(2**127)
    streams.kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=half)
    parent, left, right = streams.shards(name)
    assert left["ParentShardId"] == right["ParentShardId"] == parent["ShardId"] and right["HashKeyRange"]["StartingHashKey"] == half
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"] and [each["ShardId"] for each in streams.open(name)] == [left["ShardId"], right["ShardId"]]
    answer = streams.kinesis.get_records(ShardIterator=streams.iterator(name))
    assert [each["Data"] for each in answer["Records"]] == [b"before"]
    answer = streams.kinesis.get_records(ShardIterator=answer["NextShardIterator"]) if "NextShardIterator" in answer else answer
    assert "NextShardIterator" not in answer and [each["ShardId"] for each in answer["ChildShards"]] == [left["ShardId"], right["ShardId"]]
    streams.put(name, "after", ExplicitHashKey="0")
    assert streams.data(name, left["ShardId"]) == ["after"]
    streams.kinesis.merge_shards(StreamName=name, ShardToMerge=right["ShardId"], AdjacentShardToMerge=left["ShardId"])
    (merged,) = streams.open(name)
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (left["ShardId"], right["ShardId"])
    assert int(merged["SequenceNumberRange"]["StartingSequenceNumber"]) > int(streams.shards(name)[1]["SequenceNumberRange"]["EndingSequenceNumber"])
    assert streams.refused("split_shard", StreamName=name, ShardToSplit=left["ShardId"], NewStartingHashKey="5")[1].endswith("is closed.")
    assert streams.refused("split_shard", StreamName=name, ShardToSplit=merged["ShardId"], NewStartingHashKey="0")[0] == "InvalidArgumentException"
    kinds = {"AT_LATEST": ["3"], "AT_TRIM_HORIZON": ["3"], "FROM_TRIM_HORIZON": ["0", "1", "2", "3"]}
    assert [each["ShardId"][-1] for each in streams.kinesis.list_shards(StreamName=name, ShardFilter={"Type": "AT_LATEST"})["Shards"]] == kinds["AT_LATEST"]
    assert [each["ShardId"][-1] for each in streams.kinesis.list_shards(StreamName=name, ShardFilter={"Type": "FROM_TRIM_HORIZON"})["Shards"]] == kinds["FROM_TRIM_HORIZON"]


@pytest.mark.parametrize("before,after", [(1, 2), (3, 5), (4, 2), (5, 4), (6, 3)])
def test_update_shard_count_makes_equal_shards(streams, before, after):
    name = streams.create(before)
    streams.kinesis.update_shard_count(StreamName=name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    found = [(int(each["HashKeyRange"]["StartingHashKey"]), int(each["HashKeyRange"]["EndingHashKey"])) for each in streams.open(name)]
    found.sort()
    assert len(found) == after == streams.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["OpenShardCount"]
    assert found[0][0] == 0 and found[-1][1] == 2**128 - 1 and all(left[1] + 1 == right[0] for left, right in zip(found, found[1:]))
    assert max(end - start for start, end in found) - min(end - start for start, end in found) <= 2
    code, text = streams.refused("update_shard_count", StreamName=name, TargetShardCount=2 * after + 1, ScalingType="UNIFORM_SCALING")
    assert code == "InvalidArgumentException" and "cannot scale up over double" in text


def test_streams_and_their_settings(streams):
    kinesis, name = streams.kinesis, streams.create(2, Tags={"a": "1"})
    described = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert described["StreamStatus"] == "ACTIVE" and described["RetentionPeriodHours"] == 24 and described["EncryptionType"] == "NONE"
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}] and described["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert kinesis.describe_stream(StreamName=name, Limit=1)["StreamDescription"]["HasMoreShards"] is True
    assert streams.refused("create_stream", StreamName=name, ShardCount=1) == ("ResourceInUseException", f"Stream {name} under account 000000000000 already exists.")
    assert streams.refused("describe_stream", StreamName="nowhere") == ("ResourceNotFoundException", "Stream nowhere under account 000000000000 not found.")
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    assert streams.refused("increase_stream_retention_period", StreamName=name, RetentionPeriodHours=24)[0] == "InvalidArgumentException"
    assert streams.refused("increase_stream_retention_period", StreamName=name, RetentionPeriodHours=8761)[0] == "InvalidArgumentException"
    kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=24)
    kinesis.add_tags_to_stream(StreamName=name, Tags={"b": "2"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["a"])
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "b", "Value": "2"}]
    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert streams.put(name, "x")[0]["EncryptionType"] == "KMS"
    kinesis.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert len(kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])["DesiredShardLevelMetrics"]) == 7
    assert kinesis.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])["DesiredShardLevelMetrics"] == []
    consumer = kinesis.register_stream_consumer(StreamARN=streams.arn(name), ConsumerName="fan")["Consumer"]
    assert kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
    assert streams.refused("delete_stream", StreamName=name)[0] == "ResourceInUseException"
    kinesis.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
    assert kinesis.list_stream_consumers(StreamARN=streams.arn(name))["Consumers"] == []
    assert name in [each for page in kinesis.get_paginator("list_streams").paginate(Limit=2) for each in page["StreamNames"]]
    kinesis.delete_stream(StreamName=name)
    assert streams.refused("put_record", StreamName=name, Data=b"x", PartitionKey="k")[0] == "ResourceNotFoundException"
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert len(streams.shards(name)) == 4 and streams.data(name) == []
    assert streams.refused("put_record", StreamName=name, Data=b"x" * (2**20 + 1), PartitionKey="k")[0] == "ValidationException"


def test_retention(streams):
    name = streams.create()
    streams.put(name, "old")
    streams.kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey="99")
    streams.advance(24 * 3600 + 1)
    streams.put(name, "young", ExplicitHashKey="5")
    assert streams.data(name, "shardId-000000000001") == ["young"]
    wait_until(lambda: len(streams.shards(name)) == 2)  # the parent went with its records
    assert streams.refused("get_shard_iterator", StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")[0] == "ResourceNotFoundException"


def test_limits_can_be_switched_on(own_server):
    """https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"""
    streams = Streams(own_server("--throttle", "--test-clock"))
    name = streams.create(2)
    records = [{"Data": b"x" * 300000, "PartitionKey": "k", "ExplicitHashKey": "0" if n < 5 else str(2**128 - 1)} for n in range(6)]
    answer = streams.kinesis.put_records(StreamName=name, Records=records)
    assert answer["FailedRecordCount"] == 2 and [("ErrorCode" in each) for each in answer["Records"]] == [False] * 3 + [True] * 2 + [False]
    assert answer["Records"][3] == {"ErrorCode": "ProvisionedThroughputExceededException",
                                    "ErrorMessage": f"Rate exceeded for shard shardId-000000000000 in stream {name} under account 000000000000."}
    streams.advance(1)
    streams.put(name, "x" * 300000, ExplicitHashKey="0")
    iterator = streams.iterator(name)
    calls = 0
    with pytest.raises(streams.kinesis.exceptions.ProvisionedThroughputExceededException):
        while calls < 100:  # a slow machine gets some more while it asks
            streams.kinesis.get_records(ShardIterator=iterator, Limit=1)
            calls += 1
    assert calls >= 5


def test_a_stream_that_is_made_again_is_read_from_its_beginning(own_server):
    """Its shards have the ids of before, one of which was finished; also after a restart nothing of the new ones is passed over."""
    server = own_server("--test-clock")
    streams, deployment = Streams(server), Deployment(server)
    name = "remade"
    streams.kinesis.create_stream(StreamName=name, ShardCount=1)
    arn = streams.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    code = "import base64\ndef handler(event, context):\n    for record in event['Records']: print('SAW ' + base64.b64decode(record['kinesis']['data']).decode())"
    deployment.function("reads-remade", code)
    deployment.functions.create_event_source_mapping(FunctionName="reads-remade", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=10)

    def saw():
        return sorted(line.split()[1] for line in deployment.log_of("reads-remade", "SAW"))

    for n in range(5):
        streams.put(name, f"a{n}")
    streams.kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    streams.put(name, "b", ExplicitHashKey="0")
    wait_until(lambda: saw() == ["a0", "a1", "a2", "a3", "a4", "b"])
    streams.kinesis.delete_stream(StreamName=name)
    streams.kinesis.create_stream(StreamName=name, ShardCount=2)
    for restart in (False, True):
        if restart:
            streams.kinesis.delete_stream(StreamName=name)
            streams.advance(1)
            streams.kinesis.create_stream(StreamName=name, ShardCount=2)
            server.kill()
            server.start()
            streams, deployment = Streams(server), Deployment(server)
        before = saw()
        for key in ("0", str(2**128 - 1)):
            streams.put(name, f"c{restart}{key[0]}", ExplicitHashKey=key)
        wait_until(lambda: len(saw()) == len(before) + 2)


def test_account_settings_and_warm_throughput(own_server):
    streams = Streams(own_server("--test-clock"))
    kinesis = streams.kinesis
    assert kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"] == {"Status": "DISABLED"}
    kinesis.create_stream(StreamName="warm", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert streams.refused("update_stream_warm_throughput", StreamName="warm", WarmThroughputMiBps=100)[0] == "ValidationException"
    commitment = kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})["MinimumThroughputBillingCommitment"]
    assert commitment["Status"] == "ENABLED" and (commitment["EarliestAllowedEndAt"] - commitment["StartedAt"]).days == 1
    answer = kinesis.update_stream_warm_throughput(StreamName="warm", WarmThroughputMiBps=100)
    assert answer["WarmThroughput"] == kinesis.describe_stream_summary(StreamName="warm")["StreamDescriptionSummary"]["WarmThroughput"] == {"TargetMiBps": 100, "CurrentMiBps": 100}
    provisioned = streams.create()
    assert streams.refused("update_stream_warm_throughput", StreamName=provisioned, WarmThroughputMiBps=100)[0] == "ValidationException"
    disable = {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
    assert kinesis.update_account_settings(**disable)["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    streams.advance(86401)
    ended = kinesis.update_account_settings(**disable)["MinimumThroughputBillingCommitment"]
    assert ended["Status"] == "DISABLED" and ended["EndedAt"] > ended["StartedAt"]
    assert kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"] == ended


def test_no_record_is_lost_by_a_kill(own_server):
    server = own_server()
    streams = Streams(server)
    name, acknowledged, stop = streams.create(), [], threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            try:
                acknowledged.append((streams.put(name, str(n))[0]["SequenceNumber"], str(n)))
            except Exception:
                return
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(acknowledged) > 200)
    server.kill()
    stop.set()
    writer.join()
    server.start()
    streams = Streams(server)
    found = streams.kinesis.get_records(ShardIterator=streams.iterator(name))["Records"]
    assert [(each["SequenceNumber"], each["Data"].decode()) for each in found[:len(acknowledged)]] == acknowledged and len(found) <= len(acknowledged) + 1


RECORDER = """
import base64, json
def handler(event, context):
    print("SAW " + json.dumps([base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]))
"""


def saw(deployment, name):
    return [data for line in deployment.log_of(name, "SAW") for data in json.loads(line[4:])]


def mapped(deployment, streams, stream, code=RECORDER, position="TRIM_HORIZON", **settings):
    name = deployment.function(f"kinesis-fn-{next(NAMES)}", code)
    return name, deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=streams.arn(stream), StartingPosition=position, **settings)


def test_a_function_on_a_stream(deployment, streams):
    stream = streams.create()
    name, mapping = mapped(deployment, streams, stream, "import json\ndef handler(event, context):\n    print('EVENT ' + json.dumps(event))\n")
    assert mapping["BatchSize"] == 100 and mapping["StateTransitionReason"] == "User action"
    (put,) = streams.put(stream, "hello", key="p")
    (line,) = wait_until(lambda: deployment.log_of(name, "EVENT"))
    (record,) = json.loads(line[6:])["Records"]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert abs(arrival - streams.now()) < 10
    assert record == {"kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "p", "sequenceNumber": put["SequenceNumber"], "data": base64.b64encode(b"hello").decode()},
                      "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": f"shardId-000000000000:{put['SequenceNumber']}", "eventName": "aws:kinesis:record",
                      "invokeIdentityArn": deployment.role(), "awsRegion": "us-east-1", "eventSourceARN": streams.arn(stream)}


def test_parents_are_read_before_their_children(deployment, streams):
    stream = streams.create()
    name, mapping = mapped(deployment, streams, stream, Enabled=False)
    streams.put(stream, *"abc", ExplicitHashKey="0")
    streams.kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    streams.put(stream, *"def", ExplicitHashKey="0")
    left, right = streams.open(stream)
    streams.kinesis.merge_shards(StreamName=stream, ShardToMerge=left["ShardId"], AdjacentShardToMerge=right["ShardId"])
    streams.put(stream, *"ghi", ExplicitHashKey="0")
    deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_until(lambda: len(saw(deployment, name)) == 9)
    assert saw(deployment, name) == list("abcdefghi")


def test_from_a_timestamp_and_by_a_consumer(deployment, streams):
    stream = streams.create()
    streams.put(stream, "early")
    streams.advance(10)
    moment = streams.now()
    streams.put(stream, "late")
    name, mapping = mapped(deployment, streams, stream, position="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    wait_until(lambda: saw(deployment, name))
    assert saw(deployment, name) == ["late"] and mapping["StartingPositionTimestamp"].timestamp() == pytest.approx(moment, abs=1)
    consumer = streams.kinesis.register_stream_consumer(StreamARN=streams.arn(stream), ConsumerName="fan")["Consumer"]["ConsumerARN"]
    other = deployment.function(f"kinesis-fn-{next(NAMES)}", RECORDER)
    deployment.functions.create_event_source_mapping(FunctionName=other, EventSourceArn=consumer, StartingPosition="TRIM_HORIZON")
    wait_until(lambda: saw(deployment, other) == ["early", "late"])


def test_filters_look_into_the_data(deployment, streams):
    stream = streams.create()
    pattern = {"partitionKey": ["k"], "data": {"kind": ["a"], "n": [{"numeric": [">", 1]}]}}
    name, _ = mapped(deployment, streams, stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    streams.put(stream, "no JSON", *(json.dumps({"kind": kind, "n": n}) for n, kind in enumerate("aaba")))
    streams.put(stream, json.dumps({"kind": "a", "n": 9}), key="other")
    streams.put(stream, json.dumps({"kind": "a", "n": 10}))
    wait_until(lambda: len(saw(deployment, name)) == 2)
    assert [json.loads(each)["n"] for each in saw(deployment, name)] == [3, 10]


def test_only_failed_records_come_again(deployment, streams):
    stream = streams.create()
    code = RECORDER + """
    global failed
    first = [record["kinesis"]["sequenceNumber"] for record in event["Records"] if base64.b64decode(record["kinesis"]["data"]) == b"c"]
    if first and not globals().get("failed"):
        failed = True
        return {"batchItemFailures": [{"itemIdentifier": first[0]}]}
"""
    name, mapping = mapped(deployment, streams, stream, code, FunctionResponseTypes=["ReportBatchItemFailures"], Enabled=False)
    streams.put(stream, *"abcd")
    deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_until(lambda: len(saw(deployment, name)) == 6)
    assert saw(deployment, name) == list("abcdcd")


def encode_cbor(value):
    kinds = {int: (0, b""), bytes: (2, value), str: (3, value.encode() if isinstance(value, str) else b""), dict: (5, b"")}
    major, body = kinds[type(value)]
    size = value if major == 0 else len(value) if major == 5 else len(body)
    head = bytes([major << 5 | 27]) + size.to_bytes(8, "big")
    return head + body + (b"".join(encode_cbor(part) for pair in value.items() for part in pair) if major == 5 else b"")


def open_in_cbor(server, operation, **members):
    body = encode_cbor(members)
    request = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=body, headers={
        "X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-cbor-1.1"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "kinesis", "us-east-1").add_auth(request)
    return urllib.request.urlopen(urllib.request.Request(server.endpoint + "/", data=body, headers=dict(request.headers)))


def test_the_cbor_of_the_java_sdk(server, streams):
    """AWS JSON 1.1 in CBOR: times are milliseconds behind tag 1. https://www.rfc-editor.org/rfc/rfc8949"""
    def call(operation, **members):
        with open_in_cbor(server, operation, **members) as answer:
            assert answer.headers["Content-Type"] == "application/x-amz-cbor-1.1"
            return answer.read()

    name = streams.create()
    assert b"SequenceNumber\x78\x38" in call("PutRecord", StreamName=name, Data=b"\0\1\2", PartitionKey="k")  # a text of 56
    answer = call("GetRecords", ShardIterator=streams.iterator(name))
    assert b"dData\x43\0\1\2" in answer
    arrival = answer.split(b"ApproximateArrivalTimestamp")[1]
    assert arrival[:2] == b"\xc1\x1b" and abs(int.from_bytes(arrival[2:10], "big") / 1000 - streams.now()) < 10
    with pytest.raises(urllib.error.HTTPError) as caught:
        call("DescribeStream", StreamName="nowhere")
    assert caught.value.code == 400 and b"ResourceNotFoundException" in caught.value.read()
