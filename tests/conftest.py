"""One local AWS a session, and the stacks that the integration and client tests share."""

import hashlib
import os
from collections.abc import Iterator

import pytest

from local_aws import LocalAws
from tests.support import KEY
from tools.terraform import environment as terraform_environment


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """Local AWS, with the environment of this process pointed at it so that Terraform and boto3 follow."""
    with LocalAws() as aws, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        settings = {
            **aws.environment(),
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


def pytest_configure() -> None:
    """Every Terraform that a test starts finds the provider where `make setup` put it."""
    os.environ.update(terraform_environment())


STANDING = {
    "stacks": {"quickstart", "buffered_stack", "situations", "all_targets"},
    "budgets": {"budgeted", "applied_workflows"},
}
"""What stands for as long as a test needs it, in groups that tests combine. Each group belongs to one process."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group go to one process, and in one process tests that apply an example by themselves come first.

    They use the same names as what stands. Groups are given out in the order of the tests, so the longest comes first
    where processes share them.
    """
    shared = "PYTEST_XDIST_WORKER" in os.environ
    order = list(STANDING)

    def place(item: pytest.Item) -> int:
        fixtures = getattr(item, "fixturenames", ())
        group = next((name for name, stacks in STANDING.items() if not stacks.isdisjoint(fixtures)), None)
        if group is None:
            return len(order) if shared else -1
        item.add_marker(pytest.mark.xdist_group(group))
        return order.index(group)

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    for plugin in ("tests.stacks", "tests.integration.stacks"):
        session.config.pluginmanager.import_plugin(plugin)
