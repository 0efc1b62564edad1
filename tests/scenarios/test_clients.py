"""The README's first use, with each client."""
import json
import subprocess
import sys

import pytest
from conftest import ROOT, package

TOUR_JS = """
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists, DescribeTableCommand } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, PutCommand, GetCommand, paginateQuery, UpdateCommand } = require('@aws-sdk/lib-dynamodb');
const { DynamoDBStreamsClient, DescribeStreamCommand, GetShardIteratorCommand, GetRecordsCommand } = require('@aws-sdk/client-dynamodb-streams');
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
const { IAMClient, CreateRoleCommand, AttachRolePolicyCommand } = require('@aws-sdk/client-iam');
const { LambdaClient, CreateFunctionCommand, InvokeCommand, CreateEventSourceMappingCommand, waitUntilFunctionActiveV2 } = require('@aws-sdk/client-lambda');
const { CloudWatchLogsClient, FilterLogEventsCommand } = require('@aws-sdk/client-cloudwatch-logs');
(async () => {
  const db = new DynamoDBClient({}), docs = DynamoDBDocumentClient.from(db);
  await db.send(new CreateTableCommand({ TableName: 'tour-js', BillingMode: 'PAY_PER_REQUEST', StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }, { AttributeName: 'n', KeyType: 'RANGE' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }, { AttributeName: 'n', AttributeType: 'N' }] }));
  await waitUntilTableExists({ client: db, maxWaitTime: 60 }, { TableName: 'tour-js' });
  for (let n = 0; n < 3; n++) await docs.send(new PutCommand({ TableName: 'tour-js', Item: { id: 'x', n, list: [1, 'two', { three: true }] } }));
  const seen = [];
  for await (const page of paginateQuery({ client: docs, pageSize: 2 }, { TableName: 'tour-js', KeyConditionExpression: 'id = :x', ExpressionAttributeValues: { ':x': 'x' } })) seen.push(...page.Items.map((item) => item.n));
  const caught = await docs.send(new PutCommand({ TableName: 'tour-js', Item: { id: 'x', n: 0 }, ConditionExpression: 'attribute_not_exists(id)' })).catch((error) => error.name);
  const role = (await new IAMClient({}).send(new CreateRoleCommand({ RoleName: 'tour-js', AssumeRolePolicyDocument: process.argv[2] }))).Role.Arn;
  await new IAMClient({}).send(new AttachRolePolicyCommand({ RoleName: 'tour-js', PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole' }));
  const lambda = new LambdaClient({});
  await lambda.send(new CreateFunctionCommand({ FunctionName: 'tour-js', Runtime: 'nodejs20.x', Handler: 'index.handler', Role: role, Code: { ZipFile: Buffer.from(process.argv[3], 'base64') } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: 'tour-js' });
  const invoked = await lambda.send(new InvokeCommand({ FunctionName: 'tour-js', Payload: JSON.stringify({ n: 20 }) }));
  const identity = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  const arn = (await db.send(new DescribeTableCommand({ TableName: 'tour-js' }))).Table.LatestStreamArn;
  const streams = new DynamoDBStreamsClient({});
  let records = 0;
  for (const { ShardId } of (await streams.send(new DescribeStreamCommand({ StreamArn: arn }))).StreamDescription.Shards) {
    const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn: arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
    records += (await streams.send(new GetRecordsCommand({ ShardIterator }))).Records.length;
  }
  const mapping = await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: 'tour-js', EventSourceArn: arn, StartingPosition: 'LATEST' }));
  const events = (await new CloudWatchLogsClient({}).send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/tour-js', filterPattern: 'doubling' }))).events;
  console.log(JSON.stringify({ seen, caught, answer: JSON.parse(Buffer.from(invoked.Payload).toString()), account: identity.Account, records, state: mapping.State, log: events.length }));
})().catch((error) => { console.error(error); process.exit(1); });
"""
DOUBLE = "exports.handler = async (event) => { console.log('doubling', event.n); return { doubled: 2 * event.n }; };"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def test_javascript_sdk_v3(server):
    import base64
    code = base64.b64encode(package({"index.js": DOUBLE})).decode()
    done = subprocess.run(["node", "-e", TOUR_JS.replace("process.argv[2]", "process.argv[1]").replace("process.argv[3]", "process.argv[2]"), TRUST, code],
                          env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"seen": [0, 1, 2], "caught": "ConditionalCheckFailedException", "answer": {"doubled": 40}, "account": "000000000000", "records": 3, "state": "Creating", "log": 1}


def test_javascript_sdk_v2(server, deployment):
    deployment.table("tour-v2")
    script = """
    const AWS = require('aws-sdk');
    AWS.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1' });
    const docs = new AWS.DynamoDB.DocumentClient();
    docs.put({ TableName: 'tour-v2', Item: { id: 'a', set: docs.createSet(['x']) } }).promise()
      .then(() => docs.get({ TableName: 'tour-v2', Key: { id: 'a' } }).promise())
      .then((got) => new AWS.Lambda().listFunctions().promise().then(() => console.log(JSON.stringify(got.Item.set.values))))
      .catch((error) => { console.error(error); process.exit(1); });"""
    done = subprocess.run(["node", "-e", script], env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout) == ["x"], done.stderr


def test_aws_cli(server, tmp_path):
    def aws(*words):
        done = subprocess.run([sys.executable, "-m", "awscli", *words, "--output", "json"], env=server.environ(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("dynamodb", "create-table", "--table-name", "tour-cli", "--billing-mode", "PAY_PER_REQUEST", "--key-schema", "AttributeName=id,KeyType=HASH",
        "--attribute-definitions", "AttributeName=id,AttributeType=S", "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE")
    aws("dynamodb", "wait", "table-exists", "--table-name", "tour-cli")
    aws("dynamodb", "put-item", "--table-name", "tour-cli", "--item", '{"id": {"S": "a"}, "n": {"N": "1"}}')
    assert aws("dynamodb", "scan", "--table-name", "tour-cli")["Items"] == [{"id": {"S": "a"}, "n": {"N": "1"}}]
    role = aws("iam", "create-role", "--role-name", "tour-cli", "--assume-role-policy-document", TRUST)["Role"]["Arn"]
    aws("iam", "attach-role-policy", "--role-name", "tour-cli", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    (tmp_path / "code.zip").write_bytes(package({"index.js": DOUBLE}))
    aws("lambda", "create-function", "--function-name", "tour-cli", "--runtime", "nodejs20.x", "--handler", "index.handler", "--role", role, "--zip-file", f"fileb://{tmp_path}/code.zip")
    aws("lambda", "wait", "function-active-v2", "--function-name", "tour-cli")
    aws("lambda", "invoke", "--function-name", "tour-cli", "--payload", '{"n": 4}', str(tmp_path / "out.json"))
    assert json.loads((tmp_path / "out.json").read_text()) == {"doubled": 8}
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"
    assert aws("logs", "describe-log-groups", "--log-group-name-prefix", "/aws/lambda/tour-cli")["logGroups"][0]["logGroupName"] == "/aws/lambda/tour-cli"


TABLES_JS = """
const { DynamoDBClient, CreateTableCommand, UpdateTableCommand, waitUntilTableExists, waitUntilTableNotExists, DeleteTableCommand, DescribeTableCommand, paginateScan,
  ExecuteStatementCommand, UpdateTimeToLiveCommand, DescribeTimeToLiveCommand } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, BatchWriteCommand, TransactWriteCommand, TransactGetCommand, paginateQuery, ExecuteStatementCommand: Statement } = require('@aws-sdk/lib-dynamodb');
(async () => {
  const db = new DynamoDBClient({}), docs = DynamoDBDocumentClient.from(db), TableName = 'tables-js';
  const index = { IndexName: 'by-g', KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }, { AttributeName: 'id', KeyType: 'RANGE' }], Projection: { ProjectionType: 'ALL' } };
  await db.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }] }));
  await waitUntilTableExists({ client: db, maxWaitTime: 60, minDelay: 1 }, { TableName });
  await docs.send(new BatchWriteCommand({ RequestItems: { [TableName]: [...Array(20).keys()].map((id) => ({ PutRequest: { Item: { id, g: id % 2 ? 'odd' : 'even', tags: new Set(['a']) } } })) } }));
  await db.send(new UpdateTableCommand({ TableName, AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }, { AttributeName: 'g', AttributeType: 'S' }], GlobalSecondaryIndexUpdates: [{ Create: index }] }));
  await waitUntilTableExists({ client: db, maxWaitTime: 60, minDelay: 1 }, { TableName });
  const odd = [];
  for await (const page of paginateQuery({ client: docs, pageSize: 3 }, { TableName, IndexName: 'by-g', KeyConditionExpression: 'g = :g', ExpressionAttributeValues: { ':g': 'odd' } })) odd.push(...page.Items.map((item) => item.id));
  await docs.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: { id: 100 } } }, { Update: { TableName, Key: { id: 1 }, UpdateExpression: 'SET seen = :t', ExpressionAttributeValues: { ':t': true } } }] }));
  const reasons = await docs.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: { id: 100 }, ConditionExpression: 'attribute_not_exists(id)' } }] })).catch((error) => error.CancellationReasons.map((each) => each.Code));
  const got = (await docs.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: { id: 1 } } }] }))).Responses[0].Item.seen;
  const stated = (await docs.send(new Statement({ Statement: 'SELECT id FROM "tables-js"."by-g" WHERE g = ? AND id > 15', Parameters: ['even'] }))).Items.map((item) => item.id);
  let scanned = 0;
  for await (const page of paginateScan({ client: db, pageSize: 4 }, { TableName })) scanned += page.Count;
  await db.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' } }));
  const life = (await db.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription.TimeToLiveStatus;
  await db.send(new DeleteTableCommand({ TableName }));
  await waitUntilTableNotExists({ client: db, maxWaitTime: 60, minDelay: 1 }, { TableName });
  console.log(JSON.stringify({ odd, reasons, got, stated, scanned, life }));
})().catch((error) => { console.error(error); process.exit(1); });
"""


def test_tables_with_javascript_sdk_v3(server):
    done = subprocess.run(["node", "-e", TABLES_JS], env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"odd": list(range(1, 20, 2)), "reasons": ["ConditionalCheckFailed"], "got": True, "stated": [16, 18], "scanned": 21, "life": "ENABLED"}


def test_tables_with_the_aws_cli(server):
    def aws(*words):
        done = subprocess.run([sys.executable, "-m", "awscli", "dynamodb", *words, "--output", "json"], env=server.environ(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("create-table", "--table-name", "tables-cli", "--billing-mode", "PAY_PER_REQUEST", "--key-schema", "AttributeName=id,KeyType=HASH",
        "--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=g,AttributeType=S",
        "--global-secondary-indexes", "IndexName=by-g,KeySchema=[{AttributeName=g,KeyType=HASH}],Projection={ProjectionType=ALL}")
    aws("transact-write-items", "--transact-items", json.dumps([{"Put": {"TableName": "tables-cli", "Item": {"id": {"S": each}, "g": {"S": "x"}}}} for each in "abc"]))
    assert aws("query", "--table-name", "tables-cli", "--index-name", "by-g", "--key-condition-expression", "g = :g", "--expression-attribute-values", '{":g": {"S": "x"}}')["Count"] == 3
    assert len(aws("execute-statement", "--statement", "SELECT * FROM \"tables-cli\" WHERE id = 'a'")["Items"]) == 1
    backup = aws("create-backup", "--table-name", "tables-cli", "--backup-name", "kept")["BackupDetails"]["BackupArn"]
    assert aws("list-backups", "--table-name", "tables-cli")["BackupSummaries"][0]["BackupArn"] == backup
    aws("update-continuous-backups", "--table-name", "tables-cli", "--point-in-time-recovery-specification", "PointInTimeRecoveryEnabled=true")
    assert aws("describe-continuous-backups", "--table-name", "tables-cli")["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
