"""Logs in JSON. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html"""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import wait_until

PYTHON = """
import logging
log = logging.getLogger('own')
def handler(event, context):
    log.debug('quiet')
    log.info('said %s', 'so', extra={'order': 7})
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception('caught')
    print('plain')
    if event.get('fail'): raise ValueError('as asked')
"""
NODE = """
exports.handler = async (event) => {
  console.debug('quiet');
  console.info('said', 'so');
  console.log({ order: 7 });
  console.error('caught', new TypeError('wrong'));
};
"""


def lines(deployment, name, count):
    def find():
        events = deployment.server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return len(events) >= count and [event["message"].rstrip() for event in events]
    found = wait_until(find)
    assert len(found) == count, found
    return found


def test_python_in_json(deployment):
    name = deployment.function("json-py", PYTHON, LoggingConfig={"LogFormat": "JSON"})
    shown = deployment.functions.get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert shown == {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": f"/aws/lambda/{name}"}
    request = deployment.invoke(name, {})[1]["ResponseMetadata"]["RequestId"]
    init, start, said, caught, plain, report = lines(deployment, name, 6)
    init, start, said, caught, report = map(json.loads, (init, start, said, caught, report))
    assert init["type"] == "platform.initStart" and init["record"]["functionName"] == name and init["record"]["initializationType"] == "on-demand"
    assert start["type"] == "platform.start" and start["record"] == {"requestId": request, "version": "$LATEST"}
    assert {**said, "timestamp": 0} == {"timestamp": 0, "level": "INFO", "message": "said so", "logger": "own", "order": 7, "requestId": request}
    assert caught["level"] == "ERROR" and caught["errorType"] == "ZeroDivisionError" and caught["stackTrace"] and plain == "plain"
    assert report["type"] == "platform.report" and report["record"]["status"] == "success" and report["record"]["requestId"] == request
    assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"} == set(report["record"]["metrics"])


def test_an_error_in_json(deployment):
    name = deployment.function("json-error", PYTHON, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"})
    deployment.invoke(name, {"fail": True})
    caught, plain, error, report = lines(deployment, name, 4)
    error = json.loads(error)
    assert (error["log_level"], error["errorType"], error["errorMessage"]) == ("ERROR", "ValueError", "as asked") and error["stackTrace"]
    assert json.loads(report)["record"]["status"] == "error" and json.loads(caught)["message"] == "caught" and plain == "plain"


def test_nodejs_in_json(deployment):
    name = deployment.function("json-node", NODE, runtime="nodejs20.x", handler="index.handler", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"})
    request = deployment.invoke(name, {})[1]["ResponseMetadata"]["RequestId"]
    _, _, *said, report = [json.loads(each) for each in lines(deployment, name, 7)]
    assert [each["level"] for each in said] == ["DEBUG", "INFO", "INFO", "ERROR"] and {each["requestId"] for each in said} == {request}
    assert [each["message"] for each in said[:3]] == ["quiet", "said so", {"order": 7}]
    assert (said[3]["errorType"], said[3]["errorMessage"]) == ("TypeError", "wrong") and report["type"] == "platform.report"


def test_levels_are_for_json(deployment):
    name = deployment.function("text-levels", PYTHON)
    with pytest.raises(ClientError, match="LogLevel is not supported when LogFormat is set to"):
        deployment.functions.update_function_configuration(FunctionName=name, LoggingConfig={"SystemLogLevel": "WARN"})
    updated = deployment.functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    assert updated["LoggingConfig"]["SystemLogLevel"] == "WARN"
    assert "SystemLogLevel" not in deployment.functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})["LoggingConfig"]


def test_a_log_is_there_while_its_invocation_runs(server, deployment):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="log-gate")["QueueUrl"]
    code = """
import boto3
def handler(event, context):
    print('BEGUN', flush=True)
    boto3.client('sqs').receive_message(QueueUrl=event, WaitTimeSeconds=20)
    print('GOES ON')
"""
    name = deployment.function("long-log", code, Timeout=30)
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(url))
    wait_until(lambda: deployment.log_of(name, "BEGUN"))
    assert not deployment.log_of(name, "GOES")
    sqs.send_message(QueueUrl=url, MessageBody="on")
    wait_until(lambda: deployment.log_of(name, "REPORT"))
    assert [line.split()[0] for line in deployment.log_of(name)[1:]] == ["START", "BEGUN", "GOES", "END", "REPORT"]
