"""Which deployment is tested, and what that may cost: told before the first request, and refused where it is too much.

`make live` tests the deployment that the environment names. Anything else tests two on local AWS, one behind a key and
one behind IAM, through the same variables, so that both ways in are themselves tested and nobody's account is charged
by accident.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from tests.live import endpoint
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
        named = Endpoint.of(os.environ)
    except (NotNamed, ValueError) as missing:
        pytest.exit(f"make live: {missing} docs/testing.md lists the variables.", returncode=2)
    calls = sum(marker.kwargs["calls"] for item in session.items for marker in item.iter_markers("spends"))
    cost = named.cost_usd(calls, INPUT_TOKENS, OUTPUT_TOKENS)
    print(
        f"\n{named.url}: {calls} calls of models at most, each of up to {INPUT_TOKENS} tokens in and "
        f"{OUTPUT_TOKENS} out: {cost:.4f} USD at most, at {named.price[0]:g} and {named.price[1]:g} USD "
        "for a million tokens. "
        f"The limit is {named.usd:g} USD (LLM_API_USD)."
    )
    if cost > named.usd:
        pytest.exit("make live: that is above the limit. Nothing was sent.", returncode=2)


if os.environ.get(LIVE):

    @pytest.fixture(scope="session")
    def live_endpoint() -> Endpoint:
        """The deployment under test: the one that the environment names."""
        return Endpoint.of(os.environ)

else:

    @pytest.fixture(scope="session", params=["key", "iam"])
    def live_endpoint(request: pytest.FixtureRequest, api: Api, signed: Api) -> Endpoint:
        """The deployment under test: the quickstart, or one for callers who sign."""
        if request.param == "iam":
            return Endpoint.of(
                {
                    "LLM_API_URL": signed.url,
                    "LLM_API_AUTH": "iam",
                    "LLM_API_CA_FILE": signed.ca_file,
                    "LLM_API_MODEL": "nova",
                }
            )
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

    @pytest.fixture(autouse=True)
    def _as_a_caller(live_endpoint: Endpoint, signed: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where requests are signed, as a role that may call the API and nothing else.

        Not in the environment, where Terraform would find it when it removes the deployment.
        """
        if live_endpoint.key is None:
            role = signed.aws.credentials.issue(signed.outputs["caller_role_arn"], "live")
            keys = Credentials(role.access_key_id, role.secret_access_key, role.session_token)
            monkeypatch.setattr(endpoint, "own_credentials", lambda: keys)


@pytest.fixture
def bedrock(live_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Any:
    """boto3's client, by bearer key or with the signing hook."""
    import boto3
    from botocore.config import Config

    keys = {}
    if live_endpoint.key is not None:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", live_endpoint.key)
    else:
        own = endpoint.own_credentials().get_frozen_credentials()
        keys = {
            "aws_access_key_id": own.access_key,
            "aws_secret_access_key": own.secret_key,
            "aws_session_token": own.token,
        }
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=live_endpoint.url,
        region_name=live_endpoint.region,
        verify=live_endpoint.ca_file,
        config=Config(retries={"total_max_attempts": 1}),
        **keys,
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
