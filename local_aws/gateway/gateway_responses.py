"""Refusals as the caller sees them: the gateway responses of the document, or AWS's defaults with all that they echo.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from collections.abc import Mapping
from typing import Any

from local_aws.gateway.errors import Refusal
from local_aws.gateway.templates import mapped_value, render
from local_aws.gateway.wire import OutgoingResponse

DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
_HEADER = "gatewayresponse.header."


def render_refusal(
    refusal: Refusal, gateway_responses: Mapping[str, Any], variables: Mapping[str, Any]
) -> OutgoingResponse:
    """The answer to a refused request.

    Args:
        gateway_responses: the document's `x-amazon-apigateway-gateway-responses`.
        variables: what templates may name; `context.error` among it.
    """
    own = gateway_responses.get(refusal.kind)
    definition = own or gateway_responses.get("DEFAULT_4XX" if refusal.status < 500 else "DEFAULT_5XX") or {}
    response = OutgoingResponse(int(definition.get("statusCode") or refusal.status))
    templates: Mapping[str, str] = definition.get("responseTemplates") or DEFAULT_TEMPLATES
    media_type = "application/json" if "application/json" in templates else next(iter(templates))
    response.set("Content-Type", media_type)
    response.set("x-amzn-ErrorType", refusal.code)
    for name, expression in (definition.get("responseParameters") or {}).items():
        value = mapped_value(expression, variables)
        if name.startswith(_HEADER) and value is not None:
            response.set(name.removeprefix(_HEADER), value)
    response.body = render(templates[media_type], variables).encode()
    return response
