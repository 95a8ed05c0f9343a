"""`GET /v1/usage`: the caller's budgets, what is used of them, and when they start anew. For curl and dashboards."""

import json
from collections.abc import Mapping
from typing import Self

from llm_api.dialects import Deployment, Query
from llm_api.dialects.any_client import error_for_any_client
from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "usage"


class GetUsage(Query):
    """The caller's own use. Nothing in the request can name another tenant's."""

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Nothing to read."""
        return cls()

    def respond(self, deployment: Deployment) -> Response:
        """See `Query.respond`."""
        key = {} if deployment.key_id is None else {"key_id": deployment.key_id}
        body = {"tenant": deployment.tenant, **key, "windows": deployment.balance().report()}
        return Response(
            200, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(body).encode()
        )


ROUTES: Mapping[tuple[str, str], str] = {("GET", "/v1/usage"): "llm_api.dialects.usage:GetUsage"}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`."""
    return error_for_any_client(error, request)
