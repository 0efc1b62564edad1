"""IAM and CloudWatch Logs, as far as functions need them."""
import json
import time

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, wait_until

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def test_roles_and_their_policies(server):
    iam = server.client("iam")
    role = iam.create_role(RoleName="life", Path="/team/", AssumeRolePolicyDocument=TRUST, Description="d", Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert role["Arn"] == "arn:aws:iam::000000000000:role/team/life" and role["RoleId"].startswith("AROA") and role["MaxSessionDuration"] == 3600
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    with pytest.raises(ClientError, match=r"\(EntityAlreadyExists\).*Role with name life already exists\."):
        iam.create_role(RoleName="life", AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        iam.create_role(RoleName="bad", AssumeRolePolicyDocument="{")
    iam.put_role_policy(RoleName="life", PolicyName="inline", PolicyDocument=json.dumps(ALLOW))
    assert iam.list_role_policies(RoleName="life")["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName="life", PolicyName="inline")["PolicyDocument"] == ALLOW
    policy = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(ALLOW))["Policy"]["Arn"]
    shipped = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
    for arn in (policy, shipped):
        iam.attach_role_policy(RoleName="life", PolicyArn=arn)
    assert {each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName="life")["AttachedPolicies"]} == {policy, shipped}
    version = iam.get_policy(PolicyArn=shipped)["Policy"]["DefaultVersionId"]
    actions = iam.get_policy_version(PolicyArn=shipped, VersionId=version)["PolicyVersion"]["Document"]["Statement"][0]["Action"]
    assert "dynamodb:GetRecords" in actions
    with pytest.raises(ClientError, match="DeleteConflict.*must detach all policies first"):
        iam.delete_role(RoleName="life")
    for arn in (policy, shipped):
        iam.detach_role_policy(RoleName="life", PolicyArn=arn)
    with pytest.raises(ClientError, match="DeleteConflict.*must delete policies first"):
        iam.delete_role(RoleName="life")
    iam.delete_role_policy(RoleName="life", PolicyName="inline")
    iam.delete_policy(PolicyArn=policy)
    iam.delete_role(RoleName="life")
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\).*The role with name life cannot be found\."):
        iam.get_role(RoleName="life")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.attach_role_policy(RoleName="life", PolicyArn=shipped)


def test_logs_in_order_by_pages_and_filtered(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="/app")
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName="/app")
    now = int(time.time() * 1000)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName="/app", logStreamName=stream)
    for i in range(10):
        logs.put_log_events(logGroupName="/app", logStreamName="one" if i % 2 else "two", logEvents=[{"timestamp": now + i, "message": f"event {i} {'ERROR' if i == 7 else 'fine'}"}])
    page = logs.get_log_events(logGroupName="/app", logStreamName="one", startFromHead=True, limit=2)
    assert [event["message"] for event in page["events"]] == ["event 1 fine", "event 3 fine"]
    page = logs.get_log_events(logGroupName="/app", logStreamName="one", nextToken=page["nextForwardToken"])
    assert [event["message"][:7] for event in page["events"]] == ["event 5", "event 7", "event 9"]
    end = logs.get_log_events(logGroupName="/app", logStreamName="one", nextToken=page["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == page["nextForwardToken"]
    assert [event["message"][:7] for event in logs.get_log_events(logGroupName="/app", logStreamName="one", limit=1)["events"]] == ["event 9"]
    paginator = logs.get_paginator("filter_log_events").paginate(logGroupName="/app", filterPattern="event", PaginationConfig={"PageSize": 3})
    assert [event["message"][6] for page in paginator for event in page["events"]] == list("0123456789")
    assert [event["message"] for event in logs.filter_log_events(logGroupName="/app", filterPattern='"7 ERROR"')["events"]] == ["event 7 ERROR"]
    assert len(logs.filter_log_events(logGroupName="/app", startTime=now + 2, endTime=now + 4)["events"]) == 3
    streams = logs.describe_log_streams(logGroupName="/app", orderBy="LastEventTime", descending=True)["logStreams"]
    assert [(stream["logStreamName"], stream["lastEventTimestamp"]) for stream in streams] == [("one", now + 9), ("two", now + 8)]
    old = logs.put_log_events(logGroupName="/app", logStreamName="one", logEvents=[{"timestamp": now - 15 * 86400000, "message": "old"}])
    assert old["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1
    logs.put_retention_policy(logGroupName="/app", retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix="/ap")["logGroups"][0]["retentionInDays"] == 7
    logs.delete_log_group(logGroupName="/app")
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        logs.filter_log_events(logGroupName="/app")


def test_lists_of_iam_are_paged(server):
    iam = server.client("iam", key="555500005555")
    for number in range(5):
        iam.create_role(RoleName=f"paged-{number}", AssumeRolePolicyDocument=TRUST)
    first = iam.list_roles(MaxItems=2)
    assert first["IsTruncated"] and len(first["Roles"]) == 2
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}) for role in page["Roles"]]
    assert names == [f"paged-{number}" for number in range(5)]
    assert not iam.list_roles()["IsTruncated"]


def test_retention_hides_and_removes_old_events(own_server):
    server = own_server("--test-clock")
    logs = server.client("logs")
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="s")
    logs.put_retention_policy(logGroupName="kept", retentionInDays=3)
    now = server.get("/_leat/clock")["now"]
    logs.put_log_events(logGroupName="kept", logStreamName="s", logEvents=[{"timestamp": now, "message": "old"}])
    messages = lambda: [event["message"] for event in logs.get_log_events(logGroupName="kept", logStreamName="s", startFromHead=True)["events"]]
    server.post("/_leat/clock?advance=172800")
    assert messages() == ["old"]
    server.post("/_leat/clock?advance=86401")
    assert messages() == [] and logs.filter_log_events(logGroupName="kept")["events"] == []
    # Removed, not only hidden: without the policy it does not come back.
    server.post("/_leat/clock?advance=86400")
    logs.delete_retention_policy(logGroupName="kept")
    wait_until(lambda: messages() == [])
