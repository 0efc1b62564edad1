"""Kills the server at random moments under load and compares with what it acknowledged.

After each restart: every acknowledged write is there with its stream record and its index entries, a transaction is
there whole or not at all, sequence numbers have neither hole nor repeat, and in the end the function has seen every
record. All the while indexes are added, filled and
removed, and items expire. LEAT_EXTENDED=1 kills a hundred times.
"""
import os
import random
import threading
import time

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
        self.acknowledged, self.uncertain, self.turn, self.together = {}, {}, 0, {}

    def run(self):
        while not self.stopped:
            self.turn += 1
            key, value = f"{self.number}-{self.random.randrange(30)}", f"{self.number}.{self.turn}"
            kind = self.random.choice(["put", "put", "update", "delete", "batch", "transact"])
            changes = {key: None if kind == "delete" else value}
            if kind in ("batch", "transact"):
                changes = {f"{self.number}-{i}": value for i in self.random.sample(range(30), 5)}
            self.together = changes if kind == "transact" else {}
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
        elif kind == "transact":
            self.client.transact_write_items(TransactItems=[{"Put": {"TableName": "written", "Item": {"id": {"S": changed}, "v": {"S": to}}}} for changed, to in changes.items()])
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


def check_indexes(dynamodb, table):
    for index in dynamodb.describe_table(TableName="written")["Table"].get("GlobalSecondaryIndexes", []):
        if index["IndexStatus"] != "ACTIVE":
            continue
        pages = dynamodb.get_paginator("scan").paginate(TableName="written", IndexName=index["IndexName"])
        assert {item["id"]["S"]: item["v"]["S"] for page in pages for item in page["Items"]} == table, index["IndexName"]
        assert index["ItemCount"] == len(table)


def change_index(dynamodb):
    """Adds the index that is not there, or removes it: its filling is interrupted now and then."""
    there = [index["IndexName"] for index in dynamodb.describe_table(TableName="written")["Table"]["GlobalSecondaryIndexes"]]
    create = {"Create": {"IndexName": "late", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}
    update = {"Delete": {"IndexName": "late"}} if "late" in there else create
    dynamodb.update_table(TableName="written", AttributeDefinitions=[{"AttributeName": "v", "AttributeType": "S"}], GlobalSecondaryIndexUpdates=[update])


def check_state(server, arn, writers):
    table = {item["id"]["S"]: item["v"]["S"] for page in server.client("dynamodb").get_paginator("scan").paginate(TableName="written") for item in page["Items"]}
    check_indexes(server.client("dynamodb"), table)
    for writer in writers:
        whole = [table.get(key) == value for key, value in writer.together.items() if key in writer.uncertain]
        assert all(whole) or not any(whole), "half a transaction"
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
    arn = deployment.dynamodb.create_table(
        TableName="written", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "v")],
        GlobalSecondaryIndexes=[{"IndexName": "by-v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]["LatestStreamArn"]
    deployment.table("seen")
    deployment.table("expiring")
    deployment.dynamodb.update_time_to_live(TableName="expiring", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    deployment.function("collect", COLLECT, Timeout=30, MemorySize=256)
    deployment.functions.create_event_source_mapping(FunctionName="collect", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=50)
    writers = [Writer(server, number, generator.random()) for number in range(WRITERS)]
    for kill in range(KILLS):
        turns = [writer.turn for writer in writers]
        for writer in writers:
            writer.start()
        enough = generator.randrange(5, 150)
        change_index(server.client("dynamodb"))
        due = int(time.time()) + generator.randrange(2)
        server.client("dynamodb").batch_write_item(RequestItems={"expiring": [{"PutRequest": {"Item": {"id": {"S": f"{kill}-{n}"}, "until": {"N": str(due)}}}} for n in range(25)]})
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
    # What was due before a kill, or while the server was away, went all the same.
    wait_until(lambda: server.client("dynamodb").scan(TableName="expiring")["Count"] == 0)
    assert len(wanted) > 20 and server.stop() == 0
