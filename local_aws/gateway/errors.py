"""What API Gateway refuses, in its own words, and what this gateway does not emulate.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from dataclasses import dataclass


class NotEmulated(Exception):
    """The deployed document or stage uses a feature that this gateway does not have. Never passed over in silence."""


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    code: str
    message: str | None


_KINDS: dict[str, _Kind] = {
    "ACCESS_DENIED": _Kind(403, "AccessDeniedException", "User is not authorized to access this resource"),
    "API_CONFIGURATION_ERROR": _Kind(500, "InternalServerErrorException", "Internal server error"),
    "AUTHORIZER_CONFIGURATION_ERROR": _Kind(500, "AuthorizerConfigurationException", None),
    "AUTHORIZER_FAILURE": _Kind(500, "AuthorizerConfigurationException", None),
    "BAD_REQUEST_BODY": _Kind(400, "BadRequestException", "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": _Kind(400, "BadRequestException", "Invalid request parameters"),
    "EXPIRED_TOKEN": _Kind(403, "ExpiredTokenException", "The security token included in the request is expired"),
    "INTEGRATION_FAILURE": _Kind(504, "InternalServerErrorException", "Internal server error"),
    "INTEGRATION_TIMEOUT": _Kind(504, "InternalServerErrorException", "Endpoint request timed out"),
    "INVALID_API_KEY": _Kind(403, "ForbiddenException", "Forbidden"),
    "INVALID_SIGNATURE": _Kind(403, "InvalidSignatureException", "The request signature is not valid."),
    "MISSING_AUTHENTICATION_TOKEN": _Kind(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    "QUOTA_EXCEEDED": _Kind(429, "LimitExceededException", "Limit Exceeded"),
    "REQUEST_TOO_LARGE": _Kind(413, "RequestTooLargeException", "Request Too Long"),
    "RESOURCE_NOT_FOUND": _Kind(404, "NotFoundException", "Not Found"),
    "THROTTLED": _Kind(429, "TooManyRequestsException", "Too Many Requests"),
    "UNAUTHORIZED": _Kind(401, "UnauthorizedException", "Unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": _Kind(415, "BadRequestException", "Unsupported Media Type"),
    "WAF_FILTERED": _Kind(403, "ForbiddenException", "Forbidden"),
}


class Refusal(Exception):
    """API Gateway answers by itself, through the gateway response of a type.

    Attributes:
        kind: the gateway response's type, such as `THROTTLED`.
        status: the status where the gateway response sets none.
        code: the default `x-amzn-ErrorType`.
        message: `$context.error.message`; None for the types that AWS gives no message.
    """

    def __init__(
        self, kind: str, message: str | None = None, *, status: int | None = None, code: str | None = None
    ) -> None:
        known = _KINDS[kind]
        self.kind = kind
        self.status = status or known.status
        self.code = code or known.code
        self.message = known.message if message is None else message
        super().__init__(f"{kind}: {self.message}")
