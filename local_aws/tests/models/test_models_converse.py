"""Converse and ConverseStream over every chat family, as the real boto3 reads them."""

import json
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError

from local_aws.models import schemas
from local_aws.models.images import paint

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
CLAUDE_45 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-lite-v1:0"
MODELS = [
    CLAUDE,
    NOVA,
    "amazon.titan-text-express-v1",
    "meta.llama3-70b-instruct-v1:0",
    "mistral.mistral-large-2407-v1:0",
    "cohere.command-r-plus-v1:0",
    "ai21.jamba-1-5-large-v1:0",
    "us.deepseek.r1-v1:0",
    "openai.gpt-oss-120b-1:0",
    "qwen.qwen3-32b-v1:0",
    "moonshot.kimi-k2-thinking",
]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": SCHEMA}}}]}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def assistant(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


def text_of(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


@pytest.mark.parametrize("model", MODELS)
def test_every_chat_family_converses(model: str, bedrock: Any, server: Any) -> None:
    # WHEN a chat model of the family is spoken to
    answer = bedrock.converse(modelId=model, messages=[user({"text": "Hello"})])
    # THEN it answers in Converse's shape, and the usage is what the journal has
    assert text_of(answer) == "You asked: Hello"
    assert answer["stopReason"] == "end_turn"
    call = server.journal.calls()[0]
    usage = answer["usage"]
    assert (usage["inputTokens"], usage["outputTokens"]) == (call.input_tokens, call.output_tokens)
    assert usage["totalTokens"] == call.input_tokens + call.output_tokens
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in headers if name.startswith("x-amzn-bedrock")]


@pytest.mark.parametrize("model", MODELS)
def test_every_chat_family_streams(model: str, bedrock: Any, server: Any) -> None:
    # WHEN the answer is streamed
    events = list(bedrock.converse_stream(modelId=model, messages=[user({"text": "Hello"})])["stream"])
    # THEN the events come in Converse's order, with the usage last
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart"
    assert kinds[-2:] == ["messageStop", "metadata"]
    text = "".join(e["contentBlockDelta"]["delta"].get("text", "") for e in events if "contentBlockDelta" in e)
    assert text == "You asked: Hello"
    assert "contentBlockStart" not in kinds
    call = server.journal.calls()[0]
    assert events[-1]["metadata"]["usage"]["outputTokens"] == call.output_tokens
    assert call.complete


def test_tool_round_trip(bedrock: Any) -> None:
    # GIVEN a question that calls for a tool, for two cities
    question = user({"text": "What is the weather in Paris and London?"})
    # WHEN it is asked
    first = bedrock.converse(modelId=NOVA, messages=[question], toolConfig=TOOLS)
    uses = [block["toolUse"] for block in first["output"]["message"]["content"]]
    # THEN the tool is called for each
    assert first["stopReason"] == "tool_use"
    assert [use["input"] for use in uses] == [{"city": "Paris"}, {"city": "London"}]
    # WHEN the results come back
    results = [
        {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": {"degrees": 20 + at}}]}}
        for at, use in enumerate(uses)
    ]
    turns = [question, first["output"]["message"], user(*results)]
    second = bedrock.converse(modelId=NOVA, messages=turns, toolConfig=TOOLS)
    # THEN the answer speaks of both
    assert second["stopReason"] == "end_turn"
    assert '{"degrees": 20}' in text_of(second)
    assert '{"degrees": 21}' in text_of(second)


def test_what_an_agent_adds_to_the_words_calls_no_tool(bedrock: Any) -> None:
    # GIVEN words, and beside them what an agent puts there, which speaks of the weather
    question = user({"text": "<system-reminder>\nNo weather today.\n</system-reminder>"}, {"text": "Say hello"})
    # WHEN they are asked THEN the answer is to the words
    answer = bedrock.converse(modelId=NOVA, messages=[question], toolConfig=TOOLS)
    assert (answer["stopReason"], text_of(answer)) == ("end_turn", "You asked: Say hello")


def test_tool_use_is_streamed_in_pieces(bedrock: Any) -> None:
    # WHEN a forced tool is streamed
    config = {**TOOLS, "toolChoice": {"any": {}}}
    stream = bedrock.converse_stream(modelId=NOVA, messages=[user({"text": "Go to Rome"})], toolConfig=config)
    events = list(stream["stream"])
    # THEN the block starts with its name, and the pieces of its input make JSON
    starts = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    assert [start["start"]["toolUse"]["name"] for start in starts] == ["get_weather"]
    pieces = [e["contentBlockDelta"]["delta"]["toolUse"]["input"] for e in events if "contentBlockDelta" in e]
    assert len(pieces) > 1
    assert json.loads("".join(pieces)) == {"city": "Rome"}
    assert events[-2]["messageStop"]["stopReason"] == "tool_use"


def test_tools_cost_hidden_tokens(bedrock: Any) -> None:
    # WHEN the same is said with and without a tool
    messages = [user({"text": "Hello"})]
    plain = bedrock.converse(modelId=NOVA, messages=messages)["usage"]["inputTokens"]
    with_tool = bedrock.converse(modelId=NOVA, messages=messages, toolConfig=TOOLS)["usage"]["inputTokens"]
    # THEN the tool costs hundreds of tokens that its bytes don't show
    assert with_tool - plain > 300 > len(json.dumps(TOOLS))


def test_image_and_document_are_seen(bedrock: Any) -> None:
    # GIVEN a photograph and a specification
    image = {"image": {"format": "png", "source": {"bytes": paint("car", 320, 200)}}}
    paper = {"document": {"format": "txt", "name": "spec", "source": {"bytes": b"Name: Aurelia\nSeats: 5"}}}
    # WHEN an advert is asked for
    answer = bedrock.converse(modelId=NOVA, messages=[user(image, paper, {"text": "Write an advert."})])
    # THEN it uses both
    assert "320 x 200" in text_of(answer)
    assert "Aurelia: room" in text_of(answer)
    assert "Five seats" in text_of(answer)


def test_system_prompt_reaches_the_model(bedrock: Any) -> None:
    # WHEN there is a system prompt
    answer = bedrock.converse(modelId=NOVA, system=[{"text": "Be brief."}], messages=[user({"text": "Hi"})])
    # THEN the model has heard it
    assert "My instructions are: Be brief." in text_of(answer)


def test_inference_config_is_kept(bedrock: Any) -> None:
    # WHEN there is a limit, and a stop sequence
    messages = [user({"text": "Repeat after me: one two three STOP four"})]
    cut = bedrock.converse(modelId=NOVA, messages=messages, inferenceConfig={"maxTokens": 2})
    stopped = bedrock.converse(modelId=NOVA, messages=messages, inferenceConfig={"stopSequences": ["STOP"]})
    # THEN both are kept
    assert (cut["stopReason"], cut["usage"]["outputTokens"], text_of(cut)) == ("max_tokens", 2, "one two")
    assert (stopped["stopReason"], text_of(stopped)) == ("stop_sequence", "one two three ")


def test_cache_point_is_counted_in_the_total(bedrock: Any) -> None:
    # WHEN a system prompt ends in a cache point
    system = [{"text": "You sell cars. " * 40}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    usage = bedrock.converse(modelId=CLAUDE, system=system, messages=[user({"text": "Hi"})])["usage"]
    # THEN the cached tokens stand apart, and the total has them
    assert usage["cacheWriteInputTokens"] > 100 > usage["inputTokens"]
    assert usage["cacheDetails"] == [{"ttl": "1h", "inputTokens": usage["cacheWriteInputTokens"]}]
    assert usage["totalTokens"] == sum(usage[k] for k in ("inputTokens", "outputTokens", "cacheWriteInputTokens"))


def test_reasoning_comes_first_when_asked_for(bedrock: Any) -> None:
    # WHEN Claude is asked to think
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    call = {"modelId": CLAUDE, "messages": [user({"text": "Hi"})], "additionalModelRequestFields": fields}
    answer = bedrock.converse(**call)
    events = list(bedrock.converse_stream(**call)["stream"])
    # THEN its reasoning comes first, signed, streamed too
    reasoning = answer["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"]
    deltas = [
        e["contentBlockDelta"]["delta"]["reasoningContent"]
        for e in events
        if "contentBlockDelta" in e and "reasoningContent" in e["contentBlockDelta"]["delta"]
    ]
    assert "".join(delta.get("text", "") for delta in deltas) == reasoning["text"]
    assert deltas[-1]["signature"] == reasoning["signature"]


SCHEMAS: list[dict[str, Any]] = [
    SCHEMA,
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 5, "maximum": 9}}, "required": ["n"]},
    {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 3},
    {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"v": {"type": ["null", "number"]}}}}},
    {"anyOf": [{"type": "string", "minLength": 30, "maxLength": 40}, {"type": "null"}]},
    {"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {"type": "boolean"}}}]},
    {
        "type": "object",
        "properties": {"when": {"type": "string", "format": "date-time"}},
        "additionalProperties": False,
    },
    {"type": "number", "exclusiveMinimum": 2, "multipleOf": 0.5},
    {"$defs": {"t": {"properties": {"next": {"$ref": "#/$defs/t"}}, "type": "object"}}, "$ref": "#/$defs/t"},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_instance_satisfies_its_schema(schema: dict[str, Any]) -> None:
    # WHEN a tool's input is made up, whose schema may hold anything THEN it satisfies it
    jsonschema.validate(schemas.instance(schema, schemas.Hints("Give 7 cars")), schema)


def test_answer_satisfies_the_schema(bedrock: Any) -> None:
    # WHEN an answer by schema is asked for
    schema = {**SCHEMA, "additionalProperties": False}
    structure = {"jsonSchema": {"schema": json.dumps(schema), "name": "answer"}}
    config = {"textFormat": {"type": "json_schema", "structure": structure}}
    answer = bedrock.converse(modelId=CLAUDE_45, messages=[user({"text": "Give 7 cars"})], outputConfig=config)
    # THEN it satisfies it
    jsonschema.validate(json.loads(text_of(answer)), schema)


PAPER = {"document": {"format": "txt", "name": "a", "source": {"bytes": b"x"}}}
USE = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}
HI = {"text": "Hi"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no message": ({"messages": []}, "must start with a user message"),
    "assistant first": ({"messages": [assistant(HI)]}, "must start with a user message"),
    "two of the user": ({"messages": [user(HI), user(HI)]}, "must alternate between user and assistant roles"),
    "blank text": ({"messages": [user({"text": " "})]}, "at messages.0.content.0 is blank"),
    "no content": ({"messages": [user()]}, "messages.0 is empty"),
    "tools in history only": (
        {"messages": [user(HI), assistant(USE), user(RESULT)]},
        "toolConfig field must be defined",
    ),
    "result of nothing": (
        {"messages": [user(HI), assistant(HI), user(RESULT)], "toolConfig": TOOLS},
        "exceeds the number",
    ),
    "use without result": (
        {"messages": [user(HI), assistant(USE), user(HI)], "toolConfig": TOOLS},
        "following Ids: t1",
    ),
    "paper without text": ({"messages": [user(PAPER)]}, "text block has to be included"),
    "six papers": (
        {"messages": [user(HI, *({"document": {**PAPER["document"], "name": f"p{i}"}} for i in range(6)))]},
        "maximum of 5",
    ),
    "name of a paper": (
        {"messages": [user(HI, {"document": {**PAPER["document"], "name": "a.b"}})]},
        "can only contain alphanumeric",
    ),
    "unknown forced tool": (
        {"messages": [user(HI)], "toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "other"}}}},
        "Tool 'other'",
    ),
    "too hot": ({"messages": [user(HI)], "inferenceConfig": {"temperature": 5.0}}, "less than or equal to 1"),
    "wrong role": ({"messages": [{"role": "robot", "content": [HI]}]}, "enum value set: [user, assistant"),
    "half a guardrail": ({"messages": [user(HI)], "guardrailConfig": {"guardrailIdentifier": "abc"}}, "given together"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_converse_refuses(name: str, server: Any, bedrock: Any) -> None:
    # GIVEN a request with one thing wrong, past boto3's own checks
    body, message = REFUSED[name]
    # WHEN it is sent as a buffered call and as a stream
    for operation in (bedrock.converse, bedrock.converse_stream):
        with pytest.raises(bedrock.exceptions.ValidationException) as refused:
            operation(modelId=NOVA, **body)
        # THEN the message says what
        assert message in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("model", "more", "message"),
    [
        ("amazon.titan-text-express-v1", {"system": [HI]}, "system messages"),
        ("amazon.titan-text-express-v1", {"toolConfig": TOOLS}, "tool use"),
        ("us.meta.llama3-3-70b-instruct-v1:0", {"toolConfig": {**TOOLS, "toolChoice": {"any": {}}}}, "toolChoice.any"),
        ("amazon.titan-embed-text-v2:0", {}, "doesn't support the model"),
        ("stability.stable-image-core-v1:1", {}, "doesn't support the model"),
    ],
)
def test_what_a_family_cannot_do(model: str, more: dict[str, Any], message: str, bedrock: Any) -> None:
    # WHEN a family is asked for what it can't do THEN it says so
    with pytest.raises(bedrock.exceptions.ValidationException, match=message):
        bedrock.converse(modelId=model, messages=[user(HI)], **more)


def test_guardrail_intervenes_over_converse(bedrock: Any, server: Any) -> None:
    # GIVEN a guardrail that traces
    config = {"guardrailIdentifier": "gr1", "guardrailVersion": "2", "trace": "enabled"}
    # WHEN the forbidden topic comes up, and when it doesn't
    blocked = bedrock.converse(
        modelId=NOVA, messages=[user({"text": "Tell me of forbidden-topic"})], guardrailConfig=config
    )
    passed = bedrock.converse(modelId=NOVA, messages=[user(HI)], guardrailConfig=config)
    # THEN the guardrail answers in the model's place, nothing is consumed, and the journal names the guardrail
    assert blocked["stopReason"] == "guardrail_intervened"
    assert text_of(blocked).startswith("Sorry")
    assert blocked["usage"]["totalTokens"] == 0
    topics = blocked["trace"]["guardrail"]["inputAssessment"]["gr1"]["topicPolicy"]["topics"]
    assert topics[0]["action"] == "BLOCKED"
    assert passed["stopReason"] == "end_turn"
    assert [call.guardrail for call in server.journal.calls()] == ["gr1:2", "gr1:2"]


def test_guardrail_intervenes_in_a_stream(bedrock: Any) -> None:
    # WHEN the forbidden topic comes up in a stream
    config = {"guardrailIdentifier": "gr1", "guardrailVersion": "2"}
    stream = bedrock.converse_stream(modelId=NOVA, messages=[user({"text": "forbidden-topic"})], guardrailConfig=config)
    # THEN its stop reason says so
    events = list(stream["stream"])
    assert [e["messageStop"]["stopReason"] for e in events if "messageStop" in e] == ["guardrail_intervened"]
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 0


def test_guardrail_intervenes_on_invoke(invoke: Any, chunks: Any) -> None:
    # GIVEN InvokeModel calls that carry a guardrail in their headers
    options = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "ENABLED"}
    body = {"inputText": "about forbidden-topic"}
    # WHEN the forbidden topic comes up, buffered and streamed
    answer, _ = invoke("amazon.titan-text-lite-v1", body, **options)
    payloads = chunks("amazon.titan-text-lite-v1", body, **options)
    passed, _ = invoke("amazon.titan-text-lite-v1", {"inputText": "Hi"}, **options)
    # THEN body and chunks say so, and the input that never reached the model has no metrics
    assert answer["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert "inputAssessment" in answer["amazon-bedrock-trace"]["guardrail"]
    assert {payload["amazon-bedrock-guardrailAction"] for payload in payloads} == {"INTERVENED"}
    assert not any("amazon-bedrock-invocationMetrics" in payload for payload in payloads)
    assert passed["amazon-bedrock-guardrailAction"] == "NONE"


MARKED = {"guardContent": {"text": {"text": "marked"}}}
RESULT = [
    user(HI),
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "look", "input": {}}}]},
    user({"toolResult": {"toolUseId": "1", "content": [{"text": "found"}]}}, {"text": "And?"}),
]
LOOK = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]}


@pytest.mark.parametrize(
    ("said", "checked"),
    [
        ({"messages": [user(HI, {"text": "there"})]}, "Hi\nthere"),
        ({"messages": [user(HI, MARKED)]}, "marked"),
        ({"messages": [user(HI)], "system": [{"text": "Be brief."}]}, "Hi"),
        ({"messages": [user(HI)], "system": [{"text": "Be brief."}, MARKED]}, "marked\nHi"),
        ({"messages": RESULT, "toolConfig": LOOK}, "Hi\nAnd?"),
    ],
    ids=["messages", "a mark among them", "a system prompt", "a mark in it", "a tool's result"],
)
def test_what_a_guardrail_reads_over_converse(bedrock: Any, server: Any, said: Any, checked: str) -> None:
    # WHEN a call carries a guardrail, THEN the journal has what it read
    bedrock.converse(modelId=NOVA, guardrailConfig={"guardrailIdentifier": "gr1", "guardrailVersion": "2"}, **said)
    assert server.journal.calls()[-1].checked == checked


@pytest.mark.parametrize(
    ("suffix", "text", "checked"),
    [
        (None, "a <{tag}_x>b</{tag}_x>", "a <{tag}_x>b</{tag}_x>"),
        ("x", "a <{tag}_x>b</{tag}_x> c <{tag}_x>\nd</{tag}_x>", "b\n\nd"),
        ("x", "a <{tag}_y>b</{tag}_y>", "a <{tag}_y>b</{tag}_y>"),
    ],
    ids=["without a suffix", "two", "another suffix"],
)
def test_what_a_guardrail_reads_on_invoke(invoke: Any, server: Any, suffix: Any, text: str, checked: str) -> None:
    tag = "amazon-bedrock-guardrails-guardContent"
    config = {} if suffix is None else {"amazon-bedrock-guardrailConfig": {"tagSuffix": suffix}}
    body = {"inputText": text.format(tag=tag), **config}
    invoke("amazon.titan-text-lite-v1", body, guardrailIdentifier="gr1", guardrailVersion="1")
    assert server.journal.calls()[-1].checked == checked.format(tag=tag)


@pytest.mark.parametrize("suffix", ["", "a b", "x" * 21, 5.5])
def test_a_suffix_that_is_none(invoke: Any, suffix: Any) -> None:
    body = {"inputText": "Hi", "amazon-bedrock-guardrailConfig": {"tagSuffix": suffix}}
    with pytest.raises(ClientError, match="suffix"):
        invoke("amazon.titan-text-lite-v1", body, guardrailIdentifier="gr1", guardrailVersion="1")


def test_long_texts_survive_the_round_trip(bedrock: Any) -> None:
    # GIVEN a text of many kinds of characters
    text = "t\u00e4glich \u2603 \U0001f697 \u4f60\u597d \u202e \t\n" * 40 + "end"
    # WHEN the model repeats it, streamed
    stream = bedrock.converse_stream(modelId=NOVA, messages=[user({"text": f"Repeat after me:{text}"})])["stream"]
    # THEN it comes back whole
    heard = "".join(event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event)
    assert heard == text
