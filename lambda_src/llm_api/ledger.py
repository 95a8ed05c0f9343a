"""Who is calling, and what they may use: keys and tenants in the deployment's DynamoDB table.

Two items lead from a key to its tenant, `{pk: "key#<SHA-256>", tenant: …}` and `{pk: "tenant#<name>", models: {…}}`.
No key is stored anywhere, only its SHA-256: keys are long and random, so that a plain hash can't be searched. What was
read is kept for a minute in the warm environment, so a withdrawn key works for a minute longer at most.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llm_api.config import Settings
from llm_api.errors import Internal, Unauthenticated, Unavailable
from llm_api.events import Request

CACHE_SECONDS = 60
_CACHED_KEYS = 1000
_RETRY_AFTER_SECONDS = 1.0
_READ_ATTEMPTS = 2

_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who is calling.

    Attributes:
        name: the tenant under `api_key`, else the principal or subject that API Gateway verified.
        models: the aliases that may be used; None where every declared model is open.
    """

    name: str
    models: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    tenant: Tenant
    expires_at: float | None
    read_at_seconds: float


class Ledger:
    """Authenticates callers.

    Parameters:
        client: a DynamoDB client; made on first use where it is None.
        clock: seconds, monotonic; replaced in tests.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        client: Any = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._auth = settings.auth
        self._table = settings.tenants_table
        self._client = client
        self._clock = clock
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def warm_up(self) -> None:
        """Make the table's client now instead of with the first request."""
        if self._auth == "api_key" and self._client is None:
            self._client = _create_client()

    def authenticate(self, request: Request) -> Tenant:
        """The caller of a request.

        Raises:
            Unauthenticated: there is no key, or nobody holds it any more.
            Unavailable: the table can't be read at the moment.
            Internal: the table holds something else than keys and tenants.
        """
        if self._auth == "api_key":
            return self._tenant_of(_key(request.headers))
        if self._auth == "iam":
            principal = request.caller.principal_arn
        else:
            claims = request.caller.claims
            principal = claims.get("sub") or claims.get("principalId") or claims.get("client_id")
        if not principal:
            # API Gateway lets nobody through without one; this guards against an API that was put together otherwise.
            raise Unauthenticated("The request isn't authenticated. Sign it, or send the token this API asks for.")
        return Tenant(principal)

    def _tenant_of(self, key: str) -> Tenant:
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
        known = self._known.get(digest)
        if known is None or self._clock() - known.read_at_seconds >= CACHE_SECONDS:
            self._known.pop(digest, None)
            known = self._read(digest)
            self._known[digest] = known
            if len(self._known) > _CACHED_KEYS:
                self._known.popitem(last=False)
        if known.expires_at is not None and known.expires_at <= self._now():
            raise _no_valid_key()
        return known.tenant

    def _read(self, digest: str) -> _Known:
        read_at_seconds = self._clock()
        key = self._get_item(f"key#{digest}")
        if key is None:
            raise _no_valid_key()
        name = key.get("tenant", {}).get("S")
        if not isinstance(name, str) or not name:
            raise _malformed(f"key#{digest}", "has no tenant")
        tenant = self._get_item(f"tenant#{name}")
        if tenant is None:
            raise _malformed(f"tenant#{name}", "is missing")
        models = tenant.get("models", {}).get("SS")
        if not isinstance(models, list):
            raise _malformed(f"tenant#{name}", "has no set of models")
        return _Known(Tenant(name, frozenset(models)), _expiry(key, f"key#{digest}"), read_at_seconds)

    def _get_item(self, key: str) -> Mapping[str, Any] | None:
        """Read one item, as it is now and not as some replica remembers it."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        if self._client is None:
            self._client = _create_client()
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                response = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code not in _TRANSIENT and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    raise Internal(reason=f"The tenants table can't be read: {code}") from error
                failure = code
            except NoCredentialsError as error:
                raise Internal(reason="The tenants table can't be read: no credentials") from error
            except BotoCoreError as error:
                failure = type(error).__name__
            else:
                item: Mapping[str, Any] | None = response.get("Item")
                return item
            if attempt == _READ_ATTEMPTS:
                break
        raise Unavailable(
            "Keys can't be checked at the moment. Try again in a few seconds.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
            reason=f"The tenants table can't be read: {failure}",
        )


def _create_client() -> Any:
    from llm_api import aws

    return aws.create_client("dynamodb", connect_timeout=1, read_timeout=2, tcp_keepalive=True)


def _key(headers: Mapping[str, str]) -> str:
    """The key in `Authorization: Bearer` or in `x-api-key`."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    if not key:
        raise _no_valid_key()
    return key


def _no_valid_key() -> Unauthenticated:
    """The same words whether a key is missing, unknown or expired."""
    return Unauthenticated(
        "The request carries no valid API key. Send the one your platform team issued, as "
        "`Authorization: Bearer KEY` or as `x-api-key: KEY`."
    )


def _malformed(item: str, problem: str) -> Internal:
    return Internal(
        "This deployment's entry for your key is broken. Ask whoever runs it, with the request ID.",
        reason=f"Item {item} of the tenants table {problem}.",
    )


def _expiry(key: Mapping[str, Any], item: str) -> float | None:
    if "expires_at" not in key:
        return None
    try:
        return float(key["expires_at"]["N"])
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed(item, "has an expires_at that is no number of seconds") from error
