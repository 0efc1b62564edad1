"""DynamoDB Streams: which record a write leaves, where, and for how long."""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, stream_records, wait_until


def put(dynamodb, table, **item):
    dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})


def test_insert_modify_remove_and_nothing(server, deployment):
    arn = deployment.table("changes", stream="NEW_AND_OLD_IMAGES", BillingMode="PROVISIONED",
                           ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    db = deployment.dynamodb
    put(db, "changes", id="a", v="1")
    put(db, "changes", id="a", v="1")  # changes nothing
    put(db, "changes", id="a", v="2")
    db.update_item(TableName="changes", Key={"id": {"S": "a"}})  # changes nothing
    db.update_item(TableName="changes", Key={"id": {"S": "b"}}, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": "1"}})
    db.delete_item(TableName="changes", Key={"id": {"S": "a"}})
    db.delete_item(TableName="changes", Key={"id": {"S": "a"}})  # changes nothing
    records = stream_records(server, arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    modify = records[1]["dynamodb"]
    assert modify["OldImage"]["v"] == {"S": "1"} and modify["NewImage"]["v"] == {"S": "2"} and modify["Keys"] == {"id": {"S": "a"}}
    assert modify["SizeBytes"] == 3 + 2 * 5 and modify["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert "NewImage" not in records[3]["dynamodb"] and records[3]["dynamodb"]["OldImage"]["v"] == {"S": "2"}
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert len({record["eventID"] for record in records}) == 4
    assert {(record["eventVersion"], record["eventSource"], record["awsRegion"]) for record in records} == {("1.1", "aws:dynamodb", "us-east-1")}


@pytest.mark.parametrize("view, old, new", [("KEYS_ONLY", False, False), ("NEW_IMAGE", False, True), ("OLD_IMAGE", True, False), ("NEW_AND_OLD_IMAGES", True, True)])
def test_views(server, deployment, view, old, new):
    arn = deployment.table("view-" + view, stream=view)
    put(deployment.dynamodb, "view-" + view, id="a", v="1")
    put(deployment.dynamodb, "view-" + view, id="a", v="2")
    record = stream_records(server, arn)[1]["dynamodb"]
    assert ("OldImage" in record, "NewImage" in record, record["StreamViewType"]) == (old, new, view)


def test_an_item_stays_in_its_shard(server, deployment):
    arn = deployment.table("shards", stream="NEW_IMAGE")
    streams = server.client("dynamodbstreams")
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    assert len(shards) == 4
    for turn in range(3):
        for i in range(40):
            put(deployment.dynamodb, "shards", id=str(i), v=str(turn))
    where = {}
    for shard in shards:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for record in streams.get_records(ShardIterator=iterator)["Records"]:
            where.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append((shard["ShardId"], record["dynamodb"]["NewImage"]["v"]["S"]))
    assert len(where) == 40 and len({places[0][0] for places in where.values()}) == 4
    for places in where.values():
        assert [turn for _, turn in places] == ["0", "1", "2"] and len({shard for shard, _ in places}) == 1


def test_nothing_is_retroactive_and_old_streams_stay(server, deployment):
    deployment.table("late")
    db = deployment.dynamodb
    put(db, "late", id="before")
    first = db.update_table(TableName="late", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]["LatestStreamArn"]
    put(db, "late", id="during")
    db.update_table(TableName="late", StreamSpecification={"StreamEnabled": False})
    put(db, "late", id="between")
    second = db.update_table(TableName="late", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]["LatestStreamArn"]
    put(db, "late", id="after")
    assert first != second
    keys = lambda arn: [record["dynamodb"]["Keys"]["id"]["S"] for record in stream_records(server, arn)]
    assert keys(first) == ["during"] and keys(second) == ["after"]
    described = server.client("dynamodbstreams").describe_stream(StreamArn=first)["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    assert all("EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in described["Shards"])
    listed = server.client("dynamodbstreams").list_streams(TableName="late")["Streams"]
    assert [stream["StreamArn"] for stream in listed] == [first, second]


def test_the_four_iterator_types(server, deployment):
    arn = deployment.table("iterators", stream="KEYS_ONLY", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    for i in range(3):
        put(deployment.dynamodb, "iterators", id=str(i))
    streams = server.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    second = stream_records(server, arn)[1]["dynamodb"]["SequenceNumber"]

    def ids(**start):
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, **start)["ShardIterator"]
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in streams.get_records(ShardIterator=iterator)["Records"]]

    assert ids(ShardIteratorType="TRIM_HORIZON") == ["0", "1", "2"]
    assert ids(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=second) == ["1", "2"]
    assert ids(ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber=second) == ["2"]
    latest = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    put(deployment.dynamodb, "iterators", id="new")
    answer = streams.get_records(ShardIterator=latest)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in answer["Records"]] == ["new"]
    assert streams.get_records(ShardIterator=answer["NextShardIterator"])["Records"] == []


def test_a_day_by_the_clock_and_a_restart(own_server):
    server = own_server("--test-clock")
    from conftest import Deployment
    deployment = Deployment(server)
    arn = deployment.table("day", stream="KEYS_ONLY")
    put(deployment.dynamodb, "day", id="old")
    streams = server.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    server.post("/_leat/clock?advance=901")
    with pytest.raises(ClientError, match="ExpiredIteratorException"):
        streams.get_records(ShardIterator=iterator)
    assert server.stop() == 0
    server.start()
    deployment = Deployment(server)
    put(deployment.dynamodb, "day", id="new")
    assert sorted(record["dynamodb"]["Keys"]["id"]["S"] for record in stream_records(server, arn)) == ["new", "old"]
    server.post("/_leat/clock?advance=86000")
    put(deployment.dynamodb, "day", id="newest")
    server.post("/_leat/clock?advance=1000")
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in stream_records(server, arn)] == ["newest"]


def test_a_disabled_stream_goes_with_its_last_record(own_server):
    from conftest import Deployment, wait_until
    server = own_server("--test-clock")
    deployment = Deployment(server)
    deployment.table("fades", stream="KEYS_ONLY")
    put(deployment.dynamodb, "fades", id="x")
    deployment.dynamodb.update_table(TableName="fades", StreamSpecification={"StreamEnabled": False})
    listed = lambda: len(server.client("dynamodbstreams").list_streams()["Streams"])
    server.post("/_leat/clock?advance=86000")
    assert listed() == 1
    for _ in range(2):  # the day's end, and the hour after which it is looked at again
        server.post("/_leat/clock?advance=3700")
    wait_until(lambda: listed() == 0)


def shards_of(server, arn, **more):
    return server.client("dynamodbstreams").describe_stream(StreamArn=arn, **more)["StreamDescription"]["Shards"]


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def test_shards_roll_every_four_hours(own_server):
    server = own_server("--test-clock")
    deployment = Deployment(server)
    arn = deployment.table("rolling", stream="KEYS_ONLY")
    table = server.resource("dynamodb").Table("rolling")
    for round_ in range(3):
        for n in range(20):
            table.put_item(Item={"id": str(n), "round": round_})
        server.post("/_leat/clock?advance=14401")
        wait_until(lambda: len(shards_of(server, arn)) == 4 * (round_ + 2))
    shards = shards_of(server, arn)
    by_id = {shard["ShardId"]: shard for shard in shards}
    assert len([shard for shard in shards if is_open(shard)]) == 4 and len([shard for shard in shards if "ParentShardId" not in shard]) == 4
    for shard in shards:
        if "ParentShardId" in shard:
            ended = by_id[shard["ParentShardId"]]["SequenceNumberRange"]["EndingSequenceNumber"]
            assert shard["SequenceNumberRange"]["StartingSequenceNumber"] > ended
    child = next(shard for shard in shards if "ParentShardId" in shard)
    assert shards_of(server, arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": child["ParentShardId"]}) == [child]
    # Parents first, an item's changes are in their order, and so are its sequence numbers.
    records = stream_records(server, arn)
    for n in range(20):
        own = [record for record in records if record["dynamodb"]["Keys"]["id"]["S"] == str(n)]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in own]
        assert [record["eventName"] for record in own] == ["INSERT", "MODIFY", "MODIFY"] and numbers == sorted(numbers)
    # A day after they were closed the shards are gone; an idle stream does not roll on.
    server.post("/_leat/clock?advance=90000")
    wait_until(lambda: len(shards_of(server, arn)) == 4)


def test_shards_split_when_capacity_grows(own_server):
    server = own_server()
    deployment = Deployment(server)
    units = lambda writes: {"ReadCapacityUnits": 1, "WriteCapacityUnits": writes}
    arn = deployment.table("growing", stream="NEW_IMAGE", BillingMode="PROVISIONED", ProvisionedThroughput=units(1000))
    table = server.resource("dynamodb").Table("growing")
    deployment.function("count-growing", "import json\ndef handler(event, context):\n    print('IDS', json.dumps([r['dynamodb']['NewImage']['v']['N'] for r in event['Records']]))\n")
    deployment.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="count-growing", StartingPosition="TRIM_HORIZON")
    for n in range(30):
        table.put_item(Item={"id": str(n), "v": n})
    deployment.dynamodb.update_table(TableName="growing", ProvisionedThroughput=units(3000))
    shards = shards_of(server, arn)
    assert [is_open(shard) for shard in shards] == [False, True, True, True, True] and {shard.get("ParentShardId") for shard in shards[1:]} == {shards[0]["ShardId"]}
    for n in range(30, 60):
        table.put_item(Item={"id": str(n), "v": n})
    seen = lambda: sorted(int(v) for line in deployment.log_of("count-growing", "IDS") for v in json.loads(line.split("IDS ")[1]))
    wait_until(lambda: len(seen()) == 60)
    assert seen() == list(range(60))


def test_a_mapping_follows_rolling_shards_across_a_restart(own_server):
    server = own_server("--test-clock")
    deployment = Deployment(server)
    arn = deployment.table("followed", stream="NEW_IMAGE")
    deployment.function("follow", "def handler(event, context):\n    for r in event['Records']:\n        print('SAW', r['dynamodb']['NewImage']['n']['N'])\n")
    deployment.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="follow", StartingPosition="TRIM_HORIZON")
    saw = lambda: [int(line.split("SAW ")[1]) for line in deployment.log_of("follow", "SAW")]
    put = lambda n: server.client("dynamodb").put_item(TableName="followed", Item={"id": {"S": "one"}, "n": {"N": str(n)}})
    for n in range(4):
        put(n)
        server.post("/_leat/clock?advance=14401")
        wait_until(lambda: len(shards_of(server, arn)) == 5 + n)
    wait_until(lambda: saw() == [0, 1, 2, 3])
    server.kill()
    server.start()
    deployment = Deployment(server)
    put(4)
    wait_until(lambda: sorted(saw()) == [0, 1, 2, 3, 4])  # the clock is back where it was, so the last may be logged first


def test_shards_are_paged_by_their_ids(server, deployment):
    """As suites validated on AWS have it."""
    arn, streams = deployment.table("paged", stream="KEYS_ONLY"), server.client("dynamodbstreams", parameter_validation=False)
    ids = [shard["ShardId"] for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]]
    assert ids == sorted(ids) and len(ids) > 1
    after = lambda shard: [each["ShardId"] for each in streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=shard)["StreamDescription"]["Shards"]]
    assert after(ids[0]) == ids[1:] and after("shardId-" + "z" * 30) == [] and after("shardId-" + "0" * 30) == ids
    iterator = {"StreamArn": arn, "ShardId": ids[0], "SequenceNumber": "1" * 21}
    for refused in (lambda: streams.describe_stream(StreamArn=arn, ShardFilter={}), lambda: streams.get_shard_iterator(**iterator, ShardIteratorType="TRIM_HORIZON"),
                    lambda: streams.get_shard_iterator(**iterator, ShardIteratorType="LATEST")):
        with pytest.raises(ClientError, match="ValidationException"):
            refused()
