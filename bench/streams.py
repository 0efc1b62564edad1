"""Queues and data streams: rates beside the floor, RocksDB and kinesalite; a long queue; a thousand idle functions."""
import base64
import shutil

from functions import create_function
from harness import *  # noqa: F403

NOTHING = "def handler(event, context):\n    pass\n"


def queue_rates(leat, url, seconds):
    """Requests a second, and messages: each is sent, received and deleted."""
    signer = Signer(leat.port, "test", "test", "sqs")
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", ROOT / "bench/queue.lua", f"http://127.0.0.1:{leat.port}/"], capture_output=True, text=True,
                          check=True, env={**os.environ, "QUEUE_URL": url, "DATE": signer.date, "AUTHORIZATION": signer.headers("{}")["Authorization"]}).stdout
    assert "REFUSED 0\n" in done, done
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done)[1]), int(re.search(r"MESSAGES (\d+)", done)[1]) / seconds


def bench_queue(options, scratch):
    """SQS: one message sent, received and deleted by each of 32 clients, beside the floor."""
    with Leat() as leat:
        url = leat.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
        requests, messages = max(queue_rates(leat, url, options.seconds) for _ in range(3))
        path = scratch / "sends"
        write_requests(path, Signer(leat.port, "test", "test", "sqs"), "SendMessage", [json.dumps({"QueueUrl": url, "MessageBody": "x" * 100})])
        floor = floor_rate(path, json.dumps({"MessageId": "x" * 36, "MD5OfMessageBody": "x" * 32}), options.seconds, scratch)
    row(f"SendMessage, ReceiveMessage, DeleteMessage, fsync ({messages:,.0f} messages/s)", f"{requests:,.0f} requests/s", f"floor {floor:,.0f}/s", f"{requests / floor:.2f}", "≥ 0.25", requests >= 0.25 * floor)


def bench_long_queue(options, scratch):
    """ReceiveMessage from a queue of a million messages."""
    sizes, latencies = (1_000, 100_000 if options.quick else 1_000_000), {}
    with Leat() as leat:
        sqs, signer, raw = leat.client("sqs"), Signer(leat.port, "test", "test", "sqs"), RawClient(leat.port)
        for size in sizes:
            url = sqs.create_queue(QueueName=f"queue-{size}", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
            path = scratch / "batches"
            write_requests(path, signer, "SendMessageBatch", [json.dumps({"QueueUrl": url, "Entries": [{"Id": str(n), "MessageBody": "x" * 100} for n in range(10)]})])
            names = ["ApproximateNumberOfMessages"]
            if size == sizes[0]:
                for _ in range(size // 10):
                    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "x" * 100} for n in range(10)])
            while int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]]) < size:
                wrk(leat.port, path, 5)
            settle(leat)
            body = json.dumps({"QueueUrl": url})
            request, samples = raw.prepare(signer.headers(body, "AmazonSQS.ReceiveMessage"), body), []
            for _ in range(900):
                began = time.perf_counter_ns()
                raw.call(request)
                samples.append((time.perf_counter_ns() - began) / 1000)
            latencies[size] = sorted(samples)[len(samples) // 2]
    small, large = (latencies[size] for size in sizes)
    row(f"ReceiveMessage with {sizes[1]:,} messages in the queue, median latency", f"{large:.0f} µs", f"with a thousand {small:.0f} µs", f"{large / small:.2f}", "≤ 1.2", large <= 1.2 * small)


def kinesalite(port):
    return Process(["node", ROOT / "bench/node_modules/kinesalite/cli.js", "--port", port, "--createStreamMs", "0", "--shardLimit", "100"], port, says_ready=False)


def bench_data_stream(options, scratch):
    """Kinesis PutRecords of 500 small records beside RocksDB and kinesalite."""
    records = [{"Data": base64.b64encode(b"x" * 100).decode(), "PartitionKey": f"key-{n}"} for n in range(500)]

    def rate(server):
        kinesis = server.client("kinesis") if isinstance(server, Leat) else client(server.port, "kinesis")
        kinesis.create_stream(StreamName="bench", ShardCount=4)
        while kinesis.describe_stream(StreamName="bench")["StreamDescription"]["StreamStatus"] != "ACTIVE":
            time.sleep(0.1)
        path = scratch / "records"
        write_requests(path, Signer(server.port, "test", "test", "kinesis"), "PutRecords", [json.dumps({"StreamName": "bench", "Records": records})])
        return 500 * best(lambda: wrk(server.port, path, options.seconds))

    with Leat() as leat:
        own = rate(leat)
    folder = scratch / "rocksdb-records"
    shutil.rmtree(folder, ignore_errors=True)
    out = subprocess.run([ROOT / "build/rocksdb_floor", folder, "50", "120", "100000", "500"], check=True, capture_output=True, text=True).stdout
    floor = float(re.search(r"batches (\d+)", out)[1])
    row("PutRecords of 500, limits off, records", f"{own:,.0f}/s", f"RocksDB, synced, {floor:,.0f}/s", f"{own / floor:.2f}", "≥ 0.25", own >= 0.25 * floor)
    with kinesalite(free_port()) as peer:
        theirs = rate(peer)
    row("PutRecords of 500, limits off, records", f"{own:,.0f}/s", f"kinesalite {theirs:,.0f}/s", f"{own / theirs:.1f}×", "≥ 20×", own >= 20 * theirs)


def bench_idle(options, scratch):
    """A thousand functions with mappings, idle."""
    count = 100 if options.quick else 1000
    with Leat() as leat:
        leat.make_user()
        kinesis, sqs = leat.client("kinesis"), leat.client("sqs")
        stream = create_table(leat.client("dynamodb"), "idle", stream=True, on_demand=False)
        kinesis.create_stream(StreamName="idle", ShardCount=1)
        queue = sqs.get_queue_attributes(QueueUrl=sqs.create_queue(QueueName="idle", Attributes={"VisibilityTimeout": "60"})["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sources = [(stream, {"StartingPosition": "LATEST"}), (kinesis.describe_stream_summary(StreamName="idle")["StreamDescriptionSummary"]["StreamARN"], {"StartingPosition": "LATEST"}), (queue, {})]
        for n in range(count):
            source, settings = sources[n % 3]
            create_function(leat, f"idle-{n}", NOTHING).create_event_source_mapping(FunctionName=f"idle-{n}", EventSourceArn=source, **settings)
        settle(leat)
        ticks = lambda: sum(map(int, Path(f"/proc/{leat.process.pid}/stat").read_text().split()[13:15]))
        before = ticks()
        time.sleep(10)
        busy = ticks() - before
        memory = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{leat.process.pid}/status").read_text())[1]) / 1024
    row(f"resident memory with {count:,} functions and mappings, idle", f"{memory:.0f} MB", "—", "—", "≤ 60 MB", memory <= 60)
    row("their processor time in ten seconds", f"{busy * 10} ms", "—", "—", "≤ 20 ms", busy <= 2)
