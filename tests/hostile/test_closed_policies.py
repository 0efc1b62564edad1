"""Policies that are odd, misspelt or meant to open by accident: they never do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""
import json

import pytest
from test_trust import ANY, OTHER, OWN, Account, document, may, refusal, session, trust

NAMES = iter(range(10**6))
DEAD = {"InvalidClientTokenId", "UnrecognizedClientException"}


@pytest.fixture
def own(server):
    return Account(server)


@pytest.fixture
def queue(server):
    """A queue with this policy: queue(statement, …) -> its URL and ARN."""
    def make(*statements, account=OWN):
        sqs = server.client("sqs", key=account)
        url = sqs.create_queue(QueueName=f"closed-{next(NAMES)}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if statements:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(*({"Resource": arn, **each} for each in statements))})
        return url, arn
    return make


def sends(client, url):
    try:
        client("sqs").send_message(QueueUrl=url, MessageBody="x")
        return True
    except client("sqs").exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False


def test_not_principal_leaves_out_only_whom_it_names_at_each_level(server, own, queue):
    spared, client = own.user(ANY)
    root = f"arn:aws:iam::{OWN}:root"
    url, _ = queue({"Effect": "Deny", "NotPrincipal": {"AWS": [spared, root]}, "Action": "sqs:SendMessage"})
    assert sends(client, url)
    assert not sends(own.user(ANY)[1], url)
    role = own.role(trust({"AWS": OWN}), policy=[ANY])
    acting = session(server, server.client("sts"), role)
    assert not sends(acting, url)
    assert not sends(client, queue({"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": "sqs:SendMessage"})[0])
    who = acting("sts").get_caller_identity()["Arn"]
    url, _ = queue({"Effect": "Deny", "NotPrincipal": {"AWS": [role, root, who]}, "Action": "sqs:SendMessage"})
    assert sends(acting, url) and not sends(session(server, server.client("sts"), role, name="another"), url)


def test_a_deny_of_an_account_or_everybody_denies(own, queue):
    _, client = own.user(ANY)
    for principal in (OWN, f"arn:aws:iam::{OWN}:root", "*"):
        assert not sends(client, queue({"Effect": "Deny", "Principal": {"AWS": principal}, "Action": "sqs:SendMessage"})[0])
    assert sends(client, queue({"Effect": "Deny", "Principal": {"AWS": OTHER}, "Action": "sqs:SendMessage"})[0])
    assert not sends(own.user()[1], queue({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sqs:SendMessage"})[0])


@pytest.mark.parametrize("statement", [
    {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "sqs:*"},
    {"Effect": "Allow", "Action": "sqs:*"},
    {"Effect": "Allow", "Principal": "everybody", "Action": "sqs:*"},
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/*"}, "Action": "sqs:*"},
    {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Condition": {"StringEqual": {"aws:PrincipalArn": "x"}}},
    {"Effect": "deny", "Principal": "*", "Action": "sqs:*"},
    {"Effect": "Deny", "Principal": "*", "Actions": "sqs:*"},
])
def test_resources_refuse_what_cannot_be_meant(server, queue, deployment, statement):
    url, arn = queue()
    assert refusal(server.client("sqs").set_queue_attributes, QueueUrl=url, Attributes={"Policy": document({**statement, "Resource": arn})}) == (
        "InvalidAttributeValue", "Invalid value for the parameter Policy.")
    name = f"closed-{next(NAMES)}"
    assert refusal(server.client("sqs").create_queue, QueueName=name, Attributes={"Policy": document({**statement, "Resource": arn})})[0] == "InvalidAttributeValue"
    server.client("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream = f"arn:aws:kinesis:us-east-1:{OWN}:stream/{name}"
    assert refusal(server.client("kinesis").put_resource_policy, ResourceARN=stream, Policy=document({**statement, "Resource": stream}))[0] == "InvalidArgumentException"
    deployment.table(name)
    table = f"arn:aws:dynamodb:us-east-1:{OWN}:table/{name}"
    assert refusal(server.client("dynamodb").put_resource_policy, ResourceArn=table, Policy=document({**statement, "Resource": table}))[0] == "ValidationException"


@pytest.mark.parametrize("policy, problem", [
    ("{", "This policy contains invalid Json"),
    ("[]", "This policy contains invalid Json"),
    (json.dumps({"Version": "2012-10-17"}), "Syntax errors in policy."),
    (json.dumps({"Version": "2012-10-17", "Statements": [ANY]}), "Syntax errors in policy."),
    (json.dumps({"Statement": [ANY]}), "Policy document must be version 2012-10-17 or greater."),
    (json.dumps({"Version": "2008-10-17", "Statement": [ANY]}), "Policy document must be version 2012-10-17 or greater."),
    (document({"Effect": "Allow", "Action": "*"}), "Policy statement must contain resources."),
    (document({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
    (document({**ANY, "Condition": {"StringEqual": {"aws:userid": "x"}}}), "Syntax errors in policy."),
    (document({**ANY, "Condition": {"StringEquals": {"userid": "x"}}}), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (document({**ANY, "Principal": "*"}), "Policy document should not specify a principal."),
    (document({**ANY, "Resource": "queue"}), 'Resource queue must be in ARN format or "*".'),
    (document({**ANY, "Effect": "ALLOW"}), "The policy failed legacy parsing"),
])
def test_iam_refuses_what_cannot_be_meant(own, policy, problem):
    name = own.role(trust({"AWS": OWN})).rsplit("/", 1)[1]
    user = own.user()[0].rsplit("/", 1)[1]
    group = f"group-{next(NAMES)}"
    own.iam.create_group(GroupName=group)
    for call, arguments in ((own.iam.put_role_policy, {"RoleName": name, "PolicyName": "p"}), (own.iam.put_user_policy, {"UserName": user, "PolicyName": "p"}),
                            (own.iam.put_group_policy, {"GroupName": group, "PolicyName": "p"}), (own.iam.create_policy, {"PolicyName": f"p-{next(NAMES)}"})):
        assert refusal(call, PolicyDocument=policy, **arguments) == ("MalformedPolicyDocument", problem)


# --- permissions boundaries

def boundary(own, *statements):
    return own.iam.create_policy(PolicyName=f"permissions-boundary-{next(NAMES)}", PolicyDocument=document(*statements))["Policy"]["Arn"]


QUEUES_ALONE = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def test_a_boundary_narrows_a_user(own, queue, deployment):
    arn, client = own.user(ANY)
    name, limit = arn.rsplit("/", 1)[1], boundary(own, QUEUES_ALONE)
    client("dynamodb").list_tables()
    own.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=limit)
    assert own.iam.get_user(UserName=name)["User"]["PermissionsBoundary"] == {"PermissionsBoundaryArn": limit, "PermissionsBoundaryType": "Policy"}
    client("sqs").list_queues()
    assert refusal(client("dynamodb").list_tables)[1].endswith("because no permissions boundary allows the dynamodb:ListTables action")
    assert refusal(own.iam.delete_policy, PolicyArn=limit)[0] == "DeleteConflict"
    own.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary(own, ANY, {**QUEUES_ALONE, "Effect": "Deny"}))
    assert refusal(client("sqs").list_queues)[1].endswith("with an explicit deny in a permissions boundary")
    own.iam.delete_user_permissions_boundary(UserName=name)
    client("sqs").list_queues()
    assert refusal(own.iam.put_user_permissions_boundary, UserName=name, PermissionsBoundary=limit + "x")[0] == "NoSuchEntity"


def test_a_boundary_narrows_a_role_from_its_creation_on(server, own):
    limit = boundary(own, QUEUES_ALONE)
    role = own.role(trust({"AWS": OWN}), policy=[ANY], PermissionsBoundary=limit)
    client = session(server, server.client("sts"), role)
    client("sqs").list_queues()
    assert refusal(client("dynamodb").list_tables)[0] == "AccessDeniedException"
    assert not may(client("sts"), own.role(trust({"AWS": role})))
    own.iam.delete_role_permissions_boundary(RoleName=role.rsplit("/", 1)[1])
    assert may(client("sts"), own.role(trust({"AWS": role})))
    user = f"bound-{next(NAMES)}"
    assert own.iam.create_user(UserName=user, PermissionsBoundary=limit)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit
    assert refusal(own.iam.create_user, UserName=user + "x", PermissionsBoundary=limit + "x")[0] == "NoSuchEntity"


def test_a_resources_policy_goes_past_a_boundary_only_for_whom_it_names(server, own, queue):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: users and sessions, not roles."""
    limit = boundary(own, {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    role = own.role(trust({"AWS": OWN}), PermissionsBoundary=limit)
    client = session(server, server.client("sts"), role)
    allow = {"Effect": "Allow", "Action": "sqs:SendMessage"}
    assert not sends(client, queue({**allow, "Principal": {"AWS": role}})[0])
    assert sends(client, queue({**allow, "Principal": {"AWS": client("sts").get_caller_identity()["Arn"]}})[0])
    arn, person = own.user()
    own.iam.put_user_permissions_boundary(UserName=arn.rsplit("/", 1)[1], PermissionsBoundary=limit)
    assert sends(person, queue({**allow, "Principal": {"AWS": arn}})[0])
    # In another account the boundary counts whoever is named.
    assert not sends(person, queue({**allow, "Principal": {"AWS": arn}}, account=OTHER)[0])


# --- groups and keys

def test_a_groups_policies_are_its_users(own):
    arn, client = own.user()
    name, group = arn.rsplit("/", 1)[1], f"group-{next(NAMES)}"
    assert own.iam.create_group(GroupName=group, Path="/team/")["Group"]["Arn"] == f"arn:aws:iam::{OWN}:group/team/{group}"
    assert refusal(own.iam.create_group, GroupName=group)[0] == "EntityAlreadyExists"
    own.iam.put_group_policy(GroupName=group, PolicyName="queues", PolicyDocument=document(QUEUES_ALONE))
    assert refusal(client("sqs").list_queues)[0] == "AccessDenied"
    own.iam.add_user_to_group(GroupName=group, UserName=name)
    client("sqs").list_queues()
    assert [each["GroupName"] for each in own.iam.list_groups_for_user(UserName=name)["Groups"]] == [group]
    assert [each["UserName"] for each in own.iam.get_group(GroupName=group)["Users"]] == [name]
    limit = boundary(own, {**QUEUES_ALONE, "Effect": "Deny"})
    own.iam.attach_group_policy(GroupName=group, PolicyArn=limit)
    assert refusal(client("sqs").list_queues)[1].endswith("with an explicit deny in an identity-based policy")
    assert refusal(own.iam.delete_policy, PolicyArn=limit)[0] == "DeleteConflict"
    own.iam.update_group(GroupName=group, NewGroupName=group + "-2", NewPath="/")
    assert own.iam.get_group(GroupName=group + "-2")["Group"]["Arn"] == f"arn:aws:iam::{OWN}:group/{group}-2"
    assert refusal(client("sqs").list_queues)[0] == "AccessDenied" and refusal(own.iam.get_group, GroupName=group)[0] == "NoSuchEntity"
    assert [each["PolicyArn"] for each in own.iam.list_attached_group_policies(GroupName=group + "-2")["AttachedPolicies"]] == [limit]
    own.iam.detach_group_policy(GroupName=group + "-2", PolicyArn=limit)
    client("sqs").list_queues()
    assert refusal(own.iam.delete_group, GroupName=group + "-2")[0] == "DeleteConflict"
    own.iam.remove_user_from_group(GroupName=group + "-2", UserName=name)
    assert refusal(client("sqs").list_queues)[0] == "AccessDenied"
    assert own.iam.list_group_policies(GroupName=group + "-2")["PolicyNames"] == ["queues"]
    own.iam.delete_group_policy(GroupName=group + "-2", PolicyName="queues")
    own.iam.delete_group(GroupName=group + "-2")


def test_an_inactive_key_is_refused(own):
    arn, client = own.user(ANY)
    name = arn.rsplit("/", 1)[1]
    key = own.iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
    client("sqs").list_queues()
    own.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert own.iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert refusal(client("sqs").list_queues)[0] in DEAD and refusal(client("sts").get_caller_identity)[0] in DEAD
    own.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    client("sqs").list_queues()
    assert refusal(own.iam.update_access_key, UserName=own.user()[0].rsplit("/", 1)[1], AccessKeyId=key, Status="Inactive")[0] == "NoSuchEntity"


def test_policies_are_attached_by_their_own_arns(own):
    name = own.role(trust({"AWS": OWN})).rsplit("/", 1)[1]
    limit = boundary(own, ANY)
    assert refusal(own.iam.attach_role_policy, RoleName=name, PolicyArn=limit.rsplit("/", 1)[1]) == ("ValidationError", "Invalid ARN:  Could not be parsed!")
    assert refusal(own.iam.attach_role_policy, RoleName=name, PolicyArn=limit.replace(OWN, OTHER))[0] == "NoSuchEntity"
