"""`POST /v1/messages` over InvokeModel, and `POST /v1/messages/count_tokens` over CountTokens.

https://platform.claude.com/docs/en/api/messages
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html

A body passes as it came, so that every field of today and tomorrow works. What is changed or refused stands in
`body`, and in docs/anthropic.md.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from llm_api.dialects import Answer, Call, Frame, Operation, Payload
from llm_api.dialects.anthropic.body import (
    bedrock_body,
    check_request,
    count_tokens_body,
    ignored_fields,
    requested_betas,
)
from llm_api.dialects.anthropic.refusal import is_refused, refused
from llm_api.dialects.anthropic.stream import is_call, render_events, stop_reason
from llm_api.dialects.betas import Negotiated, negotiate
from llm_api.dialects.json_body import json_object
from llm_api.dialects.lowered import lowered
from llm_api.dialects.spoken import spoken_dialects
from llm_api.errors import BadRequest, UpstreamFault
from llm_api.events import Request, Response
from llm_api.families import family_of
from llm_api.model_json import parse_json
from llm_api.registry import Target


@dataclass(slots=True)
class Messages(Call):
    """One call of `POST /v1/messages`.

    Attributes:
        body: the request as it came.
        betas: what `anthropic-beta` and `anthropic_beta` ask for.
    """

    operation: ClassVar[Operation] = "invoke"
    stream_content_type: ClassVar[str] = "text/event-stream"
    pings: ClassVar[bool] = True
    portable: ClassVar[bool] = False

    model: str
    stream: bool
    request_id: str
    body: dict[str, Any]
    betas: list[str]

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read everything that does not depend on the model.

        Raises:
            BadRequest: the body is no request for a message, or asks for what Bedrock has no equivalent for.
        """
        body = json_object(request.body)
        betas = requested_betas(request.headers, body)
        model, stream = check_request(request.headers, body, betas)
        return cls(model=model, stream=stream, request_id=request.id, body=body, betas=betas)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        _check_family(target)
        body = bedrock_body(self.body, self._negotiated(target), target)
        return [Payload(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), document=body)]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        message = parse_json(answers[0].body)
        if not isinstance(message, dict):
            raise UpstreamFault("The model's answer is no message. Try again.")
        remarks = [name for name in message if name.startswith("amazon-bedrock-")]
        content = message.get("content")
        calls = any(map(is_call, content if isinstance(content, list) else []))
        reason = stop_reason(message.get("stop_reason"), calls=calls)
        if not remarks and reason == message.get("stop_reason"):
            return _response(answers[0].body, self.request_id)
        ours = {name: value for name, value in message.items() if name not in remarks}
        if "stop_reason" in ours:
            ours["stop_reason"] = reason
        return _json(refused(ours, self.request_id) if is_refused(message) else ours, self.request_id)

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        return render_events(frames, self.request_id)

    def stream_headers(self) -> Mapping[str, str]:
        """See `Call.stream_headers`."""
        return {"request-id": self.request_id}

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        below = lowered(target, "max_tokens", self.body.get("max_tokens"))
        return [*ignored_fields(self.body), *self._negotiated(target).warnings, *below]

    def _negotiated(self, target: Target) -> Negotiated:
        return negotiate(self.betas, self.body, target, named="anthropic-beta")


@dataclass(slots=True)
class CountTokens(Call):
    """One call of `POST /v1/messages/count_tokens`."""

    operation: ClassVar[Operation] = "count_tokens"
    stream_content_type: ClassVar[str] = "application/json"
    portable: ClassVar[bool] = False

    model: str
    stream: bool
    request_id: str
    body: dict[str, Any]
    betas: list[str]

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read everything that does not depend on the model; see `Messages.parse`."""
        body = json_object(request.body)
        betas = requested_betas(request.headers, body)
        model, stream = check_request(request.headers, body, betas)
        if stream:
            raise BadRequest("A count is not streamed. Leave stream out.")
        return cls(model=model, stream=False, request_id=request.id, body=body, betas=betas)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        _check_family(target)
        return [Payload(count_tokens_body(self.body, self._negotiated(target)))]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`. A count that is our own estimate says so in `x-llm-estimated`."""
        counted = parse_json(answers[0].body)
        tokens = counted.get("inputTokens") if isinstance(counted, dict) else None
        if isinstance(tokens, bool) or not isinstance(tokens, int):
            raise UpstreamFault("Bedrock's answer is no token count. Try again.")
        response = _json({"input_tokens": tokens}, self.request_id)
        if answers[0].estimated:
            response.headers["x-llm-estimated"] = "true"
        return response

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        return [*ignored_fields(self.body), *self._negotiated(target).warnings]

    def _negotiated(self, target: Target) -> Negotiated:
        return negotiate(self.betas, self.body, target, named="anthropic-beta")


def _check_family(target: Target) -> None:
    if not family_of(target).messages_api:
        raise BadRequest(
            f"The model {target.alias} does not speak Anthropic's Messages API: only Claude does. It answers on "
            f"{spoken_dialects(target)}."
        )


def _json(body: Mapping[str, Any], request_id: str) -> Response:
    return _response(json.dumps(body).encode(), request_id)


def _response(body: bytes, request_id: str) -> Response:
    return Response(200, {"content-type": "application/json", "request-id": request_id}, body)
