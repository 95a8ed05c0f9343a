"""Mock integrations: API Gateway's own answers, with nothing behind them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from local_aws.gateway.document import Integration
from local_aws.gateway.errors import Refusal
from local_aws.gateway.templates import mapped_value, render
from local_aws.gateway.wire import IncomingRequest, OutgoingResponse

_HEADER = "method.response.header."


def answer_mock(integration: Integration, request: IncomingRequest, variables: Mapping[str, Any]) -> OutgoingResponse:
    """The mock's answer.

    Raises:
        Refusal: UNSUPPORTED_MEDIA_TYPE where no template fits and none may be missing, API_CONFIGURATION_ERROR where
            what the mock got, or has, is no instruction.
    """
    template = integration.request_templates.get(request.media_type)
    if template is None:
        if integration.passthrough == "never" or (
            integration.passthrough == "when_no_templates" and integration.request_templates
        ):
            raise Refusal("UNSUPPORTED_MEDIA_TYPE")
        instruction = request.body.decode("utf-8", errors="replace")  # passed through: the caller instructs the mock
    else:
        instruction = render(template, variables)
    try:
        status = int(json.loads(instruction)["statusCode"])
    except (ValueError, TypeError, KeyError):
        raise Refusal("API_CONFIGURATION_ERROR") from None
    definition = _response_for(str(status), integration.responses)
    response = OutgoingResponse(int(definition["statusCode"]))
    templates: Mapping[str, str] = definition.get("responseTemplates") or {}
    media_type = "application/json" if "application/json" in templates or not templates else next(iter(templates))
    response.set("Content-Type", media_type)
    for name, expression in (definition.get("responseParameters") or {}).items():
        value = mapped_value(expression, variables)
        if value is not None:
            response.set(name.removeprefix(_HEADER), value)
    response.body = render(templates.get(media_type, ""), variables).encode()
    return response


def _response_for(status: str, responses: Mapping[str, Any]) -> Mapping[str, Any]:
    for pattern, definition in responses.items():
        if pattern != "default" and re.fullmatch(pattern, status):
            return dict(definition)
    if "default" not in responses:
        raise Refusal("API_CONFIGURATION_ERROR")
    return dict(responses["default"])
