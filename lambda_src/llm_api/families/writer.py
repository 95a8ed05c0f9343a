"""Writer's Palmyra.

ug/model-parameters-palmyra.html
"""

from llm_api.families import AUTO, Family


class Palmyra(Family):
    """Palmyra X4 and X5."""

    name = "writer"
    title = "Palmyra X4, X5"
    ids = ("^writer[.]",)
    profile_only = ("^writer[.]palmyra-x",)  # notebooks

    most_stops = 4  # ug/model-parameters-palmyra.html
    images = False  # ibid.
    tool_choices = AUTO  # presumed: forced choices are untried
    tool_choices_thinking = AUTO
    strict_tools = False  # structured: not listed
    schema = None  # structured: not listed


class PalmyraVision(Palmyra):
    """Palmyra Vision: pictures, but neither tools nor a system prompt."""

    title = "Palmyra Vision"

    system = False  # notebooks
    tools = False  # notebooks
    images = True  # notebooks


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return PalmyraVision if "vision" in identifier else Palmyra
