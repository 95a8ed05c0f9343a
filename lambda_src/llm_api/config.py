"""Settings of one deployment, read once from the function's environment."""

import json
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from llm_api.registry import Registry

Auth = Literal["iam", "api_key", "cognito", "custom"]

_BOOLEANS = {"true": True, "false": False}


class Settings(NamedTuple):
    """What `modules/function` put into the environment.

    Attributes:
        registry: the declared models.
        auth: how callers were, or are to be, authenticated.
        streaming: whether answers may be streamed.
        tenants_table: the DynamoDB table of keys and tenants; None without tenants.
        cache_table: the DynamoDB table of answers that are kept; None where no model's are.
        tenant_claim: the claim of a token, or the field of an authorizer's context, that says whose tenant a caller
            is; None for the token's subject.
        images_bucket: the bucket that pictures are put into; None where there is none.
        images_url_seconds: how long a picture's address holds.
        metrics_by_tenant: whether each tenant has metrics of its own, which each cost.
        metrics_namespace: the CloudWatch namespace of the metrics.
        service: the deployment's name, in each log line.
        workflows: by name, the `arn` of its state machine and whether `approvals` are answered here.
    """

    registry: Registry
    auth: Auth = "iam"
    streaming: bool = True
    tenants_table: str | None = None
    cache_table: str | None = None
    tenant_claim: str | None = None
    images_bucket: str | None = None
    images_url_seconds: int = 3600
    metrics_by_tenant: bool = False
    metrics_namespace: str = "LlmApi"
    service: str = "llm-api"
    workflows: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            ValueError: a variable is missing or malformed; the message names it.
        """
        settings = cls(
            registry=_registry(environment),
            auth=_auth(environment),
            streaming=_boolean(environment, "LLM_API_STREAMING", default=True),
            tenants_table=environment.get("LLM_API_TENANTS_TABLE") or None,
            cache_table=environment.get("LLM_API_CACHE_TABLE") or None,
            tenant_claim=environment.get("LLM_API_TENANT_CLAIM") or None,
            images_bucket=environment.get("LLM_API_IMAGES_BUCKET") or None,
            images_url_seconds=_seconds(environment, "LLM_API_IMAGES_URL_SECONDS", default=3600),
            metrics_by_tenant=_boolean(environment, "LLM_API_METRICS_BY_TENANT", default=False),
            metrics_namespace=environment.get("LLM_API_METRICS_NAMESPACE") or "LlmApi",
            service=environment.get("POWERTOOLS_SERVICE_NAME") or "llm-api",
            workflows=_workflows(environment.get("LLM_API_WORKFLOWS") or "{}"),
        )
        if settings.auth == "api_key" and settings.tenants_table is None:
            raise ValueError("LLM_API_TENANTS_TABLE is missing: with LLM_API_AUTH=api_key the keys are in that table.")
        return settings


def _registry(environment: Mapping[str, str]) -> Registry:
    text = environment.get("LLM_API_MODELS", "").strip()
    if not text:
        raise ValueError("LLM_API_MODELS is missing: set it to the registry_environment output of model-access.")
    try:
        return Registry.decode(text)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, zlib.error) as error:
        raise ValueError(
            "LLM_API_MODELS is malformed: it holds the registry_environment output of model-access, "
            f"unchanged ({type(error).__name__}: {error})."
        ) from error


def _workflows(text: str) -> dict[str, dict[str, Any]]:
    try:
        workflows: dict[str, dict[str, Any]] = json.loads(text)
        if all(isinstance(workflow["arn"], str) for workflow in workflows.values()):
            return workflows
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise ValueError('LLM_API_WORKFLOWS is malformed: it holds an object such as {"NAME": {"arn": "arn:..."}}.')


def _auth(environment: Mapping[str, str]) -> Auth:
    value = environment.get("LLM_API_AUTH") or "iam"
    for known in get_args(Auth):
        if value == known:
            auth: Auth = known
            return auth
    raise ValueError(f"LLM_API_AUTH is {value!r}: set it to one of {', '.join(get_args(Auth))}.")


def _seconds(environment: Mapping[str, str], name: str, *, default: int) -> int:
    value = environment.get(name)
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError(f"{name} is {value!r}: set it to a whole number of seconds above 0.")
    return int(value)


def _boolean(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environment.get(name)
    if not value:
        return default
    if value.lower() not in _BOOLEANS:
        raise ValueError(f"{name} is {value!r}: set it to true or false.")
    return _BOOLEANS[value.lower()]
