"""How hard models think, and how they are kept from it."""

from typing import Any

from tests.cases.asked import HELLO
from tests.cases.case import ABSENT, NOTHING, Case, like


def _asks(effort: str, **more: Any) -> dict[str, Any]:
    return {"messages": HELLO, "reasoning_effort": effort, **more}


_FIELDS = "additionalModelRequestFields"
_REFUSED: dict[str, Any] = {"error": {"param": "reasoning_effort"}}

CASES = [
    Case(
        "effort of 4.5, as a budget",
        ["docs.aws.amazon.com/bedrock: claude-messages-extended-thinking"],
        "haiku45",
        _asks("low"),
        reaches={_FIELDS: {"thinking": {"type": "enabled", "budget_tokens": 1024}}},
        answer={"choices": [{"message": {"reasoning_content": like("words")}}]},
    ),
    Case(
        "effort of 4.7, adaptive",
        ["gaise", "aws-samples/sample-per-model-bedrock"],
        "opus47",
        _asks("xhigh"),
        reaches={_FIELDS: {"thinking": {"type": "adaptive"}}, "outputConfig": {"effort": "xhigh"}},
    ),
    Case(
        "xhigh of 4.6, which has none",
        ["platform.claude.com: effort"],
        "sonnet46",
        _asks("xhigh"),
        reaches=NOTHING,
        status=400,
        answer=_REFUSED,
    ),
    Case(
        "none of Opus 5, which thinks unasked",
        ["platform.claude.com: adaptive thinking"],
        "opus5",
        _asks("none"),
        reaches={_FIELDS: {"thinking": {"type": "disabled"}}},
        answer={"choices": [{"message": {"reasoning_content": ABSENT}}]},
    ),
    Case(
        "none of Opus 5.5, which can't be kept from it",
        ["bedrock-client-for-mac"],
        "opus55",
        _asks("none"),
        reaches=NOTHING,
        status=400,
        answer=_REFUSED,
    ),
    Case(
        "effort of gpt-oss",
        ["docs.aws.amazon.com/bedrock: model-parameters-openai"],
        "oss",
        _asks("high"),
        reaches={_FIELDS: {"reasoning_effort": "high", "reasoning": ABSENT}},
    ),
    Case(
        "none of gpt-oss, which always thinks",
        ["docs.aws.amazon.com/bedrock: model-parameters-openai"],
        "oss",
        _asks("none"),
        reaches=NOTHING,
        status=400,
        answer=_REFUSED,
    ),
    Case(
        "effort of GPT, nested",
        ["stdapi-ai/stdapi.ai#283", "BerriAI/litellm PR 38279"],
        "gpt",
        _asks("low"),
        reaches={_FIELDS: {"reasoning": {"effort": "low"}, "reasoning_effort": ABSENT}},
    ),
    Case(
        "none of GPT, which says so",
        ["agentgateway/agentgateway#3442"],
        "gpt",
        _asks("none"),
        reaches={_FIELDS: {"reasoning": {"effort": "none"}}},
    ),
    Case(
        "effort of Nova 2",
        ["UKGovernmentBEIS/inspect_ai#3848"],
        "nova2",
        _asks("medium"),
        reaches={_FIELDS: {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}},
    ),
    Case(
        "high effort of Nova 2 beside a limit",
        ["UKGovernmentBEIS/inspect_ai#3767"],
        "nova2",
        _asks("high"),
        reaches=NOTHING,
        status=400,
        answer=_REFUSED,
    ),
    Case(
        "effort of a model that has no setting",
        ["langchain-ai/langchain-aws PR 627"],
        "llama",
        _asks("low"),
        reaches=NOTHING,
        status=400,
        answer=_REFUSED,
    ),
    Case(
        "signed thinking is told, so that it can come back",
        ["platform.claude.com: extended thinking"],
        "haiku45",
        _asks("low"),
        answer={"choices": [{"message": {"thinking_blocks": [{"type": "thinking", "signature": like("==$")}]}}]},
        ways=["whole"],
    ),
]
