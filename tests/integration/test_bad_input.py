"""What is wrong with a request is told in a clear error, and nothing is lost: the next good request succeeds."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from local_aws import LocalAws
from tests.support import Api, Reply, send

HELLO = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
NATIVE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def assert_refused(reply: Reply, status: int, code: str, says: str) -> None:
    """A refusal that boto3 can name, that helps, and that gives nothing away."""
    assert reply.status == status, reply.body
    assert reply.headers["x-amzn-errortype"].split(":")[0] == code
    text = reply.body.decode()
    assert says.lower() in text.lower()
    assert "Traceback" not in text
    assert "arn:aws" not in text
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "says"),
    [
        ("/model/fast/converse", b"{not json", 400, "ValidationException", "JSON"),
        ("/model/fast/converse", b"", 400, "ValidationException", "JSON"),
        ("/model/fast/converse", b"[1]", 400, "ValidationException", "object"),
        ("/model/fast/converse", b"\xff\xfe\x00", 400, "ValidationException", "JSON"),
        ("/model/fast/invoke", b"", 400, "ValidationException", "JSON"),
        ("/model/undeclared/converse", HELLO, 404, "ResourceNotFoundException", "no such model"),
        ("/model/amazon.nova-pro-v1%3A0/converse", HELLO, 404, "ResourceNotFoundException", "no such model"),
        ("/model/fast/explode", HELLO, 404, "ResourceNotFoundException", "no such path"),
        ("/nowhere", HELLO, 404, "ResourceNotFoundException", "no such path"),
        ("/v2/chat/completions", HELLO, 404, "ResourceNotFoundException", "no such path"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(
    api: Api, path: str, body: bytes, status: int, code: str, says: str
) -> None:
    # WHEN it is sent
    reply = send(api, "POST", path, body)
    # THEN the status follows the cause, and the next caller is not disturbed
    assert_refused(reply, status, code, says)
    assert send(api, "POST", "/model/fast/converse", HELLO).status == 200


@pytest.mark.parametrize(
    "name",
    ["..", ".", "%2e%2e", "%2e", "%2E%2E%2Ffast", "fast%2F..%2Fnova", "%2566ast", "fast%00", "%ff", "fast%0d%0ax", ""],
)
def test_a_model_id_is_a_name_and_never_a_path(api: Api, local_aws: LocalAws, name: str) -> None:
    # GIVEN what was called so far
    before = len(local_aws.journal)
    # WHEN a model's name tries to be a path, an encoding of an encoding or a control character
    reply = send(api, "POST", f"/model/{name}/converse", HELLO)
    # THEN it is refused in our shape and no model was called
    assert reply.status in (400, 404), reply.body
    assert json.loads(reply.body)["message"]
    assert len(local_aws.journal) == before


def test_seven_megabytes_are_too_many(api: Api) -> None:
    # GIVEN a body beyond what Lambda takes
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "x" * 7_000_000}]}]}).encode()
    # WHEN it is sent
    reply = send(api, "POST", "/model/fast/converse", body)
    # THEN the caller learns that it is too large
    assert_refused(reply, 413, "ValidationException", "large")


def test_eleven_megabytes_are_too_many_for_the_gateway(api: Api) -> None:
    reply = send(api, "POST", "/model/fast/converse", b'{"x": "' + b"x" * 11_000_000 + b'"}')
    assert_refused(reply, 413, "ValidationException", "large")


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_understood_on_every_front(
    api: Api, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    # GIVEN bodies of three dialects, compressed
    asked = [{"role": "user", "content": "Hi"}]
    bodies: dict[str, Any] = {
        "/model/fast/converse": HELLO,
        "/v1/chat/completions": {"model": "fast", "messages": asked},
        "/v1/messages": {"model": "fast", "max_tokens": 9, "messages": asked},
    }
    for path, body in bodies.items():
        # WHEN one is sent
        reply = send(api, "POST", path, compress(json.dumps(body).encode()), {"content-encoding": coding})
        # THEN it is answered like any other
        assert reply.status == 200, (path, reply.body)


@pytest.mark.parametrize(
    ("coding", "body", "status", "code", "says"),
    [
        ("gzip", gzip.compress(bytes(50_000_000)), 413, "ValidationException", "large"),
        ("gzip", gzip.compress(b'"' + b"x" * 7_000_000 + b'"'), 413, "ValidationException", "large"),
        ("gzip", json.dumps(HELLO).encode(), 404, "ResourceNotFoundException", "content-encoding"),
        ("br", b"\x0b\x02\x80{}\x03", 404, "ResourceNotFoundException", "content-encoding"),
    ],
    ids=["a bomb", "more than Lambda takes", "not compressed", "a coding of another kind"],
)
def test_a_body_that_api_gateway_cannot_inflate_is_told_so(
    api: Api, coding: str, body: bytes, status: int, code: str, says: str
) -> None:
    reply = send(api, "POST", "/model/fast/converse", body, {"content-encoding": coding})
    assert_refused(reply, status, code, says)


def test_another_content_type_is_refused_by_its_name(api: Api) -> None:
    reply = send(api, "POST", "/model/fast/converse", b"<a/>", {"content-type": "application/xml"})
    assert_refused(reply, 400, "ValidationException", "application/json")


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"x-api-key": "wrong"}, {"authorization": "Basic eDp5"}]
)
def test_an_unknown_key_learns_nothing(api: Api, headers: dict[str, str]) -> None:
    # WHEN no key, or one that nobody holds, is presented
    reply = send(api, "POST", "/model/fast/converse", HELLO, headers, key=None)
    # THEN the answer is the same to the letter, and carries nothing of what was sent
    assert_refused(reply, 401, "UnrecognizedClientException", "key")
    assert b"wrong" not in reply.body
    first = send(api, "POST", "/model/fast/converse", HELLO, key=None)
    assert reply.json()["message"] == first.json()["message"]


def test_a_model_that_answers_nonsense_is_a_bad_gateway(api: Api, local_aws: LocalAws) -> None:
    # GIVEN a model whose next answer is not JSON
    local_aws.faults.add(kind="not_json")
    # WHEN it is asked
    reply = send(api, "POST", "/model/nova/converse", HELLO)
    # THEN the fault is not the caller's
    assert reply.status == 502
    assert_refused(reply, 502, "InternalServerException", "answer")


def test_a_secret_in_a_header_is_never_echoed_for_an_unknown_path(api: Api) -> None:
    # GIVEN a caller who sends a key to a path that does not exist, by a method that does not exist
    for method, path in (("POST", "/nowhere"), ("DELETE", "/v1/models"), ("PUT", "/"), ("GET", "/model/fast/converse")):
        # WHEN API Gateway answers by itself
        reply = send(api, method, path)
        # THEN neither body nor headers hold the key
        assert reply.status == 404, (method, path, reply.body)
        assert api.key not in reply.body.decode() + str(reply.headers)
