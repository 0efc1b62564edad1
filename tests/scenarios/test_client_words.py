"""What leat lacks is said in the words of whoever asks; what nobody has is not served."""
import json
import re
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError
from raw_requests import ask, made_up_headers, made_up_link, signed

LACKING = [  # service, call, its parameters, what is named
    ("sns", "create_topic", {"Name": "t"}, "sns:CreateTopic"),  # Query
    ("ec2", "describe_instances", {}, "ec2:DescribeInstances"),  # EC2's own
    ("cloudformation", "describe_stacks", {}, "cloudformation:DescribeStacks"),
    ("s3", "list_buckets", {}, "s3:GET /"),  # REST-XML
    ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "s3:GET /b/k"),
    ("route53", "list_hosted_zones", {}, "route53:GET /2013-04-01/hostedzone"),
    ("cloudfront", "list_distributions", {}, "cloudfront:GET /2020-05-31/distribution"),
    ("stepfunctions", "list_state_machines", {}, "states:ListStateMachines"),  # JSON
    ("events", "list_rules", {}, "events:ListRules"),
    ("apigateway", "get_rest_apis", {}, "apigateway:GET /restapis"),  # REST-JSON
]


@pytest.mark.parametrize("service,call,parameters,named", LACKING)
def test_a_service_that_leat_lacks(server, service, call, parameters, named):
    more = {"s3": {"addressing_style": "path"}} if service == "s3" else {}
    with pytest.raises(ClientError) as caught:
        getattr(server.client(service, **more), call)(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("NotImplemented" if service in ("sns", "ec2", "cloudformation", "s3", "route53", "cloudfront") else "NotImplementedException", f"leat does not offer {named} yet")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_an_operation_that_leat_lacks(server):
    for service, call, parameters, code, named in (("dynamodb", "list_exports", {}, "NotImplementedException", "dynamodb:ListExports"), ("iam", "list_server_certificates", {}, "NotImplemented", "iam:ListServerCertificates"),
                                                   ("lambda", "list_code_signing_configs", {}, "NotImplementedException", "lambda:ListCodeSigningConfigs")):
        with pytest.raises(ClientError) as caught:
            getattr(server.client(service), call)(**parameters)
        assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, f"leat does not offer {named} yet")


def test_an_operation_that_nobody_has(server):
    status, text, _ = ask(server, "GET", made_up_link("iam", "Action=MakeCoffee&Version=2010-05-08"))
    assert (status, re.findall("<Code>.*</Message>", text)) == (400, ["<Code>InvalidAction</Code><Message>Could not find operation MakeCoffee for version 2010-05-08</Message>"])
    status, text, _ = ask(server, "POST", "/", made_up_headers("Nobody_1.Nothing"), "{}")
    assert (status, json.loads(text)["__type"]) == (400, "com.amazon.coral.service#UnknownOperationException")


@pytest.mark.parametrize("method,path", [("POST", "/garbage"), ("POST", "/000000000000/queue"), ("PUT", "/"), ("GET", "/"), ("POST", "/x/../"), ("POST", "/%2e"), ("POST", "/_garbage")])
def test_a_path_that_no_operation_has(server, method, path):
    if method == "POST":
        status, text, _ = ask(server, method, path, made_up_headers("DynamoDB_20120810.ListTables"), "{}")
        assert (status, json.loads(text)["__type"]) == (404, "com.amazon.coral.service#UnknownOperationException")
    else:
        status, text, _ = ask(server, method, path, made_up_headers("DynamoDB_20120810.ListTables"), "{}")
        assert status == 404 and "TableNames" not in text


def test_paths_of_query_and_rest(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, status in (("/", 200), ("//", 200), ("/garbage", 404), ("/000000000000/queue", 404)):
        headers = signed(server, "Action=ListUsers&Version=2010-05-08", None, "iam", headers=form, path=path)
        assert ask(server, "POST", path, headers, "Action=ListUsers&Version=2010-05-08")[0] == status, path
    status, text, _ = ask(server, "POST", "/", signed(server, "Version=2010-05-08", None, "iam", headers=form), "Version=2010-05-08")
    assert (status, text) == (404, "<UnknownOperationException/>")
    assert ask(server, "GET", "/2015-03-31/nonsense", signed(server, "", None, "lambda", path="/2015-03-31/nonsense", method="GET"))[0] == 404
    assert ask(server, "GET", "/favicon.ico")[0] == 404


def test_paths_of_queues(server):
    url = server.client("sqs").create_queue(QueueName="by-path")["QueueUrl"]
    path = urllib.parse.urlsplit(url).path
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"Action=SendMessage&Version=2012-11-05&MessageBody=x&QueueUrl={urllib.parse.quote(url, safe='')}"
    for each in (path, f"/queue/us-east-1{path}", "/"):
        status, text, _ = ask(server, "POST", each, signed(server, body, None, "sqs", headers=form, path=each), body)
        assert status == 200 and "<MessageId>" in text, each
    assert ask(server, "POST", "/by-path", signed(server, body, None, "sqs", headers=form, path="/by-path"), body)[0] == 404


def test_greetings(server):
    status, text, headers = ask(server, "GET", "/")
    assert (status, text) == (200, f"healthy: localhost:{server.port} ")
    status, text, headers = ask(server, "GET", "/", {"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0", "Sec-Fetch-Site": "none"})
    assert (status, headers["Content-Type"]) == (200, "text/html") and "<h1>leat" in text
    assert ask(server, "GET", "/", signed(server, "", None, "s3", method="GET", headers={"Accept": "text/html"}))[1].startswith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NotImplemented")


def test_an_endpoint_that_reaches_the_server(server):
    address = server.client("dynamodb").describe_endpoints()["Endpoints"][0]["Address"]
    assert address == f"localhost:{server.port}"
    assert urllib.request.urlopen(f"http://{address}/").read().startswith(b"healthy")
