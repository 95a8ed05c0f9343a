"""AWS on one machine, as far as this module uses it: a tool to prove the module with, not a product."""

from local_aws.credentials import ADMINISTRATOR, CredentialStore, Credentials
from local_aws.server import LocalAws

__all__ = ["ADMINISTRATOR", "CredentialStore", "Credentials", "LocalAws"]
