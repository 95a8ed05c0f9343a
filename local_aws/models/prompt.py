"""A prompt as every family means it, whatever its wire format: what the stand-ins read before they answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.models import tokens
from local_aws.models.images import inspect
from local_aws.models.types import Usage

CACHE_MINIMUM = 32
"""Prompts shorter than this many tokens are not cached. AWS's own minimum is 1,024 and more, tests want it short."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is said. `marked` is what Converse calls `guardContent`."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image; `data` is what the caller sent, decoded."""

    data: bytes

    def describe(self) -> str:
        picture = inspect(self.data)
        if picture is None:
            return "an image that I can't read"
        size = f" of {picture.width} x {picture.height} pixels" if picture.width else ""
        return f"a {picture.format.upper()} image{size}"


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ToolUse:
    id: str
    name: str
    input: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not isinstance(self.input, Mapping):
            raise TypeError("a tool's input is an object")


@dataclass(frozen=True, slots=True)
class ToolResult:
    id: str
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class CachePoint:
    """What stands before it may be cached."""

    ttl: str = "5m"


Part = Text | Image | Document | ToolUse | ToolResult | CachePoint


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said. `role` is user or assistant."""

    role: str
    parts: tuple[Part, ...]

    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.schema, Mapping):
            raise TypeError("a tool's schema is an object")


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that decides an answer.

    Attributes:
        tool_choice: `auto`, `any`, `none`, or the name of a tool after `tool:`.
        max_tokens: output tokens, reasoning included.
        schema: the JSON schema that the answer has to satisfy.
        reasons: whether the answer begins with reasoning.
    """

    turns: tuple[Turn, ...]
    system: tuple[Part, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel_tools: bool = True
    max_tokens: int = 4096
    stop_sequences: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    reasons: bool = False

    def marked_text(self) -> str:
        """What a guardrail reads of a Converse request: marked parts of the system prompt; of the messages too, where
        there are any, and otherwise all that is said in them. Never what a tool has answered.

        https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html
        """
        said = [part for turn in self.turns for part in turn.parts if isinstance(part, Text)]
        system = [part for part in self.system if isinstance(part, Text) and part.marked]
        return "\n".join(part.text for part in [*system, *([part for part in said if part.marked] or said)])

    def all_text(self) -> str:
        """What a guardrail reads of an InvokeModel request without tags."""
        texts = [part.text for part in self.system if isinstance(part, Text)]
        for turn in self.turns:
            texts += [part.text for part in turn.parts if isinstance(part, Text | ToolResult)]
        return "\n".join(texts)


def said(role: str, text: str) -> Turn:
    """A turn of nothing but text."""
    return Turn(role, (Text(text),))


def input_usage(prompt: Prompt) -> Usage:
    """Tokens in, split into plain, cache reads and cache writes.

    The split has no memory, so that the same request always gets the same answer: what a cache point ends was written
    by this call if the model has not spoken yet, and read by it as far as it stands before the model's last turn.
    """
    total = written = read = 0
    ttl = "5m"
    spoken = max((i for i, turn in enumerate(prompt.turns) if turn.role == "assistant"), default=-1)
    for position, tokens_here, part in _weights(prompt):
        total += tokens_here
        if isinstance(part, CachePoint) and total >= CACHE_MINIMUM:
            ttl = part.ttl
            if spoken >= 0 and position <= spoken:
                read = total
            else:
                written = total - read
    return Usage(total - read - written, 0, read, written, ttl)


def _weights(prompt: Prompt) -> Iterator[tuple[int, int, Part | None]]:
    """Each part with the index of its turn (-1 before the first) and its tokens, hidden ones included."""
    if prompt.tools:
        for tool in prompt.tools:
            weight = tokens.count(tool.name + " " + tool.description) + tokens.count_json(dict(tool.schema))
            yield -1, tokens.TOOL_OVERHEAD + weight, None
        yield -1, tokens.TOOLS_OVERHEAD, None
    if prompt.system:
        yield -1, tokens.SYSTEM_OVERHEAD, None
    if prompt.schema is not None:
        yield -1, tokens.SYSTEM_OVERHEAD + tokens.count_json(dict(prompt.schema)), None
    for part in prompt.system:
        yield -1, _weight(part), part
    for position, turn in enumerate(prompt.turns):
        yield position, tokens.MESSAGE_OVERHEAD, None
        for part in turn.parts:
            yield position, _weight(part), part


def _weight(part: Part) -> int:
    match part:
        case Text(text):
            return tokens.count(text)
        case Image(data):
            picture = inspect(data)
            return tokens.count_image(picture.width, picture.height) if picture else tokens.IMAGE_TOKENS_UNKNOWN
        case Document(name, _, data):
            return tokens.TOOL_OVERHEAD + tokens.count(name) + tokens.count(data.decode("utf-8", "replace"))
        case ToolUse(_, name, arguments):
            return tokens.TOOL_OVERHEAD + tokens.count(name) + tokens.count_json(dict(arguments))
        case ToolResult(_, text):
            return tokens.TOOL_OVERHEAD + tokens.count(text)
        case CachePoint():
            return 0
