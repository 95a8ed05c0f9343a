"""Our own routes: start a workflow, see how an execution is, answer an approval that it waits for. For curl.

What a caller sends is carried and never read: the input goes to the execution as it came.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

from llm_api.dialects import Deployment, Query
from llm_api.dialects.any_client import error_for_any_client
from llm_api.dialects.json_body import json_object
from llm_api.errors import ApiError, BadRequest, NotFound, PayloadTooLarge
from llm_api.events import Request, Response

NAME = "workflows"

MAX_INPUT_BYTES = 261_120
"""Of an input as JSON in UTF-8. A state of Step Functions holds 256 KB, and a workflow's first one puts a frame around
its input. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

_MAX_KEY_CHARACTERS = 256
_MAX_COMMENT_CHARACTERS = 2000
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_KINDS = {"input": dict, "idempotency_key": str, "approved": bool, "comment": str, "step": str, "approval": int}
_NAMES_OF_KINDS = {dict: "an object", str: "a string", bool: "true or false", int: "a whole number"}


class Approval(NamedTuple):
    """An approval that an execution waits for.

    Attributes:
        id: tells approvals of one execution apart, such as those of a map's items.
        task_token: who holds it may answer: it stays in this process.
    """

    id: int
    step: str
    message: str
    task_token: str

    def __repr__(self) -> str:
        return f"Approval(id={self.id}, step={self.step!r})"


class Execution(NamedTuple):
    """An execution, as far as its callers may see it.

    Attributes:
        id: its name at Step Functions, which the caller's tenant is a part of.
        status: Step Functions' own, in lower case.
        result: of the last step; of a definition of one's own the whole output.
        steps: every step's result; None before the end, and for a definition of one's own.
        error: its name and its cause.
        approvals: what it waits for, where this deployment answers approvals.
    """

    workflow: str
    id: str
    status: str
    started_at: str | None
    ended_at: str | None = None
    result: Any = None
    steps: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    approvals: Sequence[Approval] = ()


class Start(Query):
    """`POST /v1/workflows/{name}`.

    Parameters:
        input: the execution's, as JSON.
        key: of equal ones, the first starts an execution and the others find it.
    """

    def __init__(self, workflow: str, input: str, key: str | None) -> None:
        self.workflow = workflow
        self.input = input
        self.key = key

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the request.

        Raises:
            BadRequest: it is not an object with an `input`, or names two keys.
            PayloadTooLarge: the input is more than a workflow can hold.
        """
        (workflow,) = _segments(request, 1)
        body = _body(request, ("input",), ("idempotency_key",))
        key, header = body.get("idempotency_key"), request.headers.get("idempotency-key")
        if key is not None and header is not None and key != header:
            raise BadRequest("The header idempotency-key and the field idempotency_key differ. Send one of them.")
        key = header if key is None else key
        if key is not None and not 0 < len(key) <= _MAX_KEY_CHARACTERS:
            raise BadRequest(f"An idempotency key has 1 to {_MAX_KEY_CHARACTERS} characters.")
        given = json.dumps(body["input"], ensure_ascii=False, separators=(",", ":"))
        size = len(given.encode())
        if size > MAX_INPUT_BYTES:
            raise PayloadTooLarge(
                f"The input takes {size:,} bytes, and a workflow holds {MAX_INPUT_BYTES:,}. Send less, or put what is "
                "large into S3 and send its place."
            )
        return cls(workflow, given, key)

    def respond(self, deployment: Deployment) -> Response:
        """Where the execution is to be found."""
        return _answer(_described(deployment.start(self)))


class Show(Query):
    """`GET /v1/workflows/{name}/{execution}`."""

    def __init__(self, workflow: str, execution: str) -> None:
        self.workflow = workflow
        self.execution = execution

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the path."""
        workflow, execution = _segments(request, 2)
        return cls(workflow, execution)

    def respond(self, deployment: Deployment) -> Response:
        """State, result and error."""
        return _answer(_described(deployment.show(self)))


class Approve(Query):
    """`POST /v1/workflows/{name}/{execution}/approve`.

    Parameters:
        step, approval: which one, where several are waiting.
    """

    def __init__(
        self, workflow: str, execution: str, approved: bool, comment: str | None, step: str | None, approval: int | None
    ) -> None:
        self.workflow = workflow
        self.execution = execution
        self.approved = approved
        self.comment = comment
        self.step = step
        self.approval = approval

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the request.

        Raises:
            BadRequest: it is not an object that says `approved`.
        """
        workflow, execution = _segments(request, 2)
        body = _body(request, ("approved",), ("comment", "step", "approval"))
        comment = body.get("comment")
        if comment is not None and len(comment) > _MAX_COMMENT_CHARACTERS:
            raise BadRequest(f"comment has at most {_MAX_COMMENT_CHARACTERS:,} characters.")
        return cls(workflow, execution, body["approved"], comment, body.get("step"), body.get("approval"))

    def respond(self, deployment: Deployment) -> Response:
        """What was answered."""
        answered = deployment.approve(self)
        return _answer(
            {
                "workflow": self.workflow,
                "execution": self.execution,
                "approval": answered.id,
                "step": answered.step,
                "approved": self.approved,
            }
        )


ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "/v1/workflows/{name}"): "llm_api.dialects.workflows:Start",
    ("GET", "/v1/workflows/{name}/{execution}"): "llm_api.dialects.workflows:Show",
    ("POST", "/v1/workflows/{name}/{execution}/approve"): "llm_api.dialects.workflows:Approve",
}


def error(error: ApiError, request: Request) -> Response:
    """See `Dialect.error`."""
    return error_for_any_client(error, request)


def not_found() -> NotFound:
    """The same words whether there is no such execution, or it is another tenant's."""
    return NotFound("There is no such execution of this workflow. POST /v1/workflows/{name} starts one.")


def _segments(request: Request, number: int) -> list[str]:
    segments = [unquote(segment) for segment in request.path.split("/")[3 : 3 + number]]
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise NotFound("There is no such workflow or execution: both are named by letters, digits, `_` and `-`.")
    return segments


def _body(request: Request, required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    body = json_object(request.body)
    for name in required:
        if name not in body:
            raise BadRequest(f"The field {name} is missing: it is {_NAMES_OF_KINDS[_KINDS[name]]}.")
    known = (*required, *optional)
    if not body.keys() <= set(known):
        raise BadRequest(f"The body has a field that isn't known here. Known are: {', '.join(known)}.")
    for name, value in body.items():
        # To Python, true is a whole number too.
        if type(value) is not _KINDS[name]:
            raise BadRequest(f"The field {name} is {_NAMES_OF_KINDS[_KINDS[name]]}.")
    return body


def _described(execution: Execution) -> dict[str, Any]:
    return {
        "workflow": execution.workflow,
        "execution": execution.id,
        "status": execution.status,
        "started_at": execution.started_at,
        "ended_at": execution.ended_at,
        "result": execution.result,
        "steps": execution.steps,
        "error": dict(zip(("type", "message"), execution.error, strict=True)) if execution.error else None,
        "approvals": [
            {"approval": approval.id, "step": approval.step, "message": approval.message}
            for approval in execution.approvals
        ],
    }


def _answer(body: Mapping[str, Any]) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(200, headers, json.dumps(body, ensure_ascii=False).encode())
