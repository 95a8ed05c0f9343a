"""Why an answer ended, whatever the model says of it."""

from tests.cases.asked import CITY, WEATHER, function, user
from tests.cases.case import ABSENT, CHAT, MESSAGES, Case, like

_CALLING = {"messages": user(WEATHER), "tools": [function(CITY)]}
_CALLED = {"choices": [{"finish_reason": "tool_calls", "message": {"tool_calls": [{"type": "function"}]}}]}
_SAID = {"choices": [{"finish_reason": "stop", "message": {"content": like("Hi"), "tool_calls": ABSENT}}]}
_NATIVE = {
    "max_tokens": 200,
    "messages": user(WEATHER),
    "tools": [{"name": "get_weather", "input_schema": CITY}],
}

CASES = [
    Case(
        "end_turn beside a call is a call",
        ["langchain-ai/langchain-aws#1278", "strands-agents/harness-sdk#644", "strands-agents/harness-sdk#1838"],
        "oss",
        _CALLING,
        CHAT,
        faults=["end_beside_tools"],
        answer=_CALLED,
    ),
    Case(
        "tool_use without a call has stopped",
        ["strands-rl/strands-env#252"],
        "sonnet4",
        {"messages": user("Hi")},
        faults=["tools_without_calls"],
        answer=_SAID,
    ),
    Case(
        "end_turn beside a call is a call, to Anthropic's clients",
        ["langchain-ai/langchain-aws#1278"],
        "haiku45",
        _NATIVE,
        MESSAGES,
        faults=["end_beside_tools"],
        answer={"stop_reason": "tool_use", "content": [{"type": "tool_use", "input": {"city": "Paris"}}]},
    ),
    Case(
        "tool_use without a call has stopped, to Anthropic's clients",
        ["strands-rl/strands-env#252"],
        "haiku45",
        {"max_tokens": 200, "messages": user("Hi")},
        MESSAGES,
        faults=["tools_without_calls"],
        answer={"stop_reason": "end_turn", "content": [{"type": "text"}]},
    ),
    Case(
        "an answer without content is one",
        ["strands-agents/harness-sdk#644"],
        "kimi",
        {"messages": user("Hi")},
        faults=["empty_answer"],
        answer={"choices": [{"finish_reason": "stop", "message": {"content": lambda text: not text}}]},
    ),
    Case(
        "reasoning that comes first is no part of the text",
        ["sample-per-model-bedrock (Kimi, MiniMax)"],
        "kimi",
        {"messages": user("Hi")},
        answer={
            "choices": [{"message": {"content": like("^You asked: Hi$"), "reasoning_content": like("2 words|1 word")}}]
        },
    ),
]
