"""A guardrail's intervention in Anthropic's own words.

Over InvokeModel a guardrail that steps in leaves Claude's `stop_reason` as it was and says so beside it, in
`amazon-bedrock-guardrailAction`. Anthropic's API has a reason of its own for an answer that was stopped for what it
says, and clients take it for the end of the conversation so far:
https://platform.claude.com/docs/en/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals
"""

from collections.abc import Mapping
from typing import Any

REFUSAL: Mapping[str, Any] = {
    "stop_reason": "refusal",
    "stop_sequence": None,
    "stop_details": {"type": "refusal", "category": None, "explanation": "A guardrail of this deployment intervened."},
}


def is_refused(fields: Mapping[str, Any]) -> bool:
    """Whether the answer, or the chunk of it, says that the guardrail intervened."""
    return fields.get("amazon-bedrock-guardrailAction") == "INTERVENED"


def refused(message: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The message that the guardrail wrote, with all that a client expects of one: the model may have said nothing."""
    usage = message.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return {
        "id": f"msg_{request_id}",
        "type": "message",
        "role": "assistant",
        "content": [],
        **message,
        **REFUSAL,
        "usage": {"input_tokens": 0, "output_tokens": 0, **counts},
    }
