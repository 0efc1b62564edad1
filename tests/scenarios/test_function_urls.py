"""Response streaming, and function URLs. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""
import http.client
import json
import subprocess

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

PIECES = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.prelude) stream = awslambda.HttpResponseStream.from(stream, event.prelude);
  else stream.setContentType(event.type || 'text/plain');
  if (event.fail === 'before') throw new Error('as asked');
  for (const piece of event.pieces || []) {
    stream.write(piece);
    if (event.gate) await require('@aws-sdk/client-sqs') && await gate(event.gate);
  }
  if (event.fail === 'after') throw new Error('as asked');
  stream.end();
});
const { SQSClient, ReceiveMessageCommand, DeleteMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
const gate = async (QueueUrl) => {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  for (const { ReceiptHandle } of Messages || []) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
};
"""


@pytest.fixture(scope="module")
def streaming(deployment):
    return deployment.function("streaming", {"index.js": PIECES}, runtime="nodejs20.x", handler="index.handler", Timeout=30)


def stream(deployment, name, event, **settings):
    answer = deployment.functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **settings)
    return answer, list(answer["EventStream"])


def test_pieces_are_events(deployment, streaming):
    answer, events = stream(deployment, streaming, {"pieces": ["one ", "two"]}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert b"".join(each["PayloadChunk"]["Payload"] for each in events[:-1]) == b"one two" and len(events) == 3
    assert "ErrorCode" not in events[-1]["InvokeComplete"] and events[-1]["InvokeComplete"]["LogResult"]


def test_a_piece_arrives_before_the_next_is_made(server, deployment, streaming):
    url = server.client("sqs").create_queue(QueueName="gate")["QueueUrl"]
    answer = deployment.functions.invoke_with_response_stream(FunctionName=streaming, Payload=json.dumps({"pieces": ["one", "two"], "gate": url}))
    events = iter(answer["EventStream"])
    for text in (b"one", b"two"):
        assert next(events)["PayloadChunk"]["Payload"] == text
        server.client("sqs").send_message(QueueUrl=url, MessageBody="on")
    assert "InvokeComplete" in next(events)


def test_errors_in_streams(deployment, streaming):
    _, events = stream(deployment, streaming, {"fail": "before"})
    (complete,) = [each["InvokeComplete"] for each in events]
    assert complete["ErrorCode"] == "Unhandled" and json.loads(complete["ErrorDetails"])["errorMessage"] == "as asked"
    _, events = stream(deployment, streaming, {"pieces": ["one"], "fail": "after"})
    assert events[0]["PayloadChunk"]["Payload"] == b"one" and json.loads(events[-1]["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "as asked"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stream(deployment, "nobody", {})
    assert deployment.functions.invoke_with_response_stream(FunctionName=streaming, InvocationType="DryRun")["StatusCode"] == 204


def test_both_ways_of_invoking_take_both_kinds_of_functions(deployment, streaming):
    assert deployment.functions.invoke(FunctionName=streaming, Payload=json.dumps({"pieces": ["a", "b"]}))["Payload"].read() == b"ab"
    deployment.function("plain", "def handler(event, context): return {'got': event}")
    _, events = stream(deployment, "plain", {"n": 1})
    assert json.loads(events[0]["PayloadChunk"]["Payload"]) == {"got": {"n": 1}} and "InvokeComplete" in events[1]


# --- URLs

class Url:
    def __init__(self, deployment, name, auth="NONE", allow=True, **settings):
        self.deployment, self.name = deployment, name
        self.config = deployment.functions.create_function_url_config(FunctionName=name, AuthType=auth, **settings)
        if allow:
            deployment.functions.add_permission(FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*" if auth == "NONE" else "000000000000",
                                                FunctionUrlAuthType=auth, **{key: value for key, value in settings.items() if key == "Qualifier"})
        self.host = self.config["FunctionUrl"].split("/")[2]

    def ask(self, method="GET", path="/", body=None, sign=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.deployment.server.port, timeout=20)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if sign:
            request = botocore.awsrequest.AWSRequest(method, f"http://{self.host}{path}", data=body, headers=headers)
            botocore.auth.SigV4Auth(botocore.credentials.Credentials(*sign), "lambda", "us-east-1").add_auth(request)
            headers = dict(request.headers)
        connection.request(method, path, body, {"Host": self.host, **headers})
        answer = connection.getresponse()
        return answer, answer.read()


ECHO = "def handler(event, context): return event\n"
ANSWERS = """
import json
def handler(event, context):
    return json.loads(event['body'])
"""


def test_a_request_is_an_event_of_version_2(deployment):
    url = Url(deployment, deployment.function("echo", ECHO))
    assert url.config["FunctionUrl"] == f"http://{url.host}/" and url.host.split(".")[1:3] == ["lambda-url", "us-east-1"]
    answer, body = url.ask("POST", "/a%20path/x?a=1&b=two&a=3&c", '{"n": 1}', Content_Type="application/json", Cookie="k=v; l=w", X_Own="yes", User_Agent="test")
    event = json.loads(body)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert (event["version"], event["routeKey"], event["rawPath"], event["rawQueryString"]) == ("2.0", "$default", "/a%20path/x", "a=1&b=two&a=3&c")
    assert event["queryStringParameters"] == {"a": "1,3", "b": "two", "c": ""} and event["cookies"] == ["k=v", "l=w"]
    assert (event["headers"]["x-forwarded-for"], event["headers"]["x-forwarded-proto"], event["headers"]["x-forwarded-port"]) == ("127.0.0.1", "http", str(deployment.server.port))
    assert event["headers"]["x-own"] == "yes" and "cookie" not in event["headers"] and event["body"] == '{"n": 1}' and event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["http"] == {"method": "POST", "path": "/a%20path/x", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    assert context["accountId"] == "anonymous" and context["domainPrefix"] == context["apiId"] == url.host.split(".")[0] and context["time"].endswith(" +0000")
    event = json.loads(url.ask("POST", "/", b"\xff\x00", Content_Type="application/octet-stream")[1])
    assert event["body"] == "/wA=" and event["isBase64Encoded"] is True
    assert url.ask("POST", "/", b"x" * 6291457)[0].status == 413
    event = json.loads(url.ask()[1])
    assert "body" not in event and "cookies" not in event and "queryStringParameters" not in event


def test_what_a_function_answers(deployment):
    url = Url(deployment, deployment.function("answers-http", ANSWERS))

    def ask(result):
        answer, body = url.ask("POST", "/", json.dumps(result))
        return answer.status, answer.headers["Content-Type"], body
    assert ask({"n": 1}) == (200, "application/json", b'{"n": 1}')
    assert ask("Hello") == (200, "application/json", b'"Hello"')
    assert ask({"statusCode": 201, "headers": {"Content-Type": "text/html", "Content-Length": "9999"}, "body": "<p>"}) == (201, "text/html", b"<p>")
    assert ask({"statusCode": 200, "body": "/wA=", "isBase64Encoded": True, "headers": {"content-type": "image/png"}}) == (200, "image/png", b"\xff\x00")
    assert ask({"statusCode": 404}) == (404, "application/json", b"")
    answer, _ = url.ask("POST", "/", json.dumps({"statusCode": 302, "headers": {"Location": "/x"}, "cookies": ["a=1", "b=2; Path=/"]}))
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2; Path=/"] and answer.headers["Location"] == "/x"
    for wrong in ({"statusCode": 9999}, {"statusCode": "x"}, {"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, {"statusCode": 200, "body": "?", "isBase64Encoded": True}):
        assert ask(wrong)[0] == 502, wrong
    assert url.ask("POST", "/", "not JSON")[0].status == 502
    deployment.functions.put_function_concurrency(FunctionName="answers-http", ReservedConcurrentExecutions=0)
    answer, body = url.ask()
    assert (answer.status, json.loads(body)) == (429, {"Message": "Rate Exceeded."})


def test_nobody_gets_in_without_leave(server, deployment):
    closed = Url(deployment, deployment.function("closed-url", ECHO), allow=False)
    answer, body = closed.ask()
    assert (answer.status, json.loads(body), answer.headers["x-amzn-ErrorType"]) == (403, {"Message": "Forbidden"}, "AccessDeniedException")
    signed = Url(deployment, deployment.function("signed-url", ECHO), auth="AWS_IAM", allow=False)
    assert signed.ask()[0].status == 403
    answer, body = signed.ask(sign=("test", "test"))
    assert answer.status == 200 and json.loads(body)["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"
    user = server.client("iam").create_user(UserName="url-caller") and server.client("iam").create_access_key(UserName="url-caller")["AccessKey"]
    key = (user["AccessKeyId"], user["SecretAccessKey"])
    assert signed.ask(sign=key)[0].status == 403
    server.client("iam").put_user_policy(UserName="url-caller", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "lambda:InvokeFunctionUrl", "Resource": signed.config["FunctionArn"], "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}]}))
    assert signed.ask(sign=key)[0].status == 200
    assert signed.ask(sign=(key[0], "wrong"))[0].status == 403
    signed.host = "nothing." + signed.host.split(".", 1)[1]
    assert signed.ask()[0].status == 404


def test_cors_is_the_urls_affair(deployment):
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-own"], "MaxAge": 60, "AllowCredentials": True, "ExposeHeaders": ["x-shown"]}
    url = Url(deployment, deployment.function("cors", ECHO), Cors=cors)
    assert url.config["Cors"] == cors
    answer, _ = url.ask("OPTIONS", "/", Origin="https://a.example", Access_Control_Request_Method="POST")
    shown = {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}
    assert answer.status == 200 and shown == {"access-control-allow-origin": "https://a.example", "access-control-allow-credentials": "true", "access-control-allow-methods": "GET,POST",
                                              "access-control-allow-headers": "x-own", "access-control-max-age": "60", "access-control-expose-headers": "x-shown"}
    assert url.ask(Origin="https://a.example")[0].headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert "Access-Control-Allow-Origin" not in url.ask(Origin="https://b.example")[0].headers


def test_streamed_pages(server, deployment, streaming):
    code = PIECES.replace("if (event.prelude)", "event = JSON.parse(event.body);\n  if (event.prelude)")
    url = Url(deployment, deployment.function("pages", {"index.js": code}, runtime="nodejs20.x", handler="index.handler", Timeout=30), InvokeMode="RESPONSE_STREAM")
    prelude = {"statusCode": 201, "headers": {"Content-Type": "text/html", "x-own": "yes"}, "cookies": ["a=b"]}
    answer, body = url.ask("POST", "/", json.dumps({"pieces": ["<p>", "<b>"], "prelude": prelude}))
    assert (answer.status, answer.headers["Content-Type"], answer.headers["x-own"], answer.headers["Set-Cookie"], body) == (201, "text/html", "yes", "a=b", b"<p><b>")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    answer, body = url.ask("POST", "/", json.dumps({"pieces": ["text"]}))
    assert (answer.status, answer.headers["Content-Type"], body) == (200, "text/plain", b"text")
    assert url.ask("POST", "/", json.dumps({"fail": "before"}))[0].status == 502
    answer, _ = url.ask("POST", "/", json.dumps({"pieces": ["text"], "type": "text/plain\r\nX-Own: no"}))
    assert answer.status == 200 and "X-Own" not in answer.headers
    gate = server.client("sqs").create_queue(QueueName="page-gate")["QueueUrl"]
    curl = subprocess.Popen(["curl", "-sN", "--http2-prior-knowledge", "-H", f"Host: {url.host}", "-H", "Content-Type: application/json", "-d", json.dumps({"pieces": ["1", "2"], "gate": gate}),
                             f"http://127.0.0.1:{server.port}/"], stdout=subprocess.PIPE)
    for text in (b"1", b"2"):
        assert curl.stdout.read(1) == text
        server.client("sqs").send_message(QueueUrl=gate, MessageBody="on")
    assert curl.wait(20) == 0


def test_urls_of_functions_and_aliases(deployment):
    fn = deployment.functions
    name = deployment.function("urls", "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_FUNCTION_VERSION']")
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion=fn.publish_version(FunctionName=name)["Version"])
    latest, live = Url(deployment, name), Url(deployment, name, Qualifier="live")
    assert (latest.ask()[1], live.ask()[1]) == (b'"$LATEST"', b'"1"')
    assert live.config["FunctionArn"].endswith(":function:urls:live")
    assert {each["FunctionUrl"] for each in fn.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]} == {latest.config["FunctionUrl"], live.config["FunctionUrl"]}
    with pytest.raises(ClientError, match="ResourceConflictException.*FunctionUrlConfig exists for this Lambda function"):
        fn.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert fn.update_function_url_config(FunctionName=name, Qualifier="live", AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM")["AuthType"] == "AWS_IAM"
    assert fn.get_function_url_config(FunctionName=name, Qualifier="live")["InvokeMode"] == "RESPONSE_STREAM" and live.ask()[0].status == 403
    fn.delete_function_url_config(FunctionName=name, Qualifier="live")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        fn.get_function_url_config(FunctionName=name, Qualifier="live")
    assert live.ask()[0].status == 404
    fn.delete_function(FunctionName=name)
    assert latest.ask()[0].status == 404


def test_settings_that_terraform_reads(deployment):
    fn, name = deployment.functions, deployment.function("settled", ECHO)
    assert fn.get_function_code_signing_config(FunctionName=name)["FunctionName"] == name
    assert fn.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    assert fn.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")["RecursiveLoop"] == "Allow"
    assert fn.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
    assert fn.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"
    assert fn.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")["UpdateRuntimeOn"] == "FunctionUpdate"
    assert fn.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "FunctionUpdate"
