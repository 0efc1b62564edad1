"""What Lambda answered on AWS, line by line of the tables beside this file.

A line is `Operation request -> status answer`; the comment above it says where it was observed, and all lines of a table
run in their order in an account of their own, that has the role `worker`. The answer holds (at least) what stands in the
line, letter by letter, and null stands for what it must not hold; an error's code stands before it. In all of it $A is
the account, $F arn:aws:lambda:us-east-1:ACCOUNT:function and $R the role's ARN, {"$zip": TEXT} a package whose handler
answers TEXT, {"$zip": N} one of N bytes that do not compress, {"$text": N} a string of N characters, {"$tags": N} N tags,
"$=name" any value, that ${name} means from there on, "$!name" any other, "$~TEXT" any that contains TEXT, and "$*" any at all.
"""
import io
import json
import random
import re
import zipfile
from pathlib import Path

import botocore.exceptions
import pytest
from conftest import TRUST, package, wait_until

TABLES = sorted((Path(__file__).parent / "lambda").glob("*.txt"))


def large_package(size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data", random.Random(1).randbytes(size))
    return out.getvalue()


def replaced(value, names):
    match value:
        case {"$zip": int(size)}: return large_package(size)
        case {"$zip": text}: return package({"main.py": f"def handler(event, context):\n    return {text!r}\n"})
        case {"$text": size}: return "a" * size
        case {"$tags": count}: return {f"k{i}": "v" for i in range(count)}
        case dict(): return {replaced(name, names): replaced(each, names) for name, each in value.items()}
        case list(): return [replaced(each, names) for each in value]
        case str():
            for name, text in names.items():
                value = value.replace("${%s}" % name, text).replace(f"${name}", text) if name in "AFR" else value.replace("${%s}" % name, text)
    return value


def holds(wanted, got, names):
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(name not in got if each is None else name in got and holds(each, got[name], names) for name, each in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(wanted) == len(got) and all(holds(*each, names) for each in zip(wanted, got))
    if isinstance(wanted, str) and wanted.startswith("$="):
        names[wanted[2:]] = got
        return True
    if isinstance(wanted, str) and wanted.startswith("$!"):
        return names[wanted[2:]] != got
    if isinstance(wanted, str) and wanted.startswith("$~"):
        return wanted[2:] in got
    return wanted == "$*" or wanted == got


class Account:
    """A client that sends what stands in a table, and keeps the answer as it came."""

    def __init__(self, server, number):
        key = f"{number:012}"
        iam = server.client("iam", key=key)
        role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.names = {"A": key, "F": f"arn:aws:lambda:us-east-1:{key}:function", "R": role}
        self.client = server.client("lambda", key=key, parameter_validation=False)
        self.client.meta.events.register("before-parse.lambda.*", self.keep)
        sqs, dynamodb = server.client("sqs", key=key), server.client("dynamodb", key=key)
        sqs.create_queue(QueueName="queue")
        self.names["stream"] = dynamodb.create_table(
            TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]["LatestStreamArn"]

    def keep(self, response_dict, **_):
        body = response_dict["body"]
        self.status, self.text = response_dict["status_code"], "" if hasattr(body, "read") else body.decode(errors="replace")

    def send(self, operation, request):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            return "", getattr(self.client, name)(**request)
        except botocore.exceptions.ClientError as failure:
            return failure.response["Error"]["Code"], json.loads(self.text or "{}")

    def differs(self, line):
        """What was answered, where it is not what the line says."""
        request, wanted = line.rsplit(" -> ", 1)
        operation, _, body = request.partition(" ")
        wanted, _, members = wanted.partition(" {")
        status, _, code = wanted.partition(" ")
        body, members = (replaced(json.loads(text), self.names) for text in (body or "{}", "{" + members if members else "{}"))

        def differs():
            got, answer = self.send(operation, body)
            if got or operation != "Invoke":
                answer = json.loads(self.text or "{}")
            fits = self.status == int(status) and got == code and holds(members, answer, self.names)
            return "" if fits else f"{self.status} {got} {json.dumps(answer)[:1500]}"

        if operation == "GetFunctionConfiguration" and members.get("State") == "Active":
            wait_until(lambda: self.send(operation, body)[1].get("LastUpdateStatus") == "Successful")
        return differs()


def lines_of(table):
    for number, line in enumerate(table.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_answers_are_those_of_aws(server, table):
    account = Account(server, 7001 + TABLES.index(table))
    wrong = []
    for number, line in lines_of(table):
        if got := account.differs(line):
            wrong.append(f"{table.name}:{number}: {line[:700]}\n  got {got}")
    assert not wrong, "\n".join(wrong)
    assert list(lines_of(table))
