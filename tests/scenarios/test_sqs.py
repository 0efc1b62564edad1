"""SQS with boto3, and as older SDKs speak it. Wordings are the API reference's and botocore's model's."""
import json
import socket
import subprocess
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import wait_until

NAMES = iter(range(10**6))


@pytest.fixture
def queues(server):
    return Queues(server)


class Queues:
    def __init__(self, server):
        self.server, self.sqs = server, server.client("sqs")

    def create(self, fifo=False, **attributes):
        attributes.update({"FifoQueue": "true"} if fifo else {})
        return self.sqs.create_queue(QueueName=f"queue-{next(NAMES)}" + ".fifo" * fifo, Attributes={k: str(v) for k, v in attributes.items()})["QueueUrl"]

    def send(self, url, *bodies, **settings):
        return [self.sqs.send_message(QueueUrl=url, MessageBody=body, **settings) for body in bodies]

    def receive(self, url, count=10, **settings):
        return self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **settings).get("Messages", [])

    def bodies(self, url, count=10, **settings):
        return [message["Body"] for message in self.receive(url, count, **settings)]

    def delete(self, url, messages):
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def counts(self, url):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return tuple(int(shown[name]) for name in names)

    def arn(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def advance(self, seconds):
        self.server.post(f"/_leat/clock?advance={seconds}")

    def refused(self, call, **arguments):
        with pytest.raises(ClientError) as caught:
            getattr(self.sqs, call)(**arguments)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


def test_a_message_is_hidden_while_it_is_worked_on_and_comes_back(queues):
    url = queues.create(VisibilityTimeout=30)
    queues.send(url, "one")
    (first,) = queues.receive(url, AttributeNames=["All"])
    assert first["Body"] == "one" and first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert queues.receive(url) == [] and queues.counts(url) == (0, 1, 0)
    queues.advance(31)
    assert queues.counts(url) == (1, 0, 0)
    (second,) = queues.receive(url, AttributeNames=["All"])
    assert second["MessageId"] == first["MessageId"] and second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == first["Attributes"]["ApproximateFirstReceiveTimestamp"]
    queues.delete(url, [first])  # not its newest handle: nothing happens
    assert queues.counts(url) == (0, 1, 0)
    queues.delete(url, [second])
    queues.delete(url, [second])
    assert queues.counts(url) == (0, 0, 0)


def test_visibility_can_be_changed(queues):
    url = queues.create()
    queues.send(url, "a")
    (message,) = queues.receive(url)
    queues.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (message,) = queues.receive(url)
    queues.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=3600)
    queues.advance(60)
    assert queues.receive(url) == []
    code, text = queues.refused("change_message_visibility", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=43200)
    assert code == "InvalidParameterValue" and "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]" in text
    queues.delete(url, [message])
    code, text = queues.refused("change_message_visibility", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1)
    assert code == "InvalidParameterValue" and "Message does not exist or is not available for visibility timeout change" in text
    assert queues.refused("delete_message", QueueUrl=url, ReceiptHandle="nonsense")[0] == "ReceiptHandleIsInvalid"


def test_delays_of_a_queue_and_of_a_message(queues):
    url = queues.create(DelaySeconds=10)
    queues.send(url, "later")
    queues.send(url, "now", DelaySeconds=0)
    assert queues.bodies(url) == ["now"] and queues.counts(url) == (0, 1, 1)
    queues.advance(11)
    assert queues.bodies(url) == ["later"]


def test_a_waiting_receiver_is_woken_by_a_send_and_by_a_visibility_that_ends(queues):
    url = queues.create(VisibilityTimeout=1)

    def sent_after(received):
        box = []
        waiting = threading.Thread(target=lambda: box.append((queues.bodies(url, WaitTimeSeconds=20), time.monotonic())))
        waiting.start()
        received()
        waiting.join()
        return box[0]

    bodies, when = sent_after(lambda: queues.send(url, "hello"))
    assert bodies == ["hello"]
    started = time.monotonic()
    bodies, when = sent_after(lambda: None)  # it becomes visible again by itself
    assert bodies == ["hello"] and when - started < 10
    queues.sqs.purge_queue(QueueUrl=url)
    started = time.monotonic()
    assert queues.receive(url, WaitTimeSeconds=1) == [] and time.monotonic() - started >= 0.9


def test_each_waiting_receiver_gets_its_own(queues):
    url, got = queues.create(), []
    threads = [threading.Thread(target=lambda: got.extend(queues.bodies(url, 1, WaitTimeSeconds=20))) for _ in range(5)]
    for thread in threads:
        thread.start()
    queues.send(url, *"abcde")
    for thread in threads:
        thread.join()
    assert sorted(got) == list("abcde")


def test_attributes_and_their_digests(queues):
    url = queues.create()
    attributes = {"text": {"DataType": "String", "StringValue": "x"}, "prefix.n": {"DataType": "Number", "StringValue": "12.5"},
                  "prefix.b": {"DataType": "Binary.png", "BinaryValue": b"\0\1"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    queues.send(url, "x", MessageAttributes=attributes, MessageSystemAttributes=trace)  # boto3 checks the digests that it is given
    (message,) = queues.receive(url, MessageAttributeNames=["prefix.*"], MessageSystemAttributeNames=["AWSTraceHeader"], VisibilityTimeout=0)
    assert message["MessageAttributes"] == {name: attributes[name] for name in ("prefix.b", "prefix.n")}
    assert message["Attributes"] == {"AWSTraceHeader": trace["AWSTraceHeader"]["StringValue"]}
    (message,) = queues.receive(url)
    assert "MessageAttributes" not in message and "Attributes" not in message


def test_what_cannot_be_sent(queues):
    url, fifo = queues.create(MaximumMessageSize=1024), queues.create(fifo=True)
    assert queues.refused("send_message", QueueUrl=url, MessageBody="x" * 1025) == \
        ("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")
    assert queues.refused("send_message", QueueUrl=url, MessageBody="")[0] == "MissingParameter"
    assert queues.refused("send_message", QueueUrl=url, MessageBody="\1")[0] == "InvalidMessageContents"
    assert queues.refused("send_message", QueueUrl=url, MessageBody="x", DelaySeconds=901)[0] == "InvalidParameterValue"
    assert queues.refused("send_message", QueueUrl=url, MessageBody="x", MessageAttributes={"a": {"DataType": "Text", "StringValue": "x"}})[0] == "InvalidParameterValue"
    assert queues.refused("send_message", QueueUrl=url, MessageBody="x", MessageDeduplicationId="1")[0] == "InvalidParameterValue"
    assert queues.refused("send_message", QueueUrl=fifo, MessageBody="x") == ("MissingParameter", "The request must contain the parameter MessageGroupId.")
    assert queues.refused("send_message", QueueUrl=fifo, MessageBody="x", MessageGroupId="g") == \
        ("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
    assert queues.refused("send_message", QueueUrl=url + "-gone", MessageBody="x") == \
        ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    assert queues.counts(url) == queues.counts(fifo) == (0, 0, 0)


def test_batches(queues):
    url, entry = queues.create(), lambda n, body="x": {"Id": f"e{n}", "MessageBody": body}
    code = "AWS.SimpleQueueService."
    assert queues.refused("send_message_batch", QueueUrl=url, Entries=[])[0] == code + "EmptyBatchRequest"
    assert queues.refused("send_message_batch", QueueUrl=url, Entries=[entry(n) for n in range(11)]) == \
        (code + "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11.")
    assert queues.refused("send_message_batch", QueueUrl=url, Entries=[entry(1), entry(1)]) == (code + "BatchEntryIdsNotDistinct", "Id e1 repeated.")
    assert queues.refused("send_message_batch", QueueUrl=url, Entries=[{"Id": "a b", "MessageBody": "x"}])[0] == code + "InvalidBatchEntryId"
    assert queues.refused("send_message_batch", QueueUrl=url, Entries=[entry(n, "x" * 300000) for n in range(4)])[0] == code + "BatchRequestTooLong"
    answer = queues.sqs.send_message_batch(QueueUrl=url, Entries=[entry(1, "a"), entry(2, "\1"), entry(3, "b")])
    assert [each["Id"] for each in answer["Successful"]] == ["e1", "e3"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [("e2", "InvalidMessageContents", True)]
    handles = [message["ReceiptHandle"] for message in queues.receive(url)]
    answer = queues.sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 100}, {"Id": "b", "ReceiptHandle": "?", "VisibilityTimeout": 1}])
    assert [each["Id"] for each in answer["Successful"]] == ["a"] and answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    queues.sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)])
    assert queues.counts(url) == (0, 0, 0)


def test_a_group_is_in_order_with_one_batch_in_flight(queues):
    url = queues.create(fifo=True, ContentBasedDeduplication="true", VisibilityTimeout=30)
    for n in range(4):
        queues.send(url, f"a{n}", MessageGroupId="a")
        queues.send(url, f"b{n}", MessageGroupId="b")
    first = queues.receive(url, 2)
    assert [each["Body"] for each in first] == ["a0", "a1"]
    assert queues.bodies(url) == ["b0", "b1", "b2", "b3"] and queues.bodies(url) == []
    queues.delete(url, first[:1])
    assert queues.bodies(url) == []  # a1 is still in flight
    queues.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=0)
    again = queues.receive(url, 1)
    assert [each["Body"] for each in again] == ["a1"]
    queues.delete(url, again)
    assert queues.bodies(url) == ["a2", "a3"]
    queues.advance(31)
    assert queues.bodies(url) == ["b0", "b1", "b2", "b3", "a2", "a3"] and queues.counts(url) == (0, 6, 0)


def test_a_receive_that_is_asked_again_gives_the_same(own_server):
    server = own_server("--test-clock")
    queues = Queues(server)
    url = queues.create(fifo=True, ContentBasedDeduplication="true", VisibilityTimeout=30)
    for group in "ab":
        queues.send(url, *(group + str(n) for n in range(3)), MessageGroupId=group)
    first = queues.receive(url, count=2, ReceiveRequestAttemptId="one", AttributeNames=["All"])
    assert [message["Body"] for message in first] == ["a0", "a1"]
    queues.advance(20)
    assert queues.receive(url, count=2, ReceiveRequestAttemptId="one", AttributeNames=["All"]) == first
    assert queues.counts(url) == (4, 2, 0)
    assert queues.bodies(url, count=2, ReceiveRequestAttemptId="two") == ["b0", "b1"]  # another attempt is another receive
    server.kill()
    server.start()
    queues = Queues(server)
    queues.advance(20)  # hidden for thirty seconds from the second time
    again = queues.receive(url, count=2, ReceiveRequestAttemptId="one", AttributeNames=["All"])
    assert [message["ReceiptHandle"] for message in again] == [message["ReceiptHandle"] for message in first]
    queues.delete(url, again[:1])
    assert queues.receive(url, ReceiveRequestAttemptId="one") == []  # one is gone: its group is still in flight
    url = queues.create(fifo=True, ContentBasedDeduplication="true", VisibilityTimeout=30)
    queues.send(url, "only", MessageGroupId="a")
    handle = queues.receive(url, ReceiveRequestAttemptId="one")[0]["ReceiptHandle"]
    queues.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=600)
    assert queues.receive(url, ReceiveRequestAttemptId="one") == []  # its visibility was changed
    queues.advance(601)
    received = queues.receive(url, ReceiveRequestAttemptId="one", VisibilityTimeout=600)[0]["ReceiptHandle"]
    assert received != handle
    queues.advance(299)
    assert queues.receive(url, ReceiveRequestAttemptId="one", VisibilityTimeout=600)[0]["ReceiptHandle"] == received
    queues.advance(301)
    assert queues.receive(url, ReceiveRequestAttemptId="one") == []  # five minutes are over
    assert queues.refused("receive_message", QueueUrl=url, ReceiveRequestAttemptId="x" * 129)[0] == "InvalidParameterValue"


def test_the_handle_of_a_fifo_message_expires(queues):
    url = queues.create(fifo=True, VisibilityTimeout=30)
    queues.send(url, "x", MessageGroupId="g", MessageDeduplicationId="1")
    (message,) = queues.receive(url)
    queues.advance(31)
    code, text = queues.refused("delete_message", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert code == "InvalidParameterValue" and text.endswith("Reason: The receipt handle has expired.")


def test_duplicates_are_dropped_for_five_minutes(queues):
    url = queues.create(fifo=True)
    (first,) = queues.send(url, "x", MessageGroupId="g", MessageDeduplicationId="1")
    (second,) = queues.send(url, "y", MessageGroupId="g", MessageDeduplicationId="1")
    assert (first["MessageId"], first["SequenceNumber"]) == (second["MessageId"], second["SequenceNumber"])
    messages = queues.receive(url)
    assert [each["Body"] for each in messages] == ["x"]
    queues.delete(url, messages)
    queues.advance(299)
    queues.send(url, "z", MessageGroupId="g", MessageDeduplicationId="1")
    assert queues.bodies(url) == []
    queues.advance(2)
    queues.send(url, "w", MessageGroupId="g", MessageDeduplicationId="1")
    assert queues.bodies(url) == ["w"]


def test_duplicates_within_one_batch_are_dropped(queues):
    url = queues.create(fifo=True)
    entries = [{"Id": str(n), "MessageBody": f"m{n}", "MessageGroupId": "g", "MessageDeduplicationId": "1" if n < 2 else "2"} for n in range(3)]
    answer = queues.sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]
    assert answer[0]["MessageId"] == answer[1]["MessageId"] != answer[2]["MessageId"]
    assert queues.bodies(url) == ["m0", "m2"] and queues.counts(url) == (0, 2, 0)


def test_senders_do_not_outlive_their_queue(queues):
    """What is sent while a queue is deleted is refused or goes with it; nothing turns up in the next queue of that name."""
    name = queues.create().rsplit("/", 1)[1]
    stop, senders = threading.Event(), []

    def send():
        sqs = queues.server.client("sqs")
        while not stop.is_set():
            try:
                sqs.send_message(QueueUrl=f"{queues.server.endpoint}/000000000000/{name}", MessageBody="x")
            except sqs.exceptions.QueueDoesNotExist:
                pass

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for _ in range(20):
        url = queues.sqs.create_queue(QueueName=name)["QueueUrl"]
        wait_until(lambda: queues.counts(url)[0] > 3)
        queues.sqs.delete_queue(QueueUrl=url)
    stop.set()
    for sender in senders:
        sender.join()
    url = queues.sqs.create_queue(QueueName=name)["QueueUrl"]
    assert queues.counts(url) == (0, 0, 0) and queues.bodies(url) == []


def test_a_waiting_receiver_does_not_hold_up_the_end(own_server):
    server = own_server()
    queues, got = Queues(server), []
    url = queues.create()

    def receive():
        try:
            got.append(queues.receive(url, WaitTimeSeconds=20))
        except BotoCoreError as gone:  # where it came after the listener had closed
            got.append(gone)

    waiting = threading.Thread(target=receive)
    waiting.start()
    server.get("/_leat/health")
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 4
    waiting.join()


def test_a_client_that_never_closes_does_not_hold_up_the_end(own_server):
    server = own_server()
    queues = Queues(server)
    url = queues.create()
    signed = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=f"Action=ReceiveMessage&Version=2012-11-05&QueueUrl={url}&WaitTimeSeconds=20",
                                            headers={"Content-Type": "application/x-www-form-urlencoded"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "sqs", "us-east-1").add_auth(signed)
    headers = {"Host": f"localhost:{server.port}", "Content-Length": len(signed.data), **signed.headers}
    request = ("POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n" + signed.data).encode()
    with socket.create_connection(("localhost", server.port)) as client:
        queues.send(url, "first")
        client.sendall(request)
        assert b"first" in client.recv(65536)
        client.sendall(request)
        server.get("/_leat/health")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 4


def test_high_throughput_fifo_deduplicates_by_group(queues):
    url = queues.create(fifo=True, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for group in "ab":
        queues.send(url, group, group, MessageGroupId=group, MessageDeduplicationId="1")
    assert sorted(queues.bodies(url)) == ["a", "b"]


@pytest.mark.parametrize("fifo", [False, True])
def test_dead_letters_and_their_way_back(queues, fifo):
    dead = queues.create(fifo=fifo)
    url = queues.create(fifo=fifo, VisibilityTimeout=0, RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn(dead), "maxReceiveCount": "2"}))
    settings = {"MessageGroupId": "g"} if fifo else {}
    for n in range(3):
        queues.send(url, f"m{n}", **settings, **({"MessageDeduplicationId": str(n)} if fifo else {}))
    assert [queues.bodies(url) for _ in range(3)] == [["m0", "m1", "m2"]] * 2 + [[]]
    assert queues.counts(url) == (0, 0, 0) and queues.counts(dead) == (3, 0, 0)
    (message,) = queues.receive(dead, 1, AttributeNames=["All"], VisibilityTimeout=0)
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == queues.arn(url)
    assert queues.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    handle = queues.sqs.start_message_move_task(SourceArn=queues.arn(dead))["TaskHandle"]
    done = wait_until(lambda: [each for each in queues.sqs.list_message_move_tasks(SourceArn=queues.arn(dead))["Results"] if each["Status"] == "COMPLETED"])
    assert done[0]["ApproximateNumberOfMessagesMoved"] == 3
    assert queues.refused("cancel_message_move_task", TaskHandle=handle)[0] == "AWS.SimpleQueueService.UnsupportedOperation"
    assert sorted(queues.bodies(url)) == ["m0", "m1", "m2"] and queues.counts(dead) == (0, 0, 0)


def test_a_slow_move_task_can_be_cancelled(queues):
    dead, target = queues.create(), queues.create()
    queues.create(RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn(dead), "maxReceiveCount": 1}))
    queues.send(dead, *"abc")
    handle = queues.sqs.start_message_move_task(SourceArn=queues.arn(dead), DestinationArn=queues.arn(target), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    wait_until(lambda: queues.counts(target)[0] >= 1)
    moved = queues.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert queues.counts(target)[0] == moved and queues.counts(dead)[0] == 3 - moved
    assert queues.refused("start_message_move_task", SourceArn=queues.arn(target))[1] == "Source queue must be configured as a Dead Letter Queue."


def test_redrive_policies_are_checked(queues):
    plain, fifo = queues.create(), queues.create(fifo=True)
    closed = queues.create(RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))

    def refused(**policy):
        return queues.refused("set_queue_attributes", QueueUrl=plain, Attributes={"RedrivePolicy": json.dumps(policy)})

    assert refused(deadLetterTargetArn=queues.arn(fifo), maxReceiveCount=3)[0] == "InvalidParameterValue"
    assert refused(deadLetterTargetArn=queues.arn(closed), maxReceiveCount=3)[0] == "InvalidParameterValue"
    assert refused(deadLetterTargetArn=queues.arn(plain) + "x", maxReceiveCount=3)[0] == "InvalidParameterValue"
    assert refused(maxReceiveCount=3)[0] == "InvalidAttributeValue"


def test_no_receiver_is_given_a_message_twice_at_once(queues):
    """It can be received again at once, and an earlier one's way to the dead letters makes room for another look."""
    dead = queues.create()
    url = queues.create(RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn(dead), "maxReceiveCount": 2}))
    queues.send(url, "first")
    for _ in range(2):
        assert queues.bodies(url, VisibilityTimeout=0) == ["first"]
    queues.send(url, "second")
    assert queues.bodies(url, VisibilityTimeout=0) == ["second"]
    assert queues.bodies(dead) == ["first"]


def test_messages_go_with_their_retention(queues):
    url = queues.create(MessageRetentionPeriod=60)
    queues.send(url, "old")
    queues.advance(30)
    queues.send(url, "young")
    queues.advance(31)
    assert queues.bodies(url, VisibilityTimeout=0) == ["young"]
    wait_until(lambda: queues.counts(url) == (1, 0, 0))
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "120"})
    queues.advance(80)
    assert queues.bodies(url, VisibilityTimeout=0) == ["young"]
    queues.advance(10)
    wait_until(lambda: queues.counts(url) == (0, 0, 0))


def test_queues_and_their_attributes(queues):
    sqs, url = queues.sqs, queues.create(VisibilityTimeout=7)
    name = url.rsplit("/", 1)[1]
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url and url == f"{queues.server.endpoint}/000000000000/{name}"
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "7"})["QueueUrl"] == url
    assert queues.refused("create_queue", QueueName=name, Attributes={"VisibilityTimeout": "8"}) == \
        ("QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute VisibilityTimeout")
    assert queues.refused("create_queue", QueueName="a b")[0] == "InvalidParameterValue"
    assert queues.refused("create_queue", QueueName="a.fifo")[0] == "InvalidParameterValue"
    assert queues.refused("create_queue", QueueName="a", Attributes={"Colour": "red"}) == ("InvalidAttributeName", "Unknown Attribute Colour.")
    assert queues.refused("set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "43201"}) == \
        ("InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout.")
    assert queues.refused("get_queue_attributes", QueueUrl=url, AttributeNames=["Colour"])[0] == "InvalidAttributeName"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": []}), "DelaySeconds": "3"})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (shown["DelaySeconds"], shown["VisibilityTimeout"], json.loads(shown["Policy"])) == ("3", "7", {"Statement": []})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
    (statement,) = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])["Statement"]
    assert statement == {"Sid": "share", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "SQS:SendMessage",
                         "Resource": queues.arn(url)}
    sqs.remove_permission(QueueUrl=url, Label="share")
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    queues.send(url, "x")
    sqs.delete_queue(QueueUrl=url)
    assert queues.refused("get_queue_url", QueueName=name)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    assert queues.counts(sqs.create_queue(QueueName=name)["QueueUrl"]) == (0, 0, 0)


def test_lists_are_paged(own_server):
    sqs = own_server().client("sqs")
    urls = [sqs.create_queue(QueueName=f"p{n}")["QueueUrl"] for n in range(5)]
    sqs.create_queue(QueueName="other")
    pages = [page["QueueUrls"] for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix="p", PaginationConfig={"PageSize": 2})]
    assert [len(page) for page in pages] == [2, 2, 1] and sum(pages, []) == urls


def test_pauses_that_aws_enforces_can_be_switched_on(own_server):
    queues = Queues(own_server("--throttle", "--test-clock"))
    url = queues.create()
    queues.sqs.purge_queue(QueueUrl=url)
    assert queues.refused("purge_queue", QueueUrl=url)[0] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    name = url.rsplit("/", 1)[1]
    queues.sqs.delete_queue(QueueUrl=url)
    assert queues.refused("create_queue", QueueName=name)[0] == "AWS.SimpleQueueService.QueueDeletedRecently"
    queues.advance(60)
    queues.sqs.create_queue(QueueName=name)


@pytest.mark.parametrize("fifo", [False, True])
def test_everything_is_there_after_a_kill(own_server, fifo):
    server = own_server("--test-clock")
    queues = Queues(server)
    url = queues.create(fifo=fifo, VisibilityTimeout=30, **({"ContentBasedDeduplication": "true"} if fifo else {}))
    settings = {"MessageGroupId": "g"} if fifo else {}
    for n in range(5):
        queues.send(url, f"m{n}", **settings)
    if not fifo:
        queues.send(url, "delayed", DelaySeconds=20)
    (first,) = queues.receive(url, 1)
    server.kill()
    server.start()
    queues = Queues(server)
    url = queues.sqs.get_queue_url(QueueName=url.rsplit("/", 1)[1])["QueueUrl"]
    assert queues.counts(url) == ((4, 1, 0) if fifo else (4, 1, 1))
    assert queues.bodies(url, VisibilityTimeout=0) == ([] if fifo else ["m1", "m2", "m3", "m4"])
    queues.delete(url, [first])
    if fifo:
        (again,) = queues.send(url, "m2", **settings)
        assert queues.bodies(url) == ["m1", "m2", "m3", "m4"] and queues.send(url, "m9", **settings)[0]["SequenceNumber"] > again["SequenceNumber"]
    else:
        queues.advance(20)
        assert queues.bodies(url)[-1] == "delayed"


def test_the_query_protocol_of_older_sdks(server, queues):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html"""
    script = """
        const AWS = require('aws-sdk');
        const sqs = new AWS.SQS({endpoint: process.env.AWS_ENDPOINT_URL, maxRetries: 0});
        (async () => {
          const {QueueUrl} = await sqs.createQueue({QueueName: 'from-v2', Attributes: {VisibilityTimeout: '9'}, tags: {a: '1'}}).promise();
          await sqs.sendMessageBatch({QueueUrl, Entries: [
            {Id: '1', MessageBody: '<&>', MessageAttributes: {a: {DataType: 'Binary', BinaryValue: Buffer.from([0, 1])}, b: {DataType: 'String', StringValue: 'é'}}}]}).promise();
          const {Messages: [message]} = await sqs.receiveMessage({QueueUrl, AttributeNames: ['All'], MessageAttributeNames: ['All']}).promise();
          await sqs.deleteMessage({QueueUrl, ReceiptHandle: message.ReceiptHandle}).promise();
          const {Attributes} = await sqs.getQueueAttributes({QueueUrl, AttributeNames: ['All']}).promise();
          const tags = await sqs.listQueueTags({QueueUrl}).promise();
          const {QueueUrls} = await sqs.listQueues({QueueNamePrefix: 'from-v2'}).promise();
          const code = await sqs.getQueueUrl({QueueName: 'nowhere'}).promise().catch((error) => error.code);
          console.log(JSON.stringify({body: message.Body, count: message.Attributes.ApproximateReceiveCount, bytes: [...message.MessageAttributes.a.BinaryValue],
            text: message.MessageAttributes.b.StringValue, left: Attributes.ApproximateNumberOfMessages, visibility: Attributes.VisibilityTimeout,
            tags: tags.Tags, urls: QueueUrls.length, code}));
        })().catch((error) => { console.error(error); process.exit(1); });
    """
    assert json.loads(node(server, script)) == {"body": "<&>", "count": "1", "bytes": [0, 1], "text": "é", "left": "0", "visibility": "9", "tags": {"a": "1"},
                                                "urls": 1, "code": "AWS.SimpleQueueService.NonExistentQueue"}


def test_the_javascript_sdk_v3(server):
    script = """
        const {SQSClient, CreateQueueCommand, SendMessageCommand, ReceiveMessageCommand, GetQueueUrlCommand} = require('@aws-sdk/client-sqs');
        const sqs = new SQSClient({endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1});
        (async () => {
          const {QueueUrl} = await sqs.send(new CreateQueueCommand({QueueName: 'from-v3.fifo', Attributes: {FifoQueue: 'true'}}));
          await sqs.send(new SendMessageCommand({QueueUrl, MessageBody: 'hello', MessageGroupId: 'g', MessageDeduplicationId: '1'}));
          const {Messages: [message]} = await sqs.send(new ReceiveMessageCommand({QueueUrl, WaitTimeSeconds: 1}));
          const name = await sqs.send(new GetQueueUrlCommand({QueueName: 'nowhere'})).catch((error) => error.name);
          console.log(JSON.stringify([message.Body, name]));
        })().catch((error) => { console.error(error); process.exit(1); });
    """
    assert json.loads(node(server, script)) == ["hello", "QueueDoesNotExist"]


def node(server, script):
    done = subprocess.run(["node", "-e", script], env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
