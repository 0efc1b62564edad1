"""A server with something of everything, and what it answers when it is asked for all of that.

usage: full_folder.py OUT: the folder of such a server as OUT.tar.xz, without what is a secret or of the machine, and its answers
as OUT.json. Made by the version whose folders are to be opened for ever: tests/crash/test_older_folders.py opens them.
"""
import json
import sys
import tarfile
import time
from pathlib import Path

from conftest import Deployment, Server, package, wait_until

def fill_tables(server):
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


def fill(server):
    deployment = Deployment(server)
    stream = fill_tables(server)
    fill_streams(server)
    fill_queues(server)
    fill_functions(server, deployment, stream)
    fill_the_rest(server)


TABLE, STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/full", "arn:aws:kinesis:us-east-1:000000000000:stream/full"
POLICY = "arn:aws:iam::000000000000:policy/full"
FULL = {"FunctionName": "full"}
READS = [
    *(("dynamodb", f"describe_{what}", {"TableName": "full"}) for what in ("table", "time_to_live", "continuous_backups", "contributor_insights", "kinesis_streaming_destination")),
    ("dynamodb", "scan", {"TableName": "full"}),
    ("dynamodb", "scan", {"TableName": "full", "IndexName": "by-group"}),
    ("dynamodb", "list_backups", {}), ("dynamodb", "get_resource_policy", {"ResourceArn": TABLE}), ("dynamodb", "list_tags_of_resource", {"ResourceArn": TABLE}),
    ("dynamodbstreams", "list_streams", {}),
    ("kinesis", "describe_stream_summary", {"StreamName": "full"}), ("kinesis", "list_shards", {"StreamName": "full"}),
    ("kinesis", "list_stream_consumers", {"StreamARN": STREAM}), ("kinesis", "list_tags_for_stream", {"StreamName": "full"}),
    *(("sqs", "get_queue_attributes", {"QueueUrl": name, "AttributeNames": ["All"]}) for name in ("full", "full.fifo", "dead", "kept")),
    ("sqs", "list_message_move_tasks", {"SourceArn": "arn:aws:sqs:us-east-1:000000000000:dead"}),
    *(("lambda", operation, FULL) for operation in ("get_function", "list_versions_by_function", "list_aliases", "get_function_url_config", "get_policy", "get_function_concurrency",
      "get_function_event_invoke_config", "get_function_recursion_config", "get_runtime_management_config", "list_provisioned_concurrency_configs", "list_event_source_mappings")),
    ("lambda", "list_layers", {}), ("lambda", "get_layer_version", {"LayerName": "full", "VersionNumber": 1}),
    *(("iam", operation, {"UserName": "full"}) for operation in ("get_user", "list_groups_for_user", "list_attached_user_policies", "list_user_policies")),
    ("iam", "get_user_policy", {"UserName": "full", "PolicyName": "own"}), ("iam", "get_policy", {"PolicyArn": POLICY}), ("iam", "get_policy_version", {"PolicyArn": POLICY, "VersionId": "v1"}),
    ("iam", "list_attached_group_policies", {"GroupName": "full"}), ("iam", "list_roles", {}),
    ("logs", "describe_log_groups", {"logGroupNamePrefix": "full"}), ("logs", "describe_log_streams", {"logGroupName": "full"}), ("logs", "filter_log_events", {"logGroupName": "full"}),
    ("cloudwatch", "list_metrics", {"Namespace": "full"}),
]
# These move with the time, the port or the reading itself.
MOVES = {"ResponseMetadata", "Location", "EarliestRestorableDateTime", "LatestRestorableDateTime", "FunctionUrl", "LastUpdateDateTime", "ContributorInsightsRuleList", "LastProcessingResult", "Environment"}


def still(value):
    if isinstance(value, dict):
        return {key: still(each) for key, each in value.items() if key not in MOVES}
    return [still(each) for each in value] if isinstance(value, list) else value


def records(server):
    """Of both kinds of streams, from their beginning."""
    out = []
    for service, named, shards in (("dynamodbstreams", {"StreamArn": server.client("dynamodb").describe_table(TableName="full")["Table"]["LatestStreamArn"]}, "describe_stream"),
                                   ("kinesis", {"StreamName": "full"}, "list_shards")):
        client = server.client(service)
        answer = getattr(client, shards)(**named)
        for shard in (answer.get("StreamDescription") or answer)["Shards"]:
            iterator = client.get_shard_iterator(**named, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            out.append(client.get_records(ShardIterator=iterator)["Records"])
    return out


def answers(server):
    out = {f"{service} {operation} {json.dumps(arguments)}": still(getattr(server.client(service), operation)(**arguments)) for service, operation, arguments in READS}
    out["records"] = records(server)
    out["received"] = sorted(each["Body"] for each in server.client("sqs").receive_message(QueueUrl="kept", MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []))
    out["invoked"] = json.loads(server.client("lambda").invoke(FunctionName="full:live", Payload=b"{}")["Payload"].read())
    out = json.loads(json.dumps(out, default=lambda value: value.decode("latin-1") if isinstance(value, bytes) else str(value)))
    out["records"].sort(key=lambda each: json.dumps(each, sort_keys=True))  # in whichever order the shards are listed
    return out


def main(out):
    server = Server()
    fill(server)
    kept = server.client("sqs").create_queue(QueueName="kept", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=kept, MessageBody="kept")
    wait_until(lambda: server.client("dynamodb").scan(TableName="full")["Count"] == 3)  # the first to expire has
    wait_until(lambda: server.client("sqs").get_queue_attributes(QueueUrl="full", AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0", seconds=60)
    said = {"time": time.time(), "answers": answers(server)}
    assert server.stop() == 0
    Path(f"{out}.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    with tarfile.open(f"{out}.tar.xz", "w:xz") as archive:
        for part in ("db", "blobs"):
            archive.add(Path(server.folder) / part, part, filter=lambda entry: None if Path(entry.name).name.startswith(("LOG", "LOCK")) else entry)


if __name__ == "__main__":
    main(*sys.argv[1:])
