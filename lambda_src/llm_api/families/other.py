"""A model of which nothing is known: what Converse takes."""

from llm_api.families import Family


class Other(Family):
    """A model that somebody declared without knowing its family."""

    name = "other"
    title = "any other model"

    tells_its_end = False


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Other
