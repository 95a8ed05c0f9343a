"""What a tenant may be given, beside the declared models: the rules that Terraform holds its own tenants to."""

from typing import Any

from llm_api_cli.deployment import Deployment
from llm_api_cli.errors import Invalid
from llm_api_cli.items import Tenant, one_of

RERANKING = frozenset({"cohere-rerank"})
WITHOUT_TEXT = frozenset({"cohere-embed", "nova-canvas", "stability", "titan-embed", "titan-image"})
"""Families whose answers no output limit bounds. Both are `modules/model-access/families.json`, as a test holds."""


def check_tenant(deployment: Deployment, tenant: Tenant) -> None:
    """That the deployment can keep what a tenant is given.

    Raises:
        Invalid: it can't; the message says what to change.
    """
    if not tenant.models:
        raise Invalid(f"{tenant.name} needs a model at least: --model ALIAS. There are {', '.join(deployment.models)}.")
    if tenant.name == "default" and deployment.auth == "api_key":
        raise Invalid("`default` is for callers without a tenant of their own, and here nobody gets in without a key.")
    one_of("model", tenant.models, deployment.models)
    one_of("workflow", tenant.workflows, deployment.workflows)
    for alias in tenant.models:
        missing = [each for each in deployment.models[alias].get("fallbacks") or () if each not in tenant.models]
        if missing:
            raise Invalid(f"{alias} falls back to {', '.join(missing)}, so {tenant.name} has to have that model too.")
    kinds = {name.partition("_")[0] for name in tenant.budgets} & {"tokens", "usd"}
    if kinds:
        for alias in tenant.models:
            _check_budget(alias, deployment.models[alias], kinds)


def _check_budget(alias: str, model: dict[str, Any], kinds: set[str]) -> None:
    endpoint = model.get("sagemaker") or {}
    if (endpoint and endpoint.get("format") != "openai") or model["family"] in RERANKING:
        raise Invalid(
            f"The use of {alias} can't be told before a call, so no budget in tokens or dollars can hold it. Give a "
            "budget in requests, or leave the model out."
        )
    if model.get("max_output_tokens") is None and model["family"] not in WITHOUT_TEXT:
        raise Invalid(
            f"A budget in tokens or dollars is kept by what an answer may take: declare `max_output_tokens` of {alias}."
        )
    if "usd" in kinds and not model.get("price"):
        raise Invalid(f"A budget in dollars takes the `price` of {alias}: declare it in Terraform.")
