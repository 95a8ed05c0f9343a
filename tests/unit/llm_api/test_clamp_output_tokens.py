"""A request for more output than the model may produce here is lowered where the deployment says so, and told."""

import json
from typing import Any

import pytest
from llm_api.dialects.anthropic.messages import Messages
from llm_api.dialects.bedrock.calls import Converse, Invoke
from llm_api.errors import ApiError
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.dialect_support import chat, post
from tests.unit.llm_api.responses_support import respond

CLAUDE = Target("fast", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic", max_output_tokens=4096)
LENIENT = CLAUDE._replace(clamps=True)
HELLO = [{"role": "user", "content": "Hello"}]


def message(**fields: Any) -> Any:
    return Messages.parse(post("/v1/messages", {"model": "fast", "max_tokens": 32000, "messages": HELLO, **fields}))


def invoke(**fields: Any) -> Any:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 32000, "messages": HELLO, **fields}
    return Invoke.parse(post("/model/fast/invoke", body))


def converse(**fields: Any) -> Any:
    body = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}], "inferenceConfig": {"maxTokens": 32000}}
    return Converse.parse(post("/model/fast/converse", {**body, **fields}))


ASKED = {
    "chat": (lambda: chat(max_completion_tokens=32000), "max_completion_tokens"),
    "chat, old name": (lambda: chat(max_tokens=32000), "max_tokens"),
    "responses": (lambda: respond(max_output_tokens=32000), "max_output_tokens"),
    "messages": (message, "max_tokens"),
    "invoke": (invoke, "max_tokens"),
    "converse": (converse, "inferenceConfig.maxTokens"),
}


def document(payload: Any) -> dict[str, Any]:
    return dict(payload.document or payload.body)


def limit(payload: Any) -> int:
    told = document(payload)
    return int(told["inferenceConfig"]["maxTokens"] if "inferenceConfig" in told else told["max_tokens"])


@pytest.mark.parametrize(("make", "field"), ASKED.values(), ids=ASKED)
def test_the_limit_goes_out_lowered_and_the_caller_is_told(make: Any, field: str) -> None:
    call = make()

    assert [limit(payload) for payload in call.payloads(LENIENT)] == [4096]
    assert [text for text in call.warnings(LENIENT) if "lowered" in text] == [
        f"{field} was lowered to 4096, the most that fast may produce here"
    ]


@pytest.mark.parametrize(("make", "field"), ASKED.values(), ids=ASKED)
def test_otherwise_it_is_refused(make: Any, field: str) -> None:
    with pytest.raises(ApiError, match="4096"):
        make().payloads(CLAUDE)


def test_what_is_within_the_limit_stays_without_a_word() -> None:
    for call in (message(max_tokens=100), invoke(max_tokens=100), converse(inferenceConfig={"maxTokens": 100})):
        assert [limit(payload) for payload in call.payloads(LENIENT)] == [100]
        assert not call.warnings(LENIENT)


@pytest.mark.parametrize("make", [message, invoke])
def test_a_budget_for_thinking_stays_below_the_lowered_limit(make: Any) -> None:
    call = make(thinking={"type": "enabled", "budget_tokens": 31999})

    assert document(call.payloads(LENIENT)[0])["thinking"] == {"type": "enabled", "budget_tokens": 4095}
    assert "thinking" not in document(call.payloads(LENIENT._replace(max_output_tokens=1024))[0])


def test_a_tenants_own_limit_is_lowered_to_like_the_models() -> None:
    (payload,) = message().payloads(LENIENT.limited_to(50))

    assert limit(payload) == 50


@pytest.mark.parametrize("wanted", [0, -1, "32000", 1.5, True])
def test_what_is_no_limit_is_refused_all_the_same(wanted: Any) -> None:
    for call in (
        message(max_tokens=wanted),
        invoke(max_tokens=wanted),
        converse(inferenceConfig={"maxTokens": wanted}),
    ):
        with pytest.raises(ApiError):
            call.payloads(LENIENT)


def test_a_container_gets_the_lowered_limit_too() -> None:
    container = Target(
        "own", None, "sagemaker", endpoint=Endpoint("acme", None, "openai"), max_output_tokens=64, clamps=True
    )
    call = chat(max_tokens=1000)

    (payload,) = call.payloads(container)
    assert json.loads(payload.body_bytes())["max_tokens"] == 64
    assert call.warnings(container) == ["max_tokens was lowered to 64, the most that own may produce here"]
