"""The stacks that several tests share: applied beside one another, and removed after the last test that needs them.

Most of the time in which a stack comes and goes the provider waits for AWS to settle: S3 a minute for a bucket's
lifecycle rules, Lambda five seconds for a function. So all stacks of a group are begun when the first of them is asked
for, and tests of what is ready early come first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import KEY, Api
from tools.terraform import ROOT, Terraform

if TYPE_CHECKING:
    from local_aws import LocalAws
    from tests.integration.workflows import Workflows
    from tests.load.deployment import Deployment

Outputs = dict[str, Any]
Maker = Callable[["LocalAws", Path], AbstractContextManager[Any]]


def applied(folder: str) -> Maker:
    """What applies a configuration for as long as a `with` block lasts, and gives back its outputs."""

    @contextmanager
    def make(aws: "LocalAws", workspace: Path) -> Iterator[Outputs]:
        stack = Terraform(ROOT / folder, workspace, aws.environment() | caller_key())
        stack.init()
        with stack.resident():
            try:
                stack.apply()
                yield stack.outputs()
            finally:
                stack.destroy()

    return make


def caller_key() -> dict[str, str]:
    """The hash of the key that tests send, for configurations that want one."""
    from tests.load.deployment import sha256

    return {"TF_VAR_api_key_sha256": sha256(KEY)}


def workflows_stack(aws: "LocalAws", workspace: Path) -> "AbstractContextManager[Workflows]":
    from tests.integration import workflows

    return workflows.applied(aws, workspace)


def budgeted_stack(aws: "LocalAws", workspace: Path) -> "AbstractContextManager[Deployment]":
    from tests.load import deployment

    return deployment.deployed(aws, workspace)


GROUPS: Mapping[str, Mapping[str, Maker]] = {
    "stacks": {
        "quickstart": applied("examples/quickstart"),
        "buffered_stack": applied("tests/integration/terraform/buffered"),
        "cases_stack": applied("tests/integration/terraform/cases"),
        "all_targets": applied("tests/integration/terraform/all_targets"),
        "situations": applied("tests/integration/terraform/situations"),
    },
    "budgets": {"budgeted": budgeted_stack, "applied_workflows": workflows_stack},
}
"""By the fixture that asks for it, in the order in which they are ready. Each group belongs to one process."""


class Standing:
    """The stacks of a group that the session's tests need.

    Args:
        wanted: names of fixtures; those that are no stack of the group are left out.
    """

    def __init__(self, makers: Mapping[str, Maker], wanted: Iterable[str], aws: "LocalAws", folder: Path) -> None:
        self._threads = ThreadPoolExecutor(len(makers), thread_name_prefix="stack")
        self._stacks = {name: make(aws, folder / name) for name, make in makers.items() if name in set(wanted)}
        self._made: dict[str, Future[Any]] = {
            name: self._threads.submit(stack.__enter__) for name, stack in self._stacks.items()
        }

    def __getitem__(self, name: str) -> Any:
        """A stack, once it is applied.

        Raises:
            KeyError: no test names this fixture, or the last of those that do is over.
        """
        return self._made[name].result()

    def remove(self) -> None:
        """Removes all of them. May be called twice.

        Raises:
            ExceptionGroup: what went wrong with each that could not be removed.
        """
        made = {name: future for name, future in self._made.items() if future.exception() is None}
        ends = [self._threads.submit(self._stacks[name].__exit__, None, None, None) for name in made]
        self._made.clear()
        self._threads.shutdown()
        if wrong := [error for end in ends if isinstance(error := end.exception(), Exception)]:
            raise ExceptionGroup("stacks could not be removed", wrong)


STANDING = pytest.StashKey[dict[str, Standing]]()


def group_of(item: pytest.Item | None) -> str | None:
    """The group whose stacks a test needs."""
    used = set(getattr(item, "fixturenames", ()))
    return next((group for group, stacks in GROUPS.items() if used & stacks.keys()), None)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group go to one process, after those that apply an example by themselves: these use the same names.

    Where there are several processes, xdist gives out the groups first, the one with most tests before the others.
    """
    groups = list(GROUPS)

    def place(item: pytest.Item) -> tuple[int, int]:
        group = group_of(item)
        if group is None:
            return -1, 0
        item.add_marker(pytest.mark.xdist_group(group))
        used = getattr(item, "fixturenames", ())
        return groups.index(group), max(at for at, name in enumerate(GROUPS[group]) if name in used)

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Removes a group's stacks after its last test."""
    group = group_of(item)
    standing = item.session.stash.get(STANDING, {})
    if group in standing and group != group_of(nextitem):
        standing[group].remove()


@pytest.fixture(scope="session")
def stack(
    local_aws: "LocalAws", request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """Gives a stack once it is applied, and begins all of its group with the first."""
    standing = request.session.stash[STANDING] = {}

    def get(name: str) -> Any:
        group = next(group for group, stacks in GROUPS.items() if name in stacks)
        if group not in standing:
            wanted = {used for item in request.session.items for used in getattr(item, "fixturenames", ())}
            standing[group] = Standing(GROUPS[group], wanted, local_aws, tmp_path_factory.mktemp(group))
        return standing[group][name]

    yield get
    for one in standing.values():
        one.remove()


@pytest.fixture(scope="session")
def quickstart(stack: Callable[[str], Any]) -> Any:
    """The outputs of `examples/quickstart`."""
    return stack("quickstart")


@pytest.fixture(scope="session")
def buffered_stack(stack: Callable[[str], Any]) -> Any:
    """The outputs of the quickstart's models without streaming."""
    return stack("buffered_stack")


@pytest.fixture(scope="session")
def cases_stack(stack: Callable[[str], Any]) -> Any:
    """The outputs of a deployment with one model of each class."""
    return stack("cases_stack")


@pytest.fixture(scope="session")
def all_targets(stack: Callable[[str], Any]) -> Any:
    """The outputs of a deployment with every kind of target."""
    return stack("all_targets")


@pytest.fixture(scope="session")
def situations(stack: Callable[[str], Any]) -> Any:
    """The outputs of deployments for what the quickstart does not show."""
    return stack("situations")


@pytest.fixture(scope="session")
def budgeted(stack: Callable[[str], Any]) -> Any:
    """A deployment whose models have prices, and whose tenants each test writes for itself."""
    return stack("budgeted")


@pytest.fixture(scope="session")
def applied_workflows(stack: Callable[[str], Any]) -> Any:
    """Every kind of step, and what a deployment with workflows starts."""
    return stack("applied_workflows")


def api_of(aws: "LocalAws", outputs: Outputs) -> Api:
    """The deployment that these outputs are of."""
    return Api(aws.local_url(outputs["url"]), KEY, str(aws.ca_file), outputs, aws)


@pytest.fixture(scope="session")
def api(local_aws: "LocalAws", quickstart: Outputs) -> Api:
    """The applied quickstart."""
    return api_of(local_aws, quickstart)


@pytest.fixture(scope="session")
def buffered(local_aws: "LocalAws", buffered_stack: Outputs) -> Api:
    """The quickstart's models without streaming."""
    return api_of(local_aws, buffered_stack)


@pytest.fixture(scope="session")
def reported(local_aws: "LocalAws", cases_stack: Outputs) -> Api:
    """One model of each class, for the reports of tests/cases."""
    return api_of(local_aws, cases_stack)


@pytest.fixture(scope="session")
def hurried(local_aws: "LocalAws", situations: Outputs) -> Api:
    """Three seconds for the function, of which the model may take two."""
    return api_of(local_aws, situations["hurried"])


@pytest.fixture(scope="session")
def pooled(local_aws: "LocalAws", situations: Outputs) -> Api:
    """Behind a user pool."""
    return api_of(local_aws, situations["pooled"])


@pytest.fixture(scope="session")
def signed(local_aws: "LocalAws", situations: Outputs) -> Api:
    """`examples/cross-account`."""
    return api_of(local_aws, situations["signed"])


@pytest.fixture(scope="session")
def authorized(local_aws: "LocalAws", situations: Outputs) -> Api:
    """`examples/same-plan`; its token is the deployments' key."""
    return api_of(local_aws, situations["authorized"])


@pytest.fixture(scope="session")
def pictures(local_aws: "LocalAws", situations: Outputs) -> Api:
    """`examples/images`: a writer, and a model that makes pictures, with a bucket for them."""
    return api_of(local_aws, situations["pictures"])


@pytest.fixture(scope="session")
def bare(local_aws: "LocalAws", situations: Outputs) -> Api:
    """An API with API Gateway's own answers to what it refuses."""
    return api_of(local_aws, situations["bare"])
