"""The worst case against the stand-in models' own count, which shares no code with it and hides what no client sees."""

import base64
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_api.dialects import Call, Payload
from llm_api.events import Request
from llm_api.metering.bounds import bound
from llm_api.registry import Target
from llm_api.routes import dialect_of, parser_of

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models.app import ModelRuntime
from local_aws.models.types import ModelRequest, Usage
from tests.unit.llm_api.bounds import LIMIT, picture, target_of


def call_of(route: str, body: dict[str, Any]) -> Call:
    path = route.replace("{modelId}", "m")
    request = Request("r", "POST", route, path, {}, {}, json.dumps(body).encode())
    call: Call = parser_of(dialect_of(request), request).parse(request)
    return call


RUNTIME = ModelRuntime(Faults(), Journal())


def counted(target: Target, operation: str, payload: Payload) -> Usage:
    """What the stand-in says that the request used."""
    answer = RUNTIME.respond(ModelRequest("us-east-1", target.id or "", operation, {}, payload.body_bytes()))
    assert answer.status == 200, answer.body
    return answer.usage


def check(family: str, route: str, body: dict[str, Any]) -> None:
    target = target_of(family)
    call = call_of(route, body)
    payloads = call.payloads(target)
    most = bound(target, call.operation, payloads)
    used = [counted(target, call.operation, payload) for payload in payloads]
    assert most is not None
    assert most.output_tokens is not None
    assert sum(use.total_tokens - use.output_tokens for use in used) <= most.input_tokens
    assert sum(use.output_tokens for use in used) <= most.output_tokens


# Text of which each character is a token, or which JSON or a tokenizer writes otherwise than it was sent.
texts = st.one_of(
    st.text(min_size=1, max_size=80),
    st.text('!?;"\\{}[]<>|\n\t ', min_size=1, max_size=200),
    st.text("ÄéßΐﷺⅧ漢字👩‍🚀\u0958", min_size=1, max_size=60),
    st.text("abcdefg hijk 0123456789", min_size=1, max_size=300),
).map(lambda text: f"a{text}a")
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)
values = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), st.none(), st.text('ab"\\ \n{}é', max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(names, inner, max_size=5)),
    max_leaves=40,
)
objects = st.dictionaries(names, values, max_size=6)
schemas = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(names, st.just({"type": "string"}), max_size=12)}
)
anything = {"type": "object"}
closed = {"additionalProperties": False}
limits = st.integers(1, LIMIT)
sizes = st.tuples(st.integers(1, 700), st.integers(1, 700))


converse_blocks = st.one_of(
    texts.map(lambda text: {"text": text}),
    sizes.map(lambda size: {"image": {"format": "png", "source": {"bytes": picture(size)}}}),
    st.tuples(st.sampled_from(["txt", "md", "csv", "html", "pdf", "docx"]), texts).map(
        lambda pair: {
            "document": {
                "format": pair[0],
                "name": "paper",
                "source": {"bytes": base64.b64encode(pair[1].encode()).decode()},
            }
        }
    ),
    st.just({"cachePoint": {"type": "default"}}),
)


@st.composite
def converse_bodies(draw: st.DrawFn, *, media: bool = True, tools: bool = True, system: bool = True) -> dict[str, Any]:
    def content() -> list[dict[str, Any]]:
        blocks = [{"text": draw(texts)}]
        seen = set()
        for block in draw(st.lists(converse_blocks, max_size=4)) if media else []:
            if not seen.intersection(block, ("document", "cachePoint")):  # models take four points at most
                blocks.append(block)
            seen.update(block)
        return blocks

    messages = [{"role": "user", "content": content()}]
    body: dict[str, Any] = {"messages": messages}
    for number in range(draw(st.integers(0, 3))):
        if tools and draw(st.booleans()):
            use = {"toolUse": {"toolUseId": f"call{number:05}", "name": "f", "input": draw(objects)}}
            result = draw(st.one_of(texts.map(lambda text: {"text": text}), objects.map(lambda value: {"json": value})))
            messages.append({"role": "assistant", "content": [use]})
            answers = [{"toolResult": {"toolUseId": f"call{number:05}", "content": [result]}}]
            messages.append({"role": "user", "content": answers})
            body["toolConfig"] = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": anything}}}]}
        else:
            messages.append({"role": "assistant", "content": [{"text": draw(texts)}]})
            messages.append({"role": "user", "content": content()})
    if tools and draw(st.booleans()):
        specs = [
            {"toolSpec": {"name": f"f{n}", "inputSchema": {"json": draw(schemas)}}}
            for n in range(draw(st.integers(1, 6)))
        ]
        specs.append({"toolSpec": {"name": "f", "description": draw(texts), "inputSchema": {"json": anything}}})
        body["toolConfig"] = {"tools": specs}
    if system and draw(st.booleans()):
        body["system"] = [{"text": draw(texts)} for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        body["inferenceConfig"] = {"maxTokens": draw(limits)}
    return body


many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(family=st.sampled_from(["anthropic", "nova"]), body=converse_bodies())
def test_converse_with_everything(family: str, body: dict[str, Any]) -> None:
    # GIVEN any request with pictures, documents, tools and cache points
    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/model/{modelId}/converse", body)


@many
@given(
    family=st.sampled_from(["titan-text", "llama", "mistral", "cohere-command", "jamba", "deepseek", "openai", "qwen"]),
    data=st.data(),
)
def test_converse_of_every_family(family: str, data: st.DataObject) -> None:
    # GIVEN any request of a family that can do less
    tools, system = family not in ("titan-text", "deepseek"), family != "titan-text"
    body = data.draw(converse_bodies(media=False, tools=tools, system=system))

    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/model/{modelId}/converse", body)


def _llama_prompt(turns: list[str]) -> str:
    spoken = [f"<|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>" for text in turns]
    return "<|begin_of_text|>" + "".join(spoken) + "<|start_header_id|>assistant<|end_header_id|>\n\n"


native_bodies = {
    "titan-text": st.builds(lambda text: {"inputText": text}, texts),
    "llama": st.builds(lambda turns: {"prompt": _llama_prompt(turns)}, st.lists(texts, min_size=1, max_size=4)),
    "mistral": st.builds(
        lambda turns: {"prompt": "<s>" + "".join(f"[INST] {text} [/INST]" for text in turns)},
        st.lists(texts, min_size=1, max_size=4),
    ),
    "deepseek": st.builds(lambda text: {"prompt": f"<\uff5cUser\uff5c>{text}<\uff5cAssistant\uff5c><think>\n"}, texts),
    "jamba": st.builds(
        lambda turns: {"messages": [{"role": "user", "content": text} for text in turns]},
        st.lists(texts, min_size=1, max_size=4),
    ),
    "cohere-command": st.builds(
        lambda text, history, tools, papers: {
            "message": text,
            "chat_history": [{"role": "USER", "message": said} for said in history],
            "tools": tools,
            "documents": [{"title": "t", "snippet": paper} for paper in papers],
        },
        texts,
        st.lists(texts, max_size=4),
        st.lists(
            st.fixed_dictionaries(
                {
                    "name": names,
                    "description": texts,
                    "parameter_definitions": st.dictionaries(
                        names, st.just({"type": "str", "required": True}), max_size=20
                    ),
                }
            ),
            max_size=5,
        ),
        st.lists(texts, max_size=3),
    ),
    "titan-embed": st.builds(lambda text: {"inputText": text}, texts),
    "cohere-embed": st.builds(
        lambda given: {"input_type": "search_document", "texts": given}, st.lists(texts, min_size=1, max_size=96)
    ),
}


@many
@given(family=st.sampled_from(sorted(native_bodies)), data=st.data())
def test_native_bodies(family: str, data: st.DataObject) -> None:
    # GIVEN a body in a family's own format, with or without a limit
    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/model/{modelId}/invoke", data.draw(native_bodies[family]))


def test_a_texts_pieces_may_each_be_a_token() -> None:
    # GIVEN the shortest texts there are, as many as are taken at once
    # WHEN they are embedded
    # THEN it used no more than was foreseen
    check("cohere-embed", "/model/{modelId}/invoke", {"input_type": "search_query", "texts": ["!"] * 96})
    check("titan-embed", "/v1/embeddings", {"model": "m", "input": ["!"] * 50})


@st.composite
def messages_bodies(draw: st.DrawFn) -> dict[str, Any]:
    blocks = st.one_of(
        texts.map(lambda text: {"type": "text", "text": text}),
        sizes.map(
            lambda size: {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": picture(size)},
            }
        ),
        texts.map(
            lambda text: {
                "type": "document",
                "title": "t",
                "source": {"type": "text", "media_type": "text/plain", "data": text},
            }
        ),
        texts.map(
            lambda text: {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": base64.b64encode(text.encode()).decode(),
                },
            }
        ),
        texts.map(lambda text: {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    )
    content = st.lists(blocks, min_size=1, max_size=5).filter(
        lambda given: sum("cache_control" in block for block in given) <= 4
    )
    messages: list[dict[str, Any]] = [{"role": "user", "content": draw(content)}]
    for number in range(draw(st.integers(0, 3))):
        use = {"type": "tool_use", "id": f"t{number}", "name": "f", "input": draw(objects)}
        messages.append({"role": "assistant", "content": [use]})
        result = draw(st.one_of(texts, st.lists(texts.map(lambda text: {"type": "text", "text": text}), max_size=3)))
        messages.append(
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{number}", "content": result}]}
        )
    body: dict[str, Any] = {"model": "m", "max_tokens": draw(limits), "messages": messages}
    if draw(st.booleans()):
        body["tools"] = [
            {"name": f"f{n}", "description": draw(texts), "input_schema": draw(schemas)}
            for n in range(draw(st.integers(1, 6)))
        ]
    if draw(st.booleans()):
        body["system"] = draw(texts)
    if draw(st.booleans()):
        body["output_config"] = {"format": {"type": "json_schema", "schema": {**draw(schemas), **closed}}}
    return body


@many
@given(messages_bodies())
def test_anthropics_messages(body: dict[str, Any]) -> None:
    # GIVEN any request of Anthropic's dialect
    # WHEN it is answered
    # THEN it used no more than was foreseen
    check("anthropic", "/v1/messages", body)


@st.composite
def chat_bodies(draw: st.DrawFn) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": draw(texts)}]
    parts: list[dict[str, Any]] = [{"type": "text", "text": draw(texts)}]
    parts += [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture(size)}"}}
        for size in draw(st.lists(sizes, max_size=2))
    ]
    messages.append({"role": "user", "content": parts})
    for number in range(draw(st.integers(0, 3))):
        function = {"name": "f", "arguments": json.dumps(draw(objects), separators=(",", ":"))}
        calls = [{"id": f"call{number:05}", "type": "function", "function": function}]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": f"call{number:05}", "content": draw(texts)})
    functions = [
        {"type": "function", "function": {"name": name, "parameters": draw(schemas)}}
        for name in ["f", *(f"f{n}" for n in range(draw(st.integers(0, 5))))]
    ]
    body: dict[str, Any] = {"model": "m", "messages": messages, "tools": functions}
    if draw(st.booleans()):
        body["max_completion_tokens"] = draw(limits)
    return body


@many
@given(family=st.sampled_from(["anthropic", "nova"]), body=chat_bodies())
def test_openais_chat(family: str, body: dict[str, Any]) -> None:
    # GIVEN any request of OpenAI's dialect
    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/v1/chat/completions", body)


@many
@given(family=st.sampled_from(["mistral", "jamba", "qwen", "openai"]), body=chat_bodies())
def test_openais_format_as_a_models_own(family: str, body: dict[str, Any]) -> None:
    # GIVEN a chat in OpenAI's format, sent to a model that speaks it
    native = {name: value for name, value in body.items() if name not in ("model", "max_completion_tokens")}

    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/model/{modelId}/invoke", native)


@many
@given(schemas, st.sampled_from(["anthropic", "nova", "qwen"]))
def test_answers_in_a_schema(schema: dict[str, Any], family: str) -> None:
    # GIVEN a request for an answer that follows a schema
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "response_format": wanted}

    # WHEN it is answered
    # THEN it used no more than was foreseen
    check(family, "/v1/chat/completions", body)


def test_numbers_that_are_written_with_blanks_count_with_them() -> None:
    # GIVEN a call's arguments in compact JSON, which a model is shown with a blank after each comma
    function = {"name": "f", "arguments": json.dumps({"a": [1] * 5000}, separators=(",", ":"))}
    messages = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "t", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "t", "content": "y"},
    ]

    # WHEN the request is answered
    # THEN it used no more than was foreseen
    check("qwen", "/model/{modelId}/invoke", {"messages": messages})


def test_short_definitions_of_tools_may_stand_for_long_ones() -> None:
    # GIVEN tools in Cohere's short form
    parameters = {f"p{number}": {} for number in range(500)}
    tools = [{"name": "f", "description": "d", "parameter_definitions": parameters}] * 10

    # WHEN the request is answered
    # THEN it used no more than was foreseen
    check("cohere-command", "/model/{modelId}/invoke", {"message": "x", "tools": tools})


def test_empty_entries_are_framed_too() -> None:
    # GIVEN results of which a body says next to nothing
    # WHEN the request is answered
    # THEN it used no more than was foreseen
    check("cohere-command", "/model/{modelId}/invoke", {"message": "x", "tool_results": [{}] * 500})
