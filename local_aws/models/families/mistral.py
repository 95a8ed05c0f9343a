"""Mistral: the old models' string, the later ones' messages, on InvokeModel and Converse.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-large-2407.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.models import openai_chat
from local_aws.models.errors import validation
from local_aws.models.family import Abilities, Family, Request
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
from local_aws.models.prompt import Prompt, Turn, said
from local_aws.models.reply import Piece, Reply

_INSTRUCTION = re.compile(r"\[INST\](.*?)\[/INST\](.*?)(?=\[INST\]|</s>|\Z)", re.S)

# Who takes what: the features page and the models' cards. 7B and Mixtral take no system prompt over Converse (reported
# by stdapi.ai) and no tools, which begin with Large 2402. Structured output is on the new models' cards alone.
_FIRST = Abilities(system=False, tools=False, images=False)
_OLD = Abilities(images=False)
_OLD_SEES = Abilities()
_NEW = Abilities(structured=True)

_OLD_CHAT = re.compile(r"mistral-large-2402|mistral-large-2407|mistral-small-2402|pixtral")

_CALL_ID = re.compile(r"[a-zA-Z0-9]{9}|tooluse_.*")
"""Nine letters or digits, and what Bedrock itself gave out."""


def read(body: Body, model_id: str) -> Prompt:
    allow_only(body, frozenset({"prompt", "max_tokens", "stop", "temperature", "top_p", "top_k"}))
    prompt = text_at(body, "prompt")
    number_at(body, "temperature")
    number_at(body, "top_p")
    turns: list[Turn] = []
    for question, answer in _INSTRUCTION.findall(prompt):
        turns.append(said("user", question.strip()))
        if answer.strip():
            turns.append(said("assistant", answer.strip()))
    plain = said("user", prompt.replace("<s>", "").strip())
    limit = integer_at(body, "max_tokens", 512, high=8192)
    return Prompt(tuple(turns or [plain]), max_tokens=limit, stop_sequences=strings_at(body, "stop"))


def _stop(reply: Reply) -> str:
    return "length" if reply.stop == "length" else "stop"


def write(reply: Reply) -> dict[str, Any]:
    return {"outputs": [{"text": reply.text, "stop_reason": _stop(reply)}]}


def stream(reply: Reply) -> Iterator[Piece]:
    return with_metrics(_choices(reply, "outputs"), reply)


def _choices(reply: Reply, name: str) -> Iterator[Piece]:
    for text, number in visible_pieces(reply):
        yield Piece({name: [{"text": text, "stop_reason": None}]}, number)
    yield Piece({name: [{"text": "", "stop_reason": _stop(reply)}]})


def _read_chat(body: Body, model_id: str) -> Prompt:
    """Messages. Of the old models, no choice names a tool: the page of Large 2407."""
    if _OLD_CHAT.search(model_id):
        if isinstance(body.get("tool_choice"), Mapping):
            raise malformed("#/tool_choice: expected auto, any or none")
        for message in body.get("messages") or []:
            for call in message.get("tool_calls") or []:
                _check_call_id(str(call.get("id")))
    return openai_chat.read(body, model_id)


def _check(request: Request, model_id: str) -> None:
    if not _OLD_CHAT.search(model_id):
        return
    for message in request["messages"]:
        for block in message["content"]:
            if "toolUse" in block:
                _check_call_id(block["toolUse"]["toolUseId"])


def _check_call_id(identifier: str) -> None:
    """Seen live with Pixtral over Converse: pull request 48843 of opencode."""
    if not _CALL_ID.fullmatch(identifier):
        raise validation(
            f"Tool call id was {identifier} but must be a-z, A-Z, 0-9, with a length of 9.",
        )


def _invoke(body: Body, model_id: str) -> ChatFormat:
    return openai_chat.format_of(_read_chat) if "messages" in body else ChatFormat(read, write, stream)


FAMILY = Family(
    name="mistral",
    ids=r"mistral\.(mi[sx]tral|pixtral|ministral|magistral|voxtral|devstral)[a-z0-9.:-]*",
    profile_only=r"mistral\.pixtral.*",
    classes=(
        (r"mistral-7b|mixtral", _FIRST),
        (r"mistral-(large|small)-24", _OLD),
        (r"pixtral", _OLD_SEES),
        (r"", _NEW),
    ),
    invoke=_invoke,
    check=_check,
)
