"""aws-lambda-ric, AWS's own Node.js runtime client, from npm as it comes. It compiles libcurl: a minute, autotools and cmake."""
import json
import shutil
import subprocess

import pytest
from conftest import wait_until

BOOTSTRAP = "#!/bin/sh\nexport HOME=/tmp\nexec node /var/task/ric/bin/index.mjs $_HANDLER\n"
INDEX = """
exports.handler = async (event, context) => {
  console.log('id ' + context.awsRequestId, context.getRemainingTimeInMillis() > 1000);
  if (event.raise) throw new TypeError('as asked');
  return { got: event, arn: context.invokedFunctionArn };
};
exports.streams = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  for (let i = 0; i < 3; ++i) stream.write(`piece ${i};`);
  stream.end();
});
"""


@pytest.fixture(scope="module")
def client_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ric")
    subprocess.run(["npm", "install", "aws-lambda-ric", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=600, capture_output=True)
    package = folder / "node_modules/aws-lambda-ric"
    files = [*package.glob("bin/*"), *package.glob("dist/*"), package / "package.json"]
    assert any(file.suffix == ".node" for file in files), "it was not compiled"
    out = {f"ric/{file.relative_to(package)}": file.read_bytes() for file in files}
    shutil.rmtree(folder)
    return out


def test_handlers(deployment, client_files):
    name = deployment.function("npm-ric", {"bootstrap": BOOTSTRAP, "index.js": INDEX, **client_files}, runtime="provided.al2023", handler="index.handler", Timeout=20)
    answer, result = deployment.invoke(name, {"n": 1})
    assert answer["got"] == {"n": 1} and answer["arn"].endswith(":function:npm-ric"), result
    error, result = deployment.invoke(name, {"raise": True})
    assert (result["FunctionError"], error["errorType"], error["errorMessage"]) == ("Unhandled", "TypeError", "as asked")
    assert deployment.invoke(name, {"n": 2})[0]["got"] == {"n": 2}
    assert len(wait_until(lambda: deployment.log_of(name, "INFO"))) == 3


def test_streams(deployment, client_files):
    name = deployment.function("npm-ric-streams", {"bootstrap": BOOTSTRAP, "index.js": INDEX, **client_files}, runtime="provided.al2023", handler="index.streams", Timeout=20)
    answer = deployment.functions.invoke_with_response_stream(FunctionName=name, Payload=json.dumps({}))
    pieces = [event["PayloadChunk"]["Payload"] for event in answer["EventStream"] if "PayloadChunk" in event]
    assert b"".join(pieces) == b"piece 0;piece 1;piece 2;"
