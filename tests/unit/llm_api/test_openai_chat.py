"""OpenAI's chat completions as Converse requests: each field translated, refused or warned of."""

import json

import pytest
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.fields import InvalidField
from llm_api.errors import BadRequest
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import (
    ANSWER_SCHEMA,
    CLAUDE,
    CLOCK,
    EMBED,
    ENDPOINT,
    GPT_OSS,
    HAIKU,
    JSON_FORMAT,
    LLAMA,
    MISTRAL,
    NOVA,
    NOVA_2,
    OLD_CLAUDE,
    TITAN,
    WEATHER,
    chat,
    converse_body,
    post,
    rendered,
)


def test_sampling_fields_are_renamed():
    # GIVEN all of them
    call = chat(temperature=0.5, top_p=1, stop="END", max_completion_tokens=9)

    # WHEN / THEN
    assert converse_body(call, OLD_CLAUDE)["inferenceConfig"] == {
        "temperature": 0.5,
        "topP": 1,
        "stopSequences": ["END"],
        "maxTokens": 9,
    }


def test_without_sampling_fields_there_is_no_inference_config():
    # GIVEN / WHEN / THEN
    assert set(converse_body(chat())) == {"messages"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"temperature": 1.5}, "from 0 to 1"),
        ({"temperature": "hot"}, "number"),
        ({"temperature": True}, "number"),
        ({"top_p": -1}, "from 0 to 1"),
        ({"stop": ["a", ""]}, "none of them empty"),
        ({"stop": list("abcde")}, "at most 4"),
        ({"max_tokens": 0}, "at least 1"),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "differ"),
        ({"stream": "yes"}, "true or false"),
        ({"stream_options": {"include_usage": True}}, "needs stream"),
        ({"stream": True, "stream_options": {"colour": 1}}, "no stream option"),
        ({"n": 2}, "one answer a request"),
        ({"n": True}, "one answer a request"),
        ({"logprobs": True}, "log probabilities"),
        ({"logit_bias": {"5": 1}}, "weigh tokens"),
        ({"presence_penalty": 0.1}, "no penalties"),
        ({"modalities": ["text", "audio"]}, r"\[\"text\"\]"),
        ({"service_tier": "priority"}, "decides the tier"),
        ({"functions": [{"name": "f"}]}, "Use tools"),
        ({"web_search_options": {}}, "search the web"),
        ({"verbosity": "low"}, "how long"),
        ({"telepathy": 1}, "not a field"),
        ({"reasoning_effort": "huge"}, "one of none"),
        ({"response_format": {"type": "json_object"}}, "contain the word JSON"),
        ({"response_format": {"type": "xml"}}, "text, json_object or json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}, "must be an object"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "must be function"),
        ({"tools": [WEATHER, WEATHER]}, "same name"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "must match"),
        ({"tools": {"type": "function"}}, "list"),
        ({"tool_choice": "required"}, "at least one tool"),
        ({"tools": [WEATHER], "tool_choice": "always"}, "must be none"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}}, "not in tools"),
        ({"model": ""}, "required"),
    ],
)
def test_what_has_no_equivalent_is_refused(fields, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match=says):
        chat(**fields).payloads(CLAUDE)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1},
        {"presence_penalty": 0, "frequency_penalty": 0.0},
        {"logprobs": False, "top_logprobs": 0, "logit_bias": {}},
        {"modalities": ["text"], "service_tier": "auto", "verbosity": "medium"},
        {"audio": None, "functions": [], "function_call": "auto", "response_format": {"type": "text"}},
        {"tools": [], "stop": [], "telepathy": None},
    ],
)
def test_values_that_openai_takes_for_absent_pass_in_silence(fields):
    # GIVEN defaults that some clients always send
    call = chat(**fields)

    # WHEN / THEN
    assert set(converse_body(call)) == {"messages"}
    assert call.warnings(CLAUDE) == []


def test_what_cannot_change_the_answer_is_ignored_with_a_warning():
    # GIVEN fields about storage, identity, speed and repetition
    call = chat(user="u", store=True, metadata={"a": "b"}, seed=7, prediction={"type": "content", "content": "x"})

    # WHEN / THEN each is named
    assert {warning.split()[0] for warning in call.warnings(CLAUDE)} == {
        "user",
        "store",
        "metadata",
        "seed",
        "prediction",
    }


def test_a_limit_that_the_deployment_sets_is_inserted():
    # GIVEN a model with a limit, a request without
    limited = Target("m", "anthropic.claude-opus-4-6-v1", "anthropic", max_output_tokens=100)

    # WHEN / THEN
    assert converse_body(chat(), limited)["inferenceConfig"] == {"maxTokens": 100}


def test_more_than_the_deployments_limit_is_refused():
    # GIVEN
    limited = Target("m", "anthropic.claude-opus-4-6-v1", "anthropic", max_output_tokens=100)

    # WHEN / THEN
    with pytest.raises(InvalidField, match="at most 100 tokens"):
        chat(max_tokens=101).payloads(limited)


def test_tools_become_tool_specs():
    # GIVEN one tool with all fields and one with a name only
    config = converse_body(chat(tools=[WEATHER, CLOCK]))["toolConfig"]

    # WHEN / THEN
    assert config == {
        "tools": [
            {
                "toolSpec": {
                    "name": "get_weather",
                    "description": "The weather of a city.",
                    "inputSchema": {"json": WEATHER["function"]["parameters"]},
                }
            },
            {"toolSpec": {"name": "get_time", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
        ]
    }


NAMED = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("choice", "target", "expected", "names"),
    [
        ("auto", LLAMA, None, ["get_weather", "get_time"]),
        ("required", CLAUDE, {"any": {}}, ["get_weather", "get_time"]),
        (NAMED, NOVA, {"tool": {"name": "get_time"}}, ["get_weather", "get_time"]),
        (NAMED, MISTRAL, {"any": {}}, ["get_time"]),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}},
            CLAUDE,
            {"any": {}},
            ["get_time"],
        ),
    ],
)
def test_the_choice_among_tools(choice, target, expected, names):
    # GIVEN two tools and a choice
    config = converse_body(chat(tools=[WEATHER, CLOCK], tool_choice=choice), target)["toolConfig"]

    # WHEN / THEN
    assert config.get("toolChoice") == expected
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == names


@pytest.mark.parametrize(
    ("target", "choice", "says"),
    [(LLAMA, "required", "can't be made to call"), (TITAN, "auto", "can't call tools")],
)
def test_a_choice_that_the_family_does_not_know_is_refused(target, choice, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        chat(tools=[WEATHER], tool_choice=choice).payloads(target)


def test_strict_is_passed_where_the_model_knows_it_and_warned_of_elsewhere():
    # GIVEN a strict tool
    strict = {"type": "function", "function": {**WEATHER["function"], "strict": True}}
    call = chat(tools=[strict])

    # WHEN / THEN
    assert converse_body(call, HAIKU)["toolConfig"]["tools"][0]["toolSpec"]["strict"] is True
    assert "strict" not in converse_body(call, NOVA)["toolConfig"]["tools"][0]["toolSpec"]
    assert call.warnings(HAIKU) == []
    assert "strict of tools was ignored" in call.warnings(NOVA)[0]


@pytest.mark.parametrize("target", [CLAUDE, HAIKU, GPT_OSS, Target("app", "arn:aws:bedrock:x", "anthropic")])
def test_a_json_schema_becomes_output_config_where_the_model_is_held_to_it(target):
    # GIVEN a schema that leaves its objects open
    body = converse_body(chat(response_format=JSON_FORMAT), target)

    # WHEN / THEN it is closed, which Bedrock wants and every answer survives
    definition = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert definition["name"] == "reply"
    assert json.loads(definition["schema"]) == {**ANSWER_SCHEMA, "additionalProperties": False}
    assert "toolConfig" not in body


def test_closing_a_schema_reaches_nested_objects_and_respects_what_is_said():
    # GIVEN objects in lists, definitions and branches
    inner = {"type": "object", "properties": {}}
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": inner}, "b": {"anyOf": [inner, {"type": "null"}]}},
        "$defs": {"c": inner, "d": {**inner, "allOf": [inner]}},
    }
    call = chat(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})

    # WHEN it is translated
    text = converse_body(call)["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]

    # THEN
    closed = {**inner, "additionalProperties": False}
    assert json.loads(text) == {
        "type": "object",
        "properties": {"a": {"type": "array", "items": closed}, "b": {"anyOf": [closed, {"type": "null"}]}},
        "$defs": {"c": closed, "d": closed},
        "additionalProperties": False,
    }


@pytest.mark.parametrize("target", [NOVA, OLD_CLAUDE])
def test_elsewhere_the_schema_is_a_tool_that_must_be_called_and_whose_arguments_are_the_answer(target):
    # GIVEN a model without schemas that can be made to call a tool
    call = chat(response_format=JSON_FORMAT)

    # WHEN it is asked and answers
    config = converse_body(call, target)["toolConfig"]
    use = {"toolUse": {"toolUseId": "t", "name": "reply", "input": {"answer": "Zürich"}}}
    choice = rendered(call, {"text": "Sure:"}, use, target=target, stop="tool_use")["choices"][0]

    # THEN the caller sees JSON text and no call
    assert config["toolChoice"] == {"tool": {"name": "reply"}}
    assert config["tools"][0]["toolSpec"]["inputSchema"] == {"json": ANSWER_SCHEMA}
    assert json.loads(choice["message"]["content"]) == {"answer": "Zürich"}
    assert choice["finish_reason"] == "stop"
    assert "tool_calls" not in choice["message"]


def test_a_guardrails_message_in_place_of_the_schemas_answer_is_handed_on():
    # GIVEN a schema by tool, and a guardrail that intervened
    choice = rendered(
        chat(response_format=JSON_FORMAT), {"text": "Blocked."}, target=NOVA, stop="guardrail_intervened"
    )["choices"][0]

    # WHEN / THEN
    assert choice["message"]["content"] == "Blocked."
    assert choice["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("fields", "target", "says"),
    [
        ({"response_format": JSON_FORMAT}, LLAMA, "can't be held to this JSON schema"),
        ({"response_format": JSON_FORMAT, "tools": [WEATHER]}, NOVA, "not both"),
        ({"reasoning_effort": "low"}, LLAMA, "no setting"),
        ({"reasoning_effort": "low"}, NOVA, "no setting"),
        ({"reasoning_effort": "low"}, OLD_CLAUDE, "no setting"),
        ({"reasoning_effort": "none"}, GPT_OSS, "always reasons"),
        ({"reasoning_effort": "xhigh"}, NOVA_2, "low, medium or high"),
        ({"reasoning_effort": "high", "max_tokens": 5}, NOVA_2, "Use medium"),
        ({"reasoning_effort": "low", "max_tokens": 1024}, HAIKU, "more than 1024"),
        ({"reasoning_effort": "low", "tools": [WEATHER], "tool_choice": "required"}, CLAUDE, "can't reason"),
    ],
)
def test_what_a_family_cannot_do_is_refused(fields, target, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        chat(**fields).payloads(target)


@pytest.mark.parametrize(
    ("target", "effort", "fields", "output"),
    [
        (CLAUDE, "medium", {"thinking": {"type": "adaptive"}}, {"effort": "medium"}),
        (CLAUDE, "minimal", {"thinking": {"type": "adaptive"}}, {"effort": "low"}),
        (CLAUDE, "none", None, None),
        (HAIKU, "medium", {"thinking": {"type": "enabled", "budget_tokens": 4096}}, None),
        (NOVA_2, "low", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, None),
        (GPT_OSS, "high", {"reasoning_effort": "high"}, None),
        (LLAMA, "none", None, None),
    ],
)
def test_reasoning_is_asked_for_in_each_familys_way(target, effort, fields, output):
    # GIVEN / WHEN
    body = converse_body(chat(reasoning_effort=effort), target)

    # THEN
    assert body.get("additionalModelRequestFields") == fields
    assert body.get("outputConfig") == output


def test_claudes_thinking_leaves_room_for_the_answer():
    # GIVEN a limit below the effort's own
    body = converse_body(chat(reasoning_effort="high", max_completion_tokens=3000), HAIKU)

    # WHEN / THEN
    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] == 1500


def test_a_turn_that_goes_on_after_a_tool_goes_on_without_thinking_and_says_so():
    # GIVEN a tool's result from a client that left the call's signed thinking behind
    history = [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
    ]
    call = chat(*history, tools=[WEATHER], reasoning_effort="low")

    # WHEN / THEN
    assert "additionalModelRequestFields" not in converse_body(call)
    assert "reasoning_effort was ignored" in call.warnings(CLAUDE)[0]


@pytest.mark.parametrize("target", [EMBED, ENDPOINT])
def test_a_model_that_does_not_chat_says_where_it_answers(target):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match="POST /"):
        chat().payloads(target)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\xff", "UTF-8"),
        (b"{", "line 1, column 2"),
        (b"[]", "not an object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number is too long"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper"),
        (b"[" * 50_000, "nested deeper"),
    ],
)
def test_a_body_that_is_no_json_object_says_why(body, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        ChatCompletion.parse(post("/v1/chat/completions", body))
