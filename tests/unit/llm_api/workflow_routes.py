"""The workflows' routes in front of a Step Functions that a test writes."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from llm_api.app import App
from llm_api.aws import Refused, TimedOut
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.events import Request, Response
from llm_api.ledger import Ledger, Tenant
from llm_api.registry import Registry
from llm_api.telemetry import Telemetry
from llm_api.workflows.executions import Workflows

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:advert-live"
DECLARED = {"advert": {"arn": ARN, "approvals": True}, "silent": {"arn": f"{ARN}-2"}, "others": {"arn": f"{ARN}-3"}}
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()


class Caller(Ledger):
    """Knows everybody as one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def authenticate(self, request: Request) -> Tenant:
        return self.tenant


class StepFunctions:
    """Step Functions as far as the routes use it. `fails`: what the next calls raise, by operation."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.answers: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.fails: dict[str, list[Exception]] = {}

    def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """One request, as `aws.hosts.Service` takes it."""
        operations = {
            "StartExecution": self.start_execution,
            "DescribeExecution": self.describe_execution,
            "GetExecutionHistory": self.get_execution_history,
            "SendTaskSuccess": self.send_task_success,
        }
        answer: dict[str, Any] = json.loads(
            json.dumps(operations[target.removeprefix("AWSStepFunctions.")](**document))
        )
        return answer

    def start_execution(self, **asked: Any) -> dict[str, Any]:
        self._called("StartExecution")
        arn = f"{asked['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{asked['name']}"
        known = self.executions.get(arn)
        if known and (known["input"] != asked["input"] or known["status"] != "RUNNING"):
            raise refusal("ExecutionAlreadyExists")
        execution = {"name": asked["name"], "input": asked["input"], "status": "RUNNING", "startDate": NOW}
        self.executions.setdefault(arn, execution)
        return {"executionArn": arn, "startDate": NOW}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        self._called("DescribeExecution")
        if executionArn not in self.executions:
            raise refusal("ExecutionDoesNotExist")
        return self.executions[executionArn]

    def get_execution_history(self, **asked: Any) -> dict[str, Any]:
        self._called("GetExecutionHistory")
        if asked["executionArn"] not in self.executions:
            raise refusal("ExecutionDoesNotExist")
        page = int(asked.get("nextToken", 0))
        more = {"nextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"events": self.pages[page], **more}

    def send_task_success(self, **answer: Any) -> dict[str, Any]:
        self._called("SendTaskSuccess")
        self.answers.append(answer)
        return {}

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if self.fails.get(operation):
            raise self.fails[operation].pop(0)


def refusal(code: str, status: int = 400) -> Refused:
    return Refused(status, {}, json.dumps({"__type": code}).encode())


@pytest.fixture
def states() -> StepFunctions:
    return StepFunctions()


Send = Callable[..., Response]


def sender(states: StepFunctions, tenant: Tenant, log: list[str] | None = None) -> Send:
    settings = Settings(Registry([]))
    lines = [] if log is None else log
    app = App(
        settings,
        ledger=Caller(tenant),
        telemetry=Telemetry("acme", "LlmApi", lines.append),
        workflows=Workflows(DECLARED, states),
    )

    def send(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        parts = path.split("/")
        route = "/".join([*parts[:3], *["{name}", "{execution}"][: len(parts) - 3], *parts[5:]])
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return app.handle(Request("req-1", method, route, path, headers or {}, {}, data), Deadline.after(10))

    return send


def tenant(name: str) -> Tenant:
    return Tenant(name, frozenset(), declared=True, workflows=frozenset({"advert", "silent"}))


@pytest.fixture
def send(states: StepFunctions) -> Send:
    return sender(states, tenant("marketing"))


def told(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def started_with(states: StepFunctions, send: Send, **state: Any) -> str:
    name: str = told(send("POST", "/v1/workflows/advert", {"input": {}}))["execution"]
    states.executions[f"{ARN.replace(':stateMachine:', ':execution:')}:{name}"] |= state
    return name


SILENT = TimedOut("no answer in time")
