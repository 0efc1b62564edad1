"""Who may do anything but with what is secret, and calls that by another name than policies do.

Each call goes through by its own name, for root; none by another, for them.
"""
import base64

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, package
from guarded import NOTHING, OTHER, OWN, REFUSED, Account, allow, arn, call, deny, document, outcome

REGION = "us-east-1"
KEY = {"id": {"S": "a"}}
TABLE, STREAM, FUNCTION = arn("dynamodb", "table/secret"), arn("kinesis", "stream/secret"), arn("lambda", "function:secret")
LAYER, QUEUE = arn("lambda", "layer:secret:1"), arn("sqs", "secret")
QUEUE_URL = f"http://somewhere.else/{OWN}/secret"


def spelt(resource):
    """ARNs that are nearly that one."""
    return [resource.replace("arn:aws:", "arn:aws-cn:"), resource.replace("arn:aws:", "arn:aws-us-gov:"), resource.replace(OWN, OTHER), resource.replace(REGION, "eu-west-1")]


TABLES = ["secret", *spelt(TABLE), TABLE, TABLE + "/", TABLE + "/index/i", TABLE + "/stream/2026", arn("kinesis", "table/secret"), arn("sqs", "table/secret")]
STREAMS = [STREAM, *spelt(STREAM), STREAM + "/", STREAM + "/x", STREAM + "/consumer/reader:1"]
FUNCTIONS = ["secret", FUNCTION, f"{OWN}:function:secret", f"{OTHER}:function:secret", "function:secret", *spelt(FUNCTION)]
QUEUES = [QUEUE_URL, "secret", f"/{OWN}/secret", f"http://x//{OWN}/secret", f"https://sqs.eu-west-1.amazonaws.com/{OWN}/secret", f"http://x/y/z/{OWN}/secret"]


def each(member, values, **more):
    return [{member: value, **more} for value in values]


CASES = {
    "items": ("dynamodb", "GetItem", each("TableName", TABLES, Key=KEY)),
    "writes": ("dynamodb", "PutItem", each("TableName", TABLES, Item=KEY)),
    "batches": ("dynamodb", "BatchGetItem", [{"RequestItems": {name: {"Keys": [KEY]}}} for name in TABLES]),
    "transactions": ("dynamodb", "TransactGetItems", [{"TransactItems": [{"Get": {"TableName": name, "Key": KEY}}]} for name in TABLES]),
    "statements": ("dynamodb", "ExecuteStatement", [{"Statement": f'SELECT * FROM "{name}"'} for name in TABLES]),
    "tables": ("dynamodb", "DescribeTable", each("TableName", TABLES)),
    "tags of tables": ("dynamodb", "TagResource", each("ResourceArn", [TABLE, *TABLES[1:]], Tags=[{"Key": "a", "Value": "b"}])),
    "restores": ("dynamodb", "RestoreTableToPointInTime", each("SourceTableArn", [TABLE, *TABLES[1:]], TargetTableName="copy-of-secret", UseLatestRestorableTime=True)),
    "streams": ("kinesis", "DescribeStream", each("StreamARN", STREAMS)),
    "records": ("kinesis", "PutRecord", each("StreamARN", STREAMS, Data=b"x", PartitionKey="k")),
    "tags of streams": ("kinesis", "TagResource", each("ResourceARN", STREAMS[:-1], Tags={"a": "b"})),
    "functions": ("lambda", "GetFunction", each("FunctionName", FUNCTIONS)),
    "invocations": ("lambda", "Invoke", each("FunctionName", FUNCTIONS)),
    "of a function": ("lambda", "PutFunctionRecursionConfig", each("FunctionName", [*FUNCTIONS, "secret:1", "secret:live", FUNCTION + ":1", "secret:$LATEST"], RecursiveLoop="Terminate")),
    "versions of a function": ("lambda", "PublishVersion", each("FunctionName", [*FUNCTIONS, "secret:1", "secret:live"])),
    "tags of functions": ("lambda", "TagResource", each("Resource", [FUNCTION, *spelt(FUNCTION), FUNCTION + ":1", FUNCTION + ":live"], Tags={"a": "b"})),
    "a version": ("lambda", "GetFunction", [{"FunctionName": "secret", "Qualifier": "7"}, {"FunctionName": "secret", "Qualifier": "07"}, {"FunctionName": "secret:007"}, {"FunctionName": "secret:1", "Qualifier": "7"}]),
    "an alias": ("lambda", "GetAlias", [{"FunctionName": "secret", "Name": "live"}, {"FunctionName": "secret:1", "Name": "live"}, {"FunctionName": FUNCTION + ":1", "Name": "live"}]),
    "layers": ("lambda", "GetLayerVersionByArn", each("Arn", [LAYER, *spelt(LAYER), LAYER[:-1] + "01"])),
    "layers by name": ("lambda", "GetLayerVersion", each("LayerName", ["secret", LAYER[:-2], *spelt(LAYER[:-2])], VersionNumber=1)),
    "layers' rights": ("lambda", "AddLayerVersionPermission", each("LayerName", ["secret", LAYER[:-2], *spelt(LAYER[:-2])], VersionNumber=1, StatementId="s", Principal=OTHER, Action="lambda:GetLayerVersion")),
    "queues": ("sqs", "SendMessage", each("QueueUrl", QUEUES, MessageBody="x")),
    "moves": ("sqs", "ListMessageMoveTasks", each("SourceArn", [QUEUE, *spelt(QUEUE)])),
}


@pytest.fixture(scope="module")
def secrets(server):
    deployment, kinesis = Deployment(server), server.client("kinesis")
    deployment.table("secret")
    server.client("dynamodb").update_continuous_backups(TableName="secret", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    kinesis.create_stream(StreamName="secret", ShardCount=1)
    consumer = kinesis.register_stream_consumer(StreamARN=STREAM, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    server.client("sqs").create_queue(QueueName="secret")
    functions = deployment.functions
    functions.create_function(FunctionName="secret", Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": NOTHING})
    for n in range(7):
        functions.publish_version(FunctionName="secret")
        functions.update_function_code(FunctionName="secret", ZipFile=package({"main.py": f"def handler(event, context): return {n}"}))
    functions.create_alias(FunctionName="secret", Name="live", FunctionVersion="7")
    functions.publish_layer_version(LayerName="secret", Content={"ZipFile": package({"python/one.py": "x = 1"})})
    secret = [TABLE, STREAM, consumer, QUEUE, FUNCTION, FUNCTION + ":7", FUNCTION + ":live", LAYER, LAYER[:-2]]
    return consumer, Account(server).user(allow("*"), deny("*", secret))[1]


@pytest.mark.parametrize("case", CASES)
def test_another_name_is_no_way_around(server, secrets, case):
    service, operation, asked = CASES[case]
    their = secrets[1](service)
    for arguments in asked:
        code, text = outcome(their, operation, arguments)
        assert code, arguments
        assert code not in ("InternalFailure", "InternalServerError", "ServiceException"), text
    assert outcome(their, operation, asked[0])[0] in REFUSED
    call(server.client(service), operation, asked[0])


def test_consumers_are_judged_by_their_arn_however_they_are_named(server, secrets):
    consumer, client = secrets
    root, open_stream = server.client("kinesis"), arn("kinesis", "stream/open-beside-secret")
    root.create_stream(StreamName="open-beside-secret", ShardCount=1)
    beside = root.register_stream_consumer(StreamARN=open_stream, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    names = [{"StreamARN": STREAM, "ConsumerName": "reader"}, {"ConsumerARN": consumer}, {"ConsumerARN": consumer[:-1] + "0123"}, {"StreamARN": open_stream, "ConsumerARN": consumer}, *({"ConsumerARN": each} for each in spelt(consumer))]
    for operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        for arguments in names:
            assert outcome(client("kinesis"), operation, arguments)[0], arguments
        assert outcome(client("kinesis"), operation, names[0])[0] in REFUSED
        assert outcome(root, operation, names[2])[0] == "ResourceNotFoundException"
        assert outcome(root, operation, names[3])[0] == "InvalidArgumentException"
    assert outcome(client("kinesis"), "DescribeStreamConsumer", {"StreamARN": open_stream, "ConsumerName": "reader", "ConsumerARN": beside})[0] is None


def test_iterators_that_are_made_up(server, secrets):
    root, client = server.client("kinesis"), secrets[1]("kinesis")
    token = root.get_shard_iterator(StreamName="secret", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert outcome(client, "GetRecords", {"ShardIterator": token})[0] in REFUSED
    for spelling in STREAMS[1:]:
        forged = base64.b64encode(base64.b64decode(token).replace(STREAM.encode(), spelling.encode())).decode()
        assert forged != token and outcome(client, "GetRecords", {"ShardIterator": forged})[0], spelling
    assert outcome(root, "GetRecords", {"ShardIterator": token})[0] is None


def test_a_name_may_end_like_a_word(server, secrets):
    """myfunction:live is the alias live of myfunction, not the function live."""
    deployment = Deployment(server)
    functions = deployment.functions
    for name in ("mysecretfunction", "live"):
        functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=deployment.role(), Code={"ZipFile": NOTHING})
    functions.create_alias(FunctionName="mysecretfunction", Name="live", FunctionVersion=functions.publish_version(FunctionName="mysecretfunction")["Version"])
    assert functions.get_function(FunctionName="mysecretfunction:live")["Configuration"]["FunctionName"] == "mysecretfunction"
    only = Account(server).user(allow("*", arn("lambda", "function:live")))[1]("lambda")
    assert outcome(only, "GetFunction", {"FunctionName": "live"})[0] is None
    assert outcome(only, "GetFunction", {"FunctionName": "mysecretfunction:live"})[0] in REFUSED


def test_conditions_on_functions_hold_for_every_name(server, secrets):
    client = Account(server).user(allow("*"), deny("lambda:CreateEventSourceMapping", Condition={"ArnEquals": {"lambda:FunctionArn": FUNCTION}}))[1]("lambda")
    for name in FUNCTIONS:
        assert outcome(client, "CreateEventSourceMapping", {"FunctionName": name, "EventSourceArn": QUEUE})[0], name
    assert outcome(client, "CreateEventSourceMapping", {"FunctionName": "secret", "EventSourceArn": QUEUE})[0] in REFUSED
