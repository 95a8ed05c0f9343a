"""Responses: what reaches the model of items and tools, and what is refused in the caller's own words."""

import base64
import json
from typing import Any

import pytest
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.responses.call import CountInputTokens, CreateResponse
from llm_api.dialects.openai.responses.carried import pack, unpack
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import (
    ANSWER_SCHEMA,
    CLAUDE,
    GPT_OSS,
    HAIKU,
    LLAMA,
    MISTRAL,
    NOVA,
    NOVA_2,
    PNG_URL,
    converse_body,
    post,
)
from tests.unit.llm_api.responses_support import AGENTS, FUNCTION, PATCH, SIGNED, respond


def sent(call: CreateResponse, target: Target = CLAUDE) -> dict[str, Any]:
    """What Converse gets, checked against botocore's model of the operation."""
    return converse_body(call, target)  # type: ignore[arg-type]


def said(role: str, *parts: str, kind: str | None = None) -> dict[str, Any]:
    kind = kind or ("output_text" if role == "assistant" else "input_text")
    return {"type": "message", "id": "msg_1", "role": role, "content": [{"type": kind, "text": part} for part in parts]}


def called(call_id: str = "c1", name: str = "get_weather", arguments: str = '{"city": "Rome"}', **more: Any) -> Any:
    return {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": name, "arguments": arguments, **more}


def gave(output: Any, call_id: str = "c1", kind: str = "function_call_output") -> dict[str, Any]:
    return {"type": kind, "id": "fco_1", "call_id": call_id, "output": output}


# Fixtures with the shapes that Codex 0.171.0 sends, and words of our own: an unknown model's name, one that it knows,
# one that it drives in code mode, and its compaction.
COMMON: dict[str, Any] = {
    "stream": True,
    "store": False,
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "thread-1",
    "client_metadata": {"session": "1", "turn": '{"a": 1}'},
}
COMMANDS = [
    {**FUNCTION, "name": name}
    for name in ("exec_command", "write_stdin", "request_user_input", "view_image", "get_goal")
]
TALK = [
    said("developer", "You code."),
    said("developer", "Rules.", "More."),
    said("user", "<env/>"),
    said("user", "Go"),
]
UNKNOWN_NAME = {
    **COMMON,
    "reasoning": {"summary": "auto"},
    "tools": [*COMMANDS, AGENTS, {"type": "web_search", "external_web_access": False}],
    "input": TALK,
}
KNOWN_NAME = {
    **COMMON,
    "reasoning": {"effort": "medium"},
    "text": {"verbosity": "low"},
    "tools": [
        *COMMANDS,
        PATCH,
        {"type": "tool_search", "execution": "client", "parameters": {"type": "object", "properties": {}}},
        {"type": "web_search", "search_content_types": ["text"]},
    ],
    "input": TALK,
}
CODE_MODE = {
    **COMMON,
    "parallel_tool_calls": False,
    "reasoning": {"effort": "medium", "context": "all_turns"},
    "text": {"verbosity": "low"},
    "input": [
        {
            "type": "additional_tools",
            "id": "at_1",
            "role": "developer",
            "tools": [
                {
                    "type": "namespace",
                    "name": "functions",
                    "description": "",
                    "tools": [{**PATCH, "name": "exec"}, {**FUNCTION, "name": "wait"}],
                },
                {"type": "namespace", "name": "clock", "description": "", "tools": [{**FUNCTION, "name": "now"}]},
            ],
        },
        *TALK,
    ],
}
COMPACTION = {
    **COMMON,
    "parallel_tool_calls": False,
    "tools": [],
    "input": [*TALK, called(), gave("sunny"), {"type": "message", "role": "user", "content": "Sum up."}],
}
EVERY_CHAT_FAMILY = [CLAUDE, HAIKU, NOVA, NOVA_2, LLAMA, MISTRAL, GPT_OSS]


@pytest.mark.parametrize("target", EVERY_CHAT_FAMILY, ids=lambda target: target.alias)
@pytest.mark.parametrize("body", [UNKNOWN_NAME, KNOWN_NAME, CODE_MODE, COMPACTION], ids=["A", "B", "C", "compaction"])
def test_what_codex_sends_reaches_every_family(body: dict[str, Any], target: Target) -> None:
    document = sent(respond(**body), target)
    assert next(turn["role"] for turn in document["messages"]) == "user"
    assert document["system"][0] == {"text": "You code."}


def test_code_mode_offers_the_tools_that_came_as_an_item() -> None:
    names = [tool["toolSpec"]["name"] for tool in sent(respond(**CODE_MODE))["toolConfig"]["tools"]]
    assert names == ["functions__exec", "functions__wait", "clock__now"]


def test_calls_without_tools_are_shown_as_text() -> None:
    document = sent(respond(**COMPACTION))
    assert "toolConfig" not in document
    assert "toolUse" not in json.dumps(document)
    assert "sunny" in json.dumps(document)


def test_a_string_is_the_users_and_instructions_are_the_systems() -> None:
    document = sent(respond("Hello", instructions="Be kind."))
    assert document["messages"] == [{"role": "user", "content": [{"text": "Hello"}]}]
    assert document["system"] == [{"text": "Be kind."}]


def test_what_developers_say_stands_at_the_top_wherever_it_was() -> None:
    items = [said("user", "a"), said("assistant", "b"), said("developer", "late"), said("user", "c")]
    document = sent(respond(items, instructions="first"))
    assert document["system"] == [{"text": "first"}, {"text": "late"}]
    assert [turn["role"] for turn in document["messages"]] == ["user", "assistant", "user"]


def test_words_after_a_call_move_in_front_of_it_so_that_results_follow_at_once() -> None:
    items = [said("user", "?"), called(), said("assistant", "I look."), said("developer", "hm"), gave("sunny")]
    _, answer, result = sent(respond(items, tools=[FUNCTION]))["messages"]
    assert [next(iter(block)) for block in answer["content"]] == ["text", "toolUse"]
    assert result["content"][0]["toolResult"]["content"] == [{"text": "sunny"}]


def test_results_of_one_turn_stand_in_the_next_user_turn_first() -> None:
    items = [said("user", "?"), called("a"), called("b"), gave("1", "a"), gave("2", "b"), said("user", "and?")]
    messages = sent(respond(items, tools=[FUNCTION]))["messages"]
    assert [next(iter(block)) for block in messages[2]["content"]] == ["toolResult", "toolResult", "text"]


def test_a_result_may_hold_pictures_and_files() -> None:
    output = [
        {"type": "input_text", "text": "here"},
        {"type": "input_image", "image_url": PNG_URL, "detail": "original"},
        {"type": "input_file", "file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"},
    ]
    items = [said("user", "?"), called(), gave(output)]
    content = sent(respond(items, tools=[FUNCTION]))["messages"][2]["content"][0]["toolResult"]["content"]
    assert [next(iter(block)) for block in content] == ["text", "image", "document"]


def test_what_one_agent_says_to_another_is_the_users() -> None:
    # GIVEN what Codex sends for an agent that was given a task, with what the model wrote where OpenAI encrypts it
    parts = [{"type": "input_text", "text": "Payload:"}, {"type": "encrypted_content", "encrypted_content": "Say hi"}]
    item = {"type": "agent_message", "id": "amsg_1", "author": "/root", "recipient": "/root/a", "content": parts}
    # WHEN THEN
    body = sent(respond([said("user", "Be brief."), item]))
    assert body["messages"] == [
        {"role": "user", "content": [{"text": "Be brief."}, {"text": "Payload:"}, {"text": "Say hi"}]}
    ]


def test_a_freeform_tool_is_a_function_with_one_string_and_its_grammar_in_words() -> None:
    items = [
        said("user", "?"),
        {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** Begin"},
        gave("done", "c", "custom_tool_call_output"),
    ]
    document = sent(respond(items, tools=[PATCH]))
    spec = document["toolConfig"]["tools"][0]["toolSpec"]
    assert spec["inputSchema"]["json"]["required"] == ["input"]
    assert "start: PATCH" in spec["description"]
    assert document["messages"][1]["content"][0]["toolUse"]["input"] == {"input": "*** Begin"}


def test_a_tools_call_goes_by_the_name_that_the_model_knows() -> None:
    items = [said("user", "?"), called(name="close_agent", namespace="multi_agent_v1", arguments="{}"), gave("ok")]
    use = sent(respond(items, tools=[AGENTS]))["messages"][1]["content"][0]["toolUse"]
    assert use["name"] == "multi_agent_v1__close_agent"


@pytest.mark.parametrize("name", ["a" * 65, "sp ace", "ünder", "dots.in.it"])
def test_names_that_bedrock_refuses_are_mapped_there_and_back(name: str) -> None:
    call = respond(tools=[{**FUNCTION, "name": name}])
    sent_name = sent(call)["toolConfig"]["tools"][0]["toolSpec"]["name"]
    assert call._asked.tools.origin(sent_name).name == name


def test_two_tools_that_flatten_to_one_name_stay_two() -> None:
    inner = {"type": "namespace", "name": "a", "tools": [{**FUNCTION, "name": "b"}]}
    names = [
        tool["toolSpec"]["name"]
        for tool in sent(respond(tools=[{**FUNCTION, "name": "a__b"}, inner]))["toolConfig"]["tools"]
    ]
    assert len(set(names)) == 2


@pytest.mark.parametrize("arguments", ["", " ", "null", '{"city": "Ro', "[1]"])
def test_a_call_that_a_model_wrote_badly_keeps_its_result(arguments: str) -> None:
    messages = sent(respond([said("user", "?"), called(arguments=arguments), gave("x")], tools=[FUNCTION]))["messages"]
    assert isinstance(messages[1]["content"][0]["toolUse"]["input"], dict)
    assert messages[2]["content"][0]["toolResult"]["content"] == [{"text": "x"}]


def test_built_in_tools_and_their_items_are_left_out_with_a_warning() -> None:
    items = [{"type": "web_search_call", "id": "ws_1", "status": "completed"}, said("user", "?")]
    call = respond(items, tools=[FUNCTION, {"type": "web_search_preview"}, {"type": "mcp", "server_url": "x"}])
    assert len(sent(call)["toolConfig"]["tools"]) == 1
    assert any("built-in tools" in warning for warning in call.warnings(CLAUDE))


def test_the_models_own_reasoning_goes_back_to_it_and_to_no_other() -> None:
    packed = pack([SIGNED, {"redactedContent": "cmVk"}], "anthropic.claude-opus-4-6-v1")
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": packed}
    items = [said("user", "?"), reasoning, called(), gave("sunny")]
    own = sent(respond(items, tools=[FUNCTION], reasoning={"effort": "low"}))
    assert own["messages"][1]["content"][:2] == [
        {"reasoningContent": SIGNED},
        {"reasoningContent": {"redactedContent": "cmVk"}},
    ]
    other = sent(respond(items, tools=[FUNCTION]), HAIKU)
    assert "reasoningContent" not in json.dumps(other)


@pytest.mark.parametrize(
    "text",
    [
        "gAAAAABforeign",
        "1..W10=",
        "1.m.not base64",
        "1.m.W10=",
        "1.m." + "W3siY2FjaGVQb2ludCI6IHsidHlwZSI6ICJkZWZhdWx0In19XQ==",  # [{"cachePoint": {"type": "default"}}]
        "2.m.W10=",
        "1.m." + "Ww==" * 9,
    ],
)
def test_what_is_not_ours_or_damaged_is_dropped(text: str) -> None:
    assert unpack(text) is None
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": text}
    assert "reasoningContent" not in json.dumps(sent(respond([said("user", "?"), reasoning, said("user", "!")])))


def test_an_effort_that_a_model_has_no_setting_for_is_ignored_with_a_warning() -> None:
    call = respond(reasoning={"effort": "medium"})
    assert sent(call, LLAMA)["messages"]
    assert any("reasoning.effort was ignored" in warning for warning in call.warnings(LLAMA))


def test_a_schema_lies_flat_and_is_followed() -> None:
    form = {"format": {"type": "json_schema", "name": "reply", "schema": ANSWER_SCHEMA, "strict": True}}
    assert sent(respond(text=form), HAIKU)["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["name"] == "reply"


@pytest.mark.parametrize(
    ("fields", "param", "word"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id", "previous_response_not_found"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0]", "item_reference_not_supported"),
        ({"input": []}, "input", None),
        ({"input": ""}, "input", None),
        ({"input": None}, "input", None),
        ({"input": [said("user", "a"), {"type": "compaction"}]}, "input[1].type", None),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://x/a.png"}]}]},
            None,
            None,
        ),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, None, None),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "https://x"}]}]}, None, None),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0].type", None),
        ({"input": [said("user", "a"), called()]}, "input", None),
        ({"input": [said("user", "a"), gave("orphan")]}, "input[1].tool_call_id", None),
        ({"tools": [{"type": "function"}]}, "tools[0].name", None),
        ({"tools": [FUNCTION, FUNCTION]}, "tools[1].name", None),
        ({"tools": [{"type": "teleport", "name": "x"}]}, "tools[0].type", None),
        ({"tools": [{**FUNCTION, "parameters": 1}]}, "tools[0].parameters", None),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice", None),
        ({"tool_choice": {"type": "function", "name": "none"}}, "tool_choice.name", None),
        ({"truncation": "auto"}, "truncation", None),
        ({"background": True}, "background", None),
        ({"conversation": "conv_1"}, "conversation", None),
        ({"service_tier": "priority"}, "service_tier", None),
        ({"include": ["message.output_text.logprobs"]}, "include", None),
        ({"max_output_tokens": 0}, "max_output_tokens", None),
        ({"temperature": 9}, "temperature", None),
        ({"reasoning": {"effort": "hard"}}, "reasoning.effort", None),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode", None),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.name", None),
        ({"metadata": {"a": 1}}, "metadata", None),
        ({"teleport": True}, "teleport", None),
    ],
)
def test_a_refusal_names_what_the_caller_wrote(fields: dict[str, Any], param: str | None, word: str | None) -> None:
    with pytest.raises(InvalidField) as refused:
        sent(respond(**fields))
    assert param is None or refused.value.param == param
    assert refused.value.param.split("[")[0].split(".")[0] in fields
    assert refused.value.word == word
    assert "messages[" not in refused.value.message


@pytest.mark.parametrize(
    "fields",
    [
        dict.fromkeys(("tools", "tool_choice", "instructions", "metadata", "reasoning", "text", "include", "store")),
        dict.fromkeys(("truncation", "conversation", "prompt", "background", "max_output_tokens", "temperature")),
        {"max_tool_calls": 0, "background": False, "conversation": None, "context_management": []},
    ],
)
def test_null_and_nothing_count_as_absent(fields: dict[str, Any]) -> None:
    assert sent(respond(**fields)) == sent(respond())


def test_the_limit_is_the_models_where_none_is_given_and_no_more() -> None:
    limited = Target("claude", CLAUDE.id, "anthropic", base_id=CLAUDE.base_id, max_output_tokens=64)
    assert sent(respond(), limited)["inferenceConfig"]["maxTokens"] == 64
    with pytest.raises(InvalidField) as refused:
        sent(respond(max_output_tokens=65), limited)
    assert refused.value.param == "max_output_tokens"


def test_a_count_counts_what_would_be_sent() -> None:
    call = CountInputTokens.parse(
        post("/v1/responses/input_tokens", {"model": "m", "input": "Hi", "tools": [FUNCTION]})
    )
    (payload,) = call.payloads(CLAUDE)
    assert isinstance(payload.body, dict)
    assert payload.body["input"]["converse"].keys() == {"messages", "toolConfig"}


@pytest.mark.parametrize("include", [5, True, {"reasoning.encrypted_content": 1}])
def test_include_is_a_list(include: Any) -> None:
    with pytest.raises(InvalidField, match="include must be a list"):
        respond(include=include)


@pytest.mark.parametrize(
    "document",
    [
        '[{"reasoningText":{"text":"\\ud800","signature":"c2ln"}}]',
        '[{"reasoningText":{"text":"a","signature":"c2ln","number":NaN}}]',
        '[{"reasoningText":{"text":"a","signature":"c2ln"},"more":[' + "[]," * 100_001 + "0]}]",
    ],
    ids=["half a pair", "no number", "more parts than a body has"],
)
def test_encrypted_content_holds_no_more_than_a_body_may(document: str) -> None:
    assert unpack("1.m." + base64.urlsafe_b64encode(document.encode()).decode()) is None


def test_a_namespace_and_those_around_it_have_a_length() -> None:
    tools: list[dict[str, Any]] = [FUNCTION]
    for _ in range(20):
        tools = [{"type": "namespace", "name": "n" * 60, "tools": tools}]
    with pytest.raises(InvalidField, match="more than 256 letters"):
        respond(tools=tools)
