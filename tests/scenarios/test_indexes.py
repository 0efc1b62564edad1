"""Secondary indexes, as boto3 sees them."""
import random
import threading
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from conftest import wait_until
from test_dynamodb import error


def index(name, partition, sort=None, projection="ALL", attributes=None):
    keys = [{"AttributeName": partition, "KeyType": "HASH"}] + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection, **({"NonKeyAttributes": attributes} if attributes else {})}}


def attributes(**types):
    return [{"AttributeName": name, "AttributeType": type_} for name, type_ in types.items()]


@pytest.fixture(scope="module")
def scores(server):
    """Game scores: by user and game; by game and score; thin and sparse ones beside."""
    server.client("dynamodb").create_table(
        TableName="scores", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(user="S", game="S", score="N", level="N", flag="B"),
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "game", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[index("by-game", "game", "score"), index("keys", "game", "score", "KEYS_ONLY"),
                                index("some", "game", None, "INCLUDE", ["note"]), index("sparse", "flag", None)],
        LocalSecondaryIndexes=[index("by-level", "user", "level", "KEYS_ONLY")])
    table = server.resource("dynamodb").Table("scores")
    with table.batch_writer() as batch:
        for user in range(10):
            for game in ("chess", "go"):
                item = {"user": f"u{user}", "game": game, "score": user * 10 + len(game), "level": 9 - user, "note": f"n{user}", "more": "x" * 20}
                if user == 3:
                    item["flag"] = b"f"
                batch.put_item(Item=item)
    return table


def test_a_query_of_a_global_index(scores):
    found = scores.query(IndexName="by-game", KeyConditionExpression=Key("game").eq("go") & Key("score").between(22, 52))
    assert [int(item["score"]) for item in found["Items"]] == [22, 32, 42, 52]
    assert found["Items"][0] == {"user": "u2", "game": "go", "score": 22, "level": 7, "note": "n2", "more": "x" * 20}
    backward = scores.query(IndexName="by-game", KeyConditionExpression=Key("game").eq("go"), ScanIndexForward=False, Limit=2)
    assert [item["user"] for item in backward["Items"]] == ["u9", "u8"]
    assert backward["LastEvaluatedKey"] == {"user": "u8", "game": "go", "score": 82}
    rest = scores.query(IndexName="by-game", KeyConditionExpression=Key("game").eq("go"), ScanIndexForward=False, ExclusiveStartKey=backward["LastEvaluatedKey"])
    assert [item["user"] for item in rest["Items"]] == [f"u{n}" for n in range(7, -1, -1)]


def test_projections(scores):
    query = lambda name, **more: scores.query(IndexName=name, KeyConditionExpression=Key("game").eq("go"), Limit=1, **more)["Items"][0]
    assert set(query("keys")) == {"user", "game", "score"}
    assert set(query("some")) == {"user", "game", "note"}
    assert error(query, name="keys", Select="ALL_ATTRIBUTES") == ("ValidationException", "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
                                                                "supported for global secondary index keys because its projection type is not ALL")
    assert error(query, name="keys", ProjectionExpression="note, more") == (
        "ValidationException", "One or more parameter values were invalid: Global secondary index keys does not project [more, note]")
    assert error(query, name="by-game", ConsistentRead=True) == ("ValidationException", "Consistent reads are not supported on global secondary indexes")
    assert error(query, name="none") == ("ValidationException", "The table does not have the specified index: none")


def test_a_local_index_gives_what_it_lacks_from_the_table(scores):
    query = lambda **more: scores.query(IndexName="by-level", KeyConditionExpression=Key("user").eq("u4") & Key("level").gt(1), ReturnConsumedCapacity="INDEXES", **more)
    thin = query()
    assert [set(item) for item in thin["Items"]] == [{"user", "game", "level"}] * 2
    assert thin["ConsumedCapacity"] == {"TableName": "scores", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0}, "LocalSecondaryIndexes": {"by-level": {"CapacityUnits": 0.5}}}
    whole = query(Select="ALL_ATTRIBUTES", ConsistentRead=True)
    assert {item["note"] for item in whole["Items"]} == {"n4"}
    assert whole["ConsumedCapacity"]["Table"] == {"CapacityUnits": 2} and whole["ConsumedCapacity"]["CapacityUnits"] == 3


def test_sparse_indexes_and_scans(scores):
    assert {(item["user"], item["game"]) for item in scores.scan(IndexName="sparse")["Items"]} == {("u3", "go"), ("u3", "chess")}
    assert scores.scan(IndexName="keys", Select="COUNT")["Count"] == 20
    assert sum(scores.scan(IndexName="keys", Segment=n, TotalSegments=4)["Count"] for n in range(4)) == 20
    pages = scores.meta.client.get_paginator("scan").paginate(TableName="scores", IndexName="by-game", PaginationConfig={"PageSize": 3})
    assert len({(item["user"], item["game"]) for page in pages for item in page["Items"]}) == 20


def test_entries_follow_their_items(server, scores):
    key = {"user": "moving", "game": "go"}
    places = lambda: [int(item["score"]) for item in scores.query(IndexName="by-game", KeyConditionExpression=Key("game").eq("go"), FilterExpression=Attr("user").eq("moving"))["Items"]]
    scores.put_item(Item={**key, "score": 1})
    assert places() == [1]
    used = scores.update_item(Key=key, UpdateExpression="SET score = score + :one", ExpressionAttributeValues={":one": 5}, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert used == {"TableName": "scores", "CapacityUnits": 5, "Table": {"CapacityUnits": 1}, "GlobalSecondaryIndexes": {"by-game": {"CapacityUnits": 2}, "keys": {"CapacityUnits": 2}}}
    assert places() == [6]
    scores.update_item(Key=key, UpdateExpression="REMOVE score")
    assert places() == []
    scores.put_item(Item={**key, "score": 7, "note": "a"})
    scores.delete_item(Key=key)
    assert places() == []
    described = scores.meta.client.describe_table(TableName="scores")["Table"]
    assert described["ItemCount"] == 20 and {each["IndexName"]: each["ItemCount"] for each in described["GlobalSecondaryIndexes"]} == {"by-game": 20, "keys": 20, "some": 20, "sparse": 2}
    assert described["TableSizeBytes"] == sum(each["IndexSizeBytes"] for each in described["GlobalSecondaryIndexes"] if each["IndexName"] == "by-game")


def test_keys_of_the_wrong_type_are_refused(scores):
    put = lambda **item: scores.put_item(Item={"user": "bad", "game": "go", **item})
    assert error(put, score="high") == ("ValidationException", "One or more parameter values were invalid: Type mismatch for Index Key score Expected: N Actual: S IndexName: by-game")
    assert error(put, flag=b"") == ("ValidationException", "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
                                    "The AttributeValue for a key attribute cannot contain an empty binary value. IndexName: sparse, IndexKey: flag")
    assert error(scores.update_item, Key={"user": "bad", "game": "go"}, UpdateExpression="SET score = :s", ExpressionAttributeValues={":s": "high"}) == (
        "ValidationException", "One or more parameter values were invalid: Type mismatch for Index Key score Expected: N Actual: S IndexName: by-game")
    assert "Item" not in scores.get_item(Key={"user": "bad", "game": "go"})


def test_item_collections_report_their_size(scores):
    metrics = scores.put_item(Item={"user": "sized", "game": "go"}, ReturnItemCollectionMetrics="SIZE")["ItemCollectionMetrics"]
    assert metrics == {"ItemCollectionKey": {"user": "sized"}, "SizeEstimateRangeGB": [0.0, 1.0]}
    scores.delete_item(Key={"user": "sized", "game": "go"})


def test_an_index_is_added_while_writes_go_on_and_removed(own_server):
    server = own_server()
    dynamodb, table = server.client("dynamodb"), server.resource("dynamodb").Table("live")
    dynamodb.create_table(TableName="live", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="S"), KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    with table.batch_writer() as batch:
        for n in range(3000):
            batch.put_item(Item={"id": f"old{n}", "group": f"g{n % 3}"} if n % 10 else {"id": f"old{n}", "group": Decimal(n)})
    answer = dynamodb.update_table(TableName="live", AttributeDefinitions=attributes(id="S", group="S"),
                                   GlobalSecondaryIndexUpdates=[{"Create": index("by-group", "group", None, "KEYS_ONLY")}])["TableDescription"]
    assert answer["TableStatus"] == "UPDATING" and answer["GlobalSecondaryIndexes"][0]["IndexStatus"] in ("CREATING", "ACTIVE")
    for n in range(200):  # while it is filled
        table.put_item(Item={"id": f"new{n}", "group": "g0"})
        table.update_item(Key={"id": f"old{n}"}, UpdateExpression="SET #g = :g", ExpressionAttributeNames={"#g": "group"}, ExpressionAttributeValues={":g": "moved"})
        table.delete_item(Key={"id": f"old{2999 - n}"})
    described = lambda: dynamodb.describe_table(TableName="live")["Table"]
    wait_until(lambda: described()["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE" and described()["TableStatus"] == "ACTIVE")
    assert "Backfilling" not in described()["GlobalSecondaryIndexes"][0]
    everything = {item["id"]: item["group"] for page in dynamodb.get_paginator("scan").paginate(TableName="live") for item in
                  [{k: list(v.values())[0] for k, v in each.items()} for each in page["Items"] if "S" in each["group"]]}
    indexed = {item["id"]["S"]: item["group"]["S"] for page in dynamodb.get_paginator("scan").paginate(TableName="live", IndexName="by-group") for item in page["Items"]}
    assert indexed == everything and described()["GlobalSecondaryIndexes"][0]["ItemCount"] == len(everything)

    with pytest.raises(ClientError, match="Attempting to create an index which already exists"):
        dynamodb.update_table(TableName="live", AttributeDefinitions=attributes(group="S"), GlobalSecondaryIndexUpdates=[{"Create": index("by-group", "group")}])
    gone = dynamodb.update_table(TableName="live", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-group"}}])["TableDescription"]
    assert "GlobalSecondaryIndexes" not in gone and gone["AttributeDefinitions"] == attributes(id="S")
    assert error(table.scan, IndexName="by-group")[1] == "The table does not have the specified index: by-group"


def test_a_backfill_survives_a_kill(own_server):
    server = own_server()
    dynamodb, table = server.client("dynamodb"), server.resource("dynamodb").Table("filled")
    dynamodb.create_table(TableName="filled", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="N"), KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    with table.batch_writer() as batch:
        for n in range(5000):
            batch.put_item(Item={"id": n, "all": "x"})
    dynamodb.update_table(TableName="filled", AttributeDefinitions=attributes(id="N", all="S"), GlobalSecondaryIndexUpdates=[{"Create": index("all", "all", "id", "KEYS_ONLY")}])
    server.kill()
    server.start()
    dynamodb = server.client("dynamodb")
    described = lambda: dynamodb.describe_table(TableName="filled")["Table"]["GlobalSecondaryIndexes"][0]
    wait_until(lambda: described()["IndexStatus"] == "ACTIVE")
    assert described()["ItemCount"] == 5000
    ids = [int(item["id"]["N"]) for page in dynamodb.get_paginator("query").paginate(
        TableName="filled", IndexName="all", KeyConditionExpression="#a = :x", ExpressionAttributeNames={"#a": "all"}, ExpressionAttributeValues={":x": {"S": "x"}}) for item in page["Items"]]
    assert ids == list(range(5000))


@pytest.mark.parametrize("change, message", [
    ({"LocalSecondaryIndexes": [index("local", "a", "b")]}, "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
    ({"GlobalSecondaryIndexes": [index("one", "b"), index("one", "b")]}, "Duplicate index name: one"),
    ({"GlobalSecondaryIndexes": [index("one", "b", None, "KEYS_ONLY", ["c"])]}, "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
    ({"GlobalSecondaryIndexes": [index("one", "c")]}, "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: [a, b]"),
    ({"GlobalSecondaryIndexes": [index("one", "a")]}, "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b], keys used: [a]"),
    ({"GlobalSecondaryIndexes": [{**index("one", "b"), "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}]},
     "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"),
    ({"GlobalSecondaryIndexes": [index(f"i{n:02}", "b") for n in range(21)]}, "GlobalSecondaryIndex count exceeds the per-table limit of 20"),
])
def test_definitions_that_are_refused(server, change, message):
    wrong = error(server.client("dynamodb").create_table, TableName="refused", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(a="S", b="S"),
                  KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], **change)
    assert wrong == ("ValidationException", "One or more parameter values were invalid: " + message)


def test_an_index_is_filled_and_tables_are_made_under_load(own_server):
    """Many writers keep coming: neither a definition nor the filling of an index may wait for a quiet moment."""
    server = own_server()
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="busy", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="S"), KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    with server.resource("dynamodb").Table("busy").batch_writer() as batch:
        for n in range(5000):
            batch.put_item(Item={"id": f"k{n}", "g": f"g{n % 7}"})
    stop = threading.Event()

    def churn(seed):
        client, rng = server.client("dynamodb"), random.Random(seed)
        while not stop.is_set():
            client.batch_write_item(RequestItems={"busy": [{"PutRequest": {"Item": {"id": {"S": f"k{n}"}, "g": {"S": f"g{rng.randrange(7)}"}}}} for n in rng.sample(range(5000), 25)]})

    writers = [threading.Thread(target=churn, args=(seed,)) for seed in range(8)]
    for each in writers:
        each.start()
    dynamodb.update_table(TableName="busy", AttributeDefinitions=attributes(id="S", g="S"), GlobalSecondaryIndexUpdates=[{"Create": index("by-g", "g", "id")}])
    for n in range(5):
        dynamodb.create_table(TableName=f"beside-{n}", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="S"), KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    described = lambda: dynamodb.describe_table(TableName="busy")["Table"]["GlobalSecondaryIndexes"][0]
    wait_until(lambda: described()["IndexStatus"] == "ACTIVE")
    stop.set()
    for each in writers:
        each.join()
    scan = lambda **more: {item["id"]["S"]: item["g"]["S"] for page in dynamodb.get_paginator("scan").paginate(TableName="busy", **more) for item in page["Items"]}
    assert scan(IndexName="by-g") == scan() and described()["ItemCount"] == 5000
