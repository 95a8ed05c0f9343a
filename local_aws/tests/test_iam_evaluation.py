"""The decision itself: effects, patterns, principals, boundaries."""

from typing import Any

import pytest

from local_aws.iam import Effect, Principal, UnknownPolicyElement, evaluate, evaluate_resource_policy

MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
API = "arn:aws:execute-api:us-east-1:123456789012:abc123/live/POST/v1/messages"
CALLER = Principal(
    arn="arn:aws:sts::123456789012:assumed-role/app/session", role_arn="arn:aws:iam::123456789012:role/team/app"
)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "bedrock:InvokeModel", resource: Any = MODEL, **others: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **others}


def deny(action: Any = "bedrock:InvokeModel", resource: Any = MODEL, **others: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **others}


@pytest.mark.parametrize(
    ("documents", "allowed"),
    [
        ([], False),
        ([policy(allow())], True),
        ([policy(allow(), deny())], False),
        ([policy(deny()), policy(allow())], False),
        ([policy(allow()), policy(deny(resource=MODEL.replace("lite", "pro")))], True),
        ([policy(allow(action="BEDROCK:invokemodel"))], True),
        ([policy(allow(action="bedrock:Invoke*"))], True),
        ([policy(allow(action="bedrock:InvokeMode?"))], True),
        ([policy(allow(action="bedrock:InvokeModel?"))], False),
        ([policy(allow(action="sagemaker:*"))], False),
        ([policy(allow(action="*"))], True),
        ([policy(allow(action=["bedrock:CountTokens", "bedrock:InvokeModel"]))], True),
        ([policy(allow(resource="*"))], True),
        ([policy(allow(resource=MODEL.upper().replace("ARN:", "arn:")))], False),
        ([policy(allow(resource="arn:aws:bedrock:*::foundation-model/amazon.*"))], True),
        ([policy(allow(resource="arn:aws:bedrock:us-west-2::foundation-model/*"))], False),
        ([policy(allow(resource="arn:aws:bedrock:*:foundation-model/amazon.*:x"))], False),
        ([policy(allow(resource="arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:?"))], True),
        ([policy({"Effect": "Allow", "NotAction": "bedrock:CountTokens", "Resource": "*"})], True),
        ([policy({"Effect": "Allow", "NotAction": "bedrock:*", "Resource": "*"})], False),
        ([policy({"Effect": "Allow", "Action": "bedrock:*", "NotResource": MODEL})], False),
        ([policy(allow(), {"Effect": "Deny", "Action": "bedrock:*", "NotResource": MODEL})], True),
        ([{"Version": "2012-10-17", "Statement": allow()}], True),
    ],
)
def test_identity_policies_decide(documents: list[dict[str, Any]], allowed: bool) -> None:
    # WHEN identity policies are evaluated for one call
    decision = evaluate(documents, "bedrock:InvokeModel", MODEL, {})

    # THEN an explicit deny wins, then an allow, then the implicit deny
    assert decision.allowed is allowed, decision.reason


@pytest.mark.parametrize(
    ("boundary", "allowed"),
    [
        (policy(allow()), True),
        (policy(allow(action="dynamodb:*", resource="*")), False),
        (policy(allow(), deny(resource="*")), False),
    ],
)
def test_a_boundary_limits_what_policies_allow(boundary: dict[str, Any], allowed: bool) -> None:
    # GIVEN a role that may invoke the model
    # WHEN its permissions boundary is evaluated too
    decision = evaluate([policy(allow())], "bedrock:InvokeModel", MODEL, {}, boundary)

    # THEN only what both allow is allowed
    assert decision.allowed is allowed, decision.reason


def test_a_boundary_grants_nothing_by_itself() -> None:
    # GIVEN a boundary that allows the call, and no policy
    # THEN it is not allowed
    assert not evaluate([], "bedrock:InvokeModel", MODEL, {}, policy(allow())).allowed


def test_the_reason_names_the_denying_statement() -> None:
    # GIVEN a deny with a Sid
    # WHEN it decides
    decision = evaluate([policy(allow(), deny(Sid="Guarded"))], "bedrock:InvokeModel", MODEL, {})

    # THEN the decision says that it was explicit, and where
    assert decision.explicit
    assert "Guarded" in decision.reason


@pytest.mark.parametrize(
    "document",
    [
        policy(allow(Condition={"StringMatches": {"aws:SourceIp": "x"}})),
        policy(allow(Condition={"StringEquals": {"bedrock:SomethingNew": "x"}})),
        policy(allow(Condition={"ForSomeValues:StringEquals": {"aws:CalledVia": "x"}})),
        policy(allow(Condition={"StringEquals": {"aws:CalledVia": "x"}})),
        policy(allow(Condition={"NullIfExists": {"aws:SourceIp": "true"}})),
        policy(allow(Condition={"Null": {"aws:SourceIp": "yes"}})),
        policy(allow(Condition={"Bool": {"aws:SecureTransport": "yes"}})),
        policy(allow(Condition={"StringEquals": {"aws:SourceIp": {"not": "text"}}})),
        policy(allow(Condition={"StringEquals": {}})),
        policy({**allow(), "NotAction": "bedrock:*"}),
        policy({"Effect": "Allow", "Resource": "*"}),
        policy({**allow(), "Principal": "*"}),
        policy({**allow(), "NotPrincipal": "*"}),
        policy({**allow(), "Effect": "allow"}),
        policy({**allow(), "Conditions": {}}),
        policy(allow(action="b*:InvokeModel")),
        policy(allow(action="InvokeModel")),
        policy(allow(resource="foundation-model/x")),
        policy(allow(resource="arn:aws:bedrock:us-east-1::foundation-model/${aws:PrincipalTag/team}")),
        policy(allow(resource="arn:aws:bedrock:us-east-1::foundation-model/${aws:username}")),
        {"Version": "2020-01-01", "Statement": []},
        {"Version": "2012-10-17", "Statement": [], "Extra": 1},
        {"Version": "2012-10-17"},
    ],
)
def test_what_the_evaluator_does_not_know_is_an_error(document: dict[str, Any]) -> None:
    # GIVEN a document with an element that is not implemented, beside a plain deny of everything else
    # WHEN it is evaluated, THEN it is neither a pass nor a refusal
    with pytest.raises(UnknownPolicyElement):
        evaluate([document], "bedrock:InvokeModel", MODEL, {"aws:SecureTransport": "true"})


def test_an_unknown_element_is_an_error_in_a_statement_that_does_not_match() -> None:
    # GIVEN an unknown operator in a statement about another service
    document = policy(allow(), allow("s3:GetObject", "*", Condition={"StringMatches": {"aws:SourceIp": "x"}}))

    # WHEN a call of a model is evaluated, THEN it still raises
    with pytest.raises(UnknownPolicyElement, match="StringMatches"):
        evaluate([document], "bedrock:InvokeModel", MODEL, {})


@pytest.mark.parametrize(
    ("resource", "username", "allowed"),
    [
        ("arn:aws:s3:::home/${aws:username}", "ada", True),
        ("arn:aws:s3:::home/${aws:username}", "grace", False),
        ("arn:aws:s3:::home/${aws:username}", "*", False),
        ("arn:aws:s3:::home/${aws:PrincipalOrgID, 'ada'}", "ada", True),
        ("arn:aws:s3:::home/ad${*}", "ada", False),
    ],
)
def test_policy_variables_resolve_to_literal_text(resource: str, username: str, allowed: bool) -> None:
    # WHEN a resource names a variable
    decision = evaluate(
        [policy(allow("s3:GetObject", resource))], "s3:GetObject", "arn:aws:s3:::home/ada", {"aws:UserName": username}
    )

    # THEN its value is compared letter by letter, a star in it included
    assert decision.allowed is allowed


def test_the_old_policy_version_has_no_variables() -> None:
    # GIVEN the policy language of 2008, which is also the default
    document = {"Statement": allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}")}

    # THEN a variable is plain text
    assert evaluate([document], "s3:GetObject", "arn:aws:s3:::home/${aws:username}", {"aws:username": "ada"}).allowed


@pytest.mark.parametrize(
    ("principal", "effect", "by_account"),
    [
        ("*", Effect.ALLOW, False),
        ({"AWS": "*"}, Effect.ALLOW, False),
        ({"AWS": "123456789012"}, Effect.ALLOW, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, Effect.ALLOW, True),
        ({"AWS": ["999999999999", "arn:aws:iam::123456789012:role/team/app"]}, Effect.ALLOW, False),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/app/session"}, Effect.ALLOW, False),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, Effect.SILENT, False),
        ({"AWS": "999999999999"}, Effect.SILENT, False),
        ({"Service": "apigateway.amazonaws.com"}, Effect.SILENT, False),
    ],
)
def test_a_resource_policy_names_its_callers(principal: Any, effect: Effect, by_account: bool) -> None:
    # GIVEN a resource policy that allows one principal
    document = policy(allow("execute-api:Invoke", API, Principal=principal))

    # WHEN a role's session calls, THEN it is allowed if it is named, and how it is named is told
    assert evaluate_resource_policy(document, CALLER, "execute-api:Invoke", API, {}) == (effect, by_account)


def test_a_callers_without_credentials_is_named_by_a_star_alone() -> None:
    # GIVEN two policies, one for anybody and one for an account
    anybody = policy(allow("execute-api:Invoke", API, Principal="*"))
    account = policy(allow("execute-api:Invoke", API, Principal={"AWS": "123456789012"}))

    # THEN a caller without credentials is allowed by the first alone
    assert evaluate_resource_policy(anybody, Principal(), "execute-api:Invoke", API, {})[0] is Effect.ALLOW
    assert evaluate_resource_policy(account, Principal(), "execute-api:Invoke", API, {})[0] is Effect.SILENT


def test_a_service_is_named_as_a_service() -> None:
    # GIVEN a function's policy
    document = policy(
        allow(
            "lambda:InvokeFunction",
            "*",
            Principal={"Service": "apigateway.amazonaws.com"},
            Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:123456789012:abc123/*"}},
        )
    )
    gateway = Principal(service="apigateway.amazonaws.com")

    # WHEN API Gateway invokes for that API and for another one, THEN only the first is allowed
    for source, effect in ((API, Effect.ALLOW), (API.replace("abc123", "other1"), Effect.SILENT)):
        found, _ = evaluate_resource_policy(
            document,
            gateway,
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            {"aws:SourceArn": source},
        )
        assert found is effect


def test_a_deny_in_a_resource_policy_wins() -> None:
    # GIVEN an allow for everybody and a deny for another organisation's callers
    document = policy(
        allow("execute-api:Invoke", API, Principal="*"),
        deny("execute-api:Invoke", API, Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
    )

    # WHEN the caller has no organisation, or another one, or the right one
    effects = [
        evaluate_resource_policy(document, CALLER, "execute-api:Invoke", API, context)[0]
        for context in ({}, {"aws:PrincipalOrgID": "o-2"}, {"aws:PrincipalOrgID": "o-1"})
    ]

    # THEN the negated operator also matches where the key is absent
    assert effects == [Effect.DENY, Effect.DENY, Effect.ALLOW]
