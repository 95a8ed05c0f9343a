"""A Lambda service of its own for each test that asks for one."""

from collections.abc import Iterator

import pytest
from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from local_aws import moto_patches
from local_aws.credentials import CredentialStore
from local_aws.faults import Faults
from local_aws.lambda_service import LambdaService
from local_aws.tests.lambda_support import ACCOUNT_ID, Account


@pytest.fixture
def denied() -> set[str]:
    """Actions that the role may not do."""
    return set()


@pytest.fixture
def faults() -> Faults:
    """What shall be wrong with sandboxes."""
    return Faults()


@pytest.fixture
def account(denied: set[str], faults: Faults) -> Iterator[Account]:
    moto_patches.install()
    credentials = CredentialStore()
    service = LambdaService(
        credentials,
        "http://127.0.0.1:9",
        authorize=lambda role, action, arn: action not in denied,
        faults=faults,
    )
    try:
        yield Account(service, credentials)
    finally:
        service.close()
        for backends in (lambda_backends, iam_backends, logs_backends):
            backends[ACCOUNT_ID].reset()
