"""Expressions of GetMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"""
import datetime

import pytest
from botocore.exceptions import ClientError
from test_metrics import now

SPACE = "Math"
A, B = {0: 1, 1: 2, 3: 4}, {0: 10, 1: 20, 2: 30, 3: 0}  # by minute


class Metrics:
    def __init__(self, server):
        self.cloudwatch = server.client("cloudwatch")
        self.begin = now(server).replace(second=0, microsecond=0) - datetime.timedelta(minutes=30)
        data = [("A", "one", A), ("B", "one", B), ("A", "two", {0: 100})]
        for name, host, points in data:
            for minute, value in points.items():
                self.cloudwatch.put_metric_data(Namespace=SPACE, MetricData=[{
                    "MetricName": name, "Dimensions": [{"Name": "Host", "Value": host}], "Timestamp": self.begin + datetime.timedelta(minutes=minute), "Value": value}])

    def query(self, id, name, host="one", **more):
        metric = {"Namespace": SPACE, "MetricName": name, "Dimensions": [{"Name": "Host", "Value": host}]}
        return {"Id": id, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, **more}

    def ask(self, *queries, **settings):
        return self.cloudwatch.get_metric_data(MetricDataQueries=[self.query("a", "A"), self.query("b", "B"), self.query("c", "A", "two"), *queries],
                                               StartTime=self.begin, EndTime=self.begin + datetime.timedelta(minutes=4), ScanBy="TimestampAscending", **settings)

    def points(self, result):
        return {int((time - self.begin).total_seconds() // 60): value for time, value in zip(result["Timestamps"], result["Values"])}

    def results(self, expression, **more):
        return [self.points(result) for result in self.ask({"Id": "e", "Expression": expression, **more})["MetricDataResults"]]


@pytest.fixture(scope="module")
def metrics(server):
    return Metrics(server)


@pytest.mark.parametrize("expression, wanted", [
    ("a + b", {0: 11, 1: 22, 3: 4}),  # only where both have a point
    ("b / a", {0: 10, 1: 10, 3: 0}),
    ("a / b", {0: 0.1, 1: 0.1}),  # nothing is divided by zero
    ("-a ^ 2 ^ 1 + 2 * 3", {0: 7, 1: 10, 3: 22}),
    ("(a + 1) * [b, 1][0]", None),
    ("a > 1 AND b != 0", {0: 0, 1: 1, 3: 0}),
    ("a >= 4 || b == 10", {0: 1, 1: 0, 3: 1}),
    ("IF(a > 1, b, -1)", {0: -1, 1: 20, 3: 0}),
    ("IF(b > 15, b)", {1: 20, 2: 30}),
    ("FILL(a, 0)", {0: 1, 1: 2, 2: 0, 3: 4}),
    ("FILL(a, REPEAT)", {0: 1, 1: 2, 2: 2, 3: 4}),
    ("FILL(a, LINEAR)", {0: 1, 1: 2, 2: 3, 3: 4}),
    ("FILL(a, b)", {0: 1, 1: 2, 2: 30, 3: 4}),
    ("SUM([a, b])", {0: 11, 1: 22, 2: 30, 3: 4}),
    ("AVG(METRICS())", {0: 37, 1: 11, 2: 30, 3: 2}),
    ("MAX(METRICS('a'))", {0: 1, 1: 2, 3: 4}),
    ("a * SUM(b) / MAX(b)", {0: 2, 1: 4, 3: 8}),
    ("TIME_SERIES(MIN(b) + STDDEV(c))", {0: 0, 1: 0, 2: 0, 3: 0}),
    ("RATE(b)", {1: 10 / 60, 2: 10 / 60, 3: -0.5}),
    ("DIFF(b)", {1: 10, 2: 10, 3: -30}),
    ("DIFF_TIME(a)", {1: 60, 3: 120}),
    ("RUNNING_SUM(a)", {0: 1, 1: 3, 3: 7}),
    ("ABS(a - 3) + CEIL(a / 3) - FLOOR(a / 3)", {0: 3, 1: 2, 3: 2}),
    ("LOG10(b * 10)", {0: 2, 1: 2.301029995, 2: 2.477121254}),
    ("PERIOD(a) + a * 0", {0: 60, 1: 60, 3: 60}),
    ("a * 0 + DATAPOINT_COUNT(a) + METRIC_COUNT(METRICS())", {0: 6, 1: 6, 3: 6}),
    ("FIRST(SORT(METRICS(), SUM, DESC))", {0: 100}),
    ("LAST(SORT([a, b, c], MIN, ASC, 2))", {0: 1, 1: 2, 3: 4}),
    ("SLICE(METRICS(), 1)", {0: 10, 1: 20, 2: 30, 3: 0}),
])
def test_expressions(metrics, expression, wanted):
    if wanted is None:
        with pytest.raises(ClientError, match="Error in expression 'e'"):
            metrics.results(expression)
    else:
        assert metrics.results(expression) == [pytest.approx(wanted)]


@pytest.mark.parametrize("expression, wanted", [
    ("METRICS() * 2", [{0: 2, 1: 4, 3: 8}, {0: 20, 1: 40, 2: 60, 3: 0}, {0: 200}]),
    ("REMOVE_EMPTY([a, IF(a > 100, a)])", [A]),
    ("SEARCH('{Math,Host} MetricName=\"A\"', 'Sum', 60)", [A, {0: 100}]),
    ("SEARCH('{Math,Host} MetricName=\"A\" NOT Host=\"two\"', 'Sum', 60)", [A]),
    ("SEARCH('Namespace=\"Math\" Host=(\"one\" OR \"three\")', 'Sum', 60)", [A, B]),
    ("SEARCH('{Math,Host} (ONE B) OR two', 'Sum', 60)", [{0: 100}, B]),
    ("SEARCH('{Math,Host,Other} A', 'Sum', 60)", []),
    ("SEARCH('{Math} A', 'Sum', 60)", []),
])
def test_expressions_of_several_series(metrics, expression, wanted):
    assert metrics.results(expression) == wanted


def test_labels_and_expressions_of_expressions(metrics):
    answer = metrics.ask({"Id": "twice", "Expression": "once * 2", "Label": "Twice"}, {"Id": "once", "Expression": "a + 0"},
                         {"Id": "s", "Expression": "SEARCH('{Math,Host} two', 'Sum', 60)"}, {"Id": "l", "Expression": "SEARCH('{Math,Host} two', 'Sum', 60)", "Label": "Found"})
    assert [(each["Id"], each["Label"]) for each in answer["MetricDataResults"]] == [("twice", "Twice"), ("once", "once"), ("s", "two A"), ("l", "Found two A")]
    assert metrics.points(answer["MetricDataResults"][0]) == {0: 2, 1: 4, 3: 8}


@pytest.mark.parametrize("expression, wanted", [
    ("a +", "Syntax error"), ("nothing * 2", "Undefined variable nothing"), ("SUM(a)", "TIME_SERIES"), ("e + 1", "refers to itself"), ("METRICS() + METRICS()", "Unsupported operand"),
    ("CUBE(a)", "Unknown function CUBE"), ("ABS(a, b)", "Wrong number of arguments for ABS"), ("(" * 500 + "a" + ")" * 500, "nested too deeply"), ("'a' + 1", "text"),
    ("SEARCH('{Math', 'Sum', 60)", "Invalid search"), ("SORT(METRICS(), SIZE, ASC)", "AVG, MIN, MAX or SUM")])
def test_what_is_refused(metrics, expression, wanted):
    with pytest.raises(ClientError) as caught:
        metrics.results(expression)
    assert caught.value.response["Error"]["Code"] == "ValidationError" and wanted in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("expression", ["TIME_SERIES(1)", "FILL(a, 0)", "FILL(METRICS(), REPEAT)"])
def test_a_short_text_cannot_ask_for_endless_series(metrics, expression):
    span = {"StartTime": datetime.datetime(1990, 1, 1), "EndTime": datetime.datetime(2040, 1, 1)}
    with pytest.raises(ClientError, match="too many data points"):
        metrics.cloudwatch.get_metric_data(MetricDataQueries=[metrics.query("a", "A"), {"Id": "e", "Expression": expression}], **span)


def test_nor_can_expressions_of_expressions(metrics):
    doubling = [{"Id": f"e{n}", "Expression": f"[{of}, {of}]"} for n, of in enumerate(["a", *(f"e{n}" for n in range(40))])]
    with pytest.raises(ClientError, match="too many data points"):
        metrics.ask(*doubling)


def test_queries_that_are_refused(metrics):
    for query in ({"Id": "a", "Expression": "b"}, {"Id": "Upper", "Expression": "b"}, {"Id": "none"}, metrics.query("both", "A", Expression="a")):
        with pytest.raises(ClientError) as caught:
            metrics.ask(query)
        assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_pages(metrics):
    queries = [{"Id": "x", "Expression": "a + 0"}, {"Id": "y", "Expression": "b + 0"}]
    got, token, pages = {"x": {}, "y": {}}, {}, 0
    while True:
        answer = metrics.ask(*queries, MaxDatapoints=2, **token)
        assert sum(len(each["Values"]) for each in answer["MetricDataResults"]) <= 2
        for each in answer["MetricDataResults"]:
            got[each["Id"]].update(metrics.points(each))
        pages += 1
        if "NextToken" not in answer:
            break
        assert answer["MetricDataResults"][-1]["StatusCode"] == "PartialData"
        token = {"NextToken": answer["NextToken"]}
    assert (got, pages) == ({"x": A, "y": B}, 4)
