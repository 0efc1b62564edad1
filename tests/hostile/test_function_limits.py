"""Ways out of a worker's limits, tried by functions with real code."""
import uuid

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
