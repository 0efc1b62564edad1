"""What is judged is what is acted on, however it is named.

Each name below once led to one thing and was judged as another: by a qualifier or a tail that the service passed over, by
a word that two parsers looked for from two ends, by a token beside an ARN. Some are refused by a policy, the others lead
to nothing; neither tells anybody whether what they mean is there.
"""
import json

import pytest
from conftest import Deployment, package
from guarded import NOTHING, OTHER, OWN, REFUSED, Account, allow, arn, call, deny, document, outcome
from test_trust import NAMES

TABLE, STREAM, QUEUE, LAYER = arn("dynamodb", "table/hidden"), arn("kinesis", "stream/hidden"), arn("sqs", "hidden"), arn("lambda", "layer:hidden:1")
KEYS = [{"AttributeName": "id", "KeyType": "HASH"}]
TABLE_SETTINGS = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": KEYS, "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
UNKNOWN = ("ResourceNotFoundException", "ValidationException", "InvalidParameterValueException")


@pytest.fixture(scope="module")
def hidden(server):
    """One of each, all called hidden; the ARN of the table's stream."""
    dynamodb, sqs = server.client("dynamodb"), server.client("sqs")
    dynamodb.create_table(TableName="hidden", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, **TABLE_SETTINGS)
    server.client("kinesis").create_stream(StreamName="hidden", ShardCount=2)
    sqs.create_queue(QueueName="hidden")
    sqs.create_queue(QueueName="hidden-source", Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE, "maxReceiveCount": 1})})
    server.client("lambda").publish_layer_version(LayerName="hidden", Content={"ZipFile": package({"python/one.py": "x = 1"})})
    return dynamodb.describe_table(TableName="hidden")["Table"]["LatestStreamArn"]


@pytest.fixture
def own(server):
    return Account(server)


# --- tails, partitions, services, other spellings of numbers

def odd(resource, *more):
    service, rest = resource.split(":", 3)[2], resource.split(":", 3)[3]
    return [resource + "/x-public", resource + ":x-public", resource + "/", f"arn:x:{service}:{rest}", f"arn:aws-x:{service}:{rest}", f"arn:aws:sts:{rest}", f"arn:x:y:{rest}", *more]


NAMED_OTHERWISE = {
    "items of a table": ("dynamodb", "Scan", "TableName", TABLE, odd(TABLE, TABLE + "/index/x-public", TABLE + "/stream/x-public"), {}),
    "a table that is deleted": ("dynamodb", "DeleteTable", "TableName", TABLE, odd(TABLE), {}),
    "tags of a table": ("dynamodb", "TagResource", "ResourceArn", TABLE, odd(TABLE), {"Tags": [{"Key": "a", "Value": "b"}]}),
    "the policy of a table": ("dynamodb", "GetResourcePolicy", "ResourceArn", TABLE, odd(TABLE, TABLE + "/stream/x-public"), {}),
    "a data stream": ("kinesis", "DescribeStreamSummary", "StreamARN", STREAM, odd(STREAM), {}),
    "shards of a data stream": ("kinesis", "ListShards", "StreamARN", STREAM, odd(STREAM), {}),
    "a move from a queue": ("sqs", "StartMessageMoveTask", "SourceArn", QUEUE, odd(QUEUE), {}),
    "a layer": ("lambda", "GetLayerVersionByArn", "Arn", LAYER, odd(LAYER, arn("lambda", "layer:hidden:01"), arn("lambda", "layer:hidden:1:x-public")), {}),
}


@pytest.mark.parametrize("case", NAMED_OTHERWISE)
def test_an_arn_has_one_spelling(own, hidden, case):
    service, operation, member, right, wrong, more = NAMED_OTHERWISE[case]
    denied = own.user(allow("*"), deny("*", [TABLE, STREAM, QUEUE, LAYER]))[1](service)
    public = own.user(allow("*", ["arn:aws:*public", "arn:aws:*/"]))[1](service)
    assert outcome(denied, operation, {member: right, **more})[0] in REFUSED
    assert outcome(public, operation, {member: right, **more})[0] in REFUSED
    for spelling in wrong:
        for client in (denied, public):
            assert outcome(client, operation, {member: spelling, **more})[0] in (*REFUSED, *UNKNOWN), spelling


def test_a_tables_stream_has_one_spelling(own, hidden):
    denied = own.user(allow("*"), deny("*", TABLE + "*"))[1]("dynamodbstreams")
    assert outcome(denied, "DescribeStream", {"StreamArn": hidden})[0] in REFUSED
    for spelling in odd(hidden, hidden.replace("/stream/", "/x/stream/")):
        assert outcome(denied, "DescribeStream", {"StreamArn": spelling})[0] in (*REFUSED, *UNKNOWN), spelling


def test_no_table_is_made_or_given_a_policy_by_an_arn_of_elsewhere(server, hidden):
    root = server.client("dynamodb")
    for name in (arn("dynamodb", "table/made-elsewhere", region="eu-west-1"), arn("dynamodb", "table/made-elsewhere", account=OTHER), arn("kinesis", "table/made-elsewhere"), "made elsewhere"):
        assert outcome(root, "CreateTable", {"TableName": name, **TABLE_SETTINGS})[0] in (*REFUSED, "ValidationException"), name
    root.create_table(TableName=arn("dynamodb", "table/made-here"), **TABLE_SETTINGS)
    assert [each for each in root.list_tables()["TableNames"] if "made" in each] == ["made-here"]
    policy = document({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "dynamodb:*", "Resource": "*"})
    for resource in (arn("dynamodb", "table/hidden", account=OTHER), arn("dynamodb", "table/hidden", region="eu-west-1"), TABLE + "/x", hidden + "x"):
        assert outcome(root, "PutResourcePolicy", {"ResourceArn": resource, "Policy": policy})[0] in UNKNOWN, resource
    root.put_resource_policy(ResourceArn=hidden, Policy=policy)
    root.delete_resource_policy(ResourceArn=hidden)


@pytest.mark.parametrize("service, put, drop, member, resource, operation, name", [
    ("dynamodb", "PutResourcePolicy", "DeleteResourcePolicy", "ResourceArn", TABLE, "Scan", "TableName"),
    ("kinesis", "PutResourcePolicy", "DeleteResourcePolicy", "ResourceARN", STREAM, "DescribeStreamSummary", "StreamARN")])
def test_a_resources_own_deny_holds_for_every_spelling(server, own, hidden, service, put, drop, member, resource, operation, name):
    user, client = own.user(allow("*"))
    root = server.client(service)
    assert outcome(client(service), operation, {name: resource})[0] is None
    call(root, put, {member: resource, "Policy": document({"Effect": "Deny", "Principal": {"AWS": user}, "Action": f"{service}:*", "Resource": resource})})
    try:
        for spelling in (resource, *odd(resource)):
            assert outcome(client(service), operation, {name: spelling})[0] in (*REFUSED, *UNKNOWN), spelling
    finally:
        call(root, drop, {member: resource})


# --- functions

@pytest.fixture
def function(server):
    """Makes a function of that name; gives what it answers."""
    deployment = Deployment(server)

    def make(name):
        deployment.functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": package({"main.py": "def handler(event, context): return 'right'"})})
        return lambda: json.loads(deployment.functions.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())
    return make


OWNED = {"ZipFile": package({"main.py": "def handler(event, context): return 'owned'"})}
ON_THE_WHOLE = {
    "UpdateFunctionCode": OWNED, "UpdateFunctionConfiguration": {"Timeout": 9}, "PublishVersion": {}, "PutFunctionConcurrency": {"ReservedConcurrentExecutions": 1},
    "GetFunctionConcurrency": {}, "DeleteFunctionConcurrency": {}, "PutFunctionRecursionConfig": {"RecursiveLoop": "Allow"}, "GetFunctionRecursionConfig": {},
    "GetFunctionCodeSigningConfig": {}, "ListVersionsByFunction": {}, "ListAliases": {}, "ListFunctionUrlConfigs": {}, "ListFunctionEventInvokeConfigs": {},
    "ListProvisionedConcurrencyConfigs": {}, "CreateAlias": {"Name": "new", "FunctionVersion": "$LATEST"}, "GetAlias": {"Name": "none"}, "DeleteAlias": {"Name": "none"},
}
FORMS = ["{}", "function:{}", OWN + ":function:{}", "us-east-1:" + OWN + ":function:{}", arn("lambda", "function:{}")]


def test_a_qualifier_behind_a_name_is_no_way_in(server, own, function):
    answer = function("hidden-whole")
    root, whole = server.client("lambda"), arn("lambda", "function:hidden-whole")
    public = own.user(allow("lambda:*", arn("lambda", "function:*-public")))[1]("lambda")
    denied = own.user(allow("*"), deny("lambda:*", [whole, whole + ":new", whole + ":none"]))[1]("lambda")
    for operation, settings in ON_THE_WHOLE.items():
        for form in FORMS:
            named = {"FunctionName": form.format("hidden-whole"), **settings}
            qualified = {**named, "FunctionName": named["FunctionName"] + ":x-public"}
            for client in (public, denied):
                assert outcome(client, operation, named)[0] in REFUSED, named
                assert outcome(client, operation, qualified)[0] in (*REFUSED, "ValidationException"), qualified
            assert outcome(root, operation, qualified)[0] in ("InvalidParameterValueException", "ValidationException"), qualified
    assert outcome(root, "PutFunctionConcurrency", {"FunctionName": whole + ":$LATEST", "ReservedConcurrentExecutions": 1}) == ("InvalidParameterValueException", (
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN."))
    assert outcome(root, "UpdateFunctionCode", {"FunctionName": "hidden-whole:1", **OWNED}) == ("InvalidParameterValueException", "Current operation does not support versions other than $LATEST")
    assert answer() == "right"
    assert outcome(root, "UpdateFunctionCode", {"FunctionName": "hidden-whole:$LATEST", **OWNED})[0] is None
    assert answer() == "owned"


def test_two_qualifiers_must_be_one(server, function):
    function("hidden-twice")
    root = server.client("lambda")
    root.publish_version(FunctionName="hidden-twice")
    for operation, more in (("GetFunction", {}), ("GetFunctionConfiguration", {}), ("Invoke", {}), ("DeleteFunction", {}), ("GetPolicy", {}), ("GetFunctionUrlConfig", {}), ("PutFunctionEventInvokeConfig", {"MaximumRetryAttempts": 1})):
        for form in FORMS:
            assert outcome(root, operation, {"FunctionName": form.format("hidden-twice") + ":$LATEST", "Qualifier": "live" if operation == "GetFunctionUrlConfig" else "1", **more}) == (
                "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier."), operation
    assert outcome(root, "GetFunction", {"FunctionName": "hidden-twice:1", "Qualifier": "1"})[0] is None


@pytest.mark.parametrize("name", ["pay-function", "function", "function-function"])
def test_a_name_may_hold_the_word_that_stands_before_names(server, own, function, name):
    answer = function(name)
    whole = arn("lambda", f"function:{name}")
    mine = own.user(allow("lambda:*", arn("lambda", "function:mine*")))[1]("lambda")
    denied = own.user(allow("*"), deny("lambda:*", whole + "*"))[1]("lambda")
    for client in (mine, denied):
        for operation, arguments in (("Invoke", {"FunctionName": name}), ("Invoke", {"FunctionName": whole + ":$LATEST"}), ("GetFunction", {"FunctionName": whole + ":mine"}),
                                     ("CreateAlias", {"FunctionName": whole, "Name": "mine", "FunctionVersion": "$LATEST"}), ("UpdateFunctionCode", {"FunctionName": whole + ":mine", **OWNED})):
            assert outcome(client, operation, arguments)[0] in REFUSED, arguments
    assert answer() == "right"


def test_a_function_whose_name_ends_so_has_its_own_session(server):
    """Of a version too: the session's name is the function's."""
    deployment = Deployment(server)
    functions, name = deployment.functions, f"session-{next(NAMES)}-function"
    code = "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()['Arn']"
    functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Timeout=60, Code={"ZipFile": package({"main.py": code})})
    version = functions.publish_version(FunctionName=name)["Version"]
    assert json.loads(functions.invoke(FunctionName=name, Qualifier=version)["Payload"].read()).endswith("/" + name)


def test_functions_of_elsewhere_are_not_reached(server, function):
    function("hidden-here")
    root = server.client("lambda")
    for operation in ("GetFunction", "Invoke", "DeleteFunction", "GetPolicy", "GetFunctionConcurrency"):
        assert outcome(root, operation, {"FunctionName": arn("lambda", "function:hidden-here", region="eu-west-1")}) == (
            "ResourceNotFoundException", "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
        for name in (arn("lambda", "function:hidden-here", account=OTHER), f"{OTHER}:function:hidden-here", arn("lambda", "function:hidden-here").replace("arn:aws:", "arn:aws-cn:")):
            assert outcome(root, operation, {"FunctionName": name})[0] == "ResourceNotFoundException", name
    assert outcome(root, "CreateFunction", {"FunctionName": f"{OTHER}:function:hidden-new", "Runtime": "python3.11", "Handler": "a.b", "Role": Deployment(server).role(), "Code": {"ZipFile": NOTHING}})[0] in REFUSED


# --- tokens, and whether something is there

def test_a_forged_page_shows_no_shards_of_another_account(server, hidden):
    stranger, root = server.client("kinesis", key=OTHER), server.client("kinesis")
    token = root.list_shards(StreamName="hidden", MaxResults=1)["NextToken"]
    assert len(root.list_shards(NextToken=token)["Shards"]) == 1
    assert outcome(stranger, "ListShards", {"StreamARN": STREAM})[0] in REFUSED
    assert outcome(stranger, "ListShards", {"StreamARN": STREAM, "NextToken": token})[0] in REFUSED
    assert outcome(stranger, "ListShards", {"NextToken": token})[0] == "ResourceNotFoundException"
    stranger.create_stream(StreamName="hidden", ShardCount=1)
    try:
        assert outcome(stranger, "ListShards", {"StreamARN": STREAM, "NextToken": token})[0] in REFUSED
    finally:
        stranger.delete_stream(StreamName="hidden")


def test_nobody_learns_what_another_account_has(server, hidden):
    sqs, streams = server.client("sqs", key=OTHER), server.client("dynamodbstreams", key=OTHER)
    there, gone = ((outcome(sqs, "GetQueueUrl", {"QueueName": name, "QueueOwnerAWSAccountId": OWN})) for name in ("hidden", "hidden-not"))
    assert there[0] == gone[0] and there[0] in REFUSED
    there, gone = ((outcome(streams, "ListStreams", {"ExclusiveStartStreamArn": each})) for each in (hidden, hidden[:-1] + "x"))
    assert there[0] == gone[0] == "ValidationException"


def test_a_page_goes_on_where_it_was_when_its_stream_is_gone(server, hidden):
    streams = server.client("dynamodbstreams")
    first = streams.list_streams(TableName="hidden")["Streams"][0]["StreamArn"]
    assert streams.list_streams(TableName="hidden", ExclusiveStartStreamArn=first)["Streams"] == []
    before = first.rsplit("/", 1)[0] + "/2000-01-01T00:00:00.000"
    assert streams.list_streams(TableName="hidden", ExclusiveStartStreamArn=before)["Streams"][0]["StreamArn"] == first


# --- conditions that say nothing

@pytest.mark.parametrize("condition", [
    *({"IpAddress": {"aws:SourceIp": each}} for each in ("10.0.0.0/nan", "10.0.0.0/0.5", "10.0.0.0/-0", "10.0.0.0/33", "::/129", "10.0.0.0/")),
    *({"NumericNotEquals": {"aws:EpochTime": each}} for each in ("nan", "inf", "-infinity"))])
def test_numbers_of_no_known_form_are_refused(own, condition):
    name = own.user()[0].rsplit("/", 1)[1]
    assert outcome(own.iam, "PutUserPolicy", {"UserName": name, "PolicyName": "p", "PolicyDocument": document(allow("dynamodb:*", Condition=condition))})[0] == "MalformedPolicyDocument"


@pytest.mark.parametrize("statement", [
    {"NotResource": "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/none}*"},
    {"Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/none}"}}},
    {"Resource": "*", "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/none}"}}}])
def test_a_variable_that_has_no_value_opens_nothing(own, hidden, statement):
    client = own.user({"Effect": "Allow", "Action": "dynamodb:*", **statement})[1]("dynamodb")
    for key in ("k", "\0"):
        assert outcome(client, "GetItem", {"TableName": "hidden", "Key": {"id": {"S": key}}})[0] in REFUSED
