"""Random operations of all kinds against a simple reference in memory: answers, indexes, sizes, and the stream replayed.

LEAT_EXTENDED=1 does many more; LEAT_SEED repeats a run.
"""
import os
import random
import uuid
from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from conftest import stream_records

STEPS = 20_000 if os.environ.get("LEAT_EXTENDED") else 1500
SEED = int(os.environ.get("LEAT_SEED", "20261121"))
plain, typed = TypeDeserializer().deserialize, TypeSerializer().serialize
INDEXES = {  # partition, sort, projection
    "by-g": ("g", "h", None), "thin": ("g", None, {"g", "id", "n"}), "by-l": ("id", "l", None), "some": ("h", "g", {"g", "h", "id", "n", "v"}),
}


def key_element(name, kind):
    return {"AttributeName": name, "KeyType": kind}


def definition(name):
    partition, sort, projected = INDEXES[name]
    projection = {"ProjectionType": "ALL"} if projected is None else {"ProjectionType": "KEYS_ONLY"} if name == "thin" else {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["v"]}
    return {"IndexName": name, "KeySchema": [key_element(partition, "HASH")] + ([key_element(sort, "RANGE")] if sort else []), "Projection": projection}


def encoded(item):
    return {name: typed(value) for name, value in item.items()}


def decoded(item):
    return {name: plain(value) for name, value in item.items()}


class Condition:
    """A condition in the expression language, and what it means."""

    def __init__(self, text, values, holds):
        self.text, self.values, self.holds = text, values, holds

    @staticmethod
    def draw(rng):
        bound = rng.randrange(10)
        number = lambda item, name: item.get(name) if isinstance(item.get(name), Decimal) else None
        simple = [
            Condition("attribute_exists(id)", {}, lambda item: "id" in item),
            Condition("attribute_not_exists(g)", {}, lambda item: "g" not in item),
            Condition("v > :bound", {":bound": Decimal(bound)}, lambda item: number(item, "v") is not None and item["v"] > bound),
            Condition("h BETWEEN :low AND :high", {":low": Decimal(2), ":high": Decimal(6)}, lambda item: "h" in item and 2 <= item["h"] <= 6),
            Condition("begins_with(g, :g)", {":g": "a"}, lambda item: item.get("g", "").startswith("a")),
            Condition("size(tags) >= :two", {":two": Decimal(2)}, lambda item: len(item.get("tags", ())) >= 2),
            Condition("contains(tags, :t)", {":t": "t1"}, lambda item: "t1" in item.get("tags", ())),
            Condition("v IN (:one, :seven)", {":one": Decimal(1), ":seven": Decimal(7)}, lambda item: item.get("v") in (1, 7)),
        ]
        first = rng.choice(simple)
        kind = rng.randrange(4)
        if kind == 0:
            return Condition(f"NOT {first.text}", first.values, lambda item: not first.holds(item))
        if kind == 1:
            second = rng.choice(simple)
            return Condition(f"{first.text} OR {second.text}", {**first.values, **second.values}, lambda item: first.holds(item) or second.holds(item))
        return first


class Update:
    """An update in the expression language, and what it does."""

    def __init__(self, text, values, apply):
        self.text, self.values, self.apply = text, values, apply

    @staticmethod
    def draw(rng):
        n, letter, tag = Decimal(rng.randrange(10)), rng.choice("abc"), f"t{rng.randrange(3)}"

        def count(item):
            item["v"] = item.get("v", Decimal(0)) + n

        def regroup(item):
            item["g"] = letter
            item.pop("h", None)

        def replace(item):
            item["h"] = n
            item["tags"] = item.get("tags", set()) | {tag}

        def untag(item):
            item["tags"] = item.get("tags", set()) - {tag}
            if not item["tags"]:
                del item["tags"]

        def relist(item):
            item["list"] = item.get("list", []) + [letter]
            item["l"] = n

        return rng.choice([
            Update("SET v = if_not_exists(v, :zero) + :num", {":zero": Decimal(0), ":num": n}, count),
            Update("ADD v :num", {":num": n}, count),
            Update("SET g = :group REMOVE h", {":group": letter}, regroup),
            Update("SET h = :num ADD tags :tag", {":num": n, ":tag": {tag}}, replace),
            Update("DELETE tags :tag", {":tag": {tag}}, untag),
            Update("REMOVE g, l", {}, lambda item: [item.pop(name, None) for name in ("g", "l")]),
            Update("SET list = list_append(if_not_exists(list, :none), :e), l = :num".replace("list =", "#l =").replace("(list", "(#l"), {":none": [], ":e": [letter], ":num": n}, relist),
        ])

    def only_removes(self):
        return self.text.startswith(("REMOVE", "DELETE"))

    def names(self):
        return {"ExpressionAttributeNames": {"#l": "list"}} if "#l" in self.text else {}


class Model:
    def __init__(self, client, table, rng):
        self.client, self.table, self.rng, self.items, self.changes = client, table, rng, {}, 0

    # --- what operations are made of

    def key(self):
        return {"id": f"p{self.rng.randrange(6)}", "n": Decimal(self.rng.randrange(8))}

    def item(self):
        rng, item = self.rng, self.key()
        for name, value in (("g", rng.choice(["a", "b", "ab"])), ("h", Decimal(rng.randrange(10)) / 2), ("l", Decimal(rng.randrange(5))), ("v", Decimal(rng.randrange(10))),
                            ("tags", set(rng.sample(["t0", "t1", "t2"], 2))), ("text", "x" * rng.randrange(60)), ("map", {"a": [1, {"b": None}], "b": rng.random() < 0.5})):
            if rng.random() < 0.6:
                item[name] = value
        return item

    def at(self, key):
        return self.items.get((key["id"], key["n"]))

    def store(self, key, item):
        place = (key["id"], key["n"])
        if item == self.items.get(place):
            return
        self.changes += 1
        if item is None:
            del self.items[place]
        else:
            self.items[place] = item

    def attempt(self, holds, call):
        """Calls, and expects the outcome. True where it was done."""
        try:
            call()
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "ConditionalCheckFailedException", refused
            assert not holds, "refused, though the condition holds"
            return False
        assert holds, "done, though the condition does not hold"
        return True

    def conditional(self, before):
        if self.rng.random() < 0.5:
            return True, {}
        condition = Condition.draw(self.rng)
        values = {"ExpressionAttributeValues": encoded(condition.values)} if condition.values else {}
        return condition.holds(before or {}), {"ConditionExpression": condition.text, **values}

    # --- operations

    def put(self):
        item = self.item()
        before = self.at(item)
        holds, condition = self.conditional(before)
        if self.attempt(holds, lambda: self.client.put_item(TableName=self.table, Item=encoded(item), **condition)):
            self.store(item, item)

    def delete(self):
        key = self.key()
        before = self.at(key)
        holds, condition = self.conditional(before)
        if self.attempt(holds, lambda: self.client.delete_item(TableName=self.table, Key=encoded(key), **condition)):
            self.store(key, None) if before else None

    def updated(self, update, key):
        """What the update leaves: an update that only removes makes no item."""
        if not self.at(key) and update.only_removes():
            return None
        item = {**(self.at(key) or key)}
        update.apply(item)
        return item

    def update(self):
        key, update = self.key(), Update.draw(self.rng)
        holds, condition = self.conditional(self.at(key))
        values = encoded(update.values)
        values.update(condition.pop("ExpressionAttributeValues", {}))
        after, answer = self.updated(update, key), {}
        call = lambda: answer.update(self.client.update_item(TableName=self.table, Key=encoded(key), UpdateExpression=update.text, ReturnValues="ALL_NEW", **update.names(), **condition,
                                                             **({"ExpressionAttributeValues": values} if values else {})))
        if self.attempt(holds, call):
            assert decoded(answer.get("Attributes", {})) == (after or {})
            self.store(key, after)

    def batch(self):
        requests, seen = [], {}
        for _ in range(self.rng.randrange(1, 6)):
            item = self.item()
            seen[item["id"], item["n"]] = item if self.rng.random() < 0.7 else None
        for (id_, n), item in seen.items():
            requests.append({"PutRequest": {"Item": encoded(item)}} if item else {"DeleteRequest": {"Key": encoded({"id": id_, "n": n})}})
        assert self.client.batch_write_item(RequestItems={self.table: requests})["UnprocessedItems"] == {}
        for (id_, n), item in seen.items():
            if item or (id_, n) in self.items:
                self.store({"id": id_, "n": n}, item)

    def transaction(self):
        actions, after, codes = [], {}, []
        for _ in range(self.rng.randrange(1, 5)):
            key = self.key()
            if (key["id"], key["n"]) in after:
                continue
            holds, condition = self.conditional(self.at(key))
            kind = self.rng.choice(["Put", "Delete", "Update", "ConditionCheck"])
            codes.append("None" if holds else "ConditionalCheckFailed")
            if kind == "Put":
                item = {**self.item(), **key}
                actions.append({"Put": {"TableName": self.table, "Item": encoded(item), **condition}})
            elif kind == "Delete":
                item = None
                actions.append({"Delete": {"TableName": self.table, "Key": encoded(key), **condition}})
            elif kind == "Update":
                update = Update.draw(self.rng)
                values = {**encoded(update.values), **condition.pop("ExpressionAttributeValues", {})}
                item = self.updated(update, key)
                actions.append({"Update": {"TableName": self.table, "Key": encoded(key), "UpdateExpression": update.text, **update.names(), **condition,
                                           **({"ExpressionAttributeValues": values} if values else {})}})
            else:
                if not condition:
                    condition, codes[-1] = {"ConditionExpression": "attribute_exists(id)"}, "None" if self.at(key) else "ConditionalCheckFailed"
                item = self.at(key)
                actions.append({"ConditionCheck": {"TableName": self.table, "Key": encoded(key), **condition}})
            after[key["id"], key["n"]] = item
        try:
            self.client.transact_write_items(TransactItems=actions)
        except self.client.exceptions.TransactionCanceledException as cancelled:
            assert [each["Code"] for each in cancelled.response["CancellationReasons"]] == codes
            return
        assert set(codes) == {"None"}
        for (id_, n), item in after.items():
            if item or (id_, n) in self.items:
                self.store({"id": id_, "n": n}, item)

    def statement(self):
        key = self.key()
        where = f"id = '{key['id']}' AND n = {key['n']}"
        if self.rng.random() < 0.5:
            found = [decoded(item) for item in self.client.execute_statement(Statement=f'SELECT * FROM "{self.table}" WHERE {where}')["Items"]]
            assert found == ([self.at(key)] if self.at(key) else [])
        elif self.at(key):
            self.client.execute_statement(Statement=f'UPDATE "{self.table}" SET v = 3 REMOVE h WHERE {where}')
            item = {**self.at(key), "v": Decimal(3)}
            item.pop("h", None)
            self.store(key, item)

    def get(self):
        keys = [dict(zip(("id", "n"), key)) for key in {tuple(self.key().values()) for _ in range(4)}]
        found = self.client.batch_get_item(RequestItems={self.table: {"Keys": [encoded(key) for key in keys]}})["Responses"][self.table]
        assert sorted(map(repr, map(key_of, map(decoded, found)))) == sorted(repr(key_of(key)) for key in keys if self.at(key))
        assert all(decoded(item) == self.at(decoded(item)) for item in found)

    def query(self):
        name = self.rng.choice([None, *INDEXES])
        partition, sort, projected = INDEXES[name] if name else ("id", "n", None)
        value = {"id": f"p{self.rng.randrange(6)}", "g": self.rng.choice(["a", "b", "ab"]), "h": Decimal(self.rng.randrange(10)) / 2}[partition]
        expected = [shown(item, projected) for item in self.items.values() if item.get(partition) == value and (not sort or sort in item)]
        names, values, text = {"#p": partition}, {":p": typed(value)}, "#p = :p"
        if sort and self.rng.random() < 0.5:
            bound = {"n": Decimal(3), "h": Decimal(2), "l": Decimal(2), "g": "ab"}[sort]
            names["#s"], values[":s"], text = sort, typed(bound), text + " AND #s <= :s"
            expected = [item for item in expected if item[sort] <= bound]
        forward = self.rng.random() < 0.5
        pages = self.client.get_paginator("query").paginate(TableName=self.table, KeyConditionExpression=text, ExpressionAttributeNames=names, ExpressionAttributeValues=values,
                                                            ScanIndexForward=forward, PaginationConfig={"PageSize": self.rng.choice([1, 3, 100])}, **({"IndexName": name} if name else {}))
        found = [decoded(item) for page in pages for item in page["Items"]]
        assert sorted(map(repr, map(key_of, found))) == sorted(map(repr, map(key_of, expected)))
        assert all(item == shown(self.at(item), projected) for item in found)
        if sort:
            order = [item[sort] for item in found]
            assert order == sorted(order, reverse=not forward)

    def step(self):
        self.rng.choice([self.put, self.put, self.put, self.update, self.update, self.update, self.delete, self.batch, self.transaction, self.transaction, self.statement, self.get,
                         self.query, self.query])()


def key_of(item):
    return item["id"], item["n"]


def shown(item, projected):
    return item if projected is None else {name: value for name, value in item.items() if name in projected}


def scanned(client, table, **more):
    return {key_of(item): item for page in client.get_paginator("scan").paginate(TableName=table, **more) for item in map(decoded, page["Items"])}


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_random_operations(server, seed):
    client, table = server.client("dynamodb"), f"model-{uuid.uuid4().hex[:8]}"
    arn = client.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[key_element("id", "HASH"), key_element("n", "RANGE")],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type_} for name, type_ in {"id": "S", "n": "N", "g": "S", "h": "N", "l": "N"}.items()],
        GlobalSecondaryIndexes=[definition(name) for name in ("by-g", "thin", "some")], LocalSecondaryIndexes=[definition("by-l")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]["LatestStreamArn"]
    model = Model(client, table, random.Random(seed))
    for _ in range(STEPS):
        model.step()
    assert scanned(client, table) == model.items
    described = client.describe_table(TableName=table)["Table"]
    counts = {each["IndexName"]: each["ItemCount"] for each in described["GlobalSecondaryIndexes"] + described["LocalSecondaryIndexes"]}
    assert described["ItemCount"] == len(model.items)
    for name, (partition, sort, projected) in INDEXES.items():
        expected = {key: shown(item, projected) for key, item in model.items.items() if partition in item and (not sort or sort in item)}
        assert scanned(client, table, IndexName=name) == expected, name
        assert counts[name] == len(expected)
    replayed, records = {}, stream_records(server, arn)
    for record in records:
        change = record["dynamodb"]
        key = key_of(decoded(change["Keys"]))
        old, new = (decoded(change[image]) if image in change else None for image in ("OldImage", "NewImage"))
        assert replayed.get(key) == old and old != new
        assert record["eventName"] == ("INSERT" if old is None else "REMOVE" if new is None else "MODIFY")
        replayed[key] = new
    assert {key: item for key, item in replayed.items() if item} == model.items
    assert len(records) == model.changes
