"""One local AWS a session; the stacks on it are in `tests.stacks`."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tools.terraform import environment as terraform_environment

if TYPE_CHECKING:
    from local_aws import LocalAws

pytest_plugins = ("tests.stacks",)


@pytest.fixture(scope="session")
def local_aws() -> "Iterator[LocalAws]":
    """Local AWS, with the environment of this process pointed at it so that boto3 follows."""
    from local_aws import LocalAws  # takes a second, which most unit tests need not pay

    with LocalAws() as aws, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in aws.environment().items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture(autouse=True)
def _no_fault_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "local_aws" in request.fixturenames:
        request.getfixturevalue("local_aws").faults.clear()


def pytest_configure() -> None:
    """Every Terraform that a test starts finds the provider where `make setup` put it."""
    os.environ.update(terraform_environment())


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name a test by their length: what is compressed, signed or drawn differs from worker to worker."""
    return f"{argname}:{len(val)}B" if isinstance(val, bytes) else None
