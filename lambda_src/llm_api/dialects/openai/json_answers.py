"""`response_format: {"type": "json_object"}`: an answer that is one JSON object, of any fields.

Models that can be made to call a tool call one that takes any object. All others are asked for it in words; what they
wrap around it is taken off, and an answer that is no JSON passes as it is, with a warning where it isn't streamed.
"""

from typing import Any

from llm_api.dialects.openai.fields import InvalidField
from llm_api.model_json import parse_json

TOOL_NAME = "json_object"

TOOL: dict[str, Any] = {
    "name": TOOL_NAME,
    "description": "Give the whole answer here: the one JSON object that was asked for, with all of its fields.",
    "inputSchema": {"json": {"type": "object", "properties": {}}},
}

INSTRUCTION = "Answer with a single JSON object and nothing else: no other text, no code fence."


def check_mentioned(messages: Any) -> None:
    """Callers have to say in a message that they want JSON, and what in it: OpenAI refuses others, too.

    Raises:
        InvalidField: no message says so.
    """
    if not any(_mentions_json(message) for message in messages if isinstance(message, dict)):
        raise InvalidField(
            "messages",
            "With response_format json_object a message must say what JSON to write, and contain the word JSON.",
        )


def _mentions_json(message: dict[str, Any]) -> bool:
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    return any("json" in part["text"].lower() for part in parts if isinstance(part, dict) and _is_text(part))


def _is_text(part: dict[str, Any]) -> bool:
    return isinstance(part.get("text"), str)


def unwrapped(text: str) -> tuple[str, bool]:
    """The JSON object in a model's text, and whether there is one; if not, the text as it is."""
    wrapper = Unwrapper()
    found = wrapper.feed(text)
    return (found, True) if isinstance(parse_json(found), dict) else (text, False)


class Unwrapper:
    """The first JSON object of a text that comes in pieces, without what stands around it."""

    def __init__(self) -> None:
        self._before: str | None = ""
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self._ended = False

    def feed(self, piece: str) -> str:
        """What of the object has come with `piece`."""
        if self._before is not None:
            start = piece.find("{")
            if start < 0:
                self._before += piece
                return ""
            piece, self._before = piece[start:], None
        if self._ended:
            return ""
        for position, character in enumerate(piece):
            self._follow(character)
            if self._ended:
                return piece[: position + 1]
        return piece

    def rest(self) -> str:
        """What was held back, where no object came at all."""
        held, self._before = self._before or "", None
        return held

    def _follow(self, character: str) -> None:
        if self._quoted:
            if self._escaped or character not in '\\"':
                self._escaped = False
            elif character == '"':
                self._quoted = False
            else:
                self._escaped = True
        elif character == '"':
            self._quoted = True
        elif character == "{":
            self._depth += 1
        elif character == "}":
            self._depth -= 1
            self._ended = self._depth == 0
