"""Lambda proxy integrations, buffered and streamed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

import json
import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any

from local_aws.gateway.document import Api, Operation
from local_aws.gateway.errors import Refusal
from local_aws.gateway.events import MalformedResponse, head_of, parse_proxy_response, proxy_event
from local_aws.gateway.exchange import Exchange
from local_aws.gateway.limits import Limits
from local_aws.gateway.serving import StreamCut
from local_aws.gateway.wire import OutgoingResponse
from local_aws.lambda_service.service import LambdaService, ServiceSource
from local_aws.lambda_service.types import Invocation, LambdaError, RequestTooLarge

log = logging.getLogger(__name__)

_PIECES_AHEAD = 64
_END = object()


def invoke_function(
    lambda_service: LambdaService, api: Api, operation: Operation, exchange: Exchange, limits: Limits
) -> OutgoingResponse:
    """The function's answer; of a stream, its head and an iterator of the rest.

    Raises:
        Refusal: INTEGRATION_TIMEOUT, INTEGRATION_FAILURE or REQUEST_TOO_LARGE.
    """
    integration = operation.integration
    signed = operation.authorization.kind == "iam"
    event = json.dumps(proxy_event(exchange, api.binary_media_types, signed=signed)).encode()
    timeout = integration.timeout_seconds
    timeout = min(timeout, limits.stream_timeout_seconds if integration.streaming else limits.buffered_timeout_seconds)
    work = _Work(lambda_service, operation, exchange, event)
    work.start()
    invocation = _first(work, exchange, timeout)
    exchange.integration_latency_ms = int((exchange.elapsed() - work.begun) * 1000)
    exchange.integration_status = 200
    if not integration.streaming:
        if invocation.function_error:
            log.warning(
                "%s: the function failed: %s", _which(exchange), invocation.payload[:500].decode("utf-8", "replace")
            )
            raise Refusal("INTEGRATION_FAILURE", status=502)
        try:
            return parse_proxy_response(invocation.payload, exchange, api.binary_media_types)
        except MalformedResponse as error:
            raise _malformed(exchange, error) from None
    try:
        response = head_of(invocation.prelude if invocation.prelude is not None else {"statusCode": None})
    except MalformedResponse as error:
        work.abandon()
        raise _malformed(exchange, error) from None
    idle = limits.edge_idle_seconds if "EDGE" in exchange.stage.endpoint_types else limits.regional_idle_seconds
    response.headers = [
        (name, value) for name, value in response.headers if name.lower() != "x-amzn-remapped-content-length"
    ]
    response.body = _pieces(work, exchange, idle, timeout)
    return response


class _Work(threading.Thread):
    """One invocation, in its own thread: whoever waits may run out of time, or leave; the function runs to its end."""

    def __init__(self, lambda_service: LambdaService, operation: Operation, exchange: Exchange, event: bytes) -> None:
        super().__init__(name=f"integration {exchange.request_id}", daemon=True)
        self._lambda = lambda_service
        self._function_arn = operation.integration.function_arn or ""
        self._streaming = operation.integration.streaming
        self._event = event
        stage = exchange.stage
        self._source = ServiceSource(
            principal="apigateway.amazonaws.com",
            # The function's policy sees the resource's template, as API Gateway has it: variables as stars.
            arn=f"arn:aws:execute-api:{stage.region}:{stage.account_id}:{stage.rest_api_id}/{stage.name}"
            f"/{exchange.request.method}{_starred(operation.resource)}",
        )
        self._left = threading.Event()
        self.results: queue.Queue[Any] = queue.Queue(_PIECES_AHEAD)
        self.begun = exchange.elapsed()

    def abandon(self) -> None:
        """Nobody waits for the rest; the function is read to its end all the same."""
        self._left.set()

    def run(self) -> None:
        try:
            invocation = self._lambda.invoke(
                self._function_arn, self._event, streaming=self._streaming, source=self._source
            )
            self._put(invocation)
            for piece in invocation.chunks or ():
                self._put(piece)
            self._put(_END)
        except Exception as error:
            self._put(error)

    def _put(self, result: Any) -> None:
        while not self._left.is_set():
            try:
                self.results.put(result, timeout=0.2)
            except queue.Full:
                continue
            return


def _starred(resource: str) -> str:
    return "/".join("*" if segment.startswith("{") else segment for segment in resource.split("/"))


def _which(exchange: Exchange) -> str:
    return f"{exchange.request.method} {exchange.resource} ({exchange.request_id})"


def _malformed(exchange: Exchange, error: MalformedResponse) -> Refusal:
    log.warning("%s: malformed Lambda proxy response: %s", _which(exchange), error)
    return Refusal("INTEGRATION_FAILURE", status=502)


def _first(work: _Work, exchange: Exchange, timeout: float) -> Invocation:
    """The invocation's answer, or the head of its stream."""
    try:
        result = work.results.get(timeout=max(0.0, timeout - exchange.elapsed()))
    except queue.Empty:
        work.abandon()
        raise Refusal("INTEGRATION_TIMEOUT") from None
    if isinstance(result, Invocation):
        return result
    if isinstance(result, RequestTooLarge):
        raise Refusal("REQUEST_TOO_LARGE")
    log.warning("%s: the function could not be invoked, or failed: %r", _which(exchange), result)
    # A service error (a throttled function, one that API Gateway may not invoke) is a 500, the function's own a 502.
    raise Refusal("INTEGRATION_FAILURE", status=500 if isinstance(result, LambdaError) else 502)


def _pieces(work: _Work, exchange: Exchange, idle: float, timeout: float) -> Iterator[bytes]:
    """A stream's pieces. Ends in `StreamCut` where the function failed, fell silent or ran out of time."""
    try:
        while True:
            left = timeout - exchange.elapsed()
            try:
                result = work.results.get(timeout=max(0.0, min(idle, left)))
            except queue.Empty:
                raise StreamCut("The stream was silent for too long, or its time is over.") from None
            if result is _END:
                return
            if isinstance(result, BaseException):
                log.warning("%s: the function failed in its stream: %r", _which(exchange), result)
                raise StreamCut(f"The function failed in its stream: {result}") from None
            yield result
    finally:
        work.abandon()
