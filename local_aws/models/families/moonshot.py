"""Kimi, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from collections.abc import Mapping
from typing import Any

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family

# Reasoning comes first; K2.5 sees, and reasons as it is told. Caching is answered with 403.
_THINKS = Abilities(images=False, documents=False, structured=True, reasons=True)
_SEES = Abilities(documents=False, structured=True)


def _reasons(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    thinking = fields.get("thinking")
    if isinstance(thinking, Mapping):
        return thinking.get("type") != "disabled"
    return bool(fields.get("reasoning_effort"))


FAMILY = Family(
    name="moonshot",
    ids=r"moonshot(ai)?\.[a-z0-9][a-z0-9.:-]*",
    classes=((r"k2-thinking", _THINKS), (r"", _SEES)),
    invoke=lambda body, model_id: openai_chat.FORMAT,
    reasons=_reasons,
)
