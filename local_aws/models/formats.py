"""What a wire format of a family of chat models is, and how request bodies are read."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local_aws.models.errors import ServiceError, validation
from local_aws.models.prompt import Prompt, Turn
from local_aws.models.reply import Piece, Reply

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """One family's InvokeModel format.

    Attributes:
        read: a request's body, and the model's ID, to a prompt; raises ServiceError.
        write: a reply to an answer's body.
        stream: a reply to the payloads of a stream's chunks; None where the family doesn't stream.
        cache_headers: whether answers always carry the headers about cached tokens.
    """

    read: Callable[[Body, str], Prompt]
    write: Callable[[Reply], dict[str, Any]]
    stream: Callable[[Reply], Iterator[Piece]] | None
    cache_headers: bool = False


def parse(data: bytes) -> dict[str, Any]:
    """A request's body as an object.

    Raises:
        ServiceError: it is none.
    """
    try:
        body = json.loads(data)
    except ValueError:
        raise validation(
            "The body of the request is not valid JSON, please reformat your input and try again."
        ) from None
    if not isinstance(body, dict):
        raise malformed("#: expected type: JSONObject")
    return body


def tags(operation: str, headers: Mapping[str, str], data: bytes) -> dict[str, str]:
    """A request's metadata, which Bedrock writes into its invocation log; empty where there is none to be read.

    https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-request-metadata.html
    """
    try:
        if operation.startswith("converse"):
            found = json.loads(data).get("requestMetadata")
        else:
            found = json.loads(headers.get("x-amzn-bedrock-request-metadata", "{}"))
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def reading() -> Iterator[None]:
    """Around code that reads a body: where it stumbles, the body was not of the model's shape.

    The readers check what people get wrong and trust the rest, as far as this catches it.

    Raises:
        ServiceError: in place of what the code stumbled over.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError):
        raise malformed("#: the body is not of the model's shape") from None


def malformed(what: str) -> ServiceError:
    """How InvokeModel names a body that isn't the model's."""
    return validation(f"Malformed input request: {what}, please reformat your input and try again.")


def allow_only(body: Body, allowed: frozenset[str]) -> None:
    """Refuse keys that the family doesn't know.

    Raises:
        ServiceError: there is one.
    """
    for key in body:
        if key not in allowed:
            raise malformed(f"#: extraneous key [{key}] is not permitted")


def text_at(body: Body, key: str, *, default: str | None = None) -> str:
    """A string that is not blank."""
    value = body.get(key, default)
    if value is None:
        raise malformed(f"#: required key [{key}] not found")
    if not isinstance(value, str):
        raise malformed(f"#/{key}: expected type: String, found: {_json_type(value)}")
    if not value.strip():
        raise malformed(f"#/{key}: expected minLength: 1, actualLength: 0")
    return value


def integer_at(body: Body, key: str, default: int, *, low: int = 1, high: int = 200_000) -> int:
    """A whole number within its limits."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f"#/{key}: expected type: Integer, found: {_json_type(value)}")
    if not low <= value <= high:
        raise malformed(f"#/{key}: {value} is not between {low} and {high}")
    return value


def number_at(body: Body, key: str, *, low: float = 0.0, high: float = 1.0) -> None:
    """Check a sampling parameter; the stand-ins don't sample."""
    value = body.get(key)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise malformed(f"#/{key}: expected type: Number, found: {_json_type(value)}")
    if not low <= value <= high:
        raise malformed(f"#/{key}: {value} is not between {low} and {high}")


def strings_at(body: Body, key: str) -> tuple[str, ...]:
    """A list of strings, or one string; empty where there is none."""
    value = body.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise malformed(f"#/{key}: expected type: JSONArray of strings, found: {_json_type(value)}")
    return tuple(value)


def list_at(body: Body, key: str) -> list[Any]:
    """A list with something in it."""
    value = body.get(key)
    if value is None:
        raise malformed(f"#: required key [{key}] not found")
    if not isinstance(value, list):
        raise malformed(f"#/{key}: expected type: JSONArray, found: {_json_type(value)}")
    if not value:
        raise malformed(f"#/{key}: expected minimum item count: 1, found: 0")
    return value


def objects_at(body: Body, key: str) -> list[dict[str, Any]]:
    """A list of objects with something in it."""
    found = list_at(body, key)
    for at, item in enumerate(found):
        if not isinstance(item, dict):
            raise malformed(f"#/{key}/{at}: expected type: JSONObject, found: {_json_type(item)}")
    return found


def metrics(reply: Reply, *, cache: bool = False) -> dict[str, Any]:
    """What stands in the last chunk of an InvokeModel stream."""
    found = {
        "inputTokenCount": reply.usage.input_tokens,
        "outputTokenCount": reply.usage.output_tokens,
        "invocationLatency": reply.latency_ms,
        "firstByteLatency": min(reply.latency_ms, 40 + reply.usage.input_tokens // 10),
    }
    if cache or reply.usage.cache_read_tokens or reply.usage.cache_write_tokens:
        found["cacheReadInputTokenCount"] = reply.usage.cache_read_tokens
        found["cacheWriteInputTokenCount"] = reply.usage.cache_write_tokens
    return {"amazon-bedrock-invocationMetrics": found}


def with_metrics(pieces: Iterator[Piece], reply: Reply, *, cache: bool = False) -> Iterator[Piece]:
    """Add the metrics to the last chunk, unless the guardrail blocked the input, and let it carry the hidden tokens."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None:
            yield held
        held = piece
    if held is not None:
        last = {} if reply.stop == "guardrail" and not reply.usage.total_tokens else metrics(reply, cache=cache)
        yield Piece({**held.payload, **last}, held.tokens + max(0, reply.hidden_output_tokens))


def visible_pieces(reply: Reply) -> Iterator[tuple[str, int]]:
    """The text's pieces, for formats that know nothing but text. Reasoning and tools count with the first."""
    unseen = sum(len(block.tokens) for block in reply.blocks if block.kind != "text")
    for block in reply.blocks:
        if block.kind == "text":
            for text, number in block.pieces():
                yield text, number + unseen
                unseen = 0


def turns_or_refuse(turns: list[Turn]) -> tuple[Turn, ...]:
    """At least one thing must have been said by the user."""
    if not any(turn.role == "user" for turn in turns):
        raise malformed("#/messages: expected a message of the user")
    return tuple(turns)


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "Boolean"
    for kind, name in ((str, "String"), (int, "Integer"), (float, "Number"), (list, "JSONArray"), (dict, "JSONObject")):
        if isinstance(value, kind):
            return name
    return "Null"
