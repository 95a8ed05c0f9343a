"""Chat completions over containers on SageMaker: requests, whole answers, bounds and failures."""

import json
from typing import Any

import pytest
from llm_api.dialects import Answer, Payload
from llm_api.dialects.openai.container import ContainerChunks, container_answer
from llm_api.errors import UpstreamFault
from llm_api.metering.bounds import bound
from llm_api.registry import Endpoint, Registry, Target

from tests.unit.llm_api.container import CHAT, COMPLETION, HELLO, NOVA, ROUTE, TUNED, USAGE, Tenant, sent, tenant
from tests.unit.llm_api.dialect_support import CLOCK, JSON_FORMAT, PNG_URL, WEATHER, chat, chunk_frame
from tests.unit.llm_api.model_wire import (
    CONVERSE_ANSWER,
    Reply,
    answer,
    failure,
    stalled,
    whole,
)

__all__ = ["tenant"]


def test_the_registry_knows_the_format() -> None:
    registry = Registry.decode(
        '{"a": {"family": "sagemaker", "sagemaker": {"endpoint": "e", "format": "openai"}},'
        ' "b": {"family": "sagemaker", "sagemaker": {"endpoint": "e"}}}'
    )
    assert [target.endpoint.chats for target in registry.aliases() if target.endpoint] == [True, False]


# A whole answer


def test_a_completion_is_the_containers_own_under_our_name(tenant: Tenant) -> None:
    # GIVEN an endpoint with an inference component
    world = tenant()

    # WHEN it is asked
    response = world.send(ROUTE, {**CHAT, "user": "anna"}, answer(COMPLETION), model="tuned")

    # THEN the container got the request without the model's name, as JSON
    received = world.wire.received[0]
    assert received.path == "/endpoints/acme-llama/invocations"
    assert received.headers["x-amzn-sagemaker-inference-component"] == "adapter-1"
    assert received.headers["content-type"] == "application/json"
    assert received.json == {"messages": HELLO, "stream": False, "max_tokens": 50}

    # AND the caller gets its words and numbers, and nothing of its own names
    body = json.loads(whole(response))
    assert (body["id"], body["model"], body["object"]) == ("chatcmpl-req-1", "tuned", "chat.completion")
    assert body["choices"][0]["message"]["content"] == "Hello"
    assert body["usage"] == USAGE
    assert "kv_transfer_params" not in body
    assert response.headers["x-llm-model"] == "tuned"
    assert "user was ignored" in response.headers["warning"]

    # AND it is settled to the token, at its price
    assert (world.log["settlement"], world.used()) == ("exact", 7)
    assert world.used("usd") == 3 * 1_000_000 + 4 * 2_000_000


def test_what_containers_take_is_sent_on() -> None:
    # GIVEN what Bedrock has no equivalent for
    fields = {"temperature": 1.7, "presence_penalty": 0.5, "seed": 7, "top_k": 40, "logprobs": True, "stop": ["x"]}

    # WHEN it goes to a container, THEN all of it is there, and nothing is warned of
    body = sent(chat(**fields))
    assert {name: body[name] for name in fields} == fields
    assert chat(**fields).warnings(TUNED) == []


@pytest.mark.parametrize("fields", [{"n": 2}, {"best_of": 4}, {"use_beam_search": True}, {"service_tier": "priority"}])
def test_what_changes_the_cost_is_refused(tenant: Tenant, fields: dict[str, Any]) -> None:
    world = tenant()
    response = world.send(ROUTE, {**CHAT, **fields}, model="tuned")
    assert response.status == 400
    assert next(iter(fields)) in json.loads(whole(response))["error"]["message"]
    assert world.wire.received == []


@pytest.mark.parametrize(("asked", "given"), [({}, 100), ({"max_tokens": 7}, 7), ({"max_completion_tokens": 9}, 9)])
def test_the_output_is_limited(asked: dict[str, int], given: int) -> None:
    body = sent(chat(**asked))
    assert body["max_tokens"] == given
    assert "max_completion_tokens" not in body


def test_more_than_the_limit_is_refused(tenant: Tenant) -> None:
    assert tenant().send(ROUTE, {**CHAT, "max_tokens": 101}, model="tuned").status == 400


def test_messages_are_written_anew() -> None:
    # GIVEN everything that a message may hold, and what it may not
    pictures = [
        {"type": "text", "text": "What is it?", "video_url": "file:///etc/passwd"},
        {"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low", "path": "/etc/passwd"}},
    ]
    call = {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": "{}", "x": 1}, "y": 2}
    history = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": pictures, "name": "anna", "cache_salt": "z"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
    ]

    # WHEN it goes to a container
    made = chat(*history, tools=[WEATHER])
    messages = sent(made)["messages"]

    # THEN it gets what is known, under roles that templates know, and the caller hears of the rest
    assert messages == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "name": "anna",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
    ]
    assert made.warnings(TUNED) == ["unknown fields in messages: ignored, containers have no equivalent"]


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"])
def test_no_container_is_sent_to_an_address_that_a_caller_names(tenant: Tenant, url: str) -> None:
    world = tenant()
    content = [{"type": "image_url", "image_url": {"url": url}}]
    assert world.send(ROUTE, {**CHAT, "messages": [{"role": "user", "content": content}]}, model="tuned").status == 400
    assert world.wire.received == []


def test_a_file_is_refused(tenant: Tenant) -> None:
    file = {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}
    content = [{"type": "file", "file": file}, {"type": "text", "text": "Sum it up."}]
    response = tenant().send(ROUTE, {**CHAT, "messages": [{"role": "user", "content": content}]}, model="tuned")
    assert (response.status, json.loads(whole(response))["error"]["param"]) == (400, "messages[0].content[0].type")


@pytest.mark.parametrize(
    ("choice", "names", "asked"),
    [
        (None, ["get_weather", "get_time"], None),
        ("required", ["get_weather", "get_time"], "required"),
        ("none", None, None),
        (
            {"type": "function", "function": {"name": "get_time"}},
            ["get_weather", "get_time"],
            {"type": "function", "function": {"name": "get_time"}},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [CLOCK]}},
            ["get_time"],
            "required",
        ),
    ],
)
def test_tools_and_the_choice_among_them(choice: Any, names: list[str] | None, asked: Any) -> None:
    body = sent(chat(tools=[WEATHER, CLOCK], tool_choice=choice, response_format=JSON_FORMAT))
    offered = body.get("tools")
    assert (offered and [tool["function"]["name"] for tool in offered]) == names
    assert body.get("tool_choice") == asked
    assert body["response_format"] == JSON_FORMAT


@pytest.mark.parametrize(
    ("message", "reason", "expected", "told"),
    [
        ({"content": "Hi"}, "eos_token", {"content": "Hi"}, "stop"),
        ({"content": "Hi"}, "tool_calls", {"content": "Hi"}, "stop"),
        ({"content": "Hi", "reasoning": "Hm", "tool_calls": []}, "length", {"reasoning_content": "Hm"}, "length"),
        (
            {"tool_calls": [{"id": 0, "function": {"name": "f", "arguments": {"a": 1}}}]},
            "tool_calls",
            {"tool_calls": [{"id": "0", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
            "tool_calls",
        ),
    ],
)
def test_containers_differ_in_details(message: Any, reason: str, expected: Any, told: str) -> None:
    # GIVEN an answer as TGI or vLLM writes it
    body = {"choices": [{"message": message, "finish_reason": reason}]}

    # WHEN it is handed on, THEN it is as OpenAI writes it
    found = container_answer(TUNED, Answer(json.dumps(body).encode()), one_call=False)
    assert found["choices"][0]["message"].items() >= expected.items()
    assert found["choices"][0]["finish_reason"] == told
    assert "usage" not in found


def test_of_several_calls_only_the_first_where_one_was_asked_for() -> None:
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    body = json.dumps({"choices": [{"message": {"tool_calls": calls}}]}).encode()
    found = container_answer(TUNED, Answer(body), one_call=True)
    assert [call["id"] for call in found["choices"][0]["message"]["tool_calls"]] == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"generated_text": "Hi"}',
        b'{"choices": []}',
        b'{"choices": [{"text": "Hi"}]}',
        b'{"choices": [{"message": {"tool_calls": [{"id": 1}]}}]}',
    ],
)
def test_what_is_no_completion_is_the_containers_fault(tenant: Tenant, body: bytes) -> None:
    # GIVEN a container that speaks another format
    world = tenant()

    # WHEN it is asked
    response = world.send(ROUTE, CHAT, answer(body), model="tuned")

    # THEN the caller hears whose fault it is
    assert response.status == 502


def test_a_container_without_numbers_leaves_the_reservation(tenant: Tenant) -> None:
    # GIVEN a container that tells no usage
    world = tenant()

    # WHEN it answers
    silent = {name: value for name, value in COMPLETION.items() if name != "usage"}
    response = world.send(ROUTE, CHAT, answer(silent), model="tuned")

    # THEN the completion has none either, the log's is an estimate, and what was reserved stands
    assert response.status == 200
    assert "usage" not in json.loads(whole(response))
    assert (world.log["tokens_estimated"], world.log["settlement"]) == (True, "stands")
    assert world.used() == world.log["reserved_tokens"]


def test_tokens_that_a_container_had_cached_count_once(tenant: Tenant) -> None:
    world = tenant()
    usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": 2}}
    response = world.send(ROUTE, CHAT, answer({**COMPLETION, "usage": usage}), model="tuned")
    assert json.loads(whole(response))["usage"]["prompt_tokens_details"] == {"cached_tokens": 2}
    assert world.used() == 7


# Bounds and budgets


def test_a_chat_has_a_bound_and_anyones_format_has_none() -> None:
    payload = Payload(json.dumps({"messages": HELLO, "max_tokens": 50}).encode())
    found = bound(TUNED, "invoke", [payload])
    assert found is not None
    assert found.output_tokens == 50
    assert found.input_tokens >= len(payload.body_bytes())
    assert bound(TUNED._replace(endpoint=Endpoint("acme-llama")), "invoke", [payload]) is None


@pytest.mark.parametrize("field", ["prompt", "inputs", "n", "use_beam_search", "best_of"])
def test_no_other_format_goes_around_a_budget(tenant: Tenant, field: str) -> None:
    # GIVEN a tenant with a budget, WHEN it sends the container what has no bound, THEN nothing is called
    world = tenant()
    body = {"messages": HELLO, "max_tokens": 5, field: 4}
    assert world.send("/model/{modelId}/invoke", body, model="tuned").status == 400
    assert world.wire.received == []


def test_its_own_route_is_metered_too(tenant: Tenant) -> None:
    world = tenant()
    reply = answer(COMPLETION)
    response = world.send("/model/{modelId}/invoke", {"messages": HELLO}, reply, model="tuned")
    assert response.status == 200
    assert world.wire.received[0].json["max_tokens"] == 100
    assert (world.log["settlement"], world.used()) == ("exact", 7)


# What goes wrong


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (failure(429, "ModelNotReadyException"), 503),
        (failure(503, "ServiceUnavailable"), 503),
        (failure(400, "ValidationError", "Endpoint acme-llama of account 123456789012 not found."), 503),
        (failure(500, "InternalFailure"), 502),
        (answer({"Message": "No.", "OriginalStatusCode": 422}, {"x-amzn-errortype": "ModelError"}, 424), 400),
        (answer({"Message": "No.", "OriginalStatusCode": 500}, {"x-amzn-errortype": "ModelError"}, 424), 502),
        (answer({"Message": "No.", "OriginalStatusCode": 429}, {"x-amzn-errortype": "ModelError"}, 424), 429),
        (answer({"Message": "No.", "OriginalStatusCode": 503}, {"x-amzn-errortype": "ModelError"}, 424), 503),
        (
            answer(
                {"Message": "Your invocation timed out while waiting", "OriginalStatusCode": 0},
                {"x-amzn-errortype": "ModelError"},
                424,
            ),
            504,
        ),
        (stalled, 504),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_failures_are_told_by_their_cause(tenant: Tenant, reply: Reply, status: int, streams: bool) -> None:
    # GIVEN an endpoint that fails, however often it is asked
    world = tenant()

    # WHEN it is asked
    response = world.send(ROUTE, {**CHAT, "stream": streams}, *[reply] * 3, model="tuned", seconds=1)

    # THEN the caller is told in OpenAI's shape, without account and name
    assert response.status == status
    assert set(json.loads(whole(response))["error"]) == {"message", "type", "param", "code"}
    assert b"123456789012" not in whole(response)
    assert response.headers["x-llm-model"] == "tuned"

    # AND what certainly cost nothing is given back
    assert world.log["settlement"] == ("stands" if status in (502, 504) else "exact")


@pytest.mark.parametrize(("first", "second"), [(TUNED, NOVA), (NOVA, TUNED)])
def test_endpoints_and_bedrock_stand_in_for_each_other(tenant: Tenant, first: Target, second: Target) -> None:
    # GIVEN a model that is throttled, and a fallback of the other service
    world = tenant(first._replace(fallbacks=(second.alias,)), second)
    good = answer(COMPLETION if second is TUNED else CONVERSE_ANSWER)

    # WHEN it is asked
    replies = [*[failure(429, "ThrottlingException")] * 3, good]
    response = world.send(ROUTE, {**CHAT, "model": first.alias}, *replies)

    # THEN the other answered, each in its own wire form
    assert response.headers["x-llm-model"] == second.alias
    assert json.loads(whole(response))["choices"][0]["message"]["content"] in ("Hello", "Hi")
    assert (world.log["settlement"], world.used()) == ("exact", 7)


def test_a_chunk_that_is_no_frame_of_bedrocks_is_refused() -> None:
    chunks = ContainerChunks({}, one_call=False, include_usage=False)
    broken = chunk_frame({})._replace(payload=b"{}")
    with pytest.raises(UpstreamFault):
        list(chunks.translate(broken))
