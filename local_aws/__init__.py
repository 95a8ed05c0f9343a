"""AWS on one machine, as far as this module uses it: a tool to prove the module with, not a product."""

from typing import TYPE_CHECKING, Any

from local_aws.credentials import ADMINISTRATOR, Credentials, CredentialStore

if TYPE_CHECKING:
    from local_aws.server import LocalAws

__all__ = ["ADMINISTRATOR", "CredentialStore", "Credentials", "LocalAws"]


def __getattr__(name: str) -> Any:
    # moto takes a second to import; the parts that do without it should not pay for it.
    if name == "LocalAws":
        from local_aws.server import LocalAws

        return LocalAws
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
