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
    "stacks": {"quickstart", "buffered_stack", "cases_stack", "situations", "all_targets"},
    "budgets": {"budgeted", "applied_workflows"},
}
"""What stands for as long as a test needs it, in groups that tests combine. Each group belongs to one process."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group go to one process, after those that apply an example by themselves: these use the same names.

    Where there are several processes, xdist gives out the groups first, the one with most tests before the others.
    """

    def place(item: pytest.Item) -> int:
        fixtures = getattr(item, "fixturenames", ())
        for at, (group, stacks) in enumerate(STANDING.items(), start=1):
            if not stacks.isdisjoint(fixtures):
                item.add_marker(pytest.mark.xdist_group(group))
                return at
        return 0

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    for plugin in ("tests.stacks", "tests.integration.stacks"):
        session.config.pluginmanager.import_plugin(plugin)
