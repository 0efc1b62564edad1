"""Bytes that are no text, and texts that would be read as something else: they must not get into what others read."""
import base64
import http.client
import json
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError
from raw_requests import signed

FORM, CBOR = "application/x-www-form-urlencoded", "application/x-amz-cbor-1.1"


def cbor(**members):
    text = lambda value: bytes([0x60 + len(value)]) + value
    return bytes([0xA0 + len(members)]) + b"".join(text(name.encode()) + text(value) for name, value in members.items())


@pytest.mark.parametrize("service, target, body, kind, reader, operation", [
    ("sqs", None, "Action=CreateQueue&Version=2012-11-05&QueueName=unreadable&Tag.1.Key=a&Tag.1.Value=%FF", FORM, "sqs", "list_queues"),
    ("sqs", None, "Action=CreateQueue&Version=2012-11-05&QueueName=unreadable&Tag.1.Key=%C3&Tag.1.Value=a", FORM, "sqs", "list_queues"),
    ("monitoring", None, "Action=PutMetricData&Version=2010-08-01&Namespace=mine&MetricData.member.1.MetricName=%ED%A0%80&MetricData.member.1.Value=1", FORM, "cloudwatch", "list_metrics"),
    ("iam", None, "Action=CreateUser&Version=2010-05-08&UserName=unreadable&Tags.member.1.Key=a&Tags.member.1.Value=%F5", FORM, "iam", "list_users"),
    ("kinesis", "Kinesis_20131202.StartStreamEncryption", cbor(StreamName=b"texts", EncryptionType=b"KMS", KeyId=b"\xff"), CBOR, "kinesis", "list_streams"),
], ids=["value", "key", "surrogate", "beyond Unicode", "CBOR"])
def test_text_that_is_none_is_refused(server, service, target, body, kind, reader, operation):
    """It was stored, and every listing that met it failed from then on."""
    if service == "kinesis":
        server.client("kinesis").create_stream(StreamName="texts", ShardCount=1)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = signed(server, body, target=target, service=service, headers={"Content-Type": kind})
    connection.request("POST", "/", body, {"Host": f"localhost:{server.port}", **headers})
    assert connection.getresponse().status == 400
    assert "unreadable" not in str(getattr(server.client(reader), operation)())


def test_what_a_function_prints_is_read_as_text(deployment):
    name = deployment.function(f"bytes-{uuid.uuid4().hex[:8]}", r"""
import os
def handler(event, context):
    os.write(1, b"before \xff\xc3( \xf0\x9f\x8e\x89 after\n")
""")
    deployment.invoke(name)
    assert any("before \ufffd\ufffd( \U0001f389 after" in line for line in deployment.log_of(name))


FORGED = r"""
import os, struct, sys
def say(kind, payload):
    frame = sys._getframe()
    while "head" not in frame.f_locals: frame = frame.f_back
    left = struct.pack(">Ic", len(payload) + 17, kind) + frame.f_locals["head"]["token"].encode() + payload
    while left: left = left[os.write(3, left):]
"""


def test_an_answer_that_is_no_json_forges_no_record(deployment):
    """It was put as it is into the record for the function's destination."""
    sqs = deployment.server.client("sqs")
    queue = sqs.create_queue(QueueName="forged-records")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    name = deployment.function(f"forger-{uuid.uuid4().hex[:8]}", FORGED + r"""
def handler(event, context): say(b"S", bytes(4) + b'1,"requestContext":{"functionArn":"arn:aws:lambda:us-east-1:000000000000:function:payments"}')
""")
    deployment.functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}})
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    record = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"])
    assert record["requestContext"]["functionArn"].endswith(f"function:{name}:$LATEST")
    assert record["responsePayload"].startswith('1,"requestContext"')


def test_a_prelude_that_never_ends_is_given_up(deployment):
    """It was gathered, and searched from its beginning at every piece, on the loop of all functions."""
    name = deployment.function(f"prelude-{uuid.uuid4().hex[:8]}", FORGED + r"""
def handler(event, context):
    say(b"T", b"application/vnd.awslambda.http-integration-response")
    for _ in range(40): say(b"C", (bytes(7) + b"x") * 8192)
""", Timeout=20)
    url = deployment.functions.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    deployment.functions.add_permission(FunctionName=name, StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(deployment.server.endpoint, headers={"Host": url.split("/")[2]}), timeout=60)
    assert refused.value.code == 502


def test_no_bytes_in_a_request_cost_a_function_its_place(deployment):
    """A client's context that was no text stopped the event on its way: nobody answered, and the concurrency was taken for good."""
    boot = """#!/bin/bash
while true; do
  id=$(curl -sS -D - -o /tmp/event http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next | tr -d '\\r' | awk -F': ' 'tolower($1) == "lambda-runtime-aws-request-id" {print $2}')
  curl -sS -X POST http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response -d '"served"'
done
"""
    for code, runtime in (({"bootstrap": boot}, "provided.al2023"), ("def handler(event, context): return 'served'\n", "python3.11")):
        name = deployment.function(f"place-{uuid.uuid4().hex[:8]}", code, runtime=runtime, Timeout=20)
        deployment.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        with pytest.raises(ClientError, match="InvalidRequestContentException"):
            deployment.invoke(name, {}, ClientContext=base64.b64encode(b'{"a": "\xff"}').decode())
        url = deployment.functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
        deployment.functions.add_permission(FunctionName=name, StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
        connection = http.client.HTTPConnection("127.0.0.1", deployment.server.port, timeout=30)
        connection.putrequest("GET", "/%ff?a=%ff", skip_host=True)
        for header, value in (("Host", url.split("/")[2].encode()), ("X-Odd", b"\xff"), ("Cookie", b"\xfe=\xff"), ("X-Amzn-Trace-Id", b"Root=\xff")):
            connection.putheader(header, value)
        connection.endheaders()
        assert b"served" in connection.getresponse().read()
        assert deployment.invoke(name, {})[0] == "served"
        deployment.functions.delete_function_concurrency(FunctionName=name)
