"""Provisioned concurrency. https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""
import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, wait_until

SAYS = "import os\nprint('LOADED', flush=True)\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def ready(fn, name, qualifier):
    return wait_until(lambda: (shown := fn.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier))["Status"] == "READY" and shown)


def test_workers_are_there_before_anybody_asks(own_server):
    server = own_server()
    deployment = Deployment(server)
    fn, name = deployment.functions, deployment.function("prepared", SAYS)
    version = fn.publish_version(FunctionName=name)["Version"]
    put = fn.put_provisioned_concurrency_config(FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=3)
    assert put["RequestedProvisionedConcurrentExecutions"] == 3 and put["ResponseMetadata"]["HTTPStatusCode"] == 202
    shown = ready(fn, name, version)
    assert shown["AvailableProvisionedConcurrentExecutions"] == shown["AllocatedProvisionedConcurrentExecutions"] == 3 and shown["LastModified"]
    assert len(wait_until(lambda: len(found := deployment.log_of(name, "LOADED")) == 3 and found)) == 3
    assert deployment.invoke(name, Qualifier=version)[0] == "provisioned-concurrency"
    assert deployment.invoke(name)[0] == "on-demand"
    server.kill()
    server.start()
    deployment = Deployment(server)
    ready(deployment.functions, name, version)
    assert deployment.invoke(name, Qualifier=version)[0] == "provisioned-concurrency"


def test_one_that_ends_is_replaced_and_an_alias_moves_its_own(deployment):
    fn = deployment.functions
    name = deployment.function("moving", SAYS + "    \ndef leave(event, context):\n    import os\n    os._exit(1)\n")
    first = fn.publish_version(FunctionName=name)["Version"]
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion=first)
    fn.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    ready(fn, name, "live")
    (item,) = fn.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    assert item["FunctionArn"].endswith(":moving:live") and item["Status"] == "READY"
    fn.update_function_configuration(FunctionName=name, Handler="main.leave")
    second = fn.publish_version(FunctionName=name)["Version"]
    fn.update_alias(FunctionName=name, Name="live", FunctionVersion=second)
    ready(fn, name, "live")
    assert deployment.invoke(name, Qualifier="live")[0]["errorType"] == "Runtime.ExitError"
    ready(fn, name, "live")
    fn.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert refused(fn.get_provisioned_concurrency_config, FunctionName=name, Qualifier="live") == \
        ("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")


def test_what_cannot_be_provisioned(deployment):
    fn, name = deployment.functions, deployment.function("limited-provision", SAYS)
    version = fn.publish_version(FunctionName=name)["Version"]
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def put(qualifier, count=1):
        return refused(fn.put_provisioned_concurrency_config, FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count)
    assert put("$LATEST") == ("InvalidParameterValueException", "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    assert put("9")[0] == "ResourceNotFoundException"
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    assert put(version, 2)[1] == "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    fn.put_provisioned_concurrency_config(FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1)
    assert put("live")[1] == "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    fn.delete_function(FunctionName=name)
    deployment.function("limited-provision", SAYS)
    assert fn.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
