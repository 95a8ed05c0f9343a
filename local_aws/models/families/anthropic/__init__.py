"""Claude, on InvokeModel and Converse. What each class of it takes stands in `claude`.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
"""

from collections.abc import Mapping
from typing import Any

from local_aws.models.errors import validation
from local_aws.models.families.anthropic import claude as rules
from local_aws.models.families.anthropic import read, write
from local_aws.models.families.anthropic.claude import Claude
from local_aws.models.family import AUTO, EVERY_CHOICE, Abilities, Family, Request
from local_aws.models.formats import ChatFormat

_CONVERSE_OWN = frozenset({"anthropic_version", "reasoning_config", "tool_choice"})
_PLACES = frozenset({"tools", "system", "messages"})


def _abilities(claude: Claude) -> Abilities:
    return Abilities(
        images=claude.images,
        choices=EVERY_CHOICE if claude.forces_tools else AUTO,
        schema_root="unions",
        sampling=claude.sampling,
        prefill=claude.prefill,
        structured=claude.structured,
        cache=_PLACES if claude.cache_ttls else frozenset(),
        cache_ttls=claude.cache_ttls,
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
        free_documents=frozenset() if claude.is_before(4) else frozenset({"pdf"}),
    )


def _check(request: Request, model_id: str) -> None:
    claude = rules.of(model_id)
    inference = request.get("inferenceConfig") or {}
    fields: Mapping[str, Any] = request.get("additionalModelRequestFields") or {}
    betas = rules.check_betas(claude, fields.get("anthropic_beta"))
    rules.check_unknown_keys(fields, read.KEYS | _CONVERSE_OWN, betas)
    thinking = fields.get("thinking") or fields.get("reasoning_config")
    sampling = {"temperature": inference.get("temperature"), "top_p": inference.get("topP")}
    rules.check_sampling(claude, {**fields, **sampling, "thinking": thinking})
    rules.check_limit(claude, inference.get("maxTokens", 1))
    rules.check_stops(inference.get("stopSequences") or ())
    for at, tool in enumerate(fields.get("tools") or []):
        rules.check_typed_tool(claude, at, str(tool.get("type")), betas, converse=True)
    choice = (request.get("toolConfig") or {}).get("toolChoice") or {}
    rules.check_choice(claude, next(iter(choice), "auto"), thinking)
    effort = (request.get("outputConfig") or {}).get("effort") or (fields.get("output_config") or {}).get("effort")
    rules.check_effort(claude, effort)
    _check_blocks(request, claude)
    last = request["messages"][-1]
    if last["role"] == "assistant" and last["content"]:  # aws/aws-sdk-net#4015
        text = last["content"][-1].get("text", "")
        if text != text.rstrip():
            raise validation(read.TRAILING)


def _check_blocks(request: Request, claude: Claude) -> None:
    pictures = []
    calls = []
    for at, message in enumerate(request["messages"]):
        for place, block in enumerate(message["content"]):
            where = f"messages.{at}.content.{place}"
            if "image" in block and "bytes" in block["image"]["source"]:
                data = block["image"]["source"]["bytes"]
                read.check_picture(data, f"image/{block['image']['format']}", f"{where}.image.source.base64")
                pictures.append(data)
            if "toolUse" in block:
                calls.append(block["toolUse"]["toolUseId"])
            reasoning = block.get("reasoningContent") or {}
            if "reasoningText" in reasoning:
                read.check_signature(reasoning["reasoningText"].get("signature"), where)
    read.check_pictures(pictures, claude)
    rules.check_unique(calls)


def _reasons(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    claude = rules.of(model_id)
    effort = (fields.get("output_config") or {}).get("effort")
    thinking = fields.get("thinking") or fields.get("reasoning_config")
    return rules.check_thinking(claude, thinking, limit, effort)


class _Anthropic(Family):
    """Its classes follow from the version in the ID."""

    def abilities(self, model_id: str) -> Abilities:
        return _abilities(rules.of(model_id))


FAMILY = _Anthropic(
    name="anthropic",
    ids=r"anthropic\.claude-(3(-[57])?-(opus|sonnet|haiku)|[a-z]+-\d+(-\d+)?)(-\d{8})?(-v\d+(:\d+(:\d+k)?)?)?",
    profile_only=r"anthropic\.claude-(3-[57]|[a-z]+-\d).*",
    classes=((r"", Abilities()),),
    invoke=lambda body, model_id: ChatFormat(read.read, write.write, write.stream),
    check=_check,
    reasons=_reasons,
    # https://platform.claude.com/docs/en/build-with-claude/context-windows; of Haiku 5.5 no page tells.
    contexts=(
        (r"opus-(4-[6-9]|[5-9])|sonnet-(4-6|[5-9])|fable|mythos", 1_000_000),
        (r"claude-3|(opus|sonnet|haiku)-4", 200_000),
    ),
    # https://platform.claude.com/docs/en/api/overview#request-size-limits
    body_bytes_max=20_000_000,
)
