"""Rows that are damaged: the server starts, names them, and serves everything else."""
import shutil
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from conftest import BUILD, ROOT, Deployment, Server
from full_folder import fill

LISTS = [("dynamodb", "list_tables"), ("dynamodb", "list_backups"), ("dynamodb", "list_contributor_insights"), ("dynamodbstreams", "list_streams"),
         ("lambda", "list_functions"), ("lambda", "list_event_source_mappings"), ("lambda", "list_layers"), ("lambda", "get_account_settings"),
         ("sqs", "list_queues"), ("kinesis", "list_streams"), ("kinesis", "describe_limits"), ("iam", "list_roles"), ("iam", "list_users"),
         ("iam", "list_policies"), ("iam", "list_groups"), ("logs", "describe_log_groups"), ("cloudwatch", "list_metrics"), ("sts", "get_caller_identity")]
# Those that are JSON and are read here. The others are sums, marks, tokens, or are read by what is not asked for.
NAMED = {"all/y", "db", "ds", "dt", "de", "dk", "mg", "mp", "mr", "mu", "nr", "ns", "qq", "qt", "wg", "ws", "xi", "ya", "yf", "yh", "ym", "yv"}


def damage(*arguments):
    return subprocess.run([BUILD / "damage", *map(str, arguments)], check=True, capture_output=True, text=True).stdout.split()


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The folder of a server that has something of everything, and the kinds of rows in it."""
    folder = tmp_path_factory.mktemp("full") / "data"
    server = Server(folder=str(folder))
    fill(server)
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


def test_the_lists_name_every_kind(full):
    named = set()
    for lines in (path.read_text().splitlines() for path in ROOT.glob("src/service/*/*.list")):
        for line in lines:
            if line.startswith("keys "):
                letter, rooms = line.split()[1:]
                named |= {f"{letter}/{room}" if letter == "all" else letter + room for room in rooms}
    kinds = {kind[:2] if len(kind) == 3 else kind for kind in full[1] if len(kind) < 4 or kind.startswith("all/")}
    assert kinds <= named, kinds - named


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
