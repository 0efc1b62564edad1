"""Code that knows nothing of leat: endpoints of AWS, over TLS, from inside a function."""
import ssl
import socket
import subprocess

import pytest

PYTHON = """
import os
os.environ.pop('AWS_ENDPOINT_URL')
import boto3, urllib.request
def handler(event, context):
    if 'url' in event:
        return urllib.request.urlopen(event['url']).status
    client = boto3.client(event['service'], region_name=event['region'])
    assert client.meta.endpoint_url.startswith('https://') and client.meta.endpoint_url.endswith('.amazonaws.com'), client.meta.endpoint_url
    return getattr(client, event['call'])()
"""
NODE_V3 = """
delete process.env.AWS_ENDPOINT_URL;
const { DynamoDBClient, ListTablesCommand } = require('@aws-sdk/client-dynamodb');
exports.handler = async () => {
  const client = new DynamoDBClient({});
  const names = (await client.send(new ListTablesCommand({}))).TableNames;
  return [(await client.config.endpointProvider({ Region: 'us-east-1' })).url.href, names];
};
"""
NODE_V2 = """
delete process.env.AWS_ENDPOINT_URL;
const AWS = require('aws-sdk');
exports.handler = async () => {
  const client = new AWS.DynamoDB({ endpoint: 'https://dynamodb.us-east-1.amazonaws.com' });
  return [client.endpoint.href, (await client.listTables().promise()).TableNames];
};
"""


@pytest.fixture(scope="module")
def table(deployment):
    deployment.table("of-an-endpoint")
    return "of-an-endpoint"


@pytest.mark.parametrize("service, call, key", [("dynamodb", "list_tables", "TableNames"), ("sqs", "list_queues", "ResponseMetadata"), ("sts", "get_caller_identity", "Arn")])
def test_boto3_without_an_endpoint(deployment, table, service, call, key):
    name = deployment.function(f"endpoint-{service}", PYTHON, Timeout=30)
    answer, whole = deployment.invoke(name, {"service": service, "region": "us-east-1", "call": call})
    assert "FunctionError" not in whole and key in answer, answer
    assert service != "dynamodb" or table in answer["TableNames"]


def test_the_region_is_the_clients(deployment, table):
    deployment.server.client("dynamodb", region="ca-central-1").create_table(TableName="far", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
                                                                             AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    name = deployment.function("endpoint-far", PYTHON, Timeout=30)
    assert deployment.invoke(name, {"service": "dynamodb", "region": "ca-central-1", "call": "list_tables"})[0]["TableNames"] == ["far"]


@pytest.mark.parametrize("url", ["https://sqs.us-east-1.localhost.localstack.cloud:4566/_leat/health", "https://localhost/_leat/health", "https://127.0.0.1/_leat/health",
                                 "https://x.localhost/_leat/health", "http://dynamodb.eu-west-3.amazonaws.com/_leat/health"])
def test_pythons_own_client_trusts_leat(deployment, url):
    name = deployment.function(f"endpoint-{abs(hash(url))}", PYTHON, Timeout=30)
    assert deployment.invoke(name, {"url": url})[0] == 200


@pytest.mark.parametrize("runtime, code", [("nodejs20.x", NODE_V3), ("nodejs16.x", NODE_V2)])
def test_the_javascript_sdks_without_an_endpoint(deployment, table, runtime, code):
    name = deployment.function(f"endpoint-{runtime[:-2]}", code, runtime=runtime, handler="index.handler", Timeout=30)
    (url, tables), _ = deployment.invoke(name)
    assert url == "https://dynamodb.us-east-1.amazonaws.com/" and table in tables


def test_a_program_without_an_sdk_trusts_leat(deployment):
    name = deployment.function("endpoint-curl", """
import subprocess
def handler(event, context):
    return subprocess.run(['curl', '-sS', '--http2', '-w', '%{http_code} %{http_version}', '-o', '/dev/null', 'https://lambda.us-east-1.amazonaws.com/_leat/health'], capture_output=True, text=True).stdout
""", Timeout=30)
    assert deployment.invoke(name)[0] == "200 2"


def peer_of(port, name, context):
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname=name) as connection:
        return connection.getpeercert()


def test_certificates_by_name(own_server, tmp_path):
    server = own_server(folder=str(tmp_path))
    assert (tmp_path / "authority.key").stat().st_mode & 0o777 == 0o600
    context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    assert peer_of(server.port, "dynamodb.eu-west-1.amazonaws.com", context)["subjectAltName"] == (("DNS", "dynamodb.eu-west-1.amazonaws.com"),)
    for name in ("www.example.com", "amazonaws.com.example.org"):
        with pytest.raises(ssl.SSLCertVerificationError):
            peer_of(server.port, name, context)
    # Who trusted the server's own certificate before still may.
    own = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    assert peer_of(server.port, "localhost", own) and peer_of(server.port, "sqs.localhost.localstack.cloud", own)
    before = (tmp_path / "authority.pem").read_bytes()
    server.stop()
    server.start()
    assert (tmp_path / "authority.pem").read_bytes() == before


def test_the_authority_can_sign_for_its_names_alone(own_server, tmp_path):
    """A certificate that somebody makes with its key for another name is none."""
    own_server(folder=str(tmp_path))
    for name, verdict in (("dynamodb.us-east-1.amazonaws.com", 0), ("www.example.com", 2)):
        (tmp_path / "names").write_text(f"subjectAltName=DNS:{name}")
        subprocess.run(f"openssl req -newkey rsa:2048 -nodes -keyout k -subj /O=forged -out r && openssl x509 -req -in r -CA authority.pem -CAkey authority.key -extfile names -out c",
                       shell=True, cwd=tmp_path, check=True, capture_output=True)
        assert subprocess.run(["openssl", "verify", "-CAfile", "authority.pem", "c"], cwd=tmp_path, capture_output=True).returncode == verdict
