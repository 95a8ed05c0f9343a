"""The stage's access log, in the control plane's log group."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.logs.models import logs_backends

from local_aws.control_plane import AccessLog
from local_aws.lambda_service.types import Invocation, InvocationFailed
from local_aws.tests.gateway_support import ACCOUNT, document, operation, proxy, serve, stream

GROUP = "/aws/apigateway/test/access"
FORMAT = json.dumps(
    {
        "id": "$context.requestId",
        "route": "$context.resourcePath",
        "status": "$context.status",
        "length": "$context.responseLength",
        "refused": "$context.error.responseType",
        "who": "$context.identity.userArn",
        "integration": "$context.integrationStatus",
    }
)
LOG = AccessLog(f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}", FORMAT)
API = document({"/v1/models": {"get": operation(proxy())}, "/v1/messages": {"post": operation(stream())}})


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is in the log group, as objects."""
    backend = logs_backends[ACCOUNT]["us-east-1"]
    backend.create_log_group(GROUP, {})
    yield lambda: [json.loads(event.message) for one in backend.groups[GROUP].streams.values() for event in one.events]
    logs_backends.reset()


def test_each_request_is_a_line_in_the_stages_own_format(lines: Any) -> None:
    # GIVEN a stage with an access log
    call, _ = serve(API, stage={"access_log": LOG})

    # WHEN one request is served and one is refused
    served, refused = call("GET", "/v1/models"), call("GET", "/nothing", [("Authorization", "Bearer sk-secret")])

    # THEN each has its line; what is not known is a dash, and the caller's key is nowhere
    assert lines() == [
        {
            "id": served.headers["x-amzn-requestid"],
            "route": "/v1/models",
            "status": "200",
            "length": "2",
            "refused": "-",
            "who": "-",
            "integration": "200",
        },
        {
            "id": refused.headers["x-amzn-requestid"],
            "route": "-",
            "status": "403",
            "length": str(len(refused.body)),
            "refused": "INVALID_SIGNATURE",
            "who": "-",
            "integration": "-",
        },
    ]


def test_a_stream_is_logged_when_it_is_over_cut_or_not(lines: Any) -> None:
    # GIVEN two streams, of which one is cut
    def cut() -> Iterator[bytes]:
        yield b"123"
        raise InvocationFailed("Function.Error", "boom")

    streams = [iter([b"12345", b"67"]), cut()]

    def answer(event: dict[str, Any]) -> Invocation:
        return Invocation("r", prelude={"statusCode": 200}, chunks=streams.pop(0))

    call, _ = serve(API, answer, stage={"access_log": LOG})

    # WHEN they are read
    call("POST", "/v1/messages")
    call("POST", "/v1/messages")

    # THEN each line holds what went out
    assert [line["length"] for line in lines()] == ["7", "3"]


def test_a_log_group_that_is_gone_loses_its_lines() -> None:
    # GIVEN a stage whose log group was deleted
    call, _ = serve(API, stage={"access_log": LOG})

    # THEN requests are served all the same
    assert call("GET", "/v1/models").status == 200
