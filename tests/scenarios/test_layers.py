"""Layers. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""
import json
import sys

import pytest
from botocore.exceptions import ClientError
from conftest import package
from test_custom_runtimes import PROBE


def publish(deployment, name, files, **settings):
    return deployment.functions.publish_layer_version(LayerName=name, Content={"ZipFile": package(files)}, **settings)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


SAYS = "import greeting\nimport os\ndef handler(event, context):\n    return [greeting.TEXT, sorted(os.listdir('/opt'))]\n"


def test_python_finds_what_layers_bring(deployment):
    place = f"python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    first = publish(deployment, "py-a", {"python/greeting.py": "from depth import WORD\nTEXT = 'hello ' + WORD\n", "data/a": "1"})
    second = publish(deployment, "py-b", {f"{place}/depth.py": "WORD = 'layers'\n", "data/b": "2"})
    name = deployment.function("layered", SAYS, Layers=[first["LayerVersionArn"], second["LayerVersionArn"]])
    assert deployment.invoke(name)[0] == ["hello layers", ["data", "python"]]
    shown = deployment.functions.get_function_configuration(FunctionName=name)["Layers"]
    assert shown == [{"Arn": each["LayerVersionArn"], "CodeSize": each["Content"]["CodeSize"]} for each in (first, second)]


def test_a_layers_own_sdk_is_the_one_that_is_loaded(deployment):
    layer = publish(deployment, "sdk", {"python/boto3/__init__.py": "import botocore\n__version__ = 'own'\n", "python/botocore/__init__.py": "mine = True\n"})
    code = "import boto3, botocore\ndef handler(event, context):\n    return [boto3.__version__, boto3.botocore.mine, botocore.__file__]\n"
    deployment.function("own-sdk", code, Layers=[layer["LayerVersionArn"]])
    assert deployment.invoke("own-sdk")[0] == ["own", True, "/opt/python/botocore/__init__.py"]
    deployment.function("packed-sdk", {"main.py": code.replace("botocore.__file__", "0"), "boto3/__init__.py": "import botocore\n__version__ = 'packed'\n",
                                       "botocore/__init__.py": "mine = 1\n"})
    assert deployment.invoke("packed-sdk")[0] == ["packed", 1, 0]


def test_nodejs_finds_what_layers_bring(deployment):
    layer = publish(deployment, "node", {"nodejs/node_modules/greeting/index.js": "exports.text = 'hello from a layer';"})
    code = "const { text } = require('greeting');\nexports.handler = async () => [text, typeof require('@aws-sdk/client-dynamodb').DynamoDBClient];"
    deployment.function("node-layered", code, runtime="nodejs20.x", handler="index.handler", Layers=[layer["LayerVersionArn"]])
    assert deployment.invoke("node-layered")[0] == ["hello from a layer", "function"]


def test_a_runtime_and_programs_may_come_in_a_layer(deployment):
    layer = publish(deployment, "runtime", {"bootstrap": PROBE, "bin/tool": "#!/bin/sh\necho from a tool\n"})
    deployment.function("borrowed", {"readme": ""}, runtime="provided.al2023", handler="any", Layers=[layer["LayerVersionArn"]])
    assert "Lambda-Runtime-Aws-Request-Id" in deployment.invoke("borrowed", {"do": "headers"})[0]
    code = "import subprocess\ndef handler(event, context):\n    return subprocess.check_output(['tool'], text=True)\n"
    deployment.function("tooled", code, Layers=[layer["LayerVersionArn"]])
    assert deployment.invoke("tooled")[0] == "from a tool\n"


def test_an_update_takes_layers_away_and_a_deleted_one_stays(deployment):
    layer = publish(deployment, "kept", {"python/greeting.py": "TEXT = 'kept'\n"})
    name = deployment.function("keeper", SAYS, Layers=[layer["LayerVersionArn"]])
    deployment.functions.delete_layer_version(LayerName="kept", VersionNumber=1)
    assert refused(deployment.functions.get_layer_version, LayerName="kept", VersionNumber=1)[0] == "ResourceNotFoundException"
    assert deployment.invoke(name)[0][0] == "kept"
    assert publish(deployment, "kept", {"a": "b"})["Version"] == 2  # numbers are not used again
    deployment.functions.update_function_configuration(FunctionName=name, Layers=[])
    assert "Layers" not in deployment.functions.get_function_configuration(FunctionName=name)
    assert deployment.invoke(name)[0]["errorType"] == "Runtime.ImportModuleError"


def test_versions_of_layers(deployment):
    fn = deployment.functions
    made = [publish(deployment, "many", {"n": str(n)}, Description=f"number {n}", CompatibleRuntimes=["python3.11"] if n else ["nodejs20.x"], LicenseInfo="MIT") for n in range(3)]
    assert [each["Version"] for each in made] == [1, 2, 3]
    assert made[2]["LayerVersionArn"] == "arn:aws:lambda:us-east-1:000000000000:layer:many:3" and made[2]["LayerArn"].endswith(":layer:many")
    shown = fn.get_layer_version(LayerName=made[0]["LayerArn"], VersionNumber=2)
    assert {"Description", "CreatedDate", "Version", "CompatibleRuntimes", "LicenseInfo", "LayerArn", "LayerVersionArn"} <= set(shown)
    assert shown["Content"].keys() == {"Location", "CodeSha256", "CodeSize"} and shown["Description"] == "number 1"
    content = fn.get_layer_version_by_arn(Arn=made[1]["LayerVersionArn"])["Content"]
    assert content.pop("Location").split("?")[0] == shown["Content"].pop("Location").split("?")[0] and content == shown["Content"]
    listed = fn.list_layer_versions(LayerName="many", MaxItems=2)
    assert [each["Version"] for each in listed["LayerVersions"]] == [3, 2]
    assert [each["Version"] for each in fn.list_layer_versions(LayerName="many", Marker=listed["NextMarker"])["LayerVersions"]] == [1]
    assert [each["Version"] for each in fn.list_layer_versions(LayerName="many", CompatibleRuntime="nodejs20.x")["LayerVersions"]] == [1]
    (layer,) = [each for each in fn.list_layers(CompatibleRuntime="python3.11")["Layers"] if each["LayerName"] == "many"]
    assert layer["LatestMatchingVersion"]["Version"] == 3


def test_what_functions_may_not_ask_of_layers(deployment):
    fn = deployment.functions
    settings = {"FunctionName": "greedy", "Runtime": "python3.11", "Handler": "a.b", "Role": deployment.role(), "Code": {"ZipFile": package({"a.py": ""})}}
    arns = [publish(deployment, f"limit-{n}", {"n": str(n)})["LayerVersionArn"] for n in range(6)]
    assert refused(fn.create_function, **settings, Layers=arns) == ("InvalidParameterValueException", "Cannot reference more than 5 layers.")
    publish(deployment, "limit-0", {"n": "again"})
    code, message = refused(fn.create_function, **settings, Layers=[arns[0], arns[0][:-1] + "2"])
    assert (code, message) == ("InvalidParameterValueException", "Two different versions of the same layer are not allowed to be referenced in the same function.")
    unknown = arns[0][:-1] + "9"
    assert refused(fn.create_function, **settings, Layers=[unknown]) == ("InvalidParameterValueException", f"Layer version {unknown} does not exist.")
    big = publish(deployment, "big", {"zeros": b"\0" * 262144000})
    code, message = refused(fn.create_function, **settings, Layers=[big["LayerVersionArn"], arns[0]])
    assert code == "InvalidParameterValueException" and message.startswith("Function code combined with layers exceeds the maximum allowed size of 262144000 bytes.")


def test_another_accounts_layer_takes_its_leave(server, deployment):
    theirs = server.client("lambda", key="111122223333")
    arn = theirs.publish_layer_version(LayerName="shared", Content={"ZipFile": package({"python/greeting.py": "TEXT = 'theirs'"})})["LayerVersionArn"]
    settings = {"FunctionName": "borrower", "Runtime": "python3.11", "Handler": "main.handler", "Role": deployment.role(), "Code": {"ZipFile": package({"main.py": SAYS})}, "Layers": [arn]}
    assert refused(deployment.functions.create_function, **settings)[0] == "AccessDeniedException"
    assert refused(deployment.functions.get_layer_version_by_arn, Arn=arn)[0] == "AccessDeniedException"
    given = theirs.add_layer_version_permission(LayerName="shared", VersionNumber=1, StatementId="all", Action="lambda:GetLayerVersion", Principal="000000000000")
    assert json.loads(given["Statement"])["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    assert json.loads(theirs.get_layer_version_policy(LayerName="shared", VersionNumber=1)["Policy"])["Statement"] == [json.loads(given["Statement"])]
    deployment.functions.create_function(**settings)
    assert deployment.invoke("borrower")[0][0] == "theirs"
    theirs.remove_layer_version_permission(LayerName="shared", VersionNumber=1, StatementId="all")
    assert refused(theirs.get_layer_version_policy, LayerName="shared", VersionNumber=1)[0] == "ResourceNotFoundException"
    assert refused(deployment.functions.get_layer_version_by_arn, Arn=arn)[0] == "AccessDeniedException"
