"""Event-stream frames, passed on byte for byte, and the exception frame that ends a stream which can't go on.

The exceptions are the members of the two unions, ResponseStream and ConverseStreamOutput
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html, …_ConverseStreamOutput.html):
of a type that the union doesn't have, boto3 shows neither code nor message.
"""

from collections.abc import Iterator, Mapping

from llm_api.dialects import Frame, StreamFault
from llm_api.errors import ApiError
from llm_api.eventstream import exception

_COMMON = {
    "ModelErrorException": "modelStreamErrorException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ThrottlingException": "throttlingException",
    "ValidationException": "validationException",
}
INVOKE_EXCEPTIONS: Mapping[str, str] = {**_COMMON, "ModelTimeoutException": "modelTimeoutException"}
CONVERSE_EXCEPTIONS: Mapping[str, str] = {**_COMMON, "ModelTimeoutException": "modelStreamErrorException"}
_ANYTHING_ELSE = "internalServerException"


def pass_frames(frames: Iterator[Frame | None], exceptions: Mapping[str, str]) -> Iterator[bytes]:
    """The frames as they came, those that came together in one piece; after a fault Bedrock's own exception, or ours.

    Parameters:
        exceptions: the operation's name for each error code.
    """
    together: list[bytes] = []
    try:
        for frame in frames:
            if frame is None:
                continue
            together.append(frame.raw)
            if not frame.more:
                yield b"".join(together)
                together.clear()
    except StreamFault as fault:
        yield b"".join([*together, fault.frame or _exception(fault.error, exceptions)])


def _exception(error: ApiError, exceptions: Mapping[str, str]) -> bytes:
    return exception(exceptions.get(error.code, _ANYTHING_ELSE), error.message)
