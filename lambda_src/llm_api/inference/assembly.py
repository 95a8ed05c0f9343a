"""A stream's events put together into the answer that the same request gets from the operation that doesn't stream.

Converse's events: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
The families' chunks: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html, and Claude's
https://platform.claude.com/docs/en/build-with-claude/streaming

A stream that was cut gives what has come so far. A call of a tool whose arguments haven't all come isn't part of it:
nobody should act on half of one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from llm_api.inference.usage import Usage
from llm_api.model_json import parse_json

_METRICS = "amazon-bedrock-invocationMetrics"
_HEADERS = {
    "inputTokenCount": "x-amzn-bedrock-input-token-count",
    "outputTokenCount": "x-amzn-bedrock-output-token-count",
    "cacheReadInputTokenCount": "x-amzn-bedrock-cache-read-input-token-count",
    "cacheWriteInputTokenCount": "x-amzn-bedrock-cache-write-input-token-count",
    "invocationLatency": "x-amzn-bedrock-invocation-latency",
}


class Assembly(ABC):
    """One answer in the making.

    Attributes:
        stopped: whether the model has said that it is done, and why.
        headers: what InvokeModel tells in headers, and a stream in its last chunk.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.headers: dict[str, str] = {}
        self._remarks: dict[str, Any] = {}

    def add(self, event: str, document: dict[str, Any]) -> None:
        """Take one event into account.

        Parameters:
            event: `chunk`, or ConverseStream's event name.
            document: what it says; for `chunk` the model's own JSON.
        """
        for name in [name for name in document if name.startswith("amazon-bedrock-")]:
            if name == _METRICS:
                told = document[name]
                self.headers = {_HEADERS[count]: str(told[count]) for count in _HEADERS if count in told}
            else:
                self._remarks[name] = document[name]
        self._add(event, document)

    def answer(self, usage: Usage | None) -> dict[str, Any]:
        """The answer's body.

        Parameters:
            usage: what is known or estimated of it, for numbers that didn't come.
        """
        return {**self._answer(usage or Usage(0, 0)), **self._remarks}

    @property
    @abstractmethod
    def has_answer(self) -> bool:
        """Whether there is a text or a whole call of a tool. What the model thinks before it answers is no answer."""

    @abstractmethod
    def _add(self, event: str, document: dict[str, Any]) -> None: ...

    @abstractmethod
    def _answer(self, usage: Usage) -> dict[str, Any]: ...


class Converse(Assembly):
    """ConverseStream's events as Converse's answer."""

    def __init__(self) -> None:
        super().__init__()
        self._role = "assistant"
        self._blocks: dict[int, _Block] = {}
        self._stop: dict[str, Any] = {}
        self._ending: dict[str, Any] | None = None

    def _add(self, event: str, document: dict[str, Any]) -> None:
        if event == "messageStart":
            self._role = document.get("role", self._role)
        elif event == "contentBlockStart":
            self._block(document).start(document.get("start") or {})
        elif event == "contentBlockDelta":
            self._block(document).extend(document.get("delta") or {})
        elif event == "contentBlockStop":
            self._block(document).whole = True
        elif event == "messageStop":
            self._stop = _without_padding(document)
            self.stopped = True
        elif event == "metadata":
            self._ending = _without_padding(document)

    def _block(self, document: Mapping[str, Any]) -> "_Block":
        return self._blocks.setdefault(document["contentBlockIndex"], _Block())

    @property
    def has_answer(self) -> bool:
        return any("reasoningContent" not in block for block in self._content())

    def _content(self) -> Iterator[dict[str, Any]]:
        for _, block in sorted(self._blocks.items()):
            if (block.whole or not block.is_tool) and not block.is_empty:
                yield block.content()

    def _answer(self, usage: Usage) -> dict[str, Any]:
        message = {"role": self._role, "content": list(self._content())}
        return {
            "output": {"message": message},
            "stopReason": "max_tokens",
            **self._stop,
            **({"usage": _converse_usage(usage)} if self._ending is None else self._ending),
        }


class Nova(Converse):
    """Nova's chunks as its answer: Converse's events, save that each delta of a text is a block of its own."""

    def _add(self, event: str, document: dict[str, Any]) -> None:
        for kind, details in document.items():
            if isinstance(details, dict) and not kind.startswith("amazon-bedrock-"):
                super()._add(kind, details)

    def _answer(self, usage: Usage) -> dict[str, Any]:
        answer = super()._answer(usage)
        content: list[dict[str, Any]] = []
        for block in answer["output"]["message"]["content"]:
            if content and block.keys() == content[-1].keys() == {"text"}:
                content[-1] = {"text": content[-1]["text"] + block["text"]}
            else:
                content.append(block)
        message = {**answer["output"]["message"], "content": content}
        # Metrics and trace stand in the stream alone.
        return {"output": {"message": message}, "stopReason": answer["stopReason"], "usage": answer["usage"]}


class _Block:
    """One content block of Converse.

    Attributes:
        whole: whether its end has come.
    """

    def __init__(self) -> None:
        self.whole = False
        self._parts: dict[str, Any] = {}
        self._citations: list[Any] = []

    @property
    def is_tool(self) -> bool:
        return "toolUse" in self._parts or "toolResult" in self._parts

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def start(self, start: Mapping[str, Any]) -> None:
        self._parts.update(start)

    def extend(self, delta: Mapping[str, Any]) -> None:
        for kind, more in delta.items():
            if kind == "citation":
                self._citations.append(more)
            elif kind == "toolResult":
                self._parts[kind] = _joined(self._parts.get(kind) or {}, {"content": more})
            else:
                self._parts[kind] = _joined(self._parts.get(kind), more)

    def content(self) -> dict[str, Any]:
        """The block as it stands in a whole answer."""
        parts = dict(self._parts)
        if self._citations:
            return {"citationsContent": {"content": [{"text": parts.get("text", "")}], "citations": self._citations}}
        if "toolUse" in parts:
            parts["toolUse"] = {**parts["toolUse"], "input": _arguments(parts["toolUse"].get("input"))}
        thought = parts.get("reasoningContent")
        if isinstance(thought, dict) and "redactedContent" not in thought:
            parts["reasoningContent"] = {"reasoningText": thought}
        return parts


class Claude(Assembly):
    """Claude's events as its message."""

    def __init__(self) -> None:
        super().__init__()
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, str] = {}

    def _add(self, event: str, document: dict[str, Any]) -> None:
        kind = document.get("type")
        if kind == "message_start":
            self._message = dict(document["message"])
        elif kind == "content_block_start":
            self._blocks[document["index"]] = dict(document["content_block"])
            if "input" in document["content_block"]:
                self._arguments[document["index"]] = ""
        elif kind == "content_block_delta":
            self._extend(document["index"], document["delta"])
        elif kind == "content_block_stop" and document["index"] in self._arguments:
            self._blocks[document["index"]]["input"] = _arguments(self._arguments.pop(document["index"]))
        elif kind == "message_delta":
            self._message.update(document["delta"])
            for name, value in document.items():
                if name == "usage":
                    self._message[name] = {**self._message.get(name, {}), **value}
                elif name not in ("type", "delta") and not name.startswith("amazon-bedrock-"):
                    self._message[name] = value
            self.stopped = self._message.get("stop_reason") is not None

    def _extend(self, index: int, delta: dict[str, Any]) -> None:
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        for name, more in delta.items():
            if name == "partial_json":
                self._arguments[index] = self._arguments.get(index, "") + more
            elif name == "citation":
                block["citations"] = [*(block.get("citations") or []), more]
            elif name != "type":
                block[name] = _joined(block.get(name), more)

    @property
    def has_answer(self) -> bool:
        return any(block.get("type") not in ("thinking", "redacted_thinking") for block in self._content())

    def _content(self) -> Iterator[dict[str, Any]]:
        for index, block in sorted(self._blocks.items()):
            # A block that has only been opened says nothing; hidden thinking is its signature alone.
            if index not in self._arguments and (
                block.get("text", block.get("thinking")) != "" or block.get("signature")
            ):
                yield block

    def _answer(self, usage: Usage) -> dict[str, Any]:
        answer = {**self._message, "content": list(self._content())}
        if not self.stopped:
            answer["stop_reason"] = "max_tokens"
            answer["usage"] = {**answer.get("usage", {}), "output_tokens": usage.output_tokens}
        return answer


class TitanText(Assembly):
    """Titan's chunks as its answer."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._known: dict[str, Any] = {}

    def _add(self, event: str, document: dict[str, Any]) -> None:
        self._text += document.get("outputText") or ""
        self._known.update({name: value for name, value in document.items() if value is not None})
        self.stopped = "completionReason" in self._known

    @property
    def has_answer(self) -> bool:
        return bool(self._text)

    def _answer(self, usage: Usage) -> dict[str, Any]:
        result = {
            "tokenCount": self._known.get("totalOutputTextTokenCount", usage.output_tokens),
            "outputText": self._text,
            "completionReason": self._known.get("completionReason", "LENGTH"),
        }
        return {
            "inputTextTokenCount": self._known.get("inputTextTokenCount", usage.input_tokens),
            "results": [result],
        }


class Llama(Assembly):
    """Llama's chunks as its answer."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._known: dict[str, Any] = {}

    def _add(self, event: str, document: dict[str, Any]) -> None:
        self._text += document.get("generation") or ""
        self._known.update({name: value for name, value in document.items() if value is not None})
        self.stopped = "stop_reason" in self._known

    @property
    def has_answer(self) -> bool:
        return bool(self._text)

    def _answer(self, usage: Usage) -> dict[str, Any]:
        return {
            "generation": self._text,
            "prompt_token_count": self._known.get("prompt_token_count", usage.input_tokens),
            "generation_token_count": self._known.get("generation_token_count", usage.output_tokens),
            "stop_reason": self._known.get("stop_reason", "length"),
        }


class Completions(Assembly):
    """Chunks of models that go on with a prompt, as Mistral's `outputs` or DeepSeek's `choices`.

    Parameters:
        name: the list that holds the text.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._text = ""
        self._reason: str | None = None

    def _add(self, event: str, document: dict[str, Any]) -> None:
        for entry in document.get(self._name) or []:
            self._text += entry.get("text") or ""
            self._reason = entry.get("stop_reason") or self._reason
        self.stopped = self._reason is not None

    @property
    def has_answer(self) -> bool:
        return bool(self._text)

    def _answer(self, usage: Usage) -> dict[str, Any]:
        return {self._name: [{"text": self._text, "stop_reason": self._reason or "length"}]}


def _joined(value: Any, more: Any) -> Any:
    """The two parts of one value: texts and lists follow each other, objects are joined field by field."""
    if isinstance(value, str) and isinstance(more, str):
        return value + more
    if isinstance(value, list) and isinstance(more, list):
        return [*value, *more]
    if isinstance(value, dict) and isinstance(more, dict):
        return value | {name: _joined(value.get(name), entry) for name, entry in more.items()}
    return more


def _arguments(text: Any) -> Any:
    """A tool's arguments. A model that reached its own limit in the middle of them has given none."""
    return (parse_json(text) or {}) if isinstance(text, str) else {}


def _without_padding(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "p"}


def _converse_usage(usage: Usage) -> dict[str, int]:
    return {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens, "totalTokens": usage.tokens}
