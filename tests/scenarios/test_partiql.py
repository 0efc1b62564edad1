"""PartiQL, as boto3 sees it."""
import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from test_dynamodb import error
from test_indexes import attributes, index

plain, typed = TypeDeserializer().deserialize, TypeSerializer().serialize


@pytest.fixture(scope="module")
def dynamodb(server):
    client = server.client("dynamodb")
    client.create_table(TableName="songs", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes(artist="S", title="S", year="N"),
                        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}],
                        GlobalSecondaryIndexes=[index("by-year", "year", "title", "INCLUDE", ["stars"])])
    for n in range(12):
        client.put_item(TableName="songs", Item={name: typed(value) for name, value in {
            "artist": "ab"[n % 2], "title": f"t{n:02}", "year": 1990 + n % 3, "stars": n, "tags": {"x", f"y{n}"}, "info": {"label": {"name": f"l{n}"}, "plays": [n, n + 1]}}.items()})
    return client


def run(dynamodb, statement, *parameters, **more):
    if parameters:
        more["Parameters"] = [typed(each) for each in parameters]
    return [{name: plain(value) for name, value in item.items()} for item in dynamodb.execute_statement(Statement=statement, **more).get("Items", [])]


SELECTS = [
    ("SELECT title FROM songs WHERE artist = 'a' AND title > 't04'", (), ["t06", "t08", "t10"]),
    ("SELECT title FROM songs WHERE artist = ? AND begins_with(title, ?)", ("b", "t0"), ["t01", "t03", "t05", "t07", "t09"]),
    ("SELECT title FROM songs WHERE artist = 'a' AND title BETWEEN 't02' AND 't06' ORDER BY title DESC", (), ["t06", "t04", "t02"]),
    ("SELECT title FROM songs WHERE artist IN ['a', 'b'] AND stars >= 10", (), ["t10", "t11"]),
    ("SELECT title FROM \"songs\".\"by-year\" WHERE \"year\" = 1991 AND stars < 8", (), ["t01", "t04", "t07"]),
    ("SELECT title FROM songs WHERE artist = 'a' AND (stars = 2 OR NOT stars < 10)", (), ["t02", "t10"]),
    ("SELECT title FROM songs WHERE contains(tags, 'y3')", (), ["t03"]),
    ("SELECT title FROM songs WHERE info.label.name = 'l5' AND size(tags) = 2", (), ["t05"]),
    ("SELECT title FROM songs WHERE info.plays[1] = 8", (), ["t07"]),
    ("SELECT title FROM songs WHERE artist = 'a' AND nothing IS MISSING AND stars IS NOT MISSING AND stars <> 0 AND stars < 3", (), ["t02"]),
    ("SELECT title FROM songs WHERE artist = 'none'", (), []),
    ("select title from songs where artist = 'a' and title = 't00' and attribute_type(stars, 'N')", (), ["t00"]),
]


@pytest.mark.parametrize("statement, parameters, titles", SELECTS)
def test_select(dynamodb, statement, parameters, titles):
    found = [item["title"] for item in run(dynamodb, statement, *parameters)]
    assert (found if "artist =" in statement or "year" in statement else sorted(found)) == titles


def test_projections_and_pages(dynamodb):
    assert run(dynamodb, "SELECT info.label, info.plays[0], stars FROM songs WHERE artist='a' AND title='t04'") == [{"label": {"name": "l4"}, "plays[0]": 4, "stars": 4}]
    assert set(run(dynamodb, "SELECT * FROM songs WHERE artist='a' AND title='t04'")[0]) == {"artist", "title", "year", "stars", "tags", "info"}
    seen, token = [], None
    while True:
        page = dynamodb.execute_statement(Statement="SELECT title FROM songs WHERE artist IN ('a','b')", Limit=4, **({"NextToken": token} if token else {}))
        assert len(page["Items"]) <= 4
        seen += [item["title"]["S"] for item in page["Items"]]
        token = page.get("NextToken")
        if not token:
            break
    assert sorted(seen) == [f"t{n:02}" for n in range(12)]


def test_write(dynamodb):
    assert run(dynamodb, "INSERT INTO songs VALUE {'artist': 'w', 'title': ?, 'list': [1, 'two', {'three': true}], 'set': <<1, 2>>, 'none': null}", "new") == []
    assert error(dynamodb.execute_statement, Statement="INSERT INTO songs VALUE {'artist':'w','title':'new'}") == ("DuplicateItemException", "Duplicate primary key exists in table")
    changed = run(dynamodb, "UPDATE songs SET plays = 5 SET \"set\" = set_add(\"set\", <<3>>) SET list = list_append(list, ['x']) REMOVE none WHERE artist='w' AND title='new' RETURNING ALL NEW *")
    assert changed == [{"artist": "w", "title": "new", "list": [1, "two", {"three": True}, "x"], "set": {1, 2, 3}, "plays": 5}]
    assert run(dynamodb, "UPDATE songs SET plays = plays + 1 WHERE artist='w' AND title='new' AND plays = 5 RETURNING MODIFIED OLD *") == [{"plays": 5}]
    assert error(dynamodb.execute_statement, Statement="UPDATE songs SET plays = 1 WHERE artist='w' AND title='new' AND plays = 5")[0] == "ConditionalCheckFailedException"
    assert error(dynamodb.execute_statement, Statement="UPDATE songs SET plays = 1 WHERE artist='w' AND title='absent'")[0] == "ConditionalCheckFailedException"
    assert error(dynamodb.execute_statement, Statement="DELETE FROM songs WHERE artist='w' AND title='new' AND plays = 1")[0] == "ConditionalCheckFailedException"
    assert [item["plays"] for item in run(dynamodb, "DELETE FROM songs WHERE artist='w' AND title='new' AND plays = 6 RETURNING ALL OLD *")] == [6]
    assert run(dynamodb, "DELETE FROM songs WHERE artist='w' AND title='new'") == []


def test_batches_and_transactions(dynamodb):
    answers = dynamodb.batch_execute_statement(Statements=[
        {"Statement": "SELECT stars FROM songs WHERE artist='a' AND title='t02'"}, {"Statement": "SELECT stars FROM songs WHERE artist='a' AND title='none'"},
        {"Statement": "SELECT stars FROM songs WHERE artist='a'"}])["Responses"]
    assert answers[0] == {"TableName": "songs", "Item": {"stars": {"N": "2"}}} and answers[1] == {"TableName": "songs"}
    assert answers[2]["Error"] == {"Code": "ValidationError", "Message": "Select statements within BatchExecuteStatement must specify the primary key in the where clause."}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.execute_transaction(TransactStatements=[{"Statement": "INSERT INTO songs VALUE {'artist': 't', 'title': '1'}"},
                                                         {"Statement": "EXISTS(SELECT * FROM songs WHERE artist='t' AND title='no')"}])
    assert [each["Code"] for each in caught.value.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    dynamodb.execute_transaction(TransactStatements=[{"Statement": "INSERT INTO songs VALUE {'artist': 't', 'title': '1', 'n': 1}"},
                                                     {"Statement": "UPDATE songs SET seen = true WHERE artist='a' AND title='t02'"}])
    got = dynamodb.execute_transaction(TransactStatements=[{"Statement": "SELECT n FROM songs WHERE artist='t' AND title='1'"},
                                                           {"Statement": "SELECT seen FROM songs WHERE artist='a' AND title='t02'"}])
    assert got["Responses"] == [{"Item": {"n": {"N": "1"}}}, {"Item": {"seen": {"BOOL": True}}}]


@pytest.mark.parametrize("statement, message", [
    ("SELEC * FROM songs", "Statement wasn't well formed, can't be processed: Unexpected token 'SELEC' at [0]"),
    ("SELECT * FROM songs WHERE artist = 'a", "Statement wasn't well formed, can't be processed: Unclosed quote at [35]"),
    ("SELECT * FROM songs WHERE artist = ?", "Number of parameters in request and statement don't match."),
    ("UPDATE songs SET x = 1 WHERE artist = 'a'", "Where clause does not contain a mandatory equality on all key attributes"),
    ("UPDATE songs SET title = 'x' WHERE artist = 'a' AND title = 'b'", "One or more parameter values were invalid: Cannot update attribute title. This attribute is part of the key"),
    ("SELECT * FROM songs ORDER BY title", "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."),
    ("SELECT * FROM songs.none", "The table does not have the specified index: none"),
    ("SELECT info FROM songs.\"by-year\" WHERE \"year\" = 1991", "One or more parameter values were invalid: Global secondary index by-year does not project [info]"),
])
def test_statements_that_are_refused(dynamodb, statement, message):
    assert error(dynamodb.execute_statement, Statement=statement) == ("ValidationException", message)
