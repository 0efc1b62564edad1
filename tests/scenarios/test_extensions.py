"""Extensions of layers. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html"""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import package, running, wait_until

# As AWS's example does it (aws-lambda-extensions, python-example-extension), with the standard library alone; what it does
# beyond is said by environment variables.
EXTENSION = r"""#!/usr/bin/python3
import json, os, signal, sys, time, http.client
NAME = os.path.basename(__file__)
connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def call(method, path, body=None, **headers):
    connection.request(method, '/2020-01-01/extension/' + path, body and json.dumps(body), {name.replace('_', '-'): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read() or b'null')
def say(word, value):
    print(NAME, word, json.dumps(value), flush=True)
status, headers, facts = call('POST', 'register', {'events': json.loads(os.environ['EVENTS'])}, Lambda_Extension_Name=NAME, Lambda_Extension_Accept_Feature='accountId')
own = {'Lambda_Extension_Identifier': headers['Lambda-Extension-Identifier']}
say('REGISTERED', [status, facts])
say('REFUSED', [[status, answer['errorType']] for status, _, answer in (
    call('POST', 'register', {'events': []}, Lambda_Extension_Name=NAME), call('POST', 'register', {'events': []}),
    call('POST', 'register', {'events': ['START']}, Lambda_Extension_Name='x'), call('POST', 'register', {'events': ['SHUTDOWN']}, Lambda_Extension_Name='x'),
    call('GET', 'event/next'), call('GET', 'event/next', Lambda_Extension_Identifier='none'))])
if os.environ.get('FAIL') == 'init':
    say('FAILED', call('POST', 'init/error', {'errorMessage': 'no luck', 'errorType': 'x'}, Lambda_Extension_Function_Error_Type='Extension.Unlucky', **own)[0])
    sys.exit(1)
while True:
    status, headers, event = call('GET', 'event/next', **own)
    say(event['eventType'], event)
    if event['eventType'] == 'SHUTDOWN':
        end = time.monotonic() + float(os.environ.get('FLUSH', 0))
        while time.monotonic() < end:  # its work takes that long
            pass
        say('FLUSHED', 1)
        break
    if os.environ.get('FAIL') == 'hang':
        signal.pause()
    if os.environ.get('FAIL') == 'exit':
        call('POST', 'exit/error', {'errorMessage': 'gave up'}, Lambda_Extension_Function_Error_Type='Extension.GaveUp', **own)
"""
HANDLERS = {
    "python3.11": ("main.handler", {"main.py": "import os\ndef handler(event, context):\n    print('RAN', os.getpid())\n    return [context.aws_request_id, os.getpid()]"}),
    "nodejs20.x": ("index.handler", {"index.js": "exports.handler = async (event, context) => { console.log('RAN'); return [context.awsRequestId, process.pid]; };"}),
    "provided.al2023": ("any", {"bootstrap": """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while true; do
  curl -sS -D /tmp/head -o /tmp/event $api/next
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id /tmp/head | tr -d '[:space:]' | cut -d: -f2)
  echo RAN
  curl -sS $api/$id/response -d "[\\"$id\\", $$]" >/tmp/out
done
"""}),
}
NAMES = iter(range(10**6))


@pytest.fixture
def extended(deployment):
    """A function with a layer of extensions: extended(runtime, names, …)."""
    def make(runtime="python3.11", names=("watcher",), events=("INVOKE", "SHUTDOWN"), source=EXTENSION, fail="", flush="0", handler_code=None, **settings):
        name = f"extended-{next(NAMES)}"
        layer = deployment.functions.publish_layer_version(LayerName=name, Content={"ZipFile": package({f"extensions/{each}": source for each in names})})
        handler, files = HANDLERS[runtime]
        files = {"main.py": handler_code} if handler_code else files
        return deployment.function(name, files, runtime=runtime, handler=handler, Layers=[layer["LayerVersionArn"]], Timeout=settings.pop("Timeout", 10),
                                   Environment={"Variables": {"EVENTS": json.dumps(events), "FAIL": fail, "FLUSH": flush}}, **settings)
    return make


def said(deployment, name, word, extension="watcher"):
    lines = deployment.log_of(name, f'"{extension} {word}"')
    return [json.loads(line.split(" ", 2)[2]) for line in lines]


@pytest.mark.parametrize("runtime", HANDLERS)
def test_an_extension_sees_each_invocation_and_the_end(deployment, extended, runtime):
    name = extended(runtime)
    first = deployment.invoke(name)[0]
    wait_until(lambda: set(running("/opt/extensions/watcher").values()) == {"T"})  # a worker takes no other event before
    second = deployment.invoke(name)[0]
    assert first[1] == second[1]  # one worker
    wait_until(lambda: len(said(deployment, name, "INVOKE")) == 2)
    events = said(deployment, name, "INVOKE")
    assert [event["requestId"] for event in events] == [first[0], second[0]]
    assert set(events[0]) == {"eventType", "deadlineMs", "requestId", "invokedFunctionArn", "tracing"} and events[0]["invokedFunctionArn"].endswith(":" + name)
    assert events[0]["tracing"]["type"] == "X-Amzn-Trace-Id" and events[0]["tracing"]["value"].startswith("Root=1-")
    assert said(deployment, name, "REGISTERED") == [[200, {"functionName": name, "functionVersion": "$LATEST", "handler": HANDLERS[runtime][0], "accountId": "000000000000"}]]
    assert said(deployment, name, "REFUSED") == [[
        [403, "Extension.AlreadyRegistered"], [403, "Extension.InvalidExtensionName"], [403, "Extension.InvalidEventType"],
        [403, "ShutdownEventNotSupportedForInternalExtension"], [403, "Extension.MissingExtensionIdentifier"], [403, "Extension.UnknownExtensionIdentifier"]]]
    assert wait_until(lambda: deployment.log_of(name, "EXTENSION")) == ["EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"]
    deployment.functions.update_function_configuration(FunctionName=name, Description="anew")
    third = deployment.invoke(name)[0]
    assert third[0] != second[0]
    (end,) = wait_until(lambda: said(deployment, name, "SHUTDOWN"))
    assert end["shutdownReason"] == "spindown" and end["deadlineMs"] > events[1]["deadlineMs"] - 60000


def test_an_extension_has_its_time_where_its_worker_is_retired_at_work(deployment, extended):
    name = extended(flush="0.6", handler_code="""
import boto3
def handler(event, context):
    boto3.client('lambda').update_function_configuration(FunctionName=context.function_name, Description='anew')
""")
    deployment.invoke(name)
    wait_until(lambda: said(deployment, name, "FLUSHED"))


def test_several_extensions_and_their_events(deployment, extended):
    name = extended(names=("one", "two"), events=["INVOKE"])
    deployment.invoke(name)
    for each in ("one", "two"):
        wait_until(lambda: len(said(deployment, name, "INVOKE", each)) == 1)
    quiet = extended(events=[])
    deployment.invoke(quiet)
    deployment.invoke(quiet)
    assert said(deployment, quiet, "REGISTERED") and not said(deployment, quiet, "INVOKE")


def test_an_extension_that_hangs_ends_with_the_functions_time(deployment, extended):
    name = extended(fail="hang", Timeout=2)
    first = deployment.invoke(name)[0]  # answered before the extension is done
    second = deployment.invoke(name)[0]  # not by the worker that is still busy
    assert first[0] != second[0]
    wait_until(lambda: len(said(deployment, name, "INVOKE")) == 2)
    assert len(said(deployment, name, "REGISTERED")) == 2


def test_extensions_that_fail(deployment, extended):
    error, result = deployment.invoke(extended(fail="init"))
    assert (error["errorType"], result["FunctionError"]) == ("Extension.Unlucky", "Unhandled") and error["errorMessage"] == "watcher: no luck"
    leaves = extended(fail="exit")
    deployment.invoke(leaves)
    deployment.invoke(leaves)
    wait_until(lambda: len(said(deployment, leaves, "INVOKE")) == 2)
    assert len(said(deployment, leaves, "REGISTERED")) == 2  # another worker after the first one gave up
    error = deployment.invoke(extended(source="not a program"))[0]
    assert (error["errorType"], error["errorMessage"]) == ("Extension.LaunchError", "fork/exec /opt/extensions/watcher: permission denied")


@pytest.mark.parametrize("frame", ["R", "N"])
def test_a_handler_that_plays_its_runtimes_part_is_ended(deployment, frame):
    """It answers by itself, and says that it is ready once more: two invocations at once must not get the one worker."""
    code = """
import os, signal, struct, sys
def handler(event, context):
    if not event:
        return "honest"
    answer = sys._getframe(2).f_locals["head"]["token"].encode() + b"\\0\\0\\0\\0" + b'"forged"'
    os.write(3, struct.pack(">Ic", 1 + len(answer), b"S") + answer + struct.pack(">Ic", 1, event["frame"].encode()))
    signal.pause()
"""
    name = deployment.function(f"player-{frame}", code)
    assert deployment.invoke(name, {"frame": frame})[0] == "forged"
    with ThreadPoolExecutor(2) as pool:
        for answer, result in pool.map(lambda _: deployment.invoke(name), range(2)):
            assert answer == "honest" or answer["errorType"] == "Runtime.ExitError"
