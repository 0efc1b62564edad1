"""What bad clients cost the good ones: slow and idle connections beside GetItem, and memory once a load is over."""
import resource
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import *  # noqa: F403 (the harness is the language of this file)

SLOW, IDLE = 1000, 10_000
HALF_HANDSHAKE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100


def connect(port, first=b""):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(first)
    return connection


def raise_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class SlowClients:
    """Each sends a byte of a head each second, and comes again when it is hung up on."""

    def __init__(self, port):
        self.port, self.over = port, threading.Event()
        self.connections = [self.begin() for _ in range(SLOW)]
        self.thread = threading.Thread(target=self.drip)

    def begin(self):
        return connect(self.port, b"POST / HTTP/1.1\r\nX-Slow: ")

    def drip(self):
        while not self.over.wait(1):
            for i, each in enumerate(self.connections):
                try:
                    each.sendall(b"x")
                except OSError:
                    self.connections[i] = self.begin()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for each in self.connections:
            each.close()


def bench_clients(options, scratch):
    """GetItem beside slow and idle clients."""
    raise_descriptors()
    with Leat() as leat:
        leat.make_user()
        create_table(leat.client("dynamodb"), "plain")
        fill(leat.port, "plain", 0, 999)
        rate = lambda: rates(leat, "GetItem", "plain", 1000, 1000, options.seconds, scratch)
        alone = rate()
        idle = [connect(leat.port) for _ in range(IDLE)]
        with SlowClients(leat.port):
            crowded = rate()
        for each in idle:
            each.close()
        alone = max(alone, rate())
    row(f"GetItem beside {SLOW:,} slow and {IDLE:,} idle clients", f"{crowded:,.0f}/s", f"alone {alone:,.0f}/s", f"{crowded / alone:.2f}", "≥ 0.9", crowded >= 0.9 * alone)


def resident(leat):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{leat.process.pid}/status").read_text())[1]) / 1024


def ask(port, request):
    with connect(port) as connection:
        try:
            connection.sendall(request)
            connection.recv(100)
        except OSError:
            pass  # refused before its end


def hostile_load(leat, seconds):
    body = '{"TableName":"' + "x" * (15 << 20) + '"}'
    headers = Signer(leat.port, leat.key, leat.secret).headers(body, "DynamoDB_20120810.PutItem")
    large = RawClient.prepare(None, headers, body)
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(32) as pool:
        while time.monotonic() < end:
            list(pool.map(lambda _: ask(leat.port, large), range(64)))
            for first in (HALF_HANDSHAKE, b"POST / HTTP/1.1\r\nX-Long: " + b"x" * 15_000, b""):
                for each in [connect(leat.port, first) for _ in range(2000)]:
                    each.close()


def bench_memory(options, scratch):
    """Memory after a hostile load: large bodies, half handshakes, half heads, silence."""
    raise_descriptors()
    with Leat() as leat:
        time.sleep(1)
        before = resident(leat)
        hostile_load(leat, 5 if options.quick else 60)
        highest = resident(leat)
        end = time.monotonic() + 10
        while resident(leat) > before + 20 and time.monotonic() < end:
            time.sleep(0.1)
        after = resident(leat)
    row("resident memory after a minute of hostile load", f"{after:.0f} MB", f"before {before:.0f} MB, at its end {highest:.0f} MB", f"+{after - before:.0f} MB", "≤ 20 MB more", after <= before + 20)
