"""Ways to call an applied deployment."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import LocalAws
from tests.integration.workflows import Workflows, applied
from tests.load.deployment import Deployment, deployed
from tests.support import Api

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=60)


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """boto3's Bedrock client with a deployment as its endpoint and a key as its bearer token, retries off."""

    def client(api: Api, key: str | None = None, config: Config = ONCE) -> Any:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key or api.key)
        return boto3.client(
            "bedrock-runtime", endpoint_url=api.url, region_name="us-east-1", verify=api.ca_file, config=config
        )

    return client


@pytest.fixture(scope="session")
def budgeted(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment whose models have prices, and whose tenants each test writes for itself."""
    with deployed(local_aws, tmp_path_factory.mktemp("budgeted") / "stack") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def applied_workflows(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    """Every kind of step, and what a deployment with workflows starts."""
    with applied(local_aws, tmp_path_factory.mktemp("workflows") / "stack") as workflows:
        yield workflows


@pytest.fixture
def workflows(applied_workflows: Workflows) -> Workflows:
    """The workflows, with nothing in the journal."""
    applied_workflows.aws.journal.clear()
    return applied_workflows
