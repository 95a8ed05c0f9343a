"""Lambda's proxy event out, its proxy response in.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Dropped and renamed headers:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.gateway.exchange import Exchange
from local_aws.gateway.wire import VPC_ENDPOINT, OutgoingResponse

_NOT_FORWARDED = {
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    VPC_ENDPOINT,
}
_REMAPPED = {"connection", "content-length", "date", "host", "server", "www-authenticate"}
_DROPPED = {"transfer-encoding", "keep-alive", "trailer", "upgrade"}
_RESPONSE_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class MalformedResponse(ValueError):
    """The function's answer is no proxy response."""


def proxy_event(exchange: Exchange, binary_media_types: Iterable[str], *, signed: bool) -> dict[str, Any]:
    """The event of a Lambda proxy integration.

    Args:
        signed: the caller was authenticated by signature; API Gateway keeps that header to itself.
    """
    request = exchange.request
    withheld = _NOT_FORWARDED | ({"authorization"} if signed else set())
    headers: dict[str, list[str]] = {}
    for name, value in (*request.headers, *_added_headers(exchange)):
        if name.lower() not in withheld:
            headers.setdefault(_name_in(headers, name), []).append(value)
    query: dict[str, list[str]] = {}
    for name, value in request.query:
        query.setdefault(name, []).append(value)
    body, encoded = _event_body(exchange, binary_media_types)
    return {
        "resource": exchange.resource,
        "path": exchange.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(exchange.parameters) or None,
        "stageVariables": dict(exchange.stage.variables) or None,
        "requestContext": exchange.request_context(),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _name_in(headers: Mapping[str, Any], name: str) -> str:
    """The spelling under which a repeated header came first."""
    return next((known for known in headers if known.lower() == name.lower()), name)


def _added_headers(exchange: Exchange) -> list[tuple[str, str]]:
    request = exchange.request
    added = [
        ("X-Forwarded-For", request.source_ip),
        ("X-Forwarded-Port", request.host.rpartition(":")[2] if ":" in request.host else "443"),
        ("X-Forwarded-Proto", request.scheme),
    ]
    if request.header("x-amzn-trace-id") is None:
        added.append(("X-Amzn-Trace-Id", exchange.trace_id))
    return added


def _event_body(exchange: Exchange, binary_media_types: Iterable[str]) -> tuple[str | None, bool]:
    request = exchange.request
    if not request.body:
        return None, False
    if is_binary(request.media_type, binary_media_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", errors="replace"), False


def is_binary(media_type: str, binary_media_types: Iterable[str]) -> bool:
    """Whether a media type is one of those that API Gateway treats as bytes; `*/*` and `image/*` are wildcards."""
    kind = media_type.split("/")[0]
    return any(declared in ("*/*", media_type, f"{kind}/*") for declared in binary_media_types)


def parse_proxy_response(payload: bytes, exchange: Exchange, binary_media_types: Iterable[str]) -> OutgoingResponse:
    """The answer that a buffered function gave.

    Raises:
        MalformedResponse: it has another shape than a proxy response.
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        raise MalformedResponse("The function's answer is not JSON.") from None
    if not isinstance(answer, dict) or set(answer) - _RESPONSE_FIELDS:
        raise MalformedResponse("The function's answer has other fields than a proxy response.")
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise MalformedResponse("The body of a proxy response is text.")
    response = head_of(answer)
    content = (body or "").encode()
    accepted = (exchange.request.header("accept") or "application/json").split(",")[0].split(";")[0].strip().lower()
    if answer.get("isBase64Encoded") and is_binary(accepted, binary_media_types):
        try:
            content = base64.b64decode(body or "", validate=True)
        except binascii.Error:
            raise MalformedResponse("The body of a proxy response says it is base64, and is not.") from None
    response.body = content
    return response


def head_of(answer: Mapping[str, Any]) -> OutgoingResponse:
    """Status and headers of a proxy response, or of a stream's prelude.

    Raises:
        MalformedResponse: they have another shape.
    """
    status = answer.get("statusCode", 200)
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise MalformedResponse(f"{status!r} is no status code.")
    response = OutgoingResponse(status)
    headers = answer.get("headers") or {}
    several = answer.get("multiValueHeaders") or {}
    if not isinstance(headers, dict) or not isinstance(several, dict):
        raise MalformedResponse("Headers are an object.")
    pairs = [(name, value) for name, value in headers.items() if name.lower() not in {one.lower() for one in several}]
    for name, values in several.items():
        if not isinstance(values, list):
            raise MalformedResponse("multiValueHeaders holds lists.")
        pairs += [(name, value) for value in values]
    pairs += [("Set-Cookie", cookie) for cookie in answer.get("cookies") or []]
    for name, value in pairs:
        if not isinstance(value, (str, int, float, bool)):
            raise MalformedResponse(f"The header {name} has a value that is no text.")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if "\n" in text or "\r" in text:
            raise MalformedResponse(f"The header {name} has a line break.")
        if name.lower() in _REMAPPED:
            response.headers.append((f"x-amzn-Remapped-{name}", text))
        elif name.lower() not in _DROPPED:
            response.headers.append((name, text))
    if not response.has("content-type"):
        response.set("Content-Type", "application/json")
    return response
