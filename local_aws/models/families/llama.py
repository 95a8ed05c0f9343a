"""Llama, on InvokeModel and Converse.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from local_aws.models.family import AUTO, Abilities, Family
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
from local_aws.models.prompt import Image, Part, Prompt, Text, Turn, said
from local_aws.models.reply import Piece, Reply

_HEADER = re.compile(r"<\|(?:start_header_id|header_start)\|>(\w+)<\|(?:end_header_id|header_end)\|>\s*")
_MARKS = re.compile(r"<\|(?:begin_of_text|eot_id|eot|image)\|>")

# Tools are auto alone: langchain-ai/langchain-aws pull request 627. The features page lists who has tools and vision.
# The body is closed, so a key that it lacks is refused wherever it was put: langchain-ai/langchain-aws#62.
_FIELDS = frozenset({"prompt", "temperature", "top_p", "max_gen_len", "images"})
_SEES = Abilities(choices=AUTO, fields=_FIELDS)
_READS = Abilities(choices=AUTO, images=False, fields=_FIELDS)
_TALKS = Abilities(tools=False, images=False, fields=_FIELDS)


def read(body: Body, model_id: str) -> Prompt:
    allow_only(body, frozenset({"prompt", "temperature", "top_p", "max_gen_len", "images"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    limit = integer_at(body, "max_gen_len", 512, high=8192)
    pictures: list[Part] = [Image(_decoded(image)) for image in strings_at(body, "images")]
    steps = _HEADER.split(prompt)
    spoken = [(steps[i], _MARKS.sub("", steps[i + 1]).strip()) for i in range(1, len(steps) - 1, 2)]
    if not spoken:
        return Prompt((Turn("user", (Text(_MARKS.sub("", prompt).strip()), *pictures)),), max_tokens=limit)
    turns = [
        said("assistant" if role == "assistant" else "user", text) for role, text in spoken if role != "system" and text
    ]
    system = tuple(Text(text) for role, text in spoken if role == "system" and text)
    if turns and pictures:
        turns[-1] = Turn(turns[-1].role, (*turns[-1].parts, *pictures))
    return Prompt(tuple(turns or [said("user", prompt)]), system=system, max_tokens=limit)


def _decoded(image: str) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("#/images: an image is not base64") from None


def write(reply: Reply) -> dict[str, Any]:
    return {
        "generation": reply.text,
        "prompt_token_count": reply.usage.input_tokens,
        "generation_token_count": reply.usage.output_tokens,
        "stop_reason": "length" if reply.stop == "length" else "stop",
    }


def stream(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_chunks(reply), reply)


def _chunks(reply: Reply) -> Iterator[Piece]:
    total = 0
    pieces = [*visible_pieces(reply), ("", 0)]
    for at, (text, number) in enumerate(pieces):
        last = at == len(pieces) - 1
        total = reply.usage.output_tokens if last else total + number
        payload = {
            "generation": text,
            "prompt_token_count": reply.usage.input_tokens if at == 0 else None,
            "generation_token_count": total,
            "stop_reason": ("length" if reply.stop == "length" else "stop") if last else None,
        }
        yield Piece(payload, number)


FAMILY = Family(
    name="llama",
    ids=r"meta\.llama[34][a-z0-9.-]*-instruct-v\d+:\d+(:\d+k)?",
    profile_only=r"meta\.llama(3-[123]|4).*",
    classes=(
        (r"llama3-2-(11|90)b|llama4|arn:", _SEES),
        (r"llama3-2|llama3-(8|70)b", _TALKS),
        (r"llama3", _READS),
        (r"", _SEES),
    ),
    invoke=lambda body, model_id: ChatFormat(read, write, stream),
)
