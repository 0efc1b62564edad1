"""Runs Python handlers. See runtimes/PROTOCOL.md; the handler's side is AWS's:
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""
import gc
import importlib
import json
import logging
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback


class Channel:
    """Frames over the socket that the server left open."""

    def __init__(self):
        self.socket = socket.socket(fileno=3)

    LARGEST_ANSWER = 6291556

    def answer(self, token, kind, text):
        if len(text) > self.LARGEST_ANSWER:
            kind, text = b"O", b""
        self.send(kind, token.encode(), peak_memory(), text)

    def send(self, kind, *parts):
        size = 1 + sum(len(part) for part in parts)
        self.socket.sendall(b"".join((struct.pack(">Ic", size, kind), *parts)))

    def receive(self):
        size, kind = struct.unpack(">Ic", self.read(5))
        return kind, self.read(size - 1)

    def read(self, size):
        chunks, left = [], size
        while left:
            chunk = self.socket.recv(min(left, 1 << 20))
            if not chunk:
                os._exit(0)
            chunks.append(chunk)
            left -= len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class CognitoIdentity:
    def __init__(self, given=None):
        given = given or {}
        self.cognito_identity_id = given.get("cognitoIdentityId")
        self.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, given):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class ClientContext:
    def __init__(self, given):
        self.client = Client(given.get("client", {}))
        self.custom = given.get("custom")
        self.env = given.get("env")


class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, head):
        self.aws_request_id = head["id"]
        self.invoked_function_arn = head["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = CognitoIdentity()
        self.client_context = ClientContext(json.loads(head["clientContext"])) if head.get("clientContext") else None
        self._deadline = head["deadline"]

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


def logs_json():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


class LambdaLogHandler(logging.Handler):
    request_id = ""

    def emit(self, record):
        sys.stdout.write(self.format(record))
        sys.stdout.flush()

    def format(self, record):
        if logs_json():
            return self.format_json(record)
        text = super().format(record).replace("\n", "\r")
        return f"[{record.levelname}]\t{timestamp(record.created)}\t{LambdaLogHandler.request_id}\t{text}\n"

    OWN = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}

    def format_json(self, record):
        """What the caller has added with `extra` stands beside the rest."""
        out = {"timestamp": timestamp(record.created), "level": record.levelname, "message": record.getMessage(), "logger": record.name}
        if record.exc_info:
            kind, error, trace = record.exc_info
            out.update(stackTrace=traceback.format_tb(trace), errorType=kind.__name__, errorMessage=str(error), location=f"{record.pathname}:{record.funcName}:{record.lineno}")
        out.update({name: value for name, value in vars(record).items() if name not in self.OWN}, requestId=LambdaLogHandler.request_id)
        return json.dumps(out, ensure_ascii=False, default=str) + "\n"


def error_of(kind, message, trace=(), request_id=None):
    out = {"errorMessage": message, "errorType": kind, "requestId": request_id or "", "stackTrace": list(trace)}
    return json.dumps(out, ensure_ascii=False).encode("utf-8", "surrogatepass")


def report(kind, message, trace):
    if logs_json():
        out = {"timestamp": timestamp(time.time()), "log_level": "ERROR", "errorMessage": message, "errorType": kind,
               "requestId": LambdaLogHandler.request_id, "stackTrace": list(trace)}
        sys.stdout.write(json.dumps(out, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    lines = [f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}", "Traceback (most recent call last):", *trace]
    text = "\n".join(line.rstrip("\n") for line in (lines if trace else lines[:1]))
    sys.stdout.write(text.replace("\n", "\r") + "\n")
    sys.stdout.flush()


def handler_frames(error):
    """The stack from the handler on, without this file's own frames."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([frame for frame in frames if frame.filename != __file__])


class HandlerProblem(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise HandlerProblem("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise HandlerProblem("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise HandlerProblem("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise HandlerProblem("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'") from None


def forget_preloaded(folders):
    """Where the function or a layer brings an SDK of its own, that one is loaded, and all that belongs to it."""
    if any(os.path.isdir(f"{folder}/{name}") for folder in folders for name in ("boto3", "botocore")):
        ours = os.environ["PYTHONPATH"]
        for name in [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(ours)]:
            del sys.modules[name]


def init(payload):
    settings = json.loads(payload)
    os.environ.update(settings["environment"])
    if "TZ" in settings["environment"]:
        time.tzset()
    root, layers = settings["taskRoot"], settings["layerRoot"]
    os.chdir(root)
    library = f"python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    own = [root, f"{layers}/{library}", f"{layers}/python"]
    sys.path[:0] = own
    forget_preloaded(own)
    handler = LambdaLogHandler()
    logging.getLogger().addHandler(handler)
    if logs_json():
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    return load_handler(settings["handler"])


def run(handler, head, event):
    LambdaLogHandler.request_id = head["id"]
    os.environ["_X_AMZN_TRACE_ID"] = head["traceId"]
    try:
        event = json.loads(event)
    except ValueError as error:
        return b"F", error_of("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}", request_id=head["id"])
    try:
        result = handler(event, LambdaContext(head))
    except MemoryError:  # AWS kills a function that goes beyond its memory
        os.kill(os.getpid(), signal.SIGKILL)
    except Exception as error:  # whatever the handler raises is its answer
        trace = handler_frames(error)
        report(type(error).__name__, str(error), trace)
        return b"F", error_of(type(error).__name__, str(error), trace, head["id"])
    try:
        return b"S", json.dumps(result).encode()
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        report("Runtime.MarshalError", message, ())
        return b"F", error_of("Runtime.MarshalError", message, request_id=head["id"])


def peak_memory():
    return struct.pack(">I", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def preload():
    """The SDK is loaded before the function is known, so that a cold start need not."""
    try:
        import boto3  # noqa: F401
        import boto3.dynamodb.conditions  # noqa: F401
        import botocore.endpoint  # noqa: F401
    except ImportError:
        pass
    gc.freeze()  # what is loaded by now stays: no collection need look at it again


def main():
    channel = Channel()
    sys.stdout.reconfigure(line_buffering=True, encoding="utf-8", errors="surrogatepass")
    preload()
    _, payload = channel.receive()
    try:
        handler = init(payload)
    except HandlerProblem as error:
        cause = handler_frames(error.__cause__) if error.__cause__ else []
        report(error.kind, str(error), cause)
        channel.send(b"X", error_of(error.kind, str(error), cause))
        os._exit(1)
    except Exception as error:  # the module's own top level failed
        trace = handler_frames(error)
        report(type(error).__name__, str(error), trace)
        channel.send(b"X", error_of(type(error).__name__, str(error), trace))
        os._exit(1)
    channel.send(b"R")
    while True:
        _, payload = channel.receive()
        head, _, event = payload.partition(b"\n")
        head = json.loads(head)
        kind, answer = run(handler, head, event)
        sys.stdout.flush()
        sys.stderr.flush()
        channel.answer(head["token"], kind, answer)


main()
