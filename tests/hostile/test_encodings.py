"""Bodies in encodings that a server might read otherwise than who has signed them; answers in those that were asked for."""
import gzip
import http.client
import json
import uuid
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from raw_http import Raw


def ask(server, request):
    with Raw(server).connect() as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer, answer.read()


def encoded(server, body, encoding, target="DynamoDB_20120810.PutItem", service="dynamodb"):
    raw = Raw(server, service)
    return ask(server, raw.request_of(target, body, **{"Content-Encoding": encoding}))


@pytest.fixture(scope="module")
def table(server):
    name = f"encoded-{uuid.uuid4().hex[:8]}"
    server.client("dynamodb").create_table(TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    server.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "large"}, "data": {"S": "x" * 4096}})
    server.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "small"}, "data": {"S": "x" * 4000}})
    return name


def put(table, key):
    return json.dumps({"TableName": table, "Item": {"id": {"S": key}}}).encode()


def is_there(server, table, key):
    return "Item" in server.client("dynamodb").get_item(TableName=table, Key={"id": {"S": key}}, ConsistentRead=True)


# How DynamoDB takes them: https://github.com/scylladb/scylladb test/alternator/test_compressed_request.py
REQUESTS = {
    "gzip": (gzip.compress, "gzip", 200),
    "gzip in capitals": (gzip.compress, "GZIP", 200),
    "two of them": (lambda body: gzip.compress(body[:10]) + gzip.compress(body[10:]), "gzip", 200),
    "nothing": (bytes, "identity", 200),
    "garbage": (bytes, "garbage", 500),
    "deflate": (zlib.compress, "deflate", 500),
    "gzip twice": (lambda body: gzip.compress(gzip.compress(body)), "gzip, gzip", 500),
    "no gzip": (bytes, "gzip", 500),
    "a byte too few": (lambda body: gzip.compress(body)[:-1], "gzip", 500),
    "a bomb": (lambda body: gzip.compress(body + b" " * (200 << 20), 9), "gzip", 500),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_body_is_read_as_its_encoding_says_or_refused(server, table, what):
    pack, encoding, status = REQUESTS[what]
    answer, _ = encoded(server, pack(put(table, what)), encoding)
    assert answer.status == status
    assert is_there(server, table, what) == (status == 200)


@pytest.mark.parametrize("service, target, body", [
    ("sqs", "AmazonSQS.ListQueues", b"{}"), ("kinesis", "Kinesis_20131202.ListStreams", b"{}"), ("logs", "Logs_20140328.DescribeLogGroups", b"{}"),
    ("monitoring", "GraniteServiceVersion20100801.ListMetrics", b"{}")])
def test_no_service_reads_an_unknown_encoding(server, service, target, body):
    assert encoded(server, body, "br", target, service)[0].status == 500
    assert encoded(server, gzip.compress(body), "gzip", target, service)[0].status == 200


@pytest.mark.parametrize("service, target, limit", [("dynamodb", "DynamoDB_20120810.ListTables", 16 << 20), ("sqs", "AmazonSQS.ListQueues", 8 << 20), ("monitoring", "GraniteServiceVersion20100801.ListMetrics", 1 << 20)])
def test_what_is_packed_is_no_larger_than_what_is_not(server, service, target, limit):
    assert encoded(server, gzip.compress(b"{}".ljust(limit)), "gzip", target, service)[0].status == 200
    assert encoded(server, gzip.compress(b"{}".ljust(limit + 1)), "gzip", target, service)[0].status == 500


def form(server, service, body, encoding="gzip"):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": encoding}
    signed = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=body, headers=headers)
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), service, "us-east-1").add_auth(signed)
    lines = {**signed.headers, "Host": f"localhost:{server.port}", "Content-Length": len(body)}
    return ask(server, ("POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode() + body)


@pytest.mark.parametrize("service, body, answer", [
    ("sqs", b"Action=ListQueues&Version=2012-11-05", b"<ListQueuesResponse"), ("monitoring", b"Action=ListMetrics&Version=2010-08-01", b"<ListMetricsResponse"),
    ("sts", b"Action=GetCallerIdentity&Version=2011-06-15", b"<GetCallerIdentityResponse"), ("iam", b"Action=ListUsers&Version=2010-05-08", b"<ListUsersResponse")])
def test_a_packed_form_names_its_operation(server, service, body, answer):
    """The action was looked for in what was still packed."""
    seen, text = form(server, service, gzip.compress(body))
    assert seen.status == 200 and answer in text
    assert form(server, service, gzip.compress(body)[:-1])[0].status == 500
    assert form(server, service, gzip.compress(body + b"&x=" + b"x" * (8 << 20)))[0].status == 500


# How DynamoDB reads it: https://github.com/scylladb/scylladb test/alternator/test_compressed_response.py
ACCEPTED = {
    "gzip": "gzip", "deflate": "deflate", "GZIP, identity": "gzip", "dog, gzip ,, cat": "gzip", "br, identity, deflate, gzip": "deflate", "gzip;q=0.8, deflate;q=0.5": "gzip",
    "br, gzip;q=0, deflate; q = 0.5 , identity;q=0": "deflate", "*": "gzip", "*, deflate;q=0.5": "gzip", "*, deflate": "deflate", "*, gzip;q=0.5": "deflate",
    "deflate;q=0.5, gzip;q=31": "gzip", "deflate;q=0.5, gzip;q=1;q=0.2": "gzip", "deflate;q=0.5,gzip;q=0.": "deflate", "deflate;q=-0.5,gzip;q=0.2": "gzip",
    "gzip;q=0, gzip;q=1, gzip;q=0": "gzip", "br,identity;q=0.5,gzip;q=0.0001": "gzip",
    "identity": None, "": None, "br": None, "x-gzip": None, "gzip ;q=0": None, "*;q=0": None, "br;q=0.8,identity;q=0.5,*;q=0": None, '"gzip"': None, "gzip br": None, "gzip:q=1": None, "gzip;nq=1;q=0 ": None}


def get(server, table, key, accepted):
    answer, body = ask(server, Raw(server).request("DynamoDB_20120810.GetItem", {"TableName": table, "Key": {"id": {"S": key}}}, **{"Accept-Encoding": accepted}))
    assert answer.status == 200 and int(answer.headers["x-amz-crc32"]) == zlib.crc32(body)
    return answer.headers["Content-Encoding"], body


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_answers_come_in_an_encoding_that_was_asked_for(server, table, accepted):
    encoding, body = get(server, table, "large", accepted)
    assert encoding == ACCEPTED[accepted]
    plain = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}[encoding](body)
    assert json.loads(plain)["Item"]["data"]["S"] == "x" * 4096 and (encoding is None) == (len(body) > 4096)


def test_small_answers_come_as_they_are(server, table):
    assert get(server, table, "small", "gzip")[0] is None
