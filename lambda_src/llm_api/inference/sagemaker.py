"""SageMaker endpoints, in the clothes of InvokeModel.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html and
API_runtime_InvokeEndpointWithResponseStream.html. A streamed answer's `PayloadPart` events hold the container's raw
bytes, cut anywhere, even inside a JSON object; callers of InvokeModelWithResponseStream expect a whole one in each
`chunk`, so what comes is cut anew at the ends of lines, where every container that streams JSON or SSE ends them.
"""

import base64
import json
import time
from collections.abc import Iterator

from llm_api.aws.answers import Answer as Received
from llm_api.aws.hosts import Service
from llm_api.aws.signing import escape
from llm_api.dialects import Answer, Operation, Payload
from llm_api.errors import BadRequest, Internal
from llm_api.eventstream import CorruptStream, Decoder, Message, event, exception
from llm_api.inference.bedrock import Streaming
from llm_api.model_json import parse_json
from llm_api.registry import Target

_JSON = "application/json"
_EXCEPTIONS = {"ModelStreamError": "modelStreamErrorException", "InternalStreamFailure": "internalServerException"}


class SageMaker:
    """The client of `sagemaker-runtime`."""

    def __init__(self, service: Service | None = None) -> None:
        self._service = service or Service("sagemaker-runtime")

    def answer(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Answer:
        """Call the endpoint and read its whole answer. Blocks; raises `aws.AwsError`."""
        until = time.monotonic() + timeout_seconds
        path, headers = _asked(target, operation, payload)
        headers["accept"] = payload.accept
        received = self._service.send("POST", f"{path}/invocations", headers, payload.body_bytes(), until)
        return Answer(received.read(until), received.headers.get("content-type") or _JSON)

    def start_stream(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Streaming:
        """Send the call, and don't wait for its answer. Raises `aws.AwsError`."""
        until = time.monotonic() + timeout_seconds
        path, headers = _asked(target, operation, payload)
        headers["x-amzn-sagemaker-accept"] = payload.accept
        path += "/invocations-response-stream"
        return _AsBedrocks(self._service, self._service.begin("POST", path, headers, payload.body_bytes(), until))


def _asked(target: Target, operation: Operation, payload: Payload) -> tuple[str, dict[str, str]]:
    """The beginning of the path, and the headers of any request."""
    if target.endpoint is None or operation != "invoke":
        raise BadRequest(f"Model {target.alias!r} is a SageMaker endpoint: call it through /model/{{modelId}}/invoke.")
    if target.guardrail is not None:
        raise Internal(reason=f"The guardrail of {target.alias!r} can't be enforced on a SageMaker endpoint.")
    headers = {"content-type": payload.content_type}
    if target.endpoint.inference_component is not None:
        headers["x-amzn-sagemaker-inference-component"] = target.endpoint.inference_component
    return f"/endpoints/{escape(target.endpoint.name)}", headers


class _AsBedrocks(Streaming):
    """SageMaker's event stream as Bedrock's: each `PayloadPart` becomes part of a `chunk`, exceptions stay."""

    def __init__(self, service: Service, received: Received) -> None:
        super().__init__(service, received)
        self._decoder = Decoder()
        self._messages: Iterator[Message] = iter(())
        self._line = bytearray()
        self._over = False

    def headers(self, until: float) -> dict[str, str]:
        told = self._service.finish(self._received, until).headers
        return {"x-amzn-bedrock-content-type": told.get("x-amzn-sagemaker-content-type") or _JSON}

    def next(self, until: float) -> bytes:
        while not self._over:
            for message in self._messages:
                frame = self._frame(message)
                if frame:
                    return frame
            piece = super().next(until)
            if not piece:
                return self._last()
            self._messages = self._decoder.messages(piece)
        return b""

    def _frame(self, message: Message) -> bytes:
        if message.event != "PayloadPart":
            return _as_bedrocks(message)
        # Only what is new is searched: a line may come in thousands of parts.
        end = message.payload.rfind(b"\n") + 1
        if not end:
            self._line += message.payload
            return b""
        whole = self._line + message.payload[:end]
        self._line = bytearray(message.payload[end:])
        return _chunk(whole)

    def _last(self) -> bytes:
        self._over = True
        if self._decoder.incomplete:
            raise CorruptStream("The stream ended inside a frame.")
        return _chunk(self._line) if self._line else b""


def _as_bedrocks(message: Message) -> bytes:
    kind = _EXCEPTIONS.get(message.headers.get(":exception-type", ""))
    if kind is None:
        return message.raw
    document = parse_json(message.payload)
    words = document.get("Message") or document.get("message") if isinstance(document, dict) else None
    return exception(kind, words if isinstance(words, str) else "The endpoint failed.")


def _chunk(data: bytes | bytearray) -> bytes:
    return event("chunk", json.dumps({"bytes": base64.b64encode(data).decode()}).encode())
