"""How the answer shall look: `response_format`.

A JSON schema goes one of two ways. Families that constrain their output to a schema get it as `outputConfig`
(https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html). Others that can be made to call a tool
call the one whose arguments are the answer, and so do the first where the schema says more than can be constrained.
All else is refused: a schema that is only asked for in words would be a promise that nobody keeps. For `json_object`,
which promises less, see `json_answers`.
"""

import json
from typing import Any, NamedTuple

from llm_api.dialects.openai.fields import InvalidField, boolean, mapping, required_text, text
from llm_api.dialects.openai.schemas import Demand, Inexpressible, without_nulls
from llm_api.dialects.openai.schemas.roots import as_object, bare, without_unions
from llm_api.dialects.openai.schemas.strict import strict
from llm_api.dialects.openai.tools import NAME
from llm_api.families import Family
from llm_api.registry import Target


class JsonSchema(NamedTuple):
    """The schema that the answer shall follow.

    Attributes:
        path: of the field that holds it.
    """

    name: str
    schema: dict[str, Any]
    description: str = ""
    path: str = "response_format"

    def output_config(self, family: Family) -> tuple[dict[str, Any], Demand]:
        """Converse's `textFormat`, and how much it holds of what the family limits.

        Raises:
            Inexpressible: nothing of the family is held to this schema.
        """
        if family.schema != "output_config":
            raise Inexpressible("can't be followed for certain by this model")
        held, demand = strict(self.schema)
        for found, most, what in (
            (demand.unions, family.most_union_parameters, "of several types"),
            (demand.optional, family.most_optional_parameters, "that may be left out"),
        ):
            if most is not None and found > most:
                raise Inexpressible(f"has more than {most} fields {what}")
        definition = {"schema": json.dumps(held), "name": self.name}
        if self.description.strip():
            definition["description"] = self.description
        return {"type": "json_schema", "structure": {"jsonSchema": definition}}, demand

    def tool(self, family: Family) -> dict[str, Any]:
        """The one tool whose arguments are the answer.

        Raises:
            Inexpressible: the schema's root is no object, which a tool's arguments always are.
        """
        said = without_nulls(self.schema)
        if not {"type", "properties", "$ref", "anyOf", "oneOf", "allOf"} & said.keys():
            raise Inexpressible("must be of type object at its root for this model")
        schema, remark = as_object(said), ""
        if family.tool_root != "object":
            schema, remark = without_unions(schema)
        if family.tool_root == "bare":
            schema = bare(schema)
        described = self.description if self.description.strip() else "Give the answer in this form."
        return {
            "name": self.name,
            "description": f"{described} {remark}".strip() if remark else described,
            "inputSchema": {"json": schema},
        }


class JsonObject:
    """The answer shall be a JSON object of any fields."""


def parse_response_format(value: Any, messages: Any) -> JsonSchema | JsonObject | None:
    """What `response_format` asks for, or None where that is text.

    Raises:
        InvalidField: it breaks OpenAI's schema, or `json_object` comes without a word of JSON in `messages`.
    """
    if value is None:
        return None
    kind = required_text(mapping(value, "response_format"), "type", "response_format")
    if kind == "text":
        return None
    if kind == "json_object":
        from llm_api.dialects.openai.json_answers import check_mentioned

        check_mentioned(messages)
        return JsonObject()
    if kind != "json_schema":
        raise InvalidField("response_format.type", "response_format.type must be text, json_object or json_schema.")
    path = "response_format.json_schema"
    return parse_json_schema(mapping(value.get("json_schema"), path), path)


def parse_json_schema(definition: dict[str, Any], path: str) -> JsonSchema:
    """A schema with its name.

    Raises:
        InvalidField: it breaks OpenAI's schema.
    """
    name = required_text(definition, "name", path)
    if not NAME.fullmatch(name):
        raise InvalidField(f"{path}.name", f"{path}.name must match [a-zA-Z0-9_-]{{1,64}}.")
    # With or without strict the answer is held to the schema: what is more than was asked for needs no word.
    boolean(definition, "strict", path)
    return JsonSchema(
        name=name,
        schema=mapping(definition.get("schema"), f"{path}.schema"),
        description=text(definition, "description", path) or "",
        path=f"{path}.schema",
    )


def no_schema(schema: JsonSchema, target: Target, problem: Inexpressible) -> InvalidField:
    """The error where neither way is open."""
    return InvalidField(
        schema.path,
        f"The model {target.alias} can't be held to this JSON schema: it {problem}. Simplify it, use response_format "
        "text and ask for JSON in the prompt, or use another model.",
    )
