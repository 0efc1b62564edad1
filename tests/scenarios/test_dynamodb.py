"""DynamoDB, as boto3 sees it."""
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def table(server, deployment):
    deployment.table("music", sort=("n", "N"))
    return server.resource("dynamodb").Table("music")


def error(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_all_types_come_back_as_they_went(table):
    item = {"id": "types", "n": Decimal("-1.5E-3"), "s": "", "b": b"\x00\xff", "yes": True, "no": False, "nothing": None,
            "list": [Decimal(1), "two", [b"3"], {}], "map": {"a": {"b": []}, "": "empty name"}, "ss": {"x", "y"},
            "ns": {Decimal("1"), Decimal("2.5")}, "bs": {b"p", b"q"}, "big": Decimal("99999999999999999999999999999999999999"),
            "snowman": "☃ \U0001f600 \u0000"}
    table.put_item(Item=item)
    found = table.get_item(Key={"id": "types", "n": Decimal("-0.0015")}, ConsistentRead=True)["Item"]
    assert found == item


def test_order_of_numbers_and_both_directions(table):
    numbers = [Decimal(text) for text in ("-1E20", "-20", "-3.5", "-3.25", "0", "1E-130", "0.5", "2", "10", "1E37")]
    for n in numbers:
        table.put_item(Item={"id": "order", "n": n})
    forward = [item["n"] for item in table.query(KeyConditionExpression=Key("id").eq("order"))["Items"]]
    assert forward == numbers
    backward = [item["n"] for item in table.query(KeyConditionExpression=Key("id").eq("order"), ScanIndexForward=False)["Items"]]
    assert backward == numbers[::-1]
    between = table.query(KeyConditionExpression=Key("id").eq("order") & Key("n").between(Decimal("-3.5"), 2))["Items"]
    assert [item["n"] for item in between] == numbers[2:8]


def test_pages_of_a_query(table):
    for n in range(25):
        table.put_item(Item={"id": "pages", "n": n, "value": n})
    seen, start = [], {}
    while True:
        page = table.query(KeyConditionExpression=Key("id").eq("pages"), Limit=10, FilterExpression=Attr("value").gte(5), **start)
        assert page["ScannedCount"] <= 10
        seen += [int(item["n"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == list(range(5, 25))


def test_one_megabyte_a_page(server, deployment):
    deployment.table("large")
    table = server.resource("dynamodb").Table("large")
    for i in range(6):
        table.put_item(Item={"id": str(i), "body": "x" * 300_000})
    page = table.scan()
    assert page["Count"] == 4 and "LastEvaluatedKey" in page
    rest = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
    assert rest["Count"] == 2 and "LastEvaluatedKey" not in rest
    segments = [table.scan(Segment=i, TotalSegments=3, Select="COUNT")["Count"] for i in range(3)]
    assert sum(segments) == 6


def test_update_expressions(table):
    key = {"id": "update", "n": 1}
    table.put_item(Item={**key, "count": 5, "list": [1, 2, 3, 4], "tags": {"a", "b"}, "map": {"x": 1}})
    found = table.update_item(
        Key=key, UpdateExpression="SET #c = #c + :one, made = if_not_exists(made, :one), #m.y = #m.x REMOVE #l[1], #l[3] ADD amount :one DELETE tags :a",
        ExpressionAttributeNames={"#c": "count", "#l": "list", "#m": "map"},
        ExpressionAttributeValues={":one": 1, ":a": {"a"}}, ReturnValues="ALL_NEW")["Attributes"]
    assert found == {**key, "count": 6, "made": 1, "list": [1, 3], "tags": {"b"}, "map": {"x": 1, "y": 1}, "amount": 1}
    old = table.update_item(Key=key, UpdateExpression="SET made = :two", ExpressionAttributeValues={":two": 2}, ReturnValues="UPDATED_OLD")
    assert old["Attributes"] == {"made": 1}
    gone = table.update_item(Key=key, UpdateExpression="DELETE tags :b", ExpressionAttributeValues={":b": {"b"}}, ReturnValues="ALL_NEW")
    assert "tags" not in gone["Attributes"]


def test_conditions(table):
    table.put_item(Item={"id": "cond", "n": 1, "v": 5}, ConditionExpression=Attr("id").not_exists())
    with pytest.raises(ClientError) as caught:
        table.meta.client.put_item(TableName="music", Item={"id": "cond", "n": 1}, ConditionExpression="v > :v", ExpressionAttributeValues={":v": 7},
                                   ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Error"] == {"Message": "The conditional request failed", "Code": "ConditionalCheckFailedException"}
    assert caught.value.response["Item"]["v"] == {"N": "5"}
    assert table.delete_item(Key={"id": "cond", "n": 1}, ConditionExpression=Attr("v").is_in([4, 5]), ReturnValues="ALL_OLD")["Attributes"]["v"] == 5


def test_batches(server, deployment):
    deployment.table("batch")
    table = server.resource("dynamodb").Table("batch")
    with table.batch_writer() as writer:
        for i in range(60):
            writer.put_item(Item={"id": str(i), "v": i})
        writer.delete_item(Key={"id": "7"})
    keys = [{"id": str(i)} for i in range(60)]
    found = server.resource("dynamodb").batch_get_item(RequestItems={"batch": {"Keys": keys, "ProjectionExpression": "v"}})
    assert sorted(int(item["v"]) for item in found["Responses"]["batch"]) == [i for i in range(60) if i != 7]
    client = server.client("dynamodb")
    code, message = error(client.batch_write_item, RequestItems={"batch": [{"DeleteRequest": {"Key": {"id": {"S": "1"}}}}] * 2})
    assert (code, message) == ("ValidationException", "Provided list of item keys contains duplicates")


def test_describe_table_has_every_field(server, deployment):
    deployment.table("described", stream="KEYS_ONLY", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
    table = server.client("dynamodb").describe_table(TableName="described")["Table"]
    assert table["TableStatus"] == "ACTIVE" and table["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/described"
    assert table["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert table["LatestStreamArn"].endswith("/stream/" + table["LatestStreamLabel"])
    assert {"TableId", "CreationDateTime", "ItemCount", "TableSizeBytes", "DeletionProtectionEnabled", "WarmThroughput"} <= set(table)
    code, message = error(server.client("dynamodb").create_table, TableName="described", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    assert (code, message) == ("ResourceInUseException", "Table already exists: described")


def test_regions_and_accounts_are_apart(server, deployment):
    deployment.table("here")
    assert "here" in server.client("dynamodb").list_tables()["TableNames"]
    assert server.client("dynamodb", region="eu-west-1").list_tables()["TableNames"] == []
    assert server.client("dynamodb", key="123456789012").list_tables()["TableNames"] == []


def test_tables_by_pages_and_deletion(server, deployment):
    client = server.client("dynamodb", region="sa-east-1")
    for i in range(5):
        client.create_table(TableName=f"page-{i}", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    pages = list(client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2}))
    assert [page["TableNames"] for page in pages] == [["page-0", "page-1"], ["page-2", "page-3"], ["page-4"]]
    client.put_item(TableName="page-0", Item={"id": {"S": "x"}})
    assert client.delete_table(TableName="page-0")["TableDescription"]["TableStatus"] == "DELETING"
    client.get_waiter("table_not_exists").wait(TableName="page-0")
    client.create_table(TableName="page-0", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    assert client.scan(TableName="page-0")["Count"] == 0
