"""API Gateway's event in, its two forms of answer out."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_api import events
from llm_api.errors import ApiError, BadRequest, Internal, PayloadTooLarge, Throttled
from llm_api.events import Response, is_proxy_event, to_error_response, to_proxy_response, to_request, to_stream

from tests.unit.llm_api.proxy_events import proxy_event

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=4,
)


def answer(body: bytes | Iterator[bytes] = b"{}", content_type: str = "application/json") -> Response:
    return Response(200, {"content-type": content_type}, body)


def test_event_becomes_request() -> None:
    # GIVEN an event as API Gateway sends it
    event = proxy_event(httpMethod="post")
    # WHEN it is parsed
    request = to_request(event, "lambda-id")
    # THEN every part is where the app looks for it
    assert request.id == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert request.method == "POST"
    assert request.route == "/model/{modelId}/invoke"
    assert request.path == "/model/fast/invoke"
    assert request.body == b'{"prompt": "hello"}'
    assert request.function_request_id == "lambda-id"


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        ({"Anthropic-Beta": ["a-1"]}, {"anthropic-beta": "a-1"}),
        ({"anthropic-beta": ["a-1", "b-2"]}, {"anthropic-beta": "a-1, b-2"}),
        ({"anthropic-beta": ["a-1, b-2", "c-3"]}, {"anthropic-beta": "a-1, b-2, c-3"}),
        ({"Anthropic-Beta": ["a-1"], "anthropic-beta": ["b-2"]}, {"anthropic-beta": "a-1, b-2"}),
        ({"ANTHROPIC-BETA": ["b-2"], "anthropic-beta": ["a-1", "b-2"]}, {"anthropic-beta": "b-2, a-1"}),
        ({"Cache-Control": ["no-store", "max-age=0"]}, {"cache-control": "no-store, max-age=0"}),
        ({"Content-Type": ["application/json", "application/json"]}, {"content-type": "application/json"}),
        ({"X-Api-Key": ["first", "second"]}, {"x-api-key": "first, second"}),
        ({"Accept": [], "X-A": [""]}, {"x-a": ""}),
        ({"Authorization": ["Bearer a", "Bearer a"]}, {"authorization": "Bearer a"}),
    ],
)
def test_repeated_lines_of_a_header_are_one_list_whatever_their_case(lines: Any, read: Any) -> None:
    # GIVEN lines of one name, and the single form, in which API Gateway keeps the last one alone
    event = proxy_event(multiValueHeaders=lines, headers=dict.fromkeys(lines, "last"))
    # THEN none of them is lost, and what was said twice is said once
    assert to_request(event).headers == read


def test_single_value_headers_are_enough() -> None:
    # GIVEN an event with the single-valued form alone
    event = proxy_event(multiValueHeaders=None, headers={"Accept": "*/*"})
    # THEN it serves
    assert to_request(event).headers == {"accept": "*/*"}


def test_no_headers_and_no_query_are_empty() -> None:
    # GIVEN nulls, as API Gateway sends them where there is nothing
    request = to_request(proxy_event(headers=None, multiValueHeaders=None))
    # THEN they are empty
    assert request.headers == {}
    assert request.query == {}


def test_last_value_of_a_query_parameter_counts() -> None:
    # GIVEN a parameter that was sent twice
    event = proxy_event(
        queryStringParameters={"after": "2"}, multiValueQueryStringParameters={"after": ["1", "2"], "empty": []}
    )
    # THEN its last value is there
    assert to_request(event).query == {"after": "2"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/model/fast/invoke", "/model/fast/invoke", id="stage URL"),
        pytest.param("/llm/model/fast/invoke", "/model/fast/invoke", id="base path of a custom domain"),
        pytest.param("/teams/llm/model/fast/invoke", "/model/fast/invoke", id="base path of two segments"),
        pytest.param("/model/fast/invoke/", "/model/fast/invoke", id="trailing slash"),
        pytest.param("/model/model/invoke", "/model/model/invoke", id="a model called model"),
        pytest.param("/model/a%2Fb%253Ac/invoke", "/model/a%2Fb%253Ac/invoke", id="encoding is kept"),
    ],
)
def test_path_starts_where_the_route_starts(path: str, expected: str) -> None:
    # GIVEN a path in one of the forms that API Gateway sends
    # WHEN it is parsed
    # THEN it lines up with the route, segment by segment
    assert to_request(proxy_event(path=path)).path == expected


@pytest.mark.parametrize("route", ["/{proxy+}", "/v1/{proxy+}"])
def test_path_of_a_catch_all_is_left_alone(route: str) -> None:
    # GIVEN a route that doesn't say how many segments are its own
    event = proxy_event(resource=route, path="/llm/v1/some/thing/")
    # THEN the path stays as it came
    assert to_request(event).path == "/llm/v1/some/thing/"


@pytest.mark.parametrize("path", ["/", "/invoke", "/model/a/b/converse", "/models/fast/invoke"])
def test_path_that_is_not_the_routes_is_refused(path: str) -> None:
    # GIVEN a path that can't have matched the route
    # THEN no model ID is read out of it
    with pytest.raises(BadRequest, match="path"):
        to_request(proxy_event(path=path))


def test_base64_body_is_decoded() -> None:
    # GIVEN a binary body
    event = proxy_event(body=base64.b64encode(b"\x00\xff").decode(), isBase64Encoded=True)
    # THEN its bytes arrive
    assert to_request(event).body == b"\x00\xff"


def test_missing_body_is_empty() -> None:
    # GIVEN a request without a body
    # THEN its body is empty
    assert to_request(proxy_event(body=None)).body == b""


def test_iam_principal_is_the_caller() -> None:
    # GIVEN a request that API Gateway authorised by its signature
    arn = "arn:aws:sts::123456789012:assumed-role/App/session"
    event = proxy_event(context={"identity": {"userArn": arn}})
    # THEN the caller is that principal
    assert to_request(event).caller.principal_arn == arn


def test_cognito_claims_are_the_callers() -> None:
    # GIVEN a request with a Cognito token
    event = proxy_event(context={"authorizer": {"claims": {"sub": "u-1", "client_id": "c-1"}}})
    # THEN its claims are known
    assert to_request(event).caller.claims == {"sub": "u-1", "client_id": "c-1"}


def test_custom_authorizer_context_is_the_callers_without_numbers() -> None:
    # GIVEN a request that a custom authorizer let through
    event = proxy_event(context={"authorizer": {"principalId": "p", "tenant": "marketing", "integrationLatency": 12}})
    # THEN its context is known, API Gateway's own measurement is not
    assert to_request(event).caller.claims == {"principalId": "p", "tenant": "marketing"}


def test_caller_headers_never_become_the_caller() -> None:
    # GIVEN a caller who claims to be somebody in a header
    event = proxy_event(multiValueHeaders={"userArn": ["arn:aws:iam::1:root"], "claims": ["admin"]})
    # THEN nobody believes it
    caller = to_request(event).caller
    assert caller.principal_arn is None
    assert caller.claims == {}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param({}, id="empty"),
        pytest.param({"source": "warm-up"}, id="somebody's own"),
        pytest.param({"version": "2.0", "requestContext": {"http": {}}, "rawPath": "/"}, id="HTTP API"),
    ],
)
def test_event_of_another_kind_is_refused_with_what_to_do(event: object) -> None:
    # GIVEN an event that no REST API sent
    assert not is_proxy_event(event)
    # THEN it is refused, and the message says what the function is for
    with pytest.raises(BadRequest, match="Call the API's URL"):
        to_request(event)


@pytest.mark.parametrize(
    "changes",
    [
        {"httpMethod": None},
        {"path": 5},
        {"resource": ["/"]},
        {"body": {"not": "text"}},
        {"body": "not base64!", "isBase64Encoded": True},
        {"body": "\ud800"},
        {"multiValueHeaders": None, "headers": {"accept": 1}},
        {"multiValueHeaders": {"accept": [None]}},
        {"context": {"requestId": None}},
    ],
    ids=str,
)
def test_malformed_field_is_named(changes: dict[str, Any]) -> None:
    # GIVEN an event with one broken field
    # THEN it is refused by that field's name
    with pytest.raises(BadRequest, match="is not what API Gateway"):
        to_request(proxy_event(**changes))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.dictionaries(st.sampled_from(sorted([*proxy_event(), "context"])), JSON_VALUES))
def test_any_event_is_a_request_or_a_bad_request(changes: dict[str, Any]) -> None:
    # GIVEN an event with any JSON in any of its fields
    context = changes.pop("context", None)
    event = proxy_event(**changes)
    if isinstance(context, dict) and isinstance(event["requestContext"], dict):
        event["requestContext"] |= context
    # THEN it is parsed or refused, and nothing else happens
    with contextlib.suppress(BadRequest):
        to_request(event)


def test_text_answer_is_text() -> None:
    # GIVEN an answer in JSON
    # WHEN it is buffered
    proxied = to_proxy_response(answer('{"a": "ä"}'.encode()))
    # THEN its text stands in the response
    assert proxied == {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"a": "ä"}',
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("content_type", "is_binary"),
    [
        ("text/event-stream; charset=utf-8", False),
        ("Application/JSON", False),
        ("application/problem+json", False),
        ("application/vnd.amazon.eventstream", True),
        ("image/png", True),
        ("", True),
    ],
)
def test_binary_answer_travels_in_base64(content_type: str, is_binary: bool) -> None:
    # GIVEN an answer of some type
    proxied = to_proxy_response(answer(b"abc", content_type))
    # THEN it is in base64 unless it is text
    assert proxied["isBase64Encoded"] is is_binary
    assert proxied["body"] == ("YWJj" if is_binary else "abc")


def test_text_that_is_none_travels_in_base64() -> None:
    # GIVEN a model that calls its bytes JSON
    # THEN they arrive as they are
    assert to_proxy_response(answer(b"\xff"))["body"] == "/w=="


def test_buffered_stream_is_joined() -> None:
    # GIVEN an answer in pieces
    # THEN the buffered form holds all of it
    assert to_proxy_response(answer(iter([b"a", b"", b"b"]), "text/plain"))["body"] == "ab"


def test_answer_that_lambda_would_drop_is_refused() -> None:
    # GIVEN an answer just below the limit that escaping and base64 push beyond it
    for content_type, body in (("application/json", b'"' * 4_000_000), ("image/png", b"x" * 5_000_000)):
        # THEN it is refused with the size and the way out
        with pytest.raises(PayloadTooLarge, match="streaming = true"):
            to_proxy_response(answer(body, content_type))


def test_large_answer_within_the_limit_passes() -> None:
    # GIVEN six megabytes less the envelope
    body = b"x" * (events.MAX_PROXY_RESPONSE_BYTES - 200)
    # THEN they pass
    assert len(to_proxy_response(answer(body))["body"]) == len(body)


def test_what_fits_by_its_length_fits() -> None:
    # GIVEN an answer as long as a body may be, with the few quotes that an answer of pictures has
    most = events.most_body_bytes(streaming=False)
    body = b'{"data": [{"b64_json": "' * 10 + b"x" * (most - 240)
    headers = {f"x-header-{number}": "v" * 100 for number in range(20)}
    # THEN it passes, and streamed ones have more room by far
    assert to_proxy_response(Response(200, {"content-type": "application/json", **headers}, body))
    assert events.most_body_bytes(streaming=True) > 30 * most


def test_stream_begins_with_metadata_and_delimiter() -> None:
    # GIVEN a streamed answer
    pieces = list(to_stream(answer(iter([b"a", b"b"]), "text/event-stream")))
    # THEN the first piece holds metadata, eight NULs and the first bytes
    metadata, payload = pieces[0].split(bytes(8), 1)
    assert json.loads(metadata) == {"statusCode": 200, "headers": {"content-type": "text/event-stream"}}
    assert payload == b"a"
    assert pieces[1:] == [b"b"]


def test_whole_answer_streams_as_one_piece() -> None:
    # GIVEN an answer that is no stream
    # THEN it goes out in the same format at once
    (piece,) = to_stream(answer(b"{}"))
    assert piece.endswith(bytes(8) + b"{}")


def test_payload_may_hold_nul_bytes() -> None:
    # GIVEN an event-stream payload, which is full of NULs, and a header with one
    response = Response(200, {"content-type": "application/x", "x-odd": "\0" * 8}, bytes(16))
    # THEN the first delimiter is the one after the metadata
    metadata, payload = b"".join(to_stream(response)).split(bytes(8), 1)
    assert json.loads(metadata)["headers"]["x-odd"] == "\0" * 8
    assert payload == bytes(16)


def test_empty_pieces_are_left_out() -> None:
    # GIVEN a stream with empty pieces, each of which would end it on the wire
    pieces = list(to_stream(answer(iter([b"", b"a", b"", b"b"]))))
    # THEN none is passed on
    assert all(pieces)
    assert b"".join(pieces).endswith(bytes(8) + b"ab")


def test_nothing_is_streamed_before_the_first_piece_exists() -> None:
    # GIVEN a body that fails at once
    def body() -> Iterator[bytes]:
        raise RuntimeError("too early")
        yield b""

    # THEN there is no metadata out that would have to be taken back
    with pytest.raises(RuntimeError):
        next(to_stream(answer(body())))


def test_metadata_that_api_gateway_would_not_read_is_refused() -> None:
    # GIVEN headers of 16 KB
    response = Response(200, {"x-long": "x" * 16_384}, b"")
    # THEN the answer is refused rather than broken
    with pytest.raises(Internal, match="headers are longer"):
        next(to_stream(response))


def test_error_of_an_event_without_a_request() -> None:
    # GIVEN an error before any request was found
    error: ApiError = Throttled("Slow down.")
    # WHEN it is rendered
    response = to_error_response(error)
    # THEN it has the shape that boto3 reads
    assert response.status == 429
    assert response.headers["x-amzn-errortype"] == "ThrottlingException"
    assert json.loads(response.body if isinstance(response.body, bytes) else b"") == {"message": "Slow down."}
