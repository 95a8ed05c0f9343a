"""InvokeModel of every family, as the real boto3 reads it."""

import base64
import json
from typing import Any

import pytest

from local_aws.models.images import paint

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
ADVERT = "Write an advert.\nName: Aurelia Wayfarer\nSeats: 7\nRange: 520 km\nPrice: \u20ac39,900"
METRICS = "amazon-bedrock-invocationMetrics"

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def claude(text: Any = "Hello", **more: Any) -> dict[str, Any]:
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 400,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


CHAT: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "anthropic": (
        CLAUDE,
        claude("Hello"),
        lambda body: body["content"][0]["text"],
        lambda chunk: chunk.get("delta", {}).get("text", ""),
    ),
    "nova": (
        "amazon.nova-lite-v1:0",
        {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], "inferenceConfig": {"max_new_tokens": 400}},
        lambda body: body["output"]["message"]["content"][0]["text"],
        lambda chunk: chunk.get("contentBlockDelta", {}).get("delta", {}).get("text", ""),
    ),
    "titan-text": (
        "amazon.titan-text-express-v1",
        {"inputText": "Hello", "textGenerationConfig": {"maxTokenCount": 400}},
        lambda body: body["results"][0]["outputText"],
        lambda chunk: chunk["outputText"],
    ),
    "llama": (
        "meta.llama3-8b-instruct-v1:0",
        {
            "prompt": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            "max_gen_len": 400,
        },
        lambda body: body["generation"],
        lambda chunk: chunk["generation"],
    ),
    "mistral": (
        "mistral.mistral-7b-instruct-v0:2",
        {"prompt": "<s>[INST] Hello [/INST]", "max_tokens": 400},
        lambda body: body["outputs"][0]["text"],
        lambda chunk: chunk["outputs"][0]["text"],
    ),
    "mistral-chat": (
        "mistral.mistral-large-2407-v1:0",
        {"messages": [{"role": "user", "content": "Hello"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
    "cohere-command": (
        "cohere.command-r-v1:0",
        {"message": "Hello"},
        lambda body: body["text"],
        lambda chunk: chunk.get("text", ""),
    ),
    "jamba": (
        "ai21.jamba-1-5-mini-v1:0",
        {"messages": [{"role": "user", "content": "Hello"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
    "deepseek": (
        "us.deepseek.r1-v1:0",
        {"prompt": "<\uff5cbegin\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Hello<\uff5cAssistant\uff5c><think>\n"},
        lambda body: body["choices"][0]["text"].split("</think>\n\n")[1],
        lambda chunk: chunk["choices"][0]["text"],
    ),
    "openai": (
        "openai.gpt-oss-20b-1:0",
        {"messages": [{"role": "user", "content": "Hello"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
    "qwen": (
        "qwen.qwen3-32b-v1:0",
        {"messages": [{"role": "user", "content": "Hello"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
    "marketplace": (
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/market",
        {"messages": [{"role": "user", "content": "Hello"}]},
        lambda body: body["choices"][0]["message"]["content"],
        lambda chunk: chunk["choices"][0]["delta"].get("content", ""),
    ),
}


@pytest.mark.parametrize("name", sorted(CHAT))
def test_chat_family_answers_in_its_own_body(name: str, invoke: Any, server: Any) -> None:
    # GIVEN a family of chat models
    model, body, text_of, _ = CHAT[name]
    # WHEN it is invoked
    answer, headers = invoke(model, body)
    # THEN the text stands where the family has it, and the headers count what the journal counted
    assert text_of(answer) == "You asked: Hello"
    call = server.journal.calls()[0]
    assert int(headers["x-amzn-bedrock-input-token-count"]) == call.input_tokens > 0
    assert int(headers["x-amzn-bedrock-output-token-count"]) == call.output_tokens > 0
    assert ("x-amzn-bedrock-cache-read-input-token-count" in headers) == (name == "nova")


@pytest.mark.parametrize("name", sorted(CHAT))
def test_chat_family_streams_what_it_answers(name: str, invoke: Any, chunks: Any, server: Any) -> None:
    # GIVEN a family of chat models, and what it answers in one piece
    model, body, text_of, piece_of = CHAT[name]
    whole = text_of(invoke(model, body)[0])
    # WHEN the same is streamed
    payloads = chunks(model, body)
    # THEN the pieces make the same text in more than one chunk, and the last carries the counts
    streamed = "".join(piece_of(payload) or "" for payload in payloads)
    assert streamed.split("</think>\n\n")[-1] == whole
    assert sum(bool(piece_of(payload)) for payload in payloads) > 1
    buffered, call = server.journal.calls()
    assert payloads[-1][METRICS]["inputTokenCount"] == call.input_tokens == buffered.input_tokens
    assert payloads[-1][METRICS]["outputTokenCount"] == call.output_tokens == buffered.output_tokens
    assert call.complete
    assert all(METRICS not in payload for payload in payloads[:-1])


@pytest.mark.parametrize("name", sorted(CHAT))
def test_same_request_same_bytes(name: str, bedrock: Any) -> None:
    # GIVEN a request
    model, body, _, _ = CHAT[name]
    # WHEN it is sent twice
    answers = [bedrock.invoke_model(modelId=model, body=json.dumps(body))["body"].read() for _ in range(2)]
    # THEN the answers are the same to the byte
    assert answers[0] == answers[1]


def test_stream_has_no_token_headers(bedrock: Any) -> None:
    # WHEN a stream is asked for
    answer = bedrock.invoke_model_with_response_stream(modelId=CLAUDE, body=json.dumps(claude()))
    list(answer["body"])
    # THEN its headers name the content type of the chunks and count nothing
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-content-type"] == "application/json"
    assert not [name for name in headers if "token-count" in name]


def test_claude_stream_has_the_order_of_events(chunks: Any) -> None:
    # WHEN Claude streams
    kinds = [payload["type"] for payload in chunks(CLAUDE, claude())]
    # THEN the events come in the Messages API's order
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}


def test_advert_uses_the_facts_and_the_photograph(invoke: Any) -> None:
    # GIVEN a specification and a photograph
    photo = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(paint("car", 640, 427)).decode()}
    content = [{"type": "image", "source": photo}, {"type": "text", "text": ADVERT}]
    # WHEN an advert is asked for
    text = invoke(CLAUDE, claude(content))[0]["content"][0]["text"]
    # THEN it is made of them
    for fact in ("Aurelia Wayfarer:", "Seven seats", "520 km", "\u20ac39,900", "PNG image of 640 x 427 pixels"):
        assert fact in text


@pytest.mark.parametrize("name", ["anthropic", "nova", "titan-text", "llama", "mistral", "cohere-command", "jamba"])
def test_limit_of_tokens_is_kept_exactly(name: str, invoke: Any, server: Any) -> None:
    # GIVEN a limit of five tokens, in the family's own field
    model, body, _, _ = CHAT[name]
    limits: dict[str, dict[str, Any]] = {
        "nova": {"inferenceConfig": {"maxTokens": 5}},
        "titan-text": {"textGenerationConfig": {"maxTokenCount": 5}},
        "llama": {"max_gen_len": 5},
    }
    body = json.loads(json.dumps(body).replace("Hello", "Hello to you and all your friends"))
    # WHEN the answer would be longer
    answer, headers = invoke(model, {**body, **limits.get(name, {"max_tokens": 5})})
    # THEN five tokens come out, and the answer says why it stopped
    assert headers["x-amzn-bedrock-output-token-count"] == "5"
    assert server.journal.calls()[0].output_tokens == 5
    said = json.dumps(answer)
    assert any(f'"{reason}"' in said for reason in ("max_tokens", "LENGTH", "length", "MAX_TOKENS"))


def test_stop_sequence_ends_the_answer(invoke: Any) -> None:
    # WHEN a stop sequence occurs in the answer
    answer, _ = invoke(CLAUDE, claude("Repeat after me: one two STOP three", stop_sequences=["STOP"]))
    # THEN the text ends before it
    assert answer["content"][0]["text"] == "one two "
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "STOP")


def test_claude_calls_a_tool_and_uses_its_result(invoke: Any) -> None:
    # GIVEN a tool that the question calls for
    tools = [{"name": "get_weather", "description": "Weather of a city", "input_schema": WEATHER}]
    question = {"role": "user", "content": "What is the weather in Lisbon?"}
    # WHEN the question is asked
    first, _ = invoke(CLAUDE, claude(messages=[question], tools=tools))
    # THEN the tool is called with an input that fits its schema
    use = first["content"][0]
    assert (first["stop_reason"], use["name"], use["input"]) == ("tool_use", "get_weather", {"city": "Lisbon"})
    # WHEN its result comes back
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "21 degrees"}
    turns = [question, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": [result]}]
    second, _ = invoke(CLAUDE, claude(messages=turns, tools=tools))
    # THEN the answer speaks of it
    assert second["stop_reason"] == "end_turn"
    assert "get_weather says: 21 degrees" in second["content"][0]["text"]


def test_claude_streams_a_tools_input_in_pieces(chunks: Any) -> None:
    # GIVEN a choice that forces a tool
    tools = [{"name": "get_weather", "input_schema": WEATHER}]
    choice = {"type": "tool", "name": "get_weather"}
    # WHEN the answer is streamed
    payloads = chunks(CLAUDE, claude("Tell me about Lisbon", tools=tools, tool_choice=choice))
    # THEN the pieces make JSON, and the first is empty
    pieces = [p["delta"]["partial_json"] for p in payloads if p.get("delta", {}).get("type") == "input_json_delta"]
    assert pieces[0] == ""
    assert json.loads("".join(pieces)) == {"city": "Lisbon"}
    assert payloads[-2]["delta"]["stop_reason"] == "tool_use"


def test_claude_thinks_before_it_answers(invoke: Any) -> None:
    # WHEN thinking is on
    body = claude(thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000)
    answer, _ = invoke(CLAUDE, body)
    # THEN a signed block of thinking comes first
    assert [block["type"] for block in answer["content"]] == ["thinking", "text"]
    assert answer["content"][0]["signature"]


def test_claude_answers_with_an_instance_of_the_schema(invoke: Any) -> None:
    # GIVEN a schema for the answer
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    body = claude(output_config={"format": {"type": "json_schema", "schema": schema}})
    # WHEN it is asked for
    answer, _ = invoke("us.anthropic.claude-haiku-4-5-20251001-v1:0", body)
    # THEN the text is such JSON
    assert json.loads(answer["content"][0]["text"]) == {"ok": True}


def test_cached_tokens_are_counted_apart(invoke: Any, server: Any) -> None:
    # GIVEN a long system prompt that ends in a cache point
    system = [{"type": "text", "text": "You sell cars. " * 30, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    # WHEN the model hasn't spoken yet, and when it has
    first, headers = invoke(CLAUDE, claude("Hi", system=system))
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "user", "content": "!"},
    ]
    second, _ = invoke(CLAUDE, claude(system=system, messages=turns))
    # THEN the prefix was first written, then read, and stands apart from the plain input
    written = first["usage"]["cache_creation_input_tokens"]
    assert written > 60
    assert first["usage"]["cache_creation"]["ephemeral_1h_input_tokens"] == written
    assert second["usage"]["cache_read_input_tokens"] == written
    assert headers["x-amzn-bedrock-cache-write-input-token-count"] == str(written)
    assert int(headers["x-amzn-bedrock-input-token-count"]) == first["usage"]["input_tokens"] < 30
    assert server.journal.calls()[1].cache_read_tokens == written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"anthropic_version": "2023-06-01"}, "Invalid API version"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"model": "claude"}, "model: Extra inputs are not permitted"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"messages": []}, "at least one message is required"),
        ({"messages": [{"role": "user", "content": ""}]}, "must have non-empty content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "Input should be 'user' or 'assistant'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]},
            "unexpected `tool_use_id`",
        ),
        ({"tool_choice": {"type": "any"}}, "while providing tools"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "greater than or equal to 1024"),
        ({"temperature": 3}, "temperature: range: 0..1"),
    ],
)
def test_claude_refuses_what_the_model_refuses(change: dict[str, Any], message: str, invoke: Any, bedrock: Any) -> None:
    # GIVEN a request with one thing wrong
    body = {key: value for key, value in {**claude(), **change}.items() if value is not None}
    # WHEN it is sent
    with pytest.raises(bedrock.exceptions.ValidationException) as refused:
        invoke(CLAUDE, body)
    # THEN the message says what
    assert message in refused.value.response["Error"]["Message"]


def test_command_calls_a_tool(invoke: Any) -> None:
    # GIVEN a tool in Cohere's own form
    tool = {"name": "find_car", "parameter_definitions": {"seats": {"type": "int", "required": True}}}
    # WHEN it is called for
    answer, _ = invoke("cohere.command-r-v1:0", {"message": "find one with 7 seats", "tools": [tool]})
    # THEN the call comes in Cohere's own form
    assert answer["tool_calls"] == [{"name": "find_car", "parameters": {"seats": 7}}]


def test_mistral_chat_calls_tools_in_openai_form(invoke: Any) -> None:
    # GIVEN a tool in OpenAI's form
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
    body = {"messages": [{"role": "user", "content": "weather in Rome?"}], "tools": [tool], "tool_choice": "any"}
    # WHEN a tool is forced
    choice = invoke("mistral.mistral-large-2407-v1:0", body)[0]["choices"][0]
    # THEN the arguments are a string of JSON
    assert choice["finish_reason"] == "tool_calls"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Rome"}
