"""Which deployment is tested, and what that may cost: told before the first request, and refused where it is too much.

`make live` tests the deployment that the environment names. Anything else tests the quickstart on local AWS, through
the same variables, so that this path is itself tested and nobody's account is charged by accident.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.endpoint import LIVE, Endpoint, NotNamed, sign_for_api_gateway
from tests.support import Api

INPUT_TOKENS = 400
"""More than any request of these tests has, tools and framing included."""

OUTPUT_TOKENS = 64
"""What each of them asks for at most."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "spends(calls): how many calls of a model a test makes at most")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Says what the run may cost, and stops before the first request where that is above the limit."""
    if not os.environ.get(LIVE):
        return
    try:
        endpoint = Endpoint.of(os.environ)
    except (NotNamed, ValueError) as missing:
        pytest.exit(f"make live: {missing} docs/testing.md lists the variables.", returncode=2)
    calls = sum(marker.kwargs["calls"] for item in session.items for marker in item.iter_markers("spends"))
    cost = endpoint.cost_usd(calls, INPUT_TOKENS, OUTPUT_TOKENS)
    print(
        f"\n{endpoint.url}: {calls} calls of models at most, each of up to {INPUT_TOKENS} tokens in and "
        f"{OUTPUT_TOKENS} out: {cost:.4f} USD at most, at {endpoint.price[0]:g} and {endpoint.price[1]:g} USD "
        "for a million tokens. "
        f"The limit is {endpoint.usd:g} USD (LLM_API_USD)."
    )
    if cost > endpoint.usd:
        pytest.exit("make live: that is above the limit. Nothing was sent.", returncode=2)


if os.environ.get(LIVE):

    @pytest.fixture(scope="session")
    def live_endpoint() -> Endpoint:
        """The deployment under test: the one that the environment names."""
        return Endpoint.of(os.environ)

else:

    @pytest.fixture(scope="session")
    def live_endpoint(api: Api) -> Endpoint:
        """The deployment under test: the quickstart. Asked for by name, or it would be removed too early."""
        return Endpoint.of(
            {
                "LLM_API_URL": api.url,
                "LLM_API_KEY": api.key,
                "LLM_API_CA_FILE": api.ca_file,
                "LLM_API_MODEL": "nova",
                "LLM_API_CLAUDE_MODEL": "fast",
                "LLM_API_EMBEDDING_MODEL": "embed",
            }
        )


@pytest.fixture
def bedrock(live_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Any:
    """boto3's client, by bearer key or with the signing hook."""
    import boto3
    from botocore.config import Config

    if live_endpoint.key is not None:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", live_endpoint.key)
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=live_endpoint.url,
        region_name=live_endpoint.region,
        verify=live_endpoint.ca_file,
        config=Config(retries={"total_max_attempts": 1}),
    )
    if live_endpoint.key is None:
        client.meta.events.register("before-sign.bedrock-runtime", sign_for_api_gateway)
    return client


@pytest.fixture
def key(live_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the openai and anthropic packages send."""
    if live_endpoint.key is None:
        pytest.skip("these packages send a key; under IAM the native paths are tested")
    if live_endpoint.ca_file is not None:
        monkeypatch.setenv("SSL_CERT_FILE", live_endpoint.ca_file)
    return live_endpoint.key


@pytest.fixture
def openai_client(live_endpoint: Endpoint, key: str) -> Iterator[Any]:
    """OpenAI's package."""
    import openai

    with openai.OpenAI(base_url=f"{live_endpoint.url}/v1", api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(live_endpoint: Endpoint, key: str) -> Iterator[Any]:
    """Anthropic's package."""
    import anthropic

    with anthropic.Anthropic(base_url=live_endpoint.url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def model(live_endpoint: Endpoint) -> str:
    """A model that answers in text."""
    return _named(live_endpoint.model, "LLM_API_MODEL")


@pytest.fixture
def claude(live_endpoint: Endpoint) -> str:
    """One of Anthropic's."""
    return _named(live_endpoint.claude, "LLM_API_CLAUDE_MODEL")


@pytest.fixture
def embedding(live_endpoint: Endpoint) -> str:
    """A model that embeds."""
    return _named(live_endpoint.embedding, "LLM_API_EMBEDDING_MODEL")


def _named(model: str | None, variable: str) -> str:
    if model is None:
        pytest.skip(f"{variable} names no model")
    return model
