"""Z.AI's GLM (notebooks)."""

from llm_api.families import Family


class Glm(Family):
    """GLM."""

    name = "glm"
    title = "GLM"
    ids = ("^zai[.]",)

    images = False  # notebooks


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Glm
