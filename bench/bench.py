#!/usr/bin/env python3
"""Every number of the project, each as a ratio beside a floor or a peer in the same run.

usage: bench.py [--quick] [PART ...]      parts: see --help
"""
import argparse
import statistics
import tempfile
import time

import disturbed
import clients
import functions
import instructions
import streams
import tables
from harness import *  # noqa: F403


def bench_start(options, scratch):
    """From the server's start to its first answer; and its memory when idle."""
    def until_answer(command, port, request, expected):
        began = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(request)
                    if connection.recv(4096).startswith(expected):
                        break
            except OSError:
                pass
        taken = 1000 * (time.perf_counter() - began)
        return taken, process

    leats, redises, memory = [], [], 0
    for _ in range(9):
        port, folder = free_port(), tempfile.mkdtemp(prefix="leat-bench-")
        body = json.dumps({"TableName": "first", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]})
        signer = Signer(port, "test", "test")
        request = RawClient.prepare(None, signer.headers(body, "DynamoDB_20120810.CreateTable"), body)
        taken, process = until_answer([ROOT / "build/leat", "serve", "--port", port, "--data-dir", folder], port, request, b"HTTP/1.1 200")
        leats.append(taken)
        time.sleep(0.5)
        memory = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024
        process.kill()
        process.wait()
        port = free_port()
        taken, process = until_answer(["redis-server", "--port", port, "--save", "", "--dir", folder], port, b"PING\r\n", b"+PONG")
        redises.append(taken)
        process.kill()
        process.wait()
    leat, redis = statistics.median(leats), statistics.median(redises)
    row("start to the first answered CreateTable", f"{leat:.0f} ms", f"redis-server to its first PONG {redis:.0f} ms", f"{leat / redis:.1f}×", "≤ 3×, < 60 ms", leat <= 3 * redis and leat < 60)
    row("idle resident memory", f"{memory:.0f} MB", "—", "—", "≤ 30 MB", memory <= 30)


PARTS = {**{name.removeprefix("bench_"): part for module in (tables, streams, functions, disturbed, instructions, clients) for name, part in vars(module).items() if name.startswith("bench_")}, "start": bench_start}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--quick", action="store_true", help="less of everything")
    arguments.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = arguments.parse_args()
    options.seconds = 2 if options.quick else 4
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.parts or PARTS:
            print(f"{name}: {PARTS[name].__doc__}", flush=True)
            PARTS[name](options, Path(scratch))
    print("\n| what | leat | beside | ratio | target | |\n|---|---|---|---|---|---|")
    for each in ROWS:
        print("| " + " | ".join(each) + " |")


if __name__ == "__main__":
    main()
