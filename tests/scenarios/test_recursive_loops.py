"""Functions that set themselves off again are stopped after 16 runs.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""
import json

import pytest
from conftest import wait_until
from test_sqs import Queues

RUNS = 16
SELF = {
    "python3.11": """
import json, os, boto3
def handler(event, context):
    print("RUN %d" % event["left"])
    if event["left"]:
        boto3.client("lambda").invoke(FunctionName=context.function_name, InvocationType="Event", Payload=json.dumps({"left": event["left"] - 1}))
""",
    "nodejs20.x": """
const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
exports.handler = async (event, context) => {
  console.log('RUN ' + event.left);
  const Payload = JSON.stringify({ left: event.left - 1 });
  if (event.left) await new LambdaClient({}).send(new InvokeCommand({ FunctionName: context.functionName, InvocationType: 'Event', Payload }));
};
"""}
RESEND = """
import os, boto3
def handler(event, context):
    for record in event["Records"]:
        print("RUN " + record["body"])
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=record["body"] + "x")
"""


@pytest.fixture
def queues(server):
    return Queues(server)


def dropped(server, name):
    metrics = server.client("cloudwatch")
    now = server.get("/_leat/clock")["now"]
    answer = metrics.get_metric_statistics(Namespace="AWS/Lambda", MetricName="RecursiveInvocationsDropped", Period=60, Statistics=["Sum"],
                                           Dimensions=[{"Name": "FunctionName", "Value": name}], StartTime=now / 1000 - 600, EndTime=now / 1000 + 60)
    return sum(point["Sum"] for point in answer["Datapoints"])


@pytest.mark.parametrize("runtime", SELF)
def test_a_function_that_invokes_itself_is_stopped(server, deployment, queues, runtime):
    letters = queues.create()
    name = deployment.function(f"loop-{runtime.split('.')[0]}", SELF[runtime], runtime=runtime, handler="index.handler" if "node" in runtime else "main.handler",
                               DeadLetterConfig={"TargetArn": queues.arn(letters)}, Timeout=30)
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"left": RUNS + 4}))
    letter = wait_until(lambda: queues.receive(letters), seconds=60)[0]
    assert json.loads(letter["Body"]) == {"left": 4}
    wait_until(lambda: len(deployment.log_of(name, "RUN")) == RUNS)
    assert wait_until(lambda: dropped(server, name)) == 1


def test_a_function_that_may_goes_on(deployment):
    name = deployment.function("loop-allowed", SELF["python3.11"], Timeout=30)
    deployment.functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"left": RUNS + 4}))
    wait_until(lambda: len(deployment.log_of(name, "RUN")) == RUNS + 5, seconds=60)


def test_a_queue_that_its_own_function_fills(server, deployment, queues):
    letters = queues.create()
    url = queues.create(VisibilityTimeout="30", RedrivePolicy=json.dumps({"deadLetterTargetArn": queues.arn(letters), "maxReceiveCount": 1}))
    name = deployment.function("loop-queue", RESEND, Environment={"Variables": {"QUEUE": url}}, Timeout=10)
    deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queues.arn(url))
    queues.send(url, "m")
    wait_until(lambda: dropped(server, name), seconds=60)
    wait_until(lambda: len(deployment.log_of(name, "RUN")) == RUNS)
    server.post("/_leat/clock?advance=31")
    assert wait_until(lambda: queues.receive(letters))[0]["Body"] == "m" + RUNS * "x"


def test_a_synchronous_chain_is_refused(server, deployment):
    name = deployment.function("loop-sync", "import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']")
    functions = server.client("lambda")
    trace = None

    def add_header(request, **_):
        if trace:
            request.headers["X-Amzn-Trace-Id"] = trace

    functions.meta.events.register("before-send.lambda.Invoke", add_header)
    for _ in range(RUNS):
        trace = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    assert trace.startswith("Root=1-") and ";Sampled=0;Lineage=" in trace
    with pytest.raises(functions.exceptions.RecursiveInvocationException, match="Lambda has detected your function being invoked in a recursive loop"):
        functions.invoke(FunctionName=name)
    functions.meta.events.unregister("before-send.lambda.Invoke", add_header)
    fresh = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    assert fresh.endswith(":1") and fresh.split(";")[0] != trace.split(";")[0]


def test_a_message_carries_the_trace_of_who_sent_it(server, queues):
    url = queues.create()
    sqs = server.client("sqs")
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    sqs.meta.events.register("before-send.sqs.SendMessage", lambda request, **_: request.headers.update({"X-Amzn-Trace-Id": header}) or None)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    own = "Root=1-00000000-000000000000000000000000"
    sqs.send_message(QueueUrl=url, MessageBody="b", MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": own}})
    found = {message["Body"]: message["Attributes"]["AWSTraceHeader"] for message in queues.receive(url, AttributeNames=["AWSTraceHeader"])}
    assert found == {"a": header, "b": own}
