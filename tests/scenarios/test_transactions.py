"""TransactWriteItems and TransactGetItems."""
import threading
import uuid

import pytest
from botocore.exceptions import ClientError
from conftest import stream_records
from test_dynamodb import error


@pytest.fixture
def bank(server, deployment):
    name = f"bank-{uuid.uuid4().hex[:8]}"
    arn = deployment.table(name, stream="NEW_AND_OLD_IMAGES")
    dynamodb = server.client("dynamodb")
    for owner in "ab":
        dynamodb.put_item(TableName=name, Item={"id": {"S": owner}, "money": {"N": "100"}})
    return dynamodb, name, arn


def move(name, source, target, amount):
    step = lambda owner, sign, **more: {"Update": {"TableName": name, "Key": {"id": {"S": owner}}, "UpdateExpression": f"SET money = money {sign} :m",
                                                   "ExpressionAttributeValues": {":m": {"N": str(amount)}}, **more}}
    return [step(source, "-", ConditionExpression="money >= :m", ReturnValuesOnConditionCheckFailure="ALL_OLD"), step(target, "+")]


def money(dynamodb, name):
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": {"id": {"S": owner}}, "ProjectionExpression": "money"}} for owner in "ab"])
    return [int(each["Item"]["money"]["N"]) for each in got["Responses"]]


def test_all_or_nothing(server, bank):
    dynamodb, name, arn = bank
    answer = dynamodb.transact_write_items(TransactItems=move(name, "a", "b", 30), ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 4, "WriteCapacityUnits": 4}]
    assert money(dynamodb, name) == [70, 130]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=move(name, "a", "b", 71))
    assert caught.value.response["Error"]["Message"] == "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]"
    assert caught.value.response["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": {"id": {"S": "a"}, "money": {"N": "70"}}}, {"Code": "None"}]
    assert money(dynamodb, name) == [70, 130]
    assert len(stream_records(server, arn)) == 4  # two puts, one record for each action


def test_every_kind_of_action(bank):
    dynamodb, name, _ = bank
    dynamodb.transact_write_items(TransactItems=[
        {"ConditionCheck": {"TableName": name, "Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}},
        {"Delete": {"TableName": name, "Key": {"id": {"S": "b"}}}},
        {"Put": {"TableName": name, "Item": {"id": {"S": "c"}}, "ConditionExpression": "attribute_not_exists(id)"}},
        {"Update": {"TableName": name, "Key": {"id": {"S": "d"}}, "UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"N": "1"}}}}])
    assert {item["id"]["S"] for item in dynamodb.scan(TableName=name)["Items"]} == {"a", "c", "d"}
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": {"id": {"S": "b"}}}}, {"Get": {"TableName": name, "Key": {"id": {"S": "d"}}}}],
                                      ReturnConsumedCapacity="INDEXES")
    assert got["Responses"] == [{}, {"Item": {"id": {"S": "d"}, "x": {"N": "1"}}}]
    assert got["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 4, "ReadCapacityUnits": 4, "Table": {"CapacityUnits": 4, "ReadCapacityUnits": 4}}]


def test_what_is_refused(bank):
    dynamodb, name, _ = bank
    write = lambda *actions: error(dynamodb.transact_write_items, TransactItems=list(actions))
    put = {"Put": {"TableName": name, "Item": {"id": {"S": "x"}}}}
    assert write(put, {"Delete": {"TableName": name, "Key": {"id": {"S": "x"}}}}) == ("ValidationException", "Transaction request cannot include multiple operations on one item")
    assert write({**put, "Delete": {"TableName": name, "Key": {"id": {"S": "x"}}}})[1] == "TransactItems can only contain one of Check, Put, Update or Delete"
    assert write({"Put": {"TableName": "no-such-table", "Item": {"id": {"S": "x"}}}})[0] == "ResourceNotFoundException"
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[put, {"Put": {"TableName": name, "Item": {"no": {"S": "key"}}}}])
    assert [each["Code"] for each in caught.value.response["CancellationReasons"]] == ["None", "ValidationError"]
    assert caught.value.response["CancellationReasons"][1]["Message"] == "One or more parameter values were invalid: Missing the key id in the item"
    assert write(*[{"Put": {"TableName": name, "Item": {"id": {"S": str(n)}}}} for n in range(101)])[0] == "ValidationException"
    large = [{"Put": {"TableName": name, "Item": {"id": {"S": str(n)}, "body": {"S": "x" * 390_000}}}} for n in range(11)]
    assert write(*large)[0] == "ValidationException" and "4 MB" in write(*large)[1]
    assert dynamodb.scan(TableName=name)["Count"] == 2


def test_a_token_makes_a_transaction_happen_once(own_server):
    server = own_server("--test-clock")
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="bank", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    add = lambda n: dynamodb.transact_write_items(ClientRequestToken="once", ReturnConsumedCapacity="TOTAL", TransactItems=[
        {"Update": {"TableName": "bank", "Key": {"id": {"S": "a"}}, "UpdateExpression": "ADD money :n", "ExpressionAttributeValues": {":n": {"N": str(n)}}}}])
    value = lambda: dynamodb.get_item(TableName="bank", Key={"id": {"S": "a"}})["Item"]["money"]["N"]
    add(5)
    assert add(5)["ConsumedCapacity"][0]["ReadCapacityUnits"] == 2
    assert value() == "5"
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        add(6)
    server.kill()
    server.start()
    dynamodb = server.client("dynamodb")
    add(5)
    assert value() == "5"
    server.post("/_leat/clock?advance=601")
    add(5)
    assert value() == "10"


def test_money_is_neither_made_nor_lost(bank):
    """Transfers from several clients at once; every consistent read sees the same sum."""
    dynamodb, name, _ = bank
    sums, stop = set(), threading.Event()

    def transfer(source, target):
        for _ in range(60):
            try:
                dynamodb.transact_write_items(TransactItems=move(name, source, target, 7))
            except dynamodb.exceptions.TransactionCanceledException:
                pass

    def watch():
        while not stop.is_set():
            sums.add(sum(money(dynamodb, name)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    workers = [threading.Thread(target=transfer, args=pair) for pair in (("a", "b"), ("b", "a")) * 2]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    stop.set()
    watcher.join()
    assert sums == {200}
