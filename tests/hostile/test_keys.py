"""A key once issued is never root again."""
import base64
import json
import random

import pytest
from botocore.exceptions import ClientError
from raw_requests import ask, made_up_headers

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def refused(server, key, secret, token=None):
    for service, call, code in (("dynamodb", "list_tables", "UnrecognizedClientException"), ("iam", "list_users", "InvalidClientTokenId"), ("sqs", "list_queues", "InvalidClientTokenId")):
        with pytest.raises(ClientError) as caught:
            getattr(server.client(service, key, secret, token=token), call)()
        assert caught.value.response["Error"]["Code"] == code, service
    return True


def new_key(server, user):
    iam = server.client("iam")
    iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return iam.create_access_key(UserName=user)["AccessKey"]


def new_session(server, role, **more):
    iam = server.client("iam")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    given = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="me", **more)["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def test_a_deleted_key(server):
    key = new_key(server, "leaver")
    assert server.client("sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()["Arn"].endswith("user/leaver")
    server.client("iam").delete_access_key(UserName="leaver", AccessKeyId=key["AccessKeyId"])
    assert refused(server, key["AccessKeyId"], key["SecretAccessKey"])
    assert refused(server, key["AccessKeyId"], "another secret")


def test_a_key_of_a_server_that_was_reset(own_server):
    server = own_server()
    key = new_key(server, "before")
    session = new_session(server, "before")
    server.post("/_leat/reset")
    assert refused(server, key["AccessKeyId"], key["SecretAccessKey"]) and refused(server, *session)
    another = own_server()
    assert refused(another, key["AccessKeyId"], key["SecretAccessKey"]) and refused(another, *session)


def test_a_session_that_was_swept(own_server):
    server = own_server("--test-clock")
    session = new_session(server, "swept", DurationSeconds=900)
    server.post("/_leat/clock?advance=1000")
    with pytest.raises(ClientError, match="ExpiredToken"):
        server.client("dynamodb", *session[:2], token=session[2]).list_tables()
    server.post("/_leat/clock?advance=8000")
    new_session(server, "sweeper")  # who comes takes the old ones out
    assert refused(server, *session) and refused(server, *session[:2])


def test_a_session_without_its_token_or_with_another(server):
    one, two = new_session(server, "one"), new_session(server, "two")
    assert refused(server, *one[:2]) and refused(server, *one[:2], token=two[2])


def test_ids_name_their_account_and_are_marked(own_server):
    server = own_server()
    for account in ("000000000000", "123456789012", "999999999999"):
        iam = server.client("iam", account)
        iam.create_user(UserName="u")
        key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
        assert len(key) == 20 and key.startswith("AKIA") and set(key) <= set(BASE32)
        # As https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489 reads AWS's.
        number = int.from_bytes(base64.b32decode(key[4:])[:6], "big")
        assert f"{(number & 0x7fffffffff80) >> 7:012}" == account


def test_keys_of_others_are_unknown_and_not_refused(server):
    """Real ones, examples, what tests write: the mark is told from all of them."""
    draw = random.Random(11)
    keys = ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "ASIAIOSFODNN7EXAMPLE", "test", "AKIA", "LKIAQAAAAAAAFEXAMPLE"]
    keys += [prefix + "".join(draw.choices("QRSTUVWXYZ234567", k=1) + draw.choices(BASE32, k=15)) for prefix in ("AKIA", "ASIA") for _ in range(200)]
    for key in keys:
        assert ask(server, "POST", "/", made_up_headers("DynamoDB_20120810.ListTables", key=key), "{}")[0] == 200, key


