"""Tools and the choice among them, as Converse's `toolConfig`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from llm_api.dialects.json_body import MAX_TOOLS
from llm_api.dialects.openai.cache_marks import cache_points
from llm_api.dialects.openai.fields import InvalidField, boolean, items, mapping, required_text, text
from llm_api.families import Family
from llm_api.registry import Target

if TYPE_CHECKING:
    from llm_api.dialects.openai.schemas import Demand

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


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

    def config(
        self, family: Family, target: Target, choices: frozenset[str], held: "Demand"
    ) -> tuple[dict[str, Any], list[str]]:
        """The `toolConfig` for `target`, and warnings.

        Parameters:
            choices: the kinds of choice that the model takes on this request.
            held: how much of what the family limits in schemas another schema of the request holds already.

        Raises:
            InvalidField: the family has no tools, can't be made to call one, or takes none of this schema.
        """
        if not family.tools:
            raise InvalidField(
                "tools", f"The model {target.alias} can't call tools. Leave tools out, or use another model."
            )
        specs = self.specs
        config: dict[str, Any] = {}
        if self.named and "tool" in choices:
            config["toolChoice"] = {"tool": {"name": self.choice}}
        elif self.forced and "any" in choices:
            if self.named:
                # Such a model knows "any of these" only, which is the same where there is only one.
                specs = [spec for spec in specs if spec["name"] == self.choice]
            config["toolChoice"] = {"any": {}}
        elif self.forced:
            raise InvalidField(
                "tool_choice", f"The model {target.alias} can't be made to call a tool. Use tool_choice auto or none."
            )
        warnings: list[str] = []
        strict = _StrictTools(family, held)
        sent: list[dict[str, Any]] = []
        for spec in specs:
            sent += [{"toolSpec": _tool_spec(spec, family, target, strict, warnings)}, *spec["points"]]
        return {"tools": sent, **config}, list(dict.fromkeys(warnings))


def parse_tools(body: dict[str, Any]) -> Tools:
    """The tools that `body` offers; none where `tool_choice` is none.

    Raises:
        InvalidField: a tool or the choice breaks OpenAI's schema, or is of a kind that Converse doesn't have.
    """
    tools = body.get("tools")
    specs = [
        _parse(tool, f"tools[{index}]") for index, tool in enumerate(items(tools, "tools", MAX_TOOLS) if tools else [])
    ]
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
    return {
        "name": name,
        "description": text(function, "description", where) or "",
        "schema": _object_schema(parameters, f"{where}.parameters"),
        "strict": boolean(function, "strict", where) or False,
        "path": f"{where}.parameters",
        "points": cache_points(tool, path) or cache_points(function, where),
    }


def _object_schema(parameters: Any, path: str) -> dict[str, Any]:
    from llm_api.dialects.openai.schemas import Inexpressible
    from llm_api.dialects.openai.schemas.roots import as_object

    try:
        return as_object(mapping(parameters, path) if parameters is not None else {})
    except Inexpressible as problem:
        raise InvalidField(path, f"{path} {problem}.") from None


class _StrictTools:
    """Which calls the model is held to: as many as the family's limits allow, in the order of the tools."""

    def __init__(self, family: Family, held: "Demand") -> None:
        self._family = family
        self._unions = held.unions
        self._optional = held.optional
        self._tools = 0

    def hold(self, schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """The schema in structured output's words; or as it is, with the reason why it can't be."""
        from llm_api.dialects.openai.schemas import Inexpressible
        from llm_api.dialects.openai.schemas.strict import strict

        if not self._family.strict_tools:
            return schema, "this model's arguments aren't held to the schema"
        try:
            held, demand = strict(schema)
        except Inexpressible as problem:
            return schema, f"a schema {problem}"
        family = self._family
        for more, so_far, most, what in (
            (demand.unions, self._unions, family.most_union_parameters, "parameters of several types"),
            (demand.optional, self._optional, family.most_optional_parameters, "parameters that may be left out"),
            (1, self._tools, family.most_strict_tools, "strict tools"),
        ):
            if most is not None and so_far + more > most:
                return schema, f"this model holds to at most {most} {what}"
        self._unions += demand.unions
        self._optional += demand.optional
        self._tools += 1
        return held, ""


def _tool_spec(
    spec: dict[str, Any], family: Family, target: Target, strict: _StrictTools, warnings: list[str]
) -> dict[str, Any]:
    schema, remark = _for_root(spec, family, target)
    if remark:
        warnings.append("anyOf at the root of a tool's parameters was merged: this model takes none, check the calls")
    converse: dict[str, Any] = {"name": spec["name"], "inputSchema": {"json": schema}}
    if spec["strict"]:
        schema, refusal = strict.hold(schema)
        if refusal:
            warnings.append(f"strict of tools was ignored: {refusal}, so check the calls")
        else:
            converse |= {"inputSchema": {"json": schema}, "strict": True}
    description = " ".join(part for part in (spec["description"].strip() and spec["description"], remark) if part)
    if description:
        converse["description"] = description
    return converse


def _for_root(spec: dict[str, Any], family: Family, target: Target) -> tuple[dict[str, Any], str]:
    """The schema with a root that the family takes, and what the description has to say instead."""
    if family.tool_root == "object":
        return spec["schema"], ""
    from llm_api.dialects.openai.schemas import Inexpressible
    from llm_api.dialects.openai.schemas.roots import bare, without_unions

    try:
        schema, remark = without_unions(spec["schema"])
        return (bare(schema) if family.tool_root == "bare" else schema), remark
    except Inexpressible as problem:
        raise InvalidField(spec["path"], f"{spec['path']} {problem}, which {target.alias} does not take.") from None


def _named(choice: Any, path: str) -> str:
    choice = mapping(choice, path)
    if choice.get("type") != "function":
        raise InvalidField(path, f"{path}.type must be function.")
    return required_text(mapping(choice.get("function"), f"{path}.function"), "name", f"{path}.function")
