"""Temperature, top_p and stop sequences, as clients send them with every request."""

from typing import Any

from tests.cases.asked import HELLO
from tests.cases.case import ABSENT, Case, like

_NO_WARNING: dict[str, Any] = {"warning": ABSENT}


def _asks(**fields: Any) -> dict[str, Any]:
    return {"messages": HELLO, **fields}


def _sent(**fields: Any) -> dict[str, Any]:
    return {"inferenceConfig": {"temperature": ABSENT, "topP": ABSENT, **fields}}


CASES = [
    Case(
        "temperature beside a top_p of 1, on 4.5",
        ["aws-samples/bedrock-access-gateway#208"],
        "haiku45",
        _asks(temperature=0.2, top_p=1),
        reaches=_sent(temperature=0.2),
        told=_NO_WARNING,
    ),
    Case(
        "top_p beside a temperature of 1, on Opus 4.1",
        ["aws-samples/bedrock-access-gateway#208"],
        "opus41",
        _asks(temperature=1, top_p=0.9),
        reaches=_sent(topP=0.9),
        told=_NO_WARNING,
    ),
    Case(
        "both, on 4.6",
        ["aws-samples/bedrock-chat PR 979"],
        "sonnet46",
        _asks(temperature=0.2, top_p=0.9),
        reaches=_sent(temperature=0.2),
        told={"warning": like("top_p")},
    ),
    Case(
        "both, on Sonnet 4, which takes them",
        ["aws-samples/bedrock-chat PR 979"],
        "sonnet4",
        _asks(temperature=0.2, top_p=0.9),
        reaches=_sent(temperature=0.2, topP=0.9),
        told=_NO_WARNING,
    ),
    Case(
        "a temperature of 1, on Opus 4.7",
        ["logancyang/obsidian-copilot#2600", "Mintplex-Labs/anything-llm#5822"],
        "opus47",
        _asks(temperature=1),
        reaches=_sent(),
        told=_NO_WARNING,
    ),
    Case(
        "a temperature of 0, on Opus 4.7",
        ["openclaw/openclaw#73663"],
        "opus47",
        _asks(temperature=0),
        reaches=_sent(),
        told={"warning": like("temperature")},
    ),
    Case(
        "a top_p, on Opus 5",
        ["logancyang/obsidian-copilot#2600"],
        "opus5",
        _asks(top_p=0.5),
        reaches=_sent(),
        told={"warning": like("top_p")},
    ),
    Case(
        "a temperature beside thinking",
        ["theopenco/llmgateway#1726"],
        "haiku45",
        _asks(temperature=0.2, reasoning_effort="low", max_completion_tokens=2500),
        reaches=_sent(),
        told={"warning": like("temperature")},
    ),
    Case(
        "a temperature of GPT's",
        ["BerriAI/litellm#42725"],
        "gpt",
        _asks(temperature=0.2),
        reaches=_sent(),
        told={"warning": like("temperature")},
    ),
    Case(
        "a temperature of 1 of GPT's",
        ["BerriAI/litellm PR 39834"],
        "gpt",
        _asks(temperature=1),
        told=_NO_WARNING,
        reaches={"inferenceConfig": lambda sent: sent.get("temperature", 1) == 1},
    ),
    Case(
        "stop sequences of gpt-oss, which are kept here",
        ["crewAIInc/crewAI#3317"],
        "oss",
        {"messages": [{"role": "user", "content": "Repeat after me: one two STOP three"}], "stop": ["STOP"]},
        reaches={"inferenceConfig": {"stopSequences": ABSENT}},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": "one two "}}]},
    ),
    Case(
        "stop sequences of Qwen, which are kept here",
        ["langgenius/dify-official-plugins#1767"],
        "qwen",
        {"messages": [{"role": "user", "content": "Repeat after me: one two STOP three"}], "stop": "STOP"},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": "one two "}}]},
    ),
    Case(
        "a stop sequence of whitespace, of Claude",
        ["BerriAI/litellm#3286"],
        "haiku45",
        {"messages": [{"role": "user", "content": "Repeat after me: one\n\ntwo"}], "stop": ["\n\n"]},
        answer={"choices": [{"finish_reason": "stop", "message": {"content": "one"}}]},
    ),
    Case(
        "a stop sequence of Nova, which takes it",
        ["BerriAI/litellm#3286"],
        "nova",
        _asks(stop=["\n"]),
        reaches={"inferenceConfig": {"stopSequences": ["\n"]}},
    ),
]
