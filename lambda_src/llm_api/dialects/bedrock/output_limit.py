"""`max_output_tokens`: a body that asks for more is refused, one that says nothing gets the limit.

Each family calls the field otherwise (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).
"""

from collections.abc import Mapping
from typing import Any

from llm_api.errors import BadRequest
from llm_api.registry import Target

Path = tuple[str, ...]

_CONVERSE: Path = ("inferenceConfig", "maxTokens")
_MAX_TOKENS: tuple[Path, ...] = (("max_tokens",),)
_CHAT_COMPLETIONS: tuple[Path, ...] = (("max_tokens",), ("max_completion_tokens",))

_FIELDS: Mapping[str, tuple[Path, ...]] = {
    "anthropic": (("max_tokens",), ("max_tokens_to_sample",)),
    "nova": (("inferenceConfig", "maxTokens"), ("inferenceConfig", "max_new_tokens")),
    "titan-text": (("textGenerationConfig", "maxTokenCount"),),
    "llama": (("max_gen_len",),),
    "mistral": _MAX_TOKENS,
    "cohere-command": _MAX_TOKENS,
    "jamba": _MAX_TOKENS,
    "deepseek": _MAX_TOKENS,
    "openai": (("max_completion_tokens",), ("max_tokens",)),
    "qwen": _CHAT_COMPLETIONS,
    "sagemaker": (*_CHAT_COMPLETIONS, ("parameters", "max_new_tokens")),
    "other": (*_CHAT_COMPLETIONS, ("max_gen_len",)),
}
"""All the names of the limit; the first is inserted where none was given."""

_ANSWERS = ("n", "num_generations", "best_of")
"""How many answers are asked for: each may be as long as the limit."""


def limit_invoke(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The body of InvokeModel with its limit; the same object where it had one, or needs none.

    Raises:
        BadRequest: it asks for more than the target allows.
    """
    fields = _FIELDS.get(target.family)
    if target.max_output_tokens is None or fields is None:
        return body
    if _check(body, fields, target):
        return body
    return _with(body, _field_to_insert(body, fields, target), target.max_output_tokens)


def limit_converse(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The body of Converse with its limit; the same object where it had one, or needs none.

    Raises:
        BadRequest: it asks for more than the target allows.
    """
    if target.max_output_tokens is None:
        return body
    additional = body.get("additionalModelRequestFields")
    if isinstance(additional, dict):
        _check(additional, _FIELDS.get(target.family, ()), target)
    if _check(body, (_CONVERSE,), target):
        return body
    return _with(body, _CONVERSE, target.max_output_tokens)


def check_unreadable(target: Target) -> None:
    """A body that is no JSON can't be limited.

    Raises:
        BadRequest: the target has a limit.
    """
    if target.max_output_tokens is not None:
        raise BadRequest(
            f"Model {target.alias!r} has an output limit, which can only be set in JSON. Send JSON, with the header "
            "`content-type: application/json`."
        )


def _check(body: Mapping[str, Any], fields: tuple[Path, ...], target: Target) -> bool:
    """Whether the body has a limit of its own, and it is within the target's."""
    limit = target.max_output_tokens or 0
    for name in _ANSWERS:
        if body.get(name) not in (None, 1):
            raise BadRequest(f"{name} is refused: model {target.alias!r} gives one answer at a time. Leave it out.")
    given = [(path, _at(body, path)) for path in fields]
    for path, value in given:
        if value is None:
            continue
        name = ".".join(path)
        # Less than one is no limit: to some servers it means that there is none.
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise BadRequest(f"{name} must be a whole number of at least 1.")
        if value > limit:
            raise BadRequest(f"{name} is {value}, but model {target.alias!r} allows at most {limit} output tokens.")
    return any(value is not None for _, value in given)


def _field_to_insert(body: Mapping[str, Any], fields: tuple[Path, ...], target: Target) -> Path:
    if target.family == "anthropic" and "prompt" in body:
        return ("max_tokens_to_sample",)
    if target.family == "sagemaker" and "inputs" in body:
        return ("parameters", "max_new_tokens")
    return fields[0]


def _at(body: Mapping[str, Any], path: Path) -> Any:
    value: Any = body
    for name in path:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadRequest(f"{'.'.join(path[:-1])} must be an object.")
        value = value.get(name)
    return value


def _with(body: Mapping[str, Any], path: Path, value: int) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: _with(body.get(name) or {}, tuple(rest), value) if rest else value}
