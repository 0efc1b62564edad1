"""Kills the server at random moments under load and compares with what it acknowledged.

After each restart: every acknowledged write is there with its stream record, sequence numbers have neither hole nor
repeat, and in the end the function has seen every record. LEAT_EXTENDED=1 kills a hundred times.
"""
import os
import random
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import Deployment, Server, wait_until

KILLS = 50 if os.environ.get("LEAT_EXTENDED") else 6  # with each of two file systems
WRITERS = 3
COLLECT = """
import boto3
table = boto3.resource('dynamodb').Table('seen')
def handler(event, context):
    with table.batch_writer(overwrite_by_pkeys=['id']) as batch:
        for record in event['Records']:
            batch.put_item(Item={'id': record['dynamodb']['SequenceNumber'] + record['eventID']})
"""


class Writer(threading.Thread):
    """Writes keys of its own, one after another, and remembers what was acknowledged and what may have happened."""

    def __init__(self, server, number, seed):
        super().__init__()
        self.client = server.client("dynamodb", connect_timeout=2, read_timeout=10)
        self.number, self.random, self.stopped = number, random.Random(seed), False
        self.acknowledged, self.uncertain, self.turn = {}, {}, 0

    def run(self):
        while not self.stopped:
            self.turn += 1
            key, value = f"{self.number}-{self.random.randrange(30)}", f"{self.number}.{self.turn}"
            kind = self.random.choice(["put", "put", "update", "delete", "batch"])
            changes = {key: None if kind == "delete" else value}
            if kind == "batch":
                changes = {f"{self.number}-{i}": value for i in self.random.sample(range(30), 5)}
            for changed, to in changes.items():
                self.uncertain.setdefault(changed, set()).add(to)
            try:
                self.write(kind, key, value, changes)
            except (ClientError, BotoCoreError):
                continue
            for changed, to in changes.items():
                self.acknowledged[changed] = to
                self.uncertain.pop(changed, None)

    def write(self, kind, key, value, changes):
        item = {"id": {"S": key}, "v": {"S": value}}
        if kind == "put":
            self.client.put_item(TableName="written", Item=item)
        elif kind == "update":
            self.client.update_item(TableName="written", Key={"id": {"S": key}}, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": value}})
        elif kind == "delete":
            self.client.delete_item(TableName="written", Key={"id": {"S": key}})
        else:
            requests = [{"PutRequest": {"Item": {"id": {"S": changed}, "v": {"S": to}}}} for changed, to in changes.items()]
            self.client.batch_write_item(RequestItems={"written": requests})


def read_shards(server, arn):
    """Records of each shard, and proof that they are numbered without holes."""
    streams, shards = server.client("dynamodbstreams"), []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = []
        while True:
            answer = streams.get_records(ShardIterator=iterator)
            if not answer["Records"]:
                break
            records += answer["Records"]
            iterator = answer["NextShardIterator"]
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True, "a hole or a repeat"
        shards.append(records)
    return shards


def check_state(server, arn, writers):
    table = {item["id"]["S"]: item["v"]["S"] for page in server.client("dynamodb").get_paginator("scan").paginate(TableName="written") for item in page["Items"]}
    for writer in writers:
        for key in set(writer.acknowledged) | set(writer.uncertain):
            allowed = {writer.acknowledged.get(key)} | writer.uncertain.get(key, set())
            assert table.get(key) in allowed, f"{key} is {table.get(key)}, but {allowed} was acknowledged"
            # What was uncertain is settled now.
            writer.acknowledged[key] = table.get(key)
            writer.uncertain.pop(key, None)
    shards = read_shards(server, arn)
    replayed = {}
    for records in shards:
        for record in records:
            key = record["dynamodb"]["Keys"]["id"]["S"]
            old = record["dynamodb"].get("OldImage", {}).get("v", {}).get("S")
            assert replayed.get(key) == old, "a record does not follow its predecessor"
            replayed[key] = record["dynamodb"].get("NewImage", {}).get("v", {}).get("S")
    assert {key: value for key, value in replayed.items() if value is not None} == table, "the stream replayed is not the table"
    return shards


@pytest.mark.parametrize("options", [(), ("--lose-unsynced",)], ids=["kill", "power-cut"])
def test_nothing_acknowledged_is_lost(options):
    generator = random.Random(20261121)
    server = Server(*options)
    deployment = Deployment(server)
    arn = deployment.table("written", stream="NEW_AND_OLD_IMAGES")
    deployment.table("seen")
    deployment.function("collect", COLLECT, Timeout=30, MemorySize=256)
    deployment.functions.create_event_source_mapping(FunctionName="collect", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=50)
    writers = [Writer(server, number, generator.random()) for number in range(WRITERS)]
    for kill in range(KILLS):
        turns = [writer.turn for writer in writers]
        for writer in writers:
            writer.start()
        enough = generator.randrange(5, 150)
        wait_until(lambda: sum(writer.turn for writer in writers) - sum(turns) > enough)
        server.kill()
        for writer in writers:
            writer.stopped = True
        for writer in writers:
            writer.join()
        server.start()
        shards = check_state(server, arn, writers)
        fresh = []
        for writer in writers:
            fresh.append(Writer(server, writer.number, generator.random()))
            fresh[-1].acknowledged, fresh[-1].turn = writer.acknowledged, writer.turn
        writers = fresh
    wanted = {record["dynamodb"]["SequenceNumber"] + record["eventID"] for records in shards for record in records}
    scan = server.client("dynamodb").get_paginator("scan")
    wait_until(lambda: wanted <= {item["id"]["S"] for page in scan.paginate(TableName="seen") for item in page["Items"]}, seconds=60)
    assert len(wanted) > 20 and server.stop() == 0
