"""Tools and the choice among them, as Converse's `toolConfig`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from llm_api.dialects.families import claude_version, model_id
from llm_api.dialects.openai.fields import InvalidField, boolean, items, mapping, required_text, text
from llm_api.errors import BadRequest
from llm_api.registry import Target

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

CLAUDE_WITH_STRICT_TOOLS = (4, 5)

_NO_TOOLS = frozenset({"titan-text"})
_NO_FORCED_CHOICE = frozenset({"llama", "cohere-command", "jamba"})
_ONLY_ANY = frozenset({"mistral"})
_STRICT = frozenset({"openai", "qwen", "deepseek", "mistral", "other"})


class Tools(NamedTuple):
    """The tools that the model may call.

    Attributes:
        specs: the tools in OpenAI's form, already checked.
        choice: `auto`, `required` or the name of the one that must be called.
    """

    specs: Sequence[dict[str, Any]] = ()
    choice: str = "auto"
    named: bool = False

    @property
    def offered(self) -> bool:
        """Whether the model may call any tool."""
        return bool(self.specs)

    @property
    def forced(self) -> bool:
        """Whether the model must call one."""
        return self.named or self.choice == "required"

    def config(self, target: Target) -> dict[str, Any]:
        """The `toolConfig` for `target`.

        Raises:
            BadRequest: the family has no tools, or can't be made to call one.
        """
        if target.family in _NO_TOOLS:
            raise BadRequest(f"The model {target.alias} can't call tools. Leave tools out, or use another model.")
        if self.forced and target.family in _NO_FORCED_CHOICE:
            raise InvalidField(
                "tool_choice", f"The model {target.alias} can't be made to call a tool. Use tool_choice auto or none."
            )
        specs = self.specs
        config: dict[str, Any] = {}
        if self.named and target.family in _ONLY_ANY:
            # Such a model knows "any of these" only, which is the same where there is only one.
            specs = [spec for spec in specs if spec["name"] == self.choice]
            config["toolChoice"] = {"any": {}}
        elif self.named:
            config["toolChoice"] = {"tool": {"name": self.choice}}
        elif self.choice == "required":
            config["toolChoice"] = {"any": {}}
        return {"tools": [{"toolSpec": _tool_spec(spec, supports_strict(target))} for spec in specs], **config}

    def warnings(self, target: Target) -> list[str]:
        """What `target` does not do for these tools."""
        if not supports_strict(target) and any(spec.get("strict") for spec in self.specs):
            return ["strict of tools was ignored: this model's arguments aren't held to the schema, so check them"]
        return []


def parse_tools(body: dict[str, Any]) -> Tools:
    """The tools that `body` offers; none where `tool_choice` is none.

    Raises:
        InvalidField: a tool or the choice breaks OpenAI's schema, or is of a kind that Converse doesn't have.
    """
    tools = body.get("tools")
    specs = [_parse(tool, f"tools[{index}]") for index, tool in enumerate(items(tools, "tools") if tools else [])]
    names = [spec["name"] for spec in specs]
    if len(set(names)) != len(names):
        raise InvalidField("tools", "Two tools have the same name.")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = mapping(choice.get("allowed_tools"), "tool_choice.allowed_tools")
        wanted = {
            _named(tool, f"tool_choice.allowed_tools.tools[{index}]")
            for index, tool in enumerate(items(allowed.get("tools"), "tool_choice.allowed_tools.tools"))
        }
        if not wanted or not wanted <= set(names):
            raise InvalidField("tool_choice", "tool_choice.allowed_tools must name tools of the list tools.")
        specs = [spec for spec in specs if spec["name"] in wanted]
        choice = allowed.get("mode")
        if choice not in ("auto", "required"):
            raise InvalidField("tool_choice", "tool_choice.allowed_tools.mode must be auto or required.")
    if choice is None or choice == "auto":
        return Tools(specs)
    if choice == "none":
        return Tools()
    if choice == "required":
        if not specs:
            raise InvalidField("tool_choice", "tool_choice required needs at least one tool in tools.")
        return Tools(specs, "required")
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = _named(choice, "tool_choice")
        if name not in names:
            raise InvalidField("tool_choice", "tool_choice names a function that is not in tools.")
        return Tools(specs, name, named=True)
    raise InvalidField("tool_choice", "tool_choice must be none, auto, required, a function or allowed_tools.")


def supports_strict(target: Target) -> bool:
    """Whether the family holds a tool's arguments to its schema where that is asked for."""
    if target.family == "anthropic":
        return (claude_version(target) or CLAUDE_WITH_STRICT_TOOLS) >= CLAUDE_WITH_STRICT_TOOLS
    return target.family in _STRICT and "deepseek.r1" not in model_id(target)


def _parse(tool: Any, path: str) -> dict[str, Any]:
    tool = mapping(tool, path)
    if tool.get("type") != "function":
        raise InvalidField(f"{path}.type", f"{path}.type must be function: Bedrock has no other tools for this API.")
    where = f"{path}.function"
    function = mapping(tool.get("function"), where)
    name = required_text(function, "name", where)
    if not NAME.fullmatch(name):
        raise InvalidField(f"{where}.name", f"{where}.name must match [a-zA-Z0-9_-]{{1,64}}.")
    parameters = function.get("parameters")
    # OpenAI takes absent parameters for an empty list; Converse wants a schema whose type is object.
    schema = mapping(parameters, f"{where}.parameters") if parameters is not None else {}
    return {
        "name": name,
        "description": text(function, "description", where) or "",
        "schema": {"type": "object", "properties": {}, **schema},
        "strict": boolean(function, "strict", where) or False,
    }


def _tool_spec(spec: dict[str, Any], strict: bool) -> dict[str, Any]:
    converse: dict[str, Any] = {"name": spec["name"], "inputSchema": {"json": spec["schema"]}}
    if spec["description"].strip():
        converse["description"] = spec["description"]
    if spec["strict"] and strict:
        converse["strict"] = True
    return converse


def _named(choice: Any, path: str) -> str:
    choice = mapping(choice, path)
    if choice.get("type") != "function":
        raise InvalidField(path, f"{path}.type must be function.")
    return required_text(mapping(choice.get("function"), f"{path}.function"), "name", f"{path}.function")
