"""The deployment under test, as environment variables name it: an address, a way in, and models by what they can do."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

LIVE = "LLM_API_LIVE"
"""Set by `make live`: without it the variables are not looked at, and the tests run against local AWS."""


class NotNamed(Exception):
    """A variable that is needed is missing; the message names it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A deployment.

    Attributes:
        url: its base URL.
        key: an API key; None where requests are signed with the AWS credentials that botocore finds.
        model: an alias that answers in text, of any family; None where there is none to be asked.
        claude: one of Anthropic's, for what only that family has.
        embedding: one that embeds.
        ca_file: what signs its certificate; None for the usual authorities.
        usd: the most that the tests may spend.
        price: dollars for a million tokens in and out, the dearest of the models'.
    """

    url: str
    key: str | None
    model: str | None
    claude: str | None
    embedding: str | None
    ca_file: str | None
    usd: float
    price: tuple[float, float]

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """The deployment that variables name.

        Raises:
            NotNamed: they don't say where it is, or how to get in.
        """
        url = variables.get("LLM_API_URL", "")
        if urlsplit(url).scheme not in ("http", "https"):
            raise NotNamed("LLM_API_URL is the base URL, Terraform's output `url`.")
        key = variables.get("LLM_API_KEY") or None
        if key is None and variables.get("LLM_API_AUTH") != "iam":
            raise NotNamed("LLM_API_KEY is the key; without one, LLM_API_AUTH=iam signs with your AWS credentials.")
        return cls(
            url.rstrip("/"),
            key,
            variables.get("LLM_API_MODEL") or None,
            variables.get("LLM_API_CLAUDE_MODEL") or None,
            variables.get("LLM_API_EMBEDDING_MODEL") or None,
            variables.get("LLM_API_CA_FILE") or None,
            float(variables.get("LLM_API_USD", "0.10")),
            (float(variables.get("LLM_API_PRICE_INPUT", "15")), float(variables.get("LLM_API_PRICE_OUTPUT", "75"))),
        )

    @property
    def region(self) -> str:
        """Of the URL, as API Gateway has it in its host name; else the environment's."""
        host = (urlsplit(self.url).hostname or "").split(".")
        named = host[2] if len(host) > 2 and host[1] == "execute-api" else None
        return named or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"

    def cost_usd(self, calls: int, input_tokens: int, output_tokens: int) -> float:
        """The most that so many calls cost, each of so many tokens."""
        return calls * (input_tokens * self.price[0] + output_tokens * self.price[1]) / 1_000_000


def sign_for_api_gateway(request: Any, **_: Any) -> None:
    """The one hook that callers under IAM need; see docs/bedrock.md."""
    request.context.setdefault("signing", {})["signing_name"] = "execute-api"


def own_credentials() -> Any:
    """The AWS credentials that botocore finds.

    Raises:
        NotNamed: there are none.
    """
    from botocore.session import Session

    found = Session().get_credentials()
    if found is None:
        raise NotNamed("LLM_API_AUTH=iam needs AWS credentials, such as of AWS_PROFILE.")
    return found


def signed(endpoint: Endpoint, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The headers of a request, signed with the AWS credentials that botocore finds."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method, url, dict(headers), body)
    SigV4Auth(own_credentials(), "execute-api", endpoint.region).add_auth(request)
    return dict(request.headers.items())
