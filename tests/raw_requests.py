"""Requests as no SDK sends them: with made-up signatures, headers of browsers, names of hosts."""
import datetime
import http.client

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def now(form="%Y%m%dT%H%M%SZ"):
    return datetime.datetime.now(datetime.timezone.utc).strftime(form)


def scope(service, key="test", region="us-east-1"):
    return f"{key}/{now('%Y%m%d')}/{region}/{service}/aws4_request"


def made_up_link(service, query):
    """A presigned URL by a key that nobody knows."""
    return (f"/?{query}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope(service)}&X-Amz-Date={now()}"
            f"&X-Amz-SignedHeaders=host&X-Amz-Expires=600&X-Amz-Signature={'0' * 64}")


def made_up_headers(target, service="dynamodb", names="host;x-amz-date;x-amz-target", **scope_parts):
    """A request's headers by a key that nobody knows."""
    return {"X-Amz-Target": target, "X-Amz-Date": now(), "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope(service, **scope_parts)}, SignedHeaders={names}, Signature={'0' * 64}"}


def signed(server, body, target="DynamoDB_20120810.ListTables", service="dynamodb", key="test", secret="test", headers=None, path="/", method="POST", region="us-east-1"):
    named = {"X-Amz-Target": target} if target else {}
    request = AWSRequest(method, server.endpoint + path, data=body, headers={"Content-Type": "application/x-amz-json-1.0", **named, **(headers or {})})
    SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    return dict(request.headers)


def ask(server, method, path, headers=None, body=""):
    """(status, text, headers) of the answer on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request(method, path, body, {"Host": f"localhost:{server.port}", **(headers or {})})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


# What browsers write for pages that are not the user's own, and what comes from those that are and from programs.
FOREIGN_PAGES = {
    "another site": {"Origin": "http://evil.example"},
    "a sandboxed frame or a file": {"Origin": "null"},
    "a name that looks like loopback": {"Origin": "http://localhost.evil.example"},
    "another that does": {"Origin": "http://127.0.0.1.evil.example:3000"},
    "a user's name before the host": {"Origin": "http://localhost@evil.example"},
    "a function's URL": {"Origin": "http://abc.lambda-url.us-east-1.localhost:4566"},
    "a bucket": {"Origin": "http://bucket.s3.localhost:4566"},
    "a bucket's site": {"Origin": "http://bucket.s3-website.localhost:4566"},
    "what leat itself serves": {"Origin": "http://localhost:{port}"},
    "an image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "an image, seen from a page that hides": {"Sec-Fetch-Site": "same-site"},
    "a link with a referrer of the user's": {"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost:3000/"},
    "a typed address": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
    "a redirect to a name that browsers do not trust": {"Referer": "http://localhost:3000/", "User-Agent": "Mozilla/5.0"},
    "the same of a browser without a name": {"Referer": "http://localhost:3000/"},
    "an old browser": {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/60.0"},
    "an old browser's referrer": {"Referer": "http://evil.example/page"},
}
OWN_PAGES = {
    "a developer's page": {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site", "User-Agent": "Mozilla/5.0"},
    "over TLS": {"Origin": "https://localhost"},
    "by address": {"Origin": "http://127.0.0.1:5173"},
    "by address of version 6": {"Origin": "http://[::1]:5173"},
    "its image": {"Sec-Fetch-Site": "same-site", "Referer": "http://localhost:3000/", "User-Agent": "Mozilla/5.0"},
}
PROGRAMS = {
    "a program": {},
    "fetch in Node.js": {"Sec-Fetch-Mode": "cors", "User-Agent": "node"},
    "PowerShell": {"User-Agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1"},
}
