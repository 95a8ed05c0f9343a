"""Images and files, as browsers and frameworks write them."""

import base64
from typing import Any

from tests.cases.asked import PNG
from tests.cases.case import MESSAGES, NOTHING, Case, like


def _shows(url: str) -> dict[str, Any]:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    return {"messages": [{"role": "user", "content": parts}]}


def _source(media_type: str) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": PNG}
    return {"max_tokens": 50, "messages": [{"role": "user", "content": [{"type": "image", "source": source}]}]}


_SEEN = {"messages": [{"content": [{}, {"image": {"format": "png", "source": {"bytes": PNG}}}]}]}
_ANSWER = {"choices": [{"message": {"content": like("a PNG image of 8 x 8 pixels")}}]}
_URLS = {
    "of another type than its bytes": f"data:image/jpeg;base64,{PNG}",
    "with its scheme in capitals": f"DATA:image/png;base64,{PNG}",
    "with its type in capitals": f"data:IMAGE/PNG;BASE64,{PNG}",
    "with a parameter": f"data:image/png;charset=utf-8;base64,{PNG}",
    "without padding": f"data:image/png;base64,{PNG.rstrip('=')}",
    "of the type jpg": f"data:image/jpg;base64,{PNG}",
}

CASES = [
    *(
        Case(
            f"an image {how}",
            ["BerriAI/litellm#24900", "NousResearch/hermes-agent#55429"],
            "haiku45",
            _shows(url),
            reaches=_SEEN,
            answer=_ANSWER,
        )
        for how, url in _URLS.items()
    ),
    Case(
        "an image of another type than its bytes, in Anthropic's dialect",
        ["BerriAI/litellm#24900"],
        "haiku45",
        _source("image/jpeg"),
        MESSAGES,
        reaches={"messages": [{"content": [{"source": {"media_type": "image/png"}}]}]},
    ),
    Case(
        "bytes that are no image",
        ["NousResearch/hermes-agent#55429"],
        "haiku45",
        _shows("data:image/png;base64," + base64.b64encode(b"<html>not found</html>").decode()),
        reaches=NOTHING,
        status=400,
        answer={"error": {"message": like("image")}},
    ),
    Case(
        "an image for what sees none",
        ["sample-per-model-bedrock (nova-micro)"],
        "micro",
        _shows(f"data:image/png;base64,{PNG}"),
        reaches=NOTHING,
        status=400,
        answer={"error": {"message": like("image")}},
    ),
]
