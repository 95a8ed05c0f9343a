"""From a prompt to a reply: blocks of tokens, why it stopped, and what it used. Wire formats render it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from local_aws.models import compose, tokens
from local_aws.models.prompt import Prompt, input_usage
from local_aws.models.types import Usage

TOKENS_PER_CHUNK = 3
"""Tokens that travel in one chunk of a stream."""

BLOCKED = "Sorry, this request is blocked by the guardrail."
"""What the guardrail says instead of the model."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an answer.

    Attributes:
        kind: `text`, `thinking` or `tool`.
        tokens: the text's tokens; of a tool, those of its input as JSON.
        id, name, input: of a tool; its input is text where the model wrote no JSON.
    """

    kind: str
    tokens: tuple[str, ...]
    id: str = ""
    name: str = ""
    input: dict[str, Any] | str = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    def pieces(self) -> Iterator[tuple[str, int]]:
        """The text in the pieces that a stream sends, each with its count of tokens."""
        for at in range(0, len(self.tokens), TOKENS_PER_CHUNK):
            piece = self.tokens[at : at + TOKENS_PER_CHUNK]
            yield "".join(piece), len(piece)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        stop: `end`, `length`, `stop_sequence`, `tool_use` or `guardrail`.
        seed: hexadecimal, the same for the same request; identifiers are cut from it.
        model: the foundation model's ID.
    """

    blocks: tuple[Block, ...]
    stop: str
    usage: Usage
    seed: str
    model: str
    prompt: Prompt
    stop_sequence: str | None = None

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks if block.kind == "text")

    @property
    def thinking(self) -> str:
        return "".join(block.text for block in self.blocks if block.kind == "thinking")

    @property
    def tools(self) -> list[Block]:
        return [block for block in self.blocks if block.kind == "tool"]

    @property
    def signature(self) -> str:
        """What a model signs its reasoning with."""
        return self.seed[:40] + "=="

    @property
    def latency_ms(self) -> int:
        """Pretended, not measured, so that the same request has the same answer to the byte."""
        return 40 + 6 * self.usage.output_tokens + self.usage.input_tokens // 10

    @property
    def hidden_output_tokens(self) -> int:
        """Tokens of the output that are in no block."""
        return self.usage.output_tokens - sum(len(block.tokens) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk of a stream: its payload, and the output tokens that it stands for."""

    payload: dict[str, Any]
    tokens: int = 0


def seed_of(*parts: bytes | str) -> str:
    """The same for the same parts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def generate(prompt: Prompt, *, model: str, seed: str, writer: Callable[[Prompt], str] | None = None) -> Reply:
    """Answer a prompt.

    Parameters:
        writer: a model of the user's own that writes the text instead of the templates.
    """
    usage = input_usage(prompt)
    blocks: list[Block] = []
    if prompt.reasons:
        blocks.append(Block("thinking", tuple(tokens.split(compose.thoughts(prompt)))))
    calls = compose.tool_calls(prompt)
    stop, found = "end", None
    if calls:
        blocks += [_tool(name, value, f"{seed[:18]}{i:02d}") for i, (name, value) in enumerate(calls)]
        stop = "tool_use"
    else:
        text, found = _until(compose.text_of(prompt, writer), prompt.stop_sequences)
        stop = "end" if found is None else "stop_sequence"
        blocks.append(Block("text", tuple(tokens.split(text))))
    blocks, cut = _shortened(blocks, prompt.max_tokens)
    if cut:
        stop, found = "length", None
    visible = sum(len(block.tokens) for block in blocks)
    hidden = 0 if cut else min(tokens.REPLY_OVERHEAD, prompt.max_tokens - visible)
    usage = replace(usage, output_tokens=visible + hidden)
    return Reply(tuple(blocks), stop, usage, seed, model, prompt, found)


def blocked(prompt: Prompt, message: str, *, model: str, seed: str, reply: Reply | None = None) -> Reply:
    """The guardrail's answer. Where it blocked the output the model's `reply` was paid for, where the input nothing."""
    block = Block("text", tuple(tokens.split(message)))
    usage = Usage() if reply is None else reply.usage
    return Reply((block,), "guardrail", usage, seed, model, prompt)


def _tool(name: str, value: dict[str, object], identifier: str) -> Block:
    return Block("tool", tuple(tokens.split(json.dumps(value, ensure_ascii=False))), identifier, name, value)


def _until(text: str, stop_sequences: Sequence[str]) -> tuple[str, str | None]:
    """The text up to the first stop sequence, and which one it was."""
    found = [(text.find(stop), stop) for stop in stop_sequences if stop and stop in text]
    if not found:
        return text, None
    at, stop = min(found)
    return text[:at], stop


def _shortened(blocks: list[Block], limit: int) -> tuple[list[Block], bool]:
    """At most `limit` tokens of the blocks. A tool's input that was cut is not JSON any more, as with real models."""
    kept: list[Block] = []
    left = limit
    for block in blocks:
        if left <= 0:
            return kept, True
        if len(block.tokens) > left:
            kept.append(replace(block, tokens=block.tokens[:left], input={}))
            return kept, True
        kept.append(block)
        left -= len(block.tokens)
    return kept, False
