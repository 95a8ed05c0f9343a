"""`POST /model/{modelId}/count-tokens`: how many tokens a Converse or InvokeModel request would have.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from llm_api.dialects import Answer, Call, Operation, Payload
from llm_api.dialects.bedrock import protection
from llm_api.dialects.bedrock.model_id import model_id
from llm_api.dialects.json_body import json_object
from llm_api.errors import BadRequest
from llm_api.events import Request, Response
from llm_api.registry import Target

_JSON = "application/json"
_ONE = "input must be an object with one of `converse` and `invokeModel`, itself an object."


class CountTokens(Call):
    """One call.

    Attributes:
        kind: which operation's request is counted.
        document: that request: Converse's, or what InvokeModel's body says.
    """

    operation: ClassVar[Operation] = "count_tokens"
    stream_content_type: ClassVar[str] = _JSON
    portable: ClassVar[bool] = False

    def __init__(self, model: str, kind: Literal["converse", "invokeModel"], document: dict[str, Any]) -> None:
        self.model = model
        self.stream = False
        self.kind = kind
        self.document = document

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read everything that does not depend on the target.

        Raises:
            BadRequest: the model's name, a header or the body can't be passed on.
        """
        content_type = request.headers.get("content-type") or _JSON
        if content_type.partition(";")[0].strip().lower() != _JSON:
            raise BadRequest(f"CountTokens takes JSON. Send the header `content-type: {_JSON}`.")
        protection.check_headers(request.headers)
        asked = json_object(request.body).get("input")
        given = {name: value for name, value in asked.items() if value is not None} if isinstance(asked, dict) else {}
        converse, invoke = given.get("converse"), given.get("invokeModel")
        if len(given) != 1 or not isinstance(converse or invoke, dict):
            raise BadRequest(_ONE)
        if isinstance(converse, dict):
            body = {name: value for name, value in converse.items() if value is not None}
            protection.check_converse_body(body)
            return cls(model_id(request.path), "converse", body)
        body = json_object(_decoded(invoke))
        protection.check_invoke_body(body)
        return cls(model_id(request.path), "invokeModel", body)

    def payloads(self, target: Target) -> Sequence[Payload]:
        """See `Call.payloads`."""
        if target.endpoint is not None:
            raise BadRequest(f"Model {target.alias!r} is a SageMaker endpoint, whose tokens nobody counts.")
        body = self._settled(target)[0]
        if self.kind == "converse":
            return [Payload({"input": {"converse": body}})]
        encoded = base64.b64encode(Payload(body).body_bytes()).decode()
        return [Payload({"input": {"invokeModel": {"body": encoded}}})]

    def render(self, target: Target, answers: Sequence[Answer]) -> Response:
        """See `Call.render`. A count that is our own estimate says so in `x-llm-estimated`."""
        (answer,) = answers
        headers = {"content-type": answer.content_type, **answer.headers}
        if answer.estimated:
            headers["x-llm-estimated"] = "true"
        return Response(200, headers, answer.body)

    def warnings(self, target: Target) -> Sequence[str]:
        """See `Call.warnings`."""
        return self._settled(target)[1]

    def _settled(self, target: Target) -> tuple[dict[str, Any], list[str]]:
        """The request with the betas that pass, and warnings; see `llm_api.dialects.betas`."""
        from llm_api.dialects.bedrock.calls import settled, settled_converse

        return settled_converse(self.document, target) if self.kind == "converse" else settled(self.document, target)


def _decoded(invoke: Any) -> bytes:
    body = invoke.get("body") if isinstance(invoke, dict) else None
    try:
        return base64.b64decode(body, validate=True) if isinstance(body, str) else b""
    except (binascii.Error, ValueError):
        raise BadRequest("input.invokeModel.body must be InvokeModel's body in base64.") from None
