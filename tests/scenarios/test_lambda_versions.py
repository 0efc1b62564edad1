"""Versions, aliases, concurrency, policies, asynchronous invocations and what is told of them."""
import json
import threading

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, package, wait_until
from test_sqs import Queues

ANSWER = "def handler(event, context):\n    return [context.function_version, context.invoked_function_arn, %r]\n"


def error(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_versions_are_frozen(deployment):
    fn, name = deployment.functions, deployment.function("versioned", ANSWER % 1)
    first = fn.publish_version(FunctionName=name, Description="the first")
    assert (first["Version"], first["Description"]) == ("1", "the first") and first["FunctionArn"].endswith(":function:versioned:1")
    assert fn.publish_version(FunctionName=name)["Version"] == "1"  # nothing has changed
    assert fn.update_function_code(FunctionName=name, ZipFile=package({"main.py": ANSWER % 2}), Publish=True)["Version"] == "2"
    arn = first["FunctionArn"].rsplit(":", 1)[0]
    assert deployment.invoke(name)[0] == ["$LATEST", arn, 2]
    answer, response = deployment.invoke(name, Qualifier="1")
    assert answer == ["1", arn + ":1", 1] and response["ExecutedVersion"] == "1"
    assert deployment.invoke(arn + ":2")[0] == ["2", arn + ":2", 2]
    assert [each["Version"] for each in fn.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST", "1", "2"]
    pages = fn.get_paginator("list_versions_by_function").paginate(FunctionName=name, PaginationConfig={"PageSize": 1})
    assert [each["Version"] for page in pages for each in page["Versions"]] == ["$LATEST", "1", "2"]
    assert fn.get_function_configuration(FunctionName=name, Qualifier="1")["CodeSha256"] != fn.get_function_configuration(FunctionName=name)["CodeSha256"]
    fn.delete_function(FunctionName=name, Qualifier="2")
    assert error(fn.invoke, FunctionName=name, Qualifier="2") == ("ResourceNotFoundException", f"Function not found: {arn}:2")
    fn.update_function_configuration(FunctionName=name, Description="changed", Timeout=4)
    assert fn.publish_version(FunctionName=name)["Version"] == "3"  # numbers are not used again
    assert error(fn.delete_function, FunctionName=name, Qualifier="$LATEST")[0] == "InvalidParameterValueException"
    assert error(fn.publish_version, FunctionName=name, CodeSha256="x")[0] == "InvalidParameterValueException"


def test_aliases(deployment):
    fn, name = deployment.functions, deployment.function("aliased", ANSWER % 1, Publish=True)
    fn.update_function_code(FunctionName=name, ZipFile=package({"main.py": ANSWER % 2}), Publish=True)
    alias = fn.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert alias["AliasArn"].endswith(":function:aliased:live") and (alias["Description"], alias["FunctionVersion"]) == ("", "1")
    assert error(fn.create_alias, FunctionName=name, Name="live", FunctionVersion="1")[0] == "ResourceConflictException"
    assert error(fn.create_alias, FunctionName=name, Name="other", FunctionVersion="9")[0] == "ResourceNotFoundException"
    answer, response = deployment.invoke(name, Qualifier="live")
    assert answer == ["1", alias["AliasArn"], 1] and response["ExecutedVersion"] == "1"
    assert fn.get_function(FunctionName=name, Qualifier="live")["Configuration"]["FunctionArn"] == alias["AliasArn"]
    assert error(fn.update_alias, FunctionName=name, Name="live", RevisionId="x")[0] == "PreconditionFailedException"
    fn.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    versions = {deployment.invoke(name, Qualifier="live")[0][0] for _ in range(40)}
    assert versions == {"1", "2"}
    assert error(fn.delete_function, FunctionName=name, Qualifier="2")[0] == "ResourceConflictException"
    fn.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
    assert "RoutingConfig" not in fn.get_alias(FunctionName=name, Name="live")
    assert deployment.invoke(name, Qualifier="live")[0][2] == 2
    assert [each["Name"] for each in fn.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]] == ["live"]
    fn.delete_alias(FunctionName=name, Name="live")
    assert error(fn.get_alias, FunctionName=name, Name="live")[0] == "ResourceNotFoundException"


def test_a_mapping_can_name_an_alias(deployment):
    fn, name = deployment.functions, deployment.function("alias-mapped", "def handler(event, context):\n    print('SAW', context.function_version)\n", Publish=True)
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    queues = Queues(deployment.server)
    url = queues.create()
    mapping = fn.create_event_source_mapping(FunctionName=f"{name}:live", EventSourceArn=queues.arn(url))
    assert mapping["FunctionArn"].endswith(":alias-mapped:live")
    queues.send(url, "x")
    assert wait_until(lambda: deployment.log_of(name, "SAW")) == ["SAW 1"]


# Runs until a message comes.
WAITS = """
import boto3
def handler(event, context):
    sqs = boto3.client('sqs')
    while not sqs.receive_message(QueueUrl=event['gate'], WaitTimeSeconds=20).get('Messages'):
        pass
    return 'done'
"""


def test_reserved_concurrency(deployment):
    fn, name = deployment.functions, deployment.function("reserved", WAITS, Timeout=60)
    queues = Queues(deployment.server)
    gate = queues.create()
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    assert fn.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 1
    assert fn.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 1}
    assert fn.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 999
    outcomes = []
    both = [threading.Thread(target=lambda: outcomes.append(outcome(fn, name, gate))) for _ in range(2)]
    for thread in both:
        thread.start()
    wait_until(lambda: outcomes)  # one of them is refused while the other runs
    queues.send(gate, "go on")
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["Rate Exceeded. ReservedFunctionConcurrentInvocationLimitExceeded", "done"]
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert error(fn.invoke, FunctionName=name)[0] == "TooManyRequestsException"
    assert "minimum value of [100]" in error(fn.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=901)[1]
    fn.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in fn.get_function_concurrency(FunctionName=name)


def outcome(fn, name, gate):
    try:
        return json.loads(fn.invoke(FunctionName=name, Payload=json.dumps({"gate": gate}))["Payload"].read())
    except fn.exceptions.TooManyRequestsException as refused:
        return refused.response["Error"]["Message"] + " " + refused.response["Reason"]


def test_resource_policies(deployment):
    fn, name = deployment.functions, deployment.function("shared", ANSWER % 1)
    assert error(fn.get_policy, FunctionName=name)[0] == "ResourceNotFoundException"
    answer = fn.add_permission(FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                               SourceArn="arn:aws:s3:::bucket", SourceAccount="111122223333")
    arn = fn.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    statement = {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": arn,
                 "Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}, "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}}
    assert json.loads(answer["Statement"]) == statement
    assert error(fn.add_permission, FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="*")[0] == "ResourceConflictException"
    fn.add_permission(FunctionName=name, StatementId="account", Action="lambda:*", Principal="111122223333")
    policy = fn.get_policy(FunctionName=name)
    assert [each["Sid"] for each in json.loads(policy["Policy"])["Statement"]] == ["s3", "account"]
    assert error(fn.remove_permission, FunctionName=name, StatementId="s3", RevisionId="x")[0] == "PreconditionFailedException"
    fn.remove_permission(FunctionName=name, StatementId="s3", RevisionId=policy["RevisionId"])
    assert error(fn.remove_permission, FunctionName=name, StatementId="s3")[0] == "ResourceNotFoundException"


def test_tags(deployment):
    fn, name = deployment.functions, deployment.function("tagged", ANSWER % 1, Tags={"a": "1"})
    arn = fn.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    fn.tag_resource(Resource=arn, Tags={"b": "2"})
    fn.untag_resource(Resource=arn, TagKeys=["a"])
    assert fn.list_tags(Resource=arn)["Tags"] == fn.get_function(FunctionName=name)["Tags"] == {"b": "2"}


FAILS = "def handler(event, context):\n    print('TRIED', context.aws_request_id)\n    raise Exception('no: ' + event['word'])\n"


def test_an_event_is_tried_three_times_and_told_of(own_server):
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    server = own_server("--test-clock")
    deployment, queues = Deployment(server), Queues(server)
    dead, told = queues.create(), queues.create()
    name = deployment.function("fails", FAILS, DeadLetterConfig={"TargetArn": queues.arn(dead)})
    config = deployment.functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnFailure": {"Destination": queues.arn(told)}})
    assert config["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": queues.arn(told)}} and config["FunctionArn"].endswith(":$LATEST")
    answer = deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"word": "never"}))
    assert answer["StatusCode"] == 202
    request = answer["ResponseMetadata"]["RequestId"]
    wait_until(lambda: len(deployment.log_of(name, "TRIED")) == 1)
    server.kill()  # in the middle of it all
    server.start()
    deployment, queues = Deployment(server), Queues(server)
    dead, told = (queues.sqs.get_queue_url(QueueName=url.rsplit("/", 1)[1])["QueueUrl"] for url in (dead, told))
    while queues.counts(dead)[0] == 0:
        queues.advance(1)  # so slowly that a slow start of the function does not make the event too old
    wait_until(lambda: len(deployment.log_of(name, "TRIED")) >= 3)  # the log is written behind the answer
    assert set(deployment.log_of(name, "TRIED")) == {f"TRIED {request}"} and len(deployment.log_of(name, "TRIED")) <= 4
    (letter,) = queues.receive(dead, MessageAttributeNames=["All"])
    assert json.loads(letter["Body"]) == {"word": "never"}
    assert {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()} == {"RequestID": request, "ErrorCode": "200", "ErrorMessage": "no: never"}
    record = json.loads(queues.bodies(told)[0])
    assert record["requestContext"] == {"requestId": request, "functionArn": config["FunctionArn"], "condition": "RetriesExhausted", "approximateInvokeCount": 3}
    assert record["requestPayload"] == {"word": "never"} and record["responsePayload"]["errorMessage"] == "no: never"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def test_success_goes_to_a_queue_or_to_a_function(deployment):
    queues, fn = Queues(deployment.server), deployment.functions
    url = queues.create()
    first = deployment.function("first", "def handler(event, context):\n    return event['n'] + 1\n")
    second = deployment.function("second", "def handler(event, context):\n    return event['responsePayload'] * 2\n")
    arn = fn.get_function(FunctionName=second)["Configuration"]["FunctionArn"]
    fn.put_function_event_invoke_config(FunctionName=first, MaximumRetryAttempts=0, DestinationConfig={"OnSuccess": {"Destination": arn}})
    fn.put_function_event_invoke_config(FunctionName=second, DestinationConfig={"OnSuccess": {"Destination": queues.arn(url)}})
    fn.invoke(FunctionName=first, InvocationType="Event", Payload=json.dumps({"n": 20}))
    record = json.loads(wait_until(lambda: queues.bodies(url, WaitTimeSeconds=5))[0])
    assert record["responsePayload"] == 42 and record["requestContext"]["condition"] == "Success"
    assert record["requestPayload"]["requestPayload"] == {"n": 20}
    assert fn.update_function_event_invoke_config(FunctionName=first, MaximumEventAgeInSeconds=60)["MaximumRetryAttempts"] == 0
    assert len(fn.list_function_event_invoke_configs(FunctionName=first)["FunctionEventInvokeConfigs"]) == 1
    fn.delete_function_event_invoke_config(FunctionName=first)
    assert error(fn.get_function_event_invoke_config, FunctionName=first)[0] == "ResourceNotFoundException"


def test_events_of_a_function_that_is_gone_are_dropped(own_server):
    server = own_server("--test-clock")
    deployment, queues = Deployment(server), Queues(server)
    name = deployment.function("going", FAILS)
    for _ in range(300):
        deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload='{"word": "x"}')
    deployment.functions.delete_function(FunctionName=name)
    for _ in range(3):
        queues.advance(300)
    deployment.function(name, "def handler(event, context):\n    print('SAW')\n")
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload="{}")
    wait_until(lambda: deployment.log_of(name, "SAW"))
    assert len(deployment.log_of(name, "SAW")) <= 1 + 64  # those that were under way when it went, at most


def test_an_event_that_can_never_run_is_told_of_at_once(deployment):
    queues, fn = Queues(deployment.server), deployment.functions
    told = queues.create()
    name = deployment.function("never", FAILS)
    fn.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnFailure": {"Destination": queues.arn(told)}})
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert fn.invoke(FunctionName=name, InvocationType="Event", Payload='{"word": "x"}')["StatusCode"] == 202
    record = json.loads(wait_until(lambda: queues.bodies(told, WaitTimeSeconds=1))[0])
    assert record["requestPayload"] == {"word": "x"} and "responsePayload" not in record


def test_one_functions_events_do_not_hold_up_anothers(own_server):
    deployment = Deployment(own_server())
    hangs = """#!/bin/sh
curl -s http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next > /dev/null
echo HUNG
exec sleep 1000
"""
    deployment.function("hangs", {"bootstrap": hangs}, runtime="provided.al2023", handler="any", Timeout=900)
    deployment.function("waits", "def handler(event, context): print('RAN')")
    for _ in range(70):
        deployment.functions.invoke(FunctionName="hangs", InvocationType="Event")
    wait_until(lambda: len(deployment.log_of("hangs", "HUNG")) == 64, seconds=60)
    deployment.functions.invoke(FunctionName="waits", InvocationType="Event")
    wait_until(lambda: deployment.log_of("waits", "RAN"))


def test_an_event_grows_too_old(own_server):
    server = own_server("--test-clock")
    deployment, queues = Deployment(server), Queues(server)
    told = queues.create()
    name = deployment.function("old", FAILS)
    deployment.functions.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60,
                                                          DestinationConfig={"OnFailure": {"Destination": queues.arn(told)}})
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload='{"word": "x"}')
    wait_until(lambda: deployment.log_of(name, "TRIED"))
    queues.advance(61)
    record = json.loads(wait_until(lambda: queues.bodies(told, WaitTimeSeconds=1))[0])
    assert record["requestContext"]["condition"] in ("EventAgeExceeded", "RetriesExhausted") and record["requestContext"]["approximateInvokeCount"] <= 2
