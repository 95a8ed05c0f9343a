"""Grok, as AWS's notebooks saw it live: https://github.com/aws-samples/sample-per-model-bedrock"""

from collections.abc import Mapping
from typing import Any

from local_aws.models import images, openai_chat
from local_aws.models.errors import validation
from local_aws.models.family import Abilities, Family, Request

_GROK = Abilities(documents=False, structured=True)
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


def _check(request: Request, model_id: str) -> None:
    """`max` is refused where Claude and GPT take it, and an image of one pixel."""
    for message in request["messages"]:
        for block in message["content"]:
            data = block["image"]["source"].get("bytes") if "image" in block else None
            picture = images.inspect(data) if data else None
            if picture and (picture.width, picture.height) == (1, 1):
                raise validation("The image is too small to be processed.")
    if _effort(request.get("additionalModelRequestFields") or {}) == "max":
        raise validation(f"reasoning effort: 'max' is not one of {', '.join(_EFFORTS)}")


def _effort(fields: Mapping[str, Any]) -> object:
    nested = fields.get("reasoning")
    return nested.get("effort") if isinstance(nested, Mapping) else fields.get("reasoning_effort")


FAMILY = Family(
    name="xai",
    ids=r"xai\.grok[a-z0-9.:-]*",
    profile_only=r"xai\..*",
    classes=((r"", _GROK),),
    invoke=lambda body, model_id: openai_chat.FORMAT,
    check=_check,
)
