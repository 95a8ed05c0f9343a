"""Tools of a request: flat ones, freeform ones, namespaces and built-in ones, as a chat completion's functions.

https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools

A freeform (`custom`) tool is a function with one string. A namespace is flattened, and its members' calls leave with
namespace and name apart again, since clients know them by both. Tools that OpenAI runs itself are not offered to the
model: an answer without them is one that the caller could have got.
"""

import hashlib
import re
from typing import Any, NamedTuple

from llm_api.dialects.json_body import MAX_TOOLS
from llm_api.dialects.openai.fields import InvalidField, items, mapping, required_text, text, too_long

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

BUILT_IN = (
    "apply_patch",
    "code_interpreter",
    "computer",
    "file_search",
    "image_generation",
    "local_shell",
    "mcp",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
    "web_search",
)
"""Kinds of tools that OpenAI runs; versions of them go by longer names, such as `web_search_preview`."""

MAX_NAMESPACE_CHARACTERS = 256
"""Of a namespace, with those around it: each of its tools is known by all of them."""

FREEFORM = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
    "additionalProperties": False,
}
"""The parameters of a freeform tool, as the model sees them."""


class Origin(NamedTuple):
    """A tool as the caller knows it."""

    name: str
    namespace: str | None = None
    freeform: bool = False


class Offered:
    """The tools of one request.

    Attributes:
        functions: as a chat completion offers them.
        paths: where each of them stands in the request.
        warnings: what was not offered.
    """

    def __init__(self) -> None:
        self.functions: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.warnings: list[str] = []
        self._origins: dict[str, Origin] = {}
        self._names: dict[tuple[str | None, str], str] = {}

    def add(self, tools: Any, path: str, *, hoisted: bool = False) -> None:
        """Offer a list of tools.

        Parameters:
            hoisted: they came as an item of `input`, which may repeat what was offered already.

        Raises:
            InvalidField: a tool breaks OpenAI's schema, or is there twice.
        """
        for index, tool in enumerate(items(tools, path)):
            self._add(mapping(tool, f"{path}[{index}]"), f"{path}[{index}]", None, hoisted)

    def origin(self, sent: str) -> Origin:
        """The tool that the model called by this name; one that nobody offered goes by the name itself."""
        return self._origins.get(sent, Origin(sent))

    def name(self, name: str, namespace: str | None) -> str:
        """What the model knows a tool by; also one that is offered no longer, for calls of earlier turns."""
        return self._names.get((namespace, name)) or _flat(name, namespace)

    def choice(self, value: Any) -> Any:
        """`tool_choice` as a chat completion has it; None where there is nothing to choose.

        Raises:
            InvalidField: it names a tool that isn't offered, or that OpenAI would run.
        """
        if isinstance(value, dict) and value.get("type") == "allowed_tools":
            listed = items(value.get("tools"), "tool_choice.tools")
            named = [mapping(tool, f"tool_choice.tools[{index}]") for index, tool in enumerate(listed)]
            allowed = [self._function(tool, "tool_choice.tools") for tool in named if not _is_built_in(tool)]
            if not allowed:
                raise InvalidField("tool_choice.tools", "tool_choice.tools names no tool that this model is offered.")
            return {"type": "allowed_tools", "allowed_tools": {"mode": value.get("mode"), "tools": allowed}}
        if isinstance(value, dict):
            return self._function(value, "tool_choice")
        return None if not self.functions and value in ("auto", "none") else value

    def _function(self, choice: dict[str, Any], path: str) -> dict[str, Any]:
        if choice.get("type") not in ("function", "custom"):
            raise InvalidField(
                path, f"{path}.type must be function, custom or allowed_tools: no other tool is offered to the model."
            )
        name = self._names.get((text(choice, "namespace", path), required_text(choice, "name", path)))
        if name is None:
            raise InvalidField(f"{path}.name", f"{path}.name names no tool of the list tools.")
        return {"type": "function", "function": {"name": name}}

    def _add(self, tool: dict[str, Any], path: str, namespace: str | None, hoisted: bool) -> None:
        kind = required_text(tool, "type", path)
        if kind == "namespace":
            inner = required_text(tool, "name", path)
            whole = inner if namespace is None else f"{namespace}__{inner}"
            if len(whole) > MAX_NAMESPACE_CHARACTERS:
                raise InvalidField(
                    f"{path}.name",
                    f"{path}.name and those around it have more than {MAX_NAMESPACE_CHARACTERS} letters.",
                )
            members = items(tool.get("tools"), f"{path}.tools")
            for index, member in enumerate(members):
                where = f"{path}.tools[{index}]"
                self._add(mapping(member, where), where, whole, hoisted)
        elif kind in ("function", "custom"):
            self._offer(tool, path, Origin(required_text(tool, "name", path), namespace, kind == "custom"), hoisted)
        elif _is_built_in(tool):
            warning = "built-in tools were ignored: the model is offered functions and custom tools only"
            if warning not in self.warnings:
                self.warnings.append(warning)
        else:
            raise InvalidField(f"{path}.type", f"{path}.type is none that OpenAI has. Use function or custom.")

    def _offer(self, tool: dict[str, Any], path: str, origin: Origin, hoisted: bool) -> None:
        key = (origin.namespace, origin.name)
        if key in self._names:
            if hoisted:
                return
            raise InvalidField(f"{path}.name", f"{path}.name is there twice. Give each tool a name of its own.")
        if len(self.functions) == MAX_TOOLS:
            raise too_long("tools", MAX_TOOLS)
        sent = _flat(origin.name, origin.namespace)
        if sent in self._origins:
            sent = _digest(origin.name, origin.namespace)
        self._names[key] = sent
        self._origins[sent] = origin
        function: dict[str, Any] = {"name": sent, "description": _description(tool, path)}
        if origin.freeform:
            function["parameters"] = FREEFORM
        else:
            function |= {name: tool[name] for name in ("parameters", "strict") if tool.get(name) is not None}
        self.functions.append({"type": "function", "function": function})
        self.paths.append(path)


def _is_built_in(tool: dict[str, Any]) -> bool:
    return str(tool.get("type")).startswith(BUILT_IN)


def _description(tool: dict[str, Any], path: str) -> str:
    described = text(tool, "description", path) or ""
    form = tool.get("format")
    if tool.get("type") != "custom" or form is None or mapping(form, f"{path}.format").get("type") != "grammar":
        return described
    syntax = required_text(form, "syntax", f"{path}.format")
    definition = required_text(form, "definition", f"{path}.format")
    return f"{described}\n\n`input` follows this grammar ({syntax}):\n{definition}".strip()


def _flat(name: str, namespace: str | None) -> str:
    joined = name if namespace is None else f"{namespace}__{name}"
    return joined if _NAME.fullmatch(joined) else _digest(name, namespace)


def _digest(name: str, namespace: str | None) -> str:
    digest = hashlib.sha256(f"{namespace or ''}\0{name}".encode()).hexdigest()[:16]
    return f"{re.sub(r'[^a-zA-Z0-9_-]', '_', name)[:40]}__{digest}"
