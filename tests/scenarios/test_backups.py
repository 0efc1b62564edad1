"""Backups, point-in-time recovery, and the other care of tables."""
import datetime
import threading

import pytest
from conftest import Deployment, wait_until
from test_dynamodb import error
from test_indexes import attributes, index


def rows(dynamodb, table, **more):
    return {item["id"]["S"]: int(item["v"]["N"]) for page in dynamodb.get_paginator("scan").paginate(TableName=table, **more) for item in page["Items"]}


def put(dynamodb, table, id_, v):
    dynamodb.put_item(TableName=table, Item={"id": {"S": id_}, "v": {"N": str(v)}, "g": {"S": f"g{v % 2}"}})


def active(dynamodb, table):
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    return dynamodb.describe_table(TableName=table)["Table"]


@pytest.fixture
def source(server):
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="origin", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="S", g="S"),
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], GlobalSecondaryIndexes=[index("by-g", "g", "id")])
    for n in range(1000):
        put(dynamodb, "origin", f"k{n:04}", n)
    yield dynamodb
    dynamodb.delete_table(TableName="origin")


def test_a_backup_is_of_one_moment_though_writes_go_on(source):
    stop = threading.Event()

    def churn():
        n = 0
        while not stop.is_set():
            n += 1
            put(source, "origin", f"k{n % 1000:04}", 10_000 + n)
            source.delete_item(TableName="origin", Key={"id": {"S": f"k{(n + 500) % 1000:04}"}})
            put(source, "origin", f"new{n}", n)

    details = source.create_backup(TableName="origin", BackupName="first")["BackupDetails"]
    assert details["BackupStatus"] == "CREATING" and details["BackupType"] == "USER" and details["BackupArn"].startswith("arn:aws:dynamodb:us-east-1:000000000000:table/origin/backup/0")
    writer = threading.Thread(target=churn)
    writer.start()
    describe = lambda: source.describe_backup(BackupArn=details["BackupArn"])["BackupDescription"]
    wait_until(lambda: describe()["BackupDetails"]["BackupStatus"] == "AVAILABLE")
    stop.set()
    writer.join()
    assert describe()["SourceTableDetails"]["ItemCount"] == 1000
    assert describe()["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"][0]["IndexName"] == "by-g"
    restoring = source.restore_table_from_backup(TargetTableName="restored", BackupArn=details["BackupArn"])["TableDescription"]
    assert restoring["TableStatus"] == "CREATING" and restoring["RestoreSummary"]["RestoreInProgress"]
    table = active(source, "restored")
    assert not table["RestoreSummary"]["RestoreInProgress"] and table["ItemCount"] == 1000 and table["GlobalSecondaryIndexes"][0]["ItemCount"] == 1000
    assert rows(source, "restored") == {f"k{n:04}": n for n in range(1000)}
    assert len(rows(source, "restored", IndexName="by-g")) == 1000
    assert [each["BackupName"] for each in source.list_backups(TableName="origin")["BackupSummaries"]] == ["first"]
    assert error(source.restore_table_from_backup, TargetTableName="restored", BackupArn=details["BackupArn"])[0] == "TableAlreadyExistsException"
    source.delete_backup(BackupArn=details["BackupArn"])
    assert error(source.describe_backup, BackupArn=details["BackupArn"])[0] == "BackupNotFoundException"
    assert error(source.create_backup, TableName="no-such", BackupName="none") == ("TableNotFoundException", "Table not found: no-such")
    source.delete_table(TableName="restored")


def test_recovery_to_any_second(own_server):
    server = own_server("--test-clock")
    dynamodb = server.client("dynamodb")
    Deployment(server).table("origin")
    put(dynamodb, "origin", "before", 1)
    assert error(dynamodb.restore_table_to_point_in_time, SourceTableName="origin", TargetTableName="none", UseLatestRestorableTime=True)[0] == "PointInTimeRecoveryUnavailableException"
    described = dynamodb.update_continuous_backups(TableName="origin", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})["ContinuousBackupsDescription"]
    assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED" and described["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] == 35
    states, times = [], []
    for n in range(5):
        put(dynamodb, "origin", "changed", n)
        put(dynamodb, "origin", f"added{n}", n)
        if n == 3:
            dynamodb.delete_item(TableName="origin", Key={"id": {"S": "before"}})
        states.append(rows(dynamodb, "origin"))
        server.post("/_leat/clock?advance=2")
        times.append(server.get("/_leat/clock")["now"] // 1000)
        server.post("/_leat/clock?advance=86400")
    server.kill()
    server.start()
    server.post("/_leat/clock?advance=432100")
    dynamodb = server.client("dynamodb")
    for n, (state, time) in enumerate(zip(states, times)):
        dynamodb.restore_table_to_point_in_time(SourceTableName="origin", TargetTableName=f"at-{n}", RestoreDateTime=datetime.datetime.fromtimestamp(time, datetime.timezone.utc))
        active(dynamodb, f"at-{n}")
        assert rows(dynamodb, f"at-{n}") == state
    assert error(dynamodb.restore_table_to_point_in_time, SourceTableName="origin", TargetTableName="none", RestoreDateTime=datetime.datetime.fromtimestamp(times[0] - 1000, datetime.timezone.utc))[0] \
        == "InvalidRestoreTimeException"
    # Beyond its period nothing is kept.
    server.post(f"/_leat/clock?advance={36 * 86400}")
    assert error(dynamodb.restore_table_to_point_in_time, SourceTableName="origin", TargetTableName="none", RestoreDateTime=datetime.datetime.fromtimestamp(times[4], datetime.timezone.utc))[0] \
        == "InvalidRestoreTimeException"
    dynamodb.restore_table_to_point_in_time(SourceTableName="origin", TargetTableName="latest", UseLatestRestorableTime=True, BillingModeOverride="PROVISIONED",
                                            ProvisionedThroughputOverride={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4})
    assert active(dynamodb, "latest")["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert rows(dynamodb, "latest") == states[-1]


def test_a_copy_survives_a_kill(own_server):
    server = own_server()
    dynamodb = server.client("dynamodb")
    Deployment(server).table("origin")
    with server.resource("dynamodb").Table("origin").batch_writer() as batch:
        for n in range(3000):
            batch.put_item(Item={"id": f"k{n}", "v": n})
    arn = dynamodb.create_backup(TableName="origin", BackupName="first")["BackupDetails"]["BackupArn"]
    put(dynamodb, "origin", "k5", 77_777)
    server.kill()
    server.start()
    dynamodb = server.client("dynamodb")
    wait_until(lambda: dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE")
    dynamodb.delete_table(TableName="origin")
    dynamodb.restore_table_from_backup(TargetTableName="origin", BackupArn=arn)
    active(dynamodb, "origin")
    assert rows(dynamodb, "origin") == {f"k{n}": n for n in range(3000)}


def test_a_restored_table_is_not_there_until_it_is_whole(own_server):
    server = own_server()
    dynamodb = server.client("dynamodb")
    Deployment(server).table("origin")
    with server.resource("dynamodb").Table("origin").batch_writer() as batch:
        for n in range(4000):
            batch.put_item(Item={"id": f"k{n}", "v": n})
    arn = dynamodb.create_backup(TableName="origin", BackupName="first")["BackupDetails"]["BackupArn"]
    wait_until(lambda: dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE")
    dynamodb.restore_table_from_backup(TargetTableName="slow", BackupArn=arn)


    def accepted():
        try:
            return dynamodb.put_item(TableName="slow", Item={"id": {"S": "x"}, "v": {"N": "0"}})
        except dynamodb.exceptions.ResourceNotFoundException:
            return None

    wait_until(accepted)  # the first write that is let in meets every item
    assert len(rows(dynamodb, "slow")) == 4001


POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "dynamodb:GetItem"}}'


def test_resource_policies_and_insights(server):
    dynamodb = server.client("dynamodb")
    arn = Deployment(server).dynamodb.create_table(TableName="cared", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(id="S"),
                                                   KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])["TableDescription"]["TableArn"]
    assert error(dynamodb.get_resource_policy, ResourceArn=arn)[0] == "PolicyNotFoundException"
    revision = dynamodb.put_resource_policy(ResourceArn=arn, Policy=POLICY, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    assert dynamodb.get_resource_policy(ResourceArn=arn)["Policy"] == POLICY
    assert error(dynamodb.put_resource_policy, ResourceArn=arn, Policy=POLICY.replace('Allow', 'Deny'), ExpectedRevisionId="NO_POLICY")[0] == "PolicyNotFoundException"
    assert dynamodb.delete_resource_policy(ResourceArn=arn)["RevisionId"] == revision
    assert dynamodb.describe_contributor_insights(TableName="cared")["ContributorInsightsStatus"] == "DISABLED"
    dynamodb.update_contributor_insights(TableName="cared", ContributorInsightsAction="ENABLE")
    assert dynamodb.describe_contributor_insights(TableName="cared")["ContributorInsightsStatus"] == "ENABLED"
    assert [each["TableName"] for each in dynamodb.list_contributor_insights()["ContributorInsightsSummaries"]] == ["cared"]
    # What is said of a table goes with it.
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=POLICY)
    dynamodb.delete_table(TableName="cared")
    Deployment(server).table("cared")
    assert error(dynamodb.get_resource_policy, ResourceArn=arn)[0] == "PolicyNotFoundException"
    assert dynamodb.describe_contributor_insights(TableName="cared")["ContributorInsightsStatus"] == "DISABLED"
