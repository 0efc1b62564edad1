"""What the machine does to a server: a disk that somebody else fills, rows that are damaged."""
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, Server, wait_until

ROOM = 96 << 20


class SmallDisk:
    """A file system of its own below `folder`, that somebody else can fill."""

    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "leat-test", folder], check=True)

    def fill(self):
        with self.ballast.open("ab", buffering=0) as out:
            for size in (1 << 20, 4096):
                try:
                    while out.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def free(self):
        self.ballast.unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    made = SmallDisk(tmp_path)
    yield made
    made.close()


class Pairs(threading.Thread):
    """Writes two items at once, over and over, and remembers which pairs were acknowledged and which refused."""

    def __init__(self, server, number):
        super().__init__()
        self.client, self.number, self.stopped = server.client("dynamodb"), number, False
        self.acknowledged, self.refused = set(), {}

    def run(self):
        turn = 0
        while not self.stopped:
            turn += 1
            key = f"{self.number}-{turn}"
            items = [{"Put": {"TableName": "pairs", "Item": {"id": {"S": f"{key}-{half}"}, "v": {"S": "x" * 4000}}}} for half in "ab"]
            try:
                self.client.transact_write_items(TransactItems=items)
                self.acknowledged.add(key)
            except ClientError as refusal:
                self.refused[key] = (refusal.response["ResponseMetadata"]["HTTPStatusCode"], refusal.response["Error"]["Code"])


def halves(server):
    pages = server.client("dynamodb").get_paginator("scan").paginate(TableName="pairs", ProjectionExpression="id")
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def check_pairs(server, writers):
    there = halves(server)
    for writer in writers:
        assert {f"{key}-{half}" for key in writer.acknowledged for half in "ab"} <= there, "what was acknowledged is lost"
        assert not there & {f"{key}-{half}" for key in writer.refused for half in "ab"}, "what was refused is there"


def test_a_disk_that_somebody_else_fills(disk):
    """Writes are refused while there is no room, reads go on, and so does the server as soon as there is some."""
    server = Server(folder=str(disk.folder / "data"))
    Deployment(server).table("pairs")
    for round in range(3):
        writers = [Pairs(server, f"{round}.{number}") for number in range(4)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(writer.acknowledged for writer in writers))
        disk.fill()
        wait_until(lambda: all(len(writer.refused) > 20 for writer in writers), seconds=60)
        known = f"{next(iter(writers[0].acknowledged))}-a"
        assert server.client("dynamodb").get_item(TableName="pairs", Key={"id": {"S": known}})["Item"]["id"]["S"] == known
        before = [len(writer.acknowledged) for writer in writers]
        disk.free()
        wait_until(lambda: all(len(writer.acknowledged) > count + 5 for writer, count in zip(writers, before)), seconds=60)
        for writer in writers:
            writer.stopped = True
        for writer in writers:
            writer.join()
        assert {answer for writer in writers for answer in writer.refused.values()} == {(500, "InternalServerError")}
        check_pairs(server, writers)
    server.kill()
    server.start()
    check_pairs(server, writers)
    assert server.stop() == 0


@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_a_split_shard_ends_with_its_children(own_server, durability):
    """Whoever listens to the shard hears of its end before the split's caller does."""
    kinesis = own_server("--durability", durability).client("kinesis")
    for turn in range(25):
        name = f"split-{turn}"
        kinesis.create_stream(StreamName=name, ShardCount=1)
        arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
        shard = "shardId-000000000000"
        events = (each["SubscribeToShardEvent"] for each in kinesis.subscribe_to_shard(
            ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": "TRIM_HORIZON"})["EventStream"])
        next(events)
        kinesis.split_shard(StreamName=name, ShardToSplit=shard, NewStartingHashKey="1000")
        children = [child["ShardId"] for child in list(events)[-1].get("ChildShards", [])]
        assert children == ["shardId-000000000001", "shardId-000000000002"], turn
        for child in children:
            assert kinesis.get_shard_iterator(StreamName=name, ShardId=child, ShardIteratorType="LATEST")["ShardIterator"]
