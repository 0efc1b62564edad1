"""Each fuzz target for a minute, with LEAT_EXTENDED=1; needs clang 19 (clang-19, libclang-rt-19-dev)."""
import io
import os
import subprocess
import zipfile

import pytest
from conftest import ROOT

TARGETS = {
    "json": [b'\x00{"TableName": "abc", "Item": {"id": {"S": "x"}, "l": {"L": [{"N": "1.5E3"}, {"M": {"b": {"B": "AAE="}}}]}}}'],
    "expression": [b"SET #n = if_not_exists(n, :n) + :n, l = list_append(l, :l) REMOVE m.s ADD t :ss", b"(n BETWEEN :n AND :n) OR NOT contains(l[0], :s) AND size(s) >= :n", b"n, l[1], m.s"],
    "partiql": [b"SELECT a.b[0], \"c\" FROM t.i WHERE s = 's' AND n IN [1, ?] AND NOT (l IS MISSING OR begins_with(s, 'x')) ORDER BY n DESC",
                b"UPDATE t SET n = n + 1 SET l = list_append(l, [{'a': <<1, 2>>}]) REMOVE s WHERE s = ? AND n BETWEEN 1 AND 2 RETURNING ALL NEW *", b"INSERT INTO t VALUE {'s': 'x', 'n': -1.5e3}"],
    "stored": [b"\x02\x07\x02\x01a\x05\x02\x03\x01x\x00\x02id\x03\x01y"],
    "sigv4": [b"/?a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256\nAWS4-HMAC-SHA256 Credential=k/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00\n20261121T000000Z"],
    "cbor": [b"\x00\xa3jStreamNameaxdData\x43\0\1\2lPartitionKeyak", b"\x25\xbfiTimestamp\xc1\xfb\x41\xd0\0\0\0\0\0\0\xff"],
    "policy": [b'{"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:*:${aws:username}", "Condition": {"ForAnyValue:StringLikeIfExists": {"a:b": ["x*"]}}}]}\nx'],
    "filters": [b'{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1, "<=", 5]}]}, "s": {"S": [{"prefix": "a"}, {"anything-but": ["x"]}]}}}, "$or": [{"a": [null]}, {"b": [{"exists": false}]}]}\n'
                b'{"dynamodb": {"NewImage": {"n": {"N": "3"}, "s": {"S": "abc"}}}}', b'?ERROR -"a b" fine\nERROR here'],
    "event_stream": [b"\x05Eventpayload"],
    "zip": [],
}

if os.environ.get("LEAT_EXTENDED"):

    @pytest.fixture(scope="module")
    def build():
        for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz", "--target", *(f"{name}_fuzz" for name in TARGETS)]):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return ROOT / "build-fuzz"

    @pytest.mark.parametrize("target", TARGETS)
    def test_a_minute_finds_nothing(build, target, tmp_path):
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        seeds = list(TARGETS[target])
        if target == "zip":
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr("main.py", "x")
                archive.writestr("a/b", "y")
            seeds.append(out.getvalue())
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)
        seconds = int(os.environ.get("LEAT_FUZZ_SECONDS", "60"))
        done = subprocess.run([build / f"{target}_fuzz", f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={tmp_path}/", corpus], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-5000:]
