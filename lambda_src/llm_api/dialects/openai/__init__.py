"""OpenAI's dialect: chat completions, embeddings and the list of models.

https://platform.openai.com/docs/api-reference
"""

from collections.abc import Mapping
from typing import Any

from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.embeddings import Embeddings
from llm_api.dialects.openai.errors import error_response
from llm_api.dialects.openai.models import ListModels, RetrieveModel
from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "openai"

ROUTES: Mapping[tuple[str, str], type[Any]] = {
    ("POST", "/v1/chat/completions"): ChatCompletion,
    ("POST", "/v1/embeddings"): Embeddings,
    ("GET", "/v1/models"): ListModels,
    ("GET", "/v1/models/{id}"): RetrieveModel,
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`."""
    return error_response(error, request)
