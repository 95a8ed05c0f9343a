"""Moonshot AI's Kimi (notebooks)."""

from llm_api.families import Family


class Kimi(Family):
    """Kimi K2."""

    name = "moonshot"
    title = "Kimi K2"
    ids = ("^moonshot[.]", "^moonshotai[.]")

    images = False  # notebooks
    reasoning = "always"  # notebooks: the reasoning comes first
    thinks_unasked = True


class Kimi25(Kimi):
    """K2.5, which sees, and thinks as hard as it is told."""

    title = "Kimi K2.5"

    images = True  # notebooks
    reasoning = "effort"  # notebooks
    efforts = ("low", "medium", "high")  # presumed


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Kimi25 if "k2.5" in identifier else Kimi
