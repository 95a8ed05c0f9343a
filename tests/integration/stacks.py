"""The stacks of the integration tests, each applied once a session when first asked for; see `tests.stacks`.

They are declared here because pytest-terraform looks for a stack's folder beside the file that declares it.
"""

from typing import Any

import pytest
from pytest_terraform import terraform

from local_aws import LocalAws
from tests.support import KEY, Api, api_of

terraform("buffered", scope="session", name="buffered_stack")
terraform("cases", scope="session", name="cases_stack")
terraform("situations", scope="session")


@pytest.fixture(scope="session")
def buffered(local_aws: LocalAws, buffered_stack: Any) -> Api:
    """The quickstart's models without streaming."""
    return api_of(local_aws, buffered_stack)


@pytest.fixture(scope="session")
def reported(local_aws: LocalAws, cases_stack: Any) -> Api:
    """One model of each class, for the reports of tests/cases."""
    return api_of(local_aws, cases_stack)


def situation(aws: LocalAws, situations: Any, name: str) -> Api:
    """One deployment of the stack `situations`."""
    outputs: dict[str, Any] = situations.outputs[name]["value"]
    return Api(aws.local_url(outputs["url"]), KEY, str(aws.ca_file), outputs, aws)


@pytest.fixture(scope="session")
def hurried(local_aws: LocalAws, situations: Any) -> Api:
    """Three seconds for the function, of which the model may take two."""
    return situation(local_aws, situations, "hurried")


@pytest.fixture(scope="session")
def pooled(local_aws: LocalAws, situations: Any) -> Api:
    """Behind a user pool."""
    return situation(local_aws, situations, "pooled")


@pytest.fixture(scope="session")
def signed(local_aws: LocalAws, situations: Any) -> Api:
    """`examples/cross-account`."""
    return situation(local_aws, situations, "signed")


@pytest.fixture(scope="session")
def authorized(local_aws: LocalAws, situations: Any) -> Api:
    """`examples/same-plan`; its token is the deployments' key."""
    return situation(local_aws, situations, "authorized")


@pytest.fixture(scope="session")
def pictures(local_aws: LocalAws, situations: Any) -> Api:
    """`examples/images`: a writer, and a model that makes pictures, with a bucket for them."""
    return situation(local_aws, situations, "pictures")


@pytest.fixture(scope="session")
def bare(local_aws: LocalAws, situations: Any) -> Api:
    """An API with API Gateway's own answers to what it refuses."""
    return situation(local_aws, situations, "bare")
