"""`clamp_output_tokens`: a request for more output than the deployment allows is lowered, and told so.

Agents take their limit from the model's name, and can't be told another. What is reserved for a request is its limit as
it goes out, so a lower one changes no budget.
"""

from typing import Any

from llm_api.registry import Target

_LEAST_THINKING = 1024
"""The least `budget_tokens` that Claude takes; they have to be below `max_tokens`.
https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html"""


def lowered(target: Target, field: str, wanted: object) -> list[str]:
    """What the caller is told, for the `warning` header; nothing where its limit stays."""
    if not target.lowers(wanted):
        return []
    return [f"{field} was lowered to {target.max_output_tokens}, the most that {target.alias} may produce here"]


def thinking_within(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """Claude's own format with a budget for thinking that is below the lowered limit, or without thinking."""
    thinking, most = body.get("thinking"), target.max_output_tokens or 0
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    if not target.clamps or type(budget) is not int or budget < most:
        return body
    if most > _LEAST_THINKING:
        return {**body, "thinking": {**body["thinking"], "budget_tokens": most - 1}}
    return {name: value for name, value in body.items() if name != "thinking"}
