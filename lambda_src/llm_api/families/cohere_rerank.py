"""Cohere's reranking model, and Amazon's, which takes the same fields.

ug/rerank-supported.html
"""

from llm_api.families import Family


class CohereRerank(Family):
    """Cohere Rerank."""

    name = "cohere-rerank"
    title = "Cohere Rerank"
    ids = ("^cohere[.]rerank-", "^amazon[.]rerank-")

    operation = "rerank"
    output_limits = ()
    output_limit_synonyms = ()
    output_limits_of_prompts = ()
    fields = frozenset()


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return CohereRerank
