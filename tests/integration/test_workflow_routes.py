"""Workflows behind the API: started, shown and approved by a tenant's key, executed by moto's interpreter."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.integration.workflows import Workflows
from tests.load.deployment import MODELS, WORKFLOWS, Deployment, Tenant
from tests.support import PATIENCE_SECONDS
from tools.terraform import ROOT

CONTRACT: dict[str, Any] = yaml.safe_load((ROOT / "modules/api/openapi.yaml").read_text())


@dataclass(frozen=True, slots=True)
class Client:
    """curl with a tenant's key."""

    deployment: Deployment
    tenant: Tenant

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        named = {"authorization": f"Bearer {self.tenant.key}", **headers}
        url = f"{self.deployment.url}/v1/workflows/{path}"
        answer = requests.request(method, url, json=body, headers=named, timeout=60)
        return answer.status_code, answer.json()

    def start(self, workflow: str, given: dict[str, Any]) -> str:
        status, told = self.call("POST", workflow, {"input": given})
        assert status == 200, told
        execution: str = told["execution"]
        return execution

    def see(self, workflow: str, execution: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The execution, once it is as the test waits for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, told = self.call("GET", f"{workflow}/{execution}")
            assert status == 200, told
            if until(told):
                fits(told, "WorkflowExecution")
                seen: dict[str, Any] = told
                return seen
            assert time.monotonic() < deadline, told
            time.sleep(0.1)

    def end(self, workflow: str, execution: str) -> dict[str, Any]:
        return self.see(workflow, execution, lambda told: told["status"] != "running")

    def waiting(self, workflow: str, execution: str, number: int = 1) -> list[dict[str, Any]]:
        approvals: list[dict[str, Any]] = self.see(workflow, execution, lambda told: len(told["approvals"]) == number)[
            "approvals"
        ]
        return approvals

    def approve(self, workflow: str, execution: str, **answer: Any) -> tuple[int, Any]:
        return self.call("POST", f"{workflow}/{execution}/approve", answer)


def fits(body: Any, schema: str) -> None:
    """The body is what the contract says."""
    registry: Registry[Any] = Registry().with_resource("contract", Resource(CONTRACT, DRAFT4))
    absolute = yaml.safe_load(
        yaml.safe_dump(CONTRACT["components"]["schemas"][schema]).replace("#/components/", "contract#/components/")
    )
    assert [error.message for error in OAS30Validator(absolute, registry=registry).iter_errors(body)] == []


Enter = Callable[..., Client]


@pytest.fixture
def enter(budgeted: Deployment, workflows: Workflows) -> Enter:
    """A client of a tenant of the test's own."""

    def write(allowed: Any = WORKFLOWS, **budgets: int | str) -> Client:
        tenant = Tenant(f"t-{secrets.token_hex(8)}", sorted(MODELS), budgets, sorted(allowed))
        budgeted.write(tenant)
        return Client(budgeted, tenant)

    return write


def test_a_workflow_is_started_and_its_result_is_shown(enter: Enter, budgeted: Deployment) -> None:
    # GIVEN a tenant WHEN it starts a workflow with a key, by header
    client = enter()
    given = {"topic": "cars", "short": True}
    status, started = client.call("POST", "chain", {"input": given}, **{"idempotency-key": "spring"})
    assert status == 200
    fits(started, "WorkflowExecution")
    assert started["execution"].startswith(f"{client.tenant.name}-")

    # THEN it runs to its end, and its result is there, with each step's
    ended = client.end("chain", started["execution"])
    assert (ended["status"], ended["error"]) == ("succeeded", None)
    assert ended["result"]["text"] == "two, after one cars"
    assert sorted(ended["steps"]) == ["first", "second"]

    # AND the same key and input find it, whoever sends them again; another input is a conflict
    again = client.call("POST", "chain", {"input": given, "idempotency_key": "spring"})
    assert again == (200, ended)
    assert client.call("POST", "chain", {"input": {"topic": "vans"}, "idempotency_key": "spring"})[0] == 409

    # AND the log tells which execution it was, and nothing of what went in or came out
    lines = [line for line in budgeted.log_lines() if line.get("execution") == started["execution"]]
    assert {line["route"] for line in lines} >= {"POST /v1/workflows/{name}", "GET /v1/workflows/{name}/{execution}"}
    assert "cars" not in json.dumps(lines)


def test_a_failure_is_shown_by_its_step(enter: Enter) -> None:
    # GIVEN an input that the first prompt can't be written with WHEN the workflow ends THEN its error says so
    client = enter()
    ended = client.end("chain", client.start("chain", {"short": True}))
    assert ended["status"] == "failed"
    assert ended["error"]["type"] == "StepFailed.first"
    assert "$input.topic holds nothing" in ended["error"]["message"]


def test_another_tenants_execution_does_not_exist(enter: Enter) -> None:
    # GIVEN an execution of one tenant, that waits for an approval
    owner, other = enter(), enter()
    execution = owner.start("approved", {})
    owner.waiting("approved", execution)

    # WHEN another one asks for it, or answers it, THEN it is told what it is told of one that doesn't exist
    absent = f"{other.tenant.name}-0123456789abcdef"
    for asked in (execution, absent):
        assert other.call("GET", f"approved/{asked}")[0] == 404
        assert other.approve("approved", asked, approved=True)[0] == 404
    messages = {other.call("GET", f"approved/{asked}")[1]["message"] for asked in (execution, absent)}
    assert len(messages) == 1

    # AND it still waits
    assert owner.approve("approved", execution, approved=False)[0] == 200
    owner.end("approved", execution)


def test_a_tenant_has_its_own_workflows(enter: Enter) -> None:
    # GIVEN a tenant with one workflow WHEN it starts another, or none that exists, THEN there is none for it
    client = enter(allowed=["chain"])
    assert client.call("POST", "approved", {"input": {}})[0] == 404
    assert client.call("POST", "nothing", {"input": {}})[0] == 404


def test_an_approval_is_given_through_the_api(enter: Enter) -> None:
    # GIVEN an execution that waits
    client = enter()
    execution = client.start("approved", {})
    (asked,) = client.waiting("approved", execution)
    assert (asked["step"], asked["message"]) == ("approval", "Publish this? draft")

    # WHEN it is approved, THEN it goes on, and knows by whom
    status, answered = client.approve("approved", execution, approved=True)
    assert status == 200
    fits(answered, "WorkflowAnswered")
    assert client.end("approved", execution)["result"]["text"] == f"final, by {client.tenant.name}"

    # AND a second answer is a conflict
    status, refused = client.approve("approved", execution, approved=True)
    assert status == 409
    assert "was answered" in refused["message"]


def test_an_approval_is_refused_through_the_api(enter: Enter) -> None:
    # GIVEN an execution that waits WHEN it is refused THEN it fails by the step's name, with the reason
    client = enter()
    execution = client.start("approved", {})
    client.waiting("approved", execution)
    assert client.approve("approved", execution, approved=False, comment="too loud", step="approval")[0] == 200
    error = client.end("approved", execution)["error"]
    assert error == {"type": "StepFailed.approval", "message": "Rejected: too loud"}


def test_several_approvals_are_told_apart(enter: Enter) -> None:
    # GIVEN an execution that waits for three approvals at once
    client = enter()
    execution = client.start("reviewed", {"words": ["cheap", "safe"]})
    waiting = client.waiting("reviewed", execution, 3)
    assert sorted(approval["message"] for approval in waiting) == [
        "May we say cheap?",
        "May we say safe?",
        "Well written?",
    ]

    # WHEN it isn't said which is answered, THEN nothing is; by step or number it is
    assert client.approve("reviewed", execution, approved=True)[0] == 409
    assert client.approve("reviewed", execution, approved=True, step="lawful")[0] == 409
    assert client.approve("reviewed", execution, approved=True, step="editor")[0] == 200
    for approval in waiting:
        if approval["step"] == "lawful":
            assert client.approve("reviewed", execution, approved=True, approval=approval["approval"])[0] == 200
    assert client.end("reviewed", execution)["status"] == "succeeded"


def test_where_approvals_are_not_answered_here_they_are_not(enter: Enter) -> None:
    # GIVEN a workflow without `approvals = true` WHEN somebody approves THEN it is refused
    client = enter()
    execution = client.start("impatient", {})
    assert client.approve("impatient", execution, approved=True)[0] == 403
    assert client.end("impatient", execution)["status"] == "succeeded"
