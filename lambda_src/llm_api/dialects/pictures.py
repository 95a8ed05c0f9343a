"""What kind of image some bytes are, whatever they are said to be.

Browsers, screenshots and frameworks name the wrong type often, and models refuse an image that is not what its type
says: BerriAI/litellm#24900, NousResearch/hermes-agent#55429.
"""

import base64
import binascii

_HEAD_CHARACTERS = 16
"""Of base64: twelve bytes, as many as the longest mark below takes."""


def kind(data: str) -> str | None:
    """`png`, `jpeg`, `gif` or `webp` by the first bytes; None where they are none of these.

    Parameters:
        data: in base64, without blanks.
    """
    try:
        head = base64.b64decode(data[:_HEAD_CHARACTERS])
    except (binascii.Error, ValueError):
        return None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
