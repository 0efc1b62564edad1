"""Warm invocations while others keep the server busy. Who disturbs has a low priority, so that it is the server that is measured."""
import base64
import io
import itertools
import json
import multiprocessing
import os
import time
import urllib.request
import zipfile

import functions
from harness import *  # noqa: F403 (the harness is the language of this file)

PACKAGE = 48 << 20  # bytes; the largest that may be sent in a request is 50 MB
CHATTY = "def handler(event, context):\n    for i in range(5000):\n        print(i, 'x' * 100)\n"
INVOKE = "/2015-03-31/functions/{}/invocations"


def upload(leat, done):
    """Packages of 50 MB, each another."""
    path, signer = "/2015-03-31/functions", Signer(leat.port, leat.key, leat.secret, "lambda")
    for turn in itertools.count():
        code = base64.b64encode(large_package(turn)).decode()
        body = json.dumps({"FunctionName": f"large-{turn}", "Runtime": "python3.11", "Handler": "main.handler", "Role": "arn:aws:iam::000000000000:role/bench", "Code": {"ZipFile": code}})
        with RawClient(leat.port).socket as connection:
            connection.sendall(RawClient.prepare(None, signer.headers(body, path=path), body, path))
            assert connection.recv(65536).startswith(b"HTTP/1.1 201")
        done.value += 1


def large_package(turn):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("main.py", f"def handler(event, context): return {turn}")
        out.writestr("data", os.urandom(PACKAGE - 10_000))
    return archive.getvalue()


def backfill(leat, done):
    """One index after the other on a table of 5,000 items."""
    dynamodb = leat.client("dynamodb")
    create_table(dynamodb, "indexed")
    fill(leat.port, "indexed", 0, 4999)
    for turn in itertools.count():
        keys = [{"AttributeName": "id", "KeyType": "HASH"}]
        new = {"IndexName": f"index-{turn}", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
        dynamodb.update_table(TableName="indexed", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], GlobalSecondaryIndexUpdates=[{"Create": new}])
        while any(each["IndexStatus"] != "ACTIVE" for each in dynamodb.describe_table(TableName="indexed")["Table"]["GlobalSecondaryIndexes"]):
            time.sleep(0.05)
        dynamodb.update_table(TableName="indexed", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": f"index-{turn}"}}])
        done.value += 1


def chat(leat, done):
    """5,000 lines an invocation."""
    client = functions.create_function(leat, "chatty", CHATTY)
    while True:
        client.invoke(FunctionName="chatty", Payload=b"{}")
        done.value += 1


def follow(leat, done):
    after = "0"
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{leat.port}/_leat/logs?function=chatty&after={after}") as answer:
            after = json.loads(answer.read())["after"]
        done.value += 1


def quietly(work, leat, done):
    os.nice(10)
    work(leat, done)


def percentile(raw, request, seconds):
    """The 99th, in milliseconds."""
    samples, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        raw.call(request)
        samples.append(1000 * (time.perf_counter() - began))
        time.sleep(0.002)
    return sorted(samples)[int(len(samples) * 0.99) - 1]


def bench_disturbed(options, scratch):
    """Warm invocations while packages are uploaded, indexes are filled, a function prints, and five follow its log."""
    seconds = 5 if options.quick else 20
    with Leat() as leat:
        functions.create_function(leat, "noting", functions.NOTING)
        raw, path = RawClient(leat.port), INVOKE.format("noting")
        request = raw.prepare(Signer(leat.port, leat.key, leat.secret, "lambda").headers('{"x": 1}', path=path), '{"x": 1}', path)
        percentile(raw, request, 1)
        quiet = percentile(raw, request, seconds)
        disturbers = []
        for work in (upload, backfill, chat, *[follow] * 5):
            done = multiprocessing.Value("l", 0)
            disturbers.append((work, done, multiprocessing.Process(target=quietly, args=(work, leat, done), daemon=True)))
            disturbers[-1][2].start()
        while any(done.value < 1 for _, done, _ in disturbers):
            time.sleep(0.1)
        disturbed = percentile(raw, request, seconds)
        for work, done, process in disturbers:
            assert process.is_alive(), work
            process.kill()
    row("Invoke, warm, 99th percentile, while others are busy", f"{disturbed:.2f} ms", f"quiet {quiet:.2f} ms", f"{disturbed / quiet:.1f}×", "≤ 5 ms", disturbed <= 5)
