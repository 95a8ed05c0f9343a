"""What callers of the Lambda service see: invocations and the ways in which they fail.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

REQUEST_LIMIT_BYTES = 6 * 1024 * 1024
RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024
STREAM_LIMIT_BYTES = 200 * 1024 * 1024
ENVIRONMENT_LIMIT_BYTES = 4 * 1024
INIT_LIMIT_SECONDS = 10.0


@dataclass(slots=True)
class Invocation:
    """One finished (buffered) or begun (streamed) invocation.

    Attributes:
        request_id: Lambda's own request ID.
        status: 200, also where the function failed: that is what `function_error` says.
        payload: the function's answer, or the JSON of its error (`errorType`, `errorMessage`); empty when streamed.
        function_error: "Unhandled" where the function failed, else None.
        executed_version: the version that ran, e.g. "3" or "$LATEST".
        log_tail: the last 4 KB of the log of a buffered invocation.
        prelude: of a streamed answer with an HTTP prelude: `statusCode`, `headers`, `multiValueHeaders`, `cookies`;
            None for a stream without one and for buffered answers.
        chunks: pieces of a streamed payload, as the function writes them; iterating may raise `InvocationFailed`.
            The caller must exhaust or close it. None for buffered answers.
    """

    request_id: str
    status: int = 200
    payload: bytes = b""
    function_error: str | None = None
    executed_version: str = "$LATEST"
    log_tail: bytes = b""
    prelude: dict[str, Any] | None = None
    chunks: Iterator[bytes] | None = field(default=None)


class LambdaError(Exception):
    """A refusal by the service itself, in its own words.

    Attributes:
        code: Lambda's exception name, as in `x-amzn-errortype`.
        status: Lambda's HTTP status.
    """

    code = "ServiceException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FunctionNotFound(LambdaError):
    """No function, version or alias of that name."""

    code = "ResourceNotFoundException"
    status = 404


class NotPermitted(LambdaError):
    """The function's own policy does not let that service or principal invoke it."""

    code = "AccessDeniedException"
    status = 403


class Throttled(LambdaError):
    """As many invocations are running as the reserved concurrency allows."""

    code = "TooManyRequestsException"
    status = 429


class RequestTooLarge(LambdaError):
    """The event is larger than 6 MB."""

    code = "RequestTooLargeException"
    status = 413


class InvocationFailed(Exception):
    """A stream that ended with an error: the trailer's, a timeout, or a sandbox that died.

    Attributes:
        error_type: e.g. `Runtime.ExitError`, `Sandbox.Timedout`, or the function's own.
        message: what the function or the service says.
    """

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


class FunctionTimeout(InvocationFailed):
    """The function ran longer than its timeout; its sandbox is gone."""

    def __init__(self, request_id: str, timeout_seconds: float) -> None:
        super().__init__(
            "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds"
        )
