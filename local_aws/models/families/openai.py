"""OpenAI's models: gpt-oss, whose weights are open, and the GPTs, which are served through profiles.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
"""

from collections.abc import Mapping
from typing import Any

from local_aws.models import openai_chat
from local_aws.models.errors import validation
from local_aws.models.family import Abilities, Family, Request
from local_aws.models.formats import Body, malformed
from local_aws.models.prompt import Prompt

# gpt-oss: stopSequences are refused on Converse (crewAIInc/crewAI#3317), reasoning can't be turned off (its page), no
# caching. The GPTs take no sampling but the default (BerriAI/litellm#42725) and no systemTool.
_OSS = Abilities(images=False, documents=False, stop_sequences=False, structured=True, reasons=True)
_GPT = Abilities(sampling="default", structured=True)

_EFFORTS = frozenset({"none", "low", "medium", "high", "xhigh", "max"})
_OSS_EFFORTS = frozenset({"low", "medium", "high"})


def _is_gpt(model_id: str) -> bool:
    return model_id.startswith(("openai.gpt-5", "openai.gpt-6"))


def _check(request: Request, model_id: str) -> None:
    fields = request.get("additionalModelRequestFields") or {}
    if not _is_gpt(model_id):
        _check_oss_effort(fields)
        return
    for name in fields:
        if name != "reasoning":
            # Flat reasoning_effort, thinking: BerriAI/litellm pull request 38279, agentgateway/agentgateway#3442.
            raise validation(
                f"The model returned the following errors: Unknown parameter: '{name}'. (code: unknown_parameter)"
            )
    tier = (request.get("serviceTier") or {}).get("type")
    if tier in ("flex", "priority"):  # seen in AWS's notebooks
        raise validation(f"This model doesn't support the service tier {tier}.")
    papers = [
        block["document"] for message in request["messages"] for block in message["content"] if "document" in block
    ]
    if model_id.startswith("openai.gpt-6.2") and any(paper.get("format") == "pdf" for paper in papers):
        raise validation("This model doesn't support PDF documents.")
    reasoning = fields.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else None
    if effort is None:
        return
    allowed = _EFFORTS if model_id.startswith("openai.gpt-6") else {*_EFFORTS, "minimal"}
    if model_id.startswith(("openai.gpt-6.1-sol", "openai.gpt-6.2-sol")):  # it can't be turned off there
        allowed = allowed - {"none"}
    if effort not in allowed:
        raise validation(
            f"The model returned the following errors: Unsupported value: '{effort}' is not supported with this model. "
            f"Supported values are: {', '.join(sorted(allowed))}."
        )


def _check_oss_effort(fields: Mapping[str, Any]) -> None:
    """Flat, and of three levels: the page of its parameters. A nested `reasoning.effort` is ignored."""
    effort = fields.get("reasoning_effort")
    if effort is not None and effort not in _OSS_EFFORTS:
        raise validation(f"reasoning_effort: '{effort}' is not one of low, medium, high")


def _read(body: Body, model_id: str) -> Prompt:
    if not _is_gpt(model_id):
        _check_oss_effort(body)
        # What names the model or the stream must say what the call says.
        if body.get("model") not in (None, model_id):
            raise malformed("#/model: does not match the model ID of the request")
        return openai_chat.read(body, model_id, ("max_completion_tokens", "max_tokens"))
    if body.get("max_tokens") is not None:
        raise validation(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            raise validation(f"Unsupported value: '{name}' does not support {body[name]} with this model.")
    if body.get("tools") and body.get("reasoning_effort") is not None:
        raise validation("Function tools with reasoning_effort are not supported for this model in Chat Completions.")
    return openai_chat.read(body, model_id, ("max_completion_tokens",))


FAMILY = Family(
    name="openai",
    ids=r"openai\.gpt-(oss-[a-z0-9-]+(:\d+)?|[56][a-z0-9.:-]*)",
    profile_only=r"openai\.gpt-[56].*",
    classes=((r"openai\.gpt-[56]", _GPT), (r"", _OSS)),
    invoke=lambda body, model_id: openai_chat.format_of(_read),
    check=_check,
)
