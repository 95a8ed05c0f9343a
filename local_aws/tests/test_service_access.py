"""Which IAM questions the requests of roles become."""

import json

import pytest

from local_aws.service_access import checks_for

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "target", "body", "action", "resource"),
    [
        ("s3", "GET", "/docs/in/a%20b.txt", "x-id=GetObject", "", b"", "s3:GetObject", "arn:aws:s3:::docs/in/a b.txt"),
        ("s3", "PUT", "/docs/out.json", "", "", b"{}", "s3:PutObject", "arn:aws:s3:::docs/out.json"),
        ("s3", "GET", "/docs", "list-type=2&prefix=in%2F", "", b"", "s3:ListBucket", "arn:aws:s3:::docs"),
        ("s3", "GET", "/docs/a", "X-Amz-Expires=60&X-Amz-Signature=0", "", b"", "s3:GetObject", "arn:aws:s3:::docs/a"),
        (
            "states",
            "POST",
            "/",
            "",
            "AWSStepFunctions.StartExecution",
            json.dumps({"stateMachineArn": MACHINE}).encode(),
            "states:StartExecution",
            MACHINE,
        ),
        ("sns", "POST", "/", "", "", f"Action=Publish&TopicArn={TOPIC}".encode(), "sns:Publish", TOPIC),
    ],
)
def test_a_request_is_one_question(
    service: str, method: str, path: str, query: str, target: str, body: bytes, action: str, resource: str
) -> None:
    # GIVEN WHEN
    checks = checks_for(service, method, path, query, target, body)

    # THEN
    assert checks is not None
    assert [(check.action, check.resource) for check in checks] == [(action, resource)]


def test_a_listing_carries_its_prefix() -> None:
    # GIVEN WHEN THEN
    checks = checks_for("s3", "GET", "/docs", "list-type=2&prefix=in%2F", "", b"")
    assert checks is not None
    assert checks[0].context == {"s3:prefix": "in/"}


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "target", "body"),
    [
        ("s3", "DELETE", "/docs/a", "", "", b""),
        ("s3", "PUT", "/docs/a", "acl", "", b""),
        ("s3", "PUT", "/docs/a", "acl&X-Amz-Expires=60", "", b""),
        ("s3", "GET", "/", "", "", b""),
        ("states", "POST", "/", "", "AWSStepFunctions.DeleteStateMachine", b"{}"),
        ("sns", "POST", "/", "", "", b"Action=CreateTopic&Name=t"),
        ("sqs", "POST", "/", "", "", b"Action=SendMessage"),
    ],
)
def test_anything_else_is_unknown(service: str, method: str, path: str, query: str, target: str, body: bytes) -> None:
    # GIVEN a request that no role here makes WHEN THEN nobody says what it would need, and the endpoint refuses it
    assert checks_for(service, method, path, query, target, body) is None
