"""A model of which nothing is known: what Converse takes."""

from llm_api.families import Family


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Family
