"""What models do badly, on demand."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.models import ModelRequest
from local_aws.tests.models.asking import FAULTS, JOURNAL, NOVA, RUNTIME, ask, chat, converse, tools

PARIS = {"role": "user", "content": [{"text": "What is the weather in Paris?"}]}
OSS = "openai.gpt-oss-20b-1:0"
CALLING = {"messages": [PARIS], **tools()}


@pytest.fixture(autouse=True)
def _no_fault_is_left() -> Iterator[None]:
    yield
    FAULTS.clear()
    JOURNAL.clear()


def content(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["output"]["message"]["content"]
    return found


def test_an_end_beside_calls() -> None:
    # WHEN a model ends its turn though it calls a tool
    FAULTS.add("end_beside_tools")
    _, answer = ask(NOVA, "converse", CALLING)
    # THEN the call is there, and the reason is wrong
    assert "toolUse" in content(answer)[0]
    assert answer["stopReason"] == "end_turn"


def test_no_call_though_it_says_so() -> None:
    # WHEN a model says that it calls a tool, and calls none
    FAULTS.add("tools_without_calls")
    _, answer = ask(NOVA, "converse", converse())
    # THEN there is text alone
    assert [next(iter(block)) for block in content(answer)] == ["text"]
    assert answer["stopReason"] == "tool_use"


def test_arguments_that_are_no_json() -> None:
    # WHEN a model's arguments are cut off in the middle
    FAULTS.add("broken_arguments", times=2)
    asked = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    _, answer = ask(OSS, "invoke", chat(messages=[{"role": "user", "content": "get_weather"}], tools=asked))
    # THEN the text of them is no JSON
    arguments = answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(arguments)
    # THEN over Converse, where they are a value, they are that text
    _, answer = ask(NOVA, "converse", CALLING)
    assert content(answer)[0]["toolUse"]["input"] == arguments


def test_ids_that_come_again() -> None:
    # WHEN a model calls tools in two answers
    FAULTS.add("repeated_ids", times=2)
    found = [content(ask(NOVA, "converse", CALLING)[1])[0]["toolUse"]["toolUseId"] for _ in range(2)]
    # THEN their IDs are the same
    assert found[0] == found[1]


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_no_content(operation: str) -> None:
    # WHEN a model answers with nothing
    FAULTS.add("empty_answer")
    call = ModelRequest("us-east-1", NOVA, operation, {}, json.dumps(CALLING).encode())  # type: ignore[arg-type]
    response = RUNTIME.respond(call)
    sent = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    # THEN it has no block, ends, and cost what it hid
    assert b"toolUse" not in sent
    assert b"contentBlock" not in sent
    assert b"end_turn" in sent
    assert JOURNAL.calls()[-1].output_tokens <= 3


def test_cached_tokens_that_are_counted_twice() -> None:
    # GIVEN a request that writes its beginning to the cache
    asked = {"messages": [PARIS], "system": [{"text": "You sell cars. " * 30}, {"cachePoint": {"type": "default"}}]}
    _, right = ask(NOVA, "converse", asked)
    # WHEN the model counts it within the input, too
    FAULTS.add("usage_twice")
    _, wrong = ask(NOVA, "converse", asked)
    # THEN the input holds what the cache holds
    written = right["usage"]["cacheWriteInputTokens"]
    assert written > 0
    assert wrong["usage"]["inputTokens"] == right["usage"]["inputTokens"] + written
    assert wrong["usage"]["cacheWriteInputTokens"] == written


def test_the_journal_keeps_what_was_asked() -> None:
    # WHEN a model is asked something
    ask(NOVA, "converse", CALLING)
    # THEN the journal has it, and of a large request that there was one
    assert JOURNAL.calls()[-1].request() == CALLING
    ask(NOVA, "converse", {"messages": [{"role": "user", "content": [{"text": "x" * 70_000}]}]})
    assert JOURNAL.calls()[-1].body == ""
