"""DynamoDB's Kinesis streaming destination. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html"""
import json

import pytest
from botocore.exceptions import ClientError
from test_kinesis import Streams
from test_policies import acting, document, role  # noqa: F401 (fixtures)


@pytest.fixture
def streams(server):
    return Streams(server)


def changes(streams, name):
    out = []
    for shard in streams.shards(name):
        out += [json.loads(each) for each in streams.data(name, shard["ShardId"])]
    return out


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_changes_are_records_of_the_stream(server, deployment, streams):
    dynamodb, name = server.client("dynamodb"), streams.create(2)
    deployment.table("copied", sort=("n", "N"))
    where = {"TableName": "copied", "StreamArn": streams.arn(name)}
    assert dynamodb.enable_kinesis_streaming_destination(**where)["DestinationStatus"] == "ENABLING"
    described = dynamodb.describe_kinesis_streaming_destination(TableName="copied")
    assert described["KinesisDataStreamDestinations"] == [{"StreamArn": where["StreamArn"], "DestinationStatus": "ACTIVE"}]
    key, item = {"id": {"S": "a"}, "n": {"N": "1"}}, {"id": {"S": "a"}, "n": {"N": "1"}, "v": {"B": b"\x01"}}
    dynamodb.put_item(TableName="copied", Item=item)
    dynamodb.put_item(TableName="copied", Item=item)  # no change, no record
    dynamodb.update_item(TableName="copied", Key=key, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": "two"}})
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": "copied", "Key": key}}])
    inserted, modified, removed = changes(streams, name)
    assert inserted.keys() == {"awsRegion", "eventID", "eventName", "userIdentity", "recordFormat", "tableName", "dynamodb", "eventSource"}
    assert (inserted["eventName"], inserted["tableName"], inserted["recordFormat"], inserted["userIdentity"]) == ("INSERT", "copied", "application/json", None)
    assert inserted["dynamodb"]["Keys"] == key and inserted["dynamodb"]["NewImage"] == {**key, "v": {"B": "AQ=="}} and "OldImage" not in inserted["dynamodb"]
    assert abs(inserted["dynamodb"]["ApproximateCreationDateTime"] / 1000 - streams.now()) < 60 and inserted["dynamodb"]["SizeBytes"] > 0
    assert modified["eventName"] == "MODIFY" and modified["dynamodb"]["OldImage"]["v"] == {"B": "AQ=="} and modified["dynamodb"]["NewImage"]["v"] == {"S": "two"}
    assert removed["eventName"] == "REMOVE" and "NewImage" not in removed["dynamodb"]
    assert len({each["eventID"] for each in (inserted, modified, removed)}) == 3


def test_a_destination_is_switched_off_and_on(server, deployment, streams):
    dynamodb, name = server.client("dynamodb"), streams.create()
    deployment.table("switched")
    where = {"TableName": "switched", "StreamArn": streams.arn(name)}
    assert refused(dynamodb.disable_kinesis_streaming_destination, **where)[0] == "ValidationException"
    dynamodb.enable_kinesis_streaming_destination(**where, EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    assert refused(dynamodb.enable_kinesis_streaming_destination, **where)[0] == "ValidationException"
    dynamodb.put_item(TableName="switched", Item={"id": {"S": "a"}})
    assert dynamodb.disable_kinesis_streaming_destination(**where)["DestinationStatus"] == "DISABLING"
    dynamodb.put_item(TableName="switched", Item={"id": {"S": "b"}})
    assert dynamodb.describe_kinesis_streaming_destination(TableName="switched")["KinesisDataStreamDestinations"][0]["DestinationStatus"] == "DISABLED"
    dynamodb.enable_kinesis_streaming_destination(**where)
    precision = {"UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": "MILLISECOND"}}
    assert refused(dynamodb.update_kinesis_streaming_destination, **where, **precision)[1].startswith("Invalid Request: Precision is already set to the desired value")
    dynamodb.put_item(TableName="switched", Item={"id": {"S": "c"}})
    seen = changes(streams, name)
    assert [each["dynamodb"]["Keys"]["id"]["S"] for each in seen] == ["a", "c"]
    assert seen[0]["dynamodb"]["ApproximateCreationDateTimePrecision"] == "MICROSECOND" and seen[0]["dynamodb"]["ApproximateCreationDateTime"] > 1e15
    nowhere = {**where, "StreamArn": where["StreamArn"] + "-nowhere"}
    assert refused(dynamodb.enable_kinesis_streaming_destination, **nowhere)[0] == "ResourceNotFoundException"


def test_changes_find_their_shards_while_these_split(server, deployment, streams):
    dynamodb, name = server.client("dynamodb"), streams.create()
    deployment.table("splitting")
    dynamodb.enable_kinesis_streaming_destination(TableName="splitting", StreamArn=streams.arn(name))
    for n in range(40):
        dynamodb.put_item(TableName="splitting", Item={"id": {"S": str(n)}})
        if n == 20:
            streams.kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert sorted(int(each["dynamodb"]["Keys"]["id"]["S"]) for each in changes(streams, name)) == list(range(40))
    streams.kinesis.delete_stream(StreamName=name)
    dynamodb.put_item(TableName="splitting", Item={"id": {"S": "still"}})  # a stream that is gone holds nothing up


def test_who_enables_it_must_be_allowed_to_write_there(server, deployment, streams, acting, role):  # noqa: F811
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_iam.html"""
    name = streams.create()
    deployment.table("guarded-copy")
    where = {"TableName": "guarded-copy", "StreamArn": streams.arn(name)}
    limited = role(document("dynamodb:*"), document("kinesis:DescribeStream"))
    code, text = refused(acting(limited, "dynamodb").enable_kinesis_streaming_destination, **where)
    assert code == "AccessDeniedException" and f"kinesis:PutRecords on resource: {where['StreamArn']}" in text
    allowed = role(document("dynamodb:*"), document("kinesis:*", resource=where["StreamArn"]))
    acting(allowed, "dynamodb").enable_kinesis_streaming_destination(**where)
