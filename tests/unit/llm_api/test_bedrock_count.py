"""`POST /model/{modelId}/count-tokens`: what is counted, and what is refused."""

import base64
import json
from typing import Any

import pytest
from llm_api.dialects import Answer
from llm_api.dialects.bedrock.count import CountTokens
from llm_api.errors import BadRequest
from llm_api.events import Request

from tests.unit.llm_api.dialect_support import CLAUDE, NOVA

MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]


def encoded(body: Any) -> dict[str, Any]:
    return {"invokeModel": {"body": base64.b64encode(json.dumps(body).encode()).decode()}}


def asked(source: Any, **headers: str) -> CountTokens:
    path, body = "/model/claude/count-tokens", json.dumps({"input": source}).encode()
    return CountTokens.parse(Request("r", "POST", "/model/{modelId}/count-tokens", path, headers, {}, body))


def counted(call: CountTokens, target: Any = CLAUDE) -> Any:
    (payload,) = call.payloads(target)
    return payload.body["input"]  # type: ignore[index, call-overload]


def test_a_conversation_is_counted_as_it_came() -> None:
    call = asked({"converse": {"messages": MESSAGES, "system": None}, "invokeModel": None})
    assert counted(call, NOVA) == {"converse": {"messages": MESSAGES}}


def test_a_body_is_counted_without_the_betas_that_only_say_who_calls() -> None:
    # GIVEN an InvokeModel body with a flag that Bedrock refuses the whole of
    body = {"max_tokens": 1, "messages": MESSAGES, "anthropic_beta": ["claude-code-20250219"]}
    call = asked(encoded(body))

    # WHEN / THEN
    sent = json.loads(base64.b64decode(counted(call)["invokeModel"]["body"]))
    assert sent == {"max_tokens": 1, "messages": MESSAGES}
    assert "claude-code-20250219" in "".join(call.warnings(CLAUDE))


@pytest.mark.parametrize(
    "source",
    [
        None,
        [],
        {},
        {"converse": None},
        {"converse": []},
        {"invokeModel": {}},
        {"invokeModel": {"body": 5}},
        {"invokeModel": {"body": "???"}},
        {"invokeModel": {"body": "\u00e9"}},
        {"invokeModel": {"body": "W10="}},
        {"other": {}},
        {"converse": {"messages": MESSAGES}, **encoded({})},
        {"converse": {"messages": MESSAGES, "promptVariables": {}}},
        encoded({"serviceTier": "flex"}),
    ],
)
def test_what_is_no_request_is_refused(source: Any) -> None:
    with pytest.raises(BadRequest):
        asked(source)


def test_an_estimate_says_so() -> None:
    answer = asked({"converse": {"messages": MESSAGES}}).render(CLAUDE, [Answer(b'{"inputTokens":5}', estimated=True)])
    assert (answer.headers["x-llm-estimated"], answer.body) == ("true", b'{"inputTokens":5}')
