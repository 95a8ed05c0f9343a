"""What stands behind an ARN that nobody described: a container or an imported model, of which nothing is known."""

from collections.abc import Mapping
from typing import Any

from local_aws.models import openai_chat
from local_aws.models.family import Abilities, Family
from local_aws.models.formats import Body
from local_aws.models.prompt import Prompt

_UNKNOWN = Abilities(documents=False, structured=True)
_ANYTHING = Abilities(structured=True, cache=frozenset({"tools", "system", "messages"}))


def _read(body: Body, model_id: str) -> Prompt:
    return openai_chat.read(body, model_id, ("max_completion_tokens", "max_tokens"))


FAMILY = Family(
    name="other",
    ids=r"(?!)",
    classes=((r"", _UNKNOWN),),
    invoke=lambda body, model_id: openai_chat.format_of(_read),
    reasons=lambda fields, model_id, limit: bool(fields.get("reasoning_effort")),
)


def _reasons(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    """Asked for in any family's words."""
    thinking = fields.get("thinking") or fields.get("reasoning_config") or fields.get("reasoningConfig")
    return isinstance(thinking, Mapping) and thinking.get("type") in ("enabled", "adaptive")


OPAQUE = Family(name="opaque", ids=r"(?!)", classes=((r"", _ANYTHING),), reasons=_reasons)
CONTAINER = Family(name="sagemaker", ids=r"(?!)", invoke=lambda body, model_id: openai_chat.format_of(_read))
