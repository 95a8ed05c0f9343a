"""Reading a request's fields, and the one rule for those that Bedrock has no equivalent for.

The rule: a field is **ignored**, and named in the answer's `warning` header, when every answer that comes without it is
one that the caller could have got with it: fields about storage, identity, caching, speed or best-effort repetition.
A field that asks for a different answer, or for something beside it, is **refused** with a 400, unless it holds the
value that OpenAI takes for absent. A field that nobody knows is refused, as OpenAI does.
"""

from collections.abc import Mapping
from typing import Any

from llm_api.errors import BadRequest


class InvalidField(BadRequest):
    """A field of the body is wrong.

    Attributes:
        param: its path in the body, such as `messages[2].content`, for OpenAI's `error.param`.
        word: OpenAI's `error.code`, where it has one for this.
    """

    def __init__(self, param: str, message: str, *, word: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.word = word


def text(body: Mapping[str, Any], name: str, path: str = "") -> str | None:
    """The string at `name`, or None where it is absent or null."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidField(_at(path, name), f"{_at(path, name)} must be a string.")


def required_text(body: Mapping[str, Any], name: str, path: str = "") -> str:
    """The string at `name`, which must be there and not empty."""
    value = text(body, name, path)
    if not value:
        raise InvalidField(_at(path, name), f"{_at(path, name)} is required and must be a string that is not empty.")
    return value


def boolean(body: Mapping[str, Any], name: str, path: str = "") -> bool | None:
    """The boolean at `name`, or None where it is absent or null."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidField(_at(path, name), f"{_at(path, name)} must be true or false.")


def positive_integer(body: Mapping[str, Any], name: str) -> int | None:
    """The integer at `name`, at least 1, or None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidField(name, f"{name} must be an integer of at least 1.")
    return value


def number(body: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """The number at `name`, within the limits that Bedrock sets, or None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidField(name, f"{name} must be a number from {low:g} to {high:g}: Bedrock takes no other.")
    return value


def mapping(value: Any, path: str) -> dict[str, Any]:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise InvalidField(path, f"{path} must be an object.")
    return value


def items(value: Any, path: str, most: int | None = None) -> list[Any]:
    """`value`, which must be a list, of at most so many entries."""
    if not isinstance(value, list):
        raise InvalidField(path, f"{path} must be a list.")
    if most is not None and len(value) > most:
        raise too_long(path, most)
    return value


def too_long(path: str, most: int) -> InvalidField:
    """The refusal of a list of more than `most` entries, in OpenAI's own word."""
    return InvalidField(path, f"{path} holds more than {most:,} entries.", word="array_above_max_length")


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


TRANSLATED = frozenset(
    {
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "model",
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "service_tier",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    }
)
"""Fields of a chat completion that have an equivalent."""

IGNORED = frozenset(
    {
        "metadata",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "seed",
        "store",
        "user",
    }
)
"""Fields without which the answer is still one that the caller could have got."""

Refusals = Mapping[str, tuple[tuple[Any, ...], str]]
"""Fields that would change the answer -> (the values that change nothing, what to do)."""

REFUSED: Refusals = {
    "audio": ((), "No chat model on Bedrock answers in audio here."),
    "frequency_penalty": ((0,), "Bedrock's Converse has no penalties. Leave it out or send 0."),
    "function_call": (("none", "auto"), "It is deprecated. Use tool_choice."),
    "functions": (([],), "It is deprecated. Use tools."),
    "logit_bias": (({},), "Bedrock does not let the caller weigh tokens."),
    "logprobs": ((False,), "Bedrock does not report log probabilities."),
    "modalities": ((["text"],), 'Only ["text"] is offered.'),
    "moderation": ((), "Use a Bedrock guardrail: it is set on the deployment, not by the caller."),
    "n": ((1,), "Bedrock gives one answer a request. Send 1, and as many requests as you want answers."),
    "presence_penalty": ((0,), "Bedrock's Converse has no penalties. Leave it out or send 0."),
    "top_logprobs": ((0,), "Bedrock does not report log probabilities."),
    "verbosity": (("medium",), "No model here takes it. Say in the prompt how long the answer should be."),
    "web_search_options": ((), "Models on Bedrock can't search the web. Offer a tool instead."),
}
"""Those of a chat completion."""


CONTAINERS_TAKE = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "min_p",
        "presence_penalty",
        "repetition_penalty",
        "seed",
        "top_k",
        "top_logprobs",
    }
)
"""Fields that Bedrock's Converse has no equivalent for, but the containers of SageMaker endpoints have."""


def check_unsupported(
    body: Mapping[str, Any],
    translated: frozenset[str] = TRANSLATED,
    ignored: frozenset[str] = IGNORED,
    refused: Refusals = REFUSED,
    containers_take: frozenset[str] = CONTAINERS_TAKE,
    request: str = "a chat completion",
) -> tuple[list[str], InvalidField | None]:
    """Apply the rule to a body; to a chat completion's, unless told which fields another request has.

    Returns:
        A warning for each field that is ignored; and why Bedrock can't serve the request where a container might.

    Raises:
        InvalidField: a field has to be refused.
    """
    warnings = []
    objection: InvalidField | None = None
    for name, value in body.items():
        if name in translated or value is None:
            continue
        if name in ignored:
            warnings.append(f"{name} was ignored: Bedrock has no equivalent")
            continue
        if name in refused:
            harmless, advice = refused[name]
            if any((value == choice and type(value) is not bool) or value is choice for choice in harmless):
                continue
            refusal = InvalidField(name, f"{name} is not supported. {advice}")
        else:
            refusal = InvalidField(name[:64], f"{name[:64]!r} is not a field of {request}. Leave it out.")
        if name not in containers_take:
            raise refusal
        objection = objection or refusal
    return warnings, objection
