"""Tokens out of every family's answer, as AWS sends them."""

from typing import Any

import pytest
from llm_api.families import page
from llm_api.inference.usage import StreamUsage, Usage, estimate_tokens, of_answer

METRICS = {"inputTokenCount": 11, "outputTokenCount": 7, "invocationLatency": 400, "firstByteLatency": 90}


def usage_of(family: str, document: Any, headers: dict[str, str] | None = None, operation: str = "invoke") -> Usage:
    return of_answer(page(family), operation, lambda: b"x" * 40, headers or {}, document, b"y" * 20)


def streamed(family: str, documents: list[Any], operation: str = "invoke", *, complete: bool = True) -> Usage:
    usage = StreamUsage(page(family), operation, lambda: b"x" * 40)
    for document in documents:
        usage.see("chunk" if operation == "invoke" else next(iter(document)), document)
    return usage.usage(complete=complete)


@pytest.mark.parametrize(
    ("family", "document", "expected"),
    [
        ("anthropic", {"usage": {"input_tokens": 11, "output_tokens": 7}}, Usage(11, 7)),
        (
            "anthropic",
            {
                "usage": {
                    "input_tokens": 1,
                    "output_tokens": 2,
                    "cache_read_input_tokens": 3,
                    "cache_creation_input_tokens": 4,
                }
            },
            Usage(1, 2, 3, 4),
        ),
        (
            "nova",
            {
                "usage": {
                    "inputTokens": 11,
                    "outputTokens": 7,
                    "totalTokens": 18,
                    "cacheReadInputTokenCount": 2,
                    "cacheWriteInputTokenCount": 1,
                }
            },
            Usage(11, 7, 2, 1),
        ),
        ("titan-text", {"inputTextTokenCount": 11, "results": [{"tokenCount": 4}, {"tokenCount": 3}]}, Usage(11, 7)),
        ("titan-text", {"inputTextTokenCount": 11.0, "results": [{"tokenCount": 28.0}]}, Usage(11, 28)),
        ("titan-embed", {"embedding": [0.1], "inputTextTokenCount": 11}, Usage(11, 0)),
        ("llama", {"generation": "hi", "prompt_token_count": 11, "generation_token_count": 7}, Usage(11, 7)),
        ("jamba", {"usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}, Usage(11, 7)),
        (
            "openai",
            {
                "usage": {
                    "prompt_tokens": 11,
                    "completion_tokens": 7,
                    "prompt_tokens_details": {"cached_tokens": 5},
                }
            },
            Usage(11, 7, 5),
        ),
        ("sagemaker", {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}, Usage(11, 7)),
        ("cohere-command", {"meta": {"billed_units": {"input_tokens": 11, "output_tokens": 7}}}, Usage(11, 7)),
    ],
)
def test_a_body_that_says_it(family: str, document: Any, expected: Usage) -> None:
    # GIVEN a family's answer, and no headers
    # WHEN it is read
    # THEN the numbers are its own
    assert usage_of(family, document) == expected


def test_converse_says_it_alike_for_all() -> None:
    # GIVEN Converse's answer with cached tokens
    document = {
        "usage": {
            "inputTokens": 11,
            "outputTokens": 264,
            "totalTokens": 1303,
            "cacheReadInputTokens": 1000,
            "cacheWriteInputTokens": 28,
        }
    }

    # WHEN it is read for any family
    # THEN the numbers are the answer's
    assert usage_of("mistral", document, operation="converse") == Usage(11, 264, 1000, 28)


def test_headers_go_before_the_body() -> None:
    # GIVEN a guardrail's intervention: the body has lost a number, the headers have both
    headers = {
        "x-amzn-bedrock-input-token-count": "11",
        "x-amzn-bedrock-output-token-count": "7",
        "x-amzn-bedrock-cache-read-input-token-count": "2",
        "x-amzn-bedrock-cache-write-input-token-count": "1",
    }

    # WHEN they are read
    # THEN the headers count
    assert usage_of("nova", {"usage": {"inputTokens": 99}}, headers) == Usage(11, 7, 2, 1)


@pytest.mark.parametrize("family", ["cohere-embed", "titan-embed", "cohere-rerank"])
def test_families_without_output_tokens_have_none(family: str) -> None:
    # GIVEN an answer that is no text
    # WHEN only the input is told
    # THEN the output is no estimate, but none
    assert usage_of(family, {}, {"x-amzn-bedrock-input-token-count": "11"}) == Usage(11, 0)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {"usage": None},
        {"usage": []},
        {"usage": {"input_tokens": None, "output_tokens": "many"}},
        {"usage": {"input_tokens": -1, "output_tokens": True}},
        {"usage": {"input_tokens": float("nan"), "output_tokens": float("inf")}},
        {"results": ["x", {"tokenCount": {}}], "inputTextTokenCount": {}},
    ],
)
@pytest.mark.parametrize("family", ["anthropic", "nova", "titan-text", "llama", "mistral", "other"])
def test_odd_numbers_are_estimated_and_marked(family: str, document: Any) -> None:
    # GIVEN an answer without numbers that could be tokens
    # WHEN it is read
    # THEN there is an estimate from the lengths, marked as one
    assert usage_of(family, document) == Usage(10, 5, estimated=True)


@pytest.mark.parametrize("family", ["stability", "titan-image", "nova-canvas"])
def test_image_models_are_paid_by_the_picture(family: str) -> None:
    # GIVEN two pictures
    # WHEN their use is read
    # THEN it is two pictures, exactly, and no tokens
    assert usage_of(family, {"images": ["iVBO", "iVBO"]}) == Usage(0, 0, images=2)


def test_an_odd_header_is_passed_over() -> None:
    # GIVEN a header that is no number
    headers = {"x-amzn-bedrock-input-token-count": "\uff11\uff12", "x-amzn-bedrock-output-token-count": "7.5"}

    # WHEN the body has the numbers
    # THEN they count
    assert usage_of("llama", {"prompt_token_count": 1, "generation_token_count": 2}, headers) == Usage(1, 2)


@pytest.mark.parametrize(
    ("family", "documents", "expected"),
    [
        (
            "anthropic",
            [
                {
                    "type": "message_start",
                    "message": {"usage": {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 4}},
                },
                {"type": "message_delta", "usage": {"output_tokens": 134}},
                {"type": "message_stop", "amazon-bedrock-invocationMetrics": {**METRICS, "outputTokenCount": 90}},
            ],
            Usage(11, 134, 4),
        ),
        (
            "nova",
            [
                {"metadata": {"usage": {"inputTokens": 11, "outputTokens": 7, "cacheReadInputTokenCount": 2}}},
                {"amazon-bedrock-invocationMetrics": {**METRICS, "cacheReadInputTokenCount": 2}},
            ],
            Usage(11, 7, 2),
        ),
        (
            "titan-text",
            [{"outputText": "Hi", "inputTextTokenCount": 11, "totalOutputTextTokenCount": 7}],
            Usage(11, 7),
        ),
        (
            "llama",
            [
                {"generation": "H", "prompt_token_count": 11, "generation_token_count": 1},
                {"generation": "i", "prompt_token_count": None, "generation_token_count": 7},
            ],
            Usage(11, 7),
        ),
        ("mistral", [{"outputs": [{"text": "Hi"}], "amazon-bedrock-invocationMetrics": METRICS}], Usage(11, 7)),
        (
            "openai",
            [{"choices": [{"delta": {}}]}, {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}],
            Usage(11, 7),
        ),
        (
            "cohere-command",
            [
                {
                    "event_type": "stream-end",
                    "response": {"meta": {"billed_units": {"input_tokens": 11, "output_tokens": 7}}},
                }
            ],
            Usage(11, 7),
        ),
    ],
)
def test_a_stream_that_says_it(family: str, documents: list[Any], expected: Usage) -> None:
    # GIVEN a family's streamed messages
    # WHEN all have come
    # THEN the numbers are the model's
    assert streamed(family, documents) == expected


def test_a_stream_that_was_cut_is_estimated_from_what_came() -> None:
    # GIVEN Claude's first count, which is always 1, and 40 characters of text
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}}
    delta = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x" * 40}}

    # WHEN the stream ends there
    # THEN the input is known, the output estimated
    assert streamed("anthropic", [start, delta], complete=False) == Usage(9, 10, estimated=True)


@pytest.mark.parametrize("events", [2, 25_000])
def test_content_is_counted_where_the_model_does_not_tell(events: int) -> None:
    # GIVEN a stream of content, eight characters an event, without a count
    usage = StreamUsage(page("anthropic"), "invoke", lambda: b"")
    for _ in range(events):
        usage.see_content(b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"12345678"}}')
    # THEN what was produced is estimated from all of it
    assert usage.usage(complete=True) == Usage(0, 2 * events, estimated=True)
    # AND not once the model tells
    usage.see("chunk", {"usage": {"input_tokens": 3, "output_tokens": 5}})
    assert usage.usage(complete=True) == Usage(3, 5)


def test_an_image_is_not_counted_by_its_length() -> None:
    # GIVEN a prompt with a megabyte of base64
    body = b'{"text": "what is this", "bytes": "' + b"QUJD" * 250_000 + b'"}'

    # WHEN it is estimated
    # THEN only the text counts
    assert estimate_tokens(body) < 20
