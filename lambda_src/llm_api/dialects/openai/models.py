"""`GET /v1/models` and `GET /v1/models/{id}`: what the caller may use.

https://platform.openai.com/docs/api-reference/models
"""

import json
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import unquote

from llm_api.dialects import Query
from llm_api.errors import NotFound
from llm_api.events import Request, Response
from llm_api.registry import Target

CREATED = 0
"""OpenAI wants a Unix time here. A deployment's model has none, and a wrong one would be worse than none."""


class ListModels(Query):
    """All models of the caller."""

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Nothing to read."""
        return cls()

    def render(self, targets: Sequence[Target]) -> Response:
        """See `Query.render`."""
        return _json({"object": "list", "data": [_model(target) for target in targets]})


class RetrieveModel(Query):
    """One model, by alias or declared ID."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Take the name from the path, decoded exactly once."""
        return cls(unquote(request.path.rpartition("/v1/models/")[2]))

    def render(self, targets: Sequence[Target]) -> Response:
        """See `Query.render`."""
        for target in targets:
            if self.name == target.alias:
                return _json(_model(target))
        for target in targets:
            if target.id is not None and self.name == target.id:
                return _json(_model(target))
        raise NotFound("There is no such model here. GET /v1/models lists those that you may use.")


def _model(target: Target) -> dict[str, Any]:
    return {"id": target.alias, "object": "model", "created": CREATED, "owned_by": target.family}


def _json(body: dict[str, Any]) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())
