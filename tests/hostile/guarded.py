"""One of everything on the shared server, named alike, for those who may have some of it."""
import functools
import sys

import pytest
from botocore.exceptions import ClientError
from conftest import ROOT, Deployment, package
from test_trust import OTHER, OWN, Account, document, trust

sys.path.insert(0, str(ROOT / "codegen"))
from generate import Listing  # noqa: E402

NAME, REGION = "watched", "us-east-1"
LISTINGS = [Listing(path) for path in sorted(ROOT.glob("src/service/*/*.list"))]
REFUSED = ("AccessDenied", "AccessDeniedException")


def arn(service, resource, region=REGION, account=OWN):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


TABLE, STREAM, QUEUE = arn("dynamodb", f"table/{NAME}"), arn("kinesis", f"stream/{NAME}"), arn("sqs", NAME)
FUNCTION, LAYER, ROLE = arn("lambda", f"function:{NAME}"), arn("lambda", f"layer:{NAME}:1"), arn("iam", f"role/{NAME}", "")
NOTHING = package({"main.py": "def handler(event, context): pass"})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def call(client, operation, arguments):
    method = next(python for python, name in client.meta.method_to_api_mapping.items() if name == operation)
    return getattr(client, method)(**arguments)


def outcome(client, operation, arguments):
    """The code of what it failed with, and what it says; None where it went through."""
    try:
        call(client, operation, arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None, ""


@pytest.fixture(scope="session")
def guarded(server):
    """The URL of the queue among them."""
    return make_one_of_everything(server)


@functools.cache
def make_one_of_everything(server):
    deployment, sqs = Deployment(server), server.client("sqs")
    deployment.table(NAME, stream="KEYS_ONLY")
    server.client("kinesis").create_stream(StreamName=NAME, ShardCount=1)
    sqs.create_queue(QueueName=NAME)
    deployment.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document(trust({"Service": "lambda.amazonaws.com"})))
    deployment.iam.create_user(UserName=NAME)
    deployment.iam.create_group(GroupName=NAME)
    deployment.functions.create_function(FunctionName=NAME, Runtime="python3.11", Handler="main.handler", Role=ROLE, Code={"ZipFile": NOTHING})
    deployment.functions.publish_layer_version(LayerName=NAME, Content={"ZipFile": package({"python/one.py": "x = 1"})})
    server.client("logs").create_log_group(logGroupName=NAME)
    return sqs.get_queue_url(QueueName=NAME)["QueueUrl"]


__all__ = ["Account", "OTHER", "OWN", "document", "trust"]
