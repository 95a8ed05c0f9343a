"""Lets only those fields of a model's own format pass of which it is known that they don't change what it costs.

For tenants with a budget in tokens or dollars it is a list of what passes, so that a field of tomorrow can't be a way
around a budget. Everybody else's bodies pass as they came. Converse has such a list for all; this one is
of InvokeModel's bodies, and of `additionalModelRequestFields`. Each family's fields stand on its page.
"""

from collections.abc import Mapping
from typing import Any

from llm_api.dialects import Operation
from llm_api.errors import BadRequest
from llm_api.families import family_of, names
from llm_api.registry import Target

_PROMPTS = names(
    "chat_history images inputImage inputText inputs message messages model preamble prompt raw_prompting "
    "return_prompt schemaVersion stream stream_options system texts toolConfig"
)
"""Of those, what would be a second request beside Converse's own."""

_GUARDRAIL = "amazon-bedrock-guardrailConfig"


def check_fields(target: Target, operation: Operation, document: Mapping[str, Any]) -> None:
    """Let only what is known pass.

    Parameters:
        document: what the model is sent.

    Raises:
        BadRequest: there is another field, or a tool of Bedrock's own; the message names it.
    """
    if operation == "count_tokens":
        return
    additional = document.get("additionalModelRequestFields") if operation == "converse" else None
    for place in (document, document.get("toolConfig"), additional):
        tools = place.get("tools") if isinstance(place, Mapping) else None
        if isinstance(tools, list) and any(isinstance(tool, Mapping) and "systemTool" in tool for tool in tools):
            raise BadRequest(
                "A systemTool has a price of its own and brings text that nobody has counted, and your tenant has a "
                "budget. Leave it out, or offer a tool of your own."
            )
    known = family_of(target).fields
    body: Any = document
    if operation == "converse":
        body, known = additional, known - _PROMPTS
    for name in body if isinstance(body, Mapping) else ():
        if name in known or name == _GUARDRAIL or (name == "speed" and _is_fast(target)):
            continue
        raise BadRequest(
            f"The field {name[:64]!r} is not known to leave the price of model {target.alias!r} as it is, and your "
            "tenant has a budget. Leave it out."
        )


def _is_fast(target: Target) -> bool:
    """Whether Claude's fast mode, which has a price of its own, is declared for the target and so in its price."""
    return any(beta.startswith("fast-mode-") for beta in target.betas)
