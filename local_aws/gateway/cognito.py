"""Tokens of Cognito user pools, verified against the pool's own keys.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from local_aws.gateway.errors import Refusal

PoolKeys = Callable[[str], Sequence[Mapping[str, str]] | None]
"""The public keys (JWK) of a user pool by its ARN; None where there is no such pool."""


def pool_keys(pool_arn: str) -> Sequence[Mapping[str, str]] | None:
    """The keys of a pool in the control plane."""
    from moto.cognitoidp.models import cognitoidp_backends  # moto takes a second to import

    _, _, _, region, account, resource = pool_arn.split(":", 5)
    pool = cognitoidp_backends[account][region].user_pools.get(resource.removeprefix("userpool/"))
    if pool is None:
        return None
    key = pool.json_web_key.as_dict(private=False)
    return [{"n": str(key["n"]), "e": str(key["e"])}]


def verify_token(
    token: str, pool_arns: Sequence[str], keys_of: PoolKeys, scopes: Sequence[str], now: float
) -> dict[str, str]:
    """The claims of a valid token, each as text, the way the event has them.

    Args:
        token: an ID token, or with `scopes` an access token; with or without `Bearer `.
        scopes: of which the token must have one; none: an ID token is wanted.
        now: seconds since the epoch.

    Raises:
        Refusal: UNAUTHORIZED, for whatever is wrong with it.
    """
    try:
        head, payload, signature = token.removeprefix("Bearer ").strip().split(".")
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(payload))
        signature_bytes = _decoded(signature)
    except (ValueError, binascii.Error):
        raise Refusal("UNAUTHORIZED") from None
    pool = _pool_of(claims, pool_arns)
    keys = keys_of(pool) if pool else None
    if not isinstance(header, dict) or header.get("alg") != "RS256" or not keys:
        raise Refusal("UNAUTHORIZED")
    if not any(_signed_by(key, f"{head}.{payload}".encode(), signature_bytes) for key in keys):
        raise Refusal("UNAUTHORIZED")
    if not isinstance(claims.get("exp"), (int, float)) or claims["exp"] <= now:
        raise Refusal("UNAUTHORIZED", "The incoming token has expired")
    if scopes:
        granted = str(claims.get("scope", "")).split()
        if claims.get("token_use") != "access" or not set(granted) & set(scopes):
            raise Refusal("UNAUTHORIZED")
    elif claims.get("token_use") != "id":
        raise Refusal("UNAUTHORIZED")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in claims.items()}


def _pool_of(claims: Any, pool_arns: Sequence[str]) -> str | None:
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    for arn in pool_arns:
        region, pool = arn.split(":")[3], arn.rsplit("/", 1)[-1]
        if issuer == f"https://cognito-idp.{region}.amazonaws.com/{pool}":
            return arn
    return None


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _signed_by(key: Mapping[str, str], message: bytes, signature: bytes) -> bool:
    numbers = RSAPublicNumbers(e=int.from_bytes(_decoded(key["e"]), "big"), n=int.from_bytes(_decoded(key["n"]), "big"))
    try:
        numbers.public_key().verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
