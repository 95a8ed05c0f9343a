"""What the bound counts of a body: pictures, documents, fields too many, limits, and what asks for the cache."""

import base64
from typing import Any

import pytest
from llm_api.dialects import Payload
from llm_api.families import Family
from llm_api.metering.bounds import Bound, bound
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.bounds import LIMIT, target_of


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
