"""`instructions` and `input` as the messages of a chat completion.

https://platform.openai.com/docs/api-reference/responses/create#responses-create-input

Items are flat: a turn of the model's is its reasoning, its words and its calls, one item each. They are gathered into
one assistant message, as Converse wants them, with words before calls. IDs, `status` and `phase` are read past: some
clients send them, some don't.
"""

import json
from typing import Any

from llm_api.dialects.json_body import MAX_MESSAGES
from llm_api.dialects.openai.fields import InvalidField, items, mapping, required_text, text
from llm_api.dialects.openai.responses.carried import unpack
from llm_api.dialects.openai.responses.tools import Offered

_TOOL_LISTS = ("additional_tools", "tool_search_output")
"""Items that offer tools, such as those of Codex's code mode."""

_DROPPED = (
    "apply_patch_call",
    "code_interpreter_call",
    "computer_call",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "mcp_",
    "program",
    "shell_call",
    "web_search_call",
)
"""What OpenAI's own tools did, by how their types begin."""

_WHOLE_ITEMS = (
    "Nothing is stored here, so an item can't be sent by its ID. Send items whole: set `store` to false, for Vercel's "
    "SDK by `providerOptions: { openai: { store: false } }`."
)


class Input:
    """What a request's items say.

    Attributes:
        messages: of a chat completion.
        warnings: what was left out.
    """

    def __init__(self, tools: Offered) -> None:
        self.messages: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self._tools = tools
        # Converse has one place for what the system and the developer say, before everything else.
        self._system: list[tuple[dict[str, Any], str]] = []
        self._turns: list[tuple[dict[str, Any], str, list[str]]] = []
        self._places: list[tuple[str, list[str]]] = []
        self._open: dict[str, Any] | None = None
        """The assistant message that still grows: no result came after it, and the user didn't speak."""

    def read(self, instructions: str | None, value: Any, *, only_this_turn: bool) -> None:
        """Read `instructions` and `input`.

        Parameters:
            only_this_turn: leave out reasoning before the last message of the user's (`reasoning.context`).

        Raises:
            InvalidField: an item breaks OpenAI's schema, or can't be had here.
        """
        if instructions is not None and instructions.strip():
            self._system.append(({"role": "system", "content": instructions}, "instructions"))
        listed = [{"role": "user", "content": value}] if isinstance(value, str) else items(value, "input", MAX_MESSAGES)
        if not listed or value == "":
            raise InvalidField("input", "input is empty. Send a string, or a list of items.")
        whole = [mapping(item, f"input[{index}]") for index, item in enumerate(listed)]
        for index, item in enumerate(whole):
            if item.get("type") in _TOOL_LISTS:
                self._tools.add(item.get("tools") or [], f"input[{index}].tools", hoisted=True)
        first = _last_question(whole) if only_this_turn else 0
        for index, item in enumerate(whole):
            path = "input" if isinstance(value, str) else f"input[{index}]"
            self._item(item, path, with_reasoning=index >= first)
        self._gather()

    def place(self, message: int, call: int | None) -> str:
        """Where a message of `messages`, or one of its calls, stands in the request."""
        path, calls = self._places[message] if message < len(self._places) else ("input", [])
        return path if call is None or call >= len(calls) else calls[call]

    def _item(self, item: dict[str, Any], path: str, *, with_reasoning: bool) -> None:
        kind = item.get("type") or ("message" if item.get("role") is not None else None)
        if not isinstance(kind, str):
            raise InvalidField(f"{path}.type", f"{path}.type is required, and is a string.")
        if kind == "message":
            self._message(item, path)
        elif kind == "agent_message":
            self._close({"role": "user", "content": self._parts(item.get("content"), f"{path}.content")}, path)
        elif kind == "reasoning":
            if with_reasoning:
                self._reasoning(item, path)
        elif kind in ("function_call", "custom_tool_call"):
            self._call(item, path, freeform=kind == "custom_tool_call")
        elif kind in ("function_call_output", "custom_tool_call_output"):
            self._result(item, path)
        elif kind == "item_reference":
            self._reference(item, path)
        elif kind in _TOOL_LISTS or kind == "tool_search_call":
            pass
        elif kind.startswith(_DROPPED):
            self._warn("items of built-in tools were ignored: nothing of OpenAI's own tools is here")
        else:
            raise InvalidField(
                f"{path}.type", f"{path} is of a type that isn't supported: {kind[:64]!r}. Leave it out."
            )

    def _message(self, item: dict[str, Any], path: str) -> None:
        role = required_text(item, "role", path)
        content = item.get("content")
        if role == "assistant":
            self._turn(path)["content"].extend(_spoken(content, f"{path}.content"))
        elif role in ("system", "developer", "user"):
            parts = content if isinstance(content, str) else self._parts(content, f"{path}.content")
            if role == "user":
                self._close({"role": role, "content": parts}, path)
            else:
                self._system.append(({"role": role, "content": parts}, path))
        else:
            raise InvalidField(f"{path}.role", f"{path}.role must be user, assistant, system or developer.")

    def _parts(self, content: Any, path: str) -> list[dict[str, Any]]:
        parts = []
        for index, part in enumerate(items(content, path)):
            where = f"{path}[{index}]"
            part = mapping(part, where)
            kind = required_text(part, "type", where)
            if kind in ("input_text", "output_text", "text", "summary_text"):
                parts.append({"type": "text", "text": text(part, "text", where) or ""})
            elif kind == "encrypted_content":
                # What one of Codex's agents says to another. OpenAI encrypts it; here it is as the model wrote it.
                parts.append({"type": "text", "text": text(part, "encrypted_content", where) or ""})
            elif kind == "refusal":
                parts.append({"type": "text", "text": text(part, "refusal", where) or ""})
            elif kind == "input_image":
                parts.append(_image(part, where))
            elif kind == "input_file":
                parts.append(_file(part, where))
            else:
                raise InvalidField(f"{where}.type", f"{where}.type must be input_text, input_image or input_file.")
        return parts

    def _reasoning(self, item: dict[str, Any], path: str) -> None:
        packed = text(item, "encrypted_content", path)
        carried = None if packed is None else unpack(packed)
        if carried is None:
            return
        model, blocks = carried
        self._turn(path).setdefault("thinking_blocks", []).extend({**block, "model": model} for block in blocks)

    def _call(self, item: dict[str, Any], path: str, *, freeform: bool) -> None:
        name = self._tools.name(required_text(item, "name", path), text(item, "namespace", path))
        if freeform:
            arguments = json.dumps({"input": text(item, "input", path) or ""}, ensure_ascii=False)
        else:
            arguments = text(item, "arguments", path) or ""
        self._turn(path).setdefault("tool_calls", []).append(
            {
                "id": required_text(item, "call_id", path),
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
        )
        self._turns[-1][2].append(path)

    def _result(self, item: dict[str, Any], path: str) -> None:
        output = item.get("output")
        content = output if isinstance(output, str) else self._parts(output, f"{path}.output")
        self._close({"role": "tool", "tool_call_id": required_text(item, "call_id", path), "content": content}, path)

    def _reference(self, item: dict[str, Any], path: str) -> None:
        if str(item.get("id")).startswith("rs_"):
            self._warn("references to reasoning were ignored: nothing is stored here")
            return
        raise InvalidField(path, f"{path} refers to an item. {_WHOLE_ITEMS}", word="item_reference_not_supported")

    def _turn(self, path: str) -> dict[str, Any]:
        """The assistant message that is open, or a new one."""
        if self._open is None:
            self._open = {"role": "assistant", "content": []}
            self._turns.append((self._open, path, []))
        return self._open

    def _close(self, message: dict[str, Any], path: str) -> None:
        self._open = None
        self._turns.append((message, path, []))

    def _gather(self) -> None:
        for message, path, calls in [*((*said, []) for said in self._system), *self._turns]:
            if message["role"] == "assistant" and not message["content"] and not message.get("tool_calls"):
                continue  # reasoning alone is no turn
            self.messages.append(message)
            self._places.append((path, calls))

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def _spoken(content: Any, path: str) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    said = []
    for index, part in enumerate(items(content, path) if content is not None else []):
        where = f"{path}[{index}]"
        part = mapping(part, where)
        kind = required_text(part, "type", where)
        if kind not in ("output_text", "input_text", "text", "refusal"):
            raise InvalidField(f"{where}.type", f"{where}.type must be output_text or refusal: the model said it.")
        said.append({"type": "text", "text": text(part, "refusal" if kind == "refusal" else "text", where) or ""})
    return said


def _image(part: dict[str, Any], path: str) -> dict[str, Any]:
    if part.get("file_id") is not None:
        raise InvalidField(f"{path}.file_id", f"{path}.file_id is not supported: no files are kept. Use image_url.")
    return {"type": "image_url", "image_url": {"url": required_text(part, "image_url", path)}}


def _file(part: dict[str, Any], path: str) -> dict[str, Any]:
    if part.get("file_url") is not None:
        raise InvalidField(f"{path}.file_url", f"{path}.file_url is not supported: nothing is fetched. Use file_data.")
    kept = {name: part[name] for name in ("file_data", "file_id", "filename") if part.get(name) is not None}
    return {"type": "file", "file": kept}


def _last_question(whole: list[dict[str, Any]]) -> int:
    return max((index for index, item in enumerate(whole) if item.get("role") == "user"), default=0)
