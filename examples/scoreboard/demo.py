#!/usr/bin/env python3
"""The main job, end to end and with real AWS clients: ten thousand game scores go into a table; its stream runs two
functions, one in Python and one in Node.js, that add them up by user in another table.

usage: demo.py [--keep] [--scores N] [--endpoint URL]
"""
import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = Path(__file__).resolve().parent / "functions"
PLAYERS = 300
PROBES = 200
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
WORK = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": "arn:aws:dynamodb:*:*:table/GameScoresByUser"}]}
RUNTIMES = {"python": ("python3.11", "aggregate.handler", "aggregate.py"), "nodejs": ("nodejs20.x", "aggregate.handler", "aggregate.mjs")}


class Server:
    """A server of this build on a free port, or the one at `endpoint`."""

    def __init__(self, endpoint):
        self.process = None
        if endpoint:
            self.endpoint = endpoint
            return
        self.folder = tempfile.mkdtemp(prefix="leat-demo-")
        command = [str(ROOT / "build/leat"), "serve", "--port", "0", "--data-dir", self.folder]
        self.log = open(f"{self.folder}/server.log", "w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        if self.process.stdout.readline() != "Ready.\n":
            sys.exit(f"the server did not start; see {self.folder}/server.log")
        self.port = int(Path(self.log.name).read_text().split(":")[3].split(",")[0])
        self.endpoint = f"http://localhost:{self.port}"

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def package(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(FUNCTIONS / name, name)
    return out.getvalue()


def create_tables(dynamodb):
    dynamodb.create_table(
        TableName="GameScoreRecords", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "RecordId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "RecordId", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    dynamodb.create_table(
        TableName="GameScoresByUser", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "UserId", "KeyType": "HASH"}, {"AttributeName": "Runtime", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("UserId", "Runtime")])
    for table in ("GameScoreRecords", "GameScoresByUser"):
        dynamodb.get_waiter("table_exists").wait(TableName=table)


def create_functions(session, dynamodb):
    iam, functions = session.client("iam"), session.client("lambda")
    role = iam.create_role(RoleName="scoreboard", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="scoreboard", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole")
    iam.put_role_policy(RoleName="scoreboard", PolicyName="write-scores", PolicyDocument=json.dumps(WORK))
    stream = dynamodb.describe_table(TableName="GameScoreRecords")["Table"]["LatestStreamArn"]
    for name, (runtime, handler, file) in RUNTIMES.items():
        functions.create_function(FunctionName=f"aggregate-{name}", Runtime=runtime, Handler=handler, Role=role, Timeout=30,
                                  MemorySize=256, Code={"ZipFile": package(file)})
        functions.get_waiter("function_active_v2").wait(FunctionName=f"aggregate-{name}")
        functions.create_event_source_mapping(FunctionName=f"aggregate-{name}", EventSourceArn=stream, BatchSize=1000, StartingPosition="TRIM_HORIZON")


def totals(table):
    """(games, score) by runtime and user, from GameScoresByUser."""
    out = {name: {} for name in RUNTIMES}
    page = {}
    while True:
        page = table.scan(ConsistentRead=True, **({"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else {}))
        for item in page["Items"]:
            out[item["Runtime"]][item["UserId"]] = (int(item["Games"]), int(item["TotalScore"]))
        if "LastEvaluatedKey" not in page:
            return out


def put_scores(session, scores, progress):
    """Every score with a PutItem of its own, from a few threads as a game's servers would."""
    client = session.client("dynamodb")

    def put_share(share):
        for number, user, score in share:
            client.put_item(TableName="GameScoreRecords", Item={
                "RecordId": {"S": f"game-{number:06}"}, "UserId": {"S": user}, "Score": {"N": str(score)}, "PlayedAt": {"N": f"{time.time():.3f}"}})
            progress["in"] += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put_share, [scores[i::4] for i in range(4)]))


def watch(table, progress, total, done):
    """The progress line, until every runtime has added everything up."""
    began = time.time()
    start, pause = ("\r", 0.2) if sys.stdout.isatty() else ("\n", 2)  # one line on a terminal, a few in a file
    while True:
        sums = totals(table)
        counted = {name: sum(games for games, _ in users.values()) for name, users in sums.items()}
        slowest = min(counted.values())
        sys.stdout.write(f"{start}  records in {progress['in']:>6}   aggregated: python {counted['python']:>6}, nodejs {counted['nodejs']:>6}"
                         f"   lag {progress['in'] - slowest:>6}   {time.time() - began:5.1f} s")
        sys.stdout.flush()
        if slowest >= total or time.time() - began > 300:
            sys.stdout.write("\n")
            done.set()
            return
        done.wait(pause)


def measure_latency(session):
    """Milliseconds from PutItem's reply to the handler's first line, one record at a time, by runtime."""
    client, table = session.client("dynamodb"), session.resource("dynamodb").Table("GameScoresByUser")
    out = {name: [] for name in RUNTIMES}
    for i in range(PROBES):
        user = f"probe-{i}"
        client.put_item(TableName="GameScoreRecords", Item={"RecordId": {"S": user}, "UserId": {"S": user}, "Score": {"N": "1"}})
        replied = time.time()
        for name in RUNTIMES:
            item = {}
            while "Item" not in item:
                item = table.get_item(Key={"UserId": user, "Runtime": name}, ConsistentRead=True)
            out[name].append(1000 * (float(item["Item"]["LastStarted"]) - replied))
    return out


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--keep", action="store_true", help="leave the server running")
    arguments.add_argument("--scores", type=int, default=10000)
    arguments.add_argument("--endpoint", help="use this server instead of starting one")
    options = arguments.parse_args()

    server = Server(options.endpoint)
    os.environ["AWS_ENDPOINT_URL"] = server.endpoint  # all that a user of AWS changes
    session = boto3.Session("test", "test", region_name="us-east-1")
    dynamodb = session.client("dynamodb")
    print(f"leat at {server.endpoint}: GameScoreRecords -> stream -> functions in Python and Node.js -> GameScoresByUser")
    create_tables(dynamodb)
    create_functions(session, dynamodb)

    generator = random.Random(7)
    scores = [(i, f"player-{generator.randrange(PLAYERS):03}", generator.randrange(1, 1000)) for i in range(options.scores)]
    expected = {}
    for _, user, score in scores:
        games, total = expected.get(user, (0, 0))
        expected[user] = (games + 1, total + score)
    table, progress, done = session.resource("dynamodb").Table("GameScoresByUser"), {"in": 0}, threading.Event()
    watcher = threading.Thread(target=watch, args=(table, progress, len(scores), done))
    began = time.time()
    watcher.start()
    put_scores(session, scores, progress)
    watcher.join()
    seconds = time.time() - began

    sums = totals(table)
    print("\n  rank  player        games    score")
    for rank, (user, (games, total)) in enumerate(sorted(sums["python"].items(), key=lambda entry: -entry[1][1])[:10], 1):
        print(f"  {rank:>4}  {user:<12} {games:>6} {total:>8}")
    right = all(sums[name] == expected for name in RUNTIMES)
    print(f"\n  sums of both functions {'equal' if right else 'DO NOT EQUAL'} what was put: "
          f"{len(scores)} scores, {sum(score for *_, score in scores)} points, {len(expected)} players, {seconds:.1f} s")
    if right:
        for name, values in measure_latency(session).items():
            values.sort()
            print(f"  from PutItem's reply to the {name} function's first line: median {statistics.median(values):.2f} ms, "
                  f"p99 {values[int(len(values) * 0.99) - 1]:.2f} ms")
    if options.keep and server.process:
        print(f"""
The server goes on (process {server.process.pid}, data in {server.folder}). Try:
  export AWS_ENDPOINT_URL={server.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
  aws dynamodb scan --table-name GameScoresByUser --max-items 3
  aws lambda list-event-source-mappings --function-name aggregate-python
  {ROOT}/build/leat logs -f aggregate-nodejs --port {server.port}
  kill {server.process.pid}""")
    else:
        server.stop()
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
