"""What a function's code reaches by the network: leat, as its own role, and nothing else."""
import socket
import subprocess
import threading

import pytest

from conftest import BUILD, Deployment, Server, TRUST, wait_until

CODE = r'''
import json, os, socket, urllib.error, urllib.request
import boto3, botocore.config

def reach(host, port):
    try:
        with socket.create_connection((host, port), timeout=3) as connection:
            return "reached"
    except OSError as problem:
        return type(problem).__name__

def lookup(name):
    try:
        return socket.gethostbyname(name)
    except OSError:
        return None

def client(service, **settings):
    return boto3.client(service, region_name="us-east-1", config=botocore.config.Config(retries={"max_attempts": 0}), **settings)

def forged(service):
    return client(service, aws_access_key_id="test", aws_secret_access_key="test", aws_session_token=None)

def control(path, host="127.0.0.1", port=4566):
    try:
        return urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}{path}", data=b"")).status
    except urllib.error.HTTPError as answer:
        return answer.code

def reach_by_device(host, port):
    with socket.socket() as one:
        one.settimeout(3)
        try:
            name_device(one)
            one.connect((host, port))
            return "reached"
        except OSError as problem:
            return type(problem).__name__

def name_device(one):
    for _, name in socket.if_nameindex():
        if name != "lo": one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())

def device(one, host):
    name_device(one)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.connect((host, 9))
    one.send(b"test")

def in_message(one, host):
    index = [index for index, name in socket.if_nameindex() if name != "lo"][0]
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.sendmsg([b"test"], [(socket.IPPROTO_IP, 8, index.to_bytes(4, "little") + bytes(8))], 0, (host, 9))

def sent(host, how):
    """What goes out of the worker by a device that the socket names."""
    if len(socket.if_nameindex()) < 2: return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            how(one, host)
            return "test"
        except OSError:
            return ""

def abstract(name):
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect("\0" + name)
            return "reached"
        except OSError as problem:
            return type(problem).__name__

def code_of(call):
    try:
        return call()
    except Exception as problem:
        return getattr(problem, "response", {}).get("Error", {}).get("Code", repr(problem))

def handler(event, context):
    return eval(event["ask"])
'''


@pytest.fixture(scope="module", params=["isolated", "outgoing"])
def deployment(request):
    server = Server("--function-network", request.param, "--test-clock")
    deployment = Deployment(server)
    deployment.network = request.param
    yield deployment
    assert server.stop() == 0


@pytest.fixture(scope="module")
def server(deployment):
    return deployment.server


@pytest.fixture(scope="module")
def ask(deployment):
    name = deployment.function("network-attacker", CODE, Timeout=30)

    def ask(expression):
        answer, whole = deployment.invoke(name, {"ask": expression})
        assert "FunctionError" not in whole, answer
        return answer

    return ask


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.254", 9))  # sends nothing
        return probe.getsockname()[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_services_of_the_machine_are_out_of_reach(ask, address):
    with socket.create_server((address, 0)) as service:
        port = service.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            pass
        assert ask(f"reach('127.0.0.1', {port})") == "ConnectionRefusedError"
        assert ask(f"reach('localhost', {port})") == "ConnectionRefusedError"
        assert ask(f"reach({own_address()!r}, {port})") != "reached"
        assert ask(f"reach('::1', {port})") != "reached"


def test_abstract_sockets_of_the_machine_are_out_of_reach(ask):
    with socket.socket(socket.AF_UNIX) as service:
        service.bind("\0leat-hostile-test")
        service.listen()
        assert ask("abstract('leat-hostile-test')") == "ConnectionRefusedError"


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2"])
def test_link_local_addresses_are_out_of_reach(ask, address):
    assert ask(f"reach({address!r}, 80)") in ("OSError", "PermissionError")


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.251", "239.1.2.3", "255.255.255.255", "127.0.0.2"])
def test_no_device_leads_to_what_is_closed(deployment, ask, address):
    """A socket that names the way out's device goes by no route: by one the metadata of a cloud's machine was reached."""
    if deployment.network == "outgoing":
        wait_until(lambda: ask("len(socket.if_nameindex())") > 1)
        assert ask("sent('198.51.100.9', device)") and ask("sent('198.51.100.9', in_message)")  # whereas what is outside
    assert not ask(f"sent({address!r}, device) + sent({address!r}, in_message)")


def test_a_key_written_into_the_code_is_the_functions_role(ask):
    own = ask("client('sts').get_caller_identity()['Arn']")
    assert own == "arn:aws:sts::000000000000:assumed-role/worker/network-attacker"
    assert ask("forged('sts').get_caller_identity()['Arn']") == own
    assert ask("client('sts', aws_access_key_id='123456789012', aws_secret_access_key='x').get_caller_identity()['Account']") == "000000000000"


def test_a_function_whose_role_has_no_rights_has_none_by_an_unknown_key(server):
    iam = server.client("iam")
    role = iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    deployment = Deployment(server)
    deployment.role = lambda: role
    name = deployment.function("powerless-attacker", CODE)
    answer, _ = deployment.invoke(name, {"ask": "code_of(lambda: forged('iam').create_user(UserName='intruder'))"})
    assert answer == "AccessDenied"
    assert "intruder" not in [user["UserName"] for user in iam.list_users()["Users"]]


@pytest.mark.parametrize("path", ["/_leat/reset", "/_localstack/state/reset", "/_leat/clock?advance=1", "/_leat/logs?function=x&wait=0"])
@pytest.mark.parametrize("port", ["4566", "80", "own"])
def test_a_function_has_no_control_of_the_server(server, ask, path, port):
    assert ask(f"control({path!r}, port={server.port if port == 'own' else port})") == 403


@pytest.mark.parametrize("name", ["dynamodb.ca-central-1.amazonaws.com", "SQS.us-east-1.AmazonAWS.com", "sqs.us-east-1.localhost.localstack.cloud", "x.lambda-url.us-east-1.localhost",
                                  "localhost.localstack.cloud", "localhost"])
def test_names_of_the_endpoints_lead_to_leat(ask, name):
    assert ask(f"lookup({name!r})") == "127.0.0.1"


@pytest.mark.parametrize("name", ["leat.invalid", "amazonaws.com.leat.invalid", "notamazonaws.com", "a" * 63 + ".leat.invalid"])
def test_other_names_do_not_lead_to_leat(ask, name):
    assert ask(f"lookup({name!r})") != "127.0.0.1"


def test_outside_there_is_what_the_operator_allows(deployment, ask):
    """A default route where outgoing was asked for (the way out is made beside a starting worker), none where not."""
    def has_default_route():
        return any(line.split()[1] == "00000000" for line in ask("open('/proc/net/route').readlines()")[1:])

    if deployment.network == "outgoing":
        wait_until(has_default_route)
        assert "what is outside this machine" in deployment.server.log.read_text()
    else:
        assert not has_default_route()
        assert ask("reach('192.0.2.254', 80)") == "OSError"


def test_no_address_of_the_machine_is_reached_by_the_way_out(ask):
    """Neither as a socket goes by itself, nor by the device that leads outside."""
    addresses = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} | {own_address()}
    with socket.create_server(("0.0.0.0", 0)) as service:
        for address in addresses:
            with socket.create_connection((address, service.getsockname()[1])):
                pass
            assert ask(f"reach({address!r}, {service.getsockname()[1]})") != "reached"
            assert ask(f"reach_by_device({address!r}, {service.getsockname()[1]})") != "reached"


def test_an_endpoint_written_into_the_code_works(deployment, ask):
    deployment.table("hard-coded")
    assert "hard-coded" in ask("client('dynamodb', endpoint_url='http://dynamodb.us-east-1.amazonaws.com').list_tables()['TableNames']")


def test_workers_do_not_meet(deployment, ask):
    """What one function listens on, and its Runtime API, are its own."""
    listener = deployment.function("network-neighbour", """
import socket
import subprocess
import threading
service = socket.create_server(("127.0.0.1", 15999))
def handler(event, context):
    socket.create_connection(("127.0.0.1", 15999)).close()
    return "listens"
""")
    assert deployment.invoke(listener)[0] == "listens"
    assert ask("reach('127.0.0.1', 15999)") == "ConnectionRefusedError"
    assert ask("control('/2018-06-01/runtime/invocation/x/response', port=9001)") == 404


def test_the_whole_network_is_the_functions_where_the_operator_says_so(own_server):
    deployment = Deployment(own_server("--function-network", "host"))
    name = deployment.function("host-network", CODE)
    with socket.create_server(("127.0.0.1", 0)) as service:
        assert deployment.invoke(name, {"ask": f"reach('127.0.0.1', {service.getsockname()[1]})"})[0] == "reached"


@pytest.fixture
def echo():
    """A service on all addresses of the machine that says back what it was told, once it was told all: its port."""
    def say_back(connection):
        with connection:
            told = b""
            while piece := connection.recv(1 << 16):
                told += piece
            connection.sendall(told)

    def serve():
        while True:
            try:
                connection, _ = service.accept()
            except OSError:
                return
            threading.Thread(target=say_back, args=(connection,), daemon=True).start()

    with socket.create_server(("0.0.0.0", 0)) as service:
        threading.Thread(target=serve, daemon=True).start()
        yield service.getsockname()[1]
        service.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("network", ["isolated", "outgoing"])
@pytest.mark.parametrize("host", ["localhost", "address", "name"])
def test_an_allowed_service_is_reached_and_nothing_beside_it(own_server, echo, network, host):
    host = {"localhost": "localhost", "address": own_address(), "name": socket.gethostname()}[host]
    deployment = Deployment(own_server("--function-network", network, "--function-allow", f"{host}:{echo}"))
    name = deployment.function("neighbourly", CODE + '''
def echo(host, port, size):
    with socket.create_connection((host, port), timeout=10) as service:
        service.sendall(b"x" * size)
        service.shutdown(socket.SHUT_WR)
        told = 0
        while piece := service.recv(1 << 16):
            told += len(piece)
        return told
''', Timeout=30)
    ask = lambda expression: deployment.invoke(name, {"ask": expression})[0]
    assert ask(f"echo({host!r}, {echo}, 3_000_000)") == 3_000_000
    assert ask(f"[echo({host!r}, {echo}, 10) for _ in range(200)].count(10)") == 200
    with socket.create_server(("0.0.0.0", 0)) as other:
        for place in (host, "127.0.0.1", own_address()):
            assert ask(f"reach({place!r}, {other.getsockname()[1]})") != "reached"
    assert ask(f"reach('169.254.169.254', {echo})") != "reached"


@pytest.mark.parametrize("service", ["localhost", "localhost:0", "localhost:65536", "localhost:x", ":5432", "http://db:5432", "[::1]:5432", "a b:1", "db:80", "127.0.0.1:9001"])
def test_a_service_that_is_none_or_in_the_way_is_refused_at_start(service):
    started = subprocess.run([BUILD / "leat", "serve", "--ephemeral", "--port", "0", "--function-allow", service], capture_output=True, text=True, timeout=20)
    assert started.returncode == 1 and "--function-allow" in started.stderr
