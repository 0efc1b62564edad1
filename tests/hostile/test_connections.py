"""Clients that wait for nothing, that say nothing, or too much, or not what they said: the others do not notice."""
import uuid
from pathlib import Path

import pytest
from conftest import wait_until
from raw_http import Http2, Raw, reset


def held(server, ports):
    """How many connections from those ports of ours the server has not closed."""
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    ends = [[int(row[side].rpartition(":")[2], 16) for side in (1, 2)] for row in rows if row[3] in ("01", "08")]  # established, or closed by us alone
    return sum(here == server.port and there in ports for here, there in ends)


def over_http1(server, request):
    connection = Raw(server).connect()
    connection.sendall(request)
    return connection


def over_tls(server, request):
    connection = Raw(server).connect_secure()
    connection.sendall(request)
    return connection


def ways_to_leave():
    """(how the poll is sent, how its client leaves)"""
    def http2(server, request):
        client = Http2(server)
        client.waiting = client.begin(request)
        return client

    def reset_stream(client):
        client.h2.reset_stream(client.waiting)
        client.flush()

    return {
        "closed": (over_http1, lambda connection: connection.close()),
        "reset": (over_http1, reset),
        "closed with the next request on its way": (lambda server, request: over_http1(server, request * 2), lambda connection: connection.close()),
        "closed, TLS": (over_tls, lambda connection: connection.close()),
        "closed, HTTP/2": (http2, lambda client: client.socket.close()),
        "reset stream, HTTP/2": (http2, reset_stream),
    }


@pytest.mark.parametrize("way", ways_to_leave())
def test_a_message_is_not_given_to_who_is_gone(server, way):
    """Three dead polls took it thrice: it lay in the dead letter queue and nobody had seen it."""
    poll, leave = ways_to_leave()[way]
    sqs, name = server.client("sqs"), f"gone-{uuid.uuid4().hex[:8]}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", "RedrivePolicy": f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"3"}}'})["QueueUrl"]
    request = Raw(server, "sqs").request("AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20})
    polls = [poll(server, request) for _ in range(3)]
    ports = [getattr(each, "socket", each).getsockname()[1] for each in polls]
    wait_until(lambda: held(server, ports) == 3)
    for each in polls:
        leave(each)
    if "stream" in way:
        for each in polls:
            each.h2.ping(b"are you?")
            each.flush()
            while not any(type(event).__name__ == "PingAckReceived" for event in each.events()):
                pass
    else:
        wait_until(lambda: held(server, ports) == 0)
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    [message] = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
