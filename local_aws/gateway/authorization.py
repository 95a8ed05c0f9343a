"""Who calls, and whether they may: signature, token or authorizer first, then the policies on both sides.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from local_aws.control_plane import Stage
from local_aws.credentials import Credentials, CredentialStore
from local_aws.gateway.cognito import PoolKeys, verify_token
from local_aws.gateway.document import Operation
from local_aws.gateway.errors import Refusal
from local_aws.gateway.exchange import Exchange
from local_aws.gateway.lambda_authorizer import LambdaAuthorizers
from local_aws.gateway.wire import VPC_ENDPOINT, IncomingRequest
from local_aws.iam import ANONYMOUS, Effect, Principal, evaluate, evaluate_resource_policy, policies_of
from local_aws.sigv4 import Refused, SignatureRefused, SignedRequest, verify

INVOKE = "execute-api:Invoke"

_KINDS = {Refused.MISSING: "MISSING_AUTHENTICATION_TOKEN", Refused.EXPIRED_TOKEN: "EXPIRED_TOKEN"}


def signature_refusal(refused: SignatureRefused) -> Refusal:
    """A refused signature as the gateway response that stands for it."""
    return Refusal(_KINDS.get(refused.cause, "INVALID_SIGNATURE"), refused.message, code=refused.cause.code)


def signed_request(request: IncomingRequest) -> SignedRequest:
    """What of a request a signature covers."""
    return SignedRequest(request.method, request.raw_path, request.raw_query, request.headers, request.body)


class Authorizations:
    """Decides for every operation of every API."""

    def __init__(self, credentials: CredentialStore, authorizers: LambdaAuthorizers, pool_keys: PoolKeys) -> None:
        self._credentials = credentials
        self._authorizers = authorizers
        self._pool_keys = pool_keys

    def authorize(self, operation: Operation, exchange: Exchange) -> None:
        """Lets a request pass and notes who makes it, in the exchange's `identity` and `authorizer`.

        Raises:
            Refusal: it may not pass.
            UnknownPolicyElement: a policy holds what can't be evaluated.
        """
        kind = operation.authorization.kind
        if kind == "iam":
            self._by_signature(exchange)
        elif kind == "cognito":
            self._by_token(operation, exchange)
        elif kind == "custom":
            self._by_authorizer(operation, exchange)
        else:
            self._anonymously(exchange)

    def identify(self, exchange: Exchange) -> Credentials:
        """The signer of a request.

        Raises:
            Refusal: nobody known signed it.
        """
        try:
            return verify(
                signed_request(exchange.request),
                self._credentials.find,
                service="execute-api",
                region=exchange.stage.region,
            )
        except SignatureRefused as refused:
            raise signature_refusal(refused) from None

    def _by_signature(self, exchange: Exchange) -> None:
        caller = self.identify(exchange)
        exchange.identity = {
            "accountId": caller.account_id,
            "userArn": caller.principal_arn,
            "caller": _unique_id(caller),
            "user": _unique_id(caller),
            "accessKey": caller.access_key_id,
        }
        context = {
            "aws:PrincipalArn": caller.role_arn or caller.principal_arn,
            "aws:PrincipalAccount": caller.account_id,
        }
        principal = Principal(arn=caller.principal_arn, role_arn=caller.role_arn)
        by_resource, delegated = (
            _resource_policy(exchange, principal, context)
            if exchange.stage.policy is not None
            else (Effect.SILENT, False)
        )
        own = self._identity_policies(caller, exchange, context)
        if Effect.DENY in (by_resource, own):
            raise _denied(caller.principal_arn, exchange, " with an explicit deny")
        same_account = caller.account_id == exchange.stage.account_id
        if same_account:
            allowed = own is Effect.ALLOW or (by_resource is Effect.ALLOW and not delegated)
        else:
            allowed = own is Effect.ALLOW and by_resource is Effect.ALLOW
        if not allowed:
            raise _denied(caller.principal_arn, exchange)

    @staticmethod
    def _identity_policies(caller: Credentials, exchange: Exchange, context: Mapping[str, str]) -> Effect:
        if caller.principal_arn.endswith(":root"):
            return Effect.ALLOW  # the account's root is not evaluated
        try:
            documents, boundary = policies_of(caller.role_arn or caller.principal_arn)
        except KeyError:
            # A role that was deleted since, or one of an account that is not on this machine and has no policies here.
            return Effect.SILENT
        full = {**_global_context(exchange), **context}
        decision = evaluate(documents, INVOKE, _resource(exchange), full, boundary)
        if decision.allowed:
            return Effect.ALLOW
        return Effect.DENY if decision.explicit else Effect.SILENT

    def _by_token(self, operation: Operation, exchange: Exchange) -> None:
        authorizer = operation.authorization.authorizer
        assert authorizer is not None
        name = authorizer.identity_sources[0].removeprefix("header.")
        token = exchange.request.header(name)
        if not token:
            raise Refusal("UNAUTHORIZED")
        claims = verify_token(
            token, authorizer.provider_arns, self._pool_keys, operation.authorization.scopes, time.time()
        )
        exchange.authorizer = {"claims": claims}
        self._anonymously(exchange)

    @staticmethod
    def _anonymously(exchange: Exchange) -> None:
        """Callers that IAM does not know need an Allow of the resource policy, where there is one."""
        if exchange.stage.policy is not None and _resource_policy(exchange, ANONYMOUS, {})[0] is not Effect.ALLOW:
            raise _denied("anonymous", exchange)

    def _by_authorizer(self, operation: Operation, exchange: Exchange) -> None:
        by_resource = Effect.SILENT
        if exchange.stage.policy is not None:
            by_resource, _ = _resource_policy(exchange, ANONYMOUS, {})
            if by_resource is Effect.DENY:
                raise _denied("anonymous", exchange, " with an explicit deny")
        authorizer = operation.authorization.authorizer
        assert authorizer is not None
        verdict = self._authorizers.ask(authorizer, exchange)
        exchange.authorizer = verdict.context
        decision = evaluate([verdict.policy], INVOKE, _resource(exchange), _global_context(exchange))
        if decision.explicit:
            raise Refusal("ACCESS_DENIED", "User is not authorized to access this resource with an explicit deny")
        if not decision.allowed and by_resource is not Effect.ALLOW:
            raise Refusal("ACCESS_DENIED", "User is not authorized to access this resource")


def _unique_id(caller: Credentials) -> str:
    """Stands for the principal's unique ID, which IAM makes up: `AROA…:SESSION` of a role's session."""
    stem = "".join(
        letter for letter in caller.principal_arn.split("/")[1 if caller.role_arn else -1].upper() if letter.isalnum()
    )
    padded = (stem + "EXAMPLE" * 3)[:17]
    return f"AROA{padded}:{caller.session_name}" if caller.role_arn else f"AIDA{padded}"


def _resource(exchange: Exchange) -> str:
    return unquote(exchange.method_arn())


def _global_context(exchange: Exchange) -> dict[str, str]:
    request = exchange.request
    context = {
        "aws:RequestedRegion": exchange.stage.region,
        "aws:SecureTransport": "true" if request.scheme == "https" else "false",
        "aws:SourceIp": request.source_ip,
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(exchange.received_at)),
        "aws:EpochTime": str(int(exchange.received_at)),
        "aws:ViaAWSService": "false",
    }
    for key, value in (
        ("aws:UserAgent", request.header("user-agent")),
        ("aws:SourceVpce", request.header(VPC_ENDPOINT)),
    ):
        if value:
            context[key] = value
    return context


def _resource_policy(exchange: Exchange, principal: Principal, context: Mapping[str, str]) -> tuple[Effect, bool]:
    assert exchange.stage.policy is not None
    document = with_full_arns(exchange.stage.policy, exchange.stage)
    return evaluate_resource_policy(
        document, principal, INVOKE, _resource(exchange), {**_global_context(exchange), **context}
    )


def with_full_arns(policy: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """The policy with `execute-api:/STAGE/…` written out, as API Gateway does when it takes a policy in."""
    prefix = f"arn:aws:execute-api:{stage.region}:{stage.account_id}:{stage.rest_api_id}/"

    def full(resource: str) -> str:
        return prefix + resource.removeprefix("execute-api:/") if resource.startswith("execute-api:/") else resource

    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    written = []
    for statement in statements:
        changed = dict(statement)
        for element in ("Resource", "NotResource"):
            if element in changed:
                values = changed[element]
                changed[element] = full(values) if isinstance(values, str) else [full(one) for one in values]
        written.append(changed)
    return {**policy, "Statement": written}


def _denied(who: str, exchange: Exchange, how: str = "") -> Refusal:
    """API Gateway's words, with all but the last four digits of the account struck out."""
    account = exchange.stage.account_id
    resource = exchange.method_arn().replace(f":{account}:", f":********{account[-4:]}:")
    return Refusal("ACCESS_DENIED", f"User: {who} is not authorized to perform: {INVOKE} on resource: {resource}{how}")
