"""DynamoDB, as boto3 sees it."""
from decimal import Decimal
from pathlib import Path

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from conftest import Deployment, stream_records, wait_until


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
            "list": [Decimal(1), "two", [b"3"], {}], "map": {"a": {"b": []}, " ": "a space"}, "ss": {"x", "y"},
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


LEGACY = [
    # operation, parameters, expected answer or error
    ("put_item", {"Item": {"id": "l", "n": 1, "v": 5}, "Expected": {"id": {"Exists": False}}}, None),
    ("put_item", {"Item": {"id": "l", "n": 1}, "Expected": {"id": {"Exists": False}}}, "The conditional request failed"),
    ("put_item", {"Item": {"id": "l", "n": 1}, "Expected": {"v": {"Value": 5, "Exists": False}}}, "Value cannot be used when Exists is false for Attribute: v"),
    ("put_item", {"Item": {"id": "l", "n": 1}, "Expected": {"v": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [1]}}},
     "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    ("put_item", {"Item": {"id": "l", "n": 1}, "Expected": {"v": {"Value": 1}}, "ConditionExpression": "attribute_exists(v)"},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"),
    ("update_item", {"Key": {"id": "l", "n": 1}, "AttributeUpdates": {"v": {"Action": "ADD", "Value": 2}, "list": {"Action": "PUT", "Value": ["a"]}},
                     "Expected": {"v": {"ComparisonOperator": "GE", "AttributeValueList": [5]}, "w": {"ComparisonOperator": "NOT_NULL"}}, "ConditionalOperator": "OR"}, None),
    ("update_item", {"Key": {"id": "l", "n": 1}, "AttributeUpdates": {"list": {"Action": "ADD", "Value": ["b"]}}, "ReturnValues": "UPDATED_NEW"},
     {"Attributes": {"list": ["a", "b"]}}),
    ("update_item", {"Key": {"id": "l", "n": 1}, "AttributeUpdates": {"v": {"Action": "DELETE", "Value": 1}}}, "DELETE action with value is not supported for the type N"),
    ("update_item", {"Key": {"id": "l", "n": 1}, "AttributeUpdates": {"v": {"Action": "ADD", "Value": {"s"}}}}, "Type mismatch for attribute to update"),
    ("get_item", {"Key": {"id": "l", "n": 1}, "AttributesToGet": ["v", "nothing"]}, {"Item": {"v": 7}}),
    ("get_item", {"Key": {"id": "l", "n": 1}, "AttributesToGet": ["v", "v"]}, "Duplicate value in attribute name: v"),
    ("query", {"KeyConditions": {"id": {"ComparisonOperator": "EQ", "AttributeValueList": ["l"]}, "n": {"ComparisonOperator": "LT", "AttributeValueList": [2]}},
               "QueryFilter": {"list": {"ComparisonOperator": "CONTAINS", "AttributeValueList": ["b"]}}, "AttributesToGet": ["v"]}, {"Items": [{"v": 7}], "Count": 1, "ScannedCount": 1}),
    ("query", {"KeyConditions": {"id": {"ComparisonOperator": "EQ", "AttributeValueList": ["l"]}}, "QueryFilter": {"v": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": ["z"]}},
               "Select": "COUNT"}, {"Count": 1, "ScannedCount": 1}),
    ("query", {"KeyConditions": {"id": {"ComparisonOperator": "NE", "AttributeValueList": ["l"]}}}, "Attempted conditional constraint is not an indexable operation"),
    ("scan", {"ScanFilter": {"id": {"ComparisonOperator": "IN", "AttributeValueList": ["l", "m"]}}, "ConditionalOperator": "AND"},
     {"Items": [{"id": "l", "n": 1, "v": 7, "list": ["a", "b"]}], "Count": 1, "ScannedCount": 1}),
    ("scan", {"ConditionalOperator": "AND"}, "ConditionalOperator cannot be used without Filter or Expected"),
    ("delete_item", {"Key": {"id": "l", "n": 1}, "Expected": {"v": {"ComparisonOperator": "NE", "AttributeValueList": [7]}}}, "The conditional request failed"),
    ("update_item", {"Key": {"id": "absent", "n": 1}, "AttributeUpdates": {"v": {"Action": "DELETE"}}, "ReturnValues": "ALL_NEW"}, {}),
    ("delete_item", {"Key": {"id": "absent", "n": 1}, "ReturnValues": "ALL_OLD"}, {}),
    ("delete_item", {"Key": {"id": "l", "n": 1}, "Expected": {"v": {"Value": 7}}, "ReturnValues": "ALL_OLD"}, {"Attributes": {"id": "l", "n": 1, "v": 7, "list": ["a", "b"]}}),
]


def test_the_parameters_of_before_2014(server, deployment):
    deployment.table("legacy", sort=("n", "N"))
    table = server.resource("dynamodb").Table("legacy")
    for operation, parameters, expected in LEGACY:
        if isinstance(expected, str):
            assert error(getattr(table, operation), **parameters)[1].removeprefix("1 validation error detected: ").removeprefix("One or more parameter values were invalid: ") == expected, parameters
        else:
            answer = getattr(table, operation)(**parameters)
            answer.pop("ResponseMetadata")
            assert expected is None or answer == expected, parameters


def test_time_to_live(own_server):
    server = own_server("--test-clock")
    dynamodb, table = server.client("dynamodb"), server.resource("dynamodb").Table("ttl")
    arn = Deployment(server).table("ttl", stream="OLD_IMAGE")
    now = server.get("/_leat/clock")["now"] // 1000
    table.put_item(Item={"id": "before", "until": now + 50})  # there before the setting
    assert dynamodb.describe_time_to_live(TableName="ttl")["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}
    dynamodb.update_time_to_live(TableName="ttl", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    assert error(dynamodb.update_time_to_live, TableName="ttl", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})[1] == "TimeToLive is already enabled"
    assert dynamodb.describe_time_to_live(TableName="ttl")["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    for id_, until in (("soon", now + 60), ("later", now + 3600), ("text", str(now + 60)), ("ancient", now - 6 * 365 * 86400), ("moved", now + 60), ("millis", (now + 60) * 1000)):
        table.put_item(Item={"id": id_, "until": until})
    table.update_item(Key={"id": "moved"}, UpdateExpression="SET #u = :u", ExpressionAttributeNames={"#u": "until"}, ExpressionAttributeValues={":u": now + 7200})
    ids = lambda: {item["id"] for item in table.scan()["Items"]}
    server.post("/_leat/clock?advance=61")
    wait_until(lambda: ids() == {"later", "text", "ancient", "moved", "millis"})
    removed = [record for record in stream_records(server, arn) if record["eventName"] == "REMOVE"]
    assert {record["dynamodb"]["Keys"]["id"]["S"] for record in removed} == {"before", "soon"}
    assert {record["dynamodb"]["OldImage"]["until"]["N"] for record in removed} == {str(now + 50), str(now + 60)}
    assert all(record["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"} for record in removed)
    table.delete_item(Key={"id": "text"})

    server.kill()
    server.start()
    server.post("/_leat/clock?advance=3700")  # the offset of the clock ended with the first server
    table = server.resource("dynamodb").Table("ttl")
    wait_until(lambda: ids() == {"ancient", "moved", "millis"})
    server.client("dynamodb").update_time_to_live(TableName="ttl", TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"})
    server.post("/_leat/clock?advance=7200")
    assert ids() == {"ancient", "moved", "millis"}


def test_what_became_too_old_to_expire_stays_and_costs_nothing(own_server):
    """Due while the server was away for six years: AWS leaves such items alone, and nobody may try for ever."""
    server = own_server("--test-clock")
    dynamodb = server.client("dynamodb")
    Deployment(server).table("ttl")
    now = server.get("/_leat/clock")["now"] // 1000
    dynamodb.update_time_to_live(TableName="ttl", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    dynamodb.put_item(TableName="ttl", Item={"id": {"S": "old"}, "until": {"N": str(now + 3600)}})
    server.post(f"/_leat/clock?advance={6 * 366 * 86400}")
    assert dynamodb.scan(TableName="ttl")["Count"] == 1
    threads = Path(f"/proc/{server.process.pid}/task").iterdir()
    (timers,) = [thread for thread in threads if (thread / "comm").read_text() == "timers\n"]
    ticks = lambda: sum(map(int, (timers / "stat").read_text().split()[13:15]))

    def quiet():
        """The timers' thread does nothing while a hundred scans are answered."""
        before = ticks()
        counts = {dynamodb.scan(TableName="ttl")["Count"] for _ in range(100)}
        return counts == {1} and ticks() == before

    wait_until(quiet)
