"""Who API Gateway authenticated, which is all that a deployment without tenants asks."""

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from llm_api.config import Settings
from llm_api.errors import Unauthenticated
from llm_api.events import Request

if TYPE_CHECKING:
    from llm_api.ledger.budgets import Budgets

_SUBJECT_CLAIMS = ("sub", "principalId", "client_id")
"""Where a token says whose it is, unless the deployment names the field that holds the tenant's name."""


class Tenant(NamedTuple):
    """Who is calling, and what they may.

    Attributes:
        name: the tenant; in a deployment without tenants the principal or subject that API Gateway verified.
        models: the aliases that may be used; None where every declared model is open.
        budgets: the limits; empty where nothing is counted.
        max_output_tokens: the most output tokens one request may ask for.
        declared: whether the deployment's table says so.
        workflows: those that may be started; in a deployment without tenants everybody may start all.
        enabled: whether its requests are answered at all.
        key_id: the first characters of the SHA-256 of the key that was sent; None where there are no keys.
    """

    name: str
    models: frozenset[str] | None = None
    budgets: "Budgets" = MappingProxyType({})
    max_output_tokens: int | None = None
    declared: bool = False
    workflows: frozenset[str] = frozenset()
    enabled: bool = True
    key_id: str | None = None


def principal_of(request: Request, settings: Settings) -> str:
    """The principal, or the field of the token that says whose tenant it is: empty where the token lacks it.

    Raises:
        Unauthenticated: there is none.
    """
    if settings.auth == "iam":
        principal = request.caller.principal_arn
    else:
        claims = request.caller.claims
        principal = next((claims[name] for name in _SUBJECT_CLAIMS if claims.get(name)), None)
        if settings.tenant_claim is not None:
            principal = claims.get(settings.tenant_claim) or (None if principal is None else "")
    if principal is None:
        # API Gateway lets nobody through without one; this guards against an API that was put together otherwise.
        raise Unauthenticated("The request isn't authenticated. Sign it, or send the token this API asks for.")
    return principal
