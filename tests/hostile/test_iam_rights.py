"""IAM's own requests: boundaries that are handed on, paths, and what is one's own.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""
import itertools

from guarded import OWN, Account, arn, document, outcome, trust

NUMBERS = itertools.count()
POLICY = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
MANAGED = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_boundaries_can_be_made_a_condition(server):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: delegating the making of users."""
    own = Account(server)
    limit = own.iam.create_policy(PolicyName=f"delegation-{next(NUMBERS)}", PolicyDocument=POLICY)["Policy"]["Arn"]
    only = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}}}
    iam = own.user({"Effect": "Allow", "Action": ["iam:CreateUser", "iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"], "Resource": "*", **only},
                   {"Effect": "Deny", "Action": "iam:AttachUserPolicy", "Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": MANAGED}}},
                   {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"})[1]("iam")
    name = f"delegate-{next(NUMBERS)}"
    assert outcome(iam, "CreateUser", {"UserName": name})[0] == "AccessDenied"
    assert outcome(iam, "CreateUser", {"UserName": name, "PermissionsBoundary": MANAGED})[0] == "AccessDenied"
    iam.create_user(UserName=name, PermissionsBoundary=limit)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=POLICY)
    free = own.user()[0].rsplit("/", 1)[1]
    assert outcome(iam, "PutUserPolicy", {"UserName": free, "PolicyName": "p", "PolicyDocument": POLICY})[0] == "AccessDenied"
    assert outcome(iam, "AttachUserPolicy", {"UserName": name, "PolicyArn": MANAGED})[0] == "AccessDenied"
    iam.attach_user_policy(UserName=name, PolicyArn=limit)


def test_paths_and_ones_own_keys(server):
    own = Account(server)
    own.role(trust({"AWS": OWN}), Path="/secret/")
    name = own.role(trust({"AWS": OWN}), Path="/secret/").rsplit("/", 1)[1]
    open_name = own.role(trust({"AWS": OWN})).rsplit("/", 1)[1]
    user, client = own.user({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": arn("iam", "role/secret/*", "")})
    assert outcome(client("iam"), "GetRole", {"RoleName": name})[0] == "AccessDenied"
    assert outcome(client("iam"), "GetRole", {"RoleName": open_name})[0] is None
    self_service = own.user({"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": arn("iam", "user/${aws:username}", "")})[1]("iam")
    assert outcome(self_service, "ListAccessKeys", {})[0] is None
    assert outcome(self_service, "ListAccessKeys", {"UserName": user.rsplit("/", 1)[1]})[0] == "AccessDenied"
