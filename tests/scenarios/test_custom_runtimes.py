"""Runtimes of the user's own, on the Runtime API. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""
import base64
import io
import json
import sys
import zipfile
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from conftest import wait_until

# The bootstrap of AWS's tutorial, but for the handler's name: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html
TUTORIAL = """#!/bin/sh
set -euo pipefail
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE"
done
"""
FUNCTION_SH = """
handler () {
  EVENT_DATA=$1
  echo "got $EVENT_DATA" 1>&2
  RESPONSE="Echoing request: '$EVENT_DATA'"
  echo $RESPONSE
}
"""

# Speaks every path of the API, with nothing but the standard library; what it does is the event's.
PROBE = """#!/usr/bin/python3
import http.client, json, os, signal, sys
api = os.environ['AWS_LAMBDA_RUNTIME_API']
connection = http.client.HTTPConnection(api)
def call(method, path, body=None, **headers):
    connection.request(method, '/2018-06-01/runtime/' + path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read()
if os.environ.get('INIT') == 'error':
    print(call('POST', 'init/error', json.dumps({'errorMessage': 'no luck', 'errorType': 'Probe.Unlucky', 'stackTrace': []}))[0].status)
    sys.exit(1)
if os.environ.get('INIT') == 'exit':
    sys.exit(42)
while True:
    head, event = call('GET', 'invocation/next')
    event, id = json.loads(event), head.headers['Lambda-Runtime-Aws-Request-Id']
    match event['do']:
        case 'headers':
            out = {name: value for name, value in head.headers.items() if name.startswith('Lambda-')}
            call('POST', f'invocation/{id}/response', json.dumps(out))
        case 'environment':
            call('POST', f'invocation/{id}/response', json.dumps(dict(os.environ)))
        case 'fail':
            call('POST', f'invocation/{id}/error', json.dumps({'errorMessage': 'as asked', 'errorType': 'Probe.Error'}))
        case 'text':
            call('POST', f'invocation/{id}/response', 'not JSON')
        case 'wrong':
            seen = [call('POST', 'invocation/nobody/response', '1'), call('GET', 'nothing'), call('POST', 'init/error', '{}')]
            call('POST', f'invocation/{id}/response', json.dumps([[answer.status, json.loads(body).get('errorType')] for answer, body in seen]))
        case 'twice':
            first = call('POST', f'invocation/{id}/response', '"first"')[0].status
            print('STATUS', first, call('POST', f'invocation/{id}/response', '"second"')[0].status, flush=True)
        case 'big':
            print('STATUS', call('POST', f'invocation/{id}/response', b'"' + b'x' * 6291556 + b'"')[0].status, flush=True)
        case 'hang':
            signal.pause()
        case 'exit':
            sys.exit(3)
"""


@pytest.fixture
def probe(deployment):
    names = []

    def make(name, **settings):
        names.append(deployment.function(name, {"bootstrap": PROBE}, runtime="provided.al2023", handler="any", **settings))
        return name
    return make


def test_the_bootstrap_of_the_tutorial(deployment):
    name = deployment.function("tutorial", {"bootstrap": TUTORIAL, "function.sh": FUNCTION_SH}, runtime="provided.al2023", handler="function.handler")
    for text in ("Hello", "again"):
        answer = deployment.functions.invoke(FunctionName=name, Payload=json.dumps({"text": text}))
        assert answer["Payload"].read().decode() == f"Echoing request: '{json.dumps({'text': text})}'" and "FunctionError" not in answer
    wait_until(lambda: len(deployment.log_of(name, "got")) == 2)


def test_awss_own_runtime_client(deployment):
    """awslambdaric of PyPI, as it comes, in the package."""
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    files = {"bootstrap": "#!/bin/sh\nexec /usr/bin/python3 -m awslambdaric $_HANDLER\n",
             "app.py": "def handler(event, context):\n    print('id', context.aws_request_id, context.get_remaining_time_in_millis() > 1000)\n"
                       "    if event.get('raise'): raise ValueError('as asked')\n    return {'got': event, 'arn': context.invoked_function_arn}\n"}
    for each in [*site.glob("awslambdaric/**/*"), *site.glob("snapshot_restore_py/**/*"), *site.glob("simplejson/**/*"), *site.glob("runtime_client*"), *site.glob("*.libs/*")]:
        if each.is_file() and each.suffix != ".pyc":
            files[str(each.relative_to(site))] = each.read_bytes()
    name = deployment.function("ric", files, runtime="provided.al2023", handler="app.handler")
    answer, result = deployment.invoke(name, {"n": 1})
    assert answer["got"] == {"n": 1} and answer["arn"].endswith(":function:ric"), result
    error, result = deployment.invoke(name, {"raise": True})
    assert result["FunctionError"] == "Unhandled" and error["errorType"] == "ValueError" and error["errorMessage"] == "as asked"
    assert deployment.invoke(name, {"n": 2})[0]["got"] == {"n": 2}


def test_what_a_runtime_is_told(deployment, probe):
    name = probe("told")
    told, result = deployment.invoke(name, {"do": "headers"}, ClientContext=base64.b64encode(b'{"custom":\r\nX: y{"a":1}}'.replace(b"X: y", b"")).decode())
    assert told["Lambda-Runtime-Aws-Request-Id"] == result["ResponseMetadata"]["RequestId"]
    assert told["Lambda-Runtime-Invoked-Function-Arn"].endswith(":function:told") and int(told["Lambda-Runtime-Deadline-Ms"]) > 1.6e12
    assert told["Lambda-Runtime-Trace-Id"].startswith("Root=1-") and json.loads(told["Lambda-Runtime-Client-Context"]) == {"custom": {"a": 1}}
    deployment.functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"PATH": "/bin:/own", "OWN": "1"}})
    environment = deployment.invoke(name, {"do": "environment"})[0]
    assert (environment["PATH"], environment["OWN"]) == ("/bin:/own", "1")
    assert environment["_HANDLER"] == "any" and environment["LAMBDA_TASK_ROOT"] == "/var/task" and "AWS_EXECUTION_ENV" not in environment
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "told" and environment["AWS_SESSION_TOKEN"]


def test_what_a_runtime_answers(deployment, probe):
    name = probe("answers")
    error, result = deployment.invoke(name, {"do": "fail"})
    assert (error, result["FunctionError"]) == ({"errorMessage": "as asked", "errorType": "Probe.Error"}, "Unhandled")
    assert deployment.functions.invoke(FunctionName=name, Payload='{"do": "text"}')["Payload"].read() == b"not JSON"
    assert deployment.invoke(name, {"do": "wrong"})[0] == [[400, "InvalidRequestID"], [404, None], [403, "InvalidStateTransition"]]
    assert deployment.invoke(name, {"do": "twice"})[0] == "first"
    assert deployment.invoke(name, {"do": "big"})[0]["errorType"] == "Function.ResponseSizeTooLarge"
    assert deployment.invoke(name, {"do": "headers"})[0]
    wait_until(lambda: len(deployment.log_of(name, "STATUS")) == 2)
    assert [line.split()[1:] for line in deployment.log_of(name, "STATUS")] == [["202", "400"], ["413"]]


def test_a_runtime_that_ends_badly(deployment, probe):
    error = deployment.invoke(probe("ends"), {"do": "exit"})[0]
    assert error["errorType"] == "Runtime.ExitError" and error["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert deployment.invoke("ends", {"do": "headers"})[0]
    error = deployment.invoke(probe("hangs", Timeout=1), {"do": "hang"})[0]
    assert error["errorType"] == "Sandbox.Timedout"
    assert deployment.invoke("hangs", {"do": "headers"})[0]


def test_a_runtime_that_does_not_begin(deployment, probe):
    error = deployment.invoke(probe("unlucky", Environment={"Variables": {"INIT": "error"}}), {})[0]
    assert (error["errorType"], error["errorMessage"]) == ("Probe.Unlucky", "no luck")
    error = deployment.invoke(probe("leaves", Environment={"Variables": {"INIT": "exit"}}), {})[0]
    assert error["errorType"] == "Runtime.ExitError" and error["errorMessage"].endswith("exit status 42")
    bootstrap = io.BytesIO()
    with zipfile.ZipFile(bootstrap, "w") as archive:
        archive.writestr("bootstrap", PROBE)  # without a mode
    deployment.functions.create_function(FunctionName="unready", Runtime="provided.al2", Handler="any", Role=deployment.role(), Code={"ZipFile": bootstrap.getvalue()})
    error = deployment.invoke("unready")[0]
    assert (error["errorType"], error["errorMessage"]) == ("PermissionDenied", "fork/exec /var/task/bootstrap: permission denied")
    deployment.function("nothing", {"readme": "x"}, runtime="provided.al2", handler="any")
    error = deployment.invoke("nothing")[0]
    assert error["errorType"] == "Runtime.InvalidEntrypoint" and error["errorMessage"].endswith("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")


THIEF = """
import http.client
def handler(event, context):
    connection = http.client.HTTPConnection(event['api'], timeout=5)
    try:
        connection.request('GET', '/2018-06-01/runtime/invocation/next')
        return connection.getresponse().status
    except (ConnectionError, http.client.RemoteDisconnected) as error:
        return 'hung up'
"""


def test_no_other_function_gets_its_events(deployment, probe):
    name = probe("victim")
    api = deployment.invoke(name, {"do": "environment"})[0]["AWS_LAMBDA_RUNTIME_API"]
    deployment.function("thief", THIEF, Timeout=30)
    assert deployment.invoke("thief", {"api": api})[0] == 404  # its own, on its own network
    assert deployment.invoke(name, {"do": "headers"})[0]


# Streams as AWS describes it for custom runtimes, with the standard library alone.
STREAMER = """#!/usr/bin/python3
import base64, http.client, json, os, urllib.request
api = os.environ['AWS_LAMBDA_RUNTIME_API']
def chunk(text):
    return b'%x\\r\\n%s\\r\\n' % (len(text), text)
while True:
    connection = http.client.HTTPConnection(api)
    connection.request('GET', '/2018-06-01/runtime/invocation/next')
    answer = connection.getresponse()
    event, id = json.loads(answer.read()), answer.headers['Lambda-Runtime-Aws-Request-Id']
    connection.putrequest('POST', f'/2018-06-01/runtime/invocation/{id}/response')
    for name, value in {'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked', 'Content-Type': 'text/x-own',
                        'Trailer': 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body'}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for number, piece in enumerate(event['pieces']):
        connection.send(chunk(piece.encode() * event.get('times', 1)))
        if number == 0 and 'gate' in event:
            urllib.request.urlopen(event['gate']).read()
    trailers = b''
    if 'fail' in event:
        trailers = b'Lambda-Runtime-Function-Error-Type: Probe.Midway\\r\\nLambda-Runtime-Function-Error-Body: ' + base64.b64encode(json.dumps({'errorMessage': event['fail']}).encode()) + b'\\r\\n'
    connection.send(b'0\\r\\n' + trailers + b'\\r\\n')
    print('STATUS', connection.getresponse().status, flush=True)
"""


@pytest.fixture(scope="module")
def streamer(deployment):
    return deployment.function("streamer", {"bootstrap": STREAMER}, runtime="provided.al2023", handler="any", Timeout=30)


def stream(deployment, name, event):
    answer = deployment.functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event))
    return answer, iter(answer["EventStream"])


def test_a_custom_runtimes_piece_arrives_before_the_next_is_made(server, deployment, streamer):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="custom-gate")["QueueUrl"]
    wait = botocore.awsrequest.AWSRequest("GET", f"{server.endpoint}/?Action=ReceiveMessage&Version=2012-11-05&WaitTimeSeconds=20&QueueUrl={url}")
    botocore.auth.SigV4QueryAuth(botocore.credentials.Credentials("test", "test"), "sqs", "us-east-1").add_auth(wait)
    answer, events = stream(deployment, streamer, {"pieces": ["one", "two"], "gate": wait.url.replace("localhost", "127.0.0.1", 1)})
    assert next(events)["PayloadChunk"]["Payload"] == b"one"
    sqs.send_message(QueueUrl=url, MessageBody="on")
    assert next(events)["PayloadChunk"]["Payload"] == b"two"
    assert "ErrorCode" not in next(events)["InvokeComplete"]


def test_how_a_custom_runtimes_stream_ends(deployment, streamer):
    _, events = stream(deployment, streamer, {"pieces": ["one"], "fail": "no more"})
    *pieces, end = events
    assert b"".join(each["PayloadChunk"]["Payload"] for each in pieces) == b"one"
    assert end["InvokeComplete"]["ErrorCode"] == "Unhandled" and json.loads(end["InvokeComplete"]["ErrorDetails"]) == {"errorMessage": "no more"}
    _, events = stream(deployment, streamer, {"pieces": ["x" * 1024] * 12, "times": 1024})  # more than an answer may have that does not stream
    assert sum(len(each["PayloadChunk"]["Payload"]) for each in events if "PayloadChunk" in each) == 12 << 20
    assert deployment.functions.invoke(FunctionName=streamer, Payload=json.dumps({"pieces": ["a", "b"]}))["Payload"].read() == b"ab"
    assert {line.split()[1] for line in wait_until(lambda: deployment.log_of(streamer, "STATUS"))} == {"202"}
