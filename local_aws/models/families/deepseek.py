"""DeepSeek: R1's string and V3's messages, on InvokeModel and Converse.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import openai_chat
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
    with_metrics,
)
from local_aws.models.prompt import Prompt, said
from local_aws.models.reply import Piece, Reply

_SAID = re.compile(r"<\uff5c(User|Assistant)\uff5c>(.*?)(?=<\uff5c(?:User|Assistant)\uff5c>|\Z)", re.S)

# R1 has neither tools nor images nor structured output, and always reasons: its page, langchain-ai/langchain-aws#447.
# V3 takes every tool choice (langchain-ai/langchain-aws#1259) and textFormat (BerriAI/litellm#35655).
STOPS_MAX = 10

_R1 = Abilities(tools=False, images=False, reasons=True)
_V3 = Abilities(images=False, structured=True)


def _stop(reply: Reply) -> str:
    return "length" if reply.stop == "length" else "stop"


def read(body: Body, model_id: str) -> Prompt:
    allow_only(body, frozenset({"prompt", "max_tokens", "temperature", "top_p", "stop"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    plain = re.sub(r"<\uff5c[^>]*\uff5c>|<think>\s*", "", prompt).strip()
    turns = [
        said(role.lower(), text.replace("<think>", "").strip())
        for role, text in _SAID.findall(prompt)
        if text.replace("<think>", "").strip()
    ]
    limit = integer_at(body, "max_tokens", 512, high=32_768)
    if len(strings_at(body, "stop")) > STOPS_MAX:
        raise malformed(f"#/stop: expected maximum item count: {STOPS_MAX}")
    return Prompt(
        tuple(turns or [said("user", plain)]), max_tokens=limit, stop_sequences=strings_at(body, "stop"), reasons=True
    )


def _thought_out(reply: Reply) -> str:
    """DeepSeek's prompt ends inside its reasoning, which the answer therefore closes."""
    return f"{reply.thinking}\n</think>\n\n{reply.text}" if reply.thinking else reply.text


def write(reply: Reply) -> dict[str, Any]:
    return {"choices": [{"text": _thought_out(reply), "stop_reason": _stop(reply)}]}


def stream(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_chunks(reply), reply)


def _chunks(reply: Reply) -> Iterator[Piece]:
    for block in reply.blocks:
        for text, number in block.pieces():
            yield Piece({"choices": [{"text": text, "stop_reason": None}]}, number)
        if block.kind == "thinking":
            yield Piece({"choices": [{"text": "\n</think>\n\n", "stop_reason": None}]})
    yield Piece({"choices": [{"text": "", "stop_reason": _stop(reply)}]})


def _reasons(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    """V3 reasons where it is told to; seen with `reasoning_effort`, and with a string in `reasoning_config`."""
    return bool(fields.get("reasoning_effort") or isinstance(fields.get("reasoning_config"), str))


def _invoke(body: Body, model_id: str) -> ChatFormat:
    return openai_chat.FORMAT if "messages" in body else ChatFormat(read, write, stream)


FAMILY = Family(
    name="deepseek",
    ids=r"deepseek\.(r\d+|v\d+)[a-z0-9.:-]*",
    profile_only=r"deepseek\.r1.*",
    classes=((r"deepseek\.v3", _V3), (r"", _R1)),
    invoke=_invoke,
    reasons=_reasons,
)
