"""CloudWatch's metrics, in the three protocols that SDKs speak, and what Lambda counts."""
import datetime
import gzip
import json
import subprocess

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import urllib.request
from botocore.exceptions import ClientError
from conftest import wait_until
from test_sqs import Queues

NAMES = iter(range(10**6))


@pytest.fixture
def cloudwatch(server):
    return server.client("cloudwatch")


@pytest.fixture
def space():
    return f"Space{next(NAMES)}"


def now(server):
    return datetime.datetime.fromtimestamp(server.get("/_leat/clock")["now"] / 1000, datetime.timezone.utc)


def span(server, minutes=10):
    moment = now(server)
    return {"StartTime": moment - datetime.timedelta(minutes=minutes), "EndTime": moment + datetime.timedelta(minutes=1)}


def test_values_and_their_statistics(server, cloudwatch, space):
    who = [{"Name": "Host", "Value": "a"}]
    moment = now(server).replace(second=0, microsecond=0) - datetime.timedelta(minutes=5)
    cloudwatch.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "Latency", "Dimensions": who, "Timestamp": moment, "Value": value, "Unit": "Milliseconds"} for value in (1, 2, 3, 10)])
    cloudwatch.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "Latency", "Dimensions": who, "Timestamp": moment, "Values": [4.0], "Counts": [6.0], "Unit": "Milliseconds"},
        {"MetricName": "Latency", "Dimensions": who, "Timestamp": moment + datetime.timedelta(minutes=1), "Unit": "Milliseconds",
         "StatisticValues": {"SampleCount": 2, "Sum": 30, "Minimum": 10, "Maximum": 20}}])
    statistics = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    points = cloudwatch.get_metric_statistics(Namespace=space, MetricName="Latency", Dimensions=who, Period=60, Statistics=statistics,
                                              ExtendedStatistics=["p50"], **span(server))["Datapoints"]
    first, second = sorted(points, key=lambda point: point["Timestamp"])
    assert [first[name] for name in statistics] == [10, 40, 4, 1, 10] and first["Unit"] == "Milliseconds" and first["Timestamp"] == moment
    assert first["ExtendedStatistics"]["p50"] == pytest.approx(4, rel=0.02)
    assert [second[name] for name in statistics] == [2, 30, 15, 10, 20]
    (whole,) = cloudwatch.get_metric_statistics(Namespace=space, MetricName="Latency", Dimensions=who, Period=3600, Statistics=["Sum"],
                                                StartTime=moment - datetime.timedelta(seconds=1), EndTime=moment + datetime.timedelta(minutes=3))["Datapoints"]
    assert whole["Sum"] == 70
    query = {"Id": "q", "MetricStat": {"Metric": {"Namespace": space, "MetricName": "Latency", "Dimensions": who}, "Period": 60, "Stat": "Maximum"}}
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[query], ScanBy="TimestampAscending", **span(server))["MetricDataResults"]
    assert (result["Id"], result["Label"], result["Values"], result["StatusCode"]) == ("q", "Latency", [10, 20], "Complete")
    assert cloudwatch.get_metric_statistics(Namespace=space, MetricName="Latency", Period=60, Statistics=["Sum"], **span(server))["Datapoints"] == []


def test_metrics_are_listed(cloudwatch, space):
    for host in ("a", "b"):
        cloudwatch.put_metric_data(Namespace=space, MetricData=[{"MetricName": name, "Dimensions": [{"Name": "Host", "Value": host}], "Value": 1} for name in ("X", "Y")])
    found = cloudwatch.list_metrics(Namespace=space)["Metrics"]
    assert sorted((each["MetricName"], each["Dimensions"][0]["Value"]) for each in found) == [("X", "a"), ("X", "b"), ("Y", "a"), ("Y", "b")]
    assert len(cloudwatch.list_metrics(Namespace=space, MetricName="X", Dimensions=[{"Name": "Host"}])["Metrics"]) == 2
    assert len(cloudwatch.list_metrics(Namespace=space, Dimensions=[{"Name": "Host", "Value": "b"}])["Metrics"]) == 2
    cloudwatch.put_metric_data(Namespace=space, MetricData=[{"MetricName": f"m{n}", "Value": n} for n in range(600)])
    pages = [page["Metrics"] for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace=space)]
    assert [len(page) for page in pages] == [500, 104]


def test_what_is_refused(server, cloudwatch, space):
    def refused(call, **arguments):
        with pytest.raises(ClientError) as caught:
            getattr(cloudwatch, call)(**arguments)
        return caught.value.response["Error"]["Code"]

    datum = {"MetricName": "X", "Value": 1.0, "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}}
    assert refused("put_metric_data", Namespace=space, MetricData=[datum]) == "InvalidParameterCombination"
    assert refused("put_metric_data", Namespace=space, MetricData=[{"MetricName": "X"}]) == "MissingParameter"
    assert refused("put_metric_data", Namespace=space, MetricData=[{"MetricName": "X", "Value": 1, "Timestamp": datetime.datetime(2020, 1, 1)}]) == "InvalidParameterValue"
    assert refused("get_metric_statistics", Namespace=space, MetricName="X", Period=60, Statistics=["Sum"], **span(server, 2 * 1440)) == "InvalidParameterCombination"
    assert refused("get_metric_statistics", Namespace=space, MetricName="X", Period=61, Statistics=["Sum"], **span(server)) == "InvalidParameterValue"
    assert cloudwatch.list_metrics(Namespace=space)["Metrics"] == []


def test_metrics_go_after_fifteen_days(own_server):
    server = own_server("--test-clock")
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Old", MetricData=[{"MetricName": "X", "Value": 1}])
    server.post(f"/_leat/clock?advance={14 * 86400}")
    assert len(cloudwatch.list_metrics(Namespace="Old")["Metrics"]) == 1
    server.post(f"/_leat/clock?advance={86400 + 120}")
    wait_until(lambda: not cloudwatch.list_metrics(Namespace="Old")["Metrics"])


def signed(server, body, headers, path="/"):
    request = botocore.awsrequest.AWSRequest("POST", server.endpoint + path, data=body, headers=headers)
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "monitoring", "us-east-1").add_auth(request)
    return urllib.request.urlopen(urllib.request.Request(server.endpoint + path, data=body, headers=dict(request.headers)))


def test_the_json_and_the_query_protocol(server, cloudwatch, space):
    """JSON as the newer SDKs may speak it, Query as those of five years ago do (the JavaScript SDK v2 here); a body may be compressed."""
    body = gzip.compress(json.dumps({"Namespace": space, "MetricData": [{"MetricName": "J", "Value": 5}]}).encode())
    signed(server, body, {"X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData", "Content-Type": "application/x-amz-json-1.0", "Content-Encoding": "gzip"})
    script = """
        const AWS = require('aws-sdk');
        const cloudwatch = new AWS.CloudWatch({endpoint: process.env.AWS_ENDPOINT_URL, maxRetries: 0});
        (async () => {
          const Namespace = process.argv[1];
          await cloudwatch.putMetricData({Namespace, MetricData: [{MetricName: 'Q', Dimensions: [{Name: 'D', Value: '<1>'}], Values: [1, 2], Counts: [1, 2]}]}).promise();
          const {Metrics} = await cloudwatch.listMetrics({Namespace}).promise();
          const {Datapoints} = await cloudwatch.getMetricStatistics({Namespace, MetricName: 'Q', Dimensions: [{Name: 'D', Value: '<1>'}], Period: 60, Statistics: ['Sum'],
            StartTime: new Date(Number(process.argv[2]) - 600000), EndTime: new Date(Number(process.argv[2]) + 60000)}).promise();
          const code = await cloudwatch.putMetricData({Namespace, MetricData: [{MetricName: 'Q'}]}).promise().catch((error) => error.code);
          console.log(JSON.stringify({names: Metrics.map((metric) => metric.MetricName), value: Metrics[1].Dimensions[0].Value, sum: Datapoints[0].Sum, code}));
        })().catch((error) => { console.error(error); process.exit(1); });
    """
    done = subprocess.run(["node", "-e", script, space, str(server.get("/_leat/clock")["now"])], env=server.environ(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"names": ["J", "Q"], "value": "<1>", "sum": 5, "code": "MissingParameter"}


def test_what_lambda_counts(server, deployment, cloudwatch):
    name = deployment.function("counted", "def handler(event, context):\n    if event.get('fails'):\n        raise Exception('no')\n", Publish=True)
    for event in ({}, {}, {"fails": True}):
        deployment.invoke(name, event)
    deployment.invoke(name, {}, Qualifier="1")
    deployment.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError):
        deployment.invoke(name)

    def total(metric, statistic="Sum", resource=None):
        dimensions = [{"Name": "FunctionName", "Value": name}] + ([{"Name": "Resource", "Value": resource}] if resource else [])
        points = cloudwatch.get_metric_statistics(Namespace="AWS/Lambda", MetricName=metric, Dimensions=dimensions, Period=3600, Statistics=[statistic], **span(server))["Datapoints"]
        return sum(point[statistic] for point in points)

    wait_until(lambda: total("Invocations") == 4)
    assert (total("Errors"), total("Throttles"), total("Duration", "SampleCount"), total("ConcurrentExecutions", "Maximum")) == (1, 1, 4, 1)
    assert total("Invocations", resource=f"{name}:1") == 1 and total("Duration", "Maximum") > 0


def test_what_streams_and_events_add(own_server):
    from conftest import Deployment
    server = own_server("--test-clock")
    deployment, queues, cloudwatch = Deployment(server), Queues(server), server.client("cloudwatch")
    stream = deployment.table("aged", stream="KEYS_ONLY")
    name = deployment.function("aging", "def handler(event, context):\n    pass\n")
    deployment.dynamodb.put_item(TableName="aged", Item={"id": {"S": "a"}})
    queues.advance(30)
    deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON")
    deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload="{}")

    def most(metric):
        points = cloudwatch.get_metric_statistics(Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "FunctionName", "Value": name}], Period=3600,
                                                  Statistics=["Maximum"], **span(server))["Datapoints"]
        return max((point["Maximum"] for point in points), default=None)

    assert 30000 <= wait_until(lambda: most("IteratorAge")) < 40000
    wait_until(lambda: most("AsyncEventAge") is not None)
