"""Which requests may be answered from the cache, and which answers are kept, in each family's own words."""

import json
from typing import Any

import pytest
from llm_api.cache.entry import EVENT_STREAM
from llm_api.cache.rules import is_final, passed_by
from llm_api.dialects import Answer
from llm_api.errors import BadRequest
from llm_api.ledger import Tenant
from llm_api.registry import CacheTerms, Target

from tests.unit.llm_api.model_wire import CLAUDE_STREAM, CONVERSE_STREAM, chunk, named

TEXT = {"role": "user", "content": [{"text": "Hi"}]}
PICTURE = {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}]}
RESULT = {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "21 degrees"}]}}]}


def target(family: str, scope: Any = "tenant") -> Target:
    return Target("one", "a.model", family, cache=CacheTerms(60, scope))


def why(document: Any, family: str = "anthropic", operation: Any = "converse", **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return passed_by(named, operation, target(family), [document], Tenant("anna"))


@pytest.mark.parametrize(
    "document",
    [
        {"inferenceConfig": {"temperature": 0}},
        {"inferenceConfig": {"temperature": 0.0}},
        {"temperature": 0, "messages": []},
        {"textGenerationConfig": {"temperature": 0}},
        {"parameters": {"temperature": 0}, "inputs": "Hi"},
        {"additionalModelRequestFields": {"temperature": 0}},
    ],
)
def test_a_request_that_leaves_nothing_to_chance_is_for_the_cache(document: dict[str, Any]) -> None:
    assert why(document) is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"messages": [TEXT]},
        {"inferenceConfig": {"temperature": 0.2}},
        {"inferenceConfig": {"temperature": 1e-9}},
        {"inferenceConfig": {"temperature": None}},
        {"inferenceConfig": {"temperature": False}},
        {"inferenceConfig": {"temperature": "0"}},
        {"inferenceConfig": "temperature"},
        {"inferenceConfig": {"topP": 0}},
        {"inferenceConfig": {"temperature": 0}, "additionalModelRequestFields": {"temperature": 1}},
        {"messages": [{"temperature": 0}]},
        None,
        [{"temperature": 0}],
    ],
)
def test_any_other_is_not_unless_its_caller_asks(document: Any) -> None:
    assert why(document) == "temperature"
    assert why(document, x_llm_cache="use") is None
    assert why(document, x_llm_cache="USE") is None


@pytest.mark.parametrize("message", [TEXT, PICTURE, RESULT])
def test_what_else_is_in_a_request_makes_no_difference(message: dict[str, Any]) -> None:
    assert why({"messages": [message], "inferenceConfig": {"temperature": 0}}) is None
    assert why({"messages": [message]}) == "temperature"


@pytest.mark.parametrize("family", ["titan-embed", "cohere-embed", "cohere-rerank"])
def test_a_model_without_chance_needs_no_temperature(family: str) -> None:
    assert why({"inputText": "Hi"}, family, "invoke") is None


@pytest.mark.parametrize("family", ["nova-canvas", "titan-image", "stability"])
def test_a_picture_is_made_anew_unless_its_caller_asks(family: str) -> None:
    assert why({"prompt": "A car"}, family, "invoke") == "temperature"
    assert why({"prompt": "A car"}, family, "invoke", x_llm_cache="use") is None


def test_a_count_is_free_and_passes() -> None:
    assert why({"temperature": 0}, operation="count_tokens", x_llm_cache="use") == "count"


def test_every_payload_counts() -> None:
    documents = [{"temperature": 0}, {"temperature": 1}]
    assert passed_by({}, "invoke", target("llama"), documents, Tenant("anna")) == "temperature"


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"cache_control": "no-cache"}, True),
        ({"cache_control": "no-store"}, True),
        ({"cache_control": "max-age=0, NO-CACHE"}, True),
        ({"cache_control": "max-age=60"}, False),
        ({"x_llm_cache": "bypass"}, True),
        ({"x_llm_cache": "use", "cache_control": "no-cache"}, False),
    ],
)
def test_what_the_caller_says_goes_first(headers: dict[str, str], asked: bool) -> None:
    assert (why({"temperature": 0}, **headers) == "asked") == asked


@pytest.mark.parametrize("wish", ["", "hit", "use, bypass", "true", "\u00e9"])
def test_another_wish_is_an_error(wish: str) -> None:
    with pytest.raises(BadRequest, match="use or bypass"):
        why({}, x_llm_cache=wish)


def test_callers_who_cannot_be_told_apart_share_nothing() -> None:
    # GIVEN callers without the field that says whose they are
    nobody = Tenant("")
    # THEN what belongs to a tenant is not for them, and what belongs to all is
    assert passed_by({}, "converse", target("nova"), [{"temperature": 0}], nobody) == "nameless"
    assert passed_by({}, "converse", target("nova", "shared"), [{"temperature": 0}], nobody) is None


def whole(document: Any) -> Answer:
    return Answer(json.dumps(document).encode())


def streamed(*frames: bytes) -> Answer:
    return Answer(b"".join(frames), EVENT_STREAM)


FINAL = [
    ("anthropic", whole({"stop_reason": "end_turn"})),
    ("anthropic", whole({"stop_reason": "tool_use"})),
    ("anthropic", whole({"stop_reason": "max_tokens"})),
    ("anthropic", whole({"stop_reason": "end_turn", "amazon-bedrock-guardrailAction": "NONE"})),
    ("anthropic", whole({"stopReason": "stop_sequence"})),
    ("anthropic", streamed(*CLAUDE_STREAM)),
    ("nova", streamed(*CONVERSE_STREAM)),
    ("nova", streamed(chunk({"messageStop": {"stopReason": "end_turn"}}), chunk({"metadata": {}}))),
    ("llama", whole({"generation": "Hi", "stop_reason": "stop"})),
    ("llama", streamed(chunk({"generation": "Hi", "stop_reason": None}), chunk({"stop_reason": "length"}))),
    ("mistral", whole({"outputs": [{"text": "Hi", "stop_reason": "stop"}]})),
    ("titan-text", whole({"results": [{"outputText": "Hi", "completionReason": "FINISH"}]})),
    ("titan-text", streamed(chunk({"outputText": "Hi", "completionReason": "FINISH"}))),
    ("cohere-command", whole({"text": "Hi", "finish_reason": "COMPLETE"})),
    ("jamba", whole({"choices": [{"finish_reason": "stop"}]})),
    (
        "openai",
        streamed(chunk({"choices": [{"finish_reason": None}]}), chunk({"choices": [{"finish_reason": "stop"}]})),
    ),
    ("sagemaker", whole({"choices": [{"finish_reason": "tool_calls"}]})),
    ("titan-embed", whole({"embedding": [0.5]})),
    ("cohere-embed", whole({"embeddings": {"float": [[0.5]]}})),
    ("cohere-rerank", whole({"results": [{"index": 0, "relevance_score": 0.5}]})),
    ("nova-canvas", whole({"images": ["aGk="], "error": None})),
    ("stability", whole({"images": ["aGk="], "finish_reasons": [None]})),
]


@pytest.mark.parametrize(("family", "answer"), FINAL)
def test_an_answer_that_came_to_its_end_is_kept(family: str, answer: Answer) -> None:
    assert is_final(target(family), answer)


NOT_FINAL = [
    ("anthropic", whole({})),
    ("anthropic", whole([])),
    ("anthropic", Answer(b"not JSON")),
    ("anthropic", whole({"stop_reason": None})),
    ("anthropic", whole({"stop_reason": "refusal"})),
    ("anthropic", whole({"stop_reason": "pause_turn"})),
    ("anthropic", whole({"stop_reason": "end_turn", "amazon-bedrock-guardrailAction": "INTERVENED"})),
    ("anthropic", streamed(*CLAUDE_STREAM[:3])),
    ("anthropic", streamed(chunk({"amazon-bedrock-guardrailAction": "INTERVENED"}), *CLAUDE_STREAM)),
    ("nova", streamed(*CONVERSE_STREAM[:3], named("messageStop", {"stopReason": "content_filtered"}))),
    ("titan-text", whole({"results": [{"completionReason": "CONTENT_FILTERED"}]})),
    ("titan-text", whole({"results": [{"completionReason": "FINISH"}, {"completionReason": "CONTENT_FILTERED"}]})),
    ("cohere-command", whole({"finish_reason": "ERROR_TOXIC"})),
    ("openai", whole({"choices": [{"finish_reason": "content_filter"}]})),
    ("sagemaker", whole([{"generated_text": "Hi"}])),
    ("sagemaker", Answer(b"\x00\x01", "application/octet-stream")),
    ("titan-embed", whole({"message": "No."})),
    ("nova-canvas", whole({"images": [], "error": "Blocked"})),
    ("nova-canvas", whole({"images": ["aGk="], "error": "One of the images was blocked"})),
    ("stability", whole({"images": ["aGk="], "finish_reasons": ["Filter reason: prompt"]})),
]


@pytest.mark.parametrize(("family", "answer"), NOT_FINAL)
def test_an_answer_that_did_not_is_not_kept(family: str, answer: Answer) -> None:
    assert not is_final(target(family), answer)
