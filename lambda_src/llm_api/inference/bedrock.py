"""Bedrock's runtime: which path, which headers, which guardrail.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html. Bodies go out as
they are, and answers come back so: fields that are newer than this module pass.
"""

import json
import time
from collections.abc import Mapping

from llm_api.aws.answers import Answer as Received
from llm_api.aws.hosts import Service
from llm_api.aws.signing import escape
from llm_api.dialects import Answer, Operation, Payload
from llm_api.errors import Internal
from llm_api.registry import Target

_JSON = "application/json"


class Streaming:
    """A streamed answer under way; nothing of it may have come yet.

    Both methods may be called again after they raised `aws.TimedOut`: nothing is lost.
    """

    def __init__(self, service: Service, received: Received) -> None:
        self._service = service
        self._received = received

    def headers(self, until: float) -> dict[str, str]:
        """Bedrock's own `x-amzn-bedrock-*` headers, names in lower case, once they have come.

        Parameters:
            until: on the monotonic clock.

        Raises:
            AwsError: there is no good answer.
        """
        return bedrock_headers(self._service.finish(self._received, until).headers)

    def next(self, until: float) -> bytes:
        """The next bytes of an AWS event stream, split anywhere; none at its end."""
        return self._received.piece(until)

    def close(self) -> None:
        """Read no further."""
        self._received.close()


class Bedrock:
    """The client of `bedrock-runtime`."""

    def __init__(self, service: Service | None = None) -> None:
        self._service = service or Service("bedrock-runtime")

    def answer(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Answer:
        """Call the model and read its whole answer. Blocks; raises `aws.AwsError`."""
        until = time.monotonic() + timeout_seconds
        model, headers = target.id, {"content-type": _JSON}
        if operation == "invoke":
            action, body = "invoke", payload.body_bytes()
            headers = {**_invoke_headers(target, payload), "accept": payload.accept}
        elif operation == "converse":
            action, body = "converse", _converse_body(target, payload)
        else:
            model, action, body = target.base_id, "count-tokens", payload.body_bytes()
        received = self._service.send("POST", _path(model, action), headers, body, until)
        told, said = received.headers, received.read(until)
        if said.startswith((b'{"Output":{"__type":', b'{"Output": {"__type":')):
            # Bedrock's 200 for a path that it doesn't know (BerriAI/litellm#13618): an answer of no model.
            raise Internal(reason=f"Bedrock doesn't know {action} of {target.alias!r} in this Region.")
        return Answer(said, told.get("content-type", _JSON), bedrock_headers(told))

    def start_stream(self, target: Target, operation: Operation, payload: Payload, timeout_seconds: float) -> Streaming:
        """Send the call, and don't wait for its answer. Raises `aws.AwsError`."""
        until = time.monotonic() + timeout_seconds
        if operation == "invoke":
            action, body = "invoke-with-response-stream", payload.body_bytes()
            headers = {**_invoke_headers(target, payload), "x-amzn-bedrock-accept": payload.accept}
        else:
            action, body = "converse-stream", _converse_body(target, payload)
            headers = {"content-type": _JSON}
        received = self._service.begin("POST", _path(target.id, action), headers, body, until)
        return Streaming(self._service, received)


def bedrock_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are Bedrock's own, names in lower case."""
    return {name: value for name, value in headers.items() if name.startswith("x-amzn-bedrock-")}


def _path(model: str | None, action: str) -> str:
    # An ARN is one segment of the path.
    return f"/model/{escape(model or '')}/{action}"


def _invoke_headers(target: Target, payload: Payload) -> dict[str, str]:
    headers = {"content-type": payload.content_type}
    if payload.trace is not None:
        headers["x-amzn-bedrock-trace"] = payload.trace
    if payload.metadata is not None:
        headers["x-amzn-bedrock-request-metadata"] = payload.metadata
    if target.guardrail is not None:
        headers["x-amzn-bedrock-guardrailidentifier"] = target.guardrail.id
        headers["x-amzn-bedrock-guardrailversion"] = target.guardrail.version
    if target.service_tier is not None:
        headers["x-amzn-bedrock-service-tier"] = target.service_tier
    return headers


def _converse_body(target: Target, payload: Payload) -> bytes:
    body = dict(payload.body) if isinstance(payload.body, dict) else json.loads(payload.body)
    if target.guardrail is not None:
        theirs = body.get("guardrailConfig")
        # Of the caller's only whether to tell what was seen. A stream that is checked while it is already being read
        # (`streamProcessingMode: async`) would have been read by the time it is stopped.
        trace = {"trace": theirs["trace"]} if isinstance(theirs, dict) and "trace" in theirs else {}
        body["guardrailConfig"] = {
            **trace,
            "guardrailIdentifier": target.guardrail.id,
            "guardrailVersion": target.guardrail.version,
        }
    if target.service_tier is not None:
        body["serviceTier"] = {"type": target.service_tier}
    return json.dumps(body, separators=(",", ":")).encode()
