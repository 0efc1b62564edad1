"""Who follows a log, and who asks for much of one: a page at a time, whatever its size, and gone with its client."""
import json
import os
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import BUILD, wait_until
from raw_http import reset

MEGABYTE = 1 << 20


def fill(server, name, events, size, stream="s"):
    """That many events of that size in a function's log, by as few requests as there may be."""
    logs, group = server.client("logs"), f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now, batch = int(time.time() * 1000), min(10000, MEGABYTE // (size + 26))
    for first in range(0, events, batch):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": now + i, "message": f"{i:08}".ljust(size, "x")} for i in range(first, min(first + batch, events))])
    return logs, group, now


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def page(server, name, after, wait=0):
    with urllib.request.urlopen(f"{server.endpoint}/_leat/logs?function={name}&after={after}" + ("&wait=0" if not wait else "")) as answer:
        body = answer.read()
    return json.loads(body), len(body)


@pytest.mark.parametrize("events, size", [(6000, 1000), (25000, 10)])
def test_a_follower_reads_pages(own_server, events, size):
    server = own_server()
    fill(server, "chatty", events, size)
    seen, after, more = [], 0, True
    while more:
        answer, length = page(server, "chatty", after)
        assert length < 2 * MEGABYTE and len(answer["events"]) <= 11000
        seen += [int(event["message"][:8]) for event in answer["events"]]
        after, more = answer["after"], answer["more"]
    assert seen == list(range(events))
    assert page(server, "chatty", after)[0] == {"events": [], "after": after, "more": False}
    printed = subprocess.run([BUILD / "leat", "logs", "chatty", "--port", str(server.port), "--data-dir", server.folder], capture_output=True, text=True, check=True)
    assert len(printed.stdout.splitlines()) == events


def test_what_comes_late_is_news_too(own_server):
    """An event's time may lie before that of one that was seen; who follows gets it nevertheless, and none twice."""
    server = own_server()
    logs, group, now = fill(server, "late", 3, 10)
    after = page(server, "late", 0)[0]["after"]
    logs.create_log_stream(logGroupName=group, logStreamName="other")
    logs.put_log_events(logGroupName=group, logStreamName="other", logEvents=[{"timestamp": now - 60000, "message": "before"}])
    answer, _ = page(server, "late", after, wait=1)
    assert [event["message"] for event in answer["events"]] == ["before"] and not answer["more"]
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert [event["message"] for event in page(server, "late", 0)[0]["events"]] == ["before"]
    logs.delete_log_group(logGroupName=group)
    assert page(server, "late", 0)[0]["events"] == []


def test_followers_that_are_gone_are_forgotten(own_server):
    server = own_server()
    fill(server, "quiet", 1, 10)
    after, before = page(server, "quiet", 0)[0]["after"], descriptors(server)
    waiting = []
    for _ in range(50):
        waiting.append(socket.create_connection(("localhost", server.port)))
        waiting[-1].sendall(f"GET /_leat/logs?function=quiet&after={after} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    wait_until(lambda: descriptors(server) >= before + 50)
    for each in waiting:
        reset(each)
    wait_until(lambda: descriptors(server) <= before + 2)
    assert server.stop() == 0


def test_a_pattern_that_nothing_matches_is_searched_for_in_steps(own_server):
    server = own_server()
    logs, group, now = fill(server, "haystack", 120000, 20)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now + 200000, "message": "needle"}])
    first = logs.filter_log_events(logGroupName=group, filterPattern="needle")
    assert first["events"] == [] and first["nextToken"]
    pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern="needle"))
    assert [event["message"] for each in pages for event in each["events"]] == ["needle"] and len(pages) == 3
    everything = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    assert [len(each["events"]) for each in everything] == [10000] * 12 + [1]


def test_pages_of_events_have_their_size(own_server):
    logs, group, _ = fill(own_server(), "large", 100, 50000)
    for pages in (logs.get_paginator("filter_log_events").paginate(logGroupName=group), forward_pages(logs, group)):
        sizes = [sum(len(event["message"]) + 26 for event in each["events"]) for each in pages]
        assert max(sizes) <= MEGABYTE and sum(sizes) == 100 * 50026 and len(sizes) == 5


def forward_pages(logs, group):
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    while answer["events"]:
        yield answer
        answer = logs.get_log_events(logGroupName=group, logStreamName="s", nextToken=answer["nextForwardToken"])
