"""Lambda proxy integrations, buffered: the event that goes in, the answer that comes out, and the limits."""

import base64
import gzip
import json
import threading
import zlib
from typing import Any

import pytest

from local_aws.control_plane import DomainMapping
from local_aws.gateway import Limits
from local_aws.lambda_service.types import Invocation, NotPermitted, RequestTooLarge, Throttled
from local_aws.tests.gateway_support import FUNCTION, document, operation, proxy, serve

ECHO = document({"/model/{modelId}/invoke": {"post": operation(proxy())}, "/v1/models": {"get": operation(proxy())}})


def test_the_event_is_what_api_gateway_sends() -> None:
    # GIVEN a stage with a variable
    call, functions = serve(ECHO, stage={"variables": {"color": "blue"}})

    # WHEN a request with repeated headers, a query and an encoded ARN comes in
    answer = call(
        "POST",
        "/model/arn%3Aaws%2Fx/invoke?a=1&a=2&b=x%20y",
        [("X-Custom", "one"), ("x-custom", "two"), ("User-Agent", "boto"), ("Content-Type", "application/json")],
        b'{"text":"\xc3\xa9"}',
    )

    # THEN the event has all of it, the path still encoded, the parameter decoded once
    event = functions.events[0]
    assert answer.status == 200
    assert event["resource"] == "/model/{modelId}/invoke"
    assert event["path"] == "/model/arn%3Aaws%2Fx/invoke"
    assert event["pathParameters"] == {"modelId": "arn:aws/x"}
    assert event["httpMethod"] == "POST"
    assert event["headers"]["X-Custom"] == "two"
    assert event["multiValueHeaders"]["X-Custom"] == ["one", "two"]
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert "Content-Length" not in event["headers"]
    assert event["queryStringParameters"] == {"a": "2", "b": "x y"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x y"]}
    assert event["stageVariables"] == {"color": "blue"}
    assert event["body"] == '{"text":"é"}'
    assert event["isBase64Encoded"] is False

    # AND the request's context says where it came in
    context = event["requestContext"]
    assert context["path"] == "/live/model/arn%3Aaws%2Fx/invoke"
    assert (context["apiId"], context["stage"], context["accountId"]) == ("abc123", "live", "123456789012")
    assert (context["httpMethod"], context["resourcePath"]) == ("POST", "/model/{modelId}/invoke")
    assert context["domainName"] == "abc123.execute-api.us-east-1.amazonaws.com"
    assert (context["protocol"], context["requestId"]) == ("HTTP/1.1", answer.headers["x-amzn-requestid"])
    assert context["requestTimeEpoch"] > 1_700_000_000_000
    identity = context["identity"]
    assert (identity["sourceIp"], identity["userAgent"], identity["userArn"]) == ("127.0.0.1", "boto", None)


def test_what_is_absent_is_null_in_the_event() -> None:
    # WHEN a bare request comes in
    call, functions = serve(ECHO)
    call("GET", "/v1/models")

    # THEN query, parameters, variables and body are null, and there is no authorizer
    event = functions.events[0]
    for name in (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ):
        assert event[name] is None
    assert "authorizer" not in event["requestContext"]


def test_the_function_is_invoked_on_behalf_of_the_method() -> None:
    # WHEN a request comes in
    call, functions = serve(ECHO)
    call("POST", "/model/nova/invoke")

    # THEN the alias in the URI is invoked, in API Gateway's name and for that method
    invoked = functions.calls[0]
    assert (invoked["function_arn"], invoked["streaming"]) == (FUNCTION, False)
    assert invoked["source"].principal == "apigateway.amazonaws.com"
    assert invoked["source"].arn == "arn:aws:execute-api:us-east-1:123456789012:abc123/live/POST/model/*/invoke"


def test_binary_media_types_arrive_in_base64() -> None:
    # GIVEN an API that takes images as bytes
    call, functions = serve({**ECHO, "x-amazon-apigateway-binary-media-types": ["image/*"]})

    # WHEN an image and a text are sent
    call("POST", "/model/x/invoke", [("Content-Type", "image/png")], b"\x89PNG")
    call("POST", "/model/x/invoke", [("Content-Type", "text/plain")], b"hello")

    # THEN the image is encoded, the text is not
    assert [(event["body"], event["isBase64Encoded"]) for event in functions.events] == [
        (base64.b64encode(b"\x89PNG").decode(), True),
        ("hello", False),
    ]


@pytest.mark.parametrize(("declared", "expected"), [(["*/*"], b"\x00\x01"), ([], b"AAE=")])
def test_a_base64_answer_is_decoded_for_binary_media_types_alone(declared: list[str], expected: bytes) -> None:
    # GIVEN a function that answers in base64
    body = {**ECHO, "x-amazon-apigateway-binary-media-types": declared}
    call, _ = serve(body, lambda event: {"statusCode": 200, "body": "AAE=", "isBase64Encoded": True})

    # WHEN the caller accepts anything, THEN it gets bytes only where the API declares them
    assert call("GET", "/v1/models", [("Accept", "*/*")]).body == expected


def test_status_headers_and_body_come_from_the_function() -> None:
    # GIVEN an answer with headers of both kinds
    answer = {
        "statusCode": 429,
        "headers": {"retry-after": 3, "Content-Type": "text/plain", "Server": "mine", "WWW-Authenticate": "Bearer"},
        "multiValueHeaders": {"x-two": ["a", "b"]},
        "body": "slow down",
    }
    call, _ = serve(ECHO, lambda event: answer)

    # WHEN it is passed on
    found = call("GET", "/v1/models")

    # THEN all of it arrives; what API Gateway keeps for itself is renamed
    assert (found.status, found.body) == (429, b"slow down")
    assert found.headers["retry-after"] == "3"
    assert found.headers["content-type"] == "text/plain"
    assert found.headers["x-amzn-remapped-server"] == "mine"
    assert found.headers["x-amzn-remapped-www-authenticate"] == "Bearer"
    assert found.headers["x-two"] == "b"
    assert found.headers["content-length"] == "9"
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(found.headers)


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        ["list"],
        {"statusCode": "abc"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "message": "a field that is not known"},
        {"statusCode": 200, "headers": {"x": ["list"]}},
        {"statusCode": 200, "headers": {"x": "line\nbreak"}},
        Invocation("r", payload=b"not json"),
        Invocation("r", payload=b'{"errorMessage":"boom","errorType":"E"}', function_error="Unhandled"),
    ],
)
def test_an_answer_that_is_none_is_a_502(answer: Any) -> None:
    # GIVEN a function that fails, or answers in another shape
    call, _ = serve(ECHO, lambda event: answer)

    # WHEN it is called
    found = call("GET", "/v1/models")

    # THEN the caller gets API Gateway's own error, and nothing of what went wrong
    assert (found.status, found.json) == (502, {"message": "Internal server error"})
    assert found.headers["x-amzn-errortype"] == "InternalServerErrorException"


@pytest.mark.parametrize(
    ("error", "status"),
    [(Throttled("Rate Exceeded."), 500), (NotPermitted("no"), 500), (RequestTooLarge("big"), 413), (OSError("x"), 502)],
)
def test_refusals_of_the_lambda_service(error: Exception, status: int) -> None:
    # GIVEN a Lambda service that does not run the function
    call, _ = serve(ECHO, lambda event: error)

    # THEN API Gateway answers by itself; a throttled function is a 500 here, not a 429
    assert call("GET", "/v1/models").status == status


def test_a_function_that_takes_too_long_is_a_504_and_runs_on() -> None:
    # GIVEN a function that waits, and an integration that does not
    release, finished = threading.Event(), threading.Event()

    def slow(event: dict[str, Any]) -> dict[str, Any]:
        release.wait(10)
        finished.set()
        return {"statusCode": 200}

    body = document({"/slow": {"get": operation(proxy(timeoutInMillis=50))}})
    call, _ = serve(body, slow)

    # WHEN it is called
    answer = call("GET", "/slow")

    # THEN the caller's time is over, and the function still finishes
    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})
    release.set()
    assert finished.wait(10)


def test_buffered_integrations_end_after_29_seconds_at_the_latest() -> None:
    # GIVEN an integration whose own timeout is beyond the limit (which a test lowers from 29 s)
    release = threading.Event()
    body = document({"/slow": {"get": operation(proxy(timeoutInMillis=120000))}})
    call, _ = serve(body, lambda event: release.wait(10) and None, limits=Limits(buffered_timeout_seconds=0.05))

    # THEN the limit holds
    assert call("GET", "/slow").status == 504
    release.set()
    assert Limits().buffered_timeout_seconds == 29.0


def test_a_body_beyond_10_mb_never_reaches_the_function() -> None:
    # GIVEN the true limit
    call, functions = serve(ECHO)

    # WHEN one body is at the limit and one is a byte beyond it
    fits = call("POST", "/model/x/invoke", body=b"x" * (10 * 1024 * 1024))
    too_large = call("POST", "/model/x/invoke", body=b"x" * (10 * 1024 * 1024 + 1))

    # THEN only the first reaches the function
    assert (fits.status, too_large.status) == (200, 413)
    assert too_large.json == {"message": "Request Too Long"}
    assert len(functions.events) == 1


def test_a_custom_domain_serves_its_stage_below_its_base_path() -> None:
    # GIVEN a domain whose base path leads to the stage
    mapping = DomainMapping("llm.example.com", "api", "abc123", "live")
    call, functions = serve(ECHO, mappings=[mapping])
    call.prefix = ""

    # WHEN it is called by its name, with the base path, without it, and by another name
    statuses = [
        call("GET", path, [("host", host)]).status
        for path, host in (
            ("/api/v1/models", "llm.example.com"),
            ("/apix/v1/models", "llm.example.com"),
            ("/api/v1/models", "other.example.com"),
        )
    ]

    # THEN only the first is served, and the event has the path as sent and the domain's name
    assert statuses == [200, 403, 403]
    assert functions.events[0]["requestContext"]["domainName"] == "llm.example.com"


def test_a_stage_is_served_at_its_own_host_name() -> None:
    # WHEN the stage is called by its host name
    call, functions = serve(ECHO)
    call.prefix = "/live"
    answer = call("GET", "/v1/models", [("host", "abc123.execute-api.us-east-1.amazonaws.com")])

    # THEN it is the same stage
    assert answer.status == 200
    assert functions.events[0]["path"] == "/v1/models"


@pytest.mark.parametrize("prefix", ["/_api/abc123/other", "/_api/nothere/live", "/elsewhere"])
def test_a_stage_that_is_not_there_is_forbidden(prefix: str) -> None:
    # WHEN an unknown API or stage is called
    call, _ = serve(ECHO)
    call.prefix = prefix

    # THEN API Gateway says no more than that
    answer = call("GET", "/v1/models")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_a_private_api_is_reached_through_its_endpoints_alone() -> None:
    # GIVEN a private API with one VPC endpoint
    call, functions = serve(ECHO, stage={"endpoint_types": ("PRIVATE",), "vpc_endpoint_ids": ("vpce-1",)})

    # WHEN it is called from nowhere, through another endpoint, and through its own
    statuses = [
        call("GET", "/v1/models", headers).status
        for headers in ([], [("X-Local-Aws-Vpc-Endpoint", "vpce-2")], [("X-Local-Aws-Vpc-Endpoint", "vpce-1")])
    ]

    # THEN only the last one gets in, and the header that says so stays outside
    assert statuses == [403, 403, 200]
    assert not [name for name in functions.events[0]["headers"] if "vpc" in name.lower()]


def test_a_disabled_default_endpoint_is_forbidden() -> None:
    # GIVEN an API that is served at its own domain alone
    call, _ = serve(ECHO, stage={"disable_execute_api_endpoint": True})

    # THEN its default endpoint answers nobody
    assert call("GET", "/v1/models").status == 403


def test_a_json_event_is_what_lambda_is_given() -> None:
    # WHEN bytes that are no UTF-8 come in as text
    call, functions = serve(ECHO)
    call("POST", "/model/x/invoke", [("Content-Type", "application/json")], b"\xff{}")

    # THEN the event is JSON all the same, as API Gateway makes it, with what can't be decoded replaced
    assert json.dumps(functions.events[0]["body"]) == '"\\ufffd{}"'


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same bytes in every process: they are parameters, and name tests


BODY = b'{"text":"hello"}'
GZIPPED = _gzip(BODY)


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", GZIPPED),
        ("GZIP", _gzip(BODY[:5]) + _gzip(BODY[5:])),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
def test_a_compressed_body_reaches_the_function_plain_with_its_header(coding: str, sent: bytes) -> None:
    # GIVEN an API for which nothing about compression was set
    call, functions = serve(ECHO)
    # WHEN a body comes in one of the codings that AWS names
    answer = call("POST", "/model/x/invoke", [("Content-Encoding", coding)], sent)
    # THEN API Gateway has inflated it, and left the header
    event = functions.events[0]
    assert answer.status == 200
    assert (event["body"], event["isBase64Encoded"]) == (BODY.decode(), False)
    assert event["headers"]["Content-Encoding"] == coding


@pytest.mark.parametrize(
    ("coding", "sent", "status"),
    [
        ("br", GZIPPED, 415),
        ("zstd", BODY, 415),
        ("gzip, gzip", _gzip(GZIPPED), 415),
        ("gzip", BODY, 415),
        ("gzip", GZIPPED[:-4], 415),
        ("gzip", GZIPPED + b"more", 415),
        ("gzip", _gzip(bytes(10_001)), 413),
        ("gzip", _gzip(bytes(6_000)) * 2, 413),
        ("deflate", zlib.compress(bytes(9_000_000)), 413),
    ],
)
def test_what_cannot_be_inflated_within_the_limit_reaches_no_function(coding: str, sent: bytes, status: int) -> None:
    # GIVEN a limit that the body as it is sent keeps
    limits = Limits(payload_bytes=10_000)
    assert len(sent) < limits.payload_bytes
    call, functions = serve(ECHO, limits=limits)
    # WHEN it is sent
    answer = call("POST", "/model/x/invoke", [("Content-Encoding", coding)], sent)
    # THEN API Gateway refuses it by itself
    assert (answer.status, functions.events) == (status, [])
