"""Kills the server at random moments while messages and records are sent, received and processed.

After all of it: every acknowledged message was processed at least once, those of a group in their order, counts agree with
what is there, and every acknowledged record is in its stream once. LEAT_EXTENDED=1 kills a hundred times.
"""
import os
import random
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import Deployment, Server, wait_until

KILLS = 50 if os.environ.get("LEAT_EXTENDED") else 5  # with each of two file systems
GROUPS = 4
# A transaction a message, so that what was seen, and in which order, is there for good.
COLLECT = """
import boto3
dynamodb = boto3.client('dynamodb')
def handler(event, context):
    for record in event['Records']:
        group, number = record['body'].split('-')
        dynamodb.update_item(TableName='seen', Key={'id': {'S': group}}, UpdateExpression='SET turns = list_append(if_not_exists(turns, :none), :turn)',
                             ExpressionAttributeValues={':none': {'L': []}, ':turn': {'L': [{'N': number}]}})
"""


class Sender(threading.Thread):
    """Sends numbered messages of its own group to two queues, and records to a stream; remembers what was acknowledged."""

    def __init__(self, server, group, urls, first=0):
        super().__init__()
        self.sqs, self.kinesis = (server.client(name, connect_timeout=2, read_timeout=10) for name in ("sqs", "kinesis"))
        self.group, self.urls, self.turn, self.stopped, self.sent, self.put = str(group), urls, first, False, [], {}

    def run(self):
        while not self.stopped:
            self.turn += 1
            body = f"{self.group}-{self.turn}"
            try:
                self.sqs.send_message(QueueUrl=self.urls["fifo"], MessageBody=body, MessageGroupId=self.group, MessageDeduplicationId=body)
                self.sqs.send_message(QueueUrl=self.urls["plain"], MessageBody=body)
                self.sent.append(self.turn)
                answer = self.kinesis.put_record(StreamName="records", Data=body.encode(), PartitionKey=self.group)
                self.put[answer["ShardId"], answer["SequenceNumber"]] = body
            except (ClientError, BotoCoreError):
                return  # the server is gone


def records_of(server):
    kinesis, out = server.client("kinesis"), {}
    for shard in kinesis.list_shards(StreamName="records")["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName="records", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            answer = kinesis.get_records(ShardIterator=iterator)
            out.update({(shard["ShardId"], record["SequenceNumber"]): record["Data"].decode() for record in answer["Records"]})
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return out


def counts(server, url):
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    shown = server.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [int(shown[name]) for name in names]


def drain(server, url):
    """Receives and deletes all; waits for what a receiver that died holds."""
    sqs, bodies = server.client("sqs"), []
    while sum(counts(server, url)) > 0:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


@pytest.mark.parametrize("options", [(), ("--lose-unsynced",)], ids=["kill", "power-cut"])
def test_no_message_and_no_record_is_lost(options):
    generator = random.Random(20261121)
    server = Server(*options)
    deployment = Deployment(server)
    deployment.table("seen")
    sqs = server.client("sqs")
    names = {"fifo": sqs.create_queue(QueueName="all.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "5"}), "plain": sqs.create_queue(QueueName="all", Attributes={"VisibilityTimeout": "5"})}
    arn = sqs.get_queue_attributes(QueueUrl=names["fifo"]["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    server.client("kinesis").create_stream(StreamName="records", ShardCount=2)
    deployment.function("collect", COLLECT, Timeout=5, MemorySize=256)
    deployment.functions.create_event_source_mapping(FunctionName="collect", EventSourceArn=arn, BatchSize=5)
    sent, put, turns = {str(group): [] for group in range(GROUPS)}, {}, [0] * GROUPS
    for _ in range(KILLS):
        urls = {kind: server.client("sqs").get_queue_url(QueueName=made["QueueUrl"].rsplit("/", 1)[1])["QueueUrl"] for kind, made in names.items()}
        senders = [Sender(server, group, urls, turns[group]) for group in range(GROUPS)]
        for sender in senders:
            sender.start()
        enough = generator.randrange(20, 120)
        wait_until(lambda: sum(len(sender.sent) for sender in senders) > enough)
        server.kill()
        for group, sender in enumerate(senders):
            sender.stopped = True
            sender.join()
            sent[str(group)] += sender.sent
            put.update(sender.put)
            turns[group] = sender.turn
        server.start()
        found = records_of(server)
        assert put.items() <= found.items(), "an acknowledged record is not where it was put"
    urls = {kind: server.client("sqs").get_queue_url(QueueName=made["QueueUrl"].rsplit("/", 1)[1])["QueueUrl"] for kind, made in names.items()}
    bodies = drain(server, urls["plain"])
    assert {f"{group}-{turn}" for group, all_turns in sent.items() for turn in all_turns} <= set(bodies)
    wait_until(lambda: counts(server, urls["fifo"]) == [0, 0, 0], seconds=60)
    for group, all_turns in sent.items():
        seen = [int(turn["N"]) for turn in server.client("dynamodb").get_item(TableName="seen", Key={"id": {"S": group}})["Item"]["turns"]["L"]]
        first = list(dict.fromkeys(seen))  # what comes again after a kill has been seen before
        assert set(all_turns) <= set(seen) and first == sorted(first), f"group {group} is out of order"
    assert sum(map(len, sent.values())) > 50 and server.stop() == 0
