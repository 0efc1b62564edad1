"""Many clients of conditional writes and transactions; their history is checked for strict serializability.

Every item counts its own versions, and each write expects the version that it read, so the order of the writes of an item
is known. An order of all operations exists exactly where these edges have no cycle: the writer of a version before its
readers and before the writer of the next; a reader of a version before the writer of the next; and whatever ended before
another began, before that.
"""
import random
import threading
import time
import uuid

from botocore.exceptions import ClientError

KEYS, CLIENTS, OPERATIONS = 6, 6, 150


class Client(threading.Thread):
    def __init__(self, server, table, seed):
        super().__init__()
        self.client, self.table, self.random, self.history = server.client("dynamodb"), table, random.Random(seed), []

    def run(self):
        for _ in range(OPERATIONS):
            self.random.choice([self.read_all, self.write_one, self.write_two, self.write_two])()

    def note(self, began, reads, writes):
        self.history.append((began, time.monotonic_ns(), reads, writes))

    def read(self, keys):
        began = time.monotonic_ns()
        answer = self.client.transact_get_items(TransactItems=[{"Get": {"TableName": self.table, "Key": {"id": {"S": key}}}} for key in keys])
        versions = {key: int(each["Item"]["v"]["N"]) if "Item" in each else 0 for key, each in zip(keys, answer["Responses"])}
        self.note(began, versions, {})
        return versions

    def read_all(self):
        self.read([str(key) for key in range(KEYS)])

    @staticmethod
    def step(version):
        condition = "v = :old" if version else "attribute_not_exists(v)"
        values = {":new": {"N": str(version + 1)}, **({":old": {"N": str(version)}} if version else {})}
        return {"UpdateExpression": "SET v = :new", "ConditionExpression": condition, "ExpressionAttributeValues": values}

    def write_one(self):
        key = str(self.random.randrange(KEYS))
        version = self.read([key])[key]
        began = time.monotonic_ns()
        try:
            self.client.update_item(TableName=self.table, Key={"id": {"S": key}}, **self.step(version))
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "ConditionalCheckFailedException"
            return
        self.note(began, {}, {key: version + 1})

    def write_two(self):
        """Writes two items by what it read of a third."""
        keys = [str(key) for key in self.random.sample(range(KEYS), 3)]
        versions = self.read(keys)
        checked, *written = keys
        check = {"ConditionExpression": "v = :old", "ExpressionAttributeValues": {":old": {"N": str(versions[checked])}}} if versions[checked] else {"ConditionExpression": "attribute_not_exists(v)"}
        actions = [{"ConditionCheck": {"TableName": self.table, "Key": {"id": {"S": checked}}, **check}}]
        actions += [{"Update": {"TableName": self.table, "Key": {"id": {"S": key}}, **self.step(versions[key])}} for key in written]
        began = time.monotonic_ns()
        try:
            self.client.transact_write_items(TransactItems=actions)
        except self.client.exceptions.TransactionCanceledException:
            return
        self.note(began, {checked: versions[checked]}, {key: versions[key] + 1 for key in written})


def edges(history):
    """For each operation, those that must come after it."""
    after = [set() for _ in history]
    writer = {(key, version): i for i, (_, _, _, writes) in enumerate(history) for key, version in writes.items()}
    assert len(writer) == sum(len(writes) for _, _, _, writes in history), "two wrote one version"
    for i, (_, ended, reads, writes) in enumerate(history):
        for key, version in reads.items():
            if version:
                after[writer[key, version]].add(i)
            if (key, version + 1) in writer:
                after[i].add(writer[key, version + 1])
        for key, version in writes.items():
            if version > 1:
                after[writer[key, version - 1]].add(i)
        after[i].update(k for k, (began, _, _, _) in enumerate(history) if began > ended)
        after[i].discard(i)
    return after


def find_cycle(after):
    waiting = [0] * len(after)
    for targets in after:
        for target in targets:
            waiting[target] += 1
    ready = [i for i, count in enumerate(waiting) if count == 0]
    done = 0
    while ready:
        done += 1
        for target in after[ready.pop()]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return done < len(after)


def test_the_checker_sees_a_stale_read():
    wrote, read = (0, 1, {}, {"a": 1}), (2, 3, {"a": 0}, {})
    assert find_cycle(edges([wrote, read])) and not find_cycle(edges([wrote, (2, 3, {"a": 1}, {})]))


def test_histories_are_strictly_serializable(server, deployment):
    table = f"history-{uuid.uuid4().hex[:8]}"
    deployment.table(table)
    clients = [Client(server, table, seed) for seed in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    history = [each for client in clients for each in client.history]
    assert len([writes for _, _, _, writes in history if len(writes) == 2]) > 50
    assert not find_cycle(edges(history))
