"""Shared by the tests of the gateway: a control plane and a Lambda service by hand, and calls without a network."""

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.control_plane import DomainMapping, Stage
from local_aws.credentials import CredentialStore
from local_aws.gateway import Gateway
from local_aws.gateway.wire import RAW_HEADERS
from local_aws.lambda_service.types import Invocation

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:app:live"
BUFFERED_URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
STREAMING_URI = (
    f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{FUNCTION}/response-streaming-invocations"
)


def proxy(**overrides: Any) -> dict[str, Any]:
    """A buffered Lambda integration."""
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": BUFFERED_URI, "timeoutInMillis": 29000, **overrides}


def stream(**overrides: Any) -> dict[str, Any]:
    """A streamed Lambda integration."""
    return proxy(uri=STREAMING_URI, responseTransferMode="STREAM", timeoutInMillis=900000) | overrides


def mock(status: int = 200, body: str = '{"status":"ok"}', **overrides: Any) -> dict[str, Any]:
    """A mock integration with a static answer."""
    return {
        "type": "mock",
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": json.dumps({"statusCode": status})},
        "responses": {"default": {"statusCode": str(status), "responseTemplates": {"application/json": body}}},
        **overrides,
    }


def operation(integration: dict[str, Any], security: list[dict[str, list[str]]] | None = None) -> dict[str, Any]:
    """One method of a path."""
    statuses = {response["statusCode"]: {"description": ""} for response in integration.get("responses", {}).values()}
    block: dict[str, Any] = {"responses": statuses or {"200": {"description": ""}}}
    block["x-amazon-apigateway-integration"] = integration
    return {**block, "security": security} if security else block


def document(paths: dict[str, Any], **extensions: Any) -> dict[str, Any]:
    """An OpenAPI document; `extensions` by their short name, such as `gateway_responses`."""
    schemes = extensions.pop("schemes", {})
    return {
        "openapi": "3.0.1",
        "info": {"title": "test", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": schemes},
        **{f"x-amazon-apigateway-{name.replace('_', '-')}": value for name, value in extensions.items()},
    }


def stage_of(body: dict[str, Any], **overrides: Any) -> Stage:
    """A deployed stage `live` of the API `abc123`."""
    values: dict[str, Any] = {
        "rest_api_id": "abc123",
        "name": "live",
        "region": "us-east-1",
        "account_id": ACCOUNT,
        "deployment_id": "d1",
        "document": body,
    }
    return Stage(**{**values, **overrides})


@dataclass
class FakeControlPlane:
    """Stages and domain mappings, by hand."""

    stages: list[Stage]
    domain_mappings: list[DomainMapping] = field(default_factory=list)

    def stage(self, rest_api_id: str, stage_name: str) -> Stage | None:
        found = (one for one in self.stages if (one.rest_api_id, one.name) == (rest_api_id, stage_name))
        return next(found, None)


@dataclass
class FakeLambda:
    """A Lambda service; `answer(event)` is a proxy response, an `Invocation`, or an exception to raise."""

    answer: Callable[[dict[str, Any]], Any] = lambda event: {"statusCode": 200, "body": "{}"}
    events: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, function_arn: str, event: bytes, *, streaming: bool = False, source: Any = None) -> Invocation:
        self.events.append(json.loads(event))
        self.calls.append({"function_arn": function_arn, "streaming": streaming, "source": source, "size": len(event)})
        answer = self.answer(self.events[-1])
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Invocation):
            return answer
        return Invocation("r1", payload=json.dumps(answer).encode())


@dataclass
class Answer:
    """What a caller got. `cut` is the exception that severed a stream."""

    status: int
    headers: dict[str, str]
    body: bytes
    pieces: list[bytes]
    cut: BaseException | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Caller:
    """Calls a gateway without a network."""

    gateway: Gateway
    prefix: str = "/_api/abc123/live"

    def __call__(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        scheme: str = "https",
    ) -> Answer:
        sent = [("Host", "localhost:8443"), *headers]
        if body:
            sent.append(("Content-Length", str(len(body))))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": self.prefix + path,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": scheme,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            RAW_HEADERS: sent,
        }
        begun: list[Any] = []
        result = self.gateway(environ, lambda status, found: begun.extend((status, found)))
        pieces: list[bytes] = []
        cut = None
        try:
            for piece in result:
                pieces.append(piece)
        except Exception as error:
            cut = error
        finally:
            close = getattr(result, "close", None)
            if close:
                close()
        found = {name.lower(): value for name, value in begun[1]}
        return Answer(int(begun[0].split()[0]), found, b"".join(pieces), pieces, cut)


def serve(
    body: dict[str, Any],
    answer: Callable[[dict[str, Any]], Any] | None = None,
    *,
    credentials: CredentialStore | None = None,
    stage: dict[str, Any] | None = None,
    mappings: list[DomainMapping] | None = None,
    **options: Any,
) -> tuple[Caller, FakeLambda]:
    """A gateway that serves one document, and the Lambda service behind it."""
    functions = FakeLambda(answer) if answer else FakeLambda()
    control_plane = FakeControlPlane([stage_of(body, **(stage or {}))], mappings or [])
    gateway = Gateway(control_plane, credentials or CredentialStore(), functions, **options)  # type: ignore[arg-type]
    return Caller(gateway), functions


def chunks_until(release: threading.Event, *pieces: bytes) -> Iterator[bytes]:
    """Yields pieces, then waits to be released."""
    yield from pieces
    release.wait(10)
