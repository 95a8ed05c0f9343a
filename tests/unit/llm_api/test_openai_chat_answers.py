"""Converse's answers as chat completions."""

import pytest
from llm_api.dialects import Answer
from llm_api.errors import ModelFailed, UpstreamFault

from tests.unit.llm_api.dialect_support import (
    CLAUDE,
    JSON_FORMAT,
    NOVA,
    WEATHER,
    chat,
    rendered,
)

TEXT = {"text": "Hi"}
USE = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Paris"}}}


def test_a_text_answer():
    # GIVEN a plain answer with cached tokens
    body = rendered(
        chat(),
        {"text": "Hello "},
        {"text": "there"},
        usage={"inputTokens": 11, "outputTokens": 7, "cacheReadInputTokens": 264, "cacheWriteInputTokens": 1028},
    )

    # WHEN / THEN
    assert body["id"] == "chatcmpl-req-1"
    assert body["object"] == "chat.completion"
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello there", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert body["usage"] == {
        "prompt_tokens": 1303,
        "completion_tokens": 7,
        "total_tokens": 1310,
        "prompt_tokens_details": {"cached_tokens": 264},
    }


def test_the_model_is_named_as_the_caller_named_it_and_a_fallback_by_its_alias():
    # GIVEN calls by alias, by ID, and one that a fallback answered
    def named(model, target):
        return rendered(chat(model=model), TEXT, target=target)["model"]

    # WHEN / THEN
    assert named("claude", CLAUDE) == "claude"
    assert named(CLAUDE.id, CLAUDE) == CLAUDE.id
    assert named("claude", NOVA) == "nova"


def test_tool_calls_and_reasoning_in_an_answer():
    # GIVEN an answer of all kinds of blocks
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}}
    cited = {"citationsContent": {"content": [{"text": "Cited."}], "citations": []}}
    choice = rendered(chat(tools=[WEATHER]), thought, cited, USE, stop="tool_use")["choices"][0]

    # WHEN / THEN
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": "Cited.",
        "refusal": None,
        "reasoning_content": "Hm.",
        "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s", "model": CLAUDE.base_id}],
        "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
        ],
    }


def test_calls_without_text_have_no_content():
    # GIVEN / WHEN / THEN
    assert rendered(chat(tools=[WEATHER]), USE, stop="tool_use")["choices"][0]["message"]["content"] is None


def test_without_parallel_calls_only_the_first_is_handed_on():
    # GIVEN a model that makes two calls for a caller who takes one
    second = {"toolUse": {**USE["toolUse"], "toolUseId": "t2"}}
    call = chat(tools=[WEATHER], parallel_tool_calls=False)

    # WHEN / THEN
    message = rendered(call, USE, second, stop="tool_use")["choices"][0]["message"]
    assert [made["id"] for made in message["tool_calls"]] == ["t1"]


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filtered", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_every_stop_reason_has_a_finish_reason(stop, expected):
    # GIVEN / WHEN / THEN
    assert rendered(chat(), TEXT, stop=stop)["choices"][0]["finish_reason"] == expected


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("tool_use", "tool_calls"),
        ("end_turn", "tool_calls"),
        ("stop_sequence", "tool_calls"),
        ("something_new", "tool_calls"),
        ("None", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filtered", "content_filter"),
        ("guardrail_intervened", "content_filter"),
    ],
)
@pytest.mark.parametrize("content", [[USE], [TEXT, USE], [USE, TEXT]], ids=["alone", "after-text", "before-text"])
def test_beside_a_call_the_finish_reason_asks_for_its_result_unless_the_answer_was_cut(content, stop, expected):
    # GIVEN an answer with a call, whatever the model says of its end
    choice = rendered(chat(tools=[WEATHER]), *content, stop=stop)["choices"][0]

    # WHEN / THEN
    assert choice["finish_reason"] == expected
    assert choice["message"]["tool_calls"]


@pytest.mark.parametrize("stop", ["tool_use", "end_turn"])
def test_an_answer_by_a_tool_is_an_answer_and_no_call(stop):
    # GIVEN a schema that the model is held to by a tool
    call = chat(response_format=JSON_FORMAT)
    use = {"toolUse": {"toolUseId": "t1", "name": "reply", "input": {"answer": "Hi"}}}

    # WHEN / THEN
    choice = rendered(call, use, stop=stop, target=NOVA)["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", '{"answer": "Hi"}')


def test_broken_arguments_reach_the_caller_as_the_model_wrote_them():
    # GIVEN a model whose arguments are no JSON
    use = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": '{"city": "Par'}}

    # WHEN / THEN
    message = rendered(chat(tools=[WEATHER]), use)["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["arguments"] == '{"city": "Par'


@pytest.mark.parametrize("stop", ["malformed_model_output", "malformed_tool_use"])
def test_a_malformed_output_is_an_error_and_not_passed_off_as_an_answer(stop):
    # GIVEN / WHEN / THEN
    with pytest.raises(ModelFailed):
        rendered(chat(), TEXT, stop=stop)


def test_all_of_bedrocks_stop_reasons_are_known():
    # GIVEN botocore's own list
    from botocore.session import Session
    from llm_api.dialects.openai.translate import _MALFORMED, FINISH_REASONS

    shape = Session().get_service_model("bedrock-runtime").operation_model("Converse").output_shape

    # WHEN / THEN none is left to the default
    assert set(shape.members["stopReason"].enum) <= set(FINISH_REASONS) | set(_MALFORMED)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"output": {"message": {"content": 5}}}'])
def test_an_answer_that_is_none_is_the_upstreams_fault(body):
    # GIVEN / WHEN / THEN
    with pytest.raises(UpstreamFault):
        chat().render(CLAUDE, [Answer(body)])
