"""What crosses the border of the stand-in models: a request that was already authorised in, a response out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Operation = Literal[
    "invoke",
    "invoke-with-response-stream",
    "converse",
    "converse-stream",
    "count-tokens",
    "sagemaker-invoke",
    "sagemaker-stream",
]

STREAMED_OPERATIONS: frozenset[str] = frozenset({"invoke-with-response-stream", "converse-stream", "sagemaker-stream"})


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a model, verified and authorised.

    Attributes:
        region: the Region that was called, such as `us-east-1`.
        model_id: the model ID, profile ID or ARN from the path, percent-decoded; for SageMaker the endpoint's name.
        operation: the last segment of Bedrock's path, or `sagemaker-invoke` / `sagemaker-stream`.
        headers: names in lower case.
        role_arn: the role whose credentials signed the call, for the journal; None for the test administrator.
    """

    region: str
    model_id: str
    operation: Operation
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    role_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input_tokens` excludes the cached ones, as on the wire."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_ttl: str = "5m"

    @property
    def total_tokens(self) -> int:
        """Everything, cache reads and writes included, as Converse reports it."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """The answer.

    Attributes:
        body: all of it, or an iterator of event-stream frames, one item to be flushed each. The iterator sleeps
            between frames at the model's pace, must be closed by the server when the caller is gone, and raises
            `ConnectionCut` where a fault asks for the connection to be severed.
        usage: what the call consumes; of a stream, what it will have consumed if it is read to its end.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]
    usage: Usage = Usage()


class ConnectionCut(ConnectionAbortedError):
    """Sever the caller's connection here, without an end of the body.

    A `ConnectionError`, because a WSGI server such as werkzeug's drops the connection on one and writes nothing more.
    """
