"""HTTP as no good client speaks it: over sockets of one's own."""
import json
import socket
import ssl
import struct

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import h2.config
import h2.connection


class Raw:
    """Signed requests over a socket of one's own."""

    def __init__(self, server, service="dynamodb"):
        self.server, self.service = server, service

    def request(self, target, body, **headers):
        return self.request_of(target, json.dumps(body).encode(), **headers)

    def request_of(self, target, body, **headers):
        signed = botocore.awsrequest.AWSRequest("POST", self.server.endpoint + "/", data=body, headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"})
        botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), self.service, "us-east-1").add_auth(signed)
        all_headers = {"Host": f"localhost:{self.server.port}", "Content-Length": len(body), **signed.headers, **headers}
        return ("POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in all_headers.items()) + "\r\n").encode() + body

    def put(self, table, key, size=10):
        return self.request("DynamoDB_20120810.PutItem", {"TableName": table, "Item": {"id": {"S": key}, "data": {"S": "x" * size}}})

    def connect(self):
        return socket.create_connection(("localhost", self.server.port))

    def connect_secure(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(self.connect(), server_hostname="localhost")


def reset(connection):
    """Closes it at once, with everything that is on its way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Http2:
    """An HTTP/2 connection in clear text, begun with prior knowledge."""

    def __init__(self, server):
        self.socket = socket.create_connection(("localhost", server.port))
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def begin(self, request, end=True):
        """Sends what Raw has made for HTTP/1.1; the stream's number."""
        head, _, body = request.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        pairs = [field.split(": ", 1) for field in fields]
        headers = [(":method", line.split()[0]), (":path", line.split()[1]), (":scheme", "http"), (":authority", dict(pairs)["Host"])]
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, headers + [(name.lower(), value) for name, value in pairs if name != "Host"], end_stream=False)
        self.h2.send_data(stream, body, end_stream=end)
        self.flush()
        return stream

    def events(self):
        """What the server has said since; nothing once it has hung up."""
        try:
            got = self.socket.recv(65536)
        except ConnectionError:
            got = b""
        events = self.h2.receive_data(got) if got else []
        self.flush()
        return events if got else None
