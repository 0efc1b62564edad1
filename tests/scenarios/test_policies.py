"""The role decides: identity policies of roles and users, policies of queues and tables, and what Lambda does in a role's name.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, package, wait_until
from test_sqs import Queues

NAMES = iter(range(10**6))


def document(*actions, resource="*", effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource, **more}]})


@pytest.fixture
def role(deployment):
    """A role with these rights alone: role(policy, …)."""
    def make(*policies):
        name = f"limited-{next(NAMES)}"
        trust = json.loads(TRUST)
        trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"})
        arn = deployment.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        for number, policy in enumerate(policies):
            deployment.iam.put_role_policy(RoleName=name, PolicyName=str(number), PolicyDocument=policy)
        return arn
    return make


@pytest.fixture
def acting(server):
    """A client of somebody who has assumed a role."""
    def make(arn, service):
        keys = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
        return server.client(service, keys["AccessKeyId"], keys["SecretAccessKey"], token=keys["SessionToken"])
    return make


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_missing_right_fails_in_awss_words(deployment, role, acting):
    deployment.table("guarded")
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/guarded"
    arn = role(document("dynamodb:GetItem", "dynamodb:Query", resource=table))
    dynamodb, name = acting(arn, "dynamodb"), arn.rsplit("/", 1)[1]
    assert "Item" not in dynamodb.get_item(TableName="guarded", Key={"id": {"S": "a"}})
    assert refused(dynamodb.put_item, TableName="guarded", Item={"id": {"S": "a"}}) == (
        "AccessDeniedException", f"User: arn:aws:sts::000000000000:assumed-role/{name}/me is not authorized to perform: dynamodb:PutItem on resource: {table} "
        "because no identity-based policy allows the dynamodb:PutItem action")
    deployment.iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=document("dynamodb:*"))
    dynamodb.put_item(TableName="guarded", Item={"id": {"S": "a"}})  # from the next request on
    deployment.iam.put_role_policy(RoleName=name, PolicyName="less", PolicyDocument=document("dynamodb:Put*", effect="Deny"))
    assert refused(dynamodb.put_item, TableName="guarded", Item={"id": {"S": "a"}})[1].endswith("with an explicit deny in an identity-based policy")
    queue = acting(arn, "sqs")
    assert refused(queue.create_queue, QueueName="q") == ("AccessDenied", f"User: arn:aws:sts::000000000000:assumed-role/{name}/me is not authorized to perform: "
                                                          "sqs:createqueue on resource: arn:aws:sqs:us-east-1:000000000000:q because no identity-based policy "
                                                          "allows the sqs:createqueue action")


def test_each_table_of_a_request_is_asked_for(deployment, role, acting):
    for table in ("mine", "theirs"):
        deployment.table(table)
    arn = role(document("dynamodb:*", resource="arn:aws:dynamodb:*:*:table/mine"), document("dynamodb:GetItem", resource="arn:aws:dynamodb:*:*:table/theirs"))
    dynamodb = acting(arn, "dynamodb")
    item, key = {"id": {"S": "a"}}, {"id": {"S": "a"}}
    dynamodb.batch_write_item(RequestItems={"mine": [{"PutRequest": {"Item": item}}]})
    assert refused(dynamodb.batch_write_item, RequestItems={name: [{"PutRequest": {"Item": item}}] for name in ("mine", "theirs")})[0] == "AccessDeniedException"
    assert "dynamodb:BatchGetItem" in refused(dynamodb.batch_get_item, RequestItems={"theirs": {"Keys": [key]}})[1]
    dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": key}} for name in ("mine", "theirs")])
    assert "dynamodb:PutItem" in refused(dynamodb.transact_write_items, TransactItems=[{"Put": {"TableName": "theirs", "Item": item}}])[1]
    dynamodb.execute_statement(Statement="SELECT * FROM mine")
    assert "dynamodb:PartiQLSelect on resource: arn:aws:dynamodb:us-east-1:000000000000:table/theirs" in refused(dynamodb.execute_statement, Statement='SELECT * FROM "theirs"')[1]
    assert refused(dynamodb.list_tables)[0] == "AccessDeniedException"


def test_users_have_policies_too(server, deployment):
    iam = deployment.iam
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    sqs = server.client("sqs", key["AccessKeyId"], key["SecretAccessKey"])
    assert refused(sqs.create_queue, QueueName="ann-1")[0] == "AccessDenied"
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("sqs:*", resource="arn:aws:sqs:*:*:${aws:username}-*"))
    sqs.create_queue(QueueName="ann-1")
    assert refused(sqs.create_queue, QueueName="bob-1")[0] == "AccessDenied"
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    sqs.create_queue(QueueName="bob-1")
    assert iam.list_user_policies(UserName="ann")["PolicyNames"] == ["own"] and iam.get_user_policy(UserName="ann", PolicyName="own")["PolicyDocument"]
    assert [each["PolicyName"] for each in iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"]] == ["AmazonSQSFullAccess"]
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    assert refused(iam.delete_user, UserName="ann")[0] == "DeleteConflict"
    iam.delete_user_policy(UserName="ann", PolicyName="own")
    iam.detach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    iam.delete_user(UserName="ann")


def test_customer_policies_and_resource_policies(deployment, role, acting):
    queues = Queues(deployment.server)
    url, arn = queues.create(), role()
    name = arn.rsplit("/", 1)[1]
    sqs = acting(arn, "sqs")
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    own = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sqs:SendMessage", "Resource": queues.arn(url)}]}
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(own)})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert refused(sqs.receive_message, QueueUrl=url)[0] == "AccessDenied"
    policy = deployment.iam.create_policy(PolicyName=f"customer-{name}", PolicyDocument=document("sqs:*"))["Policy"]["Arn"]
    deployment.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    assert sqs.receive_message(QueueUrl=url)["Messages"]
    own["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": queues.arn(url)})
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(own)})
    assert refused(sqs.receive_message, QueueUrl=url)[0] == "AccessDenied"
    assert refused(deployment.iam.delete_policy, PolicyArn=policy)[0] == "DeleteConflict"


def test_a_tables_policy_decides_until_the_table_goes(deployment, role, acting):
    arn = role()
    dynamodb, table = acting(arn, "dynamodb"), "arn:aws:dynamodb:us-east-1:000000000000:table/shared-by-policy"
    get = {"TableName": "shared-by-policy", "Key": {"id": {"S": "a"}}}
    deployment.table("shared-by-policy")
    assert refused(dynamodb.get_item, **get)[0] == "AccessDeniedException"
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "dynamodb:GetItem", "Resource": table}]}
    deployment.dynamodb.put_resource_policy(ResourceArn=table, Policy=json.dumps(policy))
    dynamodb.get_item(**get)
    deployment.dynamodb.delete_resource_policy(ResourceArn=table)
    assert refused(dynamodb.get_item, **get)[0] == "AccessDeniedException"
    deployment.dynamodb.put_resource_policy(ResourceArn=table, Policy=json.dumps(policy))
    dynamodb.get_item(**get)
    deployment.dynamodb.delete_table(TableName="shared-by-policy")
    deployment.table("shared-by-policy")
    assert refused(dynamodb.get_item, **get)[0] == "AccessDeniedException"
    assert refused(dynamodb.get_item, TableName="arn:aws:dynamodb:us-east-1:000000000000:table", Key=get["Key"])[0] in ("AccessDeniedException", "ValidationException")


def test_another_accounts_queue_wants_both_policies(server, role, acting):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    arn, theirs = role(document("sqs:*")), server.client("sqs", key="111122223333")
    url = theirs.create_queue(QueueName="theirs")["QueueUrl"]
    queue = theirs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    strangers = (server.client("sqs"), acting(arn, "sqs"))
    for stranger in strangers:
        assert refused(stranger.send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
        assert refused(stranger.delete_queue, QueueUrl=url)[0] == "AccessDenied"
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sqs:SendMessage", "Resource": queue}]}
    theirs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    for stranger in strangers:
        stranger.send_message(QueueUrl=url, MessageBody="x")
        assert refused(stranger.receive_message, QueueUrl=url)[0] == "AccessDenied"
    assert refused(acting(role(document("sqs:ReceiveMessage")), "sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    redrive = json.dumps({"deadLetterTargetArn": queue, "maxReceiveCount": 1})
    assert refused(server.client("sqs").create_queue, QueueName="spills", Attributes={"RedrivePolicy": redrive})[0] == "InvalidParameterValue"
    assert refused(server.client("sqs").list_message_move_tasks, SourceArn=queue)[0] in ("AccessDenied", "ResourceNotFoundException")


def test_another_accounts_data_stream_wants_both_policies(server, role, acting):
    """https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html"""
    theirs = server.client("kinesis", key="111122223333")
    theirs.create_stream(StreamName="shared", ShardCount=1)
    server.client("kinesis").create_stream(StreamName="shared", ShardCount=1)  # of the same name
    arn = theirs.describe_stream_summary(StreamName="shared")["StreamDescriptionSummary"]["StreamARN"]
    strangers = (server.client("kinesis"), acting(role(document("kinesis:*")), "kinesis"))
    for stranger in strangers:
        assert refused(stranger.put_record, StreamARN=arn, Data=b"x", PartitionKey="k")[0] == "AccessDeniedException"
    actions = ["kinesis:PutRecord", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:DeleteStream"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": actions, "Resource": arn}]}
    theirs.put_resource_policy(ResourceARN=arn, Policy=json.dumps(policy))
    for stranger in strangers:
        stranger.put_record(StreamARN=arn, Data=b"x", PartitionKey="k")
        assert refused(stranger.put_records, StreamARN=arn, Records=[{"Data": b"x", "PartitionKey": "k"}])[0] == "AccessDeniedException"
        assert refused(stranger.delete_stream, StreamARN=arn)[0] == "ResourceNotFoundException"  # no policy can allow that
        shard = stranger.list_shards(StreamARN=arn)["Shards"][0]["ShardId"]
        iterator = stranger.get_shard_iterator(StreamARN=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        assert {record["Data"] for record in stranger.get_records(ShardIterator=iterator)["Records"]} == {b"x"}
    assert refused(acting(role(document("kinesis:PutRecords")), "kinesis").put_record, StreamARN=arn, Data=b"x", PartitionKey="k")[0] == "AccessDeniedException"
    own = server.client("kinesis")
    iterator = own.get_shard_iterator(StreamName="shared", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert own.get_records(ShardIterator=iterator)["Records"] == []
    assert refused(own.describe_stream, StreamARN=arn.replace("us-east-1", "eu-west-1"))[0] in ("AccessDeniedException", "ResourceNotFoundException")


def test_a_data_streams_policy_decides_in_its_own_account(server, role, acting):
    server.client("kinesis").create_stream(StreamName="governed", ShardCount=1)
    arn, nobody, somebody = "arn:aws:kinesis:us-east-1:000000000000:stream/governed", role(), role(document("kinesis:*"))
    put = dict(StreamName="governed", Data=b"x", PartitionKey="k")
    assert refused(acting(nobody, "kinesis").put_record, **put)[0] == "AccessDeniedException"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": nobody}, "Action": "kinesis:PutRecord", "Resource": arn},
                                                     {"Effect": "Deny", "Principal": {"AWS": somebody}, "Action": "kinesis:PutRecord", "Resource": arn}]}
    server.client("kinesis").put_resource_policy(ResourceARN=arn, Policy=json.dumps(policy))
    acting(nobody, "kinesis").put_record(**put)
    assert refused(acting(somebody, "kinesis").put_record, **put)[0] == "AccessDeniedException"


def test_where_a_request_comes_from(server, role, acting):
    def lists(network):
        arn = role(document("dynamodb:ListTables", Condition={"IpAddress": {"aws:SourceIp": network}, "StringLike": {"aws:UserAgent": "Boto3/*"}}))
        return acting(arn, "dynamodb").list_tables
    assert "TableNames" in lists(["10.0.0.0/8", "127.0.0.0/8"])()
    assert refused(lists("10.0.0.0/8"))[0] == "AccessDeniedException"


def test_another_accounts_stream_is_not_read(server):
    theirs = server.client("dynamodb", key="111122223333")
    arn = theirs.create_table(TableName="theirs", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                              AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                              StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]["LatestStreamArn"]
    assert refused(server.client("dynamodbstreams").describe_stream, StreamArn=arn)[0] == "AccessDeniedException"
    assert server.client("dynamodbstreams", key="111122223333").describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "ENABLED"


def test_an_arn_is_allowed_as_what_it_works_on(server, deployment, role, acting):
    """Where an ARN says, or nowhere: a right on one region's tables reaches no table of another."""
    deployment.table("reached")
    kinesis = server.client("kinesis")
    for name in ("open", "closed"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    arn = role(document("dynamodb:*", resource="arn:aws:dynamodb:eu-west-1:*:*"), document("kinesis:*", resource="arn:aws:kinesis:*:*:stream/open"))
    elsewhere = "arn:aws:dynamodb:eu-west-1:000000000000:table/reached"
    assert refused(acting(arn, "dynamodb").get_item, TableName=elsewhere, Key={"id": {"S": "a"}})[0] == "ResourceNotFoundException"
    assert refused(acting(arn, "dynamodb").batch_get_item, RequestItems={elsewhere: {"Keys": [{"id": {"S": "a"}}]}})[0] == "ResourceNotFoundException"
    both = {"StreamName": "closed", "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/open"}
    acting(arn, "kinesis").put_record(StreamName="open", Data=b"x", PartitionKey="k")
    assert refused(acting(arn, "kinesis").put_record, Data=b"x", PartitionKey="k", **both)[0] == "AccessDeniedException"


def test_who_makes_a_function_must_be_allowed_to_pass_its_role(server, deployment, role, acting):
    powerful, limited = deployment.role(), role(document("lambda:*"))
    settings = {"Runtime": "python3.11", "Handler": "main.handler", "Code": {"ZipFile": package({"main.py": "def handler(event, context): pass"})}}
    code, text = refused(acting(limited, "lambda").create_function, FunctionName="climbing", Role=powerful, **settings)
    assert code == "AccessDeniedException" and f"iam:PassRole on resource: {powerful}" in text
    allowed = role(document("lambda:*"), document("iam:PassRole", resource=powerful, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))
    acting(allowed, "lambda").create_function(FunctionName="climbing", Role=powerful, **settings)
    assert refused(server.client("lambda", key="111122223333").create_function, FunctionName="crossing", Role=powerful, **settings) == \
        ("AccessDeniedException", "Cross-account pass role is not allowed.")


WRITES = """
import boto3
def handler(event, context):
    print('HERE')
    boto3.client('dynamodb').put_item(TableName='written', Item={'id': {'S': 'a'}})
"""
LOGS = document("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def function(deployment, role_arn, code):
    name = f"acting-{next(NAMES)}"
    deployment.functions.create_function(FunctionName=name, Runtime="python3.11", Handler="main.handler", Role=role_arn, Code={"ZipFile": package({"main.py": code})})
    return name


def test_a_function_has_its_roles_rights(deployment, role):
    deployment.table("written")
    arn = role(LOGS)
    name = function(deployment, arn, WRITES)
    answer, _ = deployment.invoke(name)
    assert answer["errorType"] == "ClientError" and "AccessDeniedException" in answer["errorMessage"] and "is not authorized to perform: dynamodb:PutItem" in answer["errorMessage"]
    deployment.iam.put_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyName="write", PolicyDocument=document("dynamodb:PutItem"))
    assert deployment.invoke(name)[0] is None
    wait_until(lambda: deployment.log_of(name, "HERE"))


def test_a_function_without_the_right_to_log_has_no_log(deployment, role):
    silent, loud = (function(deployment, role(*policies), "def handler(event, context):\n    print('HERE')\n") for policies in ((), (LOGS,)))
    deployment.invoke(silent)
    deployment.invoke(loud)
    wait_until(lambda: deployment.log_of(loud, "HERE"))
    assert deployment.log_of(silent) == []


def test_a_mapping_needs_rights_on_its_source(deployment, role):
    queues, fn = Queues(deployment.server), deployment.functions
    stream = deployment.table("poorly-read", stream="KEYS_ONLY")
    url, arn = queues.create(), role(LOGS)
    name, role_name = function(deployment, arn, "def handler(event, context):\n    print('HERE')\n"), arn.rsplit("/", 1)[1]

    def mapping(source, **settings):
        return fn.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **settings)

    assert refused(mapping, source=stream, StartingPosition="LATEST") == (
        "InvalidParameterValueException", f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, "
        "ListShards, and ListStreams Actions on your stream in IAM.")
    assert refused(mapping, source=queues.arn(url))[1] == "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    for policy in ("AWSLambdaDynamoDBExecutionRole", "AWSLambdaSQSQueueExecutionRole"):
        deployment.iam.attach_role_policy(RoleName=role_name, PolicyArn=f"arn:aws:iam::aws:policy/service-role/{policy}")
    uuid = mapping(stream, StartingPosition="TRIM_HORIZON")["UUID"]
    mapping(queues.arn(url))
    deployment.dynamodb.put_item(TableName="poorly-read", Item={"id": {"S": "a"}})
    wait_until(lambda: deployment.log_of(name, "HERE"))
    # A right that is taken away stops the mapping; given back, it goes on where it was.
    deployment.iam.detach_role_policy(RoleName=role_name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole")
    deployment.dynamodb.put_item(TableName="poorly-read", Item={"id": {"S": "b"}})
    wait_until(lambda: fn.get_event_source_mapping(UUID=uuid)["LastProcessingResult"].startswith("PROBLEM: Cannot access stream"))
    assert len(deployment.log_of(name, "HERE")) == 1
    deployment.iam.attach_role_policy(RoleName=role_name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole")
    wait_until(lambda: len(deployment.log_of(name, "HERE")) == 2)


def test_destinations_need_rights(deployment, role):
    queues, fn = Queues(deployment.server), deployment.functions
    url, arn = queues.create(), role(LOGS)
    name = function(deployment, arn, "def handler(event, context):\n    pass\n")
    config = {"FunctionName": name, "DestinationConfig": {"OnFailure": {"Destination": queues.arn(url)}}}
    assert "does not have permissions to call SendMessage on" in refused(fn.put_function_event_invoke_config, **config)[1]
    assert refused(fn.update_function_configuration, FunctionName=name, DeadLetterConfig={"TargetArn": queues.arn(url)})[1] == \
        "The provided execution role does not have permissions to call SendMessage on SQS"
    deployment.iam.put_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyName="send", PolicyDocument=document("sqs:SendMessage", resource=queues.arn(url)))
    fn.put_function_event_invoke_config(**config)
