"""API Gateway's proxy event in, its proxy response out: the only module that knows their shape.

In, and out in one piece:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Out as a stream:
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

import base64
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeGuard

from llm_api.errors import ApiError, BadRequest, Internal, PayloadTooLarge

MAX_PROXY_RESPONSE_BYTES = 6 * 1024 * 1024
"""Lambda's limit on a buffered answer, measured on its JSON.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

MAX_STREAM_BYTES = 200 * 1024 * 1024
"""Lambda's limit on a streamed answer. API Gateway's 10 MB are a limit of buffered ones only."""

MAX_PRELUDE_BYTES = 16 * 1024
"""API Gateway looks for the end of a stream's metadata in this many bytes, the delimiter included."""

PRELUDE_END = bytes(8)
"""What stands between a stream's metadata and its payload."""


class Caller(NamedTuple):
    """Who API Gateway says is calling. Everything here was verified by API Gateway, nothing by the caller's word.

    Attributes:
        principal_arn: the IAM principal under `iam` auth, else None.
        claims: claims of a Cognito token, or the context of a custom authorizer.
    """

    principal_arn: str | None = None
    claims: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """One HTTP request as it reached API Gateway.

    Attributes:
        id: API Gateway's request ID; it is the answer's `x-request-id` and stands in the log line.
        method: upper case.
        route: the path template of the contract that matched, such as `/model/{modelId}/invoke`.
        path: the path as it was sent, still percent-encoded, without the stage.
        headers: names in lower case; lines of one name are one list, joined by commas (RFC 9110, 5.3).
        query: the last value of each parameter.
        body: the bytes the caller sent.
        function_request_id: Lambda's own ID of this invocation, for the log line.
    """

    id: str
    method: str
    route: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    caller: Caller = Caller()
    function_request_id: str | None = None


class Response:
    """One HTTP answer.

    Attributes:
        headers: names in lower case.
        body: the whole payload, or for a streamed answer an iterator of its pieces, each sent as it comes.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes | Iterator[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def is_proxy_event(event: object) -> TypeGuard[dict[str, Any]]:
    """Whether API Gateway's REST proxy integration sent this, and not somebody who invoked the function directly."""
    return isinstance(event, dict) and isinstance(event.get("requestContext"), dict) and "resource" in event


def is_order(event: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a workflow's order. API Gateway's events have many fields, none of them this one."""
    return isinstance(event, dict) and event.keys() == {"llm_api"}


def to_request(event: object, function_request_id: str | None = None) -> Request:
    """The HTTP request inside a REST proxy event.

    Parameters:
        event: decoded JSON; nothing about it is taken for granted.
        function_request_id: Lambda's own ID of this invocation.

    Raises:
        BadRequest: it is not such an event, or its body can't be decoded.
    """
    if not is_proxy_event(event):
        raise BadRequest(
            "This function answers API Gateway's REST proxy events and nothing else. Call the API's URL, "
            "or invoke it with such an event."
        )
    context: dict[str, Any] = event["requestContext"]
    route = _text(event, "resource")
    return Request(
        id=_text(context, "requestId"),
        method=_text(event, "httpMethod").upper(),
        route=route,
        path=_path_below_base(_text(event, "path"), route),
        headers=_headers(event),
        query=_last_values(event, "queryStringParameters", "multiValueQueryStringParameters"),
        body=_body(event),
        caller=_caller(context),
        function_request_id=function_request_id,
    )


def most_body_bytes(*, streaming: bool) -> int:
    """How long an answer's body may be, if it is JSON that holds hardly a quote: headers and escapes are taken off."""
    return (MAX_STREAM_BYTES if streaming else MAX_PROXY_RESPONSE_BYTES) - MAX_PRELUDE_BYTES


def to_proxy_response(response: Response) -> dict[str, Any]:
    """The buffered answer. A body that comes in pieces is read to its end and sent whole.

    Raises:
        PayloadTooLarge: it does not fit into what Lambda hands on.
    """
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    text = _as_text(body, response.headers.get("content-type", ""))
    answer = {
        "statusCode": response.status,
        "headers": response.headers,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }
    # JSON escapes a byte into six at worst, so that most answers need no second look.
    if 6 * len(body) > MAX_PROXY_RESPONSE_BYTES and len(json.dumps(answer)) > MAX_PROXY_RESPONSE_BYTES:
        raise PayloadTooLarge(
            f"The answer of {len(body):,} bytes is larger than Lambda returns in one piece (6 MB). Ask for less at a "
            "time, or have the deployment's owner set `streaming = true`, whose limit is 200 MB."
        )
    return answer


def to_stream(response: Response) -> Iterator[bytes]:
    """The streamed answer: metadata, delimiter and the first piece of the body at once, then piece after piece.

    Nothing is yielded before the body's first piece exists: until then a failure can still become a proper answer.

    Raises:
        Internal: the headers don't fit into what API Gateway reads.
    """
    metadata = json.dumps({"statusCode": response.status, "headers": response.headers}).encode() + PRELUDE_END
    if len(metadata) > MAX_PRELUDE_BYTES:
        raise Internal("The answer's headers are longer than API Gateway takes. Tell the deployment's owner.")
    pieces = iter((response.body,)) if isinstance(response.body, bytes) else response.body
    yield metadata + next(pieces, b"")
    # An empty chunk would end the stream on the wire.
    yield from (piece for piece in pieces if piece)


def to_error_response(error: ApiError) -> Response:
    """The error of an event that holds no request, hence no dialect."""
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return Response(error.status, headers, json.dumps({"message": error.message}).encode())


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value:
        raise _malformed(key)
    return value


def _malformed(key: str) -> BadRequest:
    return BadRequest(f"The invocation event's `{key}` is not what API Gateway's REST proxy integration sends.")


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Each header once. Whoever reads a list must not miss a line of it; whoever reads one value gets none that fits.

    API Gateway sends both forms, null where there is nothing, and keeps the letters' case, in which lines may differ.
    """
    lists = event.get("multiValueHeaders")
    if not _maps(lists, list):
        single = event.get("headers")
        if single is None:
            return {}
        if not _maps(single, str):
            raise _malformed("headers")
        lists = {name: [value] for name, value in single.items()}
    lines: dict[str, dict[str, None]] = {}
    for name, values in lists.items():
        for value in values:
            if not isinstance(value, str):
                raise _malformed("headers")
            # A line that is there twice says nothing more.
            lines.setdefault(name.lower(), {})[value] = None
    return {name: ", ".join(values) for name, values in lines.items()}


def _last_values(event: Mapping[str, Any], single: str, multiple: str) -> dict[str, str]:
    """The last value of each name; API Gateway sends both forms, null where there is nothing."""
    lists = event.get(multiple)
    values = {name: value[-1] for name, value in lists.items() if value} if _maps(lists, list) else event.get(single)
    if values is None:
        return {}
    if not _maps(values, str):
        raise _malformed(single)
    return dict(values)


def _maps(value: object, kind: type) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())


def _path_below_base(path: str, route: str) -> str:
    """The part of the path that the route describes.

    `path` carries no stage, but a custom domain's base path and a trailing slash if there was one, and keeps the
    percent-encoding of what was sent (https://github.com/aws-powertools/powertools-lambda-python/pull/579 shows both
    kinds of event). The route says how many segments are the API's own, counted from the end.
    """
    template = route.strip("/").split("/")
    if template[-1].endswith("+}"):
        return path
    segments = path.rstrip("/").split("/")[-len(template) :]
    if len(segments) != len(template) or any(
        expected != segment for expected, segment in zip(template, segments, strict=True) if expected[:1] != "{"
    ):
        raise _malformed("path")
    return "/" + "/".join(segments)


def _body(event: dict[str, Any]) -> bytes:
    # Taken out, since one wide character makes the text four times as large as the bytes that are made of it here.
    body = event.pop("body", None)
    if body is None:
        return b""
    if not isinstance(body, str):
        raise _malformed("body")
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:  # broken base64, or half a surrogate pair
        raise _malformed("body") from None


def _caller(context: Mapping[str, Any]) -> Caller:
    identity = context.get("identity")
    principal = identity.get("userArn") if isinstance(identity, dict) else None
    authorizer = context.get("authorizer")
    if not isinstance(authorizer, dict):
        authorizer = {}
    # Cognito's claims are one object; a custom authorizer's context lies flat, and can't hold an object.
    claims = authorizer.get("claims")
    source = claims if isinstance(claims, dict) else authorizer
    return Caller(
        principal_arn=principal if isinstance(principal, str) and principal else None,
        claims={name: value for name, value in source.items() if isinstance(value, str)},
    )


def _as_text(body: bytes, content_type: str) -> str | None:
    """The body as text, or None where it has to travel in base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind == "application/json" or kind.endswith("+json")):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
