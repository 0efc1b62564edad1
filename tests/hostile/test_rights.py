"""Every operation of every service, by somebody without rights, and those on several resources with one right too few.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""
import datetime
import itertools
import json
import sys

import boto3
import pytest
from botocore.exceptions import ClientError
from conftest import ROOT, Deployment, package
from test_trust import OTHER, OWN, Account, document, trust

sys.path.insert(0, str(ROOT / "codegen"))
from generate import Listing  # noqa: E402

LISTINGS = [Listing(path) for path in sorted(ROOT.glob("src/service/*/*.list"))]
OPERATIONS = [(listing.model, name) for listing in LISTINGS for name, _, _ in listing.operations]

# AWS asks nobody for these rights: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
EVERYBODYS = {("sts", "GetCallerIdentity"): "no permissions are required, and a deny has no effect"}

NAME = "watched"
REGION = "us-east-1"


def arn(service, resource, region=REGION, account=OWN):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


TABLE, STREAM, QUEUE = arn("dynamodb", f"table/{NAME}"), arn("kinesis", f"stream/{NAME}"), arn("sqs", NAME)
FUNCTION, ROLE = arn("lambda", f"function:{NAME}"), arn("iam", f"role/{NAME}", "")
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


def call(client, operation, arguments):
    method = next(python for python, name in client.meta.method_to_api_mapping.items() if name == operation)
    return getattr(client, method)(**arguments)


@pytest.fixture(scope="module")
def guarded(server):
    """One of everything, named alike."""
    deployment, sqs = Deployment(server), server.client("sqs")
    try:
        deployment.table(NAME, stream="KEYS_ONLY")
        server.client("kinesis").create_stream(StreamName=NAME, ShardCount=1)
        sqs.create_queue(QueueName=NAME)
        deployment.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document(trust({"Service": "lambda.amazonaws.com"})))
        deployment.iam.create_user(UserName=NAME)
        deployment.iam.create_group(GroupName=NAME)
        deployment.functions.create_function(FunctionName=NAME, Runtime="python3.11", Handler="main.handler", Role=ROLE, Code={"ZipFile": package({"main.py": "def handler(event, context): pass"})})
        deployment.functions.publish_layer_version(LayerName=NAME, Content={"ZipFile": package({"python/one.py": "x = 1"})})
        server.client("logs").create_log_group(logGroupName=NAME)
    except ClientError as error:
        raise AssertionError(str(error)) from error
    return sqs.get_queue_url(QueueName=NAME)["QueueUrl"]


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
    try:
        call(client, operation, arguments)
        code = None
    except ClientError as error:
        code = error.response["Error"]["Code"]
    if (service, operation) in EVERYBODYS:
        assert code is None
        return
    assert code in ("AccessDenied", "AccessDeniedException"), (code, arguments)
    assert inventory(server) == before


# --- operations on several resources

NUMBERS = itertools.count()
FILL = [f"dynamodb:{each}" for each in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")]


def table(name):
    return arn("dynamodb", f"table/{name}")


SECOND = arn("kinesis", "stream/second")
SEVERAL = {
    "restore to a point in time": ("dynamodb", "RestoreTableToPointInTime", {"SourceTableName": NAME, "TargetTableName": "copy", "UseLatestRestorableTime": True},
                                   [("dynamodb:RestoreTableToPointInTime", TABLE), ("dynamodb:RestoreTableToPointInTime", table("copy")), *((each, table("copy")) for each in FILL)]),
    "by an ARN beside the name": ("dynamodb", "RestoreTableToPointInTime", {"SourceTableName": NAME, "SourceTableArn": table("secret"), "TargetTableName": "copy", "UseLatestRestorableTime": True},
                                  [("dynamodb:RestoreTableToPointInTime", each) for each in (TABLE, table("secret"), table("copy"))] + [(each, table("copy")) for each in FILL]),
    "restore a backup": ("dynamodb", "RestoreTableFromBackup", {"BackupArn": VALUES["dynamodb", "BackupArn"], "TargetTableName": "copy"},
                         [("dynamodb:RestoreTableFromBackup", VALUES["dynamodb", "BackupArn"]), ("dynamodb:RestoreTableFromBackup", table("copy")), *((each, table("copy")) for each in FILL)]),
    "a streaming destination": ("dynamodb", "EnableKinesisStreamingDestination", {"TableName": NAME, "StreamArn": STREAM},
                                [("dynamodb:EnableKinesisStreamingDestination", TABLE), *((f"kinesis:{each}", STREAM) for each in ("DescribeStream", "PutRecords"))]),
    "a table with tags": ("dynamodb", "CreateTable", {"TableName": "tagged", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                                                      "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "Tags": [{"Key": "a", "Value": "b"}]},
                          [("dynamodb:CreateTable", table("tagged")), ("dynamodb:TagResource", table("tagged"))]),
    "a transaction": ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": NAME, "Item": {"id": {"S": "a"}}}},
                                                                           {"ConditionCheck": {"TableName": "secret", "Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}}]},
                      [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", table("secret"))]),
    "statements": ("dynamodb", "BatchExecuteStatement", {"Statements": [{"Statement": f"SELECT * FROM {NAME} WHERE id = 'a'"}, {"Statement": "SELECT * FROM secret WHERE id = 'a'"}]},
                   [("dynamodb:PartiQLSelect", TABLE), ("dynamodb:PartiQLSelect", table("secret"))]),
    "a consumer of another stream": ("kinesis", "DeregisterStreamConsumer", {"StreamARN": STREAM, "ConsumerARN": f"{SECOND}/consumer/c:1"},
                                     [("kinesis:DeregisterStreamConsumer", STREAM), ("kinesis:DeregisterStreamConsumer", f"{SECOND}/consumer/c:1")]),
    "a consumer described": ("kinesis", "DescribeStreamConsumer", {"StreamARN": STREAM, "ConsumerARN": f"{SECOND}/consumer/c:1"},
                             [("kinesis:DescribeStreamConsumer", STREAM), ("kinesis:DescribeStreamConsumer", f"{SECOND}/consumer/c:1")]),
    "a stream by name and ARN": ("kinesis", "PutRecord", {"StreamName": NAME, "StreamARN": SECOND, "Data": b"x", "PartitionKey": "k"}, [("kinesis:PutRecord", STREAM), ("kinesis:PutRecord", SECOND)]),
    "messages moved": ("sqs", "StartMessageMoveTask", {"SourceArn": QUEUE, "DestinationArn": arn("sqs", "second")},
                       [*((f"sqs:{each}", QUEUE) for each in ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")), ("sqs:SendMessage", arn("sqs", "second"))]),
    "a function with a layer": ("lambda", "CreateFunction", {"FunctionName": "layered", "Runtime": "python3.11", "Handler": "main.handler", "Role": ROLE, "Code": {"ZipFile": b"none"},
                                                             "Layers": [arn("lambda", f"layer:{NAME}:1"), arn("lambda", "layer:secret:1")], "Tags": {"a": "b"}},
                                [("lambda:CreateFunction", arn("lambda", "function:layered")), ("iam:PassRole", ROLE), ("lambda:GetLayerVersion", arn("lambda", f"layer:{NAME}:1")),
                                 ("lambda:GetLayerVersion", arn("lambda", "layer:secret:1")), ("lambda:TagResource", arn("lambda", "function:layered"))]),
    "a layer for a function": ("lambda", "UpdateFunctionConfiguration", {"FunctionName": FUNCTION, "Role": ROLE, "Layers": [arn("lambda", "layer:secret:1")]},
                               [("lambda:UpdateFunctionConfiguration", FUNCTION), ("iam:PassRole", ROLE), ("lambda:GetLayerVersion", arn("lambda", "layer:secret:1"))]),
    "a role with tags": ("iam", "CreateRole", {"RoleName": "pathed", "Path": "/team/", "AssumeRolePolicyDocument": document(trust({"AWS": OWN})), "Tags": [{"Key": "a", "Value": "b"}]},
                         [("iam:CreateRole", arn("iam", "role/team/pathed", "")), ("iam:TagRole", arn("iam", "role/team/pathed", ""))]),
}


def outcome(client, operation, arguments):
    """The code of what it failed with, and what it says; None where it went through."""
    try:
        call(client, operation, arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None, ""


@pytest.mark.parametrize("case", SEVERAL)
def test_each_of_several_rights_is_asked_for(server, guarded, case):
    service, operation, arguments, rights = SEVERAL[case]
    own = Account(server)
    user, client = own.user()

    def grant(some):
        own.iam.put_user_policy(UserName=user.rsplit("/", 1)[1], PolicyName="some", PolicyDocument=document(*({"Effect": "Allow", "Action": action, "Resource": on} for action, on in some)))
    for missing in rights:
        grant([each for each in rights if each != missing])
        code, text = outcome(client(service), operation, arguments)
        action = missing[0].lower() if service == "sqs" else missing[0]
        assert code in ("AccessDenied", "AccessDeniedException") and f"is not authorized to perform: {action} on resource: {missing[1]}" in text, (missing, code, text)
    grant(rights)
    assert outcome(client(service), operation, arguments)[0] not in ("AccessDenied", "AccessDeniedException")


def test_another_accounts_stream_is_no_destination(server, guarded):
    server.client("kinesis", key=OTHER).create_stream(StreamName="theirs", ShardCount=1)
    theirs = arn("kinesis", "stream/theirs", account=OTHER)
    for client in (server.client("dynamodb"), Account(server).user({"Effect": "Allow", "Action": "*", "Resource": "*"})[1]("dynamodb")):
        assert outcome(client, "EnableKinesisStreamingDestination", {"TableName": NAME, "StreamArn": theirs})[0] == "AccessDeniedException"
        assert outcome(client, "DescribeTable", {"TableName": NAME})[0] is None


def test_a_token_is_no_way_to_another_stream(server, guarded):
    """Tokens say which stream they are of, and that is what is asked for."""
    root = server.client("kinesis")
    root.create_stream(StreamName="paged", ShardCount=2)
    token = root.list_shards(StreamName="paged", MaxResults=1)["NextToken"]
    client = Account(server).user({"Effect": "Allow", "Action": "kinesis:*", "Resource": STREAM})[1]("kinesis")
    assert outcome(client, "ListShards", {"StreamName": NAME})[0] is None
    assert outcome(client, "ListShards", {"NextToken": token})[0] == "AccessDeniedException"


def test_who_may_send_for_a_mapping_is_the_role(server, guarded):
    own, deployment = Account(server), Deployment(server)
    stream = server.client("dynamodb").describe_table(TableName=NAME)["Table"]["LatestStreamArn"]
    role = own.role(trust({"Service": "lambda.amazonaws.com"}), policy=[{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}])
    deployment.functions.create_function(FunctionName="failing", Runtime="python3.11", Handler="main.handler", Role=role,
                                         Code={"ZipFile": package({"main.py": "def handler(event, context): raise Exception"})})
    settings = {"FunctionName": "failing", "EventSourceArn": stream, "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    refused = ("InvalidParameterValueException", "The provided execution role does not have permissions to call SendMessage on SQS")
    assert outcome(deployment.functions, "CreateEventSourceMapping", settings) == refused
    theirs = server.client("sqs", key=OTHER).create_queue(QueueName="theirs-of-rights")["QueueUrl"]
    assert theirs
    own.iam.put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="send", PolicyDocument=document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}))
    foreign = {**settings, "DestinationConfig": {"OnFailure": {"Destination": arn("sqs", "theirs-of-rights", account=OTHER)}}}
    assert outcome(deployment.functions, "CreateEventSourceMapping", foreign) == refused
    uuid = deployment.functions.create_event_source_mapping(**settings)["UUID"]
    assert outcome(deployment.functions, "UpdateEventSourceMapping", {"UUID": uuid, "DestinationConfig": foreign["DestinationConfig"]}) == refused
    deployment.functions.delete_event_source_mapping(UUID=uuid)


def test_boundaries_can_be_made_a_condition(server):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: delegating the making of users."""
    own = Account(server)
    limit = own.iam.create_policy(PolicyName=f"delegation-{next(NUMBERS)}", PolicyDocument=POLICY)["Policy"]["Arn"]
    only = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}}}
    iam = own.user({"Effect": "Allow", "Action": ["iam:CreateUser", "iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"], "Resource": "*", **only},
                   {"Effect": "Deny", "Action": "iam:AttachUserPolicy", "Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": MANAGED}}},
                   {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"})[1]("iam")
    name = f"delegate-{next(NUMBERS)}"
    assert outcome(iam, "CreateUser", {"UserName": name})[0] == "AccessDenied"
    assert outcome(iam, "CreateUser", {"UserName": name, "PermissionsBoundary": MANAGED})[0] == "AccessDenied"
    iam.create_user(UserName=name, PermissionsBoundary=limit)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=POLICY)
    free = own.user()[0].rsplit("/", 1)[1]
    assert outcome(iam, "PutUserPolicy", {"UserName": free, "PolicyName": "p", "PolicyDocument": POLICY})[0] == "AccessDenied"
    assert outcome(iam, "AttachUserPolicy", {"UserName": name, "PolicyArn": MANAGED})[0] == "AccessDenied"
    iam.attach_user_policy(UserName=name, PolicyArn=limit)


def test_paths_and_ones_own_keys(server):
    own = Account(server)
    own.role(trust({"AWS": OWN}), Path="/secret/")
    name = own.role(trust({"AWS": OWN}), Path="/secret/").rsplit("/", 1)[1]
    open_name = own.role(trust({"AWS": OWN})).rsplit("/", 1)[1]
    user, client = own.user({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": arn("iam", "role/secret/*", "")})
    assert outcome(client("iam"), "GetRole", {"RoleName": name})[0] == "AccessDenied"
    assert outcome(client("iam"), "GetRole", {"RoleName": open_name})[0] is None
    self_service = own.user({"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": arn("iam", "user/${aws:username}", "")})[1]("iam")
    assert outcome(self_service, "ListAccessKeys", {})[0] is None
    assert outcome(self_service, "ListAccessKeys", {"UserName": user.rsplit("/", 1)[1]})[0] == "AccessDenied"
