"""API Gateway's own answers: gateway responses, their leaky defaults, mocks, throttling."""

from typing import Any

import pytest

from local_aws.control_plane import MethodSettings
from local_aws.gateway.errors import NotEmulated
from local_aws.gateway.templates import mapped_value, render
from local_aws.gateway.throttle import Throttle
from local_aws.tests.gateway_support import document, mock, operation, proxy, serve

SECRET = "sk-live-0123456789"
PATHS = {"/v1/models": {"get": operation(proxy())}, "/health": {"get": operation(mock())}}
STATIC = {
    kind: {
        "statusCode": "404",
        "responseParameters": {
            "gatewayresponse.header.x-request-id": "context.requestId",
            "gatewayresponse.header.x-amzn-errortype": "'ResourceNotFoundException'",
        },
        "responseTemplates": {"application/json": '{"message":"No such path.","request_id":"$context.requestId"}'},
    }
    for kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE")
}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("POST", "/v1/models"), ("GET", "/"), ("DELETE", "/health")]
)
def test_the_default_answer_to_an_unknown_path_leaks_the_callers_key(method: str, path: str) -> None:
    # GIVEN an API with AWS's default gateway responses
    call, _ = serve(document(PATHS))

    # WHEN a caller with a bearer key strays from its routes
    answer = call(method, path, [("Authorization", f"Bearer {SECRET}")])

    # THEN API Gateway takes the key for a signature, and repeats it
    assert answer.status == 403
    assert SECRET in answer.json["message"]
    assert answer.headers["x-amzn-errortype"] == "IncompleteSignatureException"


@pytest.mark.parametrize("key", [f"Bearer {SECRET}", f"Bearer {SECRET}==", SECRET, f"Basic {SECRET}="])
def test_static_gateway_responses_are_the_cure(key: str) -> None:
    # GIVEN the same API with static gateway responses
    call, _ = serve(document(PATHS, gateway_responses=STATIC))

    # WHEN the same caller strays
    answer = call("GET", "/v1/nothing", [("Authorization", key)])

    # THEN nothing of the key is anywhere in the answer
    assert answer.status == 404
    assert answer.json == {"message": "No such path.", "request_id": answer.headers["x-amzn-requestid"]}
    assert answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert SECRET not in str(answer)


def test_an_unknown_path_without_a_header_is_a_missing_token() -> None:
    # WHEN nothing was sent that could be a signature
    call, _ = serve(document(PATHS))
    answer = call("GET", "/v1/nothing", [("x-api-key", SECRET)])

    # THEN that is AWS's misleading sentence
    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_a_type_without_an_answer_of_its_own_takes_the_default_types() -> None:
    # GIVEN answers for all 4xx and all 5xx alone
    responses = {
        "DEFAULT_4XX": {"responseTemplates": {"application/json": '{"kind":"$context.error.responseType"}'}},
        "DEFAULT_5XX": {"statusCode": "503", "responseTemplates": {"text/plain": "later"}},
    }
    call, _ = serve(document(PATHS, gateway_responses=responses), lambda event: "malformed")

    # WHEN a request is refused on either side
    refused, failed = call("GET", "/nothing"), call("GET", "/v1/models")

    # THEN each keeps its status unless the answer sets one
    assert (refused.status, refused.json) == (403, {"kind": "MISSING_AUTHENTICATION_TOKEN"})
    assert (failed.status, failed.body, failed.headers["content-type"]) == (503, b"later", "text/plain")


@pytest.mark.parametrize(("status", "expected"), [(None, 502), ("504", 504)])
def test_a_gateway_response_may_set_the_status(status: str | None, expected: int) -> None:
    # GIVEN an answer to a failed integration, with a status and without
    definition: dict[str, Any] = {"responseTemplates": {"application/json": "{}"}}
    if status:
        definition["statusCode"] = status
    body = document(PATHS, gateway_responses={"INTEGRATION_FAILURE": definition})

    # THEN the failure's own status stands where there is none
    call, _ = serve(body, lambda event: "malformed")
    assert call("GET", "/v1/models").status == expected


def test_a_mock_answers_without_a_function() -> None:
    # GIVEN a health check
    body = '{"status":"ok","id":"$context.requestId","stage":"${context.stage}"}'
    integration = mock(body=body)
    integration["responses"]["default"]["responseParameters"] = {
        "method.response.header.x-request-id": "context.requestId",
        "method.response.header.cache-control": "'no-store'",
    }
    health = operation(integration)
    health["responses"]["200"]["headers"] = {"x-request-id": {}, "Cache-Control": {}}
    call, functions = serve(document({"/health": {"get": health}}))

    # WHEN it is asked
    answer = call("GET", "/health")

    # THEN API Gateway answers by itself
    assert answer.status == 200
    assert answer.json == {"status": "ok", "id": answer.headers["x-request-id"], "stage": "live"}
    assert answer.headers["cache-control"] == "no-store"
    assert functions.events == []


@pytest.mark.parametrize(
    ("content_type", "passthrough", "status"),
    [
        (None, "never", 404),
        ("application/json; charset=utf-8", "never", 404),
        ("text/plain", "never", 415),
        ("text/plain", "when_no_templates", 415),
        ("text/plain", "when_no_match", 500),
    ],
)
def test_a_mock_without_a_template_for_the_content_type(
    content_type: str | None, passthrough: str, status: int
) -> None:
    # GIVEN a mock that answers 404 to JSON
    body = document(
        {"/{proxy+}": {"x-amazon-apigateway-any-method": operation(mock(404, passthroughBehavior=passthrough))}}
    )
    call, _ = serve(body)

    # WHEN a body of some type comes, THEN what is passed through is no instruction, and what may not be is refused
    headers = [("Content-Type", content_type)] if content_type else []
    assert call("POST", "/anything", headers, b"hello").status == status


def test_requests_beyond_the_burst_are_throttled() -> None:
    # GIVEN a stage that takes two requests at once and one more a second
    now = [0.0]
    call, _ = serve(
        document(PATHS),
        stage={"method_settings": {"*/*": MethodSettings(rate_limit=1.0, burst_limit=2)}},
        throttle=Throttle(lambda: now[0]),
    )

    # WHEN four come at once
    statuses = [call("GET", "/v1/models").status for _ in range(4)]

    # THEN two pass
    assert statuses == [200, 200, 429, 429]

    # AND a second later one more, and other methods have their own bucket
    now[0] = 1.0
    assert [call("GET", "/v1/models").status for _ in range(2)] == [200, 429]
    assert call("GET", "/health").status == 200
    assert call("GET", "/v1/models").json == {"message": "Too Many Requests"}


def test_a_methods_own_settings_come_first() -> None:
    # GIVEN a method with a limit of its own
    settings = {
        "*/*": MethodSettings(rate_limit=100.0, burst_limit=100),
        "~1v1~1models/GET": MethodSettings(rate_limit=0.0, burst_limit=0),
    }
    call, _ = serve(document(PATHS), stage={"method_settings": settings})

    # THEN it holds for that method alone
    assert (call("GET", "/v1/models").status, call("GET", "/health").status) == (429, 200)


@pytest.mark.parametrize(
    "change",
    [
        {"security": [{"key": []}]},
        {"paths": {"/x": {"get": {"responses": {}}}}},
        {"paths": {"/x": {"get": operation({"type": "http_proxy", "uri": "https://example.com"})}}},
        {"paths": {"/x": {"get": operation(proxy(credentials="arn:aws:iam::1:role/x"))}}},
        {"paths": {"/x": {"get": operation(proxy(responseTransferMode="STREAM"))}}},
        {"paths": {"/x": {"get": operation(proxy(timeoutInMillis=1))}}},
        {"paths": {"/x": {"get": operation(proxy(timeoutInMillis=900000))}}},
        {"paths": {"/x": {"get": operation(mock(responseTransferMode="STREAM"))}}},
        {"paths": {"/x": {"get": operation(proxy(), [{"nothing": []}])}}},
        {"paths": {"/x": {"get": {**operation(proxy()), "x-amazon-apigateway-request-validator": "all"}}}},
    ],
)
def test_what_is_not_emulated_is_said_aloud(change: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    # GIVEN a document with something that this gateway does not have
    call, functions = serve({**document(PATHS), **change})

    # WHEN it is called
    answer = call("GET", "/x")

    # THEN nothing is served in its stead
    assert answer.status == 500
    assert "x-local-aws-error" in answer.headers
    assert functions.events == []
    assert "not emulated" in caplog.text


def test_templates_hold_variables_and_no_velocity() -> None:
    # GIVEN variables
    variables = {"context": {"requestId": "r1", "error": {"message": None}}, "stageVariables": {"v": "1"}}

    # THEN they are filled in, absent ones are left out, and directives are refused
    assert render('{"a":"$context.requestId","b":"${stageVariables.v}","c":"$context.no"}', variables) == (
        '{"a":"r1","b":"1","c":""}'
    )
    for template in ("#if($context.requestId)x#end", "$input.json('$')", "$util.escapeJavaScript('x')"):
        with pytest.raises(NotEmulated):
            render(template, variables)
    with pytest.raises(NotEmulated):
        mapped_value("integration.response.header.x", variables)
