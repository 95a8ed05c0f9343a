"""Nova's text format on InvokeModel: Converse's shapes with bytes in base64.

https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models.converse import read as converse
from local_aws.models.converse import write as converse_out
from local_aws.models.formats import Body, ChatFormat, allow_only, malformed, with_metrics
from local_aws.models.prompt import Prompt
from local_aws.models.reply import Piece, Reply

_KEYS = frozenset(["schemaVersion", "system", "messages", "inferenceConfig", "toolConfig", "reasoningConfig"])
_INFERENCE_KEYS = frozenset(
    ["maxTokens", "max_new_tokens", "temperature", "topP", "top_p", "topK", "top_k", "stopSequences", "reasoningConfig"]
)


def read(body: Body) -> Prompt:
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
    for key in ("topK", "top_k"):
        inference.pop(key, None)
    if inference:
        shared["inferenceConfig"] = inference
    if reasoning:
        shared["additionalModelRequestFields"] = {"reasoningConfig": reasoning}
    return converse.prompt_of(shared, "nova")


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


FORMAT = ChatFormat(read, write, stream, cache_headers=True)
