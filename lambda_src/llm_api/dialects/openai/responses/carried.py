"""What a client carries of the model's reasoning from one turn to the next: `encrypted_content` of a reasoning item.

It isn't encrypted and needs no secret: the model's provider signs its reasoning and takes no other. It is the caller's
text all the same, so reading it takes two kinds of blocks, each with the fields named here, and drops everything else.
"""

import base64
import binascii
import json
from typing import Any

from llm_api.dialects.json_body import MAX_CONTAINERS, parts_of, strict_json

_VERSION = "1"


def pack(blocks: list[dict[str, Any]], model: str) -> str | None:
    """The text that a client sends back, or None where nothing of it is signed.

    Parameters:
        blocks: Converse's `reasoningContent` values, in their order.
        model: the ID of the foundation model, which alone takes them back.
    """
    kept = [block for block in map(_signed, blocks) if block is not None]
    if not kept:
        return None
    # Escaped, because a model may write half of a surrogate pair, which has no bytes.
    document = json.dumps(kept, separators=(",", ":")).encode()
    return f"{_VERSION}.{model}.{base64.urlsafe_b64encode(document).decode()}"


def unpack(text: str) -> tuple[str, list[dict[str, Any]]] | None:
    """The model and its blocks, as a chat completion carries them, or None where the text is foreign or damaged."""
    version, _, rest = text.partition(".")
    model, _, encoded = rest.rpartition(".")
    if version != _VERSION or not model:
        return None
    try:
        document = _document(base64.b64decode(encoded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(document, list):
        return None
    blocks = [_signed(block) for block in document]
    return None if not blocks or None in blocks else (model, [_carried(block) for block in blocks if block is not None])


def _document(packed: bytes) -> Any:
    """JSON within a body's text: the body's own limits hold for it as well."""
    if parts_of(packed)[0] > MAX_CONTAINERS:
        raise ValueError("it has too many parts")
    return strict_json(packed.decode())


def _carried(block: dict[str, Any]) -> dict[str, Any]:
    if "redactedContent" in block:
        return {"type": "redacted_thinking", "data": block["redactedContent"]}
    told = block["reasoningText"]
    return {"type": "thinking", "thinking": told["text"], "signature": told["signature"]}


def _signed(block: Any) -> dict[str, Any] | None:
    if not isinstance(block, dict):
        return None
    redacted = block.get("redactedContent")
    if isinstance(redacted, str) and redacted:
        return {"redactedContent": redacted}
    told = block.get("reasoningText")
    if not isinstance(told, dict):
        return None
    text, signature = told.get("text"), told.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str) or not signature:
        return None
    return {"reasoningText": {"text": text, "signature": signature}}
