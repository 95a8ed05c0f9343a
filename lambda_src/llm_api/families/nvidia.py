"""NVIDIA's Nemotron (notebooks)."""

from llm_api.families import Family


class Nemotron(Family):
    """Nemotron."""

    name = "nvidia"
    title = "Nemotron"
    ids = ("^nvidia[.]",)


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Nemotron
