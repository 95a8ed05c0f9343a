"""An agent that takes its limit from the model's name is answered where the deployment lowers it."""

import pytest

from tests.support import Api, send

HELLO = [{"role": "user", "content": "Hello"}]
AGENTS = {"max_tokens": 32000, "thinking": {"type": "enabled", "budget_tokens": 31999}, "messages": HELLO}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"model": "clamped", **AGENTS}),
        ("/model/clamped/invoke", {"anthropic_version": "bedrock-2023-05-31", **AGENTS}),
    ],
)
def test_claude_codes_request_is_answered_within_the_deployments_limit(
    reported: Api, path: str, body: dict[str, object]
) -> None:
    reply = send(reported, "POST", path, body)

    assert reply.status == 200
    assert "max_tokens was lowered to 3000" in reply.headers["warning"]
    sent = reported.aws.journal.calls()[-1].request()
    assert (sent["max_tokens"], sent["thinking"]["budget_tokens"]) == (3000, 2999)
