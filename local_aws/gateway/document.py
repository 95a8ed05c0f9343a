"""The imported OpenAPI document, compiled into what the data plane serves. What it can't serve is an error, not a gap.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.gateway.errors import NotEmulated

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
_INTEGRATION_FIELDS = {
    "type",
    "uri",
    "httpMethod",
    "timeoutInMillis",
    "responseTransferMode",
    "passthroughBehavior",
    "requestTemplates",
    "responses",
    "payloadFormatVersion",
}
_AUTHORIZER_FIELDS = {
    "type",
    "providerARNs",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
}
_FUNCTION_URI = re.compile(
    r"^arn:[^:]+:apigateway:[^:]+:lambda:path/(?P<version>2015-03-31|2021-11-15)/functions/(?P<function>arn:[^/]+)/"
    r"(?P<action>invocations|response-streaming-invocations)$"
)
_RESPONSE_HEADER = "method.response.header."


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda or Cognito authorizer.

    Attributes:
        ttl_seconds: how long a verdict is remembered; 0: not at all.
        credentials_arn: the role with which API Gateway invokes the function; None: the function's own policy lets it.
    """

    name: str
    type: str
    function_arn: str | None = None
    identity_sources: tuple[str, ...] = ()
    validation: str | None = None
    ttl_seconds: int = 300
    provider_arns: tuple[str, ...] = ()
    credentials_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """Who may call an operation: `kind` is none, iam, cognito or custom."""

    kind: str = "none"
    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Integration:
    """What is behind an operation."""

    type: str
    function_arn: str | None = None
    streaming: bool = False
    timeout_seconds: float = 29.0
    passthrough: str = "when_no_match"
    request_templates: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one resource."""

    resource: str
    method: str
    integration: Integration
    authorization: Authorization


@dataclass(frozen=True, slots=True)
class Api:
    """A compiled document: operations by resource and method (`ANY` among the methods)."""

    resources: Mapping[str, Mapping[str, Operation]]
    gateway_responses: Mapping[str, Any]
    binary_media_types: tuple[str, ...]


def compile_document(document: Mapping[str, Any]) -> Api:
    """The API that a document describes.

    Raises:
        NotEmulated: it uses something that this gateway does not have, or that API Gateway's import would refuse.
    """
    if document.get("security"):
        raise NotEmulated("`security` at the document's root is not emulated: put it on each operation.")
    schemes = (document.get("components") or {}).get("securitySchemes") or document.get("securityDefinitions") or {}
    resources: dict[str, dict[str, Operation]] = {}
    for path, item in document.get("paths", {}).items():
        operations = {}
        for key, operation in item.items():
            if key in METHODS or key == ANY:
                method = "ANY" if key == ANY else key.upper()
                operations[method] = _operation(path, method, operation, schemes)
        if operations:
            resources[path] = operations
    return Api(
        resources=resources,
        gateway_responses=document.get("x-amazon-apigateway-gateway-responses") or {},
        binary_media_types=tuple(document.get("x-amazon-apigateway-binary-media-types") or ()),
    )


def _operation(path: str, method: str, block: Mapping[str, Any], schemes: Mapping[str, Any]) -> Operation:
    where = f"{method} {path}"
    if "x-amazon-apigateway-request-validator" in block:
        raise NotEmulated(f"{where} has a request validator, which local AWS does not have.")
    if INTEGRATION not in block:
        raise NotEmulated(f"{where} has no {INTEGRATION}.")
    return Operation(path, method, _integration(where, block), _authorization(where, block, schemes))


def _integration(where: str, operation: Mapping[str, Any]) -> Integration:
    block = operation[INTEGRATION]
    kind = str(block.get("type", "")).lower()
    others = set(block) - _INTEGRATION_FIELDS
    if kind not in ("mock", "aws_proxy") or others:
        raise NotEmulated(f"{where} has an integration of type {kind!r} with {sorted(others)}, which is not emulated.")
    mode = block.get("responseTransferMode", "BUFFERED")
    if kind == "mock":
        if mode != "BUFFERED":
            raise NotEmulated(f"{where}: a mock integration can't stream.")
        _check_response_headers(where, operation)
        return Integration(
            type="mock",
            passthrough=str(block.get("passthroughBehavior", "when_no_match")).lower(),
            request_templates=block.get("requestTemplates") or {},
            responses=block.get("responses") or {},
        )
    uri = _FUNCTION_URI.match(str(block.get("uri", "")))
    if uri is None or block.get("httpMethod") != "POST":
        raise NotEmulated(f"{where}: a Lambda integration needs a function's URI and the method POST: {block}.")
    streaming = mode == "STREAM"
    if streaming is not (uri["action"] == "response-streaming-invocations") or streaming is not (
        uri["version"] == "2021-11-15"
    ):
        raise NotEmulated(f"{where}: the transfer mode {mode} does not go with the URI {uri.group(0)}.")
    timeout = float(block.get("timeoutInMillis", 29000)) / 1000
    if not 0.05 <= timeout <= (900 if streaming else 300):
        raise NotEmulated(f"{where}: API Gateway refuses a timeout of {timeout} s for the transfer mode {mode}.")
    return Integration(type="aws_proxy", function_arn=uri["function"], streaming=streaming, timeout_seconds=timeout)


def _check_response_headers(where: str, operation: Mapping[str, Any]) -> None:
    """A mapped header must be declared by the method's response, or the import fails."""
    for name, response in (operation[INTEGRATION].get("responses") or {}).items():
        status = str(response.get("statusCode"))
        declared = (operation.get("responses") or {}).get(status)
        if declared is None:
            raise NotEmulated(f"{where}: the integration's response {name!r} has the undeclared status {status}.")
        headers = {header.lower() for header in declared.get("headers") or {}}
        for target in response.get("responseParameters") or {}:
            if not target.startswith(_RESPONSE_HEADER) or target.removeprefix(_RESPONSE_HEADER).lower() not in headers:
                raise NotEmulated(f"{where}: {target} is not declared as a header of the response {status}.")


def _authorization(where: str, operation: Mapping[str, Any], schemes: Mapping[str, Any]) -> Authorization:
    required = operation.get("security") or []
    if (operation.get("x-amazon-apigateway-auth") or {}).get("type", "NONE").upper() == "AWS_IAM":
        return Authorization("iam")
    if not required:
        return Authorization()
    if len(required) != 1 or len(required[0]) != 1:
        raise NotEmulated(f"{where} has several security requirements; this gateway honours one.")
    name, scopes = next(iter(required[0].items()))
    scheme = schemes.get(name)
    if scheme is None:
        raise NotEmulated(f"{where} requires {name!r}, which is no security scheme of the document.")
    kind = str(scheme.get("x-amazon-apigateway-authtype", "")).lower()
    if kind == "awssigv4":
        return Authorization("iam")
    block = scheme.get("x-amazon-apigateway-authorizer")
    if not block:
        raise NotEmulated(f"{where} requires {name!r}, which API Gateway can't verify: it has no authorizer.")
    authorizer = _authorizer(name, scheme, block)
    return Authorization("cognito" if authorizer.provider_arns else "custom", authorizer, tuple(scopes or ()))


def _authorizer(name: str, scheme: Mapping[str, Any], block: Mapping[str, Any]) -> Authorizer:
    kind = str(block.get("type", "")).lower()
    ttl = int(block.get("authorizerResultTtlInSeconds", 300))
    sources = tuple(part.strip() for part in str(block.get("identitySource") or "").split(",") if part.strip())
    others = set(block) - _AUTHORIZER_FIELDS
    if others:
        raise NotEmulated(f"The authorizer {name!r} has {sorted(others)}, which is not emulated.")
    if kind == "cognito_user_pools":
        return Authorizer(
            name, kind, provider_arns=tuple(block["providerARNs"]), identity_sources=(f"header.{scheme['name']}",)
        )
    uri = _FUNCTION_URI.match(str(block.get("authorizerUri", "")))
    if kind not in ("token", "request") or uri is None:
        raise NotEmulated(f"The authorizer {name!r} of type {kind!r} is not emulated: {block}.")
    if kind == "token":
        sources = (f"method.request.header.{scheme['name']}",)
    return Authorizer(
        name=name,
        type=kind,
        function_arn=uri["function"],
        identity_sources=tuple(source.removeprefix("method.request.") for source in sources),
        validation=block.get("identityValidationExpression"),
        ttl_seconds=ttl,
        credentials_arn=block.get("authorizerCredentials"),
    )
