"""How hard the model shall think: `reasoning_effort`, as each family wants to be told.

https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from llm_api.dialects.openai.fields import InvalidField
from llm_api.families import Family
from llm_api.registry import Target

MIN_THINKING_TOKENS = 1024
"""The least that Claude takes as `budget_tokens`."""

THINKING_TOKENS = {"minimal": 1024, "low": 1024, "medium": 4096, "high": 16384, "xhigh": 32768, "max": 32768}
"""`reasoning_effort` -> the tokens that a Claude model without adaptive thinking may think."""

EFFORTS = ("none", *THINKING_TOKENS)


class Reasoning(NamedTuple):
    """What to send so that the model thinks, or doesn't.

    Attributes:
        thinks: whether it will.
        unlimited: whether so hard that it takes neither a limit nor any sampling.
        fields: for `additionalModelRequestFields`.
        effort: for `outputConfig.effort`.
    """

    thinks: bool = False
    unlimited: bool = False
    fields: Mapping[str, Any] = MappingProxyType({})
    effort: str | None = None


def parse_effort(value: Any, path: str = "reasoning_effort") -> str | None:
    """The effort, or None where it is absent.

    Raises:
        InvalidField: no such effort.
    """
    if value is None or (isinstance(value, str) and value in EFFORTS):
        return value
    raise InvalidField(path, f"{path} must be one of {', '.join(EFFORTS)}.")


def reasoning(family: Family, target: Target, effort: str | None, max_tokens: int | None) -> Reasoning:
    """How `target` is made to think with this effort.

    Parameters:
        effort: None where the caller leaves it to the model.
        max_tokens: the most tokens that the answer may have, thinking included, or None for the model's own limit.

    Raises:
        InvalidField: the model does not reason, or not so.
    """
    if effort is None:
        return Reasoning(thinks=family.thinks_unasked)
    if effort == "none":
        return without(family, target)
    if family.reasoning == "budget":
        budget = _budget(effort, max_tokens)
        return Reasoning(thinks=True, fields={"thinking": {"type": "enabled", "budget_tokens": budget}})
    if family.reasoning not in ("adaptive", "levels", "effort", "nested"):
        raise InvalidField(
            "reasoning_effort",
            f"The model {target.alias} has no setting for how hard it thinks. Leave reasoning_effort out.",
        )
    level = "low" if effort == "minimal" else effort
    if level not in family.efforts:
        raise _not_taken(family, target)
    if level == family.unlimited_effort and max_tokens is not None:
        raise InvalidField(
            "reasoning_effort",
            f"With {level} effort {target.alias} takes no limit on its output tokens, and this request has one, its "
            "own or the deployment's. Use medium.",
        )
    return Reasoning(
        thinks=True,
        unlimited=level == family.unlimited_effort,
        fields=_fields(family, level),
        effort=level if family.reasoning == "adaptive" else None,
    )


def without(family: Family, target: Target) -> Reasoning:
    """How `target` is kept from thinking.

    Raises:
        InvalidField: it always thinks.
    """
    if not family.thinking_off:
        raise _not_taken(family, target)
    if "none" in family.efforts:
        return Reasoning(fields=_fields(family, "none"))
    if family.thinks_unasked and family.reasoning in ("adaptive", "budget"):
        return Reasoning(fields={"thinking": {"type": "disabled"}})
    return Reasoning()


def _fields(family: Family, effort: str) -> dict[str, Any]:
    if family.reasoning == "adaptive":
        return {"thinking": {"type": "adaptive"}}
    if family.reasoning == "levels":
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    return {"reasoning": {"effort": effort}} if family.reasoning == "nested" else {"reasoning_effort": effort}


def _budget(effort: str, max_tokens: int | None) -> int:
    if max_tokens is None:
        return THINKING_TOKENS[effort]
    if max_tokens <= MIN_THINKING_TOKENS:
        raise InvalidField(
            "reasoning_effort",
            f"This model thinks with at least {MIN_THINKING_TOKENS} tokens, which count as output. Allow more than "
            f"{MIN_THINKING_TOKENS} max_completion_tokens, or leave reasoning_effort out.",
        )
    return min(THINKING_TOKENS[effort], max(MIN_THINKING_TOKENS, max_tokens // 2))


def _not_taken(family: Family, target: Target) -> InvalidField:
    *most, last = family.efforts or ("left out",)
    said = f"{', '.join(most)} or {last}" if most else last
    always = "" if family.thinking_off else " always reasons:"
    return InvalidField("reasoning_effort", f"The model {target.alias}{always} takes reasoning_effort {said}.")
