"""Who tries to become a role that does not trust them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import TRUST, package

NAMES = iter(range(10**6))
OWN, OTHER = "000000000000", "111122223333"
ANY = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal, effect="Allow", action="sts:AssumeRole", **more):
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


class Account:
    def __init__(self, server, account=OWN):
        self.server, self.account, self.iam = server, account, server.client("iam", key=account)

    def role(self, *statements, policy=None, **settings):
        name = f"trusted-{next(NAMES)}"
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*statements), **settings)["Role"]["Arn"]
        if policy:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*policy))
        return arn

    def user(self, *statements):
        """A user's ARN, and clients of theirs: sts = client("sts")."""
        name = f"person-{next(NAMES)}"
        arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return arn, lambda service: self.server.client(service, key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def own(server):
    return Account(server)


@pytest.fixture
def other(server):
    return Account(server, OTHER)


def session(server, sts, arn, name="me", **settings):
    """Clients of the role's session."""
    keys = sts.assume_role(RoleArn=arn, RoleSessionName=name, **settings)["Credentials"]
    return lambda service: server.client(service, keys["AccessKeyId"], keys["SecretAccessKey"], token=keys["SessionToken"])


def may(sts, arn, **settings):
    try:
        sts.assume_role(RoleArn=arn, RoleSessionName="me", **settings)
        return True
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied" and "is not authorized to perform: sts:" in error.response["Error"]["Message"]
        return False


def test_an_account_that_is_trusted_leaves_it_to_its_policies(own):
    arn = own.role(trust({"AWS": OWN}))
    assert not may(own.user()[1]("sts"), arn)
    assert not may(own.user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn + "x"})[1]("sts"), arn)
    assert may(own.user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn})[1]("sts"), arn)
    assert not may(own.user(ANY, {"Effect": "Deny", "Action": "sts:*", "Resource": arn})[1]("sts"), arn)
    assert not may(own.user(ANY)[1]("sts"), own.role(trust({"Service": "lambda.amazonaws.com"})))


def test_whom_the_trust_names_needs_no_policy_but_no_deny_either(own):
    arn, client = own.user()
    role = own.role(trust({"AWS": arn}))
    assert may(client("sts"), role) and not may(own.user(ANY)[1]("sts"), role)
    own.iam.put_user_policy(UserName=arn.rsplit("/", 1)[1], PolicyName="no", PolicyDocument=document({**ANY, "Effect": "Deny"}))
    assert not may(client("sts"), role)


def test_another_account_needs_both(own, other):
    role = own.role(trust({"AWS": f"arn:aws:iam::{OTHER}:root"}))
    assert not may(other.user()[1]("sts"), role) and may(other.user(ANY)[1]("sts"), role)
    arn, client = other.user()
    assert not may(client("sts"), own.role(trust({"AWS": arn})))
    assert not may(other.user(ANY)[1]("sts"), own.role(trust({"AWS": OWN})))
    assert not may(other.server.client("sts", key="444455556666"), role)


@pytest.mark.parametrize("condition, given, passes", [
    ({"StringEquals": {"sts:ExternalId": "secret"}}, {}, False),
    ({"StringEquals": {"sts:ExternalId": "secret"}}, {"ExternalId": "guess"}, False),
    ({"StringEquals": {"sts:ExternalId": "secret"}}, {"ExternalId": "secret"}, True),
    ({"StringLike": {"sts:RoleSessionName": "admin-*"}}, {}, False),
    ({"StringLike": {"sts:RoleSessionName": "m?"}}, {}, True),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, False),
    ({"StringEquals": {"aws:PrincipalTag/team": "red"}}, {}, False),
    ({"StringEquals": {"aws:PrincipalAccount": OWN}}, {}, True),
    ({"StringEquals": {"aws:SourceAccount": OWN}}, {}, False),
])
def test_conditions(own, condition, given, passes):
    assert may(own.user(ANY)[1]("sts"), own.role(trust({"AWS": OWN}, Condition=condition)), **given) == passes


@pytest.mark.parametrize("statement, problem", [
    (trust({"AWS": OWN}, Condition={"StringEqual": {"sts:ExternalId": "secret"}}), "Syntax errors in policy."),
    (trust({"AWS": OWN}, Resource="*"), "Has prohibited field Resource"),
    ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "Missing required field Principal"),
    ({"Effect": "Deny", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"}, "Has prohibited field NotPrincipal"),
    (trust({"AWS": "arn:aws:iam::000000000000:user/*"}), 'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/*"'),
    (trust({"AWS": OWN}, action="sqs:SendMessage"), "AssumeRole policy may only specify STS AssumeRole actions."),
])
def test_a_trust_that_cannot_be_meant_is_refused(own, statement, problem):
    assert refusal(own.iam.create_role, RoleName="never", AssumeRolePolicyDocument=document(statement)) == ("MalformedPolicyDocument", problem)
    name = own.role(trust({"AWS": OWN})).rsplit("/", 1)[1]
    assert refusal(own.iam.update_assume_role_policy, RoleName=name, PolicyDocument=document(statement)) == ("MalformedPolicyDocument", problem)


def test_denies_and_wildcards_in_the_trust(own):
    arn, client = own.user(ANY)
    assert may(client("sts"), own.role(trust({"AWS": OWN}, action="sts:*")))
    assert may(client("sts"), own.role(trust("*", action="sts:Assume*")))
    assert may(client("sts"), own.role({"Effect": "Allow", "Principal": {"AWS": [OTHER, OWN]}, "NotAction": "sts:TagSession"}))
    assert not may(client("sts"), own.role(trust({"AWS": OWN}, action="sts:AssumeRoleWithSAML")))
    assert not may(client("sts"), own.role(trust({"AWS": OWN}), trust({"AWS": arn}, effect="Deny")))
    assert not may(client("sts"), own.role(trust("*"), trust({"AWS": OWN}, effect="Deny", action="sts:*")))
    assert not may(client("sts"), own.role(trust({"AWS": arn}), trust("*", effect="Deny", Condition={"Null": {"sts:ExternalId": "true"}})))


def test_a_role_covers_its_sessions_and_a_session_only_itself(server, own):
    first = own.role(trust({"AWS": OWN}))
    sts = session(server, server.client("sts"), first)("sts")
    name, identity = first.rsplit("/", 1)[1], sts.get_caller_identity()
    assert may(sts, own.role(trust({"AWS": first})))
    assert may(sts, own.role(trust({"AWS": identity["Arn"]})))
    assert may(sts, own.role(trust({"AWS": identity["UserId"].split(":")[0]})))
    assert not may(sts, own.role(trust({"AWS": f"arn:aws:sts::{OWN}:assumed-role/{name}/another"})))
    assert not may(sts, own.role(trust({"AWS": OWN})))
    pathed = own.role(trust({"AWS": OWN}), Path="/team/")
    assert may(session(server, server.client("sts"), pathed)("sts"), own.role(trust({"AWS": pathed})))


def test_how_long_a_session_may_last(server, own):
    root = server.client("sts")
    short, long = own.role(trust({"AWS": OWN})), own.role(trust("*"), MaxSessionDuration=7200)
    too_long = ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    assert refusal(root.assume_role, RoleArn=short, RoleSessionName="me", DurationSeconds=3601) == too_long
    assert refusal(root.assume_role, RoleArn=long, RoleSessionName="me", DurationSeconds=7201) == too_long
    root.assume_role(RoleArn=long, RoleSessionName="me", DurationSeconds=7200)
    chained = session(server, root, short)("sts")
    assert refusal(chained.assume_role, RoleArn=long, RoleSessionName="me", DurationSeconds=3601) == (
        "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
    chained.assume_role(RoleArn=long, RoleSessionName="me", DurationSeconds=3600)


@pytest.mark.parametrize("arn", ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role", "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"])
def test_arns_that_are_none(server, arn):
    assert refusal(server.client("sts").assume_role, RoleArn=arn, RoleSessionName="me") == ("ValidationError", f"{arn} is invalid")


def test_session_policies_narrow(server, own):
    role = own.role(trust({"AWS": OWN}), policy=[ANY])
    narrow = document({"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
    for settings in ({"Policy": narrow}, {"PolicyArns": [{"arn": own.iam.create_policy(PolicyName=f"narrow-{next(NAMES)}", PolicyDocument=narrow)["Policy"]["Arn"]}]}):
        client = session(server, server.client("sts"), role, **settings)
        client("sqs").list_queues()
        code, text = refusal(client("dynamodb").list_tables)
        assert code == "AccessDeniedException" and text.endswith("because no session policy allows the dynamodb:ListTables action")
    denying = session(server, server.client("sts"), role, Policy=document(ANY, {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}))
    denying("dynamodb").list_tables()
    assert refusal(denying("sqs").list_queues)[1].endswith("with an explicit deny in a session policy")
    unlimited = session(server, server.client("sts"), own.role(trust({"AWS": OWN})), Policy=document(ANY))
    assert refusal(unlimited("sqs").list_queues)[0] == "AccessDenied"  # it gives nothing
    for policy in ("{", json.dumps({"Statement": [ANY]}), document({"Effect": "Allow", "Action": "*"})):
        assert refusal(server.client("sts").assume_role, RoleArn=role, RoleSessionName="me", Policy=policy)[0] == "MalformedPolicyDocument"


def test_a_session_policy_binds_a_session_that_its_role_lets_further(server, own):
    target = own.role(trust({"AWS": OWN}))
    hop = own.role(trust({"AWS": OWN}), policy=[ANY])
    assert may(session(server, server.client("sts"), hop)("sts"), target)
    assert not may(session(server, server.client("sts"), hop, Policy=document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}))("sts"), target)


def test_tags_of_sessions(server, own):
    tagged = own.role(trust({"AWS": OWN}, action=["sts:AssumeRole", "sts:TagSession"]),
                      policy=[{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}},
                              {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}])
    root, red = server.client("sts"), [{"Key": "team", "Value": "red"}]
    assert not may(root, own.role(trust({"AWS": OWN})), Tags=red)
    session(server, root, tagged, Tags=red)("sqs").list_queues()
    for tags in ([], [{"Key": "team", "Value": "blue"}]):
        assert refusal(session(server, root, tagged, Tags=tags)("sqs").list_queues)[0] == "AccessDenied"
    asks = own.role(trust({"AWS": OWN}, action="sts:*", Condition={"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]}}))
    assert may(root, asks, Tags=red, TransitiveTagKeys=["team"]) and not may(root, asks)

    def invalid(**settings):
        return refusal(root.assume_role, RoleArn=tagged, RoleSessionName="me", **settings)
    assert invalid(Tags=red + [{"Key": "Team", "Value": "x"}])[1] == "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    assert invalid(Tags=red, TransitiveTagKeys=["other"])[1] == "The specified transitive tag key must be included in the requested tags."
    assert invalid(Tags=[{"Key": "aws:team", "Value": "x"}])[0] == "InvalidParameterValue"
    assert invalid(Tags=[{"Key": str(n), "Value": "x"} for n in range(51)])[0] == "ValidationError"
    # A transitive tag goes along the chain and cannot be replaced in it.
    first = session(server, root, tagged, Tags=red, TransitiveTagKeys=["team"])("sts")
    session(server, first, tagged)("sqs").list_queues()
    assert refusal(first.assume_role, RoleArn=tagged, RoleSessionName="me", Tags=[{"Key": "TEAM", "Value": "x"}])[1].startswith("One of the specified transitive tag keys can't be set")
    lost = session(server, root, tagged, Tags=red)("sts")
    assert refusal(session(server, lost, tagged)("sqs").list_queues)[0] == "AccessDenied"


def test_a_session_dies_with_its_role_and_is_not_its_namesakes(server, own):
    role = own.role(trust({"AWS": OWN}), policy=[ANY])
    name = role.rsplit("/", 1)[1]
    client = session(server, server.client("sts"), role)
    client("sqs").list_queues()
    own.iam.delete_role_policy(RoleName=name, PolicyName="own")
    own.iam.delete_role(RoleName=name)
    dead = {"InvalidClientTokenId", "UnrecognizedClientException"}
    assert refusal(client("sqs").list_queues)[0] in dead
    own.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust({"AWS": OWN})))
    own.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(ANY))
    assert refusal(client("sqs").list_queues)[0] in dead
    assert refusal(client("sts").get_caller_identity)[0] in dead
    assert refusal(client("sts").assume_role, RoleArn=role, RoleSessionName="me")[0] in dead
    session(server, server.client("sts"), role)("sqs").list_queues()


def test_lambda_is_trusted_by_the_same_rules(own, deployment):
    service = {"Service": "lambda.amazonaws.com"}
    settings = {"Runtime": "python3.11", "Handler": "main.handler", "Code": {"ZipFile": package({"main.py": "def handler(event, context): return 1"})}}

    def create(*statements):
        name = f"trusting-{next(NAMES)}"
        deployment.functions.create_function(FunctionName=name, Role=own.role(*statements), **settings)
        return name
    for statements in ([trust(service, effect="Deny"), trust(service)], [trust(service, Condition={"StringEquals": {"aws:SourceAccount": OTHER}})],
                       [trust({"Service": "ec2.amazonaws.com"})], [trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": OWN}})]):
        pytest.raises(ClientError, create, *statements).match("cannot be assumed by Lambda")
    name = create(trust(service, Condition={"StringEquals": {"aws:SourceAccount": OWN}, "ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{OWN}:function:trusting-*"}}))
    assert deployment.invoke(name)[0] == 1
