"""A web page is never root: real pages in a real browser, and what browsers write for them."""
import html
import http.server
import json
import re
import shutil
import subprocess
import threading

import pytest
from raw_requests import FOREIGN_PAGES, OWN_PAGES, PROGRAMS, ask, made_up_headers, made_up_link, signed

CHROMIUM = shutil.which("chromium")

def create_user(name):
    return made_up_link("iam", f"Action=CreateUser&Version=2010-05-08&UserName={name}")


class Site:
    """A web site of somebody's: pages by path, and what the browser reported back."""

    def __init__(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/away?"):
                    self.send_response(302)
                    self.send_header("Location", self.path.removeprefix("/away?"))
                    return self.end_headers()
                page = site.pages.get(self.path, "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.pages = {}
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


def browse(url, tmp_path):
    """What the page has become once its script has nothing left to do."""
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=5000", "--timeout=20000",
         "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP myhost 127.0.0.1, MAP *.localhost 127.0.0.1, MAP localhost.localstack.cloud 127.0.0.1", "--dump-dom", url], capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


ATTACKS = """<!doctype html><body><pre id=out></pre><script>
const out = [], server = %(server)s;
async function attempt(name, action) { try { out.push([name, await action()]); } catch (error) { out.push([name, 'refused']); }
  document.getElementById('out').textContent = JSON.stringify(out); }
const image = path => new Promise(done => { const each = new Image(); each.onload = each.onerror = () => done('sent'); each.src = server + path; });
const form = (path, body) => new Promise(done => {
  const frame = document.createElement('iframe'); frame.name = 'frame' + Math.random(); frame.onload = () => done('sent');
  document.body.append(frame);
  const each = document.createElement('form'); each.target = frame.name; each.method = 'POST'; each.action = server + path; each.enctype = 'text/plain';
  document.body.append(each); each.submit();
});
(async () => {
  await attempt('image', () => image(%(image)s));
  await attempt('image without referrer', () => new Promise(done => { const each = new Image(); each.referrerPolicy = 'no-referrer'; each.onload = each.onerror = () => done('sent'); each.src = server + %(quiet)s; }));
  await attempt('reset as text', async () => { await fetch(server + '/_leat/reset', {method: 'POST', mode: 'no-cors', headers: {'Content-Type': 'text/plain'}, body: 'x'}); return 'sent'; });
  await attempt('reset by form', () => form('/_localstack/state/reset'));
  await attempt('form with a made-up link', () => form(%(form)s));
  await attempt('read', async () => (await fetch(server + '/', {method: 'POST', headers: %(headers)s, body: '{}'})).text());
  await attempt('read the logs', async () => (await fetch(server + '/_leat/logs?function=x&wait=0')).text());
  await attempt('read health', async () => (await fetch(server + '/_leat/health')).text());
  await attempt('sandboxed', () => new Promise(done => {
    const frame = document.createElement('iframe'); frame.sandbox = 'allow-scripts'; frame.onload = () => done('sent'); setTimeout(() => done('sent'), 1000);
    frame.srcdoc = `<img src="${server + %(sandboxed)s}">`; document.body.append(frame);
  }));
  document.getElementById('out').id = 'done';
})();
</script></body>"""


def page_of_attacks(server, origin):
    parts = {"server": origin, "image": create_user("by-image"), "quiet": create_user("by-quiet-image"), "form": create_user("by-form"),
             "sandboxed": create_user("by-sandbox"), "headers": made_up_headers("DynamoDB_20120810.ListTables")}
    return ATTACKS % {name: json.dumps(value) for name, value in parts.items()}


def users(server):
    return [user["UserName"] for user in server.client("iam").list_users()["Users"]]


@pytest.fixture
def victim(own_server):
    server = own_server()
    server.client("dynamodb").create_table(TableName="precious", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                                           AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    return server


def unharmed(server):
    assert server.client("dynamodb").list_tables()["TableNames"] == ["precious"]
    assert users(server) == []


def results(dom):
    return dict(json.loads(html.unescape(re.search('<pre id="done">(.*?)</pre>', dom, re.DOTALL)[1])))


def test_a_page_on_another_site(victim, site, tmp_path):
    site.pages["/"] = page_of_attacks(victim, f"http://localhost:{victim.port}")
    seen = results(browse(f"http://evil.example:{site.port}/", tmp_path))
    assert seen["image"] == seen["reset as text"] == "sent"  # it came through, and to nothing
    assert "UnrecognizedClientException" in seen["read"] and "precious" not in seen["read"]
    assert seen["read the logs"] == seen["read health"] == "refused"
    unharmed(victim)


def test_a_page_whose_name_leads_to_the_server(victim, tmp_path, site):
    """DNS rebinding: the page's own origin is the server's."""
    assert "precious" not in browse(f"http://evil.example:{victim.port}/", tmp_path)
    status, text, _ = ask(victim, "POST", "/", {**made_up_headers("DynamoDB_20120810.ListTables"), "Host": f"evil.example:{victim.port}"}, "{}")
    assert status == 421 and "precious" not in text
    unharmed(victim)


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "myhost", "localhost.localstack.cloud"])
def test_what_an_own_page_shows_of_another_site(victim, site, tmp_path, host):
    """That site redirects. Where the server's name is no trustworthy one, browsers write the own page's Referer and no Sec-Fetch-Site."""
    ways = ('<img src="{}">', '<link rel=stylesheet href="{}">', '<iframe src="{}"></iframe>')
    away = f"http://evil.example:{site.port}/away?http://{host}:{victim.port}"
    site.pages["/"] = "<!doctype html><body>" + "".join(way.format(away + create_user(f"by-redirect-{number}")) for number, way in enumerate(ways)) + "</body>"
    site.pages["/link"] = f'<!doctype html><script>location = "{away}{create_user("by-location")}"</script>'
    for path in ("/", "/link"):
        browse(f"http://localhost:{site.port}{path}", tmp_path)
    unharmed(victim)


def test_a_link_that_redirects(victim, site, tmp_path):
    """The user typed the address of the site; where it leads is the site's doing."""
    browse(f"http://evil.example:{site.port}/away?http://localhost:{victim.port}{create_user('by-redirect')}", tmp_path)
    unharmed(victim)


def test_the_users_own_page(victim, site, tmp_path):
    """The same page on localhost is a developer's: its requests are root's, yet it has no control."""
    site.pages["/"] = page_of_attacks(victim, f"http://localhost:{victim.port}")
    seen = results(browse(f"http://localhost:{site.port}/", tmp_path))
    assert json.loads(seen["read"])["TableNames"] == ["precious"]
    assert "by-image" in users(victim) and "by-sandbox" not in users(victim)
    assert victim.client("dynamodb").list_tables()["TableNames"] == ["precious"]


def lists(server, headers):
    given = {name: value.format(port=server.port) for name, value in headers.items()}
    return ask(server, "POST", "/", {**made_up_headers("DynamoDB_20120810.ListTables"), **given}, "{}")


@pytest.mark.parametrize("case", FOREIGN_PAGES)
def test_foreign_pages_have_no_authority(server, case):
    status, text, headers = lists(server, FOREIGN_PAGES[case])
    assert status == 400 and "UnrecognizedClientException" in text
    assert headers["Access-Control-Allow-Origin"] in (None, "*") and headers["Access-Control-Allow-Credentials"] is None


@pytest.mark.parametrize("case", {**OWN_PAGES, **PROGRAMS})
def test_the_users_own_have_it(server, case):
    given = {**OWN_PAGES, **PROGRAMS}[case]
    status, text, headers = lists(server, given)
    assert status == 200 and "TableNames" in text
    if "Origin" in given:
        assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == (given["Origin"], "Origin")
        assert all(name in headers["Access-Control-Expose-Headers"] for name in ("x-amz-*", "ETag", "x-amzn-requestid"))


def test_a_known_key_is_good_on_any_page(server):
    """As on AWS: the page brought the key."""
    iam = server.client("iam")
    iam.create_user(UserName="on-a-page")
    iam.attach_user_policy(UserName="on-a-page", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="on-a-page")["AccessKey"]
    headers = signed(server, "{}", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    status, text, given = ask(server, "POST", "/", {**headers, "Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}, "{}")
    assert status == 200 and "TableNames" in text and given["Access-Control-Allow-Origin"] == "*"


def test_allowed_origins(own_server):
    server = own_server("--allow-origin", "https://app.example", environment={"EXTRA_CORS_ALLOWED_ORIGINS": "http://one.example:8080, http://two.example/"})
    for origin, status in (("https://app.example", 200), ("http://one.example:8080", 200), ("http://two.example", 200), ("http://app.example", 400), ("http://one.example", 400)):
        assert lists(server, {"Origin": origin})[0] == status, origin
    server = own_server(environment={"DISABLE_CORS_CHECKS": "1"})
    assert lists(server, {"Origin": "http://evil.example"})[0] == 200
    assert "PAGES OF EVERY SITE" in server.log.read_text()


def test_preflights(server):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}
    status, _, headers = ask(server, "OPTIONS", "/", {"Origin": "http://localhost:3000", **asked})
    assert (status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Headers"], headers["Access-Control-Max-Age"]) == (200, "http://localhost:3000", "x-amz-target", "172800")
    assert ask(server, "OPTIONS", "/", {"Origin": "http://localhost:3000"})[2]["Access-Control-Max-Age"] == "172800"
    assert ask(server, "OPTIONS", "/", {"Origin": "http://evil.example", **asked})[2]["Access-Control-Allow-Origin"] == "*"
    status, _, headers = ask(server, "OPTIONS", "/_leat/reset", {"Origin": "http://localhost:3000", **asked})
    assert status == 403 and headers["Access-Control-Allow-Origin"] is None
