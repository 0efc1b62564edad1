"""--throttle: provisioned throughput with its burst, by the clock."""
import pytest
from botocore.exceptions import ClientError
from conftest import Deployment
from test_indexes import attributes, index

UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}


@pytest.fixture
def throttled(own_server):
    server = own_server("--throttle", "--test-clock")
    Deployment(server).table("small", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    return server, server.client("dynamodb")


def until_refused(call):
    for count in range(5000):
        try:
            call(count)
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "ProvisionedThroughputExceededException", refused
            return count
    raise AssertionError("never refused")


def test_units_are_used_up_and_come_back(throttled):
    server, dynamodb = throttled
    write = lambda n: dynamodb.put_item(TableName="small", Item={"id": {"S": str(n)}, "body": {"S": "x" * 2000}})
    read = lambda n: dynamodb.get_item(TableName="small", Key={"id": {"S": "0"}}, ConsistentRead=True)
    assert until_refused(write) <= 3  # two units each, and the table is as old as this test
    server.post("/_leat/clock?advance=600")
    assert 149 <= until_refused(write) <= 152  # what it did not use for five minutes
    assert 598 <= until_refused(read) <= 610
    server.post("/_leat/clock?advance=10")
    assert 4 <= until_refused(write) <= 6


def test_a_batch_writer_tries_again(throttled):
    server, dynamodb = throttled
    server.post("/_leat/clock?advance=10")
    answer = dynamodb.batch_write_item(RequestItems={"small": [{"PutRequest": {"Item": {"id": {"S": str(n)}}}} for n in range(25)]})
    left = len(answer["UnprocessedItems"]["small"])
    assert 10 <= left <= 15
    server.post("/_leat/clock?advance=300")
    assert dynamodb.batch_write_item(RequestItems=answer["UnprocessedItems"])["UnprocessedItems"] == {}
    assert dynamodb.scan(TableName="small", Select="COUNT")["Count"] == 25


def test_an_index_without_units_refuses_its_tables_writes(own_server):
    server = own_server("--throttle", "--test-clock")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="wide", AttributeDefinitions=attributes(id="S", g="S"), KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000}, GlobalSecondaryIndexes=[{**index("thin", "g"), "ProvisionedThroughput": UNITS}])
    assert until_refused(lambda n: dynamodb.put_item(TableName="wide", Item={"id": {"S": str(n)}, "g": {"S": "g"}})) <= 5
    with pytest.raises(ClientError, match="global secondary indexes"):
        dynamodb.put_item(TableName="wide", Item={"id": {"S": "x"}})


def test_a_maximum_on_demand(own_server):
    server = own_server("--throttle", "--test-clock")
    Deployment(server).table("capped", OnDemandThroughput={"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 1})
    dynamodb = server.client("dynamodb")
    assert dynamodb.describe_table(TableName="capped")["Table"]["OnDemandThroughput"] == {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 1}
    assert until_refused(lambda n: dynamodb.put_item(TableName="capped", Item={"id": {"S": str(n)}})) <= 5


def test_nothing_is_throttled_without_being_asked(server, deployment):
    deployment.table("free", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    for n in range(400):
        deployment.dynamodb.put_item(TableName="free", Item={"id": {"S": str(n)}})
