"""Functions, as their owners see them."""
import base64
import json
import re

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, package, wait_until


def test_python_answers_logs_and_reports(server, deployment):
    deployment.function("hello", "import os\ndef handler(event, context):\n    print('got', event['n'])\n    return {'n': event['n'] + 1, 'name': context.function_name, 'left': context.get_remaining_time_in_millis(), 'env': os.environ['COLOUR']}",
                        Environment={"Variables": {"COLOUR": "green"}}, Timeout=5)
    result, answer = deployment.invoke("hello", {"n": 1}, LogType="Tail")
    assert result["n"] == 2 and result["name"] == "hello" and result["env"] == "green" and 3000 < result["left"] <= 5000
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST" and "FunctionError" not in answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert re.search(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST\ngot 1\nEND RequestId: [0-9a-f-]{36}\nREPORT RequestId: [0-9a-f-]{36}\t"
                     r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms", tail)
    wait_until(lambda: any(line == "got 1" for line in deployment.log_of("hello")))
    assert deployment.log_of("hello", '"got 1"') == ["got 1"] and deployment.log_of("hello", "nowhere") == []


NODE_STYLES = {
    "async": ("index.js", "exports.handler = async (event) => ({ style: 'async', got: event });"),
    "callback": ("index.js", "exports.handler = (event, context, callback) => setTimeout(() => callback(null, { style: 'callback', got: event }), 5);"),
    "succeed": ("index.js", "exports.handler = function (event, context) { context.succeed({ style: 'succeed', got: event }); };"),
    "done": ("index.js", "exports.handler = function (event, context) { context.done(null, { style: 'done', got: event }); };"),
    "module": ("index.mjs", "export const handler = async (event) => ({ style: 'module', got: event });"),
}


@pytest.mark.parametrize("style", NODE_STYLES)
def test_nodejs_styles(deployment, style):
    file, code = NODE_STYLES[style]
    name = deployment.function("style-" + style, {file: code}, runtime="nodejs20.x", handler="index.handler")
    for turn in range(2):
        assert deployment.invoke(name, {"turn": turn})[0] == {"style": style, "got": {"turn": turn}}


def test_nodejs_handler_that_never_answers_gives_null(deployment):
    deployment.function("quiet", "exports.handler = (event, context, callback) => { setTimeout(() => console.log('later'), 20); };", runtime="nodejs20.x", handler="index.handler")
    result, answer = deployment.invoke("quiet", LogType="Tail")
    assert result is None and "later" in base64.b64decode(answer["LogResult"]).decode()


def test_a_nodejs_function_of_years_ago_runs_unchanged(server, deployment):
    deployment.table("old-style")
    server.resource("dynamodb").Table("old-style").put_item(Item={"id": "x", "n": 41})
    deployment.function("old", """
var AWS = require('aws-sdk');
var docs = new AWS.DynamoDB.DocumentClient({apiVersion: '2012-08-10'});
exports.handler = function(event, context) {
  docs.get({TableName: 'old-style', Key: {id: event.id}}, function(err, data) {
    if (err) { console.log(err, err.stack); context.fail(err); return; }
    docs.put({TableName: 'old-style', Item: {id: 'y', n: data.Item.n + 1}}).promise().then(function() { context.succeed('done ' + data.Item.n); });
  });
};""", runtime="nodejs16.x", handler="index.handler", Timeout=10)
    assert deployment.invoke("old", {"id": "x"})[0] == "done 41"
    assert server.resource("dynamodb").Table("old-style").get_item(Key={"id": "y"})["Item"]["n"] == 42


def test_a_python_function_of_years_ago_runs_unchanged(server, deployment):
    deployment.table("resource-style")
    deployment.function("resource", """
import boto3, logging
logger = logging.getLogger()
logger.setLevel(logging.INFO)
table = boto3.resource('dynamodb').Table('resource-style')
def handler(event, context):
    logger.info('putting %s', event['id'])
    table.put_item(Item={'id': event['id'], 'n': 1})
    return boto3.client('sts').get_caller_identity()['Arn']
""", Timeout=10)
    assert deployment.invoke("resource", {"id": "x"})[0] == "arn:aws:sts::000000000000:assumed-role/worker/resource"
    assert server.resource("dynamodb").Table("resource-style").get_item(Key={"id": "x"})["Item"]["n"] == 1
    wait_until(lambda: any("[INFO]" in line and "putting x" in line for line in deployment.log_of("resource")))


def test_the_right_interpreter_or_the_nearest_and_said_so(deployment):
    deployment.function("newest", "import sys\ndef handler(event, context):\n    return sys.version_info[:2]", runtime="python3.14")
    version = deployment.invoke("newest")[0]
    if version != [3, 14]:
        wait_until(lambda: any(f"no python3.14; the function runs on Python 3.{version[1]}" in line for line in deployment.log_of("newest")))


FAILURES = {
    "raises": ("def handler(event, context):\n    raise ValueError('bad thing')", {"errorMessage": "bad thing", "errorType": "ValueError"}),
    "no-module": ("import nowhere_to_be_found\ndef handler(event, context):\n    pass",
                  {"errorMessage": "Unable to import module 'main': No module named 'nowhere_to_be_found'", "errorType": "Runtime.ImportModuleError"}),
    "no-handler": ("def other(event, context):\n    pass", {"errorMessage": "Handler 'handler' missing on module 'main'", "errorType": "Runtime.HandlerNotFound"}),
    "not-json": ("def handler(event, context):\n    return {1, 2}", {"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", "errorType": "Runtime.MarshalError"}),
    "exits": ("import os\ndef handler(event, context):\n    os._exit(3)", {"errorType": "Runtime.ExitError"}),
    "killed": ("import os\ndef handler(event, context):\n    os.kill(os.getpid(), 9)", {"errorType": "Runtime.ExitError"}),
    "memory": ("def handler(event, context):\n    return len([bytearray(1 << 20) for _ in range(400)])", {}),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failures_are_contained(deployment, failure):
    code, expected = FAILURES[failure]
    name = deployment.function("fails-" + failure, code, Timeout=10)
    for _ in range(2):
        result, answer = deployment.invoke(name)
        assert answer["FunctionError"] == "Unhandled" and answer["StatusCode"] == 200
        assert {key: result[key] for key in expected} == expected
    if failure == "exits":
        assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3", result["errorMessage"])
    if failure == "memory":
        assert "Runtime exited with error: signal: killed" in result["errorMessage"]
    deployment.functions.update_function_code(FunctionName=name, ZipFile=package({"main.py": "def handler(event, context):\n    return 'well'"}))
    assert deployment.invoke(name)[0] == "well"


def test_a_function_that_takes_too_long(deployment):
    deployment.function("slow", "import time\ndef handler(event, context):\n    if event: time.sleep(60)\n    return 'quick'", Timeout=1)
    result, answer = deployment.invoke("slow", True, LogType="Tail")
    assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: Task timed out after 1.00 seconds", result["errorMessage"])
    assert answer["FunctionError"] == "Unhandled" and "Task timed out after 1.00 seconds" in base64.b64decode(answer["LogResult"]).decode()
    assert deployment.invoke("slow", False)[0] == "quick"


def test_a_nodejs_failure(deployment):
    deployment.function("node-fails", "exports.handler = async () => { throw new TypeError('no good'); };", runtime="nodejs20.x", handler="index.handler")
    result, answer = deployment.invoke("node-fails")
    assert (result["errorType"], result["errorMessage"], answer["FunctionError"]) == ("TypeError", "no good", "Unhandled") and result["trace"]


SPY = """
import json, os, socket, subprocess
def attempt(what):
    try:
        return what()
    except Exception as error:
        return type(error).__name__
def handler(event, context):
    return {
        'data': attempt(lambda: os.listdir(event['data'])),
        'others': [name for name in os.listdir('/proc') if name.isdigit()],
        'code': attempt(lambda: open('/var/task/main.py', 'a')),
        'root': attempt(lambda: open('/usr/planted', 'w')),
        'tmp': attempt(lambda: open('/tmp/mine', 'w').write('x')),
        'home': attempt(lambda: os.listdir('/root')),
        'capabilities': [line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')][0],
        'uid': os.getuid(),
        'descriptors': [name for name in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + name)],
    }
"""


def test_a_worker_sees_nothing_of_its_surroundings(server, deployment):
    deployment.function("spy", SPY)
    seen = deployment.invoke("spy", {"data": server.folder})[0]
    assert seen["data"] == "FileNotFoundError" and seen["home"] in ("FileNotFoundError", [".pyenv"])  # where the interpreter lies
    assert len(seen["others"]) <= 3 and seen["tmp"] == 1 and seen["uid"] != 0 and int(seen["capabilities"], 16) == 0
    assert seen["root"] == seen["code"] == "OSError"  # a read-only file system
    assert seen["descriptors"] == ["0", "1", "2", "3"]  # nothing of the server's is inherited
    assert deployment.invoke("spy", {"data": "/tmp"})[0]["data"] == ["mine"]  # its own /tmp, kept while it is warm


def test_configuration_has_every_field(deployment):
    deployment.function("full", "def handler(event, context):\n    pass", Description="what", Timeout=7, MemorySize=256, Tags={"a": "b"})
    got = deployment.functions.get_function(FunctionName="full")
    configuration = got["Configuration"]
    assert configuration["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:full" and configuration["Version"] == "$LATEST"
    assert (configuration["State"], configuration["LastUpdateStatus"], configuration["PackageType"], configuration["Architectures"]) == ("Active", "Successful", "Zip", ["x86_64"])
    assert {"CodeSha256", "CodeSize", "RevisionId", "LastModified", "TracingConfig", "EphemeralStorage", "SnapStart", "RuntimeVersionConfig", "LoggingConfig"} <= set(configuration)
    assert got["Code"]["RepositoryType"] == "S3" and got["Tags"] == {"a": "b"}
    import urllib.request
    assert urllib.request.urlopen(got["Code"]["Location"]).read() == package({"main.py": "def handler(event, context):\n    pass"})
    updated = deployment.functions.update_function_configuration(FunctionName="full", Timeout=9)
    assert updated["Timeout"] == 9 and updated["RevisionId"] != configuration["RevisionId"] and updated["MemorySize"] == 256
    deployment.functions.delete_function(FunctionName="full")
    with pytest.raises(ClientError, match=r"\(ResourceNotFoundException\).*Function not found: arn:aws:lambda:us-east-1:000000000000:function:full"):
        deployment.functions.get_function(FunctionName="full")


def test_a_role_must_exist_and_trust(deployment):
    code = {"ZipFile": package({"main.py": ""})}
    for arn in ("arn:aws:iam::000000000000:role/nobody", deployment.iam.create_role(RoleName="distrust", AssumeRolePolicyDocument=TRUST.replace("lambda.", "ec2."))["Role"]["Arn"]):
        with pytest.raises(ClientError, match=r"\(InvalidParameterValueException\).*The role defined for the function cannot be assumed by Lambda\."):
            deployment.functions.create_function(FunctionName="orphan", Runtime="python3.11", Handler="main.handler", Role=arn, Code=code)


def test_event_and_dry_run(deployment):
    deployment.function("later", "def handler(event, context):\n    print('ran with', event)")
    assert deployment.functions.invoke(FunctionName="later", InvocationType="DryRun")["StatusCode"] == 204
    assert deployment.functions.invoke(FunctionName="later", InvocationType="Event", Payload=json.dumps("x"))["StatusCode"] == 202
    wait_until(lambda: "ran with x" in deployment.log_of("later"))
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        deployment.functions.invoke(FunctionName="later", Payload=b"{not json")


def test_a_start_clears_away_what_a_killed_server_left(own_server):
    from pathlib import Path
    from conftest import Deployment
    server = own_server()
    Deployment(server).function("left", "def handler(event, context):\n    return 1")
    assert Deployment(server).invoke("left")[0] == 1
    groups = lambda pid: [folder for folder in Path("/sys/fs/cgroup").glob(f"**/leat-{pid}")]
    pid = server.process.pid
    server.kill()
    wait_until(lambda: not any(file.read_text() for folder in groups(pid) for file in folder.glob("*/cgroup.procs")))
    server.start()
    assert groups(pid) == []


def test_variables_that_are_lambdas_own(deployment):
    settings = {"FunctionName": "own-variables", "Runtime": "python3.11", "Handler": "main.handler", "Role": deployment.role(), "Code": {"ZipFile": package({"main.py": ""})}}
    for variables, text in [({"AWS_REGION": "x", "OWN": "1"}, "Reserved keys used in this request: AWS_REGION"), ({"LONG": "x" * 4096}, 'exceeded the 4KB limit. String measured: {"LONG":"%s"}' % ("x" * 4096))]:
        with pytest.raises(ClientError) as caught:
            deployment.functions.create_function(**settings, Environment={"Variables": variables})
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException" and caught.value.response["Error"]["Message"].endswith(text)
