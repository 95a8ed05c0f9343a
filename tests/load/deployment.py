"""A deployment for tests about budgets: models with prices, and tenants that are written into the table from outside.

The tenants come as items in the format that docs/budgets.md documents, as a team with thousands of them writes them.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform

US = ["us-east-1", "us-east-2", "us-west-2"]

MODELS: Mapping[str, Mapping[str, Any]] = {
    "fast": {
        "id": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "destination_regions": US,
        "fallbacks": ["nova"],
        "max_output_tokens": 1024,
        "price": {"input": 1, "output": 5, "cache_read": 0.1, "cache_write": 1.25},
    },
    "nova": {"id": "amazon.nova-lite-v1:0", "max_output_tokens": 1024, "price": {"input": 0.06, "output": 0.24}},
    "open": {"id": "moonshotai.kimi-k2.5", "max_output_tokens": 1024, "price": {"input": 0.6, "output": 2.5}},
    "embed": {"id": "amazon.titan-embed-text-v2:0", "price": {"input": 0.02}},
    "paint": {"id": "stability.sd3-5-large-v1:0", "price": {"image": 0.08}},
    # Each of these is made to fail in its own way by a fault without end. What `refuses` and `busy` are asked for is
    # never paid for; of the others nobody knows, so their reservations stand.
    "refuses": {
        "id": "mistral.mistral-large-2402-v1:0",
        "max_output_tokens": 1024,
        "price": {"input": 4, "output": 12},
    },
    "busy": {"id": "cohere.command-r-v1:0", "max_output_tokens": 1024, "price": {"input": 0.5, "output": 1.5}},
    "breaks": {
        "id": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "destination_regions": US,
        "max_output_tokens": 1024,
        "price": {"input": 3, "output": 15},
    },
    "cuts": {
        "id": "us.anthropic.claude-opus-4-1-20250805-v1:0",
        "destination_regions": US,
        "max_output_tokens": 1024,
        "price": {"input": 15, "output": 75},
    },
    "stalls": {
        "id": "us.anthropic.claude-sonnet-4-20250514-v1:0",
        "destination_regions": US,
        "max_output_tokens": 1024,
        "price": {"input": 3, "output": 15},
    },
}

_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:test-"
_STARTED = ("chain", "impatient", "kept_metered", "metered", "metered_large", "metered_outer")
WORKFLOWS: Mapping[str, Mapping[str, Any]] = {
    **{name: {"state_machine_arn": _MACHINE + name} for name in _STARTED},
    **{name: {"state_machine_arn": _MACHINE + name, "approvals": True} for name in ("approved", "reviewed")},
}
"""State machines that `tests/integration/terraform/workflows` makes, for the tests that apply both."""

KEPT: Mapping[str, Mapping[str, Any]] = {
    "kept": {
        "id": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "destination_regions": US,
        "fallbacks": ["nova"],
        "max_output_tokens": 1024,
        "price": {"input": 3, "output": 15},
        "cache": {"ttl_seconds": 3600},
    },
    "common": {
        "id": "us.amazon.nova-premier-v1:0",
        "destination_regions": US,
        "max_output_tokens": 1024,
        "price": {"input": 2.5, "output": 12.5},
        "cache": {"ttl_seconds": 3600, "scope": "shared"},
    },
    "watched": {
        "id": "us.amazon.nova-lite-v1:0",
        "destination_regions": US,
        "guardrail": {"arn": "arn:aws:bedrock:us-east-1:123456789012:guardrail/guard1234567", "version": "3"},
        "max_output_tokens": 1024,
        "price": {"input": 0.06, "output": 0.24},
        "cache": {"ttl_seconds": 3600},
    },
    "vectors": {
        "id": "cohere.embed-english-v3",
        "price": {"input": 0.1},
        "cache": {"ttl_seconds": 3600, "scope": "shared"},
    },
}
"""Models whose answers are kept. The load generator leaves them alone: it counts what models produce."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant and a key of its own.

    Attributes:
        budgets: by name, such as `tokens_per_day`; of dollars as text, so that nothing is rounded.
    """

    name: str
    models: Sequence[str]
    budgets: Mapping[str, int | str] = field(default_factory=dict)
    workflows: Sequence[str] = ()
    key: str = field(default_factory=lambda: f"sk-{secrets.token_urlsafe(32)}")

    def items(self) -> list[dict[str, Any]]:
        """The tenant's items in the table, in DynamoDB's JSON."""
        tenant: dict[str, Any] = {"pk": {"S": f"tenant#{self.name}"}, "models": {"SS": sorted(self.models)}}
        if self.budgets:
            tenant["budgets"] = {"M": {name: {"N": str(limit)} for name, limit in self.budgets.items()}}
        if self.workflows:
            tenant["workflows"] = {"SS": sorted(self.workflows)}
        return [tenant, {"pk": {"S": f"key#{sha256(self.key)}"}, "tenant": {"S": self.name}}]


@dataclass(frozen=True, slots=True)
class Deployment:
    """The applied module.

    Attributes:
        url: the API's base URL on the local gateway, without TLS, which would cost the callers more than the calls.
    """

    aws: LocalAws
    url: str
    table_name: str
    log_group_name: str
    cache_table_name: str
    role_arn: str
    table: Any

    def write(self, *tenants: Tenant) -> None:
        """Puts tenants into the table."""
        for tenant in tenants:
            for item in tenant.items():
                self.table.put_item(TableName=self.table_name, Item=item)

    def read(self, key: str) -> dict[str, Any]:
        """An item's attributes, numbers as numbers; empty where there is none."""
        item = self.table.get_item(TableName=self.table_name, Key={"pk": {"S": key}}, ConsistentRead=True)
        return {
            name: int(value["N"]) if "N" in value else next(iter(value.values()))
            for name, value in item.get("Item", {}).items()
        }

    def used(self, tenant: str) -> dict[str, int]:
        """A tenant's usage item: the windows' numbers, and the counters."""
        return {name: value for name, value in self.read(f"usage#{tenant}").items() if name != "pk"}

    def log_lines(self) -> list[dict[str, Any]]:
        """What the function has logged about requests, oldest first."""
        logs = boto3.client("logs", endpoint_url=self.aws.endpoint_url, region_name=self.aws.region)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.log_group_name)
        messages = [event["message"] for page in pages for event in page["events"]]
        lines = [json.loads(message) for message in messages if message.startswith('{"level"')]
        return [line for line in lines if "route" in line]


@contextmanager
def deployed(aws: LocalAws, workspace: Path) -> Iterator[Deployment]:
    """The module on local AWS for as long as the `with` block lasts. This process's AWS settings are local AWS's."""
    models = json.dumps({**MODELS, **KEPT})
    variables = {**aws.environment(), "TF_VAR_models": models, "TF_VAR_workflows": json.dumps(WORKFLOWS)}
    stack = Terraform(ROOT / "tests/load/terraform", workspace, variables)
    stack.init()
    with stack.resident():
        try:
            stack.apply()
            outputs = stack.outputs()
            url = aws.gateway_http_url + aws.local_url(outputs["url"]).removeprefix(aws.gateway_url)
            session = boto3.session.Session()  # of its own: the default one is not for several threads
            yield Deployment(
                aws,
                url,
                outputs["table_name"],
                outputs["log_group_name"],
                outputs["cache_table_name"],
                outputs["role_arn"],
                session.client("dynamodb", endpoint_url=aws.endpoint_url, region_name=aws.region),
            )
        finally:
            stack.destroy()


def sha256(key: str) -> str:
    """How a key is known to the table."""
    return hashlib.sha256(key.encode()).hexdigest()
