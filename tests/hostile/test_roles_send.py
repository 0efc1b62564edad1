"""What functions and mappings send on, to destinations and dead letters: their role must be allowed to, in other accounts too.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
"""
import itertools
import json

import pytest
from conftest import Deployment, package, wait_until
from guarded import OTHER, OWN, Account, allow, arn, deny, document, outcome, trust

NUMBERS = itertools.count()
# An exception without a text, which must not cost the dead letter either.
FAILING = package({"main.py": "def handler(event, context):\n    print('ran', event['Records'][0]['dynamodb']['Keys'] if 'Records' in event else event)\n    raise Exception"})
REFUSED = ("InvalidParameterValueException", "The provided execution role does not have permissions to call SendMessage on SQS")


class Sender:
    """A failing function, its role, and queues of both accounts that may hear of it."""

    def __init__(self, server):
        self.server, self.own, self.functions = server, Account(server), Deployment(server).functions
        self.name = f"sender-{next(NUMBERS)}"
        self.queues = {account: server.client("sqs", key=account) for account in (OWN, OTHER)}
        self.role = self.own.role(trust({"Service": "lambda.amazonaws.com"}), policy=[allow("logs:*"), allow("dynamodb:*")])

    def queue(self, label, account=OWN, **attributes):
        name = f"{self.name}-{label}"
        self.queues[account].create_queue(QueueName=name, Attributes=attributes)
        return arn("sqs", name, account=account)

    def open_to_own(self, queue):
        """The other account's consent."""
        return {"Policy": document(allow("sqs:SendMessage", queue, Principal={"AWS": OWN}))}

    def grant(self, *statements):
        self.own.iam.put_role_policy(RoleName=self.role.rsplit("/", 1)[1], PolicyName="send", PolicyDocument=document(allow("sqs:GetQueueUrl"), *statements))

    def settings(self, **more):
        return {"FunctionName": self.name, "Runtime": "python3.11", "Handler": "main.handler", "Role": self.role, "Code": {"ZipFile": FAILING}, **more}

    def bodies(self, queue):
        account, name = queue.split(":")[4:]
        sqs = self.queues[account]
        found = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [each["Body"] for each in found]


@pytest.fixture
def sender(server):
    return Sender(server)


def test_what_the_role_may_not_send_to_is_refused(server, sender):
    own, theirs = sender.queue("own"), sender.queue("theirs", OTHER)
    opened = arn("sqs", f"{sender.name}-opened", account=OTHER)
    sender.queue("opened", OTHER, **sender.open_to_own(opened))
    for queue in (own, theirs, opened):
        assert outcome(sender.functions, "CreateFunction", sender.settings(DeadLetterConfig={"TargetArn": queue})) == REFUSED
    sender.functions.create_function(**sender.settings())
    sender.functions.put_function_event_invoke_config(FunctionName=sender.name, MaximumRetryAttempts=0)
    Deployment(server).table(sender.name, stream="KEYS_ONLY")
    stream = server.client("dynamodb").describe_table(TableName=sender.name)["Table"]["LatestStreamArn"]
    calls = [("UpdateFunctionConfiguration", lambda queue: {"FunctionName": sender.name, "DeadLetterConfig": {"TargetArn": queue}}),
             ("PutFunctionEventInvokeConfig", lambda queue: {"FunctionName": sender.name, "DestinationConfig": {"OnFailure": {"Destination": queue}}}),
             ("UpdateFunctionEventInvokeConfig", lambda queue: {"FunctionName": sender.name, "DestinationConfig": {"OnSuccess": {"Destination": queue}}}),
             ("CreateEventSourceMapping", lambda queue: {"FunctionName": sender.name, "EventSourceArn": stream, "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": queue}}})]
    for operation, arguments in calls:
        for queue in (own, theirs, opened):
            assert outcome(sender.functions, operation, arguments(queue))[0] == "InvalidParameterValueException", (operation, queue)
    sender.grant(allow("sqs:SendMessage"))
    for operation, arguments in calls:
        assert outcome(sender.functions, operation, arguments(theirs))[0] == "InvalidParameterValueException", operation
        assert outcome(sender.functions, operation, arguments(opened))[0] is None, operation
    uuid = sender.functions.list_event_source_mappings(FunctionName=sender.name)["EventSourceMappings"][0]["UUID"]
    assert outcome(sender.functions, "UpdateEventSourceMapping", {"UUID": uuid, "DestinationConfig": {"OnFailure": {"Destination": theirs}}}) == REFUSED
    sender.functions.delete_event_source_mapping(UUID=uuid)


def test_a_function_is_a_destination_for_who_may_invoke_it(sender):
    sender.functions.create_function(**sender.settings())
    target = f"{sender.name}-target"
    sender.functions.create_function(**{**sender.settings(), "FunctionName": target})
    arguments = {"FunctionName": sender.name, "DestinationConfig": {"OnFailure": {"Destination": arn("lambda", f"function:{target}")}}}
    code, text = outcome(sender.functions, "PutFunctionEventInvokeConfig", arguments)
    assert code == "InvalidParameterValueException" and "InvokeFunction" in text
    sender.grant(allow("lambda:InvokeFunction", arn("lambda", f"function:{target}")))
    assert outcome(sender.functions, "PutFunctionEventInvokeConfig", arguments)[0] is None


def test_a_right_that_is_gone_when_something_is_sent(server, sender):
    """The destination comes before the dead letters, which are the witness here."""
    opened = arn("sqs", f"{sender.name}-opened", account=OTHER)
    lost, witness = sender.queue("lost"), sender.queue("opened", OTHER, **sender.open_to_own(opened))
    sender.grant(allow("sqs:SendMessage"))
    sender.functions.create_function(**sender.settings(DeadLetterConfig={"TargetArn": witness}))
    sender.functions.put_function_event_invoke_config(FunctionName=sender.name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": lost}})
    sender.grant(allow("sqs:SendMessage"), deny("sqs:SendMessage", lost))
    sender.functions.invoke(FunctionName=sender.name, InvocationType="Event", Payload='"first"')
    wait_until(lambda: sender.bodies(witness) == ['"first"'])
    assert sender.bodies(lost) == []
    sender.grant(allow("sqs:SendMessage"))
    sender.functions.invoke(FunctionName=sender.name, InvocationType="Event", Payload='"second"')
    wait_until(lambda: len(sender.bodies(witness)) == 2)
    assert [json.loads(each)["requestPayload"] for each in sender.bodies(lost)] == ["second"]


def test_an_account_that_takes_back_its_consent(sender):
    opened = arn("sqs", f"{sender.name}-opened", account=OTHER)
    theirs, witness = sender.queue("opened", OTHER, **sender.open_to_own(opened)), sender.queue("witness")
    sender.grant(allow("sqs:SendMessage"))
    sender.functions.create_function(**sender.settings(DeadLetterConfig={"TargetArn": witness}))
    sender.functions.put_function_event_invoke_config(FunctionName=sender.name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": theirs}})
    url = sender.queues[OTHER].get_queue_url(QueueName=theirs.split(":")[-1])["QueueUrl"]
    sender.queues[OTHER].set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    sender.functions.invoke(FunctionName=sender.name, InvocationType="Event", Payload='"first"')
    wait_until(lambda: sender.bodies(witness) == ['"first"'])
    assert sender.bodies(theirs) == []


def test_a_mapping_whose_role_lost_its_right(server, sender):
    """Records of a shard come in order: when the second is tried, the first was given up."""
    queue, deployment = sender.queue("failed"), Deployment(server)
    stream = deployment.table(sender.name, stream="KEYS_ONLY")
    sender.grant(allow("sqs:SendMessage"))
    sender.functions.create_function(**sender.settings())
    uuid = sender.functions.create_event_source_mapping(FunctionName=sender.name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=1, MaximumRetryAttempts=0,
                                                        DestinationConfig={"OnFailure": {"Destination": queue}})["UUID"]
    sender.grant()

    def fail(key):
        deployment.dynamodb.put_item(TableName=sender.name, Item={"id": {"S": key}})
        wait_until(lambda: any(key in line for line in deployment.log_of(sender.name)))
    fail("record-1")
    fail("record-2")
    sender.grant(allow("sqs:SendMessage"))
    fail("record-3")
    wait_until(lambda: sender.bodies(queue))
    first = json.loads(sender.bodies(queue)[0])["DDBStreamBatchInfo"]
    shard = server.client("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]
    assert int(first["startSequenceNumber"]) > int(shard["SequenceNumberRange"]["StartingSequenceNumber"])
    sender.functions.delete_event_source_mapping(UUID=uuid)
