"""A Deny with a condition opens what it was to close, where its key is not known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
import datetime

import pytest
from guarded import OTHER, OWN, REFUSED, Account, allow, deny, outcome, trust
from test_trust import session

TOMORROW = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3650)).strftime("%Y-%m-%dT%H:%M:%SZ")
# What holds for everybody's own requests, and what does not; the last for sessions alone.
EVERYBODYS = [
    ({"StringEquals": {"aws:ResourceAccount": OWN}}, {"StringEquals": {"aws:ResourceAccount": OTHER}}),
    ({"Bool": {"aws:ViaAWSService": "false"}}, {"Bool": {"aws:ViaAWSService": "true"}}),
    ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, {"Bool": {"aws:PrincipalIsAWSService": "true"}}),
]
SESSIONS = ({"DateLessThan": {"aws:TokenIssueTime": TOMORROW}}, {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}})


@pytest.mark.parametrize("holds, fails", EVERYBODYS)
def test_keys_of_every_request(server, holds, fails):
    own = Account(server)
    for condition, closed in ((holds, True), (fails, False)):
        client = own.user(allow("*"), deny("dynamodb:*", Condition=condition))[1]
        assert (outcome(client("dynamodb"), "ListTables", {})[0] in REFUSED) is closed
        granted = own.user(allow("dynamodb:*", Condition=condition))[1]
        assert (outcome(granted("dynamodb"), "ListTables", {})[0] is None) is closed


def test_old_sessions_can_be_revoked(server):
    """As the console's AWSRevokeOlderSessions does."""
    own = Account(server)
    for condition, closed in zip(SESSIONS, (True, False)):
        arn = own.role(trust({"AWS": OWN}), policy=[allow("*"), deny("*", Condition=condition)])
        client = session(server, own.user(allow("sts:AssumeRole"))[1]("sts"), arn)
        assert (outcome(client("sqs"), "ListQueues", {})[0] in REFUSED) is closed
    user = own.user(allow("*"), deny("*", Condition=SESSIONS[0]))[1]
    assert outcome(user("sqs"), "ListQueues", {})[0] is None  # whose keys are no tokens


def test_sessions_keep_their_age_over_a_restart(own_server, tmp_path):
    server = own_server(folder=tmp_path)
    own = Account(server)
    arn = own.role(trust({"AWS": OWN}), policy=[allow("*"), deny("*", Condition=SESSIONS[1])])
    keys = own.user(allow("sts:AssumeRole"))[1]("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    server.stop()
    server.start()
    client = server.client("sqs", keys["AccessKeyId"], keys["SecretAccessKey"], token=keys["SessionToken"])
    assert outcome(client, "ListQueues", {})[0] is None


def test_the_namespace_of_a_metric(server):
    cloudwatch = Account(server).user(allow("*"), deny("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "secret"}}))[1]("cloudwatch")
    data = {"MetricData": [{"MetricName": "m", "Value": 1}]}
    assert outcome(cloudwatch, "PutMetricData", {"Namespace": "secret", **data})[0] in REFUSED
    assert outcome(cloudwatch, "PutMetricData", {"Namespace": "open", **data})[0] is None


def test_consumers_have_tags_of_their_own(server):
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="tagged-consumers", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="tagged-consumers")["StreamDescriptionSummary"]["StreamARN"]
    for name, tags in (("open", {}), ("secret", {"Team": "red"})):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name, **({"Tags": tags} if tags else {}))
    client = Account(server).user(allow("*"), deny("*", Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}}))[1]("kinesis")
    for name, closed in (("open", False), ("secret", True)):
        assert (outcome(client, "DescribeStreamConsumer", {"StreamARN": arn, "ConsumerName": name})[0] in REFUSED) is closed
