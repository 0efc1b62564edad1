"""Operations on several resources, by somebody with one right too few.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""
import pytest
from guarded import FUNCTION, LAYER, LISTINGS, NAME, NOTHING, OTHER, OWN, QUEUE, REFUSED, ROLE, STREAM, TABLE, Account, allow, arn, document, guarded, outcome, trust  # noqa: F401

FILL = [f"dynamodb:{each}" for each in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")]
MOVE = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
BACKUP, SECOND, TAGS = f"{TABLE}/backup/01234567890123-abcdefgh", arn("kinesis", "stream/second"), [{"Key": "a", "Value": "b"}]
KEY = {"id": {"S": "a"}}
KEYS = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
CODE = {"Runtime": "python3.11", "Handler": "main.handler", "Role": ROLE, "Code": {"ZipFile": b"none"}}


def table(name):
    return arn("dynamodb", f"table/{name}")


def restore(*sources):
    return [*sources, ("", table("copy")), *((each, table("copy")) for each in FILL)]


# service, operation, what is asked, and each right that is needed for it: an action, or "" for the operation's own.
CASES = [
    ("dynamodb", "RestoreTableToPointInTime", {"SourceTableName": NAME, "TargetTableName": "copy", "UseLatestRestorableTime": True}, restore(("", TABLE))),
    ("dynamodb", "RestoreTableToPointInTime", {"SourceTableName": NAME, "SourceTableArn": table("secret"), "TargetTableName": "copy", "UseLatestRestorableTime": True}, restore(("", TABLE), ("", table("secret")))),
    ("dynamodb", "RestoreTableFromBackup", {"BackupArn": BACKUP, "TargetTableName": "copy"}, restore(("", BACKUP))),
    ("dynamodb", "EnableKinesisStreamingDestination", {"TableName": NAME, "StreamArn": STREAM}, [("", TABLE), ("kinesis:DescribeStream", STREAM), ("kinesis:PutRecords", STREAM)]),
    ("dynamodb", "CreateTable", {"TableName": "tagged", **KEYS, "Tags": TAGS}, [("", table("tagged")), ("dynamodb:TagResource", table("tagged"))]),
    ("dynamodb", "CreateTable", {"TableName": "open", **KEYS, "ResourcePolicy": document(allow("dynamodb:*", Principal="*"))}, [("", table("open")), ("dynamodb:PutResourcePolicy", table("open"))]),
    ("dynamodb", "BatchGetItem", {"RequestItems": {each: {"Keys": [KEY]} for each in (NAME, "secret")}}, [("", TABLE), ("", table("secret"))]),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {each: [{"PutRequest": {"Item": KEY}}] for each in (NAME, "secret")}}, [("", TABLE), ("", table("secret"))]),
    ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": NAME, "Item": KEY}}, {"ConditionCheck": {"TableName": "secret", "Key": KEY, "ConditionExpression": "attribute_exists(id)"}}]},
     [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", table("secret"))]),
    ("dynamodb", "TransactGetItems", {"TransactItems": [{"Get": {"TableName": each, "Key": KEY}} for each in (NAME, "secret")]}, [("dynamodb:GetItem", TABLE), ("dynamodb:GetItem", table("secret"))]),
    ("dynamodb", "BatchExecuteStatement", {"Statements": [{"Statement": f"SELECT * FROM {each} WHERE id = 'a'"} for each in (NAME, "secret")]}, [("dynamodb:PartiQLSelect", TABLE), ("dynamodb:PartiQLSelect", table("secret"))]),
    ("dynamodb", "ExecuteTransaction", {"TransactStatements": [{"Statement": f"DELETE FROM {each} WHERE id = 'a'"} for each in (NAME, "secret")]}, [("dynamodb:PartiQLDelete", TABLE), ("dynamodb:PartiQLDelete", table("secret"))]),
    ("kinesis", "CreateStream", {"StreamName": "tagged", "ShardCount": 1, "Tags": {"a": "b"}}, [("", arn("kinesis", "stream/tagged")), ("kinesis:AddTagsToStream", arn("kinesis", "stream/tagged"))]),
    ("kinesis", "RegisterStreamConsumer", {"StreamARN": SECOND, "ConsumerName": "c", "Tags": {"a": "b"}}, [("", SECOND), ("kinesis:TagResource", f"{SECOND}/consumer/c:*")]),
    ("kinesis", "DescribeStreamConsumer", {"StreamARN": STREAM, "ConsumerName": "c", "ConsumerARN": f"{SECOND}/consumer/c:1"}, [("", f"{STREAM}/consumer/c"), ("", f"{SECOND}/consumer/c:1")]),
    ("kinesis", "DeregisterStreamConsumer", {"StreamARN": STREAM, "ConsumerName": "c", "ConsumerARN": f"{SECOND}/consumer/c:1"}, [("", f"{STREAM}/consumer/c"), ("", f"{SECOND}/consumer/c:1")]),
    ("sqs", "CreateQueue", {"QueueName": "tagged", "tags": {"a": "b"}}, [("", arn("sqs", "tagged")), ("sqs:TagQueue", arn("sqs", "tagged"))]),
    ("sqs", "StartMessageMoveTask", {"SourceArn": QUEUE, "DestinationArn": arn("sqs", "second")}, [("", QUEUE), *((f"sqs:{each}", QUEUE) for each in MOVE), ("sqs:SendMessage", arn("sqs", "second"))]),
    ("sqs", "ListMessageMoveTasks", {"SourceArn": QUEUE}, [("", QUEUE), ("sqs:GetQueueAttributes", QUEUE)]),
    ("lambda", "CreateFunction", {"FunctionName": "layered", **CODE, "Layers": [LAYER, arn("lambda", "layer:secret:1")], "Tags": {"a": "b"}},
     [("", arn("lambda", "function:layered")), ("iam:PassRole", ROLE), ("lambda:GetLayerVersion", LAYER), ("lambda:GetLayerVersion", arn("lambda", "layer:secret:1")), ("lambda:TagResource", arn("lambda", "function:layered"))]),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": FUNCTION, "Role": ROLE, "Layers": [arn("lambda", "layer:secret:1")]}, [("", FUNCTION), ("iam:PassRole", ROLE), ("lambda:GetLayerVersion", arn("lambda", "layer:secret:1"))]),
    ("iam", "CreateRole", {"RoleName": "pathed", "Path": "/team/", "AssumeRolePolicyDocument": document(trust({"AWS": OWN})), "Tags": TAGS}, [("", arn("iam", "role/team/pathed", "")), ("iam:TagRole", arn("iam", "role/team/pathed", ""))]),
    ("iam", "CreateUser", {"UserName": "pathed", "Path": "/team/", "Tags": TAGS}, [("", arn("iam", "user/team/pathed", "")), ("iam:TagUser", arn("iam", "user/team/pathed", ""))]),
    ("iam", "CreatePolicy", {"PolicyName": "pathed", "Path": "/team/", "PolicyDocument": document(allow("sqs:*")), "Tags": TAGS}, [("", arn("iam", "policy/team/pathed", "")), ("iam:TagPolicy", arn("iam", "policy/team/pathed", ""))]),
]
# Streams that are named twice, by each operation that lets them be.
DETAILS = {
    "AddTagsToStream": {"Tags": {"a": "b"}}, "RemoveTagsFromStream": {"TagKeys": ["a"]}, "PutRecord": {"Data": b"x", "PartitionKey": "k"}, "PutRecords": {"Records": [{"Data": b"x", "PartitionKey": "k"}]},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24}, "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48}, "DisableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]}, "EnableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "GetShardIterator": {"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}, "SplitShard": {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "1"},
    "MergeShards": {"ShardToMerge": "shardId-000000000000", "AdjacentShardToMerge": "shardId-000000000001"}, "UpdateShardCount": {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"},
    "StartStreamEncryption": {"EncryptionType": "KMS", "KeyId": "k"}, "StopStreamEncryption": {"EncryptionType": "KMS", "KeyId": "k"}, "UpdateStreamWarmThroughput": {"WarmThroughputMiBps": 1},
}
TWICE = [name for listing in LISTINGS if listing.model == "kinesis" for name, _, asked in listing.operations if asked == "stream/{StreamName} & {StreamARN}"]
CASES += [("kinesis", name, {"StreamName": NAME, "StreamARN": SECOND, **DETAILS.get(name, {})}, [("", STREAM), ("", SECOND)]) for name in TWICE]


def test_every_operation_that_asks_for_several_is_here():
    listed = {(listing.model, name) for listing in LISTINGS for name, _, asked in listing.operations if any(" @" not in each for each in asked.split(" & ")[1:])}
    assert listed - {("sqs", "CancelMessageMoveTask")} <= {(service, name) for service, name, _, _ in CASES}


@pytest.fixture(scope="module")
def person(server, guarded):
    """A user whose rights are set: person(rights)."""
    own = Account(server)
    user, client = own.user()

    def grant(rights):
        own.iam.put_user_policy(UserName=user.rsplit("/", 1)[1], PolicyName="some", PolicyDocument=document(allow("sts:GetCallerIdentity"), *(allow(action, on) for action, on in rights)))
        return client
    return grant


def assert_each_is_asked_for(person, service, operation, arguments, rights):
    for missing in rights:
        code, text = outcome(person([each for each in rights if each != missing])(service), operation, arguments)
        action = missing[0].lower() if missing[0].startswith("sqs:") else missing[0]
        assert code in REFUSED and f"is not authorized to perform: {action} on resource: {missing[1]}" in text, (missing, code, text)
    assert outcome(person(rights)(service), operation, arguments)[0] not in REFUSED


@pytest.mark.parametrize("service, operation, arguments, rights", CASES, ids=[f"{case[1]}-{n}" for n, case in enumerate(CASES)])
def test_each_of_several_rights_is_asked_for(person, service, operation, arguments, rights):
    assert_each_is_asked_for(person, service, operation, arguments, [(action or f"{service}:{operation}", on) for action, on in rights])


def test_messages_go_back_only_where_one_may_send(server, person):
    sqs, dead = server.client("sqs"), arn("sqs", "moved-dead")
    sqs.create_queue(QueueName="moved-dead")
    for name in ("moved-from", "moved-too"):
        queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": 1}}'})["QueueUrl"]
        sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(n), "MessageBody": "x"} for n in range(10)])
        for _ in range(2):  # the second time they are dead
            sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
    moving = [("sqs:StartMessageMoveTask", dead), *((f"sqs:{each}", dead) for each in MOVE)]
    assert_each_is_asked_for(person, "sqs", "StartMessageMoveTask", {"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 1}, [*moving, *(("sqs:SendMessage", arn("sqs", each)) for each in ("moved-from", "moved-too"))])
    handle = sqs.list_message_move_tasks(SourceArn=dead)["Results"][0]["TaskHandle"]
    assert_each_is_asked_for(person, "sqs", "CancelMessageMoveTask", {"TaskHandle": handle}, [("sqs:CancelMessageMoveTask", dead), *((f"sqs:{each}", dead) for each in MOVE)])


def test_a_queue_of_another_account_tells_its_url_to_whom_it_allows(server, person):
    theirs, url = server.client("sqs", key=OTHER), arn("sqs", "told", account=OTHER)
    queue = theirs.create_queue(QueueName="told")["QueueUrl"]
    asked = {"QueueName": "told", "QueueOwnerAWSAccountId": OTHER}
    right = [("sqs:GetQueueUrl", url)]
    assert outcome(person(right)("sqs"), "GetQueueUrl", asked)[0] in REFUSED
    theirs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(allow("sqs:GetQueueUrl", url, Principal={"AWS": OWN}))})
    assert_each_is_asked_for(person, "sqs", "GetQueueUrl", asked, right)


def test_another_accounts_stream_is_a_destination_where_it_consents(server, guarded):
    kinesis, theirs = server.client("kinesis", key=OTHER), arn("kinesis", "stream/theirs", account=OTHER)
    kinesis.create_stream(StreamName="theirs", ShardCount=1)
    asked = {"TableName": NAME, "StreamArn": theirs}
    clients = [server.client("dynamodb"), Account(server).user(allow("*"))[1]("dynamodb"), Account(server).user(allow("dynamodb:*"))[1]("dynamodb")]
    assert all(outcome(each, "EnableKinesisStreamingDestination", asked)[0] in REFUSED for each in clients)
    kinesis.put_resource_policy(ResourceARN=theirs, Policy=document(allow(["kinesis:DescribeStream", "kinesis:PutRecords"], theirs, Principal={"AWS": OWN})))
    assert [outcome(each, "EnableKinesisStreamingDestination", asked)[0] for each in reversed(clients)] == ["AccessDeniedException", None, "ValidationException"]  # at last it is enabled
    server.client("dynamodb").disable_kinesis_streaming_destination(**asked)


def test_a_token_is_no_way_to_another_stream(server, guarded):
    """Tokens say which stream they are of, and that is what is asked for."""
    root = server.client("kinesis")
    root.create_stream(StreamName="paged", ShardCount=2)
    token = root.list_shards(StreamName="paged", MaxResults=1)["NextToken"]
    client = Account(server).user(allow("kinesis:*", STREAM))[1]("kinesis")
    assert outcome(client, "ListShards", {"StreamName": NAME})[0] is None
    assert outcome(client, "ListShards", {"NextToken": token})[0] in REFUSED
