"""Ways out of a worker's limits, tried by functions with real code."""
import os
import socket
import subprocess
import time
import uuid

import pytest
from conftest import Deployment, running, wait_until

NAMESPACES = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_CGROUP, NEW_NS = 0x10000000, 0x02000000, 0x00020000

def result(code):
    return 'done' if code >= 0 else errno.errorcode[ctypes.get_errno()]

def clone(flags):
    pid = libc.syscall(56, flags | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return result(pid)

def handler(event, context):
    return {
        'unshare a user': result(libc.unshare(NEW_USER)),
        'clone a user': clone(NEW_USER),
        'with its mounts': result(libc.unshare(NEW_USER | NEW_NS)),
        'with its cgroups': result(libc.unshare(NEW_USER | NEW_CGROUP | NEW_NS)),
        'mounts alone': result(libc.unshare(NEW_NS)),
    }
"""


def test_no_namespace_is_made_inside(deployment):
    """In one of its own a handler has every capability: it mounted the cgroups and lifted its limits."""
    seen = deployment.invoke(deployment.function(f"namespaces-{uuid.uuid4().hex[:8]}", NAMESPACES))[0]
    assert len(seen) == 5 and set(seen.values()) <= {"EPERM", "ENOSPC"}, seen


CALLS = """
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    return 'done' if libc.syscall(number, *arguments) >= 0 else errno.errorcode[ctypes.get_errno()]

def open_socket(*kind):
    try:
        socket.socket(*kind).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'done'

def handler(event, context):
    shape = ctypes.create_string_buffer(256)
    return {
        'calls': {name: call(number, *arguments) for name, number, arguments in (
            ('keyctl', 250, (0, -3, 1)), ('add_key', 248, (b'user', b'k', b'v', 1, -2)), ('bpf', 321, (0, shape, 128)),
            ('perf_event_open', 298, (shape, 0, -1, -1, 0)), ('userfaultfd', 323, (1,)), ('io_uring_setup', 425, (4, shape)),
            ('mount', 165, (b'cgroup', b'/tmp', b'cgroup', 0, b'memory')), ('fsopen', 430, (b'tmpfs', 0)), ('setns', 308, (0, 0)))},
        'clone3': call(435, shape, 64),
        'sockets': [open_socket(38, socket.SOCK_SEQPACKET), open_socket(40, socket.SOCK_STREAM), open_socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)],
        'needed': [open_socket(family, socket.SOCK_STREAM) for family in (socket.AF_UNIX, socket.AF_INET)] + [open_socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)],
    }
"""


def test_calls_that_no_function_needs_are_refused(deployment):
    seen = deployment.invoke(deployment.function(f"calls-{uuid.uuid4().hex[:8]}", CALLS))[0]
    assert len(seen["calls"]) == 9 and set(seen["calls"].values()) == {"EPERM"}, seen
    assert seen["clone3"] == "ENOSYS" and seen["sockets"] == ["EAFNOSUPPORT"] * 3 and seen["needed"] == ["done"] * 3, seen


# What a handler writes into its runtime's descriptor, and what its caller then sees.
FORGED = {
    "an answer to no event": ("frame(b'S', b'0' * 16 + bytes(4) + b'\"forged\"')", "honest"),
    "an error of no event": ("frame(b'F', b'0' * 16 + bytes(4) + b'{}')", "honest"),
    "a piece of no event": ("frame(b'T', b'0' * 16 + b'text/html') + frame(b'C', b'0' * 16 + b'forged')", "honest"),
    "its own answer": ("frame(b'S', token() + bytes(4) + b'\"forged\"')", "forged"),
    "its own answer twice": ("frame(b'S', token() + bytes(4) + b'\"forged\"') * 2", "forged"),
    "an answer, then a giant": ("frame(b'S', token() + bytes(4) + b'\"forged\"') + b'\\xff' * 64", "forged"),
    "a length beyond its kind": ("struct.pack('>Ic', 1 << 30, b'S')", None),
    "an unknown kind": ("frame(b'?', b'')", None),
    "being ready again": ("frame(b'R', b'')", None),
    "an extension's frame": ("frame(b'N', b'')", None),
    "a failed init": ("frame(b'X', b'{}')", None),
    "nothing at all": ("struct.pack('>I', 0) + b'S'", None),
}

FORGER = """
import os, struct, sys, time, uuid
BORN = uuid.uuid4().hex

def token():
    frame = sys._getframe()
    while 'head' not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals['head']['token'].encode()

def frame(kind, payload):
    return struct.pack('>Ic', len(payload) + 1, kind) + payload

def handler(event, context):
    if event == 'born':
        return BORN
    os.write(3, eval(event))
    return 'honest'
"""


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_frame_harms_its_own_invocation_alone(deployment, forgery):
    frame, seen = FORGED[forgery]
    name = deployment.function(f"forger-{uuid.uuid4().hex[:8]}", FORGER)
    first = deployment.invoke(name, "born")[0]
    result, answer = deployment.invoke(name, frame)
    if seen:
        assert result == seen and "FunctionError" not in answer
    else:
        assert result["errorType"] == "Runtime.ExitError" and answer["FunctionError"] == "Unhandled"
    after = [deployment.invoke(name, "born")[0] for _ in range(3)]
    # The next event may have reached the worker before the runtime's own answer showed that the first was forged.
    assert all(len(each) == 32 for each in after) and first not in after[1:], "each answers for itself, and the worker is another"


def test_what_prints_without_end_neither_grows_the_server_nor_keeps_it(deployment):
    """Its answer is given while a process that it started still prints."""
    server = deployment.server
    name = deployment.function(f"chatty-{uuid.uuid4().hex[:8]}", """
import subprocess
def handler(event, context):
    if event: subprocess.Popen(['yes'])
    return 'answered'
""")
    resident = lambda: int(next(line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmRSS")).split()[1])
    before = resident()
    assert deployment.invoke(name, True)[0] == "answered"
    assert [deployment.invoke(name, False)[0] for _ in range(5)] == ["answered"] * 5
    assert resident() - before < 200 << 10


LEFT = """
import subprocess
def handler(event, context):
    subprocess.Popen(['sleep', event])
    return open('/proc/self/cgroup').read()
"""

# What of the machine's cgroups is hidden from the server, and what it then says of it.
HIERARCHIES = {
    "all": ("true", "Functions run in their own namespaces and reach leat alone."),
    "version 1 alone": ("umount /sys/fs/cgroup/unified", "Functions run in their own namespaces and reach leat alone."),
    "none": ("umount -R /sys/fs/cgroup", "and with rough limits: no cgroup may be made here for memory, processes, shares of the processors, holding still"),
}


def below(hiding):
    return ("unshare", "-m", "sh", "-c", f'{hiding} && exec "$@"', "sh")


@pytest.mark.parametrize("there", HIERARCHIES)
def test_what_is_left_running_is_held_still_and_ended(own_server, there):
    hiding, said = HIERARCHIES[there]
    server = own_server("--function-network", "isolated", prefix=below(hiding))
    assert said in server.log.read_text()
    deployment = Deployment(server)
    marker = str(10**6 + uuid.uuid4().int % 10**6)
    name = deployment.function("leaver", LEFT)
    groups = deployment.invoke(name, marker)[0]
    assert there == "none" or {line.split(":", 2)[2] for line in groups.split()} == {"/"}, groups
    wait_until(lambda: list(running(f"sleep\0{marker}").values()) == ["T"])
    deployment.functions.delete_function(FunctionName=name)
    wait_until(lambda: not running(f"sleep\0{marker}"))


def test_a_sandbox_that_is_required_has_its_cgroups(own_server):
    with pytest.raises(AssertionError, match="allows no cgroups for memory"):
        own_server("--require-sandbox", prefix=below("umount -R /sys/fs/cgroup"))


def median_of_reads(deployment):
    taken = []
    for _ in range(200):
        began = time.monotonic()
        deployment.dynamodb.get_item(TableName="beside", Key={"id": {"S": "1"}})
        taken.append(time.monotonic() - began)
    return sorted(taken)[100]


def test_endless_handlers_leave_the_processors_to_the_server(own_server):
    """How much of its rate a read keeps is the bench's to say (busy); without shares it took ten times as long here."""
    deployment = Deployment(own_server())
    deployment.table("beside")
    quiet = median_of_reads(deployment)
    name = deployment.function("spinner", "def handler(event, context):\n    while True: pass\n", Timeout=120)
    for _ in range(20):
        deployment.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    wait_until(lambda: sum(state == "R" for state in running("bootstrap.py").values()) >= 20, seconds=60)
    assert median_of_reads(deployment) < 4 * quiet


RESOURCES = """
import ctypes, errno, os, resource, socket
libc = ctypes.CDLL(None, use_errno=True)

def count(make, most):
    made = []
    try:
        while len(made) < most:
            made.append(make())
    except OSError:
        pass
    return len(made)

def named(n=iter(range(10**6))):
    end = socket.socket(socket.AF_UNIX)
    end.bind(f"\\0name-{next(n)}")
    return end

def watch(n=iter(range(10**6))):
    folder = f'/tmp/{next(n)}'
    os.mkdir(folder)
    watched = libc.inotify_add_watch(notifier, folder.encode(), 0x100)
    if watched < 0: raise OSError(ctypes.get_errno(), 'inotify_add_watch')
    return watched

def notifiers():
    end = libc.inotify_init()
    if end < 0: raise OSError(ctypes.get_errno(), 'inotify_init')
    return end

def writable():
    out = set()
    for folder, folders, files in os.walk('/'):
        folders[:] = [each for each in folders if os.path.join(folder, each) not in ('/proc', '/sys')]
        try:
            path = os.path.join(folder, 'probe')
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            os.unlink(path)
            out.add('/' + folder.split('/')[1])
        except OSError:
            pass
    return sorted(out)

def handler(event, context):
    if event == 'sockets': return count(socket.socket, 10000)
    if event == 'names': return count(named, 10000)
    if event == 'files': return writable()
    global notifier
    if event == 'watches':
        notifier = libc.inotify_init()
        return [count(watch, 10000), 1 + count(notifiers, 500)]
    return {name: resource.getrlimit(getattr(resource, name))[1] for name in ('RLIMIT_NOFILE', 'RLIMIT_CORE', 'RLIMIT_MSGQUEUE', 'RLIMIT_MEMLOCK', 'RLIMIT_SIGPENDING')}
"""


def test_what_a_worker_may_hold_is_counted(deployment):
    name = deployment.function(f"resources-{uuid.uuid4().hex[:8]}", RESOURCES, Timeout=50)
    limits = deployment.invoke(name, "limits")[0]
    assert limits == {"RLIMIT_NOFILE": 1024, "RLIMIT_CORE": 0, "RLIMIT_MSGQUEUE": 0, "RLIMIT_MEMLOCK": 65536, "RLIMIT_SIGPENDING": 1024}
    assert 900 < deployment.invoke(name, "sockets")[0] < 1024
    assert 900 < deployment.invoke(name, "names")[0] < 1024
    assert deployment.invoke(name, "files")[0] == ["/tmp"]


def test_what_one_worker_watches_is_not_taken_from_others(deployment):
    """The kernel counts inotify for each user of the machine: one function could take all."""
    for _ in range(3):
        name = deployment.function(f"watches-{uuid.uuid4().hex[:8]}", RESOURCES, Timeout=50)
        watches, instances = deployment.invoke(name, "watches")[0]
        assert 4000 < watches <= 4096 and 12 < instances <= 16  # what stands beside it has one too


DESCRIPTORS = "import resource\ndef handler(event, context): return list(resource.getrlimit(resource.RLIMIT_NOFILE))\n"


def test_a_busy_servers_descriptors_are_not_the_workers(own_server):
    """The worker's limit was set while it still had the server's: with over 1,024 of those no function started."""
    server = own_server()
    clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(1100)]
    wait_until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) > 1100)
    own = Deployment(server)
    assert own.invoke(own.function("descriptors", DESCRIPTORS, runtime="python3.11"))[0] == [1024, 1024]
    for each in clients:
        each.close()


def test_a_functions_variables_do_not_rule_what_makes_its_sandbox(own_server, tmp_path):
    """They were bubblewrap's own environment: a library of the function's ran in it, as the server's user."""
    server = own_server()
    deployment = Deployment(server)
    proof, source, library = tmp_path / "escaped", tmp_path / "escape.c", tmp_path / "escape.so"
    source.write_text(f'#include <fcntl.h>\n__attribute__((constructor)) static void escape(void) {{ open("{proof}", O_CREAT | O_WRONLY, 0600); }}\n')
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    boot = "#!/bin/bash\nenv > /tmp/env\ncurl -sS -X POST http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error -d \"{\\\"errorType\\\":\\\"$LD_PRELOAD\\\"}\"\n"
    name = deployment.function("ruler", {"bootstrap": boot}, runtime="provided.al2023", Environment={"Variables": {"LD_PRELOAD": str(library)}})
    assert deployment.invoke(name, {})[0]["errorType"] == str(library)  # it is the function's own variable
    assert not proof.exists()


LIVES_ON = """
import json, os, struct, subprocess, time
payload = json.dumps({"errorType": "x", "errorMessage": "y"}).encode()
subprocess.Popen(["sleep", "86399"])
os.write(3, struct.pack(">Ic", len(payload) + 1, b"X") + payload)
while True: time.sleep(1)
"""


def test_what_has_failed_to_start_is_ended(deployment):
    """A worker that says so itself and goes on was neither ended, nor held still, nor counted."""
    name = deployment.function(f"lives-on-{uuid.uuid4().hex[:8]}", LIVES_ON, Timeout=5)
    for _ in range(3):
        assert deployment.invoke(name, {})[0]["errorType"] == "x"
    wait_until(lambda: not running("sleep\x0086399"))


SEIZES = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype, libc.ptrace.argtypes = ctypes.c_long, [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

def handler(event, context):
    libc.ptrace(0x4206, 1, None, None)  # PTRACE_SEIZE
    return errno.errorcode.get(ctypes.get_errno())
"""


def test_the_sandboxs_own_process_is_not_seized(deployment):
    name = deployment.function(f"seizes-{uuid.uuid4().hex[:8]}", SEIZES, Timeout=10)
    assert deployment.invoke(name, {})[0] == "EPERM"


HOLDS = r"""
import fcntl, os
def handler(event, context):
    out = []
    for path in ("/usr/bin/env", "/var/task/main.py"):
        file = os.open(path, os.O_RDONLY)
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            out.append("leased")
        except OSError as refused:
            out.append(refused.strerror)
    try:
        os.openpty()
        out.append("terminal")
    except OSError:
        out.append("none")
    return out
"""


def test_a_function_holds_no_lease_and_no_terminal(deployment):
    """By a lease on a file that it may only read it held up whoever opened that: other functions, and the machine's programs."""
    name = deployment.function(f"holds-{uuid.uuid4().hex[:8]}", HOLDS, Timeout=10)
    assert deployment.invoke(name, {})[0] == ["Operation not permitted", "Operation not permitted", "none"]


def test_a_start_that_never_ends_goes_with_its_function(deployment):
    """A worker of provisioned concurrency that was still loading had no deadline and outlived its function."""
    name = deployment.function(f"endless-{uuid.uuid4().hex[:8]}", "import subprocess, time\nsubprocess.Popen(['sleep', '86398'])\nwhile True: time.sleep(1)\n", Timeout=5)
    version = deployment.functions.publish_version(FunctionName=name)["Version"]
    deployment.functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1)
    wait_until(lambda: running("sleep\x0086398"))
    deployment.functions.delete_function(FunctionName=name)
    wait_until(lambda: not running("sleep\x0086398"))


GUESTS = r"""
import select, socket
held = []
def handler(event, context):
    if event == "leave":
        while held: held.pop().close()
        return None
    for _ in range(event):
        one = socket.create_connection(("127.0.0.1", 4566), timeout=10)
        one.sendall(b"GET /_leat/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        held.append(one)
    answered, waiting = 0, list(held)
    while waiting:
        ready, _, _ = select.select(waiting, [], [], 1.5)
        if not ready: break
        answered += len(ready)
        waiting = [each for each in waiting if each not in ready]
    return answered
"""


def test_one_worker_does_not_take_the_servers_connections(deployment):
    """It reached the server's last descriptor, and no client was served any more."""
    name = deployment.function(f"guests-{uuid.uuid4().hex[:8]}", GUESTS, Timeout=60)
    assert deployment.invoke(name, 450)[0] <= 257
    assert deployment.functions.list_functions()["Functions"]  # others are served
    deployment.invoke(name, "leave")
    assert deployment.invoke(name, 50)[0] == 50
    deployment.invoke(name, "leave")
