"""Event source mappings of queues, and the destinations of streams' failures.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import wait_until
from test_sqs import Queues

RECORDER = """
import json
def handler(event, context):
    print("SAW " + json.dumps([record["body"] for record in event["Records"]]))
"""
NAMES = iter(range(10**6))


@pytest.fixture
def queues(server):
    return Queues(server)


def saw(deployment, name):
    """Each invocation's bodies, in the order of the log."""
    return [json.loads(line[4:]) for line in deployment.log_of(name, "SAW")]


def mapped(deployment, queues, code, url, **settings):
    name = deployment.function(f"queue-fn-{next(NAMES)}", code)
    mapping = deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queues.arn(url), **settings)
    return name, mapping


def test_messages_reach_the_function_and_are_deleted(deployment, queues):
    url = queues.create()
    code = """
import json
def handler(event, context):
    print("EVENT " + json.dumps(event))
"""
    name, mapping = mapped(deployment, queues, code, url)
    assert (mapping["BatchSize"], mapping["StateTransitionReason"], mapping["State"]) == (10, "USER_INITIATED", "Creating")
    assert "StartingPosition" not in mapping and "ParallelizationFactor" not in mapping
    sent = queues.send(url, "hello", MessageAttributes={"a": {"DataType": "Binary", "BinaryValue": b"\0\1"}})[0]
    (line,) = wait_until(lambda: deployment.log_of(name, "EVENT"))
    (record,) = json.loads(line[6:])["Records"]
    attributes = record.pop("attributes")
    assert attributes["ApproximateReceiveCount"] == "1" and set(attributes) == {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert record.pop("receiptHandle")
    assert record == {"messageId": sent["MessageId"], "body": "hello", "md5OfBody": sent["MD5OfMessageBody"], "eventSource": "aws:sqs",
                      "md5OfMessageAttributes": sent["MD5OfMessageAttributes"], "eventSourceARN": queues.arn(url), "awsRegion": "us-east-1",
                      "messageAttributes": {"a": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"}}}
    wait_until(lambda: queues.counts(url) == (0, 0, 0))


def test_a_queue_that_is_made_again_still_triggers(deployment, queues):
    url = queues.create()
    name, _ = mapped(deployment, queues, RECORDER, url)
    queues.send(url, "first")
    wait_until(lambda: saw(deployment, name) == [["first"]])
    queues.sqs.delete_queue(QueueUrl=url)
    url = queues.sqs.create_queue(QueueName=url.rsplit("/", 1)[1])["QueueUrl"]
    queues.send(url, "second")
    wait_until(lambda: saw(deployment, name) == [["first"], ["second"]])


def test_what_failed_comes_back_and_ends_as_a_dead_letter(deployment, queues):
    dead = queues.create()
    url = queues.create(VisibilityTimeout=5, RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn(dead), "maxReceiveCount": 2}))
    name, _ = mapped(deployment, queues, RECORDER + "    raise Exception('no')\n", url, BatchSize=1)
    queues.send(url, "poison")
    wait_until(lambda: len(saw(deployment, name)) == 1)
    queues.advance(6)
    wait_until(lambda: len(saw(deployment, name)) == 2)
    queues.advance(6)
    wait_until(lambda: queues.counts(dead) == (1, 0, 0))
    assert saw(deployment, name) == [["poison"]] * 2 and queues.counts(url) == (0, 0, 0)


def test_only_failed_items_come_back(deployment, queues):
    url = queues.create(VisibilityTimeout=5)
    code = RECORDER + """
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]
                                  if r["body"] == "bad" and r["attributes"]["ApproximateReceiveCount"] == "1"]}
"""
    name, mapping = mapped(deployment, queues, code, url, FunctionResponseTypes=["ReportBatchItemFailures"], Enabled=False)
    queues.send(url, "good", "bad")
    deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_until(lambda: queues.counts(url) == (0, 1, 0) and saw(deployment, name))
    queues.advance(6)
    wait_until(lambda: queues.counts(url) == (0, 0, 0))
    assert saw(deployment, name) == [["good", "bad"], ["bad"]]


def test_an_answer_that_names_strangers_fails_the_batch(deployment, queues):
    url = queues.create(VisibilityTimeout=5)
    code = RECORDER + '    return {"batchItemFailures": [{"itemIdentifier": "nobody"}]}\n'
    name, _ = mapped(deployment, queues, code, url, FunctionResponseTypes=["ReportBatchItemFailures"])
    queues.send(url, "x")
    wait_until(lambda: saw(deployment, name))
    assert queues.counts(url) == (0, 1, 0)


def test_unwanted_messages_are_deleted(deployment, queues):
    url = queues.create()
    name, _ = mapped(deployment, queues, RECORDER, url, FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["a"]}})}]})
    for n, kind in enumerate("abab"):
        queues.send(url, json.dumps({"kind": kind, "n": n}))
    queues.send(url, "no JSON")
    wait_until(lambda: queues.counts(url) == (0, 0, 0) and sum(map(len, saw(deployment, name))) == 2)
    assert sorted(json.loads(body)["n"] for batch in saw(deployment, name) for body in batch) == [0, 2]


def test_a_batching_window_gathers_messages(deployment, queues):
    url = queues.create(VisibilityTimeout=300)
    name, _ = mapped(deployment, queues, RECORDER, url, BatchSize=100, MaximumBatchingWindowInSeconds=30)
    for n in range(20):
        queues.send(url, str(n))
    wait_until(lambda: queues.counts(url) == (0, 20, 0))
    assert saw(deployment, name) == []
    queues.advance(31)
    wait_until(lambda: queues.counts(url)[1] == 0)
    assert [len(batch) for batch in saw(deployment, name)] == [20]


def test_groups_keep_their_order_across_failures(deployment, queues):
    url = queues.create(fifo=True, ContentBasedDeduplication="true", VisibilityTimeout=5)
    code = RECORDER + """
    if any(r["body"] == "b1" and r["attributes"]["ApproximateReceiveCount"] == "1" for r in event["Records"]):
        raise Exception("once")
"""
    name, _ = mapped(deployment, queues, code, url, BatchSize=1)
    for n in range(3):
        for group in "ab":
            queues.send(url, f"{group}{n}", MessageGroupId=group)
    wait_until(lambda: queues.counts(url) == (1, 1, 0))  # b1 in flight, b2 behind it
    queues.advance(6)
    wait_until(lambda: queues.counts(url) == (0, 0, 0))
    seen = [body for (body,) in saw(deployment, name)]
    assert [body for body in seen if body[0] == "a"] == ["a0", "a1", "a2"]
    assert [body for body in seen if body[0] == "b"] == ["b0", "b1", "b1", "b2"]


def test_maximum_concurrency(deployment, queues):
    url, gate, begun = queues.create(VisibilityTimeout=300), queues.create(), queues.create()
    # Says that it has begun, and runs until a message comes.
    code = f"""
import boto3
def handler(event, context):
    sqs = boto3.client('sqs')
    sqs.send_message(QueueUrl={begun!r}, MessageBody=event['Records'][0]['body'])
    while not sqs.receive_message(QueueUrl={gate!r}, WaitTimeSeconds=20).get('Messages'):
        pass
"""
    queues.send(url, *"abcdef")
    name = deployment.function("at-once", code, Timeout=60)
    mapping = deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queues.arn(url), BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    wait_until(lambda: queues.counts(begun)[0] == 2)
    for done in range(1, 7):
        assert queues.counts(url)[1] == min(2, 7 - done)  # as many are in flight as may be, and no more
        queues.send(gate, "go on")
        wait_until(lambda: sum(queues.counts(url)) == 6 - done and queues.counts(begun)[0] == min(6, 2 + done))


def test_what_is_refused(deployment, queues):
    url, fifo, short = queues.create(), queues.create(fifo=True), queues.create(VisibilityTimeout=1)
    name = deployment.function("queue-refused", RECORDER)

    def refused(arn, **settings):
        with pytest.raises(ClientError) as caught:
            deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, **settings)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
        return caught.value.response["Error"]["Message"]

    assert refused(queues.arn(url) + "x") == ("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error "
                                              "Message: The specified queue does not exist.")
    assert refused(queues.arn(short)) == "Queue visibility timeout: 1 seconds is less than Function timeout: 3 seconds"
    assert refused(queues.arn(url), BatchSize=11) == "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    assert "FIFO" in refused(queues.arn(fifo), BatchSize=11) and "FIFO" in refused(queues.arn(fifo), MaximumBatchingWindowInSeconds=1)
    assert refused(queues.arn(url), ParallelizationFactor=2) == "Unsupported ParallelizationFactor parameter for given event source mapping type."


def test_every_message_is_processed_across_a_kill(own_server):
    from conftest import Deployment
    server = own_server()
    deployment, queues = Deployment(server), Queues(server)
    url = queues.create(VisibilityTimeout=5)
    name, _ = mapped(deployment, queues, RECORDER, url, BatchSize=1)
    for n in range(30):
        queues.send(url, str(n))
    server.kill()
    server.start()
    deployment, queues = Deployment(server), Queues(server)
    url = queues.sqs.list_queues()["QueueUrls"][0]
    wait_until(lambda: queues.counts(url) == (0, 0, 0))
    wait_until(lambda: {body for batch in saw(deployment, name) for body in batch} == {str(n) for n in range(30)})


@pytest.mark.parametrize("given_up_by", ["retries", "age"])
def test_a_streams_failures_are_told_to_a_queue(own_server, given_up_by):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html"""
    from conftest import Deployment
    server = own_server("--test-clock")
    deployment, queues = Deployment(server), Queues(server)
    url = queues.create()
    arn = deployment.table("source", stream="NEW_IMAGE")
    name = deployment.function("failing", "def handler(event, context):\n    print('SAW')\n    raise Exception('no')\n")
    limits = {"MaximumRetryAttempts": 1} if given_up_by == "retries" else {"MaximumRecordAgeInSeconds": 60}
    mapping = deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, StartingPosition="TRIM_HORIZON",
                                                               DestinationConfig={"OnFailure": {"Destination": queues.arn(url)}}, **limits)
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": queues.arn(url)}}
    deployment.dynamodb.put_item(TableName="source", Item={"id": {"S": "a"}})
    wait_until(lambda: deployment.log_of(name, "SAW"))
    if given_up_by == "age":
        queues.advance(61)
    (body,) = wait_until(lambda: queues.bodies(url, WaitTimeSeconds=1))
    record = json.loads(body)
    batch = record["DDBStreamBatchInfo"]
    assert record["requestContext"]["condition"] == ("RetryAttemptsExhausted" if given_up_by == "retries" else "RecordAgeExceeded")
    assert record["requestContext"]["functionArn"].endswith(":function:failing") and record["version"] == "1.0"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert (batch["batchSize"], batch["streamArn"]) == (1, arn) and batch["startSequenceNumber"] == batch["endSequenceNumber"]
    if given_up_by == "retries":
        assert record["requestContext"]["approximateInvokeCount"] == 2
