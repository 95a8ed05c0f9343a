"""Amazon Titan Embeddings, of text and of images.

ug/titan-embedding-models.html
"""

from llm_api.families import Family


class TitanEmbed(Family):
    """Titan Embeddings."""

    name = "titan-embed"
    title = "Titan Embeddings"
    ids = ("^amazon[.]titan-embed-",)

    operation = "embeddings"


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return TitanEmbed
