"""Nova on Converse, and on InvokeModel, whose body has Converse's shapes with bytes in base64; its images, its vectors.

https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
https://docs.aws.amazon.com/nova/latest/nova2-userguide/
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import media
from local_aws.models.converse import read as converse
from local_aws.models.converse import write as converse_out
from local_aws.models.errors import validation
from local_aws.models.family import Abilities, Family, Request
from local_aws.models.formats import Body, ChatFormat, allow_only, malformed, number_at, with_metrics
from local_aws.models.prompt import Prompt
from local_aws.models.reply import Piece, Reply

_KEYS = frozenset(["schemaVersion", "system", "messages", "inferenceConfig", "toolConfig", "reasoningConfig"])
_INFERENCE_KEYS = frozenset(
    ["maxTokens", "max_new_tokens", "temperature", "topP", "top_p", "topK", "top_k", "stopSequences", "reasoningConfig"]
)


_PLACES = frozenset({"system", "messages"})
_FIVE_MINUTES = frozenset({"5m"})
_LARGE = frozenset({"pdf", "docx"})

# Cache points: not in tools, and none for an hour (the caching page, langchain-ai/langchain-aws). The root of a tool's
# schema: the page on troubleshooting tools, zed-industries/zed#28521. Images: Micro none; Nova 2 five inline.
_FIELDS = frozenset({"inferenceConfig"})
_FIELDS_2 = frozenset({"inferenceConfig", "reasoningConfig"})


def _abilities(*, images: bool = True, images_max: int | None = None, second: bool = False) -> Abilities:
    return Abilities(
        images=images,
        documents=images,
        images_max=images_max,
        schema_root="bare",
        system_tools=frozenset({"nova_grounding", "nova_code_interpreter"}) if second else frozenset(),
        cache=_PLACES,
        cache_ttls=_FIVE_MINUTES,
        free_documents=_LARGE,
        fields=_FIELDS_2 if second else _FIELDS,
    )


def _check(request: Request, model_id: str) -> None:
    fields = request.get("additionalModelRequestFields") or {}
    inference = request.get("inferenceConfig") or {}
    extra = fields.get("inferenceConfig") or {}
    allow_only(extra, _INFERENCE_KEYS)
    for name in ("topK", "top_k"):
        number_at(extra, name, low=0, high=128)
    _reasons(fields, model_id, 0)
    reasoning = fields.get("reasoningConfig") or {}
    if reasoning.get("maxReasoningEffort") == "high" and reasoning.get("type") == "enabled":
        # UKGovernmentBEIS/inspect_ai#3767: nothing limits it, and nothing steers it.
        given = [name for name in ("maxTokens", "temperature", "topP") if name in inference]
        given += [name for name in ("topK", "top_k") if name in extra]
        if given:
            raise validation(
                f"The {given[0]} parameter is not supported when maxReasoningEffort is high. Remove it and try again."
            )


def _reasons(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    reasoning = fields.get("reasoningConfig")
    if reasoning is None:
        return False
    kind = reasoning.get("type") if isinstance(reasoning, Mapping) else None
    if kind not in ("enabled", "disabled"):
        raise malformed("#/reasoningConfig/type: expected enabled or disabled")
    if kind == "enabled" and reasoning.get("maxReasoningEffort") not in ("low", "medium", "high"):
        raise malformed("#/reasoningConfig/maxReasoningEffort: expected low, medium or high")
    return bool(kind == "enabled")


def read(body: Body, model_id: str) -> Prompt:
    """A Nova request. What it shares with Converse is checked as Converse checks it."""
    allow_only(body, _KEYS)
    if body.get("schemaVersion", "messages-v1") != "messages-v1":
        raise malformed("#/schemaVersion: expected messages-v1")
    config = body.get("inferenceConfig") or {}
    if not isinstance(config, Mapping):
        raise malformed("#/inferenceConfig: expected type: JSONObject")
    allow_only(config, _INFERENCE_KEYS)
    shared: dict[str, Any] = {key: body[key] for key in ("messages", "system", "toolConfig") if key in body}
    renamed = {"max_new_tokens": "maxTokens", "top_p": "topP"}
    inference = {renamed.get(key, key): value for key, value in config.items()}
    reasoning = inference.pop("reasoningConfig", body.get("reasoningConfig"))
    extra = {key: inference.pop(key) for key in ("topK", "top_k") if key in inference}
    if inference:
        shared["inferenceConfig"] = inference
    shared["additionalModelRequestFields"] = {
        **({"inferenceConfig": extra} if extra else {}),
        **({"reasoningConfig": reasoning} if reasoning else {}),
    }
    return converse.prompt_of(shared, FAMILY, model_id)


def write(reply: Reply) -> dict[str, Any]:
    """The answer's body. Of an intervening guardrail's, the usage names the input only."""
    usage: dict[str, Any] = {"inputTokens": reply.usage.input_tokens}
    if reply.stop != "guardrail":
        usage = _usage(reply)
    return {
        "output": {"message": converse_out.message(reply)},
        "stopReason": converse_out.STOP[reply.stop],
        "usage": usage,
    }


def stream(reply: Reply) -> Iterator[Piece]:
    """The stream's chunks: every block's deltas are each a block of their own, with an index that rises."""
    return with_metrics(_events(reply), reply, cache=True)


def _events(reply: Reply) -> Iterator[Piece]:
    for kind, piece in converse_out.events(reply, stop_after_each_delta=True):
        yield Piece({kind: piece.payload}, piece.tokens)
    yield Piece({"metadata": {"usage": _usage(reply), "metrics": {}, "trace": {}}})


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "inputTokens": reply.usage.input_tokens,
        "outputTokens": reply.usage.output_tokens,
        "totalTokens": reply.usage.total_tokens,
        "cacheReadInputTokenCount": reply.usage.cache_read_tokens,
        "cacheWriteInputTokenCount": reply.usage.cache_write_tokens,
    }


FAMILY = Family(
    name="nova",
    ids=r"amazon\.nova-(\d+-)?(micro|lite|pro|premier|omni)(-preview)?-v\d+:\d+(:\d+k)?",
    profile_only=r"amazon\.nova-(premier|\d).*",
    classes=(
        (r"micro", _abilities(images=False)),
        (r"nova-2-", _abilities(images_max=5, second=True)),
        (r"arn:", _abilities(second=True)),
        (r"", _abilities()),
    ),
    invoke=lambda body, model_id: ChatFormat(read, write, stream, cache_headers=True),
    check=_check,
    reasons=_reasons,
    # The models' cards, such as https://docs.aws.amazon.com/bedrock/latest/userguide/model-card-amazon-nova-premier.html
    contexts=((r"nova-micro", 128_000), (r"nova-(lite|pro)", 300_000), (r"nova-premier|nova-2-lite", 1_000_000)),
)
CANVAS = Family(name="nova-canvas", ids=r"amazon\.nova-canvas-v\d+:\d+", media=media.amazon_image)
EMBED = Family(name="nova-embed", ids=r"amazon\.nova-2-multimodal-embeddings-v\d+:\d+", media=media.nova_embed)
