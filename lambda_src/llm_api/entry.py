"""What both entries, `handler` and `runtime`, do with an event: request in, the app's answer out, nothing escapes.

The two functions here are the seam that a runtime plugs into: `buffered` gives one JSON document, `streamed` the bytes
of API Gateway's streaming format as they come. Neither knows how they reach Lambda.
"""

import gc
import json
import os
import time
from collections.abc import Iterator
from typing import Any, Protocol

from llm_api.deadline import Deadline
from llm_api.errors import ApiError, Internal
from llm_api.events import Request, Response, is_order, to_error_response, to_proxy_response, to_request, to_stream

RESERVE_SECONDS = 1.0
"""Kept back from Lambda's deadline for what follows the model: the last bytes, the settled usage, the log line."""


class App(Protocol):
    """The one path that every request takes; see `llm_api.app`."""

    must_end: bool

    def handle(self, request: Request, deadline: Deadline) -> Response:
        """The answer to one request. Never raises."""
        ...

    def carry_out(self, order: object, function_request_id: str | None) -> dict[str, Any]:
        """The answer to an order of a workflow's. Never raises."""
        ...


def build() -> App:
    """The app of this deployment, from the function's environment, its clients made.

    For Lambda's initialisation, which has a full CPU: the first request then waits for no client.

    Raises:
        ValueError: a setting is missing or malformed; the message names it.
    """
    # Everything that is made here stays. Looking for garbage in it meanwhile takes a tenth of a cold start and finds
    # none; looking through it later, at each full collection, would be in vain too.
    gc.disable()
    try:
        from llm_api.app import App as RealApp
        from llm_api.config import Settings

        app = RealApp(Settings.from_environment(os.environ))
        app.warm_up()
        return app
    finally:
        gc.freeze()
        gc.enable()


def buffered(app: App, event: object, remaining_ms: float, function_request_id: str | None = None) -> dict[str, Any]:
    """The proxy response to an event, or the answer to an order. Never raises.

    Parameters:
        event: the invocation's payload, decoded.
        remaining_ms: milliseconds until Lambda ends the invocation.
        function_request_id: Lambda's own ID of the invocation.
    """
    if is_order(event):
        return app.carry_out(event["llm_api"], function_request_id)
    request, response = _respond(app, event, remaining_ms, function_request_id)
    try:
        return to_proxy_response(response)
    except Exception as error:
        return to_proxy_response(_in_place_of(response, error, request, function_request_id))


def streamed(app: App, event: object, remaining_ms: float, function_request_id: str | None = None) -> Iterator[bytes]:
    """The answer to an event in API Gateway's streaming format, piece by piece; parameters as in `buffered`.

    The first piece holds the metadata and the first bytes of the body, and whatever fails before it becomes a proper
    error answer. No piece is empty.

    Raises:
        Exception: what the body raised after its first piece. The answer can't be completed then, only cut off.
    """
    request, response = _respond(app, event, remaining_ms, function_request_id)
    pieces = to_stream(response)
    try:
        first = next(pieces)
    except Exception as error:
        pieces = to_stream(_in_place_of(response, error, request, function_request_id))
        first = next(pieces)
    yield first
    yield from pieces


def log_fault(
    message: str, error: BaseException, function_request_id: str | None = None, *, level: str = "ERROR"
) -> None:
    """One JSON line about a fault, in the field names of AWS's Powertools.

    Where it happened and of what type it is, never the exception's own words: they may quote a prompt.
    """
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    now = time.time()
    line = {
        "level": level,
        "message": message,
        "timestamp": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + f",{int(now % 1 * 1000):03d}+0000",
        "service": os.environ.get("POWERTOOLS_SERVICE_NAME", "llm-api"),
        "function_request_id": function_request_id,
        "exception_name": type(error).__name__,
        "stack_trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    print(json.dumps(line), flush=True)


def _respond(
    app: App, event: object, remaining_ms: float, function_request_id: str | None
) -> tuple[Request | None, Response]:
    request: Request | None = None
    try:
        request = to_request(event, function_request_id)
        return request, app.handle(request, Deadline.after(remaining_ms / 1000 - RESERVE_SECONDS))
    except Exception as error:
        if not isinstance(error, ApiError):
            log_fault("a request failed in a way that nobody foresaw", error, function_request_id)
        return request, _error_response(error, request)


def _in_place_of(
    response: Response, error: Exception, request: Request | None, function_request_id: str | None
) -> Response:
    """The error instead of an answer that can't be sent. What is left of that answer is read, so that it is counted."""
    log_fault("an answer could not be sent", error, function_request_id)
    if not isinstance(response.body, bytes):
        try:
            for _ in response.body:
                pass
        except Exception as another:
            log_fault("the rest of that answer could not be read", another, function_request_id)
    return _error_response(error, request)


def _error_response(error: Exception, request: Request | None) -> Response:
    known = error if isinstance(error, ApiError) else Internal()
    if request is None:
        return to_error_response(known)
    from llm_api.routes import dialect_of, error_for_any_client

    dialect = dialect_of(request)
    response = (dialect.error if dialect is not None else error_for_any_client)(known, request)
    response.headers["x-request-id"] = request.id
    return response
