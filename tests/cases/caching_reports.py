"""Cache markers of callers, in both dialects."""

from typing import Any

from tests.cases.asked import CITY, function
from tests.cases.case import ABSENT, Case, like

_MARK = {"cache_control": {"type": "ephemeral"}}
_LONG = "You sell cars. " * 40


def _marked(**system: Any) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": _LONG, **_MARK, **system}]},
            {"role": "user", "content": "Hi"},
        ]
    }


_POINT = {"cachePoint": {"type": "default"}}

CASES = [
    Case(
        "a marked system prompt, of Claude",
        ["BerriAI/litellm#26320"],
        "haiku45",
        _marked(),
        reaches={"system": [{"text": _LONG}, _POINT]},
        answer={"usage": {"prompt_tokens": lambda number: number > 100}},
        ways=["whole"],
    ),
    Case(
        "a marked system prompt, of Nova",
        ["langchain-ai/langchain-aws: no cache points in Nova's tools, no hour"],
        "nova",
        _marked(),
        reaches={"system": [{"text": _LONG}, _POINT]},
    ),
    Case(
        "a marked tool, of Claude",
        ["docs.aws.amazon.com/bedrock: prompt-caching"],
        "haiku45",
        {"messages": [{"role": "user", "content": "Hi"}], "tools": [{**function(CITY), **_MARK}]},
        reaches={"toolConfig": {"tools": [{"toolSpec": {}}, _POINT]}},
    ),
    Case(
        "a marked tool, of Nova, which caches none",
        ["langchain-ai/langchain-aws: no cache points in Nova's tools, no hour"],
        "nova",
        {"messages": [{"role": "user", "content": "Hi"}], "tools": [{**function(CITY), **_MARK}]},
        reaches={"toolConfig": {"tools": [{"toolSpec": {}}]}},
        told={"warning": like("cache")},
    ),
    Case(
        "a marked part of a message, of Claude",
        ["BerriAI/litellm#26320"],
        "haiku45",
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": _LONG, **_MARK}, {"type": "text", "text": "Hi"}]}
            ]
        },
        reaches={"messages": [{"content": [{"text": _LONG}, _POINT, {"text": "Hi"}]}]},
    ),
    Case(
        "a mark where there is no cache",
        ["sample-per-model-bedrock (403)"],
        "qwen",
        _marked(),
        reaches={"system": [{"text": _LONG}]},
        told={"warning": like("cache")},
    ),
    Case(
        "a mark of DeepSeek's",
        ["sample-per-model-bedrock (403)"],
        "deepseek",
        _marked(),
        reaches={"system": [{"text": _LONG}]},
        told={"warning": like("cache")},
    ),
    Case(
        "an hour, where the cache keeps five minutes",
        ["langchain-ai/langchain-aws: no cache points in Nova's tools, no hour"],
        "nova",
        _marked(cache_control={"type": "ephemeral", "ttl": "1h"}),
        reaches={
            "system": lambda blocks: all(block.get("cachePoint", {}).get("ttl", "5m") == "5m" for block in blocks)
        },
    ),
    Case(
        "more marks than four",
        ["docs.aws.amazon.com/bedrock: prompt-caching"],
        "haiku45",
        {
            "messages": [
                {"role": "system", "content": [{"type": "text", "text": f"{_LONG}{at}", **_MARK} for at in range(6)]},
                {"role": "user", "content": "Hi"},
            ]
        },
        reaches={"system": lambda blocks: sum("cachePoint" in block for block in blocks) <= 4},
    ),
    Case(
        "the deployment's own wish, where the caller marks nothing",
        ["docs.aws.amazon.com/bedrock: prompt-caching"],
        "cached",
        {"messages": [{"role": "system", "content": _LONG}, {"role": "user", "content": "Hi"}]},
        reaches={"system": [{"text": _LONG}, _POINT], "messages": [{"content": [{"text": "Hi"}, _POINT]}]},
    ),
    Case(
        "the caller's marks in place of the deployment's wish",
        ["docs.aws.amazon.com/bedrock: prompt-caching"],
        "cached",
        _marked(),
        reaches={"system": [{"text": _LONG}, _POINT], "messages": [{"content": [{"text": "Hi"}]}]},
    ),
    Case(
        "nothing marked, nothing cached",
        ["docs.aws.amazon.com/bedrock: prompt-caching"],
        "haiku45",
        {"messages": [{"role": "user", "content": _LONG}]},
        reaches={"messages": [{"content": [{"text": _LONG}]}], "system": ABSENT},
    ),
    Case(
        "no-store on the first of two lines",
        ["RFC 9110, 5.2: lines of one name are one list"],
        "kept",
        {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0},
        headers={"cache-control": "no-store", "Cache-Control": "max-age=0"},
        told={"x-llm-cache": "bypass"},
        answer={"choices": [{"finish_reason": "stop"}]},
    ),
    Case(
        "two lines, of which none keeps from the cache",
        ["RFC 9110, 5.2: lines of one name are one list"],
        "kept",
        {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0},
        headers={"cache-control": "max-age=0", "Cache-Control": "no-transform"},
        told={"x-llm-cache": like("miss|hit")},
        answer={"choices": [{"finish_reason": "stop"}]},
    ),
]
