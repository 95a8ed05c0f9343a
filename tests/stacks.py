"""The stacks that several tests share, each applied once a session by pytest-terraform when first asked for.

A plugin of its own, loaded once the session starts: pytest-terraform makes its fixtures where they are declared, and
knows the command line's options only after the first conftests have been read.
"""

from typing import Any

import pytest
from pytest_terraform import terraform

from local_aws import LocalAws
from tests.support import Api, api_of

terraform("quickstart", scope="session")


@pytest.fixture(scope="session")
def api(local_aws: LocalAws, quickstart: Any) -> Api:
    """The applied quickstart."""
    return api_of(local_aws, quickstart)
