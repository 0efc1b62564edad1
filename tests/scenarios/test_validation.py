"""Validation messages, line by line of tests/tables/validation.txt, as they go over the wire."""
import json

import botocore.config
import boto3
from botocore import xform_name
from botocore.exceptions import ClientError
from conftest import ROOT


def answer(client, operation, request):
    try:
        getattr(client, xform_name(operation))(**request)
        return "ok"
    except ClientError as refused:
        return f"{refused.response['Error']['Code']}: {refused.response['Error']['Message']}"


def test_what_is_refused_and_how(own_server):
    server = own_server("--ephemeral")
    client = boto3.client("dynamodb", endpoint_url=server.endpoint, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1",
                          config=botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False))
    wrong, lines = [], (ROOT / "tests/tables/validation.txt").read_text().splitlines()
    for line in lines:
        if line.startswith("#") or not line:
            continue
        request, expected = line.rsplit(" -> ", 1)
        operation, _, body = request.partition(" ")
        got = answer(client, operation, json.loads(body))
        if got != expected:
            wrong.append(f"{request}\n  expected {expected}\n  got      {got}")
    assert not wrong, "\n".join(wrong)
    assert len(lines) > 100
