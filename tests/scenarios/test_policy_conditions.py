"""Conditions on what a request names: items, attributes, tags.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
"""
import pytest
from test_policies import acting, document, refused, role  # noqa: F401 (fixtures)

ANY = "arn:aws:dynamodb:*:*:table/"


def allowed(call, **arguments):
    call(**arguments)
    return True


@pytest.fixture(scope="module")
def scores(deployment):
    """A table and an index, each with a partition key of its own."""
    deployment.dynamodb.create_table(
        TableName="granted_scores", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "game", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (("user", "S"), ("game", "S"), ("top", "N"))],
        GlobalSecondaryIndexes=[{"IndexName": "by-top", "KeySchema": [{"AttributeName": "top", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}])
    return "granted_scores"


def key(user, game="chess"):
    return {"user": {"S": user}, "game": {"S": game}}


def test_leading_keys(scores, role, acting):
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann", "7"]}}
    dynamodb = acting(role(document("dynamodb:*", resource=[ANY + scores, ANY + scores + "/index/*"], Condition=condition)), "dynamodb")
    for user, may in (("ann", allowed), ("bob", refused)):
        said = [
            may(dynamodb.put_item, TableName=scores, Item={**key(user), "top": {"N": "7"}}),
            may(dynamodb.get_item, TableName=scores, Key=key(user)),
            may(dynamodb.update_item, TableName=scores, Key=key(user), UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"S": "x"}}),
            may(dynamodb.query, TableName=scores, KeyConditionExpression="#u = :u AND game < :g", ExpressionAttributeNames={"#u": "user"},
                ExpressionAttributeValues={":u": {"S": user}, ":g": {"S": "z"}}),
            may(dynamodb.query, TableName=scores, KeyConditions={"user": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": user}]}}),
            may(dynamodb.query, TableName=scores, IndexName="by-top", KeyConditionExpression=":t = top", ExpressionAttributeValues={":t": {"N": "7.0" if user == "ann" else "8"}}),
            may(dynamodb.batch_get_item, RequestItems={scores: {"Keys": [key("ann", "go"), key(user)]}}),
            may(dynamodb.batch_write_item, RequestItems={scores: [{"PutRequest": {"Item": key("ann", "go")}}, {"DeleteRequest": {"Key": key(user, "dice")}}]}),
            may(dynamodb.transact_write_items, TransactItems=[{"Put": {"TableName": scores, "Item": key("ann", "a")}},
                                                              {"ConditionCheck": {"TableName": scores, "Key": key(user, "b"), "ConditionExpression": "attribute_not_exists(game)"}}]),
            may(dynamodb.transact_get_items, TransactItems=[{"Get": {"TableName": scores, "Key": key(user)}}]),
            may(dynamodb.execute_statement, Statement=f"SELECT * FROM granted_scores WHERE user IN ['ann', '{user}']".replace("user IN", '"user" IN')),
            may(dynamodb.execute_statement, Statement=f"INSERT INTO granted_scores VALUE {{'user': '{user}', 'game': 'ludo'}}"),
            may(dynamodb.delete_item, TableName=scores, Key=key(user)),
        ]
        assert all(each is True or each[0] == "AccessDeniedException" for each in said), said


def test_attributes_and_select(scores, role, acting):
    condition = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "game", "top"]}, "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
                 "StringNotEqualsIfExists": {"dynamodb:ReturnValues": ["ALL_OLD", "ALL_NEW"]}}
    dynamodb = acting(role(document("dynamodb:*", resource=ANY + scores, Condition=condition)), "dynamodb")
    keyed = {"KeyConditionExpression": "#u = :u", "ExpressionAttributeValues": {":u": {"S": "ann"}}}
    assert allowed(dynamodb.get_item, TableName=scores, Key=key("ann"), ProjectionExpression="top, game")
    assert allowed(dynamodb.get_item, TableName=scores, Key=key("ann"), AttributesToGet=["top"])
    assert allowed(dynamodb.query, TableName=scores, ProjectionExpression="top", ExpressionAttributeNames={"#u": "user"}, **keyed)
    assert allowed(dynamodb.put_item, TableName=scores, Item={**key("ann"), "top": {"N": "1"}})
    assert allowed(dynamodb.execute_statement, Statement="SELECT top FROM granted_scores WHERE game = 'chess'")
    assert allowed(dynamodb.update_item, TableName=scores, Key=key("ann"), UpdateExpression="SET top = :t", ExpressionAttributeValues={":t": {"N": "2"}}, ReturnValues="UPDATED_NEW")
    for call, more in (
            (dynamodb.get_item, {"Key": key("ann")}),
            (dynamodb.get_item, {"Key": key("ann"), "ProjectionExpression": "top, secret.a"}),
            (dynamodb.get_item, {"Key": key("ann"), "ProjectionExpression": "#s", "ExpressionAttributeNames": {"#s": "secret"}}),
            (dynamodb.query, {"ExpressionAttributeNames": {"#u": "user"}, **keyed}),
            (dynamodb.query, {"ExpressionAttributeNames": {"#u": "user"}, "ProjectionExpression": "top", "FilterExpression": "size(secret) > top", **keyed}),
            (dynamodb.scan, {"AttributesToGet": ["secret"]}),
            (dynamodb.scan, {"AttributesToGet": ["top"], "ScanFilter": {"secret": {"ComparisonOperator": "NOT_NULL"}}}),
            (dynamodb.put_item, {"Item": {**key("ann"), "secret": {"S": "x"}}}),
            (dynamodb.put_item, {"Item": key("ann"), "Expected": {"secret": {"Exists": False}}}),
            (dynamodb.update_item, {"Key": key("ann"), "UpdateExpression": "SET top = if_not_exists(secret, top)"}),
            (dynamodb.update_item, {"Key": key("ann"), "AttributeUpdates": {"secret": {"Action": "DELETE"}}}),
            (dynamodb.update_item, {"Key": key("ann"), "UpdateExpression": "REMOVE top", "ReturnValues": "ALL_NEW"})):
        assert refused(call, TableName=scores, **more)[0] == "AccessDeniedException", more
    assert refused(dynamodb.execute_statement, Statement="UPDATE granted_scores SET secret = 1 WHERE \"user\" = 'ann' AND game = 'a'")[0] == "AccessDeniedException"


def test_full_scans_by_statement(scores, role, acting):
    deny = document("dynamodb:PartiQLSelect", resource="*", effect="Deny", Condition={"Bool": {"dynamodb:FullTableScan": ["true"]}})
    dynamodb = acting(role(document("dynamodb:*"), deny), "dynamodb")
    assert allowed(dynamodb.execute_statement, Statement="SELECT * FROM granted_scores WHERE \"user\" = 'ann'")
    assert refused(dynamodb.execute_statement, Statement="SELECT * FROM granted_scores WHERE top = 1")[0] == "AccessDeniedException"


def test_writes_in_transactions_only(scores, role, acting):
    dynamodb = acting(role(document("dynamodb:PutItem", Condition={"StringEquals": {"dynamodb:EnclosingOperation": "TransactWriteItems"}})), "dynamodb")
    assert allowed(dynamodb.transact_write_items, TransactItems=[{"Put": {"TableName": scores, "Item": key("tina")}}])
    assert refused(dynamodb.put_item, TableName=scores, Item=key("tina"))[0] == "AccessDeniedException"


def test_tags_of_resources(server, deployment, role, acting):
    team = [{"Key": "Team", "Value": "red"}]
    deployment.table("cond-tagged", Tags=team, stream="KEYS_ONLY")
    deployment.table("cond-untagged")
    sqs, kinesis = server.client("sqs"), server.client("kinesis")
    queues = [sqs.create_queue(QueueName="cond-tagged", tags={"Team": "red"})["QueueUrl"], sqs.create_queue(QueueName="cond-untagged")["QueueUrl"]]
    kinesis.create_stream(StreamName="cond-tagged", ShardCount=1, Tags={"Team": "red"})
    kinesis.create_stream(StreamName="cond-untagged", ShardCount=1)
    for name, tags in (("cond-tagged", {"Team": "red"}), ("cond-untagged", {"Team": "blue"})):
        deployment.function(name, "def handler(event, context): return 1", Tags=tags)
    arn = role(document("*", Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}}))
    for name, queue, may in (("cond-tagged", queues[0], allowed), ("cond-untagged", queues[1], refused)):
        said = [may(acting(arn, "dynamodb").describe_table, TableName=name), may(acting(arn, "sqs").send_message, QueueUrl=queue, MessageBody="m"),
                may(acting(arn, "kinesis").describe_stream_summary, StreamName=name), may(acting(arn, "lambda").invoke, FunctionName=name)]
        assert all(each is True or each[0].startswith("AccessDenied") for each in said), said


def test_tags_of_requests(server, role, acting):
    condition = {"StringEquals": {"aws:RequestTag/Team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Stage"]}}
    arn = role(document("*", Condition=condition))
    create = acting(arn, "sqs").create_queue
    assert allowed(create, QueueName="asked-1", tags={"Team": "red", "Stage": "test"})
    for tags in ({"Team": "blue"}, {"Team": "red", "Owner": "me"}, {"Stage": "test"}):
        assert refused(create, QueueName="asked-2", tags=tags)[0] == "AccessDenied"
    table = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    create = acting(arn, "dynamodb").create_table
    assert allowed(create, TableName="asked-1", Tags=[{"Key": "Team", "Value": "red"}], **table)
    assert refused(create, TableName="asked-2", **table)[0] == "AccessDeniedException"
    arn = role(document("lambda:*", Condition={"ForAllValues:StringLike": {"aws:TagKeys": "ours*"}}))
    assert refused(acting(arn, "lambda").untag_resource, Resource="arn:aws:lambda:us-east-1:000000000000:function:none", TagKeys=["theirs"])[0] == "AccessDeniedException"
    assert refused(acting(arn, "lambda").untag_resource, Resource="arn:aws:lambda:us-east-1:000000000000:function:none", TagKeys=["ours-1"])[0] == "ResourceNotFoundException"
