"""The worst case against the stand-in models' own count, which shares no code with it and hides what no client sees."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_api.dialects import Call, Payload
from llm_api.events import Request
from llm_api.families import Family
from llm_api.metering.bounds import Bound, bound
from llm_api.registry import Endpoint, Target
from llm_api.routes import dialect_of, parser_of

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models.app import ModelRuntime
from local_aws.models.images import paint
from local_aws.models.types import ModelRequest, Usage

LIMIT = 700
MODELS = {
    "anthropic": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "nova": "amazon.nova-lite-v1:0",
    "titan-text": "amazon.titan-text-express-v1",
    "llama": "us.meta.llama3-3-70b-instruct-v1:0",
    "mistral": "mistral.mistral-large-2407-v1:0",
    "cohere-command": "cohere.command-r-plus-v1:0",
    "jamba": "ai21.jamba-1-5-large-v1:0",
    "deepseek": "us.deepseek.r1-v1:0",
    "openai": "openai.gpt-oss-120b-1:0",
    "qwen": "qwen.qwen3-32b-v1:0",
    "titan-embed": "amazon.titan-embed-text-v2:0",
    "cohere-embed": "cohere.embed-v4:0",
}


def target_of(family: str) -> Target:
    return Target("m", MODELS[family], family, max_output_tokens=None if "embed" in family else LIMIT)


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


def picture(size: tuple[int, int]) -> str:
    return base64.b64encode(paint("x", *size)).decode()


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


def test_the_instructions_that_come_with_a_tool_are_foreseen() -> None:
    # GIVEN a question, and the same with a tool that is named by its type alone
    body = {"messages": [{"role": "user", "content": "x"}]}
    with_tool = {**body, "tools": [{"name": "f", "input_schema": {}}]}
    with_built_in = {**body, "tools": [{"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}]}

    # WHEN they are bounded
    plain, tool, built_in = (most("anthropic", one).input_tokens for one in (body, with_tool, with_built_in))

    # THEN what Anthropic says that a tool costs is in it
    assert tool - plain > 804
    assert built_in - plain > 804 + 700


def most(family: str, body: Any, operation: str = "invoke", **changes: Any) -> Bound:
    found = bound(Target("m", "x", family, max_output_tokens=LIMIT), operation, [Payload(body)])  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_plain_question_is_not_dear() -> None:
    # GIVEN a question of five words
    body = {"messages": [{"role": "user", "content": [{"text": "What is a family SUV?"}]}]}

    # WHEN it is bounded
    # THEN framing is most of it
    assert most("nova", body, "converse").input_tokens < 700


def test_a_picture_counts_as_a_picture_where_a_model_looks_for_one() -> None:
    # GIVEN a megabyte of a picture, and the same in a tool's arguments, where it is text
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(1_000_000)).decode()
    image = {"image": {"format": "png", "source": {"bytes": data}}}
    shown = {"messages": [{"role": "user", "content": [image]}]}
    told = {"messages": [{"role": "assistant", "content": [{"toolUse": {"name": "f", "input": image}}]}]}

    # WHEN both are bounded
    # THEN only what is looked at is no text
    assert most("nova", shown, "converse").input_tokens < 10_000
    assert most("nova", told, "converse").input_tokens > len(data)


def test_text_in_a_pictures_place_stays_text() -> None:
    # GIVEN text that stands where a picture should
    text = base64.b64encode(b"ignore all limits " * 10_000).decode()
    body = {"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": text}}}]}]}

    # WHEN it is bounded
    # THEN it counts byte for byte
    assert most("nova", body, "converse").input_tokens > len(text)


@pytest.mark.parametrize(
    "block",
    [
        {"document": {"format": "pdf", "name": "x", "source": {"bytes": "JVBERi0="}}},
        {"video": {"format": "mp4", "source": {"bytes": "AAAA"}}},
        {"audio": {"format": "mp3", "source": {"bytes": "AAAA"}}},
    ],
)
def test_what_has_no_measurable_length_is_as_long_as_a_context(block: dict[str, Any]) -> None:
    # GIVEN a file of which a kilobyte may hold any amount of text
    body = {"messages": [{"role": "user", "content": [{"text": "x"}, block]}]}

    # WHEN it is bounded
    # THEN it is the most that a model reads
    assert most("nova", body, "converse").input_tokens >= Family.context_tokens


PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
PNG_THEN_TEXT = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()[:8] + "ignore all limits " * 10_000


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": PDF},
        {"type": "document", "document": {}, "source": PDF},
        {"type": "document", "image": None, "source": PDF},
        {"type": "document", "text": "x", "source": {"type": "file", "file_id": "f"}},
        {"type": "document", "source": {"type": "of-tomorrow", "data": "x"}},
        {"type": "document"},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "of-tomorrow", "source": PDF},
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}},
        {"type": "audio_url", "audio_url": {"url": "data:audio/mp3;base64,AAAA"}},
        {"type": "text", "text": "x", "input_audio": {"data": "AAAA"}},
        {"type": "tool_result", "content": [{"type": "document", "source": PDF}]},
        {"type": "tool_result", "content": {"type": "document", "source": PDF}},
        {"type": "text", "text": "x", "of-tomorrow": [[{"type": "document", "source": PDF}]]},
    ],
)
@pytest.mark.parametrize("family", ["anthropic", "qwen"])
def test_no_field_too_many_hides_what_cannot_be_measured(family: str, block: dict[str, Any]) -> None:
    # GIVEN a file, with fields beside it, in a kind of block that nobody knows, or where nobody looks for one
    body = {"messages": [{"role": "user", "content": [block]}]}

    # WHEN it is bounded
    found = most(family, body)

    # THEN it is the most that a model reads
    assert found.input_tokens >= Family.context_tokens
    assert found.unmeasurable


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "image": None, "source": {"type": "text", "data": PNG_THEN_TEXT}},
        {"type": "document", "image": {}, "source": {"type": "text", "data": PNG_THEN_TEXT}},
        {"type": "image", "source": {"type": "text", "data": PNG_THEN_TEXT}},
        {"type": "text", "text": "x", "image": {"source": {"bytes": PNG_THEN_TEXT}}},
        {"type": "text", "text": "x", "image_url": {"url": PNG_THEN_TEXT}},
        {"image": {"source": {"bytes": PNG_THEN_TEXT}}},
        {"type": "of-tomorrow", "text": PNG_THEN_TEXT},
    ],
)
def test_no_field_too_many_takes_text_out_of_the_bound(block: dict[str, Any]) -> None:
    # GIVEN text that begins like a picture, in a block that is none, or only half one
    body = {"messages": [{"role": "user", "content": [block]}]}

    # WHEN it is bounded
    # THEN it counts byte for byte
    assert most("anthropic", body).input_tokens > len(PNG_THEN_TEXT)


def test_what_a_block_holds_is_seen_over_converse_whatever_type_it_names() -> None:
    # GIVEN a PDF as Converse writes one, with another API's `type` beside it
    paper = {"document": {"format": "pdf", "name": "x", "source": {"bytes": "JVBERi0="}}}

    # WHEN it is bounded
    # THEN it is the most that a model reads
    for kind in ("text", "image", "document", 7, None):
        body = {"messages": [{"role": "user", "content": [{"type": kind, **paper}]}]}
        assert most("nova", body, "converse").input_tokens >= Family.context_tokens


TOOL = {"name": "f", "description": "d" * 3000, "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("additional", "tokens"),
    [
        ({"tools": [TOOL]}, 2 * 3000 + 1500),
        ({"tools": [{"type": "computer_20250124", "name": "computer"}]}, 1500 + 2000),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"description": "d" * 3000}}}},
            2 * 3000 + 1500,
        ),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, 500),
    ],
)
def test_additional_fields_count_as_in_the_models_own_body(additional: dict[str, Any], tokens: int) -> None:
    # GIVEN what Converse has no field for, sent beside it
    plain: dict[str, Any] = {"messages": [{"role": "user", "content": [{"text": "x"}]}]}

    # WHEN it is bounded
    more = most("anthropic", {**plain, "additionalModelRequestFields": additional}, "converse").input_tokens

    # THEN what it is worth in the model's own body is in it
    assert more - most("anthropic", plain, "converse").input_tokens >= tokens
    native = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}
    assert more >= most("anthropic", {**native, **additional}).input_tokens - 100


@pytest.mark.parametrize(
    ("family", "body", "limit"),
    [
        ("anthropic", {"max_tokens": 5}, 5),
        ("nova", {"inferenceConfig": {"maxTokens": 5}}, 5),
        ("other", {"max_tokens": 5}, 5),
        ("other", {"max_gen_len": 1}, LIMIT),
        ("qwen", {"max_completion_tokens": 1}, LIMIT),
        ("llama", {"max_gen_len": 5}, 5),
        ("llama", {"max_tokens": 1}, LIMIT),
        ("titan-text", {"textGenerationConfig": {"maxTokenCount": 6}}, 6),
        ("openai", {}, LIMIT),
    ],
)
def test_only_the_limit_that_the_model_obeys_counts(family: str, body: dict[str, Any], limit: int) -> None:
    # GIVEN a body as it goes out, which limits its answer by a name that its model obeys, by another one, or not at all
    # WHEN it is bounded
    # THEN it may write as much as the limit that the model obeys
    assert most(family, body).output_tokens == limit


def test_a_model_without_a_limit_has_no_bound() -> None:
    # GIVEN a chat model that was declared without max_output_tokens
    target = Target("m", "x", "nova")

    # WHEN it is bounded
    found = bound(target, "converse", [Payload({"messages": []})])

    # THEN its output is not
    assert found is not None
    assert found.output_tokens is None


@pytest.mark.parametrize(
    "target",
    [
        Target("m", None, "sagemaker", endpoint=Endpoint("e"), max_output_tokens=5),
        Target("m", "cohere.rerank-v3-5:0", "cohere-rerank"),
    ],
)
def test_what_can_not_be_bounded_says_so(target: Target) -> None:
    # GIVEN anyone's container, and a model that reads the query once for each document
    # WHEN it is bounded
    # THEN there is no number
    assert bound(target, "invoke", [Payload(b"{}")]) is None


@pytest.mark.parametrize(
    ("family", "body", "images"),
    [
        ("stability", {"prompt": "x"}, 1),
        ("titan-image", {"taskType": "TEXT_IMAGE"}, 1),
        ("nova-canvas", {"taskType": "TEXT_IMAGE", "imageGenerationConfig": {"numberOfImages": 3}}, 3),
        ("nova-canvas", {"taskType": "TEXT_IMAGE", "imageGenerationConfig": {"numberOfImages": "3"}}, 10),
    ],
)
def test_pictures_to_be_made_are_counted(family: str, body: dict[str, Any], images: int) -> None:
    # GIVEN a request for pictures
    # WHEN it is bounded
    # THEN they are what it costs
    assert most(family, body) == Bound(images=images)


@pytest.mark.parametrize(
    ("body", "caches", "for_an_hour"),
    [
        ({"messages": [{"content": [{"text": "x"}]}]}, False, False),
        ({"system": [{"text": "x"}, {"cachePoint": {"type": "default"}}]}, True, False),
        ({"toolConfig": {"tools": [{"cachePoint": {"type": "default", "ttl": "1h"}}]}}, True, True),
        ({"messages": [{"content": [{"type": "text", "cache_control": {"type": "ephemeral"}}]}]}, True, False),
    ],
)
def test_what_asks_for_the_cache_is_seen(body: dict[str, Any], caches: bool, for_an_hour: bool) -> None:
    # GIVEN a request with or without marks for the prompt cache
    # WHEN it is bounded
    found = most("anthropic", body)

    # THEN it is known, and for how long
    assert (found.caches, found.caches_for_an_hour) == (caches, for_an_hour)


def test_counting_tokens_uses_none() -> None:
    # GIVEN a count of tokens, which Bedrock doesn't charge for
    # WHEN it is bounded
    # THEN it is nothing
    assert most("anthropic", {"input": {}}, "count_tokens") == Bound()


@pytest.mark.parametrize("odd", [None, 5, True, "x", [], {}], ids=str)
def test_values_of_odd_types_are_bounded_like_any(odd: Any) -> None:
    claude, block = target_of("anthropic"), {"type": "document", "source": {"type": odd}}
    bodies = [
        {"messages": [{"role": "user", "content": [block, {"document": {"format": odd, "source": odd}}]}]},
        {"messages": [], "tools": [odd], "toolConfig": {"tools": [odd]}},
        {"messages": [], "toolConfig": [odd]},
    ]
    for operation in ("invoke", "converse"):
        for body in bodies:
            assert isinstance(bound(claude, operation, [Payload(body)]), Bound)
