"""Google's Gemma 3 (notebooks)."""

from llm_api.families import Family


class Gemma(Family):
    """Gemma 3."""

    name = "gemma"
    title = "Gemma 3"
    ids = ("^google[.]gemma",)

    images = True  # notebooks


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Gemma
