"""API Gateway's data plane for REST APIs, as a WSGI application that serves every deployed stage.

A stage is at `/_api/API_ID/STAGE/…`, at its own host name `API_ID.execute-api.REGION.amazonaws.com`, and at its custom
domains.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol

from local_aws.control_plane import DomainMapping, Stage
from local_aws.credentials import CredentialStore
from local_aws.gateway.access_log import write_access_log
from local_aws.gateway.authorization import Authorizations
from local_aws.gateway.cognito import PoolKeys, pool_keys
from local_aws.gateway.content_encoding import inflated
from local_aws.gateway.document import Api, compile_document
from local_aws.gateway.errors import NotEmulated, Refusal
from local_aws.gateway.exchange import Exchange
from local_aws.gateway.gateway_responses import render_refusal
from local_aws.gateway.lambda_authorizer import LambdaAuthorizers
from local_aws.gateway.lambda_proxy import invoke_function
from local_aws.gateway.limits import Limits
from local_aws.gateway.mock import answer_mock
from local_aws.gateway.routing import match
from local_aws.gateway.throttle import Throttle
from local_aws.gateway.wire import VPC_ENDPOINT, IncomingRequest, OutgoingResponse, read_request
from local_aws.iam import UnknownPolicyElement
from local_aws.lambda_service.service import LambdaService

log = logging.getLogger(__name__)

LOCAL_PREFIX = "/_api/"
_EXECUTE_API = re.compile(r"^(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?$")


class Stages(Protocol):
    """What the gateway asks of the control plane."""

    @property
    def domain_mappings(self) -> list[DomainMapping]: ...

    def stage(self, rest_api_id: str, stage_name: str) -> Stage | None: ...


class Gateway:
    """The WSGI application. Safe to use from any thread.

    Args:
        keys_of_pool: public keys of a Cognito user pool, by its ARN.
        limits: AWS's own, unless a test lowers them.
    """

    def __init__(
        self,
        control_plane: Stages,
        credentials: CredentialStore,
        lambda_service: LambdaService,
        *,
        keys_of_pool: PoolKeys = pool_keys,
        limits: Limits | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._control_plane = control_plane
        self._lambda = lambda_service
        self._limits = limits or Limits()
        self._throttle = throttle or Throttle()
        self._authorizations = Authorizations(credentials, LambdaAuthorizers(lambda_service), keys_of_pool)
        self._compiled: dict[tuple[str, str], tuple[Mapping[str, Any], Api]] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI. A streamed answer's iterator raises `StreamCut` where the connection has to be severed."""
        request = read_request(environ, self._limits.payload_bytes)
        response, exchange = self._answer(request)
        length = len(response.body) if isinstance(response.body, bytes) else None
        if length is not None:
            response.set("Content-Length", str(length))
        phrase = HTTPStatus(response.status).phrase if response.status in HTTPStatus._value2member_map_ else "Unknown"
        start_response(f"{response.status} {phrase}", response.headers)
        if isinstance(response.body, bytes):
            if exchange is not None:
                write_access_log(exchange, response.status, len(response.body))
            return [response.body]
        assert exchange is not None
        return _Logged(response.body, exchange, response.status)

    def _answer(self, request: IncomingRequest) -> tuple[OutgoingResponse, Exchange | None]:
        found = self._find(request)
        if isinstance(found, OutgoingResponse):
            return found, None
        exchange = found
        gateway_responses: Mapping[str, Any] = {}
        try:
            api = self._api(exchange.stage)
            gateway_responses = api.gateway_responses
            response = self._serve(api, exchange)
        except Refusal as refusal:
            exchange.refusal = refusal
            response = self._refused(refusal, gateway_responses, exchange)
        except (NotEmulated, UnknownPolicyElement) as error:
            log.error("not emulated: %s", error)
            response = OutgoingResponse(500, [("Content-Type", "application/json")], b'{"message":"Not emulated"}')
            response.set("x-local-aws-error", str(error).encode("ascii", "replace").decode().replace("\n", " "))
        response.set("x-amzn-RequestId", exchange.request_id)
        response.set("x-amz-apigw-id", exchange.extended_request_id)
        return response, exchange

    @staticmethod
    def _refused(refusal: Refusal, gateway_responses: Mapping[str, Any], exchange: Exchange) -> OutgoingResponse:
        try:
            return render_refusal(refusal, gateway_responses, exchange.variables())
        except NotEmulated as error:
            log.error("not emulated: %s", error)
            return OutgoingResponse(500, [("x-local-aws-error", str(error))])

    def _serve(self, api: Api, exchange: Exchange) -> OutgoingResponse:
        request = exchange.request
        if request.too_large:
            raise Refusal("REQUEST_TOO_LARGE")
        found = match(api, request.method, exchange.path)
        if found is None or found.operation is None:
            # Whatever the Authorization header holds is taken for a signature, and repeated where it is none.
            self._authorizations.identify(exchange)
            raise Refusal("MISSING_AUTHENTICATION_TOKEN")
        operation = found.operation
        exchange.resource, exchange.parameters = found.resource, found.parameters
        self._authorizations.authorize(operation, exchange)
        if not self._throttle.admits(exchange.stage, operation.resource, operation.method):
            raise Refusal("THROTTLED")
        # After the signature was verified, which is over what was sent.
        exchange.request = request = replace(request, body=inflated(request, self._limits.payload_bytes))
        if operation.integration.type == "mock":
            return answer_mock(operation.integration, request, exchange.variables())
        return invoke_function(self._lambda, api, operation, exchange, self._limits)

    def _api(self, stage: Stage) -> Api:
        key = (stage.rest_api_id, stage.deployment_id)
        with self._lock:
            known = self._compiled.get(key)
        if known is not None and known[0] is stage.document:
            return known[1]
        api = compile_document(stage.document)
        with self._lock:
            self._compiled[key] = (stage.document, api)
        return api

    def _find(self, request: IncomingRequest) -> Exchange | OutgoingResponse:
        """The stage that a request is for, or API Gateway's answer where there is none."""
        host = request.host.split(":")[0]
        if request.raw_path.startswith(LOCAL_PREFIX):
            api_id, _, rest = request.raw_path.removeprefix(LOCAL_PREFIX).partition("/")
            return self._at_default_endpoint(request, api_id, "/" + rest)
        execute_api = _EXECUTE_API.match(host)
        if execute_api:
            return self._at_default_endpoint(request, execute_api["api"], request.raw_path)
        mappings = sorted(self._control_plane.domain_mappings, key=lambda mapping: -len(mapping.base_path))
        for mapping in mappings:
            base = f"/{mapping.base_path}" if mapping.base_path else ""
            if mapping.domain_name == host and f"{request.raw_path}/".startswith(f"{base}/"):
                stage = self._control_plane.stage(mapping.rest_api_id, mapping.stage_name)
                if stage is not None:
                    path = request.raw_path.removeprefix(base) or "/"
                    return self._admitted(Exchange(request, stage, path, request.raw_path, host))
        return _forbidden()

    def _at_default_endpoint(
        self, request: IncomingRequest, api_id: str, full_path: str
    ) -> Exchange | OutgoingResponse:
        _, _, rest = full_path.partition("/")
        stage_name, _, path = rest.partition("/")
        stage = self._control_plane.stage(api_id, stage_name)
        if stage is None or stage.disable_execute_api_endpoint:
            return _forbidden()
        domain = f"{api_id}.execute-api.{stage.region}.amazonaws.com"
        return self._admitted(Exchange(request, stage, f"/{path}", full_path, domain))

    @staticmethod
    def _admitted(exchange: Exchange) -> Exchange | OutgoingResponse:
        """A private API is reached through one of its VPC endpoints alone."""
        stage = exchange.stage
        if "PRIVATE" in stage.endpoint_types:
            through = exchange.request.header(VPC_ENDPOINT)
            if not through or (stage.vpc_endpoint_ids and through not in stage.vpc_endpoint_ids):
                return _forbidden()
        return exchange


class _Logged(Iterator[bytes]):
    """A streamed body that writes the access log when it ends, whichever way."""

    def __init__(self, pieces: Iterator[bytes], exchange: Exchange, status: int) -> None:
        self._pieces = pieces
        self._exchange = exchange
        self._status = status
        self._length = 0
        self._written = False

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self._length += len(piece)
        return piece

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        if not self._written:
            self._written = True
            write_access_log(self._exchange, self._status, self._length)


def _forbidden() -> OutgoingResponse:
    """What API Gateway answers for a stage that is not there; no gateway response of any API applies."""
    response = OutgoingResponse(403, [("Content-Type", "application/json")], b'{"message":"Forbidden"}')
    response.set("x-amzn-ErrorType", "ForbiddenException")
    return response
