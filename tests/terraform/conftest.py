"""The modules and their tests in a folder of their own, with a provider that listens."""

from collections.abc import Iterator

import pytest

from tests.terraform.native import Workspace, copy_modules, initialize, settings
from tools import provider


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("terraform")
    copy_modules(folder)
    initialize(folder, "-test-directory=tests/terraform")
    with provider.running(folder, settings()) as found:
        yield Workspace(folder, found)
