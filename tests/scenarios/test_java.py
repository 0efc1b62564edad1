"""Java functions, on AWS's own runtime client. The class was compiled by `javac --release 11` from the source beside it."""
import shutil
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from conftest import ROOT, wait_until

CLASS = (Path(__file__).parent.parent / "data/java/Handler.class").read_bytes()


@pytest.mark.parametrize("runtime", ["java11", "java17", "java21"])
def test_java(deployment, runtime):
    name, settings = f"on-{runtime}", {"runtime": runtime, "handler": "Handler::handle", "MemorySize": 512, "Timeout": 30}
    if not (shutil.which("java") and (ROOT / "runtimes/java/lib").exists()):
        with pytest.raises(ClientError, match=f"leat found no interpreter for {runtime} on this machine"):
            deployment.function(name, {"Handler.class": CLASS}, **settings)
        return
    deployment.function(name, {"Handler.class": CLASS}, **settings)
    first = deployment.invoke(name, {"n": 1})[0]
    assert (first["n"], first["calls"]) == (1, 1) and first["java"].isdigit()
    assert deployment.invoke(name, {"n": 2})[0]["calls"] == 2
    error, result = deployment.invoke(name, {"n": 3, "fail": True})
    assert result["FunctionError"] == "Unhandled" and (error["errorType"], error["errorMessage"]) == ("java.lang.IllegalStateException", "as asked")
    assert len(wait_until(lambda: len(deployment.log_of(name, "SAW")) == 3 and deployment.log_of(name, "SAW"))) == 3
