"""A list of OpenAI messages as Converse's `system` and `messages`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html

What Converse asks for beyond OpenAI: turns alternate and the first is the user's; the results of all parallel calls
stand in one user turn; no text is blank; a document comes with text beside it; tool blocks need a `toolConfig`. So
turns of one role are merged, system and developer messages are gathered at the top in their order, and where a request
offers no tools, calls and results of earlier turns are shown to the model as text.

What a model wrote badly comes back with each later turn, and OpenAI never reads it again. So a call's arguments may be
blank or broken, its name odd, its ID one that was there before: each becomes what Converse takes. What one family alone
wants of a history is `history`'s to do.
"""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from llm_api.dialects.json_body import MAX_CONTAINERS, parts_of, strict_json
from llm_api.dialects.openai.cache_marks import MARKS, cache_points
from llm_api.dialects.openai.call_ids import CallIds
from llm_api.dialects.openai.fields import InvalidField, items, mapping, required_text, text
from llm_api.dialects.openai.media import document_block, image_block

NO_OUTPUT = "(no output)"
"""What the model reads for a tool's empty result: Converse refuses blank text."""

NO_TEXT = "(no text)"
"""What it reads for a blank message of the user's that stands between two of the assistant's, or at the end."""

BROKEN_ARGUMENTS = "unreadable_arguments"
"""The field that holds arguments which are no JSON object, as the model wrote them."""

_NAME_CHARACTERS = 64
_ODD_CHARACTERS = re.compile(r"[^a-zA-Z0-9_-]")

KNOWN_FIELDS = frozenset(
    {
        "role",
        "content",
        "refusal",
        "tool_calls",
        "tool_call_id",
        "annotations",
        "reasoning_content",
        "thinking_blocks",
        "function_call",
    }
)
"""Fields of a message that are read, or that an answer of ours or OpenAI's carries and a client sends back."""


@dataclass(slots=True)
class Conversation:
    """What Converse gets.

    Attributes:
        system: blocks for `system`.
        turns: entries for `messages`.
        warnings: what was ignored.
        answers_tools: whether it ends with results of tools, so that the model goes on in the same turn.
        thinks_on: whether, if so, the calls stand beside the signed thinking that led to them.
        thinks: whether there is any thinking in it.
        has_images, has_documents, has_system: what some families can't take.
    """

    system: list[dict[str, Any]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    answers_tools: bool = False
    thinks_on: bool = False
    thinks: bool = False
    has_images: bool = False
    has_documents: bool = False

    @property
    def has_system(self) -> bool:
        """Whether there is any system text."""
        return bool(self.system)


def converse_messages(messages: Any, *, with_tools: bool) -> Conversation:
    """Translate `messages`.

    Parameters:
        messages: the field as it was sent.
        with_tools: whether the request offers tools, so that tool blocks may be sent.

    Raises:
        InvalidField: a message breaks OpenAI's schema, or holds what Converse can't express.
    """
    translation = _Translation(with_tools)
    for index, message in enumerate(items(messages, "messages")):
        translation.add(mapping(message, f"messages[{index}]"), f"messages[{index}]")
    return translation.finish()


class _Translation:
    def __init__(self, with_tools: bool) -> None:
        self._with_tools = with_tools
        self._result = Conversation()
        self._ids = CallIds()
        self._awaited: dict[str, deque[str]] = {}
        self._containers = 0
        self._blank: str | None = None
        self._document_names: dict[str, int] = {}

    def add(self, message: dict[str, Any], path: str) -> None:
        role = required_text(message, "role", path)
        if self._awaited and role != "tool":
            raise InvalidField(path, f"{path} must be a tool message: calls of the message before have no result yet.")
        for name, value in message.items():
            if name not in KNOWN_FIELDS and name not in MARKS and value is not None:
                # Only names of ours go into the warning, which is a header.
                known = "name" if name == "name" else "unknown fields"
                self._warn(f"{known} in messages: ignored, Bedrock has no equivalent")
        points = cache_points(message, path)
        if role in ("system", "developer"):
            blocks = self._text_blocks(message.get("content"), f"{path}.content")
            self._result.system.extend([*blocks, *points] if blocks else [])
            return
        self._turn(role, message, path)
        turns = self._result.turns
        if points and turns and turns[-1]["content"] and "cachePoint" not in turns[-1]["content"][-1]:
            turns[-1]["content"] += points

    def _turn(self, role: str, message: dict[str, Any], path: str) -> None:
        if role == "user":
            self._user(message, path)
        elif role == "assistant":
            self._assistant(message, path)
        elif role == "tool":
            self._tool(message, path)
        else:
            raise InvalidField(
                f"{path}.role", f"{path}.role must be system, developer, user, assistant or tool (not function)."
            )

    def finish(self) -> Conversation:
        result = self._result
        if self._awaited:
            raise InvalidField("messages", "The last calls have no results. Add a tool message for each tool_call_id.")
        if not any(turn["content"] for turn in result.turns):
            self._ask_by_system()
        if result.turns[0]["role"] != "user":
            raise InvalidField("messages", "The first message after the system's must be the user's: Bedrock wants it.")
        for turn in result.turns:
            if not turn["content"]:
                turn["content"] = _text(NO_TEXT)
                self._warn(f"a blank message of the user was sent as {NO_TEXT}: Bedrock takes no blank turn")
            if any("document" in block for block in turn["content"]) and not any(
                "text" in block for block in turn["content"]
            ):
                raise InvalidField("messages", "A message with a file needs text beside it: Bedrock wants a prompt.")
        return result

    def _ask_by_system(self) -> None:
        """OpenAI answers to instructions alone, and Converse wants a user who asks."""
        if not self._result.system and self._blank is not None:
            raise InvalidField(self._blank, f"{self._blank} is blank. Bedrock takes no blank message.")
        if not self._result.system:
            raise InvalidField("messages", "messages must hold at least one user message.")
        self._result.turns = [{"role": "user", "content": self._result.system}]
        self._result.system = []
        self._warn("messages without a user: system messages were sent as the user's, whom Bedrock wants")

    def _user(self, message: dict[str, Any], path: str) -> None:
        content = message.get("content")
        if isinstance(content, str):
            blocks = _text(content)
        else:
            blocks = []
            for index, part in enumerate(items(content, f"{path}.content")):
                blocks.extend(self._user_part(part, f"{path}.content[{index}]"))
        if not blocks:
            self._blank = self._blank or f"{path}.content"
        self._append("user", blocks)
        self._result.answers_tools = self._result.answers_tools and not blocks

    def _user_part(self, part: Any, path: str) -> list[dict[str, Any]]:
        part = mapping(part, path)
        blocks = self._content_part(part, path)
        return [*blocks, *cache_points(part, path)] if blocks else []

    def _content_part(self, part: dict[str, Any], path: str) -> list[dict[str, Any]]:
        kind = required_text(part, "type", path)
        if kind == "text":
            return _text(text(part, "text", path) or "")
        if kind == "image_url":
            block, warnings = image_block(part, path)
            for warning in warnings:
                self._warn(warning)
            self._result.has_images = True
            return [block]
        if kind == "file":
            self._result.has_documents = True
            return [document_block(part, path, self._document_names)]
        raise InvalidField(f"{path}.type", f"{path}.type must be text, image_url or file.")

    def _assistant(self, message: dict[str, Any], path: str) -> None:
        if message.get("function_call") is not None or message.get("audio") is not None:
            raise InvalidField(path, f"{path} holds function_call or audio. Use tool_calls and text.")
        thoughts = self._thoughts(message, path)
        blocks = [*thoughts, *self._text_blocks(message.get("content"), f"{path}.content")]
        blocks += _text(text(message, "refusal", path) or "")
        calls = message.get("tool_calls")
        for index, call in enumerate(items(calls, f"{path}.tool_calls") if calls is not None else []):
            blocks.append(self._call(call, f"{path}.tool_calls[{index}]"))
        if calls:
            self._result.thinks_on = bool(thoughts)
        if len(blocks) > len(thoughts):
            self._append("assistant", blocks)

    def _thoughts(self, message: dict[str, Any], path: str) -> list[dict[str, Any]]:
        if message.get("thinking_blocks") is None:
            return []
        from llm_api.dialects.openai.thoughts import reasoning_blocks

        self._result.thinks = True
        return reasoning_blocks(message["thinking_blocks"], f"{path}.thinking_blocks")

    def _call(self, call: Any, path: str) -> dict[str, Any]:
        call = mapping(call, path)
        if call.get("type", "function") != "function":
            raise InvalidField(f"{path}.type", f"{path}.type must be function: Bedrock has no custom tools.")
        call_id = required_text(call, "id", path)
        function = mapping(call.get("function"), f"{path}.function")
        name = _ODD_CHARACTERS.sub("_", required_text(function, "name", f"{path}.function"))[:_NAME_CHARACTERS]
        told = text(function, "arguments", f"{path}.function") or ""
        self._containers += parts_of(told.encode())[0]
        if self._containers > MAX_CONTAINERS:
            raise InvalidField(
                f"{path}.function.arguments",
                f"The arguments of calls hold more than {MAX_CONTAINERS:,} objects and lists.",
            )
        arguments = _read_arguments(told)
        sent_id = self._ids.give(call_id)
        self._awaited.setdefault(call_id, deque()).append(sent_id)
        if not self._with_tools:
            return {"text": f"[Called the tool {name} with {json.dumps(arguments, ensure_ascii=False)}]"}
        return {"toolUse": {"toolUseId": sent_id, "name": name, "input": arguments}}

    def _tool(self, message: dict[str, Any], path: str) -> None:
        call_id = required_text(message, "tool_call_id", path)
        if call_id not in self._awaited:
            raise InvalidField(
                f"{path}.tool_call_id",
                f"{path}.tool_call_id names no call of the assistant message before that still waits for its result.",
            )
        # Results of calls that share an ID come in the order of the calls.
        sent_id = self._awaited[call_id].popleft()
        if not self._awaited[call_id]:
            del self._awaited[call_id]
        blocks = self._result_blocks(message.get("content"), f"{path}.content") or _text(NO_OUTPUT)
        if self._with_tools:
            # What is cached ends with a turn's block, not within a tool's result.
            points = [block for block in blocks if "cachePoint" in block][-1:]
            blocks = [block for block in blocks if "cachePoint" not in block]
            self._append("user", [{"toolResult": {"toolUseId": sent_id, "content": blocks}}, *points])
        else:
            output = "\n".join(block["text"] for block in blocks if "text" in block) or NO_OUTPUT
            media = [block for block in blocks if "text" not in block and "cachePoint" not in block]
            self._append("user", [*_text(f"[The tool's result: {output}]"), *media])
        self._result.answers_tools = True

    def _result_blocks(self, content: Any, path: str) -> list[dict[str, Any]]:
        """Converse takes pictures and files as results; of OpenAI's requests those of Responses hold them."""
        if not isinstance(content, list):
            return self._text_blocks(content, path)
        return [block for index, part in enumerate(content) for block in self._user_part(part, f"{path}[{index}]")]

    def _text_blocks(self, content: Any, path: str) -> list[dict[str, Any]]:
        if content is None:
            return []
        if isinstance(content, str):
            return _text(content)
        blocks = []
        for index, part in enumerate(items(content, path)):
            where = f"{path}[{index}]"
            part = mapping(part, where)
            kind = required_text(part, "type", where)
            if kind not in ("text", "refusal"):
                raise InvalidField(f"{where}.type", f"{where}.type must be text: only user messages hold other parts.")
            said = _text(text(part, kind, where) or "")
            blocks += [*said, *cache_points(part, where)] if said else []
        return blocks

    def _append(self, role: str, blocks: list[dict[str, Any]]) -> None:
        turns = self._result.turns
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(blocks)
        else:
            turns.append({"role": role, "content": list(blocks)})

    def _warn(self, warning: str) -> None:
        if warning not in self._result.warnings:
            self._result.warnings.append(warning)


def _text(content: str) -> list[dict[str, Any]]:
    return [{"text": content}] if content.strip() else []


def _read_arguments(arguments: str) -> dict[str, Any]:
    """A call's arguments as a model wrote them: none where they are blank or null, and in one field what is broken."""
    if not arguments.strip():
        return {}
    try:
        parsed = strict_json(arguments)
    except ValueError:
        return {BROKEN_ARGUMENTS: arguments}
    if parsed is None:
        return {}
    return parsed if isinstance(parsed, dict) else {BROKEN_ARGUMENTS: arguments}
