"""What a dialect is: it parses a request into a `Call` or a query, and renders answers, streams and errors.

A dialect knows its protocol and the bodies of the model families. It knows no client, no table and no tenant, and
never decides whether a call may be made.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from llm_api.errors import ApiError, BadRequest
from llm_api.events import Request, Response
from llm_api.registry import Target

if TYPE_CHECKING:
    from llm_api.dialects.workflows import Approval, Approve, Execution, Show, Start
    from llm_api.ledger.budgets import Balance

Operation = Literal["invoke", "converse", "count_tokens"]


class Payload(NamedTuple):
    """One request to a model, in the wire form of its operation.

    Attributes:
        body: for `invoke` the bytes the model gets; for `converse` and `count_tokens` the JSON document, blobs in
            base64 as on the wire.
        trace: InvokeModel's `X-Amzn-Bedrock-Trace`, which changes neither price nor protection.
        metadata: InvokeModel's `X-Amzn-Bedrock-Request-Metadata`, as it came.
        document: what `body` says, where whoever made it knows that already, so that it isn't read again.
    """

    body: bytes | dict[str, Any]
    content_type: str = "application/json"
    accept: str = "application/json"
    trace: str | None = None
    metadata: str | None = None
    document: dict[str, Any] | None = None

    def tagged(self, operation: Operation, tags: Mapping[str, str]) -> "Payload":
        """The same with tags for Bedrock's invocation log. Of one name ours holds, whatever the caller sent.

        https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-request-metadata.html

        Raises:
            BadRequest: the caller's own tags are no object of strings.
        """
        if not tags or operation == "count_tokens":
            return self
        if operation == "converse" and isinstance(self.body, dict):
            theirs = self.body.get("requestMetadata")
            return self._replace(body={**self.body, "requestMetadata": {**_tags(theirs, "requestMetadata"), **tags}})
        theirs = None if self.metadata is None else _parsed(self.metadata)
        return self._replace(metadata=json.dumps({**_tags(theirs, "X-Amzn-Bedrock-Request-Metadata"), **tags}))

    def body_bytes(self) -> bytes:
        """The body as it goes out."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, separators=(",", ":")).encode()


def _parsed(metadata: str) -> Any:
    try:
        return json.loads(metadata)
    except (ValueError, RecursionError):
        return metadata


def _tags(value: Any, name: str) -> dict[str, str]:
    tags = {} if value is None else value
    if not isinstance(tags, dict) or not all(isinstance(tag, str) for tag in tags.values()):
        raise BadRequest(f"{name} must be a JSON object of strings.")
    return tags


class Answer(NamedTuple):
    """A model's whole answer as it came.

    Attributes:
        body: the bytes of the answer.
        headers: Bedrock's own `x-amzn-bedrock-*` headers, names in lower case.
        estimated: for `count_tokens`, whether the count is our estimate because Bedrock can't count for this model;
            the body has CountTokens' shape, `{"inputTokens": n}`, either way.
    """

    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = MappingProxyType({})
    estimated: bool = False


class Frame(NamedTuple):
    """One AWS event-stream message of a streamed answer, already checked to be no exception.

    Attributes:
        raw: the frame's bytes as they came, prelude and checksums included.
        event: the `:event-type`: `chunk` for InvokeModelWithResponseStream, else ConverseStream's event name.
        payload: the frame's payload. For `chunk` it is Bedrock's JSON with `bytes` in base64; see `chunk()` in
            `llm_api.eventstream`.
        more: whether another one has come already, so that what is made of this one may wait for it.
    """

    raw: bytes
    event: str
    payload: bytes
    more: bool = False


class StreamFault(Exception):
    """The stream can't go on: a model error after the first byte, a cut connection, or the deadline.

    Raised by the iterator that `render_stream` reads. The dialect catches it, sends what it has, and ends the
    stream in its own proper way; `OutOfTime` as the cause means the length limit, anything else is an error event.

    Attributes:
        error: the cause.
        frame: the exception frame as Bedrock sent it, or None where there was none.
    """

    def __init__(self, error: ApiError, frame: bytes | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.frame = frame


class Files(Protocol):
    """Where files are put that an answer names by their addresses."""

    def put(self, files: Sequence[tuple[bytes, str]]) -> Sequence[str]:
        """Keep files, each with its media type, and say where each is to be had for a while.

        Raises:
            NotDelivered: they can't be kept.
        """
        ...


class Delivery(NamedTuple):
    """The ways in which an answer may reach its caller.

    Attributes:
        most_bytes: of the answer's body.
        files: None where the deployment has no place for files.
    """

    most_bytes: int
    files: Files | None = None


class Call(ABC):
    """One request, parsed: which model it names, what to send to it and how to answer.

    Attributes:
        model: the model's name as the caller gave it, decoded once.
        operation: what to call on Bedrock.
        stream: whether the caller wants the answer as it is produced.
        stream_content_type: the `content-type` of a streamed answer.
        pings: whether the protocol has a way to say "still here" while the model is silent; then the frames
            passed to `render_stream` contain None for each silent interval.
        portable: whether a model of another family could answer. Not so where the caller wrote the body in one
            family's own format: then only fallbacks of the same family are tried.
        has_files: whether the answer holds files; then `delivery` is set before anything else is asked for.
    """

    operation: ClassVar[Operation]
    stream_content_type: ClassVar[str]
    pings: ClassVar[bool] = False
    portable: ClassVar[bool] = True
    has_files: ClassVar[bool] = False

    model: str
    stream: bool
    delivery: Delivery

    def operation_on(self, target: Target) -> Operation:
        """What to call on `target`, where that isn't the same on all."""
        return self.operation

    @abstractmethod
    def payloads(self, target: Target) -> Sequence[Payload]:
        """What to send to `target`; more than one where the model takes one item a request (embeddings).

        Raises:
            BadRequest: this family can't serve the request; the message names what it can't do, or which dialects
                it speaks.
        """

    @abstractmethod
    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """The caller's answer; as many answers as there were payloads.

        Raises:
            UpstreamFault: the model's answer is not what its family sends.
        """

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """The caller's stream, piece by piece. `frames` raises `StreamFault` when it can't go on."""
        raise NotImplementedError

    def stream_headers(self) -> Mapping[str, str]:
        """Headers that the dialect's clients look for on a streamed answer, beside those that every answer has."""
        return {}

    def warnings(self, target: Target) -> Sequence[str]:
        """Fields that were ignored, for the answer's `warning` header."""
        return ()


class Query(ABC):
    """A request that no model answers: for the models, for what was used, to a workflow."""

    @classmethod
    @abstractmethod
    def parse(cls, request: Request) -> Self:
        """Read the request.

        Raises:
            BadRequest: it can't be understood.
        """

    @abstractmethod
    def respond(self, deployment: "Deployment") -> Response:
        """The answer.

        Raises:
            ApiError: there is none; see what it asks for.
        """


class Deployment(Protocol):
    """What a query may ask for, as far as its caller may see it.

    Attributes:
        tenant: the caller's name.
        key_id: of the key that asks; None where callers have none.
    """

    tenant: str
    key_id: str | None

    def models(self) -> Sequence[Target]:
        """What the caller may use, by alias."""
        ...

    def balance(self) -> "Balance":
        """Its budgets, and what is used of them."""
        ...

    def start(self, asked: "Start") -> "Execution":
        """The execution that was started, now or by an earlier request with the same key and input."""
        ...

    def show(self, asked: "Show") -> "Execution":
        """The execution as it is now."""
        ...

    def approve(self, asked: "Approve") -> "Approval":
        """The approval that was answered."""
        ...


class Dialect(Protocol):
    """A module of this package: how a protocol says its errors and which calls its routes make."""

    NAME: str
    ROUTES: Mapping[tuple[str, str], str]
    """(method, route of the contract) -> where its class is, `module:Class`, so that a route's module is imported when
    the route is first used. The class is a `Query`, or a `Call` with a classmethod `parse` like it."""

    @staticmethod
    def error(error: ApiError, request: Request) -> Response:
        """The error in the dialect's own shape, with the dialect's own request-ID header beside ours."""
        ...
