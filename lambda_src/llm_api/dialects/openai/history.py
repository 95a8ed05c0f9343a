"""A conversation as one family takes it: what Converse allows and some models refuse.

Each rule is a fact on the family's page.
"""

from typing import Any

from llm_api.dialects.openai.call_ids import CallIds
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.messages import Conversation
from llm_api.families import Family
from llm_api.registry import Target

GO_ON = "Go on from where your last message ends."
"""What the user says after a last message of the assistant's, where the model wants the user's to be the last."""


def turns_for(
    conversation: Conversation, family: Family, target: Target, *, thinks: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """The turns to send, and warnings. The conversation stays as it is.

    Parameters:
        thinks: whether the model thinks on this request, so that it wants its earlier thinking back.

    Raises:
        InvalidField: it holds what the family does not take at all.
    """
    check_taken(conversation, family, target)
    turns = conversation.turns
    warnings: list[str] = []
    if not (thinks and family.signed_thinking):
        turns = _without_thinking(turns)
    if family.tool_call_id:
        turns = _renamed(turns, family.tool_call_id)
    if turns[-1]["role"] == "assistant":
        # What is begun can't be gone on with by a model that thinks first.
        if not family.ends_with_assistant or (thinks and family.signed_thinking):
            turns = [*turns, {"role": "user", "content": [{"text": GO_ON}]}]
            warnings.append("messages end with the assistant's: a user's turn was added that asks to go on")
        elif not family.trailing_whitespace:
            turns = [*turns[:-1], _trimmed(turns[-1])]
    return turns, warnings


def check_taken(conversation: Conversation, family: Family, target: Target) -> None:
    """See `turns_for`."""
    for taken, there, what in (
        (family.system, conversation.has_system, "system messages"),
        (family.images, conversation.has_images, "images"),
        (family.documents, conversation.has_documents, "files"),
    ):
        if there and not taken:
            raise InvalidField("messages", f"The model {target.alias} takes no {what}. Leave them out.")


def _without_thinking(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not any("reasoningContent" in block for turn in turns for block in turn["content"]):
        return turns
    kept: list[dict[str, Any]] = []
    for turn in turns:
        content = [block for block in turn["content"] if "reasoningContent" not in block]
        if not content:
            continue
        if kept and kept[-1]["role"] == turn["role"]:
            kept[-1] = {**turn, "content": [*kept[-1]["content"], *content]}
        else:
            kept.append({**turn, "content": content})
    return kept


def _renamed(turns: list[dict[str, Any]], pattern: str) -> list[dict[str, Any]]:
    ids, names = CallIds(pattern), {}
    renamed = []
    for turn in turns:
        content = []
        for block in turn["content"]:
            kind = next((kind for kind in ("toolUse", "toolResult") if kind in block), None)
            if kind is not None:
                call_id = block[kind]["toolUseId"]
                if call_id not in names:
                    names[call_id] = ids.give(call_id)
                block = {kind: {**block[kind], "toolUseId": names[call_id]}}
            content.append(block)
        renamed.append({**turn, "content": content})
    return renamed


def _trimmed(turn: dict[str, Any]) -> dict[str, Any]:
    """The turn without whitespace at the end of its text."""
    *before, last = turn["content"]
    return {**turn, "content": [*before, {"text": last["text"].rstrip()} if "text" in last else last]}
