"""One model server and one set of clients for all tests of the package: making a client takes longer than a test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llm_api.aws.connections import Connection
from llm_api.inference.bedrock import Bedrock
from llm_api.inference.clients import Clients
from llm_api.inference.sagemaker import SageMaker
from llm_api.registry import Target

from tests.unit.llm_api.fake_runtime_api import FakeRuntimeApi
from tests.unit.llm_api.model_wire import Deployment, ModelWire

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
        environment.setenv("AWS_ENDPOINT_URL", _session_wire.url)
        environment.setenv("AWS_REGION", "us-east-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environment.delenv("AWS_SESSION_TOKEN", raising=False)
        bedrock, sagemaker = Bedrock(), SageMaker()
    return Clients(bedrock=lambda: bedrock, sagemaker=lambda: sagemaker)


@pytest.fixture
def wire(_session_wire: ModelWire) -> Iterator[ModelWire]:
    """The model server."""
    _session_wire.reset()
    yield _session_wire
    _session_wire.reset()


@pytest.fixture
def lambda_api() -> Iterator[FakeRuntimeApi]:
    """Lambda's side of the Runtime API."""
    with FakeRuntimeApi() as api:
        yield api


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(wire: ModelWire, clients: Clients) -> Deploy:
    """Makes a deployment of the targets given, `fast` where none is."""

    def make(*targets: Target, **options: object) -> Deployment:
        return Deployment(wire, clients, list(targets) or [FAST], **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(autouse=True)
def _no_connection_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function keeps its connections for as long as it lives, and a test is shorter."""
    opened: list[Connection] = []

    class Remembered(Connection):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            opened.append(self)

    monkeypatch.setattr("llm_api.aws.connections.Connection", Remembered)
    yield
    for connection in opened:
        connection.close()
