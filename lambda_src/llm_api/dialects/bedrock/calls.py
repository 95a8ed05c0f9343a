"""The four operations. A body passes as it came; what is refused or added stands in `protection` and `output_limit`."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

from llm_api.dialects import Answer, Call, Frame, Operation, Payload
from llm_api.dialects.bedrock import output_limit, protection
from llm_api.dialects.bedrock.model_id import model_id
from llm_api.dialects.json_body import json_object
from llm_api.errors import BadRequest
from llm_api.events import Request, Response
from llm_api.registry import Target

_JSON = "application/json"
_EVENT_STREAM = "application/vnd.amazon.eventstream"


class Invoke(Call):
    """`POST /model/{modelId}/invoke`.

    Attributes:
        body: as the caller sent it.
        document: the body's JSON object; None for another content type, which only SageMaker endpoints take.
        asks_for_guardrail: whether the caller sent guardrail headers.
        tier: the service tier that the caller asks for; None where it names none.
    """

    operation: ClassVar[Operation] = "invoke"
    stream_content_type: ClassVar[str] = _EVENT_STREAM
    portable: ClassVar[bool] = False
    accept_header: ClassVar[str] = "accept"

    def __init__(self, request: Request) -> None:
        headers = request.headers
        content_type = headers.get("content-type") or _JSON
        is_json = content_type.partition(";")[0].strip().lower() == _JSON
        document = json_object(request.body) if is_json else None
        protection.check_headers(headers)
        if document is not None:
            protection.check_invoke_body(document)
        self.model = model_id(request.path)
        self.stream = isinstance(self, InvokeStream)
        self.body = request.body
        self.document = document
        self.content_type = content_type
        self.accept = headers.get(self.accept_header) or "*/*"
        self.trace = headers.get("x-amzn-bedrock-trace")
        self.metadata = headers.get("x-amzn-bedrock-request-metadata")
        self.asks_for_guardrail = protection.has_guardrail_headers(headers)
        self.tier = protection.asked_tier(headers)

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read everything that does not depend on the target.

        Raises:
            BadRequest: the model's name, a header or the body can't be passed on.
        """
        return cls(request)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        protection.check_guardrail(target, "X-Amzn-Bedrock-GuardrailIdentifier", asked=self.asks_for_guardrail)
        protection.check_tier(target, "X-Amzn-Bedrock-Service-Tier", self.tier)
        if target.endpoint is not None:
            body, document = self._limited(target)
            return [Payload(body, self.content_type, self.accept, metadata=self.metadata, document=document)]
        if self.document is None:
            raise BadRequest(f"Model {target.alias!r} takes JSON. Send the header `content-type: {_JSON}`.")
        accept = _JSON if "*/*" in self.accept else self.accept
        body, document = self._limited(target)
        return [Payload(body, _JSON, accept, self.trace, self.metadata, document)]

    def _limited(self, target: Target) -> tuple[bytes, dict[str, Any] | None]:
        """The body as it goes out, and what it says."""
        if self.document is None:
            output_limit.check_unreadable(target)
            return self.body, None
        protection.check_invoke_target(self.document, target)
        limited = output_limit.limit_invoke(settled(self.document, target)[0], target)
        return self.body if limited is self.document else Payload(limited).body_bytes(), limited

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        if self.document is None:
            return []
        return [*settled(self.document, target)[1], *output_limit.told_lowered(self.document, target)]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        return _pass_answer(answers[0])

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        from llm_api.dialects.bedrock import stream

        return stream.pass_frames(frames, stream.INVOKE_EXCEPTIONS)


class InvokeStream(Invoke):
    """`POST /model/{modelId}/invoke-with-response-stream`."""

    accept_header: ClassVar[str] = "x-amzn-bedrock-accept"


class Converse(Call):
    """`POST /model/{modelId}/converse`.

    Attributes:
        body: the request's JSON object.
    """

    operation: ClassVar[Operation] = "converse"
    stream_content_type: ClassVar[str] = _EVENT_STREAM

    def __init__(self, model: str, stream: bool, body: dict[str, Any]) -> None:
        self.model = model
        self.stream = stream
        self.body = body

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read everything that does not depend on the target.

        Raises:
            BadRequest: the model's name, a header or the body can't be passed on.
        """
        content_type = request.headers.get("content-type") or _JSON
        if content_type.partition(";")[0].strip().lower() != _JSON:
            raise BadRequest(f"Converse takes JSON. Send the header `content-type: {_JSON}`.")
        # SDKs write null for what is absent; Converse has no field that means something by it.
        body = {name: value for name, value in json_object(request.body).items() if value is not None}
        protection.check_headers(request.headers)
        protection.check_converse_body(body)
        return cls(model_id(request.path), cls is ConverseStream, body)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        if target.endpoint is not None:
            from llm_api.dialects.spoken import spoken_dialects

            raise BadRequest(
                f"Model {target.alias!r} is a SageMaker endpoint, which Converse can't reach. It answers on "
                f"{spoken_dialects(target)}."
            )
        protection.check_guardrail(target, "guardrailConfig", asked="guardrailConfig" in self.body)
        protection.check_converse_target(self.body, target)
        body = output_limit.limit_converse(self._settled(target)[0], target)
        if "serviceTier" in body:  # it is the target's, and set where the call is made
            body = {name: value for name, value in body.items() if name != "serviceTier"}
        if target.prompt_cache is not None:
            from llm_api.dialects.prompt_cache import with_own_points

            body = with_own_points(body, target)
        return [Payload(body)]

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        return [*self._settled(target)[1], *output_limit.told_lowered(self.body, target)]

    def _settled(self, target: Target) -> tuple[dict[str, Any], list[str]]:
        return settled_converse(self.body, target)

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`."""
        return _pass_answer(answers[0])

    def render_stream(self, target: Target, frames: Iterator[Frame | None]) -> Iterator[bytes]:
        """See `Call.render_stream`."""
        from llm_api.dialects.bedrock import stream

        return stream.pass_frames(frames, stream.CONVERSE_EXCEPTIONS)


class ConverseStream(Converse):
    """`POST /model/{modelId}/converse-stream`."""


def settled_converse(body: dict[str, Any], target: Target) -> tuple[dict[str, Any], list[str]]:
    """Converse's body with the betas that pass, and warnings."""
    additional = body.get("additionalModelRequestFields")
    if not isinstance(additional, dict):
        return body, []
    passing, warnings = settled(additional, target)
    return body if passing is additional else {**body, "additionalModelRequestFields": passing}, warnings


def settled(body: dict[str, Any], target: Target) -> tuple[dict[str, Any], list[str]]:
    """InvokeModel's body with the betas that pass, and warnings; see `llm_api.dialects.betas`."""
    if "anthropic_beta" not in body:
        return body, []
    from llm_api.dialects.betas import settle

    return settle(body, target)


def _pass_answer(answer: Answer) -> Response:
    return Response(200, {"content-type": answer.content_type, **answer.headers}, answer.body)
