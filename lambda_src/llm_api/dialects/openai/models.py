"""`GET /v1/models` and `GET /v1/models/{id}`: what the caller may use, in OpenAI's and Anthropic's shape at once.

Neither minds the other's fields, and no header tells for sure who asks: agents send Anthropic's version to both.

https://platform.openai.com/docs/api-reference/models
https://platform.claude.com/docs/en/api/models/list
"""

import json
from typing import Any, Self
from urllib.parse import unquote

from llm_api.dialects import Deployment, Query
from llm_api.errors import BadRequest, NotFound
from llm_api.events import Request, Response
from llm_api.registry import Target

CREATED, CREATED_AT = 0, "1970-01-01T00:00:00Z"
"""A time is wanted, by each in its own form. A deployment's model has none, and a wrong one would be worse."""


class ListModels(Query):
    """The models of the caller, all of them or a page.

    Args:
        limit: how many at most; None for all.
        after, before: the alias behind or in front of which the page lies; None for the first page.
    """

    def __init__(self, limit: int | None, after: str | None, before: str | None) -> None:
        self.limit = limit
        self.after = after
        self.before = before

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Take Anthropic's paging from the query.

        Raises:
            BadRequest: `limit` is no number.
        """
        limit = request.query.get("limit")
        if limit is not None and not (limit.isascii() and limit.isdigit() and 0 < len(limit) < 5 and int(limit)):
            raise BadRequest("limit must be a whole number from 1 to 9999.")
        return cls(None if limit is None else int(limit), request.query.get("after_id"), request.query.get("before_id"))

    def respond(self, deployment: Deployment) -> Response:
        """See `Query.respond`."""
        targets = deployment.models()
        names = [target.alias for target in targets]
        end = names.index(self.before) if self.before in names else len(names)
        start = names.index(self.after) + 1 if self.after in names else 0
        if self.limit is not None and self.before is None:
            end = min(end, start + self.limit)
        elif self.limit is not None:
            start = max(start, end - self.limit)
        page = targets[start:end]
        body = {
            "object": "list",
            "data": [_model(target) for target in page],
            "has_more": end < len(names) if self.before is None else start > 0,
            "first_id": page[0].alias if page else None,
            "last_id": page[-1].alias if page else None,
        }
        return _json(body)


class RetrieveModel(Query):
    """One model, by alias or declared ID."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Take the name from the path, decoded exactly once."""
        return cls(unquote(request.path.rpartition("/v1/models/")[2]))

    def respond(self, deployment: Deployment) -> Response:
        """See `Query.respond`.

        Raises:
            NotFound: the caller may use no such model.
        """
        targets = deployment.models()
        for target in targets:
            if self.name == target.alias:
                return _json(_model(target))
        for target in targets:
            if target.id is not None and self.name == target.id:
                return _json(_model(target))
        raise NotFound("There is no such model here. GET /v1/models lists those that you may use.")


def _model(target: Target) -> dict[str, Any]:
    return {
        "id": target.alias,
        "object": "model",
        "created": CREATED,
        "owned_by": target.family,
        "type": "model",
        "display_name": target.alias,
        "created_at": CREATED_AT,
        "lifecycle": "active",
    }


def _json(body: dict[str, Any]) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())
