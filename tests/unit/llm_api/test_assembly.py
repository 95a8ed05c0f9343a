"""A stream that is put together is the answer that the other operation gives, for every family that can be."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.dialects import Operation, Payload
from llm_api.eventstream import Decoder, chunk
from llm_api.inference.assembly import Assembly
from llm_api.inference.partial import assembly_for
from llm_api.inference.usage import Usage
from llm_api.registry import Target

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelResponse, ModelRuntime

RUNTIME = ModelRuntime(Faults(), Journal(), pace_seconds=0, ended=frozenset())
GUARDRAIL = {"x-amzn-bedrock-guardrailidentifier": "guard1234567", "x-amzn-bedrock-guardrailversion": "3"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "The weather of a city."}
ASK_FOR_WEATHER = "What is the weather like in Paris and in Zürich?"

Body = dict[str, Any]

CLAUDE = Target("claude", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic")
NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova")
TITAN = Target("titan", "amazon.titan-text-express-v1", "titan-text")
LLAMA = Target("llama", "us.meta.llama3-1-8b-instruct-v1:0", "llama")
MISTRAL = Target("mistral", "mistral.mistral-7b-instruct-v0:2", "mistral")
DEEPSEEK = Target("deepseek", "us.deepseek.r1-v1:0", "deepseek")


def converse(text: str, limit: int, *, tools: bool, thinks: bool) -> Body:
    body: Body = {"messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": limit}}
    if tools:
        body["toolConfig"] = {"tools": [{"toolSpec": {**WEATHER, "inputSchema": {"json": CITY}}}]}
    if thinks:
        body["additionalModelRequestFields"] = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        body["inferenceConfig"]["maxTokens"] += 1024
    return body


def claude(text: str, limit: int, *, tools: bool, thinks: bool) -> Body:
    messages = [{"role": "user", "content": text}]
    body: Body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": limit, "messages": messages}
    if tools:
        body["tools"] = [{**WEATHER, "input_schema": CITY}]
    if thinks:
        body |= {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1024 + limit}
    return body


def nova(text: str, limit: int, *, tools: bool, thinks: bool) -> Body:
    return converse(text, limit, tools=tools, thinks=False)


def prompted(field: str, limited: Callable[[int], Body]) -> Callable[..., Body]:
    def body(text: str, limit: int, *, tools: bool, thinks: bool) -> Body:
        return {field: text, **limited(limit)}

    return body


NATIVE: list[tuple[Target, Callable[..., Body]]] = [
    (CLAUDE, claude),
    (NOVA, nova),
    (TITAN, prompted("inputText", lambda limit: {"textGenerationConfig": {"maxTokenCount": limit}})),
    (LLAMA, prompted("prompt", lambda limit: {"max_gen_len": limit})),
    (MISTRAL, prompted("prompt", lambda limit: {"max_tokens": limit})),
    (DEEPSEEK, prompted("prompt", lambda limit: {"max_tokens": limit})),
]
ROUTES: list[tuple[Operation, Target, Callable[..., Body]]] = [
    *[("invoke", target, body) for target, body in NATIVE],  # type: ignore[misc]
    ("converse", CLAUDE, converse),
    ("converse", NOVA, nova),
    ("converse", MISTRAL, lambda *given, **options: nova(*given, **{**options, "tools": False})),
]
every_route = pytest.mark.parametrize(
    ("operation", "target", "body"), ROUTES, ids=lambda it: getattr(it, "alias", None)
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60)
texts = st.one_of(
    words.map("Repeat after me: a{}".format), st.sampled_from([ASK_FOR_WEATHER, "Tell me about a family SUV."])
)


def ask(operation: str, target: Target, body: Body, headers: dict[str, str] | None = None) -> ModelResponse:
    sent = {"content-type": "application/json", **(headers or {})}
    return RUNTIME.respond(ModelRequest("us-east-1", target.id or "", operation, sent, json.dumps(body).encode()))


def frames(response: ModelResponse) -> list[tuple[str, Body]]:
    """The stream's events, decoded by the package's own decoder."""
    assert response.status == 200, response.body
    decoder = Decoder()
    found = []
    for piece in response.body:
        assert isinstance(piece, bytes)
        for message in decoder.messages(piece):
            event = message.headers[":event-type"]
            payload = chunk(message.payload) if event == "chunk" else message.payload
            found.append((event, json.loads(payload)))
    return found


def assembled(operation: Operation, target: Target, body: Body, events: list[tuple[str, Body]]) -> Assembly:
    assembly = assembly_for(target, operation, Payload(body))
    assert assembly is not None
    for event, document in events:
        assembly.add(event, document)
    return assembly


def streamed(operation: str) -> str:
    return "converse-stream" if operation == "converse" else "invoke-with-response-stream"


@every_route
@settings(max_examples=40, deadline=None)
@given(text=texts, limit=st.integers(1, 60), tools=st.booleans(), thinks=st.booleans(), guarded=st.booleans())
def test_a_whole_stream_is_the_whole_answer(
    operation: Operation,
    target: Target,
    body: Callable[..., Body],
    text: str,
    limit: int,
    tools: bool,
    thinks: bool,
    guarded: bool,
) -> None:
    # GIVEN a request, asked for in one piece and as a stream
    request = body(text, limit, tools=tools, thinks=thinks)
    headers = GUARDRAIL | {"x-amzn-bedrock-trace": "ENABLED"} if guarded and operation == "invoke" else {}
    if guarded and operation == "converse":
        request["guardrailConfig"] = {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"}
    whole = ask(operation, target, request, headers)
    assert whole.status == 200, whole.body
    assert isinstance(whole.body, bytes)
    # WHEN the stream is put together
    assembly = assembled(operation, target, request, frames(ask(streamed(operation), target, request, headers)))
    # THEN it is the same answer, to the last number
    assert assembly.stopped
    assert assembly.answer(None) == json.loads(whole.body)
    # AND InvokeModel's headers are in it, which a stream has none of
    counted = {name: value for name, value in whole.headers if name.endswith(("-token-count", "-invocation-latency"))}
    assert assembly.headers == counted


@every_route
@settings(max_examples=25, deadline=None)
@given(text=texts, tools=st.booleans(), thinks=st.booleans(), at=st.floats(0, 1))
def test_a_stream_that_is_cut_anywhere_is_the_beginning_of_the_answer(
    operation: Operation, target: Target, body: Callable[..., Body], text: str, tools: bool, thinks: bool, at: float
) -> None:
    # GIVEN a stream that ends in the middle
    request = body(text, 200, tools=tools, thinks=thinks)
    events = frames(ask(streamed(operation), target, request))
    whole = assembled(operation, target, request, events).answer(None)
    cut = events[: int(at * len(events))]
    # WHEN it is put together
    assembly = assembled(operation, target, request, cut)
    answer = assembly.answer(Usage(11, 7, estimated=True))
    # THEN every text is the beginning of the real one, and every call of a tool is a whole one
    if assembly.stopped:
        return
    found, real = told(answer), told(whole)
    assert len(found) <= len(real)
    for one, other in zip(found, real, strict=False):
        assert one == other if not isinstance(one, str) else str(other).startswith(one)
    assert assembly.has_answer == any(not isinstance(one, Thought) for one in found)
    # AND the reason is the one of an answer that is too long
    assert reason(answer) in ("max_tokens", "LENGTH", "length")


class Thought(str):
    """What a model thought."""


def told(answer: Body) -> list[Any]:
    """The texts, thoughts and calls of an answer, in order."""
    for name in ("results", "outputs", "choices"):
        if name in answer:
            return [text for entry in answer[name] if (text := entry.get("outputText") or entry.get("text"))]
    if "generation" in answer:
        return [answer["generation"]] if answer["generation"] else []
    blocks = answer["content"] if "content" in answer else answer["output"]["message"]["content"]
    found: list[Any] = []
    for block in blocks:
        thought = block.get("thinking") or block.get("reasoningContent", {}).get("reasoningText", {}).get("text")
        found.append(block.get("text", block) if thought is None else Thought(thought))
    return found


def reason(answer: Body) -> str:
    for name in ("results", "outputs", "choices"):
        if name in answer:
            entry = answer[name][0]
            return str(entry.get("completionReason") or entry.get("stop_reason"))
    return str(answer.get("stop_reason") or answer.get("stopReason"))


def test_numbers_that_never_came_are_the_estimate() -> None:
    # GIVEN a stream that is cut after its first text
    events = [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}})]
    # WHEN it is put together
    answer = assembled("converse", NOVA, {}, events).answer(Usage(11, 7, estimated=True))
    # THEN the answer has the estimate for its usage
    assert answer["usage"] == {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}


def test_half_a_call_of_a_tool_is_dropped() -> None:
    # GIVEN a text, and a tool's call in the middle of its arguments, which happen to be JSON already
    start = {"toolUse": {"toolUseId": "t", "name": "pay"}}
    events = [
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "I pay."}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockStart", {"contentBlockIndex": 1, "start": start}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"amount": 1}'}}}),
    ]
    # WHEN it is cut there, or one event later
    cut = assembled("converse", NOVA, {}, events)
    whole = assembled("converse", NOVA, {}, [*events, ("contentBlockStop", {"contentBlockIndex": 1})])
    # THEN the call is handed out once its end has come
    assert [list(block) for block in cut.answer(None)["output"]["message"]["content"]] == [["text"]]
    assert whole.answer(None)["output"]["message"]["content"][1]["toolUse"]["input"] == {"amount": 1}


def test_what_converse_says_beside_text_is_kept() -> None:
    # GIVEN citations, hidden reasoning and a tool without arguments
    events: list[tuple[str, Body]] = [
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"redactedContent": "aGk="}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Cars "}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "Manual"}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "drive."}}),
        ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "now"}}}),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use", "additionalModelResponseFields": {"x": 1}, "p": "ab"}),
    ]
    # WHEN they are put together
    answer = assembled("converse", CLAUDE, {}, events).answer(None)
    # THEN each stands where Converse has it
    assert answer["output"]["message"]["content"] == [
        {"reasoningContent": {"redactedContent": "aGk="}},
        {"citationsContent": {"content": [{"text": "Cars drive."}], "citations": [{"title": "Manual"}]}},
        {"toolUse": {"toolUseId": "t", "name": "now", "input": {}}},
    ]
    assert (answer["stopReason"], answer["additionalModelResponseFields"]) == ("tool_use", {"x": 1})
    assert "p" not in answer


@pytest.mark.parametrize(
    ("target", "operation", "body"),
    [
        (Target("command", "cohere.command-r-v1:0", "cohere-command"), "invoke", {"message": "Hi"}),
        (Target("oss", "openai.gpt-oss-120b-1:0", "openai"), "invoke", {"messages": []}),
        (MISTRAL, "invoke", {"messages": []}),
        (CLAUDE, "invoke", {"prompt": "Human: Hi"}),
        (LLAMA, "converse", {"messages": [], "toolConfig": {}}),
    ],
)
def test_what_only_a_whole_answer_will_do_for_is_not_streamed(target: Target, operation: Operation, body: Body) -> None:
    assert assembly_for(target, operation, Payload(body)) is None
