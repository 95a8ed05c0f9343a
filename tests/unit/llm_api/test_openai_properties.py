"""Properties: whatever OpenAI's schema admits is a valid Converse request or a 400, and nothing else is ever raised."""

import base64
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.dialects import StreamFault
from llm_api.dialects.openai.chat import ChatCompletion
from llm_api.dialects.openai.embeddings import Embeddings
from llm_api.errors import ApiError, BadRequest, OutOfTime
from llm_api.families import family_of
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import (
    CLAUDE,
    CLOCK,
    EMBED,
    GPT_OSS,
    HAIKU,
    JSON_FORMAT,
    LLAMA,
    MISTRAL,
    NOVA,
    OLD_CLAUDE,
    PNG_URL,
    TITAN,
    WEATHER,
    chat,
    converse_answer,
    converse_body,
    frame,
    post,
)

TARGETS = st.sampled_from([CLAUDE, HAIKU, OLD_CLAUDE, NOVA, LLAMA, MISTRAL, GPT_OSS, TITAN])

texts = st.text(max_size=20)
text_parts = st.builds(lambda text: {"type": "text", "text": text}, texts)
images = st.just({"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low"}})
data = st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode())
files = st.builds(
    lambda name, content: {"type": "file", "file": {"filename": name + ".txt", "file_data": content}}, texts, data
)
ids = st.one_of(st.text(min_size=1, max_size=80), st.sampled_from(["call_1", "call_2"]))
names = st.sampled_from(["get_weather", "get_time", "reply"])
arguments = st.one_of(
    st.dictionaries(texts, st.integers() | texts, max_size=3).map(json.dumps), st.sampled_from(["", "{", "[]"])
)


def _optional(strategy):
    return st.one_of(st.none(), strategy)


systems = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(["system", "developer"]),
    texts | st.lists(text_parts, max_size=3),
)
users = st.builds(
    lambda content, name: {"role": "user", "content": content, **({"name": name} if name else {})},
    texts | st.lists(text_parts | images | files, max_size=4),
    _optional(texts),
)
assistants = st.builds(
    lambda content, refusal: {"role": "assistant", "content": content, "refusal": refusal},
    _optional(texts | st.lists(text_parts, max_size=2)),
    _optional(texts),
)


@st.composite
def exchanges(draw):
    """An assistant message with calls and the results of them, complete and matching in most draws."""
    called = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    calls = [
        {"id": id, "type": "function", "function": {"name": draw(names), "arguments": draw(arguments)}} for id in called
    ]
    answered = draw(st.permutations(called)) if draw(st.integers(0, 5)) else draw(st.lists(ids, max_size=3))
    results = [{"role": "tool", "tool_call_id": id, "content": draw(texts)} for id in answered]
    return [{"role": "assistant", "content": draw(_optional(texts)), "tool_calls": calls}, *results]


said = st.text(min_size=1, max_size=20).filter(str.strip)


@st.composite
def sound_exchanges(draw):
    """Calls with their results, as an agent sends them."""
    called = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    inputs = st.dictionaries(texts, texts, max_size=2).map(json.dumps) | st.just("")
    calls = [
        {"id": id, "type": "function", "function": {"name": draw(names), "arguments": draw(inputs)}} for id in called
    ]
    results = [{"role": "tool", "tool_call_id": id, "content": draw(texts)} for id in draw(st.permutations(called))]
    return [{"role": "assistant", "content": draw(_optional(texts)), "tool_calls": calls}, *results]


sound_files = st.builds(
    lambda name, raw: {
        "type": "file",
        "file": {"filename": name + ".txt", "file_data": base64.b64encode(raw).decode()},
    },
    texts,
    st.binary(min_size=1, max_size=6),
)
sound_users = st.builds(
    lambda text, parts: {"role": "user", "content": [{"type": "text", "text": text}, *parts]},
    said,
    st.lists(text_parts | images | sound_files, max_size=3),
) | st.builds(lambda text: {"role": "user", "content": text}, said)
sound_conversations = st.builds(
    lambda before, first, rest: [*before, first, *(message for group in rest for message in group)],
    st.lists(systems, max_size=2),
    sound_users,
    st.lists(
        (sound_users | systems | assistants).map(lambda message: [message]) | sound_exchanges(),
        max_size=5,
    ),
)
single = st.one_of(users, users, systems, assistants).map(lambda message: [message])
conversations = sound_conversations | st.lists(single | exchanges(), max_size=6).map(
    lambda groups: [message for group in groups for message in group]
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "tools": st.lists(
            st.sampled_from([WEATHER, CLOCK]), max_size=2, unique_by=lambda tool: tool["function"]["name"]
        ),
        "tool_choice": st.sampled_from(["auto", "none", None]),
        "response_format": st.sampled_from([JSON_FORMAT, {"type": "text"}, None]),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", None]),
        "temperature": st.floats(0, 1) | st.integers(0, 2),
        "top_p": st.floats(0, 1),
        "max_tokens": st.integers(1, 5000),
        "stop": said | st.lists(said, max_size=4),
        "parallel_tool_calls": st.booleans(),
        "n": st.sampled_from([1, 1, 1, 2]),
        "user": texts,
    },
)


def outcome(function, *arguments):
    """What the function gives, or the API's own error. Anything else that it raises fails the test."""
    try:
        return function(*arguments)
    except ApiError as error:
        return error


def is_refusal(result):
    """Whether it is a 400 that says something."""
    return isinstance(result, BadRequest) and result.status == 400 and bool(result.message)


def check_converse(body):
    """What botocore's model does not say and Bedrock enforces."""
    roles = [turn["role"] for turn in body["messages"]]
    assert roles[0] == "user"
    assert all(one != other for one, other in itertools.pairwise(roles))
    used = set()
    for turn in body["messages"]:
        assert turn["content"]
        for block in turn["content"]:
            (kind,) = block
            if kind == "text":
                assert block["text"].strip()
            if kind == "toolUse":
                assert re.fullmatch(r"[a-zA-Z0-9_.:-]{1,64}", block["toolUse"]["toolUseId"])
                used.add(block["toolUse"]["toolUseId"])
            if kind == "toolResult":
                assert block["toolResult"]["toolUseId"] in used
                assert block["toolResult"]["content"]
            if kind == "document":
                name = block["document"]["name"]
                assert re.fullmatch(r"[A-Za-z0-9()\[\]-]+( [A-Za-z0-9()\[\]-]+)*", name)
                assert len(name) <= 200
        if any("document" in block for block in turn["content"]):
            assert any("text" in block for block in turn["content"])
    if used:
        assert body["toolConfig"]["tools"]


@settings(max_examples=400, deadline=None)
@given(conversations, requests, TARGETS)
def test_what_openai_admits_is_a_valid_converse_request_or_a_400(messages, fields, target):
    # GIVEN messages and fields that OpenAI's schema admits
    # WHEN they are translated; converse_body validates against botocore's model
    result = outcome(lambda: converse_body(chat(messages=messages, **fields), target))

    # THEN it is a 400 that says something, or a request that Bedrock takes
    if not is_refusal(result):
        check_converse(result)


@settings(max_examples=200, deadline=None)
@given(sound_conversations, st.booleans(), TARGETS.filter(lambda target: family_of(target).images))
def test_a_sound_conversation_is_never_refused(messages, offers_tools, target):
    # GIVEN a conversation as chats and agents send it
    tools = {"tools": [WEATHER, CLOCK]} if offers_tools else {}

    # WHEN it is translated
    body = converse_body(chat(messages=messages, **tools), target)

    # THEN Bedrock takes it
    check_converse(body)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=50).filter(str.strip), min_size=1, max_size=5))
def test_the_users_text_reaches_the_model_unchanged(contents):
    # GIVEN any texts
    messages = [{"role": "user", "content": content} for content in contents]

    # WHEN they are translated and sent as JSON
    (turn,) = json.loads(json.dumps(converse_body(chat(*messages))))["messages"]

    # THEN each is there, character by character
    assert [block["text"] for block in turn["content"]] == contents


@settings(deadline=None)
@given(st.text(max_size=50))
def test_the_models_text_reaches_the_caller_unchanged(content):
    # GIVEN any answer
    call = chat(stream=True)
    whole = call.render(CLAUDE, [converse_answer({"text": content})])
    pieces = [
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})
        for piece in (content[:7], content[7:])
    ]

    # WHEN it comes whole, and in a stream
    stream = b"".join(call.render_stream(CLAUDE, iter([*pieces, frame("messageStop", {"stopReason": "end_turn"})])))
    chunks = [json.loads(line[6:]) for line in stream.decode().split("\n\n") if line.startswith("data: {")]

    # THEN both say the same
    assert json.loads(whole.body)["choices"][0]["message"]["content"] == content
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == content


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
field_names = st.sampled_from(
    [
        *("model", "messages", "tools", "tool_choice", "response_format", "stop", "stream", "stream_options", "n"),
        *("reasoning_effort", "max_tokens", "temperature", "input", "dimensions", "encoding_format", "input_type"),
        *("role", "content", "type", "text", "image_url", "url", "file", "file_data", "tool_calls", "function", "name"),
        *("arguments", "id", "tool_call_id", "json_schema", "schema", "parameters", "allowed_tools", "mode"),
    ]
)
odd_values = st.recursive(
    json_values | st.sampled_from(["user", "assistant", "tool", "function", "text", "image_url", "file", PNG_URL, "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(field_names, inner, max_size=4),
    max_leaves=20,
)
odd_bodies = st.dictionaries(field_names, odd_values, max_size=6).map(
    lambda body: {"model": "m", "messages": [{"role": "user", "content": "x"}], "input": "x", **body}
)


@settings(max_examples=400, deadline=None)
@given(odd_bodies, TARGETS)
def test_any_json_is_answered_or_refused_by_an_api_error(body, target):
    # GIVEN any JSON under the fields' names
    def answer():
        call = ChatCompletion.parse(post("/v1/chat/completions", body))
        call.payloads(target)
        return call.warnings(target)

    # WHEN it is taken for a chat completion
    result = outcome(answer)

    # THEN it is one, or refused
    assert isinstance(result, list) or is_refusal(result)


@settings(max_examples=200, deadline=None)
@given(odd_bodies, st.sampled_from([EMBED, Target("c", "cohere.embed-v4:0", "cohere-embed"), CLAUDE]))
def test_any_json_asks_for_embeddings_or_is_refused(body, target):
    # GIVEN any JSON under the fields' names, without the chat's own
    body = {name: value for name, value in body.items() if name != "messages"}

    # WHEN it is taken for an embeddings request
    result = outcome(lambda: Embeddings.parse(post("/v1/embeddings", body)).payloads(target))

    # THEN it is one, or refused
    assert isinstance(result, list) or is_refusal(result)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=30))
def test_any_bytes_are_refused_by_a_400(raw):
    # GIVEN bytes that are hardly a request
    # WHEN / THEN
    with pytest.raises(BadRequest):
        ChatCompletion.parse(post("/v1/chat/completions", raw))


events = st.lists(
    st.none()
    | st.builds(
        frame,
        st.sampled_from(
            [
                "messageStart",
                "contentBlockStart",
                "contentBlockDelta",
                "contentBlockStop",
                "messageStop",
                "metadata",
                "x",
            ]
        ),
        json_values
        | st.dictionaries(
            st.sampled_from(["start", "delta", "toolUse", "text", "input", "contentBlockIndex", "stopReason", "usage"]),
            json_values | st.dictionaries(st.sampled_from(["toolUse", "text", "reasoningContent"]), json_values),
        ),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(events, st.booleans(), st.sampled_from([{}, {"tools": [WEATHER], "parallel_tool_calls": False}]))
def test_any_events_make_a_stream_with_one_proper_end(frames, late, fields):
    # GIVEN any events, then silence or the deadline
    def source():
        yield from frames
        if late:
            raise StreamFault(OutOfTime("late"))

    # WHEN they are rendered
    call = chat(stream=True, stream_options={"include_usage": True}, **fields)
    stream = b"".join(call.render_stream(CLAUDE, source())).decode()

    # THEN the last line ends the stream or says what went wrong
    last = stream.removesuffix("\n\n").split("\n\n")[-1]
    assert last == "data: [DONE]" or "error" in json.loads(last[6:])
