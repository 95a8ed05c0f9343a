"""Which dialect a route belongs to. The modules of a dialect, and of a route, are imported when first used."""

from importlib import import_module
from typing import Any

from llm_api.dialects import Dialect
from llm_api.dialects.any_client import error_for_any_client
from llm_api.errors import NotFound
from llm_api.events import Request

__all__ = ["dialect_of", "error_for_any_client", "parser_of"]

_BY_PREFIX = (
    ("/model/", "llm_api.dialects.bedrock"),
    ("/v1/messages", "llm_api.dialects.anthropic"),
    ("/v1/usage", "llm_api.dialects.usage"),
    ("/v1/workflows/", "llm_api.dialects.workflows"),
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
    """The class of the route's call or query.

    Raises:
        NotFound: there is no such route.
    """
    place = None if dialect is None else dialect.ROUTES.get((request.method, request.route))
    if place is None:
        raise NotFound(
            f"There is no {request.method} {request.path[:200]} here. The routes are those of Bedrock (/model/…), "
            "OpenAI (/v1/chat/completions and others) and Anthropic (/v1/messages)."
        )
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
