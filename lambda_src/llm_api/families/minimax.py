"""MiniMax M2 to M2.5 (notebooks)."""

from llm_api.families import Family


class MiniMax(Family):
    """MiniMax M2."""

    name = "minimax"
    title = "MiniMax M2"
    ids = ("^minimax[.]",)

    images = False  # notebooks
    reasoning = "always"  # notebooks: the reasoning comes first
    thinks_unasked = True
    thinking_off = False


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return MiniMax
