"""A few bytes that ask for much memory, from whoever may send them: a request is read before its rights are asked for."""
import gzip
import http.client

import pytest
from raw_requests import signed

MILLIONS = 2_000_000


def peak_mb(server):
    return next(int(line.split()[1]) // 1024 for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmHWM"))


@pytest.mark.parametrize("service, target, body", [
    ("monitoring", "GraniteServiceVersion20100801.PutMetricData", '{"Namespace":"a","MetricData":[%s]}'),
    ("dynamodb", "DynamoDB_20120810.TransactWriteItems", '{"TransactItems":[%s]}'),
    ("dynamodb", "DynamoDB_20120810.BatchGetItem", '{"RequestItems":{"a":{"Keys":[%s]}}}'),
    ("kinesis", "Kinesis_20131202.PutRecords", '{"StreamName":"a","Records":[%s]}'),
    ("sqs", "AmazonSQS.SendMessageBatch", '{"QueueUrl":"a","Entries":[%s]}'),
    ("logs", "Logs_20140328.PutLogEvents", '{"logGroupName":"a","logStreamName":"b","logEvents":[%s]}'),
], ids=lambda value: value.split(".")[-1] if "." in value else "")
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_small_request_takes_little(own_server, service, target, body, encoding):
    server = own_server("--ephemeral")
    content = (body % ",".join(["{}"] * (MILLIONS if encoding == "gzip" else 300_000))).encode()
    sent = gzip.compress(content, 9) if encoding == "gzip" else content
    headers = signed(server, sent, target=target, service=service, headers={"Content-Encoding": encoding, "Content-Type": "application/x-amz-json-1.0"})
    before = peak_mb(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
    connection.request("POST", "/", sent, {"Host": f"localhost:{server.port}", **headers})
    answer = connection.getresponse()
    assert 400 <= answer.status <= 500 and len(answer.read()) < 100_000 + (len(content) * 2 if "BatchGetItem" in target else 0)  # which echoes its keys
    assert peak_mb(server) - before < 300


def test_a_small_request_in_cbor(own_server):
    server = own_server("--ephemeral")
    text = lambda value: bytes([0x60 + len(value)]) + value
    content = b"\xa2" + text(b"StreamName") + text(b"a") + text(b"Records") + b"\x9a" + (4_000_000).to_bytes(4, "big") + b"\xa0" * 4_000_000
    headers = signed(server, content, target="Kinesis_20131202.PutRecords", service="kinesis", headers={"Content-Type": "application/x-amz-cbor-1.1"})
    before = peak_mb(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
    connection.request("POST", "/", content, {"Host": f"localhost:{server.port}", **headers})
    answer = connection.getresponse()
    assert answer.status == 400 and len(answer.read()) < 100_000
    assert peak_mb(server) - before < 300
