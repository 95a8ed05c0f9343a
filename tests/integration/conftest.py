"""Ways to call an applied deployment."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.integration.workflows import Workflows
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


@pytest.fixture
def workflows(applied_workflows: Workflows) -> Workflows:
    """The workflows, with nothing in the journal."""
    applied_workflows.aws.journal.clear()
    return applied_workflows
