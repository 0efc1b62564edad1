"""Rows that are damaged: the server starts, names them, and serves everything else."""
import json
import shutil
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from conftest import BUILD, Deployment, Server, package, wait_until

LISTS = [("dynamodb", "list_tables"), ("dynamodb", "list_backups"), ("dynamodb", "list_contributor_insights"), ("dynamodbstreams", "list_streams"),
         ("lambda", "list_functions"), ("lambda", "list_event_source_mappings"), ("lambda", "list_layers"), ("lambda", "get_account_settings"),
         ("sqs", "list_queues"), ("kinesis", "list_streams"), ("kinesis", "describe_limits"), ("iam", "list_roles"), ("iam", "list_users"),
         ("iam", "list_policies"), ("iam", "list_groups"), ("logs", "describe_log_groups"), ("cloudwatch", "list_metrics"), ("sts", "get_caller_identity")]
# Those that are JSON and are read here. The others are sums, marks, tokens, or are read by what is not asked for.
NAMED = {"all/y", "db", "ds", "dt", "de", "dk", "mg", "mp", "mr", "mu", "nr", "ns", "qq", "qt", "wg", "ws", "xi", "ya", "yf", "yh", "ym", "yv"}


def damage(*arguments):
    return subprocess.run([BUILD / "damage", *map(str, arguments)], check=True, capture_output=True, text=True).stdout.split()


def fill_tables(server, deployment):
    dynamodb = server.client("dynamodb")
    index = {"IndexName": "by-group", "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
    arn = dynamodb.create_table(TableName="full", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "group")], GlobalSecondaryIndexes=[index],
                                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, Tags=[{"Key": "a", "Value": "b"}])["TableDescription"]["TableArn"]
    dynamodb.update_time_to_live(TableName="full", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    dynamodb.update_continuous_backups(TableName="full", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    dynamodb.update_contributor_insights(TableName="full", ContributorInsightsAction="ENABLE")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn}]}
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy))
    for i in range(3):
        dynamodb.put_item(TableName="full", Item={"id": {"S": str(i)}, "group": {"S": "g"}, "ends": {"N": str(int(time.time()) + 5 + 1000 * i)}})
    dynamodb.transact_write_items(ClientRequestToken="once", TransactItems=[{"Put": {"TableName": "full", "Item": {"id": {"S": "t"}}}}])
    dynamodb.create_backup(TableName="full", BackupName="kept")
    return dynamodb.describe_table(TableName="full")["Table"]["LatestStreamArn"]


def fill_streams(server):
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="full", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="full")["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")
    kinesis.add_tags_to_stream(StreamName="full", Tags={"a": "b"})
    kinesis.put_record(StreamName="full", PartitionKey="k", Data=b"data")
    server.client("dynamodb").enable_kinesis_streaming_destination(TableName="full", StreamArn=arn)


def fill_queues(server):
    sqs = server.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1})
    for name, more in (("full", {"RedrivePolicy": redrive}), ("full.fifo", {"FifoQueue": "true"})):
        url = sqs.create_queue(QueueName=name, Attributes=more)["QueueUrl"]
        for i in range(3):
            sqs.send_message(QueueUrl=url, MessageBody=str(i), **({"MessageGroupId": "g", "MessageDeduplicationId": str(i)} if "fifo" in name else {}))
        sqs.receive_message(QueueUrl=url, **({"ReceiveRequestAttemptId": "attempt"} if "fifo" in name else {}))
    sqs.send_message(QueueUrl=dead, MessageBody="x")
    sqs.start_message_move_task(SourceArn="arn:aws:sqs:us-east-1:000000000000:dead")


def fill_functions(server, deployment, stream):
    functions = server.client("lambda")
    layer = functions.publish_layer_version(LayerName="full", Content={"ZipFile": package({"python/extra.py": "x = 1"})})["LayerVersionArn"]
    deployment.function("full", "import time\ndef handler(event, context):\n    time.sleep(event.get('seconds', 0)) if 'Records' not in event else None\n    return 1", Layers=[layer], Timeout=30, Tags={"a": "b"})
    functions.publish_version(FunctionName="full")
    functions.create_alias(FunctionName="full", Name="live", FunctionVersion="1")
    functions.put_provisioned_concurrency_config(FunctionName="full", Qualifier="live", ProvisionedConcurrentExecutions=1)
    functions.create_function_url_config(FunctionName="full", AuthType="NONE")
    functions.put_function_event_invoke_config(FunctionName="full", MaximumRetryAttempts=1)
    functions.put_function_concurrency(FunctionName="full", ReservedConcurrentExecutions=5)
    functions.put_runtime_management_config(FunctionName="full", UpdateRuntimeOn="FunctionUpdate")
    functions.put_function_recursion_config(FunctionName="full", RecursiveLoop="Allow")
    functions.add_permission(FunctionName="full", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    mapping = functions.create_event_source_mapping(FunctionName="full", EventSourceArn=stream, StartingPosition="TRIM_HORIZON")["UUID"]
    functions.create_event_source_mapping(FunctionName="full", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:full")
    wait_until(lambda: "OK" in functions.get_event_source_mapping(UUID=mapping)["LastProcessingResult"])
    functions.invoke(FunctionName="full", InvocationType="Event", Payload=b'{"seconds": 20}')


def fill_the_rest(server):
    iam, logs = server.client("iam"), server.client("logs")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    arn = iam.create_policy(PolicyName="full", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_user(UserName="full")
    iam.create_group(GroupName="full")
    iam.add_user_to_group(UserName="full", GroupName="full")
    iam.create_access_key(UserName="full")
    for kind in ("user", "group"):
        getattr(iam, f"attach_{kind}_policy")(**{f"{kind.title()}Name": "full", "PolicyArn": arn})
        getattr(iam, f"put_{kind}_policy")(**{f"{kind.title()}Name": "full", "PolicyName": "own", "PolicyDocument": document})
    logs.create_log_group(logGroupName="full")
    logs.create_log_stream(logGroupName="full", logStreamName="s")
    logs.put_retention_policy(logGroupName="full", retentionInDays=1)
    logs.put_log_events(logGroupName="full", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}])
    server.client("cloudwatch").put_metric_data(Namespace="full", MetricData=[{"MetricName": "m", "Value": 1}])
    wait_until(lambda: server.client("cloudwatch").list_metrics(Namespace="full")["Metrics"])


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The folder of a server that has something of everything, and the kinds of rows in it."""
    folder = tmp_path_factory.mktemp("full") / "data"
    server = Server(folder=str(folder))
    deployment = Deployment(server)
    stream = fill_tables(server, deployment)
    fill_streams(server)
    fill_queues(server)
    fill_functions(server, deployment, stream)
    fill_the_rest(server)
    server.kill()
    return folder, damage(folder / "db")


def statuses(server):
    """What the lists answer, whatever is in them."""
    out = {}
    for service, operation in LISTS:
        try:
            out[operation] = getattr(server.client(service), operation)()["ResponseMetadata"]["HTTPStatusCode"]
        except ClientError as refusal:
            out[operation] = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
    return out


def read_what_is_damaged(server):
    """Each may fail, and nothing else may."""
    for service, operation, arguments in (
            ("dynamodb", "scan", {"TableName": "full"}), ("dynamodb", "query", {"TableName": "full", "IndexName": "by-group", "KeyConditionExpression": "#g = :g",
             "ExpressionAttributeNames": {"#g": "group"}, "ExpressionAttributeValues": {":g": {"S": "g"}}}),
            ("dynamodb", "put_item", {"TableName": "full", "Item": {"id": {"S": "new"}}}), ("sqs", "receive_message", {"QueueUrl": "full.fifo"}), ("sqs", "receive_message", {"QueueUrl": "dead"}),
            ("sqs", "list_message_move_tasks", {"SourceArn": "arn:aws:sqs:us-east-1:000000000000:dead"}), ("lambda", "get_function", {"FunctionName": "full"}),
            ("lambda", "list_aliases", {"FunctionName": "full"}), ("lambda", "list_versions_by_function", {"FunctionName": "full"}), ("kinesis", "list_shards", {"StreamName": "full"}),
            ("kinesis", "put_record", {"StreamName": "full", "PartitionKey": "k", "Data": b"d"}), ("logs", "filter_log_events", {"logGroupName": "full"}),
            ("logs", "get_log_events", {"logGroupName": "full", "logStreamName": "s"}), ("logs", "describe_log_streams", {"logGroupName": "full"}), ("iam", "get_user", {"UserName": "full"})):
        try:
            getattr(server.client(service), operation)(**arguments)
        except (ClientError, ResponseParserError, UnicodeDecodeError):  # a text that is damaged is no UTF-8
            pass


def check_others(server, deployment):
    """A table, a queue and a function that are made now work."""
    deployment.table("fresh")
    server.client("dynamodb").put_item(TableName="fresh", Item={"id": {"S": "x"}})
    assert server.client("dynamodb").scan(TableName="fresh")["Count"] == 1
    url = server.client("sqs").create_queue(QueueName="fresh")["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert server.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"
    logs = server.client("logs")
    logs.create_log_group(logGroupName="fresh")
    logs.create_log_stream(logGroupName="fresh", logStreamName="s")
    logs.put_log_events(logGroupName="fresh", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}])
    assert len(logs.filter_log_events(logGroupName="fresh")["events"]) == 1


@pytest.mark.parametrize("way", ["halved", "garbage", "empty"])
def test_rows_of_every_kind(full, tmp_path, way):
    folder, kinds = full
    assert {kind[0] for kind in kinds if len(kind) < 4} == set("dmnqwxy") and len(kinds) > 75, kinds
    named = set()
    for kind in kinds:
        copy = tmp_path / kind.replace("/", "-")
        shutil.copytree(folder, copy)
        damage(copy / "db", kind, way)
        server = Server(folder=str(copy))
        assert set(statuses(server).values()) == {200}, (kind, statuses(server), server.log.read_text(errors="replace"))
        read_what_is_damaged(server)
        check_others(server, Deployment(server))
        assert server.stop() == 0, (kind, server.log.read_text(errors="replace"))
        if " row " in server.log.read_text(errors="replace"):
            named.add(kind)
        shutil.rmtree(copy)
    assert NAMED <= named, NAMED - named
