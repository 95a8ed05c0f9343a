"""What each family of models can do, as far as a dialect has to know before it asks Bedrock.

Only what holds for a whole family, or can be read from a foundation model's ID, stands here. Everything finer is left
to Bedrock, whose own 400 reaches the caller. Sources:
https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
"""

import re

from llm_api.families import family_of
from llm_api.registry import Target

_CLAUDE_VERSION = re.compile(r"claude-(?:(?:opus|sonnet|haiku|instant|[a-z]+)-)?v?(\d{1,2})(?:[-.:](\d{1,2}))?(?!\d)")


def spoken_dialects(target: Target) -> str:
    """The routes on which `target` answers, for an error that sends the caller to the right one."""
    native = "POST /model/{modelId}/invoke"
    if target.endpoint is not None and target.endpoint.chats:
        return f"POST /v1/chat/completions, {native}"
    family = family_of(target)
    if family.operation == "chat":
        routes = ["POST /v1/chat/completions", "POST /model/{modelId}/converse", native]
        return ", ".join((["POST /v1/messages"] if family.messages_api else []) + routes)
    if family.operation == "embeddings":
        return f"POST /v1/embeddings, {native}"
    if family.operation == "images":
        return f"POST /v1/images/generations, {native}"
    return native


def model_id(target: Target) -> str:
    """The most telling ID there is: the foundation model's, else the one that was declared."""
    return target.base_id or target.id or ""


def claude_version(target: Target) -> tuple[int, int] | None:
    """Claude's version as (major, minor), or None where the ID does not tell (an application profile, for one).

    IDs read `anthropic.claude-3-7-sonnet-20250219-v1:0` up to version 3, and `anthropic.claude-opus-4-6-v1` from 4 on.
    """
    match = _CLAUDE_VERSION.search(model_id(target))
    if match is None:
        return None
    return int(match[1]), int(match[2] or 0)
