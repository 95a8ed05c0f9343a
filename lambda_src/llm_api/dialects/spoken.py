"""On which routes a model answers, for errors that send a caller to the right one."""

from llm_api.families import family_of
from llm_api.registry import Target


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
