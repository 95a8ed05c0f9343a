"""Which dialect a route belongs to. A dialect's module is imported when one of its routes is first used."""

import json
from importlib import import_module
from typing import Any

from llm_api.dialects import Dialect
from llm_api.errors import ApiError, NotFound
from llm_api.events import Request, Response

_BY_PREFIX = (
    ("/model/", "llm_api.dialects.bedrock"),
    ("/v1/messages", "llm_api.dialects.anthropic"),
    ("/v1/", "llm_api.dialects.openai"),
)


def dialect_of(request: Request) -> Dialect | None:
    """The dialect that the route's path is spoken in, or None."""
    for prefix, module in _BY_PREFIX:
        if request.route.startswith(prefix):
            dialect: Any = import_module(module)
            found: Dialect = dialect
            return found
    return None


def parser_of(dialect: Dialect | None, request: Request) -> Any:
    """The `Call` or `Query` class of the route.

    Raises:
        NotFound: there is no such route.
    """
    if dialect is None or (request.method, request.route) not in dialect.ROUTES:
        raise NotFound(
            f"There is no {request.method} {request.path[:200]} here. The routes are those of Bedrock (/model/…), "
            "OpenAI (/v1/chat/completions and others) and Anthropic (/v1/messages)."
        )
    return dialect.ROUTES[request.method, request.route]


def error_for_any_client(error: ApiError, request: Request) -> Response:
    """An error on a path of no dialect, in a shape that each of the SDKs can read."""
    details = {"type": _snake_case(error), "message": error.message, "param": None, "code": error.code}
    body = {"type": "error", "error": details, "message": error.message, "request_id": request.id}
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return Response(error.status, headers, json.dumps(body).encode())


def _snake_case(error: ApiError) -> str:
    """`not_found_error` and the like, as OpenAI and Anthropic both call theirs."""
    names = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
    return names.get(error.status, "api_error")
