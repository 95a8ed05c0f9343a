"""How the answer shall look, and how hard the model shall think: `response_format` and `reasoning_effort`.

A JSON schema goes one of three ways. Families that constrain their output to a schema get it as `outputConfig`
(https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html). Nova and older Claude models are made to
call one tool whose arguments are the answer. All others refuse it: a schema that is only asked for in words would be a
promise that nobody keeps. JSON without a schema (`json_object`) is refused for the same reason.

Reasoning is set as each family wants it: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from llm_api.dialects.families import claude_version, model_id
from llm_api.dialects.openai.fields import InvalidField, boolean, mapping, required_text, text
from llm_api.dialects.openai.tools import NAME
from llm_api.errors import BadRequest
from llm_api.registry import Target

CLAUDE_WITH_SCHEMA = (4, 5)
CLAUDE_WITH_ADAPTIVE_THINKING = (4, 6)
CLAUDE_WITH_THINKING = (3, 7)

MIN_THINKING_TOKENS = 1024
"""The least that Claude takes as `budget_tokens`."""

THINKING_TOKENS = {"minimal": 1024, "low": 1024, "medium": 4096, "high": 16384, "xhigh": 32768, "max": 32768}
"""`reasoning_effort` -> the tokens that a Claude model without adaptive thinking may think."""

EFFORTS = ("none", *THINKING_TOKENS)

_SCHEMA_FAMILIES = frozenset({"openai", "qwen", "deepseek", "mistral", "other"})


class JsonSchema(NamedTuple):
    """The schema that the answer shall follow."""

    name: str
    schema: dict[str, Any]
    description: str = ""

    def mechanism(self, target: Target) -> Literal["output_config", "tool"]:
        """How `target` is held to it.

        Raises:
            InvalidField: it can't be.
        """
        if target.family == "anthropic":
            return "output_config" if (claude_version(target) or CLAUDE_WITH_SCHEMA) >= CLAUDE_WITH_SCHEMA else "tool"
        if target.family == "nova":
            return "tool"
        if target.family in _SCHEMA_FAMILIES and "deepseek.r1" not in model_id(target):
            return "output_config"
        raise InvalidField(
            "response_format",
            f"The model {target.alias} can't be held to a JSON schema. Use response_format text and ask for JSON "
            "in the prompt, or use a model that can, such as Claude or Nova.",
        )

    def output_config(self) -> dict[str, Any]:
        """Converse's `textFormat`."""
        definition = {"schema": json.dumps(_closed(self.schema)), "name": self.name}
        if self.description.strip():
            definition["description"] = self.description
        return {"type": "json_schema", "structure": {"jsonSchema": definition}}

    def tool_config(self) -> dict[str, Any]:
        """A `toolConfig` with the one tool whose arguments are the answer.

        Raises:
            InvalidField: the schema's root is no object, which a tool's arguments always are.
        """
        if self.schema.get("type") != "object":
            raise InvalidField("response_format", "For this model the schema's root must be of type object.")
        spec = {
            "name": self.name,
            "description": self.description if self.description.strip() else "Give the answer in this form.",
            "inputSchema": {"json": self.schema},
        }
        return {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": self.name}}}


def parse_response_format(value: Any) -> JsonSchema | None:
    """The schema of `response_format`, or None where text is asked for.

    Raises:
        InvalidField: it breaks OpenAI's schema, or asks for JSON without a schema.
    """
    if value is None:
        return None
    kind = required_text(mapping(value, "response_format"), "type", "response_format")
    if kind == "text":
        return None
    if kind == "json_object":
        raise InvalidField(
            "response_format",
            "response_format json_object is not supported: Bedrock holds an answer only to a schema. Use json_schema.",
        )
    if kind != "json_schema":
        raise InvalidField("response_format", "response_format.type must be text or json_schema.")
    path = "response_format.json_schema"
    definition = mapping(value.get("json_schema"), path)
    name = required_text(definition, "name", path)
    if not NAME.fullmatch(name):
        raise InvalidField(f"{path}.name", f"{path}.name must match [a-zA-Z0-9_-]{{1,64}}.")
    # With or without strict the answer is held to the schema: what is more than was asked for needs no word.
    boolean(definition, "strict", path)
    return JsonSchema(
        name=name,
        schema=mapping(definition.get("schema"), f"{path}.schema"),
        description=text(definition, "description", path) or "",
    )


class Reasoning(NamedTuple):
    """What to send so that the model thinks.

    Attributes:
        fields: for `additionalModelRequestFields`.
        effort: for `outputConfig.effort`.
    """

    fields: Mapping[str, Any] = MappingProxyType({})
    effort: str | None = None


def parse_effort(value: Any) -> str | None:
    """`reasoning_effort`, or None where it is absent.

    Raises:
        InvalidField: no such effort.
    """
    if value is None or (isinstance(value, str) and value in EFFORTS):
        return value
    raise InvalidField("reasoning_effort", f"reasoning_effort must be one of {', '.join(EFFORTS)}.")


def reasoning(target: Target, effort: str, max_tokens: int | None) -> Reasoning:
    """How `target` is made to think with this effort.

    Parameters:
        max_tokens: the most tokens that the answer may have, thinking included, or None for the model's own limit.

    Raises:
        BadRequest: the model does not reason, or not so.
    """
    if target.family == "anthropic":
        return _claude_reasoning(target, effort, max_tokens)
    if target.family == "nova" and "nova-2" in model_id(target):
        return _nova_reasoning(effort, max_tokens)
    if target.family == "openai":
        if effort not in ("minimal", "low", "medium", "high"):
            raise _no_effort(target, "low, medium or high")
        return Reasoning({"reasoning_effort": "low" if effort == "minimal" else effort})
    if effort == "none" and target.family != "deepseek":
        return Reasoning()
    raise InvalidField(
        "reasoning_effort",
        f"The model {target.alias} has no setting for how hard it thinks. Leave reasoning_effort out.",
    )


def _claude_reasoning(target: Target, effort: str, max_tokens: int | None) -> Reasoning:
    version = claude_version(target) or CLAUDE_WITH_ADAPTIVE_THINKING
    if effort == "none":
        return Reasoning()
    if version < CLAUDE_WITH_THINKING:
        raise InvalidField("reasoning_effort", f"The model {target.alias} does not reason. Leave reasoning_effort out.")
    if version >= CLAUDE_WITH_ADAPTIVE_THINKING:
        return Reasoning({"thinking": {"type": "adaptive"}}, "low" if effort == "minimal" else effort)
    budget = THINKING_TOKENS[effort]
    if max_tokens is not None:
        if max_tokens <= MIN_THINKING_TOKENS:
            raise InvalidField(
                "reasoning_effort",
                f"This model thinks with at least {MIN_THINKING_TOKENS} tokens, which count as output. Allow more than "
                f"{MIN_THINKING_TOKENS} max_completion_tokens, or leave reasoning_effort out.",
            )
        budget = min(budget, max(MIN_THINKING_TOKENS, max_tokens // 2))
    return Reasoning({"thinking": {"type": "enabled", "budget_tokens": budget}})


def _nova_reasoning(effort: str, max_tokens: int | None) -> Reasoning:
    if effort == "none":
        return Reasoning()
    if effort in ("xhigh", "max"):
        raise InvalidField("reasoning_effort", "Nova reasons with low, medium or high effort.")
    if effort == "high" and max_tokens is not None:
        raise BadRequest(
            "With high effort Nova takes no limit on its output tokens, and this request has one, its own or the "
            "deployment's. Use medium."
        )
    level = "low" if effort == "minimal" else effort
    return Reasoning({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": level}})


def _no_effort(target: Target, efforts: str) -> InvalidField:
    return InvalidField("reasoning_effort", f"The model {target.alias} always reasons: reasoning_effort is {efforts}.")


def _closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on each object that says nothing about it.

    Bedrock refuses an open object. Every answer that fits the closed schema fits the caller's as well. Branches of
    `allOf` stay as they are: closed one by one they would exclude each other.
    """
    if isinstance(schema, list):
        return [_closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    closed = dict(schema)
    for name in ("items", "anyOf", "prefixItems"):
        if name in closed:
            closed[name] = _closed(closed[name])
    for name in ("properties", "$defs", "definitions"):
        if isinstance(closed.get(name), dict):
            closed[name] = {key: _closed(value) for key, value in closed[name].items()}
    if closed.get("type") == "object" and "allOf" not in closed:
        closed.setdefault("additionalProperties", False)
    return closed
