"""Errors in OpenAI's shape, such that its SDKs raise the right class and retry only what is worth it.

https://platform.openai.com/docs/guides/error-codes
"""

import json
from typing import Any

from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.retry_headers import retry_headers
from llm_api.errors import ApiError, ContextExceeded, Filtered, NotFound, QuotaExceeded, Withheld
from llm_api.events import Request, Response

_TYPES: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


def error_body(error: ApiError) -> dict[str, Any]:
    """`{"error": {message, type, param, code}}`; all four are always there."""
    kind, code = _TYPES.get(error.status, ("server_error", "server_error"))
    if isinstance(error, QuotaExceeded):
        code = "insufficient_quota"
    if isinstance(error, NotFound):
        code = "model_not_found"
    if isinstance(error, Filtered):
        code = "content_filter" if isinstance(error, Withheld) else "content_policy_violation"
    if isinstance(error, ContextExceeded):
        code = "context_length_exceeded"
    param = None
    if isinstance(error, InvalidField):
        param, code = error.param, error.word
    return {"error": {"message": error.message, "type": kind, "param": param, "code": code}}


def error_response(error: ApiError, request: Request) -> Response:
    """The whole answer for an error before the first byte."""
    headers = {"content-type": "application/json", "x-request-id": request.id, **retry_headers(error)}
    return Response(error.status, headers, json.dumps(error_body(error)).encode())
