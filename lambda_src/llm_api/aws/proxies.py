"""`HTTPS_PROXY` and `NO_PROXY`, for functions in a network whose way out is a proxy.

The proxy sees a host's name and an encrypted connection. Variables as curl and Python have them; in lower case first.
"""

from collections.abc import Mapping
from typing import Any

from llm_api.aws.connections import Address, parse_url


def proxy_for(address: Address, environment: Mapping[str, str]) -> "tuple[Address, Mapping[str, str]] | None":
    """What to go through to an address, with the headers for it; None for the straight way.

    Raises:
        ValueError: the environment wants what can't be done.
    """
    name = f"{address.scheme.upper()}_PROXY"
    url = environment.get(name.lower()) or environment.get(name)
    if not url or bypasses(address, environment.get("no_proxy") or environment.get("NO_PROXY") or ""):
        return None
    if address.scheme == "http":
        raise ValueError(f"{name} is set, and {address.host} is to be reached without TLS: add the host to NO_PROXY.")
    scheme, _, rest = url.rpartition("://")
    userinfo, _, where = rest.rpartition("@")
    if scheme not in ("", "http"):
        # What stands there isn't told: it may be a part of a password.
        raise ValueError(f"{name} is no proxy that speaks HTTP: only http://HOST:PORT can be used.")
    proxy = parse_url(f"http://{where}", name)
    return proxy, _authorization(userinfo)


def bypasses(address: Address, exceptions: str) -> bool:
    """Whether `NO_PROXY` has the address: by its name, the end of its name after a dot, or `*` for all.

    Parameters:
        exceptions: names separated by commas, with or without a port.
    """
    if exceptions.strip() == "*":
        return True
    with_port = f"{address.host}:{address.port}"
    for exception in exceptions.lower().split(","):
        name = exception.strip().lstrip(".")
        if name and any(f".{host}".endswith(f".{name}") for host in (address.host, with_port)):
            return True
    return False


def _authorization(userinfo: str) -> dict[str, Any]:
    if not userinfo:
        return {}
    from base64 import b64encode
    from urllib.parse import unquote_to_bytes

    return {"proxy-authorization": f"Basic {b64encode(unquote_to_bytes(userinfo)).decode()}"}
