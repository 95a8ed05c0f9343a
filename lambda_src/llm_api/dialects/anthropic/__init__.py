"""Anthropic's dialect: the Messages API and token counting, for Claude.

https://platform.claude.com/docs/en/api/overview
"""

import json
from collections.abc import Mapping

from llm_api.dialects.anthropic.stream import error_body
from llm_api.dialects.retry_headers import retry_headers
from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "anthropic"

ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "/v1/messages"): "llm_api.dialects.anthropic.messages:Messages",
    ("POST", "/v1/messages/count_tokens"): "llm_api.dialects.anthropic.messages:CountTokens",
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`."""
    headers = {
        "content-type": "application/json",
        "x-request-id": request.id,
        "request-id": request.id,
        **retry_headers(error),
    }
    return Response(error.status, headers, json.dumps(error_body(error, request.id)).encode())
