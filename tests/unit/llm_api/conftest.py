"""One model server and one set of clients for all tests of the package: making a client takes longer than a test."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.clients import Clients
from llm_api.inference.sagemaker import SageMaker
from llm_api.registry import Target

from tests.unit.llm_api.model_wire import Deployment, ModelWire

ROOT = Path(__file__).resolve().parents[3]
OLDEST_BOTOCORE = "1.40.0"
"""The first botocore with CountTokens."""

FAST = Target("fast", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic")


@pytest.fixture(scope="session")
def _session_wire() -> Iterator[ModelWire]:
    wire = ModelWire()
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def clients(_session_wire: ModelWire) -> Clients:
    """The real clients, pointed at the server."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr("llm_api.aws._session", None)
        environment.setenv("AWS_ENDPOINT_URL", _session_wire.url)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environment.delenv("AWS_SESSION_TOKEN", raising=False)
        environment.delenv("AWS_PROFILE", raising=False)
        bedrock, sagemaker = Bedrock(), SageMaker()
    return Clients(bedrock=lambda: bedrock, sagemaker=lambda: sagemaker)


@pytest.fixture
def wire(_session_wire: ModelWire) -> Iterator[ModelWire]:
    """The model server."""
    _session_wire.reset()
    yield _session_wire
    _session_wire.reset()


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    """Makes a deployment of the targets given, `fast` where none is."""

    def make(*targets: Target, **options: object) -> Deployment:
        return Deployment(wire, clients, list(targets) or [FAST], **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def oldest_botocore() -> Path:
    """A folder to import the oldest supported botocore from, fetched once."""
    folder = ROOT / ".local" / f"botocore-{OLDEST_BOTOCORE}"
    if not (folder / "botocore" / "__init__.py").exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            folder,
            f"botocore=={OLDEST_BOTOCORE}",
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            pytest.skip(f"botocore {OLDEST_BOTOCORE} can't be installed here: {result.stderr.strip()[-300:]}")
    return folder
