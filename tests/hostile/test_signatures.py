"""What a signature covers, and for what it is good: by keys that leat knows and by those it does not."""
import json
import socket

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from raw_http import Http2, Raw
from raw_requests import ask, made_up_headers, now, scope, signed

LIST_TABLES = "DynamoDB_20120810.ListTables"
INVALID = "com.amazon.coral.service#InvalidSignatureException"


@pytest.fixture(scope="module")
def user(server):
    iam = server.client("iam")
    iam.create_user(UserName="signer")
    iam.attach_user_policy(UserName="signer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(params=["known", "unknown"])
def key(request, user):
    return user if request.param == "known" else ("test", "test")


class Covering(SigV4Auth):
    """Signs the headers of these names alone."""

    def __init__(self, names, *rest):
        super().__init__(*rest)
        self.names = names

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        for name in list(headers):
            if name.lower() not in self.names:
                del headers[name]
        return headers


def covered(server, names, key, target=LIST_TABLES, service="dynamodb", **headers):
    request = AWSRequest("POST", server.endpoint + "/", data="{}", headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0", **headers})
    Covering(names, Credentials(*key), service, "us-east-1").add_auth(request)
    return dict(request.headers)


def presigned(server, key, service, query, expires=60, path="/"):
    request = AWSRequest("GET", f"{server.endpoint}{path}?{query}")
    SigV4QueryAuth(Credentials(*key), service, "us-east-1", expires=expires).add_auth(request)
    return request.url.removeprefix(server.endpoint)


def test_headers_that_decide_are_signed(server, key):
    for names, missing in ((("x-amz-date", "x-amz-target"), "Host' or ':authority"), (("host", "x-amz-date"), "x-amz-target")):
        status, text, _ = ask(server, "POST", "/", covered(server, names, key), "{}")
        assert (status, json.loads(text)) == (400, {"__type": INVALID, "message": f"'{missing}' must be a 'SignedHeader' in the AWS Authorization."})
    assert ask(server, "POST", "/", covered(server, ("host", "x-amz-target"), key), "{}")[0] == 200  # the date is in what is signed


def test_a_header_added_on_the_way(server, key):
    """An invocation that was to be waited for is made an event by nobody between."""
    headers = signed(server, "{}", key=key[0], secret=key[1])
    assert ask(server, "POST", "/", headers, "{}")[0] == 200
    status, text, _ = ask(server, "POST", "/", {**headers, "X-Amz-Invocation-Type": "Event"}, "{}")
    assert status == 400 and "'x-amz-invocation-type' must be a 'SignedHeader'" in text
    for harmless in ({"X-Amzn-Trace-Id": "Root=1"}, {"X-Amz-User-Agent": "aws-sdk-js"}, {"X-Amz-Content-Sha256": "0" * 64}):
        assert ask(server, "POST", "/", {**headers, **harmless}, "{}")[0] == 200, harmless


def test_a_link_that_is_handed_out_does_nothing_else(server, key):
    """A presigned GetCallerIdentity proves who one is to strangers. It ran ListTables."""
    link = presigned(server, key, "sts", "Action=GetCallerIdentity&Version=2011-06-15")
    assert ask(server, "GET", link)[0] == 200
    for method in ("GET", "POST"):
        status, text, _ = ask(server, method, link, {"X-Amz-Target": LIST_TABLES, "Content-Type": "application/x-amz-json-1.0"}, "{}")
        assert status >= 400 and "TableNames" not in text


@pytest.mark.parametrize("service,target,status", [("sts", LIST_TABLES, 400), ("sqs", LIST_TABLES, 400), ("dynamodb", "AmazonSQS.ListQueues", 403), ("dynamodb", "Logs_20140328.DescribeLogGroups", 400)])
def test_a_scope_of_another_service(server, key, service, target, status):
    right = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "Logs_20140328": "logs"}[target.split(".")[0]]
    given, text, _ = ask(server, "POST", "/", signed(server, "{}", target, service, *key), "{}")
    assert given == status and json.loads(text)["__type"] == INVALID
    assert json.loads(text)["message"] == f"Credential should be scoped to correct service: '{right}'. "


def test_a_scope_of_another_service_in_xml(server, key):
    body = "Action=ListUsers&Version=2010-05-08"
    headers = signed(server, body, None, "dynamodb", *key, headers={"Content-Type": "application/x-www-form-urlencoded"})
    status, text, _ = ask(server, "POST", "/", headers, body)
    assert status >= 400 and "<Users" not in text


@pytest.mark.parametrize("expires,words", [(604801, "must be less than a week"), (-1, "must be non-negative"), ("soon", "should be a number"), (1 << 40, "must be less than a week")])
def test_links_that_live_too_long(server, key, expires, words):
    status, text, _ = ask(server, "GET", presigned(server, key, "sts", "Action=GetCallerIdentity&Version=2011-06-15", expires))
    assert status == 403 and "<Code>IncompleteSignature</Code>" in text and words in text
    assert ask(server, "GET", presigned(server, key, "sts", "Action=GetCallerIdentity&Version=2011-06-15", 604800))[0] == 200


@pytest.mark.parametrize("region", ["us east 1", "us-east-1\x01", "../..", "us-east-1%00", "x" * 64, "régi"])
def test_regions_of_odd_characters(server, region):
    headers = made_up_headers(LIST_TABLES, region=region.encode().decode("latin-1"))
    status, text, _ = ask(server, "POST", "/", headers, "{}")
    assert status == 400 and "TableNames" not in text


def test_the_region_is_the_scopes(server):
    for region in ("mars-north-1", "eu-isoe-west-1", "local", "ddblocal"):
        table = {"TableName": "there", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
        assert f":{region}:" in server.client("dynamodb", region=region).create_table(**table)["TableDescription"]["TableArn"]
    assert "there" not in server.client("dynamodb", region="moon-south-1").list_tables()["TableNames"]


def test_unless_a_host_says_another(server):
    body = '{"Limit": 100}'
    for host, region in (("dynamodb.mars-north-1.amazonaws.com", True), ("dynamodb.mars-north-1.localhost.localstack.cloud:4566", True), ("my-bucket-1.localhost", False)):
        text = ask(server, "POST", "/", {**made_up_headers(LIST_TABLES), "Host": host}, body)[1]
        assert ("there" in json.loads(text)["TableNames"]) == region, host


def test_odd_authorization(server):
    plain = {"X-Amz-Target": LIST_TABLES, "X-Amz-Date": now()}
    for header in ("AWS4-HMAC-SHA512 Credential=" + scope("dynamodb"), "AWS4-HMAC-SHA256-PAYLOAD Credential=" + scope("dynamodb"), "AWS test:x", "Bearer x"):
        status, text, _ = ask(server, "POST", "/", {**plain, "Authorization": header + ", SignedHeaders=host;x-amz-target, Signature=" + "0" * 64}, "{}")
        assert status == 400 and "IncompleteSignature" in text, header
    link = presigned(server, ("test", "test"), "sts", "Action=GetCallerIdentity&Version=2011-06-15").replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
    assert ask(server, "GET", link)[0] == 403


WORDS = {
    # service: (status, an unknown key, a wrong secret, no credentials)
    "dynamodb": (400, "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException"),
    "kinesis": (400, "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException"),
    "logs": (400, "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException"),
    "lambda": (403, "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException"),
    "sqs": (403, "InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken"),
    "iam": (403, "InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken"),
    "sts": (403, "InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken"),
}
CALLS = {"dynamodb": "list_tables", "kinesis": "list_streams", "logs": "describe_log_groups", "lambda": "list_functions", "sqs": "list_queues", "iam": "list_users", "sts": "get_caller_identity"}


@pytest.mark.parametrize("service", WORDS)
def test_words_of_refusal(server, user, service):
    status, unknown, wrong, none = WORDS[service]

    def answer(client):
        with pytest.raises(ClientError) as caught:
            getattr(client, CALLS[service])()
        return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]

    assert answer(server.client(service, user[0], "wrong")) == (wrong, status)
    assert answer(server.client(service, signature_version=UNSIGNED)) == (none, status)
    iam = server.client("iam")
    iam.create_user(UserName=f"gone-{service}")
    key = iam.create_access_key(UserName=f"gone-{service}")["AccessKey"]
    iam.delete_access_key(UserName=f"gone-{service}", AccessKeyId=key["AccessKeyId"])
    assert answer(server.client(service, key["AccessKeyId"], key["SecretAccessKey"])) == (unknown, status)


def test_credentials_in_trailers(server):
    """What comes behind the body is no header: not who signed, not what is asked for."""
    head, _, body = Raw(server).request(LIST_TABLES, {}).decode().partition("\r\n\r\n")
    line, *fields = head.split("\r\n")
    for moved in ("Authorization", "X-Amz-Target", "Host"):
        early = [field for field in fields if not field.startswith((moved + ":", "Content-Length:"))] + ["Transfer-Encoding: chunked", "Connection: close"]
        late = [field for field in fields if field.startswith(moved + ":")]
        pieces = ["\r\n".join([line, *early, "", ""]), f"{len(body):x}\r\n{body}\r\n", "\r\n".join(["0", *late, "", ""])]
        for sent in (pieces, ["".join(pieces)]):
            with socket.create_connection(("localhost", server.port)) as connection:
                for piece in sent:
                    connection.sendall(piece.encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            assert b" 200 " not in answer.split(b"\r\n")[0] and b"TableNames" not in answer, moved


def test_credentials_in_trailers_of_http2(server):
    connection = Http2(server)
    head, _, body = Raw(server).request(LIST_TABLES, {}).partition(b"\r\n\r\n")
    fields = [field for field in head.decode().split("\r\n") if not field.startswith("Authorization:")]
    authorization = next(field for field in head.decode().split("\r\n") if field.startswith("Authorization:"))
    stream = connection.begin("\r\n".join(fields).encode() + b"\r\n\r\n" + body, end=False)
    connection.h2.send_headers(stream, [("authorization", authorization.split(": ", 1)[1])], end_stream=True)
    connection.flush()
    text = b""
    while b"}" not in text:
        text += b"".join(event.data for event in connection.events() if hasattr(event, "data"))
    assert b"MissingAuthenticationToken" in text
