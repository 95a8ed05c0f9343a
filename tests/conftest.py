"""One local AWS a session, and the stacks that the integration and client tests share."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_terraform import terraform

from local_aws import LocalAws
from tools.terraform import environment as terraform_environment

ROOT = Path(__file__).resolve().parent.parent
KEY = f"sk-test-{secrets.token_urlsafe(24)}"
OTHER_KEY = f"sk-test-{secrets.token_urlsafe(24)}"


@dataclass(frozen=True, slots=True)
class Api:
    """An applied deployment as a client sees it, and what only a test may look at.

    Attributes:
        url: the base URL on the local gateway, over TLS.
        key: a key that the deployment accepts.
        ca_file: what signs the gateway's certificate.
        outputs: the stack's Terraform outputs.
    """

    url: str
    key: str
    ca_file: str
    outputs: dict[str, Any]
    aws: LocalAws

    @property
    def models(self) -> list[str]:
        return sorted(self.outputs["models"])


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """Local AWS, with the environment of this process pointed at it so that Terraform and boto3 follow."""
    with LocalAws() as aws, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        settings = {
            **aws.environment(),
            **terraform_environment(),
            "TF_VAR_api_key_sha256": hashlib.sha256(KEY.encode()).hexdigest(),
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture(autouse=True)
def _no_fault_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "local_aws" in request.fixturenames:
        request.getfixturevalue("local_aws").faults.clear()


terraform("quickstart", scope="session")


@pytest.fixture(scope="session")
def api(local_aws: LocalAws, quickstart: Any) -> Api:
    """The applied quickstart."""
    return api_of(local_aws, quickstart)


def api_of(aws: LocalAws, stack: Any) -> Api:
    """The deployment of a stack that pytest-terraform applied."""
    outputs = {name: output["value"] for name, output in stack.outputs.items()}
    return Api(aws.local_url(outputs["url"]), KEY, str(aws.ca_file), outputs, aws)
