"""What a handler may do to others and to the machine: nothing. Each way out is tried, and the next invocation is served."""
import json
import os
import uuid

import pytest
from conftest import package, running, wait_until

PREAMBLE = """
import ctypes, json, os, signal, socket, subprocess, sys, threading, time
def attempt(what):
    try:
        return what()
    except BaseException as error:
        return type(error).__name__
"""
WELL = {"main.py": PREAMBLE + "def handler(event, context):\n    return 'well'"}


@pytest.fixture
def contained(deployment):
    def make(body, **settings):
        return deployment.function(f"contained-{uuid.uuid4().hex[:8]}", PREAMBLE + body, Timeout=settings.pop("Timeout", 20), **settings)
    return make


def mended(deployment, name):
    deployment.functions.update_function_code(FunctionName=name, ZipFile=package(WELL))
    assert deployment.invoke(name)[0] == "well"


# Each leaves a process behind that would live on: `sleep MARKER`.
DAEMONS = {
    "child": "subprocess.Popen(['sleep', event['marker']])",
    "session of its own": "subprocess.Popen(['sleep', event['marker']], start_new_session=True)",
    "daemon": """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execvp('sleep', ['sleep', event['marker']])
        os._exit(0)
    os.wait()
""",
}


@pytest.mark.parametrize("way", DAEMONS)
def test_what_is_left_running_stands_still_and_ends_with_the_worker(deployment, contained, way):
    marker = str(10**6 + uuid.uuid4().int % 10**6)
    name = contained(f"def handler(event, context):\n    {DAEMONS[way].strip()}\n    return 'left'")
    assert deployment.invoke(name, {"marker": marker})[0] == "left"
    wait_until(lambda: list(running(f"sleep\0{marker}").values()) == ["T"])
    mended(deployment, name)
    wait_until(lambda: not running(f"sleep\0{marker}"))


def test_a_thread_stands_still_between_invocations(server, deployment, contained):
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the environment is frozen."""
    marker = str(10**6 + uuid.uuid4().int % 10**6)
    name = contained("""
longest = 0
def watch():
    global longest
    last = time.monotonic()
    while True:
        now = time.monotonic()
        longest, last = max(longest, now - last), now
threading.Thread(target=watch, daemon=True).start()
def handler(event, context):
    if event: subprocess.Popen(['sleep', event])
    return longest
""")
    deployment.invoke(name, marker)
    wait_until(lambda: list(running(f"sleep\0{marker}").values()) == ["T"])
    frozen = server.get("/_leat/clock")["now"]
    wait_until(lambda: server.get("/_leat/clock")["now"] > frozen + 300)
    wait_until(lambda: deployment.invoke(name)[0] > 0.3)


def test_a_time_out_ends_everything(deployment, contained):
    marker = str(10**6 + uuid.uuid4().int % 10**6)
    name = contained("""
def handler(event, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(20):
        subprocess.Popen(['sleep', event['marker']], start_new_session=True)
    print('STARTED', flush=True)
    signal.pause()
""", Timeout=1)
    result = deployment.invoke(name, {"marker": marker})[0]
    assert result["errorMessage"].endswith("Task timed out after 1.00 seconds")
    wait_until(lambda: not running(f"sleep\0{marker}"))
    mended(deployment, name)


BOMBS = {
    "processes": """
def handler(event, context):
    made = 0
    try:
        while made < 5000:
            if os.fork() == 0:
                signal.pause()
            made += 1
    except OSError:
        return made
    return made
""",
    "threads": """
def handler(event, context):
    made = 0
    try:
        while made < 5000:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            made += 1
    except RuntimeError:
        pass
    return made
""",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_fork_bomb_stays_inside(deployment, contained, bomb):
    """At most 1,024 processes and threads, where cgroups can be made; and the machine goes on in any case."""
    name = contained(BOMBS[bomb], MemorySize=1024)
    result = deployment.invoke(name)[0]
    limited = "no cgroup may be made" not in deployment.server.log.read_text()
    assert not limited or (isinstance(result, int) and result < 1024) or result["errorType"] == "Runtime.OutOfMemory" or result["errorType"] == "Runtime.ExitError", result
    mended(deployment, name)


@pytest.mark.parametrize("size", [512, 700])
def test_a_full_disk_is_the_functions_own(deployment, contained, size):
    name = contained("""
def handler(event, context):
    written = 0
    try:
        with open('/tmp/large', 'wb', buffering=0) as file:
            while written < 1 << 30:
                written += file.write(bytes(1 << 20))
    except OSError as error:
        return [written >> 20, error.errno, attempt(lambda: open('/var/task/x', 'w')), attempt(lambda: open('/dev/shm/x', 'w').write('y' * 1000))]
    return written >> 20
""", MemorySize=2048, EphemeralStorage={"Size": size})
    result = deployment.invoke(name)[0]
    assert result[0] in range(size - 12, size + 1) and result[1:] == [28, "OSError", "OSError"], result  # ENOSPC, and read-only file systems
    mended(deployment, name)


def test_a_log_of_megabytes_and_answers_that_are_too_large(deployment, contained):
    name = contained("""
def handler(event, context):
    print('x' * (1 << 20))
    return 'y' * event['size']
""")
    assert len(deployment.invoke(name, {"size": 6291554})[0]) == 6291554
    error, result = deployment.invoke(name, {"size": 6291556})
    assert (error["errorType"], result["FunctionError"]) == ("Function.ResponseSizeTooLarge", "Unhandled")
    assert error["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    pages = deployment.server.client("logs").get_paginator("filter_log_events")
    wait_until(lambda: sum(event["message"].count("x") for page in pages.paginate(logGroupName=f"/aws/lambda/{name}") for event in page["events"]) >= 2 << 20)
    mended(deployment, name)


ESCAPES = '''
libc = ctypes.CDLL(None, use_errno=True)
def listing(path):
    return os.listdir(path)
def peek(pid):
    return open(f'/proc/{pid}/mem', 'rb').read(1) and 'read'
def writable_settings():
    """Whatever of the kernel's can be opened for writing."""
    out = []
    for folder, folders, files in os.walk('/proc'):
        folders[:] = [name for name in folders if not (folder == '/proc' and (name.isdigit() or name.endswith('self')))]
        for name in files:
            try:
                os.close(os.open(folder + '/' + name, os.O_WRONLY))
                out.append(folder + '/' + name)
            except OSError:
                pass
    return out
def handler(event, context):
    parents = '/'.join(['..'] * 30)
    os.symlink(event['data'], '/tmp/link')
    return {
        'data folder': attempt(lambda: listing(event['data'])),
        'data folder by a link': attempt(lambda: listing('/tmp/link')),
        'data folder by the way up': attempt(lambda: listing('/var/task/' + parents + event['data'])),
        'data folder by proc': attempt(lambda: listing('/proc/1/root' + event['data'])),
        'the server by its number': attempt(lambda: os.kill(event['server'], 0)),
        "the server's memory": attempt(lambda: peek(event['server'])),
        "the parent's memory": attempt(lambda: peek(os.getppid())) if os.getppid() else 'none',
        'mount': libc.mount(b'none', b'/tmp', b'tmpfs', 0, None),
        'mount again': libc.mount(b'none', b'/usr', None, 32 | 4096, None),
        'chroot': attempt(lambda: os.chroot('/tmp')),
        'become root': attempt(lambda: os.setuid(0)),
        'host name': attempt(lambda: socket.sethostname('mine')),
        'devices': attempt(lambda: os.mknod('/tmp/disk', 0o660 | 0o060000, os.makedev(8, 0))),
        'kernel settings': attempt(writable_settings),
        'kernel log': attempt(lambda: open('/dev/kmsg').read(1)),
        'cgroups': attempt(lambda: listing('/sys/fs/cgroup')),
        'passwords': attempt(lambda: open('/etc/shadow').read()),
        'code of others': attempt(lambda: [name for name in listing('/var/task') if name != 'main.py']),
        'private keys': attempt(lambda: listing('/etc/ssl/private')),
    }
'''


def test_no_way_leads_out(deployment, contained):
    secret = "secret-" + uuid.uuid4().hex
    deployment.function("holder-" + secret[-8:], {"main.py": "def handler(event, context): return 1", secret: "x"})
    deployment.invoke("holder-" + secret[-8:])
    name = contained(ESCAPES)
    server = deployment.server
    # A number that exists inside too would say nothing of the server.
    seen = deployment.invoke(name, {"data": server.folder, "server": server.process.pid})[0]
    gone = "FileNotFoundError"
    for way in ("data folder", "data folder by a link", "data folder by the way up"):
        assert seen[way] == gone, (way, seen)
    assert seen["data folder by proc"] in (gone, "PermissionError")
    assert seen["the server by its number"] == "ProcessLookupError" and seen["the server's memory"] == gone, seen
    assert seen["mount"] == seen["mount again"] == -1
    for way in ("chroot", "become root", "host name", "devices"):
        assert seen[way] in ("PermissionError", "OSError"), (way, seen)
    assert seen["kernel settings"] == []
    for way in ("kernel log", "cgroups", "passwords", "private keys"):
        assert seen[way] in (gone, "PermissionError", "OSError"), (way, seen)
    assert seen["code of others"] == []
    assert secret not in json.dumps(seen)


def test_a_poor_handler_does_not_stop_the_stream(server, deployment, contained):
    """Records after one that ends its worker are processed by the mapping's rules."""
    arn = deployment.table("contained-table", stream="NEW_IMAGE")
    name = contained("""
def handler(event, context):
    for record in event['Records']:
        key = record['dynamodb']['Keys']['id']['S']
        if key == 'exit': os._exit(1)
        if key == 'kill': os.kill(os.getpid(), 9)
        if key == 'hang': signal.pause()
        if key == 'garbage': os.write(3, b'\\\\xff' * 4096)
        print('SAW ' + key)
""", Timeout=1)
    deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=1, MaximumRetryAttempts=1)
    for key in ("a", "exit", "kill", "hang", "garbage", "b"):
        server.client("dynamodb").put_item(TableName="contained-table", Item={"id": {"S": key}})
    wait_until(lambda: {"SAW a", "SAW b"} <= {line.strip() for line in deployment.log_of(name, "SAW")}, seconds=40)
    assert os.path.exists(f"/proc/{server.process.pid}")
