"""Responses: what models say, whole and streamed. Every stream passes OpenAI's SDK and an automaton of its order."""

import json

import pytest
from llm_api.errors import ModelFailed, OutOfTime, QuotaExceeded, Throttled

from tests.unit.llm_api.dialect_support import ANSWER_SCHEMA, CLAUDE, HAIKU, NOVA, broken
from tests.unit.llm_api.responses_support import (
    AGENTS,
    FUNCTION,
    METADATA,
    PATCH,
    SIGNED,
    START,
    answered,
    block_stop,
    call_input,
    call_start,
    kinds,
    respond,
    stop,
    streamed,
    text,
    thought,
)


def test_text_is_one_message() -> None:
    body = answered(respond(), {"text": "Hi."})
    (message,) = body["output"]
    assert message["content"] == [{"type": "output_text", "text": "Hi.", "annotations": [], "logprobs": []}]
    assert (body["status"], body["object"], body["model"], message["status"]) == (
        "completed",
        "response",
        "claude",
        "completed",
    )


def test_usage_counts_cached_tokens_within_the_input_and_has_every_detail() -> None:
    usage = {"inputTokens": 11, "outputTokens": 25, "cacheReadInputTokens": 1028, "cacheWriteInputTokens": 264}
    assert answered(respond(), {"text": "Hi."}, usage=usage)["usage"] == {
        "input_tokens": 1303,
        "input_tokens_details": {"cached_tokens": 1028, "cache_write_tokens": 264},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1328,
    }


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("end_turn", "completed", None),
        ("stop_sequence", "completed", None),
        ("max_tokens", "incomplete", {"reason": "max_output_tokens"}),
        ("model_context_window_exceeded", "incomplete", {"reason": "max_output_tokens"}),
        ("guardrail_intervened", "incomplete", {"reason": "content_filter"}),
        ("content_filtered", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_the_reason_of_the_end_decides_the_status(reason: str, status: str, details: object) -> None:
    whole = answered(respond(), {"text": "Once"}, stop=reason)
    ended = streamed(respond(stream=True), [START, text("Once"), block_stop(0), stop(reason), METADATA])[-1]
    for body in (whole, ended["response"]):
        assert (body["status"], body["incomplete_details"]) == (status, details)
        assert body["output"][0]["status"] == status
    assert ended["type"] == f"response.{status}"


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_a_malformed_answer_is_an_error(reason: str) -> None:
    with pytest.raises(ModelFailed):
        answered(respond(), {"text": "Once"}, stop=reason)
    ended = streamed(respond(stream=True), [START, text("Once"), stop(reason)])[-1]
    assert (ended["type"], ended["response"]["error"]["code"]) == ("response.failed", "server_error")
    assert ended["response"]["output"][0]["status"] == "incomplete"


def test_an_empty_answer_has_no_items() -> None:
    assert answered(respond())["output"] == []
    events = streamed(respond(stream=True), [START, text(""), block_stop(0), stop(), METADATA])
    assert kinds(events) == ["created", "in_progress", "completed"]


def test_words_reasoning_and_calls_are_items_in_their_order() -> None:
    # GIVEN a model that thinks, speaks and calls twice
    call = respond(tools=[FUNCTION], stream=True, reasoning={"summary": "auto"})
    frames = [
        START,
        thought(0, text="Let me "),
        thought(0, text="see."),
        thought(0, signature="c2ln"),
        block_stop(0),
        text("I look.", 1),
        block_stop(1),
        call_start(2),
        call_input(2, ""),
        call_input(2, '{"city":'),
        call_input(2, '"Rome"}'),
        block_stop(2),
        call_start(3, call_id="t2"),
        block_stop(3),
        stop("tool_use"),
        METADATA,
    ]

    # WHEN it is streamed
    events = streamed(call, frames)

    # THEN each is an item of its own, opened and closed before the next one
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    reasoning, message, first, second = events[-1]["response"]["output"]
    assert reasoning["summary"] == [{"type": "summary_text", "text": "Let me see."}]
    assert message["content"][0]["text"] == "I look."
    assert (first["call_id"], first["name"], first["arguments"]) == ("t1", "get_weather", '{"city":"Rome"}')
    assert (second["call_id"], second["arguments"]) == ("t2", "{}")
    assert events[-1]["response"]["usage"]["input_tokens"] == 7

    # AND a whole answer has the same items but for their IDs
    content = [
        {"reasoningContent": SIGNED},
        {"text": "I look."},
        {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Rome"}}},
        {"toolUse": {"toolUseId": "t2", "name": "get_weather", "input": {}}},
    ]
    whole = answered(call, *content, stop="tool_use")["output"]
    strip = [[{**item, "id": None} for item in items] for items in (whole, [reasoning, message, first, second])]
    strip[0][2]["arguments"] = strip[0][2]["arguments"].replace(" ", "")
    assert strip[0] == strip[1]


def test_calls_beside_end_turn_are_complete_and_the_calls_leave() -> None:
    # GIVEN a model that says that it is done beside a call (gpt-oss)
    body = answered(
        respond(tools=[FUNCTION]), {"toolUse": {"toolUseId": "t", "name": "get_weather", "input": {}}}, stop="end_turn"
    )
    assert (body["status"], body["output"][0]["type"]) == ("completed", "function_call")


def test_a_freeform_call_leaves_as_the_string_that_it_wraps() -> None:
    events = streamed(
        respond(tools=[PATCH], stream=True),
        [
            START,
            call_start(0, "apply_patch"),
            call_input(0, '{"input": "*** Beg'),
            call_input(0, 'in"}'),
            block_stop(0),
            stop("tool_use"),
            METADATA,
        ],
    )
    (item,) = events[-1]["response"]["output"]
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "apply_patch", "*** Begin")
    assert "custom_tool_call_input.delta" in kinds(events)


@pytest.mark.parametrize("given", ['{"patch": "x"}', '{"input": 1}', '{"input": "x", "more": 1}', "[1]", '{"inp'])
def test_a_freeform_call_of_another_shape_leaves_as_the_model_wrote_it(given: str) -> None:
    frames = [START, call_start(0, "apply_patch"), call_input(0, given), block_stop(0), stop("tool_use"), METADATA]
    assert streamed(respond(tools=[PATCH], stream=True), frames)[-1]["response"]["output"][0]["input"] == given


def test_a_namespaces_call_leaves_with_namespace_and_name_apart() -> None:
    use = {"toolUse": {"toolUseId": "t", "name": "multi_agent_v1__close_agent", "input": {}}}
    (item,) = answered(respond(tools=[AGENTS]), use, stop="tool_use")["output"]
    assert (item["namespace"], item["name"]) == ("multi_agent_v1", "close_agent")


def test_one_call_at_a_time_hands_on_the_first() -> None:
    call = respond(tools=[FUNCTION], parallel_tool_calls=False, stream=True)
    frames = [START, call_start(0), call_input(0, "{}"), block_stop(0), call_start(1, call_id="t2")]
    frames += [call_input(1, "{}"), block_stop(1), stop("tool_use"), METADATA]
    assert [item["call_id"] for item in streamed(call, frames)[-1]["response"]["output"]] == ["t1"]


def test_reasoning_is_carried_without_being_shown_unless_asked_for() -> None:
    events = streamed(
        respond(stream=True),
        [START, thought(0, text="Hm."), thought(0, signature="c2ln"), block_stop(0), text("Hi", 1), stop(), METADATA],
    )
    item = events[-1]["response"]["output"][0]
    assert item["summary"] == []
    assert item["encrypted_content"].startswith("1.anthropic.claude-opus-4-6-v1.")
    assert not any("summary" in kind for kind in kinds(events))


def test_unsigned_reasoning_is_not_carried() -> None:
    events = streamed(respond(stream=True), [START, thought(0, text="Hm."), block_stop(0), text("Hi", 1), stop()])
    assert events[-1]["response"]["output"][0]["encrypted_content"] is None


def test_an_answer_by_schema_is_text_whatever_the_mechanism() -> None:
    # GIVEN a schema, which Nova follows by a tool and Claude by itself
    form = {"format": {"type": "json_schema", "name": "reply", "schema": ANSWER_SCHEMA, "strict": True}}
    use = {"toolUse": {"toolUseId": "t", "name": "reply", "input": {"answer": "x"}}}
    frames = [START, call_start(0, "reply"), call_input(0, '{"answer":'), call_input(0, '"x"}'), block_stop(0)]

    # WHEN each answers THEN the answer is a message
    nova = answered(respond(text=form), use, target=NOVA, stop="tool_use")["output"]
    claude = answered(respond(text=form), {"text": '{"answer": "x"}'}, target=HAIKU)["output"]
    last = streamed(respond(text=form, stream=True), [*frames, stop("tool_use"), METADATA], NOVA)[-1]
    for (item,) in (nova, claude, last["response"]["output"]):
        assert json.loads(item["content"][0]["text"]) == {"answer": "x"}


def test_a_guardrails_words_stand_where_a_schemas_answer_would() -> None:
    form = {"format": {"type": "json_schema", "name": "reply", "schema": ANSWER_SCHEMA}}
    frames = [START, text("Blocked."), block_stop(0), stop("guardrail_intervened"), METADATA]
    body = streamed(respond(text=form, stream=True), frames, NOVA)[-1]["response"]
    assert (body["status"], body["output"][0]["content"][0]["text"]) == ("incomplete", "Blocked.")


def test_pings_are_events_and_never_the_first() -> None:
    events = streamed(respond(stream=True), [None, None, START, text("Hi"), None, block_stop(0), stop(), METADATA])
    assert kinds(events)[:4] == ["created", "in_progress", "in_progress", "output_item.added"]
    assert kinds(events).count("in_progress") == 3


def test_out_of_time_ends_like_a_limit_with_what_there_is() -> None:
    events = streamed(respond(stream=True), broken([START, text("Once upon")], OutOfTime("too late")))
    body = events[-1]["response"]
    assert (events[-1]["type"], body["incomplete_details"]) == (
        "response.incomplete",
        {"reason": "max_output_tokens"},
    )
    assert (body["output"][0]["status"], body["output"][0]["content"][0]["text"]) == ("incomplete", "Once upon")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ModelFailed("The model failed."), "server_error", "The model failed."),
        (Throttled("Slow down.", retry_after_seconds=4.6), "rate_limit_exceeded", "Please try again in 5s."),
        (QuotaExceeded("Used up."), "rate_limit_exceeded", "Used up."),
    ],
)
def test_a_failure_ends_the_stream_with_a_failed_response(error: Exception, code: str, words: str) -> None:
    events = streamed(respond(stream=True), broken([START, text("Once")], error))  # type: ignore[arg-type]
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["code"] == code
    assert words in events[-1]["response"]["error"]["message"]


def test_a_cut_stream_fails() -> None:
    assert streamed(respond(stream=True), [START, text("Once")])[-1]["type"] == "response.failed"


def test_a_fault_after_the_end_leaves_the_answer_whole() -> None:
    events = streamed(respond(stream=True), broken([START, text("Hi"), stop()], ModelFailed("late")))
    assert events[-1]["type"] == "response.completed"


def test_each_response_has_an_id_of_its_own() -> None:
    assert answered(respond(), {"text": "a"})["id"] != answered(respond(), {"text": "a"})["id"]


def test_what_was_asked_for_is_echoed() -> None:
    fields = {
        "instructions": "Be kind.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "max_output_tokens": 99,
        "tools": [FUNCTION, {"type": "web_search"}],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low", "summary": "auto"},
    }
    body = answered(respond(**fields), {"text": "a"}, target=CLAUDE)
    assert {name: body[name] for name in fields} == fields
    assert (body["store"], body["previous_response_id"], body["truncation"]) == (False, None, "disabled")


def test_half_of_a_surrogate_pair_in_reasoning_breaks_no_answer() -> None:
    signed = {"reasoningContent": {"reasoningText": {"text": "\ud83d", "signature": "c2ln"}}}
    reasoning, message = answered(respond(), signed, {"text": "Hi."})["output"]
    assert reasoning["encrypted_content"].startswith("1.anthropic.")
    assert message["content"][0]["text"] == "Hi."
