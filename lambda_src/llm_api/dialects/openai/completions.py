"""`POST /v1/completions`, the older way to complete a text, for tools that know no other: a chat of one message.

https://platform.openai.com/docs/api-reference/completions
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llm_api.dialects import Answer, Frame
from llm_api.dialects.json_body import json_object
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.fields import InvalidField
from llm_api.events import Request, Response
from llm_api.registry import Target

_AS_IN_CHAT = (
    "frequency_penalty",
    "logit_bias",
    "max_tokens",
    "model",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "user",
)
_HARMLESS: Mapping[str, Any] = {"best_of": 1, "echo": False, "suffix": ""}
"""What no chat has, with the value that asks for nothing."""

MAX_TOKENS = 16
"""OpenAI's own limit where the caller names none."""


class TextCompletion(ChatCompletion):
    """One completion. What holds for a chat holds for it."""

    @classmethod
    def parse(cls, request: Request) -> "TextCompletion":
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body is no completion, or asks for what no chat can answer.
        """
        body = json_object(request.body)
        chat: dict[str, Any] = {"max_tokens": MAX_TOKENS}
        for name, value in body.items():
            if value is None or name == "prompt":
                continue
            if name in _AS_IN_CHAT:
                chat[name] = value
            elif name not in _HARMLESS or value != _HARMLESS[name] or type(value) is not type(_HARMLESS[name]):
                raise InvalidField(
                    name[:64],
                    f"{name[:64]} is not supported. A text is completed by a chat here; "
                    "POST /v1/chat/completions takes more.",
                )
        chat["messages"] = [{"role": "user", "content": _prompt(body.get("prompt"))}]
        completion = cls.read(chat, request.id)
        assert isinstance(completion, TextCompletion)
        return completion

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        response = ChatCompletion.render(self, target, answers)
        assert isinstance(response.body, bytes)
        told = json.loads(response.body)
        told["choices"] = [_choice(choice, choice["message"]) for choice in told["choices"]]
        response.body = json.dumps(told).encode()
        return response

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        for piece in ChatCompletion.render_stream(self, target, frames):
            said = b"".join(_texts(event) for event in piece.split(b"\n\n") if event)
            if said:
                yield said

    def _head(self, target: Target, kind: str) -> dict[str, Any]:
        head = ChatCompletion._head(self, target, kind)
        return {**head, "id": f"cmpl-{self.request_id}", "object": "text_completion"}


def _prompt(value: Any) -> str:
    texts = value if isinstance(value, list) else [value]
    if len(texts) == 1 and isinstance(texts[0], str) and texts[0]:
        return texts[0]
    raise InvalidField("prompt", "prompt must be one text that is not empty. Send as many requests as you have texts.")


def _choice(choice: Mapping[str, Any], spoken: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "index": choice["index"],
        "text": spoken.get("content") or "",
        "logprobs": None,
        "finish_reason": choice["finish_reason"],
    }


def _texts(event: bytes) -> bytes:
    """An event of a chat's stream as one of a completion's; nothing where it has no text, and no end."""
    if event.startswith(b"data: {"):
        told = json.loads(event[6:])
        choices = told.get("choices")
        if choices:
            (choice,) = choices
            if not choice["delta"].get("content") and choice["finish_reason"] is None:
                return b""
            told["choices"] = [_choice(choice, choice["delta"])]
            return b"data: " + json.dumps(told).encode() + b"\n\n"
    return event + b"\n\n"
