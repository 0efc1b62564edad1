"""Every operation of every service, by somebody without rights.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""
import datetime
import json

import pytest
from guarded import FUNCTION, LISTINGS, NAME, OWN, QUEUE, REFUSED, ROLE, STREAM, TABLE, Account, arn, document, guarded, outcome, trust  # noqa: F401

OPERATIONS = [(listing.model, name) for listing in LISTINGS for name, _, _ in listing.operations]

# AWS asks nobody for these rights: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
EVERYBODYS = {("sts", "GetCallerIdentity"): "no permissions are required, and a deny has no effect"}

POLICY = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
MANAGED = "arn:aws:iam::aws:policy/AdministratorAccess"

# What a model does not say of its strings.
VALUES = {
    ("dynamodb", "ResourceArn"): TABLE, ("dynamodb", "BackupArn"): f"{TABLE}/backup/01234567890123-abcdefgh", ("dynamodb", "Statement"): f"SELECT * FROM {NAME}",
    ("dynamodb", "StreamArn"): STREAM, ("dynamodb", "SourceTableName"): NAME, ("dynamodb", "TableName"): NAME, ("dynamodb", "AttributeName"): "id",
    ("dynamodb", "KeyConditionExpression"): "id = :id", ("dynamodb", "Policy"): POLICY,
    ("dynamodbstreams", "StreamArn"): f"{TABLE}/stream/2026-01-01T00:00:00.000", ("dynamodbstreams", "ShardIterator"): "x", ("dynamodbstreams", "ShardId"): "shardId-00000000000000000000-00000000",
    ("kinesis", "StreamARN"): STREAM, ("kinesis", "ResourceARN"): STREAM, ("kinesis", "ConsumerARN"): f"{STREAM}/consumer/c:1", ("kinesis", "StreamName"): NAME,
    ("kinesis", "ShardIterator"): "x", ("kinesis", "KeyId"): "alias/aws/kinesis", ("kinesis", "Policy"): POLICY, ("kinesis", "NewStartingHashKey"): "1",
    ("sqs", "SourceArn"): QUEUE, ("sqs", "QueueName"): NAME, ("sqs", "QueueUrl"): None, ("sqs", "TaskHandle"): "x",
    ("lambda", "FunctionName"): NAME, ("lambda", "Role"): ROLE, ("lambda", "Resource"): FUNCTION, ("lambda", "Arn"): arn("lambda", f"layer:{NAME}:1"), ("lambda", "EventSourceArn"): QUEUE,
    ("lambda", "FunctionVersion"): "$LATEST", ("lambda", "Principal"): OWN, ("lambda", "Action"): "lambda:InvokeFunction", ("lambda", "Handler"): "main.handler", ("lambda", "LayerName"): NAME,
    ("lambda", "UUID"): "00000000-0000-0000-0000-000000000000", ("lambda", "Qualifier"): "live", ("lambda", "Name"): "live",
    ("iam", "PolicyDocument"): POLICY, ("iam", "AssumeRolePolicyDocument"): document(trust({"AWS": OWN})), ("iam", "PolicyArn"): MANAGED, ("iam", "PermissionsBoundary"): MANAGED,
    ("iam", "RoleName"): NAME, ("iam", "UserName"): NAME, ("iam", "GroupName"): NAME, ("iam", "AccessKeyId"): "AKIA" + "A" * 16, ("iam", "VersionId"): "v1",
    ("sts", "RoleArn"): ROLE, ("logs", "logGroupName"): NAME,
}
# Members that are not required by the model, and that the operation needs to name what it is on.
ALSO = {
    ("kinesis", "DeregisterStreamConsumer"): ["ConsumerARN"], ("kinesis", "DescribeStreamConsumer"): ["ConsumerARN"], ("dynamodb", "RestoreTableToPointInTime"): ["SourceTableName"],
    ("dynamodb", "Query"): ["KeyConditionExpression"], ("kinesis", "GetShardIterator"): ["StreamName"], ("kinesis", "ListShards"): ["StreamName"],
}


def value_of(service, name, shape, url):
    """The least that the model allows."""
    if (service, name) in VALUES and shape.type_name == "string":
        return VALUES[service, name] or url
    match shape.type_name:
        case "structure":
            if shape.name == "AttributeValue":
                return {"S": "a"}
            if shape.name == "WriteRequest":
                return {"DeleteRequest": {"Key": {"id": {"S": "a"}}}}
            if shape.name == "TransactWriteItem":
                return {"Delete": {"TableName": NAME, "Key": {"id": {"S": "a"}}}}
            return {each: value_of(service, each, shape.members[each], url) for each in shape.required_members}
        case "list":
            return [value_of(service, name, shape.member, url) for _ in range(max(1, shape.metadata.get("min", 1)))]
        case "map":
            key = "id" if shape.value.name == "AttributeValue" else NAME
            return {key: value_of(service, name, shape.value, url)}
        case "string":
            if shape.enum:
                return shape.enum[0]
            return "a1b2c3d4e5f6g7h8i9j0"[:20].ljust(shape.metadata.get("min", 1), "a") if shape.metadata.get("min", 1) > 3 else "abc"
        case "blob":
            return b"x"
        case "boolean":
            return True
        case "timestamp":
            return datetime.datetime(2026, 1, 1)
        case _:
            return max(1, int(shape.metadata.get("min", 1)))


def minimal(client, service, operation, url):
    shape = client.meta.service_model.operation_model(operation).input_shape
    if not shape:
        return {}
    least = {name: value_of(service, name, shape.members[name], url) for name in [*shape.required_members, *ALSO.get((service, operation), [])]}
    return {**least, **({"Action": "lambda:GetLayerVersion"} if operation == "AddLayerVersionPermission" else {})}


def inventory(server):
    """What there is, as root sees it."""
    get = {name: server.client(name) for name in ("dynamodb", "kinesis", "sqs", "lambda", "iam", "logs", "cloudwatch")}
    url = get["sqs"].get_queue_url(QueueName=NAME)["QueueUrl"]
    seen = [
        get["dynamodb"].describe_table(TableName=NAME), get["dynamodb"].list_tables(), get["dynamodb"].scan(TableName=NAME), get["dynamodb"].list_backups(),
        get["kinesis"].list_streams(), get["kinesis"].describe_stream(StreamName=NAME), get["sqs"].list_queues(), get["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
        get["lambda"].list_functions(), get["lambda"].list_layers(), get["lambda"].list_event_source_mappings(), get["lambda"].list_aliases(FunctionName=NAME),
        get["iam"].list_roles(), get["iam"].list_users(), get["iam"].list_groups(), get["iam"].list_policies(Scope="Local"), get["iam"].list_attached_role_policies(RoleName=NAME),
        get["iam"].get_group(GroupName=NAME), get["iam"].list_access_keys(UserName=NAME), get["logs"].describe_log_groups(), get["cloudwatch"].list_metrics(Namespace="abc"),
    ]
    for each in seen:
        each.pop("ResponseMetadata")
    return json.dumps(seen, default=str, sort_keys=True)


@pytest.fixture(scope="module")
def nobody(server, guarded):
    return Account(server).user()[1]


@pytest.mark.parametrize("service, operation", OPERATIONS)
def test_nobody_may_do_anything_without_a_right(server, guarded, nobody, service, operation):
    client = nobody(service)
    arguments = minimal(client, service, operation, guarded)
    before = inventory(server)
    code, _ = outcome(client, operation, arguments)
    if (service, operation) in EVERYBODYS:
        assert code is None
        return
    assert code in REFUSED, (code, arguments)
    assert inventory(server) == before
