"""What real DynamoDB answered, line by line of the tables beside this file.

A line is `Operation request -> answer`; the comment above it says where it was observed, and all lines of a table run in
their order in an account of their own. In requests {"$wraps": N} is an attribute value in N maps, {"$text": N} a string
of N characters, {"$copies": [N, X]} a list of N times X, with every "$i" in it counted, $account that account. An answer is

    ok                      200; `ok JSON` where the answer has (at least) that, and null for what it must not have
    Code: message           the whole message; 1v: stands for "1 validation error detected: "
    Code: ~part             any message that contains the part
    Code [R, R]: message    with the codes of the cancellation's reasons, each followed by =text where that is its message
"""
import json
from pathlib import Path

import pytest
from raw_requests import ask, made_up_headers

TABLES = sorted((Path(__file__).parent / "dynamodb").glob("*.txt"))


def expanded(value, i=0):
    match value:
        case {"$wraps": levels}: return {"M": {"a": expanded({"$wraps": levels - 1})}} if levels else {"S": "leaf"}
        case {"$text": size}: return "x" * size
        case {"$copies": [count, what]}: return [expanded(what, each) for each in range(count)]
        case dict(): return {name.replace("$i", str(i)): expanded(each, i) for name, each in value.items()}
        case list(): return [expanded(each, i) for each in value]
        case str(): return value.replace("$i", str(i))
    return value


def holds(wanted, got):
    """What is wanted stands in the answer; lists in full."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(name not in got if each is None else name in got and holds(each, got[name]) for name, each in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(wanted) == len(got) and all(map(holds, wanted, got))
    return wanted == got


def reasons_of(answer, wanted):
    texts = [reason.split("=", 1) for reason in wanted]
    given = answer.get("CancellationReasons", [])
    return len(texts) == len(given) and all(
        each["Code"] == text[0] and (len(text) == 1 or each.get("Message") == text[1]) for text, each in zip(texts, given))


def fits(wanted, status, text):
    answer = json.loads(text or "{}")
    if wanted == "ok" or wanted.startswith("ok "):
        return status == 200 and holds(json.loads(wanted[2:] or "{}"), answer)
    code, message = wanted.split(": ", 1)
    code, bracket, reasons = code.partition(" [")
    if bracket:
        reasons, message = wanted.split(" [", 1)[1].rsplit("]: ", 1)
        if not reasons_of(answer, reasons.split(", ")):
            return False
    message = message.replace("1v:", "1 validation error detected: ").replace("{empty}", "")
    got = answer.get("message", answer.get("Message", ""))
    if status == 200 or answer["__type"].rsplit("#")[-1] != code:
        return False
    return message[1:] in got if message.startswith("~") else message == got


def lines_of(table):
    for number, line in enumerate(table.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            request, answer = line.rsplit(" -> ", 1)
            yield number, request, answer


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_answers_are_those_of_aws(server, table):
    account = f"{1 + TABLES.index(table):012}"
    wrong, lines = [], [(number, *(text.replace("$account", account) for text in line)) for number, *line in lines_of(table)]
    for number, request, wanted in lines:
        operation, _, body = request.partition(" ")
        service = "DynamoDBStreams" if operation in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams") else "DynamoDB"
        headers = made_up_headers(f"{service}_20120810.{operation}", key=account)
        status, text, _ = ask(server, "POST", "/", headers, json.dumps(expanded(json.loads(body))))
        if not fits(wanted, status, text):
            wrong.append(f"{table.name}:{number}: {request[:300]}\n  wanted {wanted}\n  got    {status} {text[:1500]}")
    assert not wrong, "\n".join(wrong)
    assert lines
