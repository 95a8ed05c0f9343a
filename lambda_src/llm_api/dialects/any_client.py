"""Errors on a path that no SDK owns, in a shape that each of them can read."""

import json

from llm_api.errors import ApiError
from llm_api.events import Request, Response


def error_for_any_client(error: ApiError, request: Request) -> Response:
    """OpenAI's `error`, Anthropic's `type` and `request_id`, and Bedrock's `message` and header, in one."""
    details = {"type": _snake_case(error), "message": error.message, "param": None, "code": error.code}
    body = {"type": "error", "error": details, "message": error.message, "request_id": request.id}
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return Response(error.status, headers, json.dumps(body).encode())


def _snake_case(error: ApiError) -> str:
    """`not_found_error` and the like, as OpenAI and Anthropic both call theirs."""
    names = {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        409: "conflict_error",
        413: "request_too_large",
        429: "rate_limit_error",
    }
    return names.get(error.status, "api_error")
