"""JSON schemas: what a family refuses never goes out, and what can't be said otherwise is an error that names it."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.schemas import Inexpressible
from llm_api.dialects.openai.schemas.roots import as_object, without_unions, written_out
from llm_api.dialects.openai.schemas.strict import strict
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import CLAUDE, GPT_OSS, HAIKU, NOVA, OLD_CLAUDE, WEATHER, chat, converse_body

TEXT = {"type": "string"}
CITY = {"type": "object", "properties": {"city": TEXT}, "required": ["city"]}
PLACE = {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat"]}
OPUS_55 = Target("opus", "us.anthropic.claude-opus-5-5-v1", "anthropic", base_id="anthropic.claude-opus-5-5-v1")
TREE = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/node"}},
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
}


def tool(parameters, **more):
    return {"type": "function", "function": {"name": "f", "parameters": parameters, **more}}


def spec_of(parameters, target, **more):
    call = chat(tools=[tool(parameters, **more)])
    return converse_body(call, target)["toolConfig"]["tools"][0]["toolSpec"], call.warnings(target)


def sent_schema(parameters, target, **more):
    return spec_of(parameters, target, **more)[0]["inputSchema"]["json"]


def asked(schema, **more):
    definition = {"name": "reply", "schema": schema, **more}
    return chat(response_format={"type": "json_schema", "json_schema": definition})


def held_to(schema, target=HAIKU):
    """The schema as structured output gets it."""
    body = converse_body(asked(schema), target)
    return json.loads(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])


def within(schema):
    """Each schema in a schema, itself included."""
    yield schema
    for name, value in schema.items():
        if name in ("properties", "$defs", "definitions"):
            for inner in value.values():
                yield from within(inner)
        elif name in ("anyOf", "oneOf", "allOf"):
            for inner in value:
                yield from within(inner)
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            yield from within(value)


# The root of a tool's parameters


@pytest.mark.parametrize(
    ("parameters", "properties"),
    [
        (None, {}),
        ({}, {}),
        ({"type": None}, {}),
        ({"type": "object", "properties": None}, {}),
        ({"type": "object", "properties": []}, {}),
        ({"type": "object", "properties": {"a": TEXT}, "required": None}, {"a": TEXT}),
        ({"properties": {"a": {"type": "string", "description": None, "enum": None}}}, None),
        ({"properties": {"a": None}}, {"a": {}}),
        ({"type": ["object", "null"], "properties": {"a": TEXT}}, {"a": TEXT}),
        ({"type": "object", "$schema": None, "title": None, "additionalProperties": None}, {}),
        ({"properties": {"a": {"type": "array", "items": {"type": "string", "format": None}}}}, None),
        ({"properties": {"a": {"default": None, "type": "string"}}}, {"a": {"default": None, "type": "string"}}),
    ],
)
@pytest.mark.parametrize("target", [CLAUDE, NOVA, GPT_OSS])
def test_the_root_is_an_object_and_no_keyword_is_null(parameters, properties, target):
    # GIVEN parameters as clients write them
    sent = sent_schema(parameters, target)

    # WHEN / THEN
    assert sent["type"] == "object"
    assert isinstance(sent["properties"], dict)
    assert properties is None or sent["properties"] == properties
    found = [name for part in within(sent) for name, value in part.items() if value is None and name != "default"]
    assert found == []


@pytest.mark.parametrize("kind", ["array", "string", "null", ["string", "null"], 7])
def test_a_root_of_another_type_is_refused_by_its_place(kind):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="type object at its root") as refusal:
        chat(tools=[WEATHER, tool({"type": kind})])
    assert refusal.value.param == "tools[1].function.parameters"


@pytest.mark.parametrize(
    "extra",
    [
        {"additionalProperties": False},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"title": "Arguments"},
        {"description": "All of them."},
        {"$defs": {"unused": TEXT}},
        {"definitions": {"unused": TEXT}},
        {"patternProperties": {"^x": TEXT}},
        {"minProperties": 1, "maxProperties": 2},
        {"strict": True, "examples": [{"city": "Paris"}]},
        {"$id": "urn:x", "$comment": "hm", "not": {"required": ["x"]}},
    ],
)
def test_nova_gets_nothing_at_the_root_but_the_fields(extra):
    # GIVEN a root as OpenAI's strict mode and Pydantic write it
    # WHEN / THEN
    assert sent_schema({**CITY, **extra}, NOVA) == CITY


def test_for_nova_references_are_written_out_wherever_they_stand():
    # GIVEN definitions that refer to each other
    parameters = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/pair"},
            "b": {"type": "array", "items": {"$ref": "#/$defs/text", "description": "One."}},
            "c": {"anyOf": [{"$ref": "#/definitions/x~1y%20z"}, {"type": "null"}]},
        },
        "$defs": {"pair": {"type": "object", "properties": {"l": {"$ref": "#/$defs/text"}}}, "text": TEXT},
        "definitions": {"x/y z": {"type": "integer"}},
    }

    # WHEN / THEN
    assert sent_schema(parameters, NOVA)["properties"] == {
        "a": {"type": "object", "properties": {"l": TEXT}},
        "b": {"type": "array", "items": {**TEXT, "description": "One."}},
        "c": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    }


def growing(levels):
    definitions = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {**definitions, f"d{levels}": TEXT},
    }


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (TREE, "refers to itself"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "refers to itself"),
        ({"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}}, "refers to itself"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}, "not in it"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.com/a"}}}, "not in it"),
        (growing(60), "nested deeper"),
        (
            {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/d0"}},
                "$defs": {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(3000)} | {"d3000": TEXT},
            },
            "nested deeper",
        ),
    ],
)
def test_what_cannot_be_written_out_is_refused_by_its_place(parameters, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match=says) as refusal:
        sent_schema(parameters, NOVA)
    assert refusal.value.param == "tools[0].function.parameters"


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
@pytest.mark.parametrize("target", [CLAUDE, NOVA])
def test_branches_at_the_root_become_one_object_and_the_description_says_which_go_together(union, target):
    # GIVEN either a city or a place
    spec, warnings = spec_of({union: [CITY, PLACE]}, target, description="Weather.")

    # WHEN / THEN
    assert spec["inputSchema"]["json"] == {
        "type": "object",
        "properties": {**CITY["properties"], **PLACE["properties"]},
    }
    assert spec["description"] == "Weather. Required together, one group of: city; lat."
    assert "merged" in warnings[0]


@pytest.mark.parametrize(
    ("root", "properties", "required"),
    [
        ({"allOf": [CITY, PLACE]}, {"city", "lat", "lon"}, ["city", "lat"]),
        ({**CITY, "anyOf": [{"required": ["city"]}, {"required": ["x"]}]}, {"city"}, ["city"]),
        ({"anyOf": [CITY, {"type": "null"}]}, {"city"}, ["city"]),
        ({"anyOf": [{"$ref": "#/$defs/c"}, PLACE], "$defs": {"c": CITY}}, {"city", "lat", "lon"}, None),
        ({"oneOf": [{"anyOf": [CITY, PLACE]}, CITY]}, {"city", "lat", "lon"}, None),
        ({"allOf": [{"allOf": [CITY]}]}, {"city"}, ["city"]),
        ({"$ref": "#/$defs/c", "$defs": {"c": {"oneOf": [CITY, CITY]}}}, {"city"}, ["city"]),
    ],
)
def test_all_kinds_of_branches_are_merged(root, properties, required):
    # GIVEN / WHEN
    sent = sent_schema(root, OLD_CLAUDE)

    # THEN
    assert sent["properties"].keys() == properties
    assert sent.get("required") == required
    assert not {"anyOf", "oneOf", "allOf"} & sent.keys()


def test_a_field_that_branches_give_several_meanings_has_all_of_them():
    # GIVEN / WHEN / THEN
    one, two = ({"type": "object", "properties": {"a": {"const": value}}} for value in (1, 2))
    assert sent_schema({"oneOf": [one, two, one]}, CLAUDE)["properties"] == {
        "a": {"anyOf": [{"const": 1}, {"const": 2}]}
    }


def test_families_that_take_branches_at_the_root_get_them():
    # GIVEN / WHEN / THEN
    assert sent_schema({"anyOf": [CITY, PLACE]}, GPT_OSS)["anyOf"] == [CITY, PLACE]


# What an answer is held to


@pytest.mark.parametrize(
    ("field", "kept", "moved"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, {"type": "integer"}, ["minimum: 1", "maximum: 9"]),
        ({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}, {"type": "number"}, ["multipleOf: 0.5"]),
        ({"type": "string", "minLength": 1, "maxLength": 9}, TEXT, ["minLength: 1", "maxLength: 9"]),
        ({"type": "string", "pattern": "^a+$"}, TEXT, ['pattern: "^a+$"']),
        ({"type": "string", "format": "uri-template"}, TEXT, ['format: "uri-template"']),
        ({"type": "string", "format": "email"}, {"type": "string", "format": "email"}, []),
        ({"type": "array", "items": TEXT, "minItems": 1}, {"type": "array", "items": TEXT, "minItems": 1}, []),
        (
            {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 3},
            {"type": "array", "items": TEXT},
            ["minItems: 2", "maxItems: 3"],
        ),
        (
            {"type": "array", "items": TEXT, "uniqueItems": True},
            {"type": "array", "items": TEXT},
            ["uniqueItems: true"],
        ),
        ({"enum": ["a", None, 1]}, {"enum": ["a", None, 1]}, []),
        ({"enum": [{"a": 1}]}, {}, ['enum: [{"a": 1}]']),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}, []),
        ({"oneOf": [TEXT, {"type": "null"}]}, {"anyOf": [TEXT, {"type": "null"}]}, []),
        ({"allOf": [{"$ref": "#/$defs/t"}], "description": "x"}, {"$ref": "#/$defs/t", "description": "x"}, []),
        ({"allOf": [TEXT, {"title": "T"}]}, {**TEXT, "title": "T"}, []),
        (True, {}, []),
    ],
)
def test_what_structured_output_does_not_know_moves_into_the_description(field, kept, moved):
    # GIVEN a field of a schema
    schema = {"type": "object", "properties": {"a": field}, "$defs": {"t": TEXT}}
    sent = held_to(schema)["properties"]["a"]

    # WHEN / THEN
    description = sent.pop("description", "") if moved else ""
    assert sent == kept
    assert all(words in description for words in moved)


def test_a_description_keeps_its_words():
    # GIVEN / WHEN / THEN
    schema = {"type": "object", "properties": {"a": {"type": "integer", "description": "Stars", "maximum": 5}}}
    assert held_to(schema)["properties"]["a"]["description"] == "Stars (maximum: 5)"


@pytest.mark.parametrize(
    "place",
    [
        lambda inner: {"a": inner},
        lambda inner: {"a": {"type": "array", "items": inner}},
        lambda inner: {"a": {"anyOf": [inner, {"type": "null"}]}},
        lambda inner: {"a": {"oneOf": [inner, TEXT]}},
        lambda inner: {"a": {"allOf": [inner]}},
        lambda inner: {"a": {"type": "object", "properties": {"b": inner}}},
        lambda inner: {"a": {"type": "array", "items": {"anyOf": [inner]}}},
    ],
    ids=["field", "item", "anyOf", "oneOf", "allOf", "deeper", "item-of-anyOf"],
)
@pytest.mark.parametrize(
    "inner",
    [
        CITY,
        {**CITY, "type": ["object", "null"]},
        {"properties": CITY["properties"]},
        {**CITY, "additionalProperties": True},
        {**CITY, "additionalProperties": TEXT},
        {**CITY, "nullable": True},
        {**CITY, "minProperties": 1},
        {"type": "object", "properties": {}},
        {"type": "object", "additionalProperties": False},
        {**CITY, "anyOf": [{"required": ["city"]}]},
    ],
)
def test_every_object_is_closed_wherever_it_stands(place, inner):
    # GIVEN an object in a schema, in a definition, and in a strict tool
    schema = {"type": "object", "properties": place(inner), "$defs": {"d": inner}}
    strict = sent_schema({"type": "object", "properties": place(inner)}, HAIKU, strict=True)

    # WHEN / THEN
    for sent in (held_to(schema), strict):
        for part in within(sent):
            kind = part.get("type")
            if kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in part:
                assert part["additionalProperties"] is False
            assert not {"oneOf", "allOf", "nullable", "minProperties"} & part.keys()


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "integer"}}}},
        {"type": "object", "properties": {"a": {"type": "array", "prefixItems": [TEXT, TEXT]}}},
        {"type": "object", "patternProperties": {"^x": TEXT}, "properties": {"a": TEXT}},
        {"type": "object", "properties": {f"a{n}": {"type": ["string", "null"]} for n in range(17)}},
        {"type": "object", "properties": {f"a{n}": TEXT for n in range(25)}},
        {"type": "object", "properties": {"a": {"allOf": [TEXT, {"type": "integer"}]}}},
    ],
    ids=[
        "recursion",
        "any",
        "map",
        "inner-any",
        "inner-map",
        "tuple",
        "pattern",
        "unions",
        "optional",
        "contradiction",
    ],
)
def test_a_schema_that_says_more_goes_by_a_tool_or_is_refused_where_none_can_be_forced(schema):
    # GIVEN a schema that Claude can't be constrained to
    body = converse_body(asked(schema), HAIKU)

    # WHEN / THEN it is the tool's, whole, where a call can be forced
    assert "outputConfig" not in body
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "reply"}}
    assert body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"].items() >= schema.items()

    # AND elsewhere an error that names the field
    with pytest.raises(InvalidField, match="can't be held to this JSON schema") as refusal:
        converse_body(asked(schema), OPUS_55)
    assert refusal.value.param == "response_format.json_schema.schema"


@pytest.mark.parametrize("schema", [{"type": "array", "items": TEXT}, {"enum": ["a", "b"]}, {"type": "string"}])
def test_a_root_that_is_no_object_is_no_tools(schema):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match="root") as refusal:
        converse_body(asked(schema), NOVA)
    assert refusal.value.param == "response_format.json_schema.schema"


# Strict tools


def test_tools_beyond_what_a_model_is_held_to_are_sent_plainly_and_the_caller_is_told():
    # GIVEN three strict tools of ten nullable parameters each, where sixteen are taken
    fields = {f"a{n}": {"type": ["string", "null"]} for n in range(8)}
    parameters = {"type": "object", "properties": fields, "required": list(fields)}
    tools = [tool(parameters, strict=True) for _ in range(3)]
    for number, one in enumerate(tools):
        one["function"] = {**one["function"], "name": f"f{number}"}
    call = chat(tools=tools)

    # WHEN / THEN
    specs = [entry["toolSpec"] for entry in converse_body(call, HAIKU)["toolConfig"]["tools"]]
    assert [spec.get("strict") for spec in specs] == [True, True, None]
    assert specs[2]["inputSchema"]["json"] == parameters
    assert call.warnings(HAIKU) == [
        "strict of tools was ignored: this model holds to at most 16 parameters of several types, so check the calls"
    ]


def test_a_strict_tool_that_nothing_can_be_held_to_is_sent_as_it_is():
    # GIVEN a map
    parameters = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": TEXT}}}
    spec, warnings = spec_of(parameters, HAIKU, strict=True)

    # WHEN / THEN
    assert "strict" not in spec
    assert spec["inputSchema"]["json"] == parameters
    assert "strict of tools was ignored" in warnings[0]


# Whatever it is


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["object", "array", "#/$defs/a", "#", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "oneOf",
                    "allOf",
                    "$ref",
                    "$defs",
                    "a",
                    "required",
                    "enum",
                    "not",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["type", "properties", "anyOf", "allOf", "$ref", "$defs", "required"]), VALUES))
def test_any_object_is_translated_or_inexpressible(schema):
    # GIVEN any JSON object in a schema's place
    # WHEN / THEN nothing else is raised
    for translate in (strict, written_out, lambda s: without_unions(as_object(s))):
        with contextlib.suppress(Inexpressible):
            translate(schema)


def referring(**schema):
    return {"type": "object", "properties": {}, **schema}


LONG_CHAIN = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(50)} | {"d50": TEXT}
WIDE = {"d": referring(properties={f"field_{at}": TEXT for at in range(1000)})}
OFTEN = [{"$ref": "#/$defs/d"}] * 1000


@pytest.mark.parametrize(
    ("target", "schema", "says"),
    [
        (NOVA, referring(properties={"a": {"$ref": "#/$defs/d0"}}, **{"$defs": LONG_CHAIN}), "in a row"),
        (NOVA, referring(properties={"a": {"anyOf": OFTEN}}, **{"$defs": WIDE}), "20,000 schemas"),
        (NOVA, referring(properties={"a": {"anyOf": [TEXT] * 20_000}}), "20,000 schemas"),
        (NOVA, {"anyOf": OFTEN, "$defs": WIDE}, "too large"),
        (HAIKU, {"anyOf": OFTEN, "$defs": WIDE}, "too large"),
    ],
    ids=["one after the other", "written out", "nothing to write out", "branches", "branches for Claude"],
)
def test_what_references_name_is_bounded_in_steps_and_in_length(target, schema, says):
    with pytest.raises(InvalidField, match=says):
        converse_body(chat(tools=[tool(schema)]), target)


def test_branches_that_refer_to_a_long_definition_again_and_again_are_not_held_to():
    with pytest.raises(Inexpressible, match="too large"):
        strict(referring(allOf=OFTEN, **{"$defs": WIDE}))


def test_a_definition_of_many_names_is_read_once():
    names = {f"p{at}": {"$ref": f"#{at}/$defs/d"} for at in range(1000)}
    assert strict(referring(properties=names, **{"$defs": WIDE}))[0]["properties"].keys() == names.keys()


@pytest.mark.parametrize("index", ["1" * 5000, "2", "01x"], ids=["5000 digits", "beyond", "no number"])
def test_an_index_beyond_a_list_leads_nowhere(index):
    with pytest.raises(InvalidField, match="refers to what is not in it"):
        chat(tools=[tool({"$ref": f"#/anyOf/{index}", "anyOf": [{}]})])


def test_fields_that_are_no_object_within_all_of_are_inexpressible():
    with pytest.raises(Inexpressible, match="an object in properties"):
        strict(referring(properties={"a": {"properties": [1], "allOf": [{"properties": {"b": TEXT}}]}}))
