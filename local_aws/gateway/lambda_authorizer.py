"""Lambda authorizers: the question that API Gateway asks, and the policy that comes back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.gateway.document import Authorizer
from local_aws.gateway.errors import NotEmulated, Refusal
from local_aws.gateway.events import proxy_event
from local_aws.gateway.exchange import Exchange
from local_aws.iam import evaluate, policies_of
from local_aws.lambda_service.service import LambdaService, ServiceSource
from local_aws.lambda_service.types import InvocationFailed, LambdaError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an authorizer said: a policy, and the context for the event."""

    policy: dict[str, Any]
    context: dict[str, Any]


class LambdaAuthorizers:
    """Asks authorizers, and remembers what they said for as long as each wants it remembered."""

    def __init__(self, lambda_service: LambdaService, clock: Callable[[], float] = time.monotonic) -> None:
        self._lambda = lambda_service
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[tuple[str, ...], tuple[float, Verdict]] = {}

    def ask(self, authorizer: Authorizer, exchange: Exchange) -> Verdict:
        """The verdict on a request.

        Raises:
            Refusal: UNAUTHORIZED where an identity source is missing or the function says so, AUTHORIZER_FAILURE where
                it failed, AUTHORIZER_CONFIGURATION_ERROR where its answer is none.
        """
        values = tuple(_identity(source, exchange) for source in authorizer.identity_sources)
        cached = authorizer.ttl_seconds > 0 and bool(values)
        if (cached or authorizer.type == "token") and not all(values):
            raise Refusal("UNAUTHORIZED")
        texts = tuple(value or "" for value in values)
        if authorizer.validation and not re.fullmatch(authorizer.validation, texts[0]):
            raise Refusal("UNAUTHORIZED")
        stage = exchange.stage
        key = (stage.rest_api_id, stage.name, stage.deployment_id, authorizer.name, *texts)
        if cached:
            with self._lock:
                until, verdict = self._remembered.get(key, (0.0, None))
            if verdict is not None and until > self._clock():
                return verdict
        verdict = self._invoke(authorizer, exchange, texts)
        if cached:
            with self._lock:
                self._remembered[key] = (self._clock() + authorizer.ttl_seconds, verdict)
        return verdict

    def _invoke(self, authorizer: Authorizer, exchange: Exchange, texts: tuple[str, ...]) -> Verdict:
        assert authorizer.function_arn is not None
        source = _source(authorizer, exchange)
        event: dict[str, Any] = {"type": authorizer.type.upper(), "methodArn": exchange.method_arn()}
        if authorizer.type == "token":
            event["authorizationToken"] = texts[0]
        else:
            request = proxy_event(exchange, (), signed=False)
            event |= {name: value for name, value in request.items() if name not in ("body", "isBase64Encoded")}
        begun = exchange.elapsed()
        try:
            invocation = self._lambda.invoke(authorizer.function_arn, json.dumps(event).encode(), source=source)
        except (LambdaError, InvocationFailed) as error:
            log.warning("the authorizer %s could not be invoked, or failed: %r", authorizer.name, error)
            kind = "AUTHORIZER_CONFIGURATION_ERROR" if isinstance(error, LambdaError) else "AUTHORIZER_FAILURE"
            raise Refusal(kind) from None
        if invocation.function_error:
            # A function asks for a 401 by failing with exactly this message.
            said_no = _json(invocation.payload).get("errorMessage") == "Unauthorized"
            raise Refusal("UNAUTHORIZED" if said_no else "AUTHORIZER_FAILURE")
        return _verdict(_json(invocation.payload), int((exchange.elapsed() - begun) * 1000))


def _source(authorizer: Authorizer, exchange: Exchange) -> ServiceSource | None:
    """On whose behalf the function is asked: API Gateway's, which the function's policy has to let in, or a role's."""
    if authorizer.credentials_arn is None:
        stage = exchange.stage
        api = f"arn:aws:execute-api:{stage.region}:{stage.account_id}:{stage.rest_api_id}"
        return ServiceSource(principal="apigateway.amazonaws.com", arn=f"{api}/authorizers/{authorizer.name}")
    try:
        documents, boundary = policies_of(authorizer.credentials_arn)
    except KeyError:
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR") from None
    context = {"aws:RequestedRegion": exchange.stage.region}
    if not evaluate(documents, "lambda:InvokeFunction", str(authorizer.function_arn), context, boundary).allowed:
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR")
    return None


def _json(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _verdict(answer: dict[str, Any], latency_ms: int) -> Verdict:
    policy, context = answer.get("policyDocument"), answer.get("context") or {}
    flat = isinstance(context, dict) and all(isinstance(value, (str, int, float, bool)) for value in context.values())
    if not isinstance(answer.get("principalId"), str) or not isinstance(policy, dict) or not flat:
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR")
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in context.items()}
    return Verdict(policy, {**texts, "principalId": answer["principalId"], "integrationLatency": latency_ms})


def _identity(source: str, exchange: Exchange) -> str | None:
    """The value of an identity source: `header.NAME`, `querystring.NAME`, `stageVariables.NAME` or the source IP."""
    scope, _, name = source.partition(".")
    if scope == "header":
        return exchange.request.header(name)
    if scope == "querystring":
        return dict(exchange.request.query).get(name)
    if source == "context.identity.sourceIp":
        return exchange.request.source_ip
    if scope == "stageVariables":
        return exchange.stage.variables.get(name)
    raise NotEmulated(f"The identity source {source!r} is not emulated.")
