"""Cohere Embed 3 and 4.

ug/model-parameters-embed-v3.html, ug/model-parameters-embed-v4.html
"""

from llm_api.families import Family


class CohereEmbed(Family):
    """Cohere Embed."""

    name = "cohere-embed"
    title = "Cohere Embed"
    ids = ("^cohere[.]embed-",)

    operation = "embeddings"


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return CohereEmbed
