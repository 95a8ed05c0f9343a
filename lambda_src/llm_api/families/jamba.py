"""AI21's Jamba.

ug/model-parameters-jamba.html
"""

from llm_api.families import AUTO, OPENAIS_FIELDS, Family


class Jamba(Family):
    """Jamba 1.5 Mini and Large."""

    name = "jamba"
    title = "Jamba"
    ids = ("^ai21[.]jamba-",)

    images = False  # features
    tool_choices = AUTO  # presumed
    tool_choices_thinking = AUTO
    strict_tools = False  # structured: not listed
    schema = None  # structured: not listed

    fields = OPENAIS_FIELDS | {"documents"}  # ug/model-parameters-jamba.html


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return Jamba
