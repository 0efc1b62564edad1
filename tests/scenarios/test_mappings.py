"""A table change runs a function."""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, package, wait_until

COPY = """
import boto3, json
table = boto3.resource('dynamodb').Table('%s')
def handler(event, context):
    for record in event['Records']:
        if record['dynamodb']['NewImage'].get('poison') and not table.get_item(Key={'id': 'antidote'}).get('Item'):
            raise RuntimeError('poison')
        table.put_item(Item={'id': record['dynamodb']['Keys']['id']['S'], 'event': json.dumps(record)})
"""


def pipeline(deployment, name, **mapping):
    arn = deployment.table(name + "-in", stream="NEW_AND_OLD_IMAGES", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    deployment.table(name + "-out")
    deployment.function(name, COPY % (name + "-out"), Timeout=20)
    mapping.setdefault("StartingPosition", "TRIM_HORIZON")
    return arn, deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, **mapping)


def put(deployment, table, **item):
    deployment.dynamodb.put_item(TableName=table, Item={key: {"S": value} for key, value in item.items()})


def ids(deployment, table):
    return sorted(item["id"]["S"] for item in deployment.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"])


def test_records_arrive_as_lambda_gives_them(deployment):
    arn, mapping = pipeline(deployment, "arrive")
    assert mapping["State"] == "Creating" and mapping["BatchSize"] == 100
    assert deployment.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled"
    put(deployment, "arrive-in", id="a", v="1")
    wait_until(lambda: ids(deployment, "arrive-out") == ["a"])
    record = json.loads(deployment.dynamodb.get_item(TableName="arrive-out", Key={"id": {"S": "a"}})["Item"]["event"]["S"])
    change = record.pop("dynamodb")
    assert record == {"eventID": record["eventID"], "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1", "eventSourceARN": arn}
    assert isinstance(change.pop("ApproximateCreationDateTime"), int)
    assert change == {"Keys": {"id": {"S": "a"}}, "NewImage": {"id": {"S": "a"}, "v": {"S": "1"}}, "SequenceNumber": change["SequenceNumber"], "SizeBytes": 8, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    wait_until(lambda: deployment.functions.get_event_source_mapping(UUID=mapping["UUID"])["LastProcessingResult"] == "OK")


def test_latest_sees_only_what_follows(deployment):
    arn = deployment.table("latest-in", stream="NEW_IMAGE")
    put(deployment, "latest-in", id="before")
    deployment.table("latest-out")
    deployment.function("latest", COPY % "latest-out")
    deployment.functions.create_event_source_mapping(FunctionName="latest", EventSourceArn=arn, StartingPosition="LATEST")
    put(deployment, "latest-in", id="after")
    wait_until(lambda: ids(deployment, "latest-out"))
    assert ids(deployment, "latest-out") == ["after"]


def test_a_poisoned_batch_blocks_its_shard_until_it_is_cured(deployment):
    _, mapping = pipeline(deployment, "poison", BatchSize=1)
    put(deployment, "poison-in", id="a")
    put(deployment, "poison-in", id="b", poison="yes")
    put(deployment, "poison-in", id="c")
    status = lambda: deployment.functions.get_event_source_mapping(UUID=mapping["UUID"])["LastProcessingResult"]
    wait_until(lambda: status() == "PROBLEM: Function call failed")
    assert ids(deployment, "poison-out") == ["a"]
    put(deployment, "poison-out", id="antidote")
    wait_until(lambda: ids(deployment, "poison-out") == ["a", "antidote", "b", "c"])


def test_disabled_it_rests_and_enabled_it_goes_on(deployment):
    arn, mapping = pipeline(deployment, "rests")
    deployment.table("witness-out")
    deployment.function("witness", COPY % "witness-out", Timeout=20)
    deployment.functions.create_event_source_mapping(FunctionName="witness", EventSourceArn=arn, StartingPosition="TRIM_HORIZON")
    put(deployment, "rests-in", id="a")
    wait_until(lambda: ids(deployment, "rests-out") == ["a"])
    assert deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)["State"] == "Disabling"
    for number in range(10):  # another mapping of the same stream has them all
        put(deployment, "rests-in", id=f"b{number}")
        wait_until(lambda: f"b{number}" in ids(deployment, "witness-out"))
    assert ids(deployment, "rests-out") == ["a"]
    assert deployment.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled"
    deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_until(lambda: ids(deployment, "rests-out") == ["a", *(f"b{number}" for number in range(10))])
    assert deployment.functions.delete_event_source_mapping(UUID=mapping["UUID"])["State"] == "Deleting"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        deployment.functions.get_event_source_mapping(UUID=mapping["UUID"])


def test_it_goes_on_after_a_restart(own_server):
    server = own_server()
    deployment = Deployment(server)
    pipeline(deployment, "resume")
    put(deployment, "resume-in", id="a")
    wait_until(lambda: ids(deployment, "resume-out") == ["a"])
    server.kill()
    server.start()
    deployment = Deployment(server)
    put(deployment, "resume-in", id="b")
    wait_until(lambda: ids(deployment, "resume-out") == ["a", "b"])


def test_what_is_refused(deployment):
    arn, mapping = pipeline(deployment, "refused")
    create = deployment.functions.create_event_source_mapping
    with pytest.raises(ClientError, match="ResourceConflictException.*" + mapping["UUID"]):
        create(FunctionName="refused", EventSourceArn=arn, StartingPosition="LATEST")
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Stream not found: arn"):
        create(FunctionName="refused", EventSourceArn=arn + "9", StartingPosition="LATEST")
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Invalid filter pattern definition"):
        create(FunctionName="refused", EventSourceArn=arn, StartingPosition="LATEST", FilterCriteria={"Filters": [{"Pattern": "{"}]})
