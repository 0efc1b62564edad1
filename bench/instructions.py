"""What a request costs in instructions, which no other process disturbs: counted by callgrind, on one thread."""
import json
import re
import subprocess
from pathlib import Path

from harness import *  # noqa: F403

KEYS, WARM, COUNTED = 50, 500, 2000
TARGETS_OF = {"GetItem": 50_000, "PutItem": 100_000}


class Counted(Leat):
    """A server under callgrind."""

    def __init__(self, out):
        super().__init__("--threads", "1", under=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
        self.out = Path(out)

    def control(self, what):
        subprocess.run(["callgrind_control", what, str(self.process.pid)], capture_output=True, check=True)

    def count(self, work):
        """Instructions of the server while `work` is done."""
        self.control("-z")
        work()
        before = set(self.out.parent.glob(self.out.name + ".*"))
        self.control("-d")
        dumped, = set(self.out.parent.glob(self.out.name + ".*")) - before
        return int(re.search(r"^(?:summary|totals): (\d+)", dumped.read_text(), re.MULTILINE)[1])


def item_of_200_bytes(i, turn):
    return {"id": {"S": f"key-{i}"}, "n": {"N": str(i + turn)}, "text": {"S": "x" * 180}}


def bench_instructions(options, scratch):
    """A known user's GetItem and PutItem of 200 bytes, in a table with a stream."""
    with Counted(scratch / "callgrind") as leat:
        leat.make_user()
        create_table(leat.client("dynamodb"), "counted", stream=True)
        raw, signer = RawClient(leat.port), Signer(leat.port, leat.key, leat.secret)

        def requests(operation, turn):
            for i in range(KEYS):
                content = {"Key": {"id": {"S": f"key-{i}"}}} if operation == "GetItem" else {"Item": item_of_200_bytes(i, turn)}
                body = json.dumps({"TableName": "counted", **content}, separators=(",", ":"))
                yield raw.prepare(signer.headers(body, f"DynamoDB_20120810.{operation}"), body)

        def run(operation, times):
            prepared = [each for turn in range(2) for each in requests(operation, turn)]
            for i in range(times):
                raw.call(prepared[i % len(prepared)])

        for operation in ("PutItem", "GetItem"):
            run(operation, WARM)
            each = leat.count(lambda: run(operation, COUNTED)) / COUNTED
            target = TARGETS_OF[operation]
            row(f"instructions of a verified {operation}", f"{each:,.0f}", "—", "—", f"≤ {target:,}", each <= target)
