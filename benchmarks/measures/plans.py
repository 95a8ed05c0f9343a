"""Growth in Terraform: how long a plan takes and how large the policies get, with more models and more tenants."""

import hashlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.samples import Samples
from local_aws import LocalAws
from tools.terraform import ROOT, Terraform

MODELS = (1, 10, 60)
TENANTS = (1, 100)
"""Beyond that tenants are rows that the account's own tooling writes into the table, and no plan knows them."""

ROUNDS = 3


class Stack(Terraform):
    """A configuration whose plan is timed."""

    def plan_seconds(self) -> float:
        """One plan, from a state that holds nothing."""
        started = time.perf_counter()
        self._run("plan", "-input=false", f"-state={self.state}", f"-out={self.workspace / 'plan'}")
        return time.perf_counter() - started

    def policy_characters(self) -> int:
        """Of all policies in the latest plan."""
        plan: dict[str, Any] = json.loads(self._run("show", "-json", str(self.workspace / "plan")))
        documents: list[str] = plan["planned_values"]["outputs"]["policies"]["value"]
        return sum(map(len, documents))


def measure() -> dict[str, dict[str, Any]]:
    """By `models_N` and `tenants_N`: `plan_seconds`, and the characters of all policies on the function's role."""
    with LocalAws() as aws, tempfile.TemporaryDirectory(prefix="bench-plans-") as folder:
        stacks = {}
        for name, inputs in _configurations().items():
            configuration = Path(folder) / name
            configuration.mkdir()
            (configuration / "main.tf.json").write_text(json.dumps(_document(inputs)))
            stacks[name] = Stack(configuration, Path(folder) / f"{name}-state", aws.environment())
            stacks[name].init()
        seconds: dict[str, list[float]] = {name: [] for name in stacks}
        for _ in range(ROUNDS):
            for name, stack in stacks.items():
                seconds[name].append(stack.plan_seconds())
        policies = {name: stack.policy_characters() for name, stack in stacks.items()}
    return {
        name: {"plan_seconds": Samples.of(taken).to_json(), "policy_characters": policies[name]}
        for name, taken in seconds.items()
    }


def _configurations() -> dict[str, dict[str, Any]]:
    some = {"models": _models(1)}
    by_models = {f"models_{number}": {"models": _models(number)} for number in MODELS}
    by_tenants = {
        f"tenants_{number}": {**some, "auth": {"type": "api_key"}, "tenants": _tenants(number)} for number in TENANTS
    }
    return by_models | by_tenants


def _models(number: int) -> dict[str, Any]:
    """Half of them on their own Region, half in a geographic profile of three."""
    regional = {"max_output_tokens": 4096}
    profile = {**regional, "destination_regions": ["us-east-1", "us-east-2", "us-west-2"]}
    return {
        f"model-{index}": {"id": f"us.anthropic.claude-haiku-{index + 4}-v1:0", **profile}
        if index % 2
        else {"id": f"anthropic.claude-haiku-{index + 4}-v1:0", **regional}
        for index in range(number)
    }


def _tenants(number: int) -> dict[str, Any]:
    return {
        f"tenant-{index}": {"models": ["model-0"], "api_key_sha256": [hashlib.sha256(b"%d" % index).hexdigest()]}
        for index in range(number)
    }


def _document(inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider": {"aws": {"region": "us-east-1"}},
        "module": {"llm_api": {"source": str(ROOT), "name": "bench", **inputs}},
        "output": {"policies": {"value": "${module.llm_api.policy_documents}"}},
    }
