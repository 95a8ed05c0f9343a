"""OpenAI's dialect: chat completions, responses, embeddings, images and the list of models.

https://platform.openai.com/docs/api-reference
"""

from collections.abc import Mapping

from llm_api.dialects.openai.errors import error_response
from llm_api.errors import ApiError
from llm_api.events import Request, Response

NAME = "openai"

ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "/v1/chat/completions"): "llm_api.dialects.openai.chat:ChatCompletion",
    ("POST", "/v1/completions"): "llm_api.dialects.openai.completions:TextCompletion",
    ("POST", "/v1/responses"): "llm_api.dialects.openai.responses.call:CreateResponse",
    ("POST", "/v1/responses/input_tokens"): "llm_api.dialects.openai.responses.call:CountInputTokens",
    ("POST", "/v1/embeddings"): "llm_api.dialects.openai.embeddings:Embeddings",
    ("POST", "/v1/images/generations"): "llm_api.dialects.openai.images:ImageGeneration",
    ("GET", "/v1/models"): "llm_api.dialects.openai.models:ListModels",
    ("GET", "/v1/models/{id}"): "llm_api.dialects.openai.models:RetrieveModel",
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`."""
    return error_response(error, request)
