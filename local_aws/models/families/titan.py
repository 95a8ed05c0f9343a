"""Titan text, on InvokeModel and Converse.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import media
from local_aws.models.family import Abilities, Family
from local_aws.models.formats import (
    Body,
    ChatFormat,
    allow_only,
    integer_at,
    malformed,
    number_at,
    strings_at,
    text_at,
    visible_pieces,
    with_metrics,
)
from local_aws.models.prompt import Prompt, said
from local_aws.models.reply import Piece, Reply

# No system prompt, tools, images: the features page. Premier takes no documents either.
_TEXT = Abilities(system=False, tools=False, images=False)
_PREMIER = Abilities(system=False, tools=False, images=False, documents=False)


def read(body: Body, model_id: str) -> Prompt:
    allow_only(body, frozenset({"inputText", "textGenerationConfig"}))
    text = text_at(body, "inputText")
    config = body.get("textGenerationConfig") or {}
    if not isinstance(config, Mapping):
        raise malformed("#/textGenerationConfig: expected type: JSONObject")
    allow_only(config, frozenset({"temperature", "topP", "maxTokenCount", "stopSequences"}))
    number_at(config, "temperature")
    number_at(config, "topP")
    spoken = re.sub(r"^\s*User:\s*|\s*Bot:\s*\Z", "", text)
    limit = integer_at(config, "maxTokenCount", 512, high=8192)
    return Prompt((said("user", spoken),), max_tokens=limit, stop_sequences=strings_at(config, "stopSequences"))


_STOP = {
    "end": "FINISH",
    "length": "LENGTH",
    "stop_sequence": "STOP_CRITERIA_MET",
    "guardrail": "CONTENT_FILTERED",
}


def write(reply: Reply) -> dict[str, Any]:
    result = {
        "tokenCount": reply.usage.output_tokens,
        "outputText": reply.text,
        "completionReason": _STOP.get(reply.stop, "FINISH"),
    }
    return {"inputTextTokenCount": reply.usage.input_tokens, "results": [result]}


def stream(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_chunks(reply), reply)


def _chunks(reply: Reply) -> Iterator[Piece]:
    pieces = list(visible_pieces(reply))
    for at, (text, number) in enumerate(pieces or [("", 0)]):
        last = at >= len(pieces) - 1
        payload = {
            "outputText": text,
            "index": 0,
            "totalOutputTextTokenCount": reply.usage.output_tokens if last else None,
            "completionReason": _STOP.get(reply.stop, "FINISH") if last else None,
            "inputTextTokenCount": reply.usage.input_tokens if at == 0 else None,
        }
        yield Piece(payload, number)


TEXT = Family(
    name="titan-text",
    ids=r"amazon\.titan-(text-(lite|express|premier)-v1(:0)?(:\d+k)?|tg1-large)",
    classes=((r"premier", _PREMIER), (r"", _TEXT)),
    invoke=lambda body, model_id: ChatFormat(read, write, stream),
)
EMBED = Family(
    name="titan-embed",
    ids=r"amazon\.titan-(embed-text-v1(:2)?|embed-g1-text-02|embed-text-v2:0|embed-image-v1(:0)?)",
    media=media.titan_embed,
)
IMAGE = Family(name="titan-image", ids=r"amazon\.titan-image-generator-v[12](:0)?", media=media.amazon_image)
