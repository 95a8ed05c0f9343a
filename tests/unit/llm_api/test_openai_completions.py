"""`POST /v1/completions`: a text becomes a chat of one message, and the chat's answer a text."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from llm_api.dialects import Answer, Frame
from llm_api.dialects.openai.completions import TextCompletion
from llm_api.dialects.openai.fields import InvalidField
from openai.types import Completion

from tests.unit.llm_api.dialect_support import NOVA, post


def asked(**fields: Any) -> TextCompletion:
    return TextCompletion.parse(post("/v1/completions", {"model": "nova", "prompt": "A lake is", **fields}))


def sent(call: TextCompletion) -> Any:
    (payload,) = call.payloads(NOVA)
    return payload.body


@pytest.mark.parametrize("prompt", ["A lake is", ["A lake is"]])
def test_a_prompt_is_what_the_user_says(prompt: Any) -> None:
    body = sent(asked(prompt=prompt, temperature=0.5, stop="x", best_of=1, echo=False, suffix="", logprobs=None))
    assert body["messages"] == [{"role": "user", "content": [{"text": "A lake is"}]}]
    assert body["inferenceConfig"] == {"maxTokens": 16, "temperature": 0.5, "stopSequences": ["x"]}


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": None},
        {"prompt": ""},
        {"prompt": []},
        {"prompt": ["a", "b"]},
        {"prompt": [1, 2]},
        {"prompt": [[1, 2]]},
        {"prompt": {}},
        {"echo": True},
        {"suffix": "end"},
        {"best_of": 2},
        {"logprobs": 0},
        {"logprobs": 5},
        {"messages": []},
        {"tools": []},
        {"n": 2},
        {"max_tokens": 0},
    ],
)
def test_what_no_chat_can_answer_is_refused_by_its_name(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidField) as refused:
        asked(**fields)
    assert refused.value.param == next(iter(fields))


ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "blue."}]}},
    "stopReason": "max_tokens",
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
}


def test_the_answer_is_a_text() -> None:
    body = json.loads(asked().render(NOVA, [Answer(json.dumps(ANSWER).encode())]).body)  # type: ignore[arg-type]
    completion = Completion.model_validate(body, strict=True)
    assert (completion.object, completion.choices[0].text) == ("text_completion", "blue.")
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 5


def frames() -> Iterator[Frame]:
    for event, payload in (
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "bl"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ue."}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": ANSWER["usage"], "metrics": {"latencyMs": 1}}),
    ):
        yield Frame(b"", event, json.dumps(payload).encode())


def test_a_stream_is_one_of_texts_with_its_usage_last() -> None:
    call = asked(stream=True, stream_options={"include_usage": True})
    events = b"".join(call.render_stream(NOVA, frames())).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert "".join(choice["text"] for choice in choices) == "blue."
    # OpenAI writes null until the end, which the SDK's own type does not know.
    assert [choice["finish_reason"] for choice in choices] == [None, None, "stop"]
    assert chunks[-1]["usage"]["total_tokens"] == 5
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
