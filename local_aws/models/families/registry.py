"""Which InvokeModel format each family speaks."""

from local_aws.models.families import anthropic, media, nova, openai_chat, text
from local_aws.models.formats import Body, ChatFormat

_CHAT: dict[str, ChatFormat] = {
    "anthropic": anthropic.FORMAT,
    "nova": nova.FORMAT,
    "titan-text": text.TITAN_TEXT,
    "llama": text.LLAMA,
    "cohere-command": text.COMMAND,
    "jamba": openai_chat.FORMAT,
    "openai": openai_chat.FORMAT,
    "qwen": openai_chat.FORMAT,
    "other": openai_chat.FORMAT,
    "sagemaker": openai_chat.FORMAT,
}

_EITHER: dict[str, ChatFormat] = {"mistral": text.MISTRAL, "deepseek": text.DEEPSEEK}
"""Families whose older models take one string; the newer ones take messages."""

MEDIA: dict[str, media.Answerer] = {
    "titan-embed": media.titan_embed,
    "cohere-embed": media.cohere_embed,
    "cohere-rerank": media.rerank,
    "titan-image": media.amazon_image,
    "nova-canvas": media.amazon_image,
    "stability": media.stability,
}
"""Families that answer with vectors, scores or images."""


def chat(family: str, body: Body) -> ChatFormat | None:
    """The format of a chat family; None for a family that doesn't chat."""
    if family in _EITHER:
        return openai_chat.FORMAT if "messages" in body else _EITHER[family]
    return _CHAT.get(family)
