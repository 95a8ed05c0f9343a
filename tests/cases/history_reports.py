"""Conversations that go on: what clients send back of what models wrote, and what they send around it."""

from typing import Any

from tests.cases.asked import CITY, HELLO, called, function, user
from tests.cases.case import ABSENT, Case, like

_TOOLS = {"tools": [function(CITY)]}


def _goes_on(*calls: tuple[str, str], name: str = "get_weather") -> dict[str, Any]:
    return {"messages": called(*calls, name=name), **_TOOLS}


def _input(value: Any) -> dict[str, Any]:
    """What reaches the model of the one call of the history."""
    return {"messages": [{}, {"content": [{"toolUse": {"input": value}}]}, {}]}


def _distinct(messages: Any) -> bool:
    """Each call's ID comes once, and its result has it, too."""
    calls = [block["toolUse"]["toolUseId"] for turn in messages for block in turn["content"] if "toolUse" in block]
    results = [
        block["toolResult"]["toolUseId"] for turn in messages for block in turn["content"] if "toolResult" in block
    ]
    return len(set(calls)) == len(calls) and calls == results


def _nine(messages: Any) -> bool:
    return _distinct(messages) and all(
        len(block["toolUse"]["toolUseId"]) == 9 and block["toolUse"]["toolUseId"].isalnum()
        for turn in messages
        for block in turn["content"]
        if "toolUse" in block
    )


def _ends_with_user(messages: Any) -> bool:
    return bool(messages[-1]["role"] == "user")


def _blank_free(messages: Any) -> bool:
    return all(block.get("text", "x").strip() for turn in messages for block in turn["content"])


CASES = [
    Case(
        "blank arguments", ["strands-agents/harness-sdk#644"], "haiku45", _goes_on(("call_1", " ")), reaches=_input({})
    ),
    Case(
        "arguments that are null",
        ["strands-agents/harness-sdk#644"],
        "haiku45",
        _goes_on(("call_1", "null")),
        reaches=_input({}),
    ),
    Case(
        "arguments that were cut off",
        ["strands-agents/harness-sdk#644"],
        "nova",
        _goes_on(("call_1", '{"city": "Par')),
        reaches=_input(lambda sent: '{"city": "Par' in sent.values()),
    ),
    Case(
        "arguments that are a list",
        ["strands-agents/harness-sdk#644"],
        "haiku45",
        _goes_on(("call_1", '["Paris"]')),
        reaches=_input(lambda sent: isinstance(sent, dict) and "Paris" in str(sent)),
    ),
    Case(
        "arguments as they should be",
        ["strands-agents/harness-sdk#644"],
        "haiku45",
        _goes_on(("call_1", '{"city": "Paris"}')),
        reaches=_input({"city": "Paris"}),
    ),
    Case(
        "IDs that come again, to Claude",
        ["Switchyard#502 (as noted; not found again)", "anthropics/claude-code#20631"],
        "haiku45",
        _goes_on(("call_0", "{}"), ("call_0", "{}"), ("call_0", "{}")),
        reaches={"messages": _distinct},
    ),
    Case(
        "IDs that come again, to Opus 4.7",
        ["Switchyard#502 (as noted; not found again)"],
        "opus47",
        _goes_on(("call_0", "{}"), ("call_0", "{}")),
        reaches={"messages": _distinct},
    ),
    Case(
        "IDs that Kimi makes",
        ["vercel/ai PR 13326"],
        "kimi",
        _goes_on(("get_weather:0", "{}"), ("get_weather:1", "{}")),
        reaches={"messages": _distinct},
    ),
    Case(
        "IDs that are long",
        ["docs.aws.amazon.com/bedrock: ToolUseBlock"],
        "nova",
        _goes_on(("call_" + "x" * 90, "{}")),
        reaches={"messages": _distinct},
    ),
    Case(
        "IDs of nine letters or digits, to Pixtral",
        ["anomalyco/opencode PR 48843"],
        "pixtral",
        _goes_on(("call_1", "{}"), ("call_2", "{}")),
        reaches={"messages": _nine},
    ),
    Case(
        "the call that a model wrote badly, sent back",
        ["strands-agents/harness-sdk#1838"],
        "haiku45",
        _goes_on(("call_1", "{"), ("call_2", "{}")),
        reaches={"messages": _distinct},
    ),
    Case(
        "whitespace at the end of an answer that was begun",
        ["aws/aws-sdk-net#4015", "langchain-ai/langchain-aws#532"],
        "sonnet4",
        {"messages": [*HELLO, {"role": "assistant", "content": "So "}]},
        reaches={"messages": [{}, {"content": [{"text": "So"}]}]},
    ),
    Case(
        "an answer that was begun, where the model takes none",
        ["anomalyco/opencode#29760"],
        "sonnet46",
        {"messages": [*HELLO, {"role": "assistant", "content": "So"}]},
        reaches={"messages": _ends_with_user},
        told={"warning": like("assistant")},
    ),
    Case(
        "a blank turn of the user's in the middle",
        ["langchain-ai/langchain-aws#532"],
        "haiku45",
        {
            "messages": [
                *HELLO,
                {"role": "assistant", "content": "Ho"},
                {"role": "user", "content": " "},
                {"role": "assistant", "content": "So"},
                *HELLO,
            ]
        },
        reaches={"messages": _blank_free},
    ),
    Case(
        "a system message alone",
        ["platform.openai.com: chat completions"],
        "haiku45",
        {"messages": [{"role": "system", "content": "Say hi."}]},
        reaches={"messages": [{"role": "user", "content": [{"text": "Say hi."}]}]},
    ),
    Case(
        "a developer message alone",
        ["platform.openai.com: chat completions"],
        "nova",
        {"messages": [{"role": "developer", "content": "Say hi."}]},
        reaches={"messages": [{"role": "user", "content": [{"text": "Say hi."}]}]},
    ),
    Case(
        "calls of a history without tools",
        ["docs.aws.amazon.com/bedrock: ToolConfiguration"],
        "haiku45",
        {"messages": called(("call_1", "{}"))},
        reaches={"toolConfig": ABSENT},
    ),
    Case(
        "thinking that comes back",
        ["platform.claude.com: extended thinking"],
        "haiku45",
        {
            "messages": [
                *user("What is the weather in Paris?"),
                {
                    "role": "assistant",
                    "content": None,
                    "thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": "0" * 40 + "=="}],
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "21"},
            ],
            **_TOOLS,
            "reasoning_effort": "low",
            "max_completion_tokens": 2500,
        },
        reaches={
            "messages": [
                {},
                {
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "0" * 40 + "=="}}},
                        {"toolUse": {}},
                    ]
                },
                {},
            ]
        },
    ),
]
