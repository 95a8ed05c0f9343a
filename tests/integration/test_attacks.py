"""What somebody tries who means harm: each attempt is refused in our own words, and reaches no model."""

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.logs import events_of
from tests.support import Api, Reply, send

HELLO = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def calls(api: Api) -> int:
    return len(api.aws.journal)


@pytest.fixture
def inside() -> Iterator[tuple[str, list[bytes]]]:
    """A server that only this machine can reach, and what it was asked."""
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    asked.append(connection.recv(1000))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", asked
        stopping.set()
        thread.join()


@pytest.mark.parametrize("scheme", ["http", "https", "file", "s3", "gopher"])
def test_no_address_in_a_request_is_fetched(api: Api, inside: tuple[str, list[bytes]], scheme: str) -> None:
    # GIVEN an address that the function could reach and the caller can't
    address, asked = inside
    url = f"{scheme}://{address}/latest/meta-data/iam"
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("/v1/chat/completions", {"content": [{"type": "image_url", "image_url": {"url": url}}]}),
        ("/v1/chat/completions", {"content": [{"type": "file", "file": {"file_data": url}}]}),
        ("/v1/messages", {"content": [{"type": "image", "source": {"type": "url", "url": url}}]}),
    ]

    # WHEN each dialect's way of naming an address is tried
    before = calls(api)
    for path, content in attempts:
        body = {"model": "fast", "max_tokens": 9, "messages": [{"role": "user", **content}]}
        assert send(api, "POST", path, body).status == 400

    # THEN nobody went there, and no model was asked
    assert (asked, calls(api)) == ([], before)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"messages":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b'{"messages":[],"messages":[{"role":"user","content":[{"text":"x"}]}]}',
        b'{"messages":[],"\\u006dessages":[]}',
        b'{"messages":[],"serviceTier":{"type":"priority"}}',
        b'{"messages":[],"\\u0073erviceTier":{"type":"priority"}}',
        b'{"messages":[],"inferenceConfig":{"maxTokens":1e999}}',
        b'{"messages":[],"inferenceConfig":{"maxTokens":' + b"9" * 5_000 + b"}}",
        b'{"messages":[{"role":"user","content":[{"text":"\\ud800"}]}]}',
        b'\xef\xbb\xbf{"messages":[]}',
        b'{"__proto__":{"a":1},"messages":[]}',
    ],
    ids=["deep array", "deep object", "a field twice", "twice by an escape", "price", "price by an escape", "infinite",
         "5,000 digits", "half a surrogate pair", "byte-order mark", "a stranger's field"],
)  # fmt: skip
def test_odd_json_is_a_bad_request(api: Api, body: bytes) -> None:
    before = calls(api)
    reply = send(api, "POST", "/model/fast/converse", body)
    assert reply.status == 400, reply.body
    assert reply.headers["x-amzn-errortype"] == "ValidationException"
    assert calls(api) == before


FORGED = 'sk-forged", "level": "INFO"}\n{"level": "ERROR", "message": "forged", "tenant": "root"}'


def test_no_line_of_the_log_is_the_callers(api: Api) -> None:
    # GIVEN a caller who writes log lines and metrics into whatever is sent
    forged = json.dumps({"_aws": {"CloudWatchMetrics": []}, "forged": 1})
    body = json.dumps({"model": FORGED, "messages": [{"role": "user", "content": f"\n{forged}\n"}], "user": FORGED})
    headers = {"user-agent": forged, "x-amzn-trace-id": "Root=1-forged;Parent=forged", "x-request-id": "forged"}

    # WHEN it is sent, as a known caller and as an unknown one
    for key in (api.key, "sk-forged"):
        send(api, "POST", "/v1/chat/completions", body.encode(), headers, key=key)
    send(api, "POST", "/model/forged%0A%7B%22level%22/converse", HELLO)

    # THEN every line is one record of ours
    lines = [event["message"] for event in events_of(api, f"/aws/lambda/{api.outputs['function_name']}")]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert records
    assert not [record for record in records if record.get("message") == "forged" or "forged" in record]
    assert not [line for line in lines if "sk-forged" in line]


def raw(api: Api, request: bytes) -> bytes:
    """What the gateway answers to these very bytes."""
    address = urlsplit(api.url)
    context = ssl.create_default_context(cafile=api.ca_file)
    with (
        socket.create_connection((address.hostname or "", address.port or 443), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as connection,
    ):
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


@pytest.mark.parametrize(
    "keys",
    [
        ["authorization: Bearer {good}", "authorization: Bearer sk-bad"],
        ["authorization: Bearer sk-bad", "x-api-key: {good}"],
        ["authorization: Bearer {good} sk-bad"],
        ["authorization: Bearer\t{good}\x0b"],
        ["authorization: Basic {good}"],
        ["authorization : Bearer {good}"],
    ],
    ids=["two, the last is bad", "the header that counts is bad", "two in one", "control characters", "another scheme",
         "a space in the name"],
)  # fmt: skip
def test_a_key_counts_in_one_place(api: Api, keys: list[str]) -> None:
    # GIVEN a request whose headers two readers could read in two ways
    path = urlsplit(api.url).path
    lines = [f"GET {path}/v1/models HTTP/1.1", "host: localhost", "connection: close", *keys]
    request = "\r\n".join([*lines, "", ""]).format(good=api.key).encode()

    # WHEN it is sent, THEN it is refused, and no key comes back
    answer = raw(api, request)
    assert b" 200 " not in answer.split(b"\r\n", 1)[0]
    assert api.key.encode() not in answer


def invoked(api: Api, event: Any, **client: Any) -> dict[str, Any]:
    """What the function says to somebody who invokes it past API Gateway."""
    answer = boto3.client("lambda", **client).invoke(
        FunctionName=api.outputs["function_name"], Qualifier="live", Payload=json.dumps(event).encode()
    )
    found: dict[str, Any] = json.loads(answer["Payload"].read().split(b"\0" * 8)[0] or b"{}")
    return found


def test_the_functions_own_role_may_not_invoke_it(api: Api) -> None:
    # GIVEN the credentials that the code runs with
    function = boto3.client("lambda").get_function_configuration(FunctionName=api.outputs["function_name"])
    role = api.aws.credentials.issue(function["Role"], "stolen")
    stolen = {
        "aws_access_key_id": role.access_key_id,
        "aws_secret_access_key": role.secret_access_key,
        "aws_session_token": role.session_token,
    }
    # WHEN / THEN
    with pytest.raises(ClientError, match="AccessDenied"):
        invoked(api, {}, **stolen)


def test_only_api_gateway_is_let_to_the_function(api: Api) -> None:
    # GIVEN who may invoke the function by its own policy
    policy = json.loads(
        boto3.client("lambda").get_policy(FunctionName=api.outputs["function_name"], Qualifier="live")["Policy"]
    )
    # THEN it is API Gateway, for this one API
    [statement] = policy["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    [(_, source)] = [item for condition in statement["Condition"].values() for item in condition.items()]
    assert "/*/*/*" not in source
    assert ":execute-api:" in source


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": {}},
        {"version": "2.0", "routeKey": "$default", "requestContext": {"http": {"method": "POST"}}},
        {"Records": [{"body": "x"}]},
    ],
)
def test_an_event_of_another_kind_reaches_no_model(api: Api, event: Any) -> None:
    before = calls(api)
    assert invoked(api, event)["statusCode"] == 400
    assert calls(api) == before


def test_a_forged_context_is_no_key(api: Api) -> None:
    # GIVEN somebody who may invoke the function, and says of themselves what API Gateway says of others
    digest = hashlib.sha256(api.key.encode()).hexdigest()
    event = {
        "resource": "/model/{modelId}/converse",
        "path": "/model/fast/converse",
        "httpMethod": "POST",
        "headers": {"x-tenant": "demo", "x-api-key": digest},
        "requestContext": {
            "requestId": "forged",
            "authorizer": {"claims": {"sub": "demo"}, "principalId": "demo"},
            "identity": {"userArn": "arn:aws:iam::123456789012:root", "apiKey": api.key},
        },
        "body": json.dumps(HELLO),
    }

    # WHEN they invoke it, THEN with API keys a key is still what is asked for, and its hash is none
    before = calls(api)
    assert invoked(api, event)["statusCode"] == 401
    assert calls(api) == before


@pytest.mark.parametrize(
    "path",
    [
        "/model/fast/../../v1/models",
        "/model/fast%2Fconverse",
        "//model/fast/converse",
        "/model/fast/converse/..%2f..%2f..",
        "/v1/models/..%2F..%2F",
        "/model/fast;a=b/converse",
        "/MODEL/fast/converse",
        "/model/fast/converse%00",
    ],
)
def test_a_path_means_one_route_or_none(api: Api, path: str) -> None:
    before = calls(api)
    reply: Reply = send(api, "POST", path, HELLO)
    assert reply.status in (400, 403, 404), reply.body
    assert api.key.encode() not in reply.body
    assert calls(api) == before


def test_a_picture_is_data_and_nothing_else(api: Api) -> None:
    # GIVEN a picture whose type is a header of somebody's
    url = f"data:image/png\r\nx-injected: 1;base64,{PIXEL}"
    body = {
        "model": "fast",
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
    }
    # WHEN / THEN
    assert send(api, "POST", "/v1/chat/completions", body).status == 400


def test_no_page_of_another_origin_is_let_in(api: Api) -> None:
    # GIVEN a browser that asks before it sends a key
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    # WHEN / THEN neither the question nor a request is answered with a permission
    asked = send(api, "OPTIONS", "/v1/chat/completions", None, headers, key=None)
    assert asked.status in (403, 404)
    for reply in (asked, send(api, "GET", "/v1/models", None, {"origin": "https://evil.example"})):
        assert not [name for name in reply.headers if name.startswith("access-control-")]
