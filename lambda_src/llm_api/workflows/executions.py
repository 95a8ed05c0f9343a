"""Executions of workflows: starts, shows and answers them; the only module that holds a Step Functions client.

An execution's name is its owner and sixteen characters, so that nothing has to be stored to know whose it is. Whoever
asks for another tenant's hears the same as for one that doesn't exist. Where a caller gives a key, the sixteen
characters are made of it: AWS keeps a name for 90 days after the end, and of equal names runs one.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from llm_api import aws
from llm_api.deadline import Deadline
from llm_api.dialects.workflows import Approval, Approve, Execution, Show, Start, not_found
from llm_api.errors import ApiError, Conflict, Forbidden, Internal, NotFound, OutOfTime, Throttled, Unavailable
from llm_api.inference.failures import scrub
from llm_api.ledger import Tenant
from llm_api.ledger.budgets import timestamp
from llm_api.ledger.table import Client

EVERYONE = "ALL"
"""The owner in a deployment without tenants. No tenant is called so: their names are lower case."""

_ID_CHARACTERS = 16
_ATTEMPTS = 2
_CALL_SECONDS = 10.0
_RETRY_AFTER_SECONDS = 2.0
_WAITING = "publish.waitForTaskToken"
_ENDS_A_TASK = frozenset(
    {"TaskFailed", "TaskStartFailed", "TaskStateAborted", "TaskSubmitFailed", "TaskSucceeded", "TaskTimedOut"}
)
_GOES_ON = frozenset({"TaskStarted", "TaskSubmitted"})
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "ExecutionLimitExceeded"})
_EXPRESSION = re.compile(r"(JSONata expression) '(.*'|.*)", re.DOTALL)
"""In AWS's words about one that failed. It is a part of the definition: the prompt that its authors wrote."""

_GONE = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


class _Refused(Exception):
    """Step Functions' own refusal.

    Attributes:
        code: of the refusal.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def owner_of(tenant: Tenant) -> str:
    """Who an execution belongs to that this caller starts."""
    return tenant.name if tenant.declared else EVERYONE


def owner_in(execution: str) -> str | None:
    """Who an execution belongs to, by its name; None where no owner is in it."""
    end = -_ID_CHARACTERS - 1
    return execution[:end] if len(execution) > -end and execution[end] == "-" else None


class Workflows:
    """The declared workflows.

    Parameters:
        declared: by name: `arn` of the state machine, and whether `approvals` are answered here.
        client: speaks to Step Functions; made on first use where it is None.
    """

    def __init__(self, declared: Mapping[str, Mapping[str, Any]], client: Client | None = None) -> None:
        self._declared = declared
        self._client = client

    def start(self, call: Start, tenant: Tenant) -> Execution:
        """The execution that was started, now or by an earlier request with the same key and input.

        Raises:
            Conflict: the key was used for another input.
            NotFound, Forbidden, Throttled, Unavailable, Internal: see `ApiError`.
        """
        machine = self._machine(call.workflow, tenant)
        name = f"{owner_of(tenant)}-{_id(call.key)}"
        try:
            started = self._call(
                "StartExecution", {"stateMachineArn": machine["arn"], "name": name, "input": call.input}
            )
        except _Refused as refusal:
            if refusal.code != "ExecutionAlreadyExists":
                raise _internal("StartExecution", refusal) from refusal
        else:
            return Execution(call.workflow, name, "running", _time(started.get("startDate")))
        told = self._describe(machine, name)
        # Compared as JSON: to Python, true equals 1. An input that AWS no longer tells can't be equal.
        if _canonical(told.get("input")) != _canonical(call.input):
            raise Conflict(
                "This idempotency key was used for another input. Send that input again, or this one with another key."
            )
        return _execution(call.workflow, told)

    def show(self, call: Show, tenant: Tenant, deadline: Deadline) -> Execution:
        """The execution as it is now.

        Raises:
            NotFound: there is none, or it is another tenant's.
            Forbidden, Throttled, Unavailable, Internal, OutOfTime: see `ApiError`.
        """
        machine = self._machine(call.workflow, tenant)
        told = self._describe(machine, _own(call.execution, tenant))
        waiting: list[Approval] = []
        if machine.get("approvals") and told["status"] == "RUNNING":
            waiting = list(self._waiting(machine, call.execution, deadline))
        return _execution(call.workflow, told, waiting)

    def approve(self, call: Approve, tenant: Tenant, deadline: Deadline) -> Approval:
        """The approval that was answered. Its token is looked up in the execution's history, and kept nowhere.

        Raises:
            Conflict: nothing, or more than one, is waiting; or it was answered meanwhile.
            NotFound: there is no such execution, or it is another tenant's.
            Forbidden: approvals of this workflow aren't answered here.
            Throttled, Unavailable, Internal, OutOfTime: see `ApiError`.
        """
        machine = self._machine(call.workflow, tenant)
        name = _own(call.execution, tenant)
        if not machine.get("approvals"):
            raise Forbidden(
                "Approvals of this workflow aren't answered here, but with the task token that its topic announces. "
                "Ask the platform team for `approvals = true`."
            )
        asked = [
            approval
            for approval in self._waiting(machine, name, deadline)
            if call.step in (None, approval.step) and call.approval in (None, approval.id)
        ]
        if not asked:
            raise Conflict(
                "No such approval is waiting: it was answered, has timed out, or isn't asked for yet. "
                "GET /v1/workflows/{name}/{execution} shows what is."
            )
        if len(asked) > 1:
            raise Conflict(
                f"{len(asked)} approvals are waiting. Name one by `approval`: "
                f"{', '.join(f'{approval.id} ({approval.step})' for approval in asked[:20])}."
            )
        answer = {"approved": call.approved, "comment": call.comment or "", "by": tenant.name}
        try:
            # Once: whether an answer arrived that wasn't confirmed, only the execution can tell.
            self._call("SendTaskSuccess", {"taskToken": asked[0].task_token, "output": json.dumps(answer)}, 1)
        except _Refused as refusal:
            if refusal.code not in _GONE:
                raise _internal("SendTaskSuccess", refusal) from refusal
            raise Conflict(
                "The approval was answered or has timed out meanwhile. GET /v1/workflows/{name}/{execution} shows how "
                "the execution goes on."
            ) from refusal
        return asked[0]

    def _machine(self, workflow: str, tenant: Tenant) -> Mapping[str, Any]:
        machine = self._declared.get(workflow)
        if machine is None or (tenant.declared and workflow not in tenant.workflows):
            # The same words for another tenant's, or whoever has a key could ask what there is.
            raise NotFound("There is no such workflow for you here. Ask the platform team that runs this deployment.")
        return machine

    def _describe(self, machine: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        try:
            return self._call("DescribeExecution", {"executionArn": _execution_arn(machine, name)})
        except _Refused as refusal:
            raise _of_execution("DescribeExecution", refusal) from refusal

    def _waiting(self, machine: Mapping[str, Any], name: str, deadline: Deadline) -> Iterator[Approval]:
        """What the execution waits for, the latest first: tasks with a token that no later event ends."""
        over: set[int] = set()
        for event in sorted(self._history(machine, name, deadline), key=lambda event: -int(event["id"])):
            kind, before = event["type"], event.get("previousEventId", 0)
            if kind in _ENDS_A_TASK or (kind in _GOES_ON and event["id"] in over):
                over.add(before)
            elif kind == "TaskScheduled" and event["id"] not in over:
                details = event.get("taskScheduledEventDetails", {})
                if details.get("resource") == _WAITING:
                    yield from _approval(event["id"], details.get("parameters"))

    def _history(self, machine: Mapping[str, Any], name: str, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        page: dict[str, Any] = {}
        while True:
            try:
                told = self._call(
                    "GetExecutionHistory",
                    {
                        "executionArn": _execution_arn(machine, name),
                        "maxResults": 1000,
                        "reverseOrder": True,
                        "includeExecutionData": True,
                        **page,
                    },
                )
            except _Refused as refusal:
                raise _of_execution("GetExecutionHistory", refusal) from refusal
            yield from told["events"]
            if not told.get("nextToken"):
                return
            page = {"nextToken": told["nextToken"]}
            if deadline.remaining_seconds() <= 0:
                raise OutOfTime("The execution's history is too long to be read in time. Answer with the task token.")

    def _call(self, operation: str, parameters: Mapping[str, Any], attempts: int = _ATTEMPTS) -> Mapping[str, Any]:
        """One request. All but an answer to an approval may be sent twice: an execution is known by its name."""
        if self._client is None:
            self._client = _create_client()
        failure = ""
        for _ in range(attempts):
            try:
                return self._client.call(f"AWSStepFunctions.{operation}", parameters, _CALL_SECONDS)
            except aws.Refused as refusal:
                failure = refusal.code or str(refusal.status)
                if failure in _THROTTLED:
                    raise Throttled(
                        "Too many workflows are started or asked for at the moment. Try again in a few seconds.",
                        retry_after_seconds=_RETRY_AFTER_SECONDS,
                        reason=f"Step Functions throttles {operation}: {failure}",
                    ) from refusal
                if refusal.status < 500:
                    raise _Refused(failure) from refusal
            except aws.NoCredentials as error:
                raise Internal(reason=f"Step Functions refuses {operation}: no credentials") from error
            except aws.AwsError as error:
                failure = f"{type(error).__name__}: {error}"
        raise Unavailable(
            "Step Functions doesn't answer at the moment. Try again in a few seconds; look at the execution first, if "
            "you answered an approval.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
            reason=f"Step Functions doesn't answer {operation}: {failure}",
        )


def _id(key: str | None) -> str:
    """Sixteen characters: random ones, or those that belong to a key."""
    if key is None:
        return secrets.token_urlsafe(_ID_CHARACTERS * 6 // 8)
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_ID_CHARACTERS]


def _own(execution: str, tenant: Tenant) -> str:
    if owner_in(execution) != owner_of(tenant):
        raise not_found()
    return execution


def _execution_arn(machine: Mapping[str, Any], name: str) -> str:
    return f"{str(machine['arn']).replace(':stateMachine:', ':execution:', 1)}:{name}"


def _of_execution(operation: str, refusal: _Refused) -> ApiError:
    return not_found() if refusal.code == "ExecutionDoesNotExist" else _internal(operation, refusal)


def _internal(operation: str, refusal: _Refused) -> Internal:
    return Internal(reason=f"Step Functions refuses {operation}: {refusal.code}")


def _approval(event_id: int, parameters: Any) -> Iterator[Approval]:
    """The approval that a task asked for: what `modules/workflow` publishes, and nothing else with a token."""
    message = _parsed(_parsed(parameters, "Message"))
    token = message.get("task_token")
    if isinstance(token, str):
        yield Approval(event_id, str(message.get("step", "")), str(message.get("message", "")), token)


def _parsed(document: Any, *path: str) -> Any:
    value = json.loads(document) if isinstance(document, str) else document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if path or isinstance(value, Mapping) else {}


def _execution(workflow: str, told: Mapping[str, Any], approvals: list[Approval] | None = None) -> Execution:
    output = json.loads(told["output"]) if told.get("output") else None
    steps = None
    if isinstance(output, dict) and output.keys() == {"result", "steps"} and isinstance(output["steps"], dict):
        output, steps = output["result"], {name: _told(step) for name, step in output["steps"].items()}
    failed = told["status"] not in ("RUNNING", "SUCCEEDED", "PENDING_REDRIVE")
    return Execution(
        workflow,
        told["name"],
        str(told["status"]).lower(),
        _time(told.get("startDate")),
        _time(told.get("stopDate")),
        output,
        steps,
        (str(told.get("error") or told["status"]), _for_callers(str(told.get("cause") or ""))) if failed else None,
        approvals or [],
    )


def _told(step: Any) -> Any:
    """A step that failed and was stood in for tells AWS's own words, which name roles, models and the definition."""
    if isinstance(step, dict) and isinstance(step.get("cause"), str) and "error" in step:
        return {**step, "cause": _for_callers(step["cause"])}
    return step


def _for_callers(cause: str) -> str:
    return scrub(_EXPRESSION.sub(r"\1", cause))


def _canonical(document: Any) -> str | None:
    return json.dumps(json.loads(document), sort_keys=True) if isinstance(document, str) else None


def _time(moment: Any) -> str | None:
    return None if moment is None else timestamp(float(moment))


def _create_client() -> Client:
    from llm_api.aws.hosts import Service

    return Service("states")
