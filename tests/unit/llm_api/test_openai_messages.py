"""Messages: what OpenAI's roles and parts become in Converse."""

import base64
import json

import pytest
from llm_api.dialects.openai.fields import InvalidField
from llm_api.errors import BadRequest

from tests.unit.llm_api.dialect_support import CLAUDE, CLOCK, PNG, PNG_URL, TITAN, WEATHER, chat, converse_body

USER = {"role": "user", "content": "Hello"}


def call_of(*ids, name="get_weather", arguments='{"city": "Paris"}'):
    calls = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments}} for id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result_of(id, content="Sunny"):
    return {"role": "tool", "tool_call_id": id, "content": content}


def test_system_and_developer_messages_are_gathered_at_the_top_in_order():
    # GIVEN instructions before and amid the conversation
    call = chat(
        {"role": "system", "content": "Be kind."},
        USER,
        {"role": "developer", "content": [{"type": "text", "text": "Be short."}]},
    )

    # WHEN it is translated
    body = converse_body(call)

    # THEN they stand in `system`, and the turns hold the rest
    assert body["system"] == [{"text": "Be kind."}, {"text": "Be short."}]
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hello"}]}]


def test_neighbouring_messages_of_one_role_become_one_turn():
    # GIVEN two user messages in a row
    call = chat(USER, {"role": "user", "content": "Anyone?"}, {"role": "assistant", "content": "Yes"}, USER)

    # WHEN it is translated
    turns = converse_body(call)["messages"]

    # THEN the roles alternate
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"] == [{"text": "Hello"}, {"text": "Anyone?"}]


def test_results_of_parallel_calls_stand_in_one_user_turn_with_the_text_after_them():
    # GIVEN two calls, their results and a further question
    call = chat(USER, call_of("a", "b"), result_of("b", "Rain"), result_of("a"), USER, tools=[WEATHER])

    # WHEN it is translated
    turns = converse_body(call)["messages"]

    # THEN one user turn answers both calls
    assert turns[1]["content"][0] == {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {"city": "Paris"}}}
    assert turns[2] == {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "b", "content": [{"text": "Rain"}]}},
            {"toolResult": {"toolUseId": "a", "content": [{"text": "Sunny"}]}},
            {"text": "Hello"},
        ],
    }


@pytest.mark.parametrize("fields", [{}, {"tools": [WEATHER], "tool_choice": "none"}])
def test_without_tools_on_offer_earlier_calls_are_shown_as_text(fields):
    # GIVEN a history with a call, and a request that offers no tool
    call = chat(USER, call_of("a"), result_of("a"), **fields)

    # WHEN it is translated
    body = converse_body(call)

    # THEN Converse gets no tool block, for which it would want a toolConfig, and the model still knows
    assert "toolConfig" not in body
    assert body["messages"][1]["content"] == [{"text": '[Called the tool get_weather with {"city": "Paris"}]'}]
    assert body["messages"][2]["content"] == [{"text": "[The tool's result: Sunny]"}]


def test_a_call_id_that_converse_does_not_allow_is_replaced_the_same_way_in_call_and_result():
    # GIVEN an ID of another service
    odd = "call|" + "x" * 80
    call = chat(USER, call_of(odd), result_of(odd), tools=[WEATHER])

    # WHEN it is translated
    turns = converse_body(call)["messages"]

    # THEN both name the same legal ID
    use, result = turns[1]["content"][0]["toolUse"], turns[2]["content"][0]["toolResult"]
    assert use["toolUseId"] == result["toolUseId"] != odd
    assert len(use["toolUseId"]) <= 64


def test_an_empty_result_is_named_as_such_because_converse_takes_no_blank_text():
    # GIVEN a tool that printed nothing
    call = chat(USER, call_of("a"), result_of("a", ""), tools=[WEATHER])

    # WHEN / THEN
    assert converse_body(call)["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": "(no output)"}]


def test_a_call_without_arguments_has_an_empty_input():
    # GIVEN arguments that were streamed as nothing
    call = chat(USER, call_of("a", name="get_time", arguments=""), result_of("a"), tools=[CLOCK])

    # WHEN / THEN
    assert converse_body(call)["messages"][1]["content"][0]["toolUse"]["input"] == {}


def test_an_image_as_data_url_becomes_an_image_block():
    # GIVEN a picture beside a question
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PNG_URL}}]

    # WHEN it is translated
    content = converse_body(chat({"role": "user", "content": parts}))["messages"][0]["content"]

    # THEN the bytes stay in base64, as on the wire
    assert content == [{"text": "What is it?"}, {"image": {"format": "png", "source": {"bytes": PNG}}}]


def test_files_become_documents_with_unique_legal_names():
    # GIVEN two files of the same name, one told by its media type, one by its extension
    def part(file):
        return {"type": "file", "file": file}

    content = [
        {"type": "text", "text": "Compare."},
        part({"filename": "Q3: report.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}),
        part({"filename": "Q3: report.csv", "file_data": "YSxi"}),
    ]

    # WHEN it is translated
    blocks = converse_body(chat({"role": "user", "content": content}))["messages"][0]["content"]

    # THEN
    assert [block["document"]["name"] for block in blocks[1:]] == ["Q3 report", "Q3 report (2)"]
    assert [block["document"]["format"] for block in blocks[1:]] == ["pdf", "csv"]


def test_blank_text_is_left_out():
    # GIVEN an assistant message without content, as clients send back after a refusal
    call = chat(USER, {"role": "assistant", "content": " "}, USER)

    # WHEN / THEN the user's turns meet
    assert [turn["role"] for turn in converse_body(call)["messages"]] == ["user"]


def test_fields_that_an_answer_carries_may_come_back():
    # GIVEN a message as the SDK dumps it
    reply = {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
        "reasoning_content": "Hm.",
    }

    # WHEN it is translated
    call = chat(USER, reply, USER)

    # THEN nothing is lost, nothing warned of
    assert converse_body(call)["messages"][1]["content"] == [{"text": "Hi"}]
    assert call.warnings(CLAUDE) == []


def test_other_fields_are_ignored_with_a_warning_that_holds_nothing_of_the_callers():
    # GIVEN a participant's name, and a field whose name would break a header
    call = chat({**USER, "name": "Ada", "x\r\nset-cookie: a": 1})

    # WHEN / THEN
    assert call.warnings(CLAUDE) == [
        "name in messages: ignored, Bedrock has no equivalent",
        "unknown fields in messages: ignored, Bedrock has no equivalent",
    ]


@pytest.mark.parametrize(
    ("messages", "param", "says"),
    [
        ([], "messages", "at least one user message"),
        ("hello", "messages", "list"),
        (["hello"], "messages[0]", "object"),
        ([{"role": "king", "content": "x"}], "messages[0].role", "must be system"),
        ([{"role": "function", "name": "f", "content": "x"}], "messages[0].role", "not function"),
        ([{"content": "x"}], "messages[0].role", "required"),
        ([{"role": "system", "content": " "}], "messages", "at least one user message"),
        ([{"role": "assistant", "content": "x"}], "messages", "must be the user's"),
        ([{"role": "user", "content": " \n"}], "messages[0].content", "blank"),
        ([{"role": "user", "content": None}], "messages[0].content", "list"),
        ([{"role": "user", "content": [{"type": "input_audio"}]}], "messages[0].content[0].type", "must be text"),
        ([USER, {"role": "assistant", "content": [{"type": "image_url"}]}], "messages[1].content[0].type", "only user"),
        ([USER, result_of("a")], "messages[1].tool_call_id", "names no call"),
        ([USER, call_of("a")], "messages", "no results"),
        ([USER, call_of("a"), USER], "messages[2]", "must be a tool message"),
        ([USER, call_of("a", "a"), result_of("a")], "messages", "no results"),
        ([USER, call_of("a", name="")], "messages[1].tool_calls[0].function.name", "required"),
        ([USER, call_of("a", arguments=7)], "messages[1].tool_calls[0].function.arguments", "string"),
        ([USER, call_of("")], "messages[1].tool_calls[0].id", "required"),
        ([USER, {"role": "assistant", "function_call": {"name": "f"}}], "messages[1]", "function_call"),
    ],
)
def test_what_converse_cannot_express_is_refused_with_its_place(messages, param, says):
    # GIVEN messages that are wrong in one place
    # WHEN they are parsed
    with pytest.raises(InvalidField, match=says) as refusal:
        converse_body(chat(messages=messages))

    # THEN the error names it
    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ({"url": "https://example.com/cat.png"}, "does not fetch images"),
        ({"url": "data:image/png;base64,AAAA"}, "no image that Bedrock reads: PNG"),
        ({"url": "data:image/png,AAAA"}, "base64"),
        ({"url": "data:image/png;base64,A*=="}, "no valid base64"),
        ({"url": "data:image/png;base64,"}, "empty"),
        ({}, "required"),
        ("data:", "must be an object"),
    ],
)
def test_an_image_that_bedrock_cannot_read_is_refused_with_the_reason(image, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match=says):
        chat({"role": "user", "content": [{"type": "image_url", "image_url": image}]})


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ({"file_id": "file-1"}, "no files are kept"),
        ({"filename": "a.pdf"}, "required"),
        ({"filename": "a.exe", "file_data": "AAAA"}, "no format that Bedrock reads"),
    ],
)
def test_a_file_that_bedrock_cannot_read_is_refused_with_the_reason(file, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(InvalidField, match=says):
        chat({"role": "user", "content": [{"type": "text", "text": "Read."}, {"type": "file", "file": file}]})


def test_a_file_without_text_is_refused_because_bedrock_wants_a_prompt():
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match="needs text beside it"):
        chat({"role": "user", "content": [{"type": "file", "file": {"filename": "a.txt", "file_data": "AAAA"}}]})


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ({"role": "system", "content": "Be kind."}, "system messages"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG_URL}}]}, "images"),
    ],
)
def test_titan_text_says_what_it_does_not_take(message, what):
    # GIVEN what Titan has no place for
    call = chat(USER, message)

    # WHEN / THEN
    with pytest.raises(BadRequest, match=f"takes no {what}"):
        call.payloads(TITAN)


def test_text_is_passed_on_character_by_character():
    # GIVEN text with everything that encodings trip over
    content = "Zürich \u2028 \U0001f600 \x00 \\n <|eot_id|>"

    # WHEN it is translated
    body = converse_body(chat({"role": "user", "content": content}))

    # THEN
    assert json.loads(json.dumps(body))["messages"][0]["content"] == [{"text": content}]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "webp"),
    ],
)
@pytest.mark.parametrize("start", ["data:image/bmp;base64,", "DATA:IMAGE/PNG;BASE64,", "data:;charset=utf-8;base64,"])
def test_an_image_is_what_its_bytes_are(head, found, start):
    # GIVEN an image whose URL says something else of it, with and without padding
    data = base64.b64encode(head + b"rest of it.").decode()
    for written in (data, data.rstrip("=")):
        # WHEN it is sent
        parts = [{"type": "image_url", "image_url": {"url": start + written}}]
        body = converse_body(chat({"role": "user", "content": parts}))
        # THEN the model is told what it is
        assert body["messages"][0]["content"] == [{"image": {"format": found, "source": {"bytes": data}}}]
