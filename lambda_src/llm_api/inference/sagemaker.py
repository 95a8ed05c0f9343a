"""SageMaker endpoints, in the clothes of InvokeModel.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html and
API_runtime_InvokeEndpointWithResponseStream.html. A streamed answer's `PayloadPart` events hold the container's raw
bytes, cut anywhere, even inside a JSON object; callers of InvokeModelWithResponseStream expect a whole one in each
`chunk`, so what comes is cut anew at the ends of lines, where every container that streams JSON or SSE ends them.
"""

import base64
import json
from collections.abc import Generator
from contextlib import closing
from typing import Any

from llm_api import aws
from llm_api.dialects import Answer, Operation, Payload
from llm_api.errors import BadRequest, Internal
from llm_api.eventstream import CorruptStream, Decoder, Message, event, exception
from llm_api.inference.wire import (
    CONNECT_TIMEOUT_SECONDS,
    LONGEST_READ_SECONDS,
    Opened,
    let_bytes_pass,
    read_pieces,
    sent,
)
from llm_api.registry import Target
from llm_api.usage import parse_json

_EXCEPTIONS = {"ModelStreamError": "modelStreamErrorException", "InternalStreamFailure": "internalServerException"}


class SageMaker:
    """The client of `sagemaker-runtime`."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.create_client(
            "sagemaker-runtime",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=LONGEST_READ_SECONDS,
            tcp_keepalive=True,
        )
        let_bytes_pass(self._client)

    def answer(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Answer:
        """Call the endpoint and read its whole answer. Blocks; raises what botocore raises."""
        response = self._client.invoke_endpoint(**_parameters(target, operation, payload, timeout_seconds))
        return Answer(response["Body"].read(), response.get("ContentType") or "application/json")

    def open_stream(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Opened:
        """Call the endpoint and return once its status has come. Blocks; raises what botocore raises."""
        parameters = _parameters(target, operation, payload, timeout_seconds)
        response = self._client.invoke_endpoint_with_response_stream(**parameters)
        headers = {"x-amzn-bedrock-content-type": response.get("ContentType") or "application/json"}
        return Opened(headers, _as_chunks(read_pieces(response["raw"])))


def _parameters(target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> dict[str, Any]:
    if target.endpoint is None or operation != "invoke":
        raise BadRequest(f"Model {target.alias!r} is a SageMaker endpoint: call it through /model/{{modelId}}/invoke.")
    if target.guardrail is not None:
        raise Internal(reason=f"The guardrail of {target.alias!r} can't be enforced on a SageMaker endpoint.")
    parameters = {
        "EndpointName": target.endpoint.name,
        "Body": payload.body_bytes(),
        "ContentType": payload.content_type,
        "Accept": payload.accept,
        **sent(timeout_seconds),
    }
    if target.endpoint.inference_component is not None:
        parameters["InferenceComponentName"] = target.endpoint.inference_component
    return parameters


def _as_chunks(pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """SageMaker's event stream as Bedrock's: each `PayloadPart` becomes part of a `chunk`, exceptions stay."""
    decoder = Decoder()
    line = bytearray()
    with closing(pieces):
        for piece in pieces:
            for message in decoder.messages(piece):
                if message.headers.get(":event-type") != "PayloadPart":
                    yield _as_bedrocks(message)
                    continue
                line += message.payload
                whole, newline, rest = line.rpartition(b"\n")
                if newline:
                    yield _chunk(whole + newline)
                    line = rest
    if decoder.incomplete:
        raise CorruptStream("The stream ended inside a frame.")
    if line:
        yield _chunk(line)


def _as_bedrocks(message: Message) -> bytes:
    kind = _EXCEPTIONS.get(message.headers.get(":exception-type", ""))
    if kind is None:
        return message.raw
    document = parse_json(message.payload)
    words = document.get("Message") or document.get("message") if isinstance(document, dict) else None
    return exception(kind, words if isinstance(words, str) else "The endpoint failed.")


def _chunk(data: bytes | bytearray) -> bytes:
    return event("chunk", json.dumps({"bytes": base64.b64encode(data).decode()}).encode())
