"""The routes of workflows: what reaches Step Functions, whose an execution is, and which approval is answered."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from llm_api.app import App
from llm_api.config import Settings
from llm_api.deadline import Deadline
from llm_api.dialects.workflows import MAX_INPUT_BYTES
from llm_api.errors import Internal
from llm_api.events import Request, Response
from llm_api.ledger import Ledger, Tenant
from llm_api.ledger.tenants import read_tenant
from llm_api.registry import Registry
from llm_api.telemetry import Telemetry
from llm_api.workflows import Workflows, owner_in

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:advert-live"
DECLARED = {"advert": {"arn": ARN, "approvals": True}, "silent": {"arn": f"{ARN}-2"}, "others": {"arn": f"{ARN}-3"}}
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


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

    def start_execution(self, **asked: Any) -> dict[str, Any]:
        self._called("start_execution")
        arn = f"{asked['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{asked['name']}"
        known = self.executions.get(arn)
        if known and (known["input"] != asked["input"] or known["status"] != "RUNNING"):
            raise refusal("ExecutionAlreadyExists")
        execution = {"name": asked["name"], "input": asked["input"], "status": "RUNNING", "startDate": NOW}
        self.executions.setdefault(arn, execution)
        return {"executionArn": arn, "startDate": NOW}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        self._called("describe_execution")
        if executionArn not in self.executions:
            raise refusal("ExecutionDoesNotExist")
        return self.executions[executionArn]

    def get_execution_history(self, **asked: Any) -> dict[str, Any]:
        self._called("get_execution_history")
        if asked["executionArn"] not in self.executions:
            raise refusal("ExecutionDoesNotExist")
        page = int(asked.get("nextToken", 0))
        more = {"nextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"events": self.pages[page], **more}

    def send_task_success(self, **answer: Any) -> dict[str, Any]:
        self._called("send_task_success")
        self.answers.append(answer)
        return {}

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if self.fails.get(operation):
            raise self.fails[operation].pop(0)


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "x")  # type: ignore[typeddict-item]


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


def test_a_start_names_its_owner(states: StepFunctions, send: Send) -> None:
    # GIVEN an input WHEN a workflow is started
    response = send("POST", "/v1/workflows/advert", {"input": {"car": "Tramontane", "ä": [1.0, True]}})

    # THEN the execution runs, with the input as it came, under a name that says whose it is
    assert response.status == 200
    answer = told(response)
    assert (answer["workflow"], answer["status"], answer["started_at"]) == ("advert", "running", "2026-11-25T12:00:00Z")
    assert owner_in(answer["execution"]) == "marketing"
    (started,) = states.executions.values()
    assert started["name"] == answer["execution"]
    assert started["input"] == '{"car":"Tramontane","ä":[1.0,true]}'


def test_the_longest_tenants_name_fits(states: StepFunctions) -> None:
    # GIVEN a tenant with a name of 63 characters WHEN it starts a workflow THEN the name is what AWS takes
    response = sender(states, tenant("a" * 63))("POST", "/v1/workflows/advert", {"input": {}})
    assert len(told(response)["execution"]) == 80


@pytest.mark.parametrize("place", ["header", "field"])
def test_the_same_key_finds_the_same_execution(states: StepFunctions, send: Send, place: str) -> None:
    # GIVEN an execution that was started with a key
    def start(given: dict[str, Any], key: str = "spring") -> Response:
        headers = {"idempotency-key": key} if place == "header" else {}
        field = {"idempotency_key": key} if place == "field" else {}
        return send("POST", "/v1/workflows/advert", {"input": given, **field}, headers)

    first = told(start({"a": 1, "b": True}))["execution"]

    # WHEN it is started again, running or not, THEN it is the same one
    assert told(start({"a": 1, "b": True}))["execution"] == first
    (arn,) = states.executions
    states.executions[arn] |= {"status": "SUCCEEDED", "stopDate": NOW, "output": "5"}
    again = told(start({"b": True, "a": 1}))
    assert (again["execution"], again["status"], again["result"]) == (first, "succeeded", 5)

    # AND with another input it is a conflict, though to Python True is 1
    assert start({"a": 1, "b": 1}).status == 409

    # AND another key starts another one
    assert told(start({"a": 1}, "autumn"))["execution"] != first


def test_a_key_belongs_to_its_tenant(states: StepFunctions) -> None:
    # GIVEN two tenants with the same key WHEN both start THEN there are two executions
    names = {
        told(
            sender(states, tenant(name))(
                "POST", "/v1/workflows/advert", {"input": {"of": name}, "idempotency_key": "k"}
            )
        )["execution"]
        for name in ("marketing", "sales")
    }
    assert len(names) == 2


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        ({}, {}, 400, "input is missing"),
        ({"input": []}, {}, 400, "input is an object"),
        ({"input": {}, "name": "x"}, {}, 400, "isn't known"),
        ({"input": {}, "idempotency_key": ""}, {}, 400, "1 to 256"),
        ({"input": {}, "idempotency_key": "k" * 257}, {}, 400, "1 to 256"),
        ({"input": {}, "idempotency_key": "a"}, {"idempotency-key": "b"}, 400, "differ"),
        ({"input": {"text": "ä" * (MAX_INPUT_BYTES // 2)}}, {}, 413, "S3"),
        (b"{", {}, 400, "JSON"),
    ],
)
def test_a_start_that_is_none_says_why(
    states: StepFunctions, send: Send, body: Any, headers: dict[str, str], status: int, words: str
) -> None:
    # GIVEN a body that no execution can start with WHEN it is sent THEN it is refused before Step Functions hears of it
    response = send("POST", "/v1/workflows/advert", body, headers)
    assert response.status == status
    assert words in told(response)["message"]
    assert states.calls == []


@pytest.mark.parametrize(("workflow", "status"), [("others", 403), ("nothing", 404), ("a%2Fb", 404), ("a" * 81, 404)])
def test_a_workflow_is_the_tenants_or_none(states: StepFunctions, send: Send, workflow: str, status: int) -> None:
    # GIVEN a workflow of others, or none WHEN it is started or asked for THEN Step Functions never hears of it
    assert send("POST", f"/v1/workflows/{workflow}", {"input": {}}).status == status
    assert send("GET", f"/v1/workflows/{workflow}/marketing-0123456789abcdef").status == status
    assert states.calls == []


def test_an_execution_is_its_tenants_alone(states: StepFunctions, send: Send) -> None:
    # GIVEN executions of tenants whose names begin alike
    foreign = [
        told(sender(states, tenant(name))("POST", "/v1/workflows/advert", {"input": {}}))["execution"]
        for name in ("marketing-2", "market", "marketing_")
    ]

    # WHEN another tenant asks for them THEN each is answered as one that doesn't exist, to the letter
    absent = send("GET", "/v1/workflows/advert/marketing-0123456789abcdef")
    assert absent.status == 404
    for execution in (*foreign, "marketing", "-0123456789abcdef", "marketing-0123456789abcdef0"):
        for method, path, body in (("GET", "", None), ("POST", "/approve", {"approved": True})):
            response = send(method, f"/v1/workflows/advert/{execution}{path}", body)
            assert (response.status, response.body) == (404, absent.body)
    assert states.answers == []


def test_without_tenants_executions_are_everyones(states: StepFunctions) -> None:
    # GIVEN a deployment without tenants WHEN one principal starts a workflow THEN another one sees it
    started = told(sender(states, Tenant("arn:aws:iam::1:role/a"))("POST", "/v1/workflows/others", {"input": {}}))
    shown = sender(states, Tenant("arn:aws:iam::1:role/b"))("GET", f"/v1/workflows/others/{started['execution']}")
    assert shown.status == 200


def started_with(states: StepFunctions, send: Send, **state: Any) -> str:
    name: str = told(send("POST", "/v1/workflows/advert", {"input": {}}))["execution"]
    states.executions[f"{ARN.replace(':stateMachine:', ':execution:')}:{name}"] |= state
    return name


def test_a_result_is_shown_with_its_steps(states: StepFunctions, send: Send) -> None:
    # GIVEN an execution that is over, one of whose steps failed on a role
    cause = "User: arn:aws:sts::123456789012:assumed-role/x/y may not"
    output = {"result": {"text": "Seven seats"}, "steps": {"a": {"text": "s"}, "b": {"error": "E", "cause": cause}}}
    name = started_with(states, send, status="SUCCEEDED", stopDate=NOW, output=json.dumps(output))

    # WHEN it is asked for THEN result and steps are there, and no ARN
    answer = told(send("GET", f"/v1/workflows/advert/{name}"))
    assert answer["status"] == "succeeded"
    assert answer["result"] == {"text": "Seven seats"}
    assert answer["steps"] == {"a": {"text": "s"}, "b": {"error": "E", "cause": "User: (ARN) may not"}}
    assert answer["error"] is None
    assert answer["ended_at"] == "2026-11-25T12:00:00Z"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_failure_is_shown_without_arns(states: StepFunctions, send: Send, status: str) -> None:
    # GIVEN an execution that failed WHEN it is asked for THEN its error is there, and no ARN
    cause = "User: arn:aws:sts::123456789012:assumed-role/x/y may not"
    name = started_with(states, send, status=status, stopDate=NOW, error="StepFailed.b", cause=cause)
    answer = told(send("GET", f"/v1/workflows/advert/{name}"))
    assert answer["status"] == status.lower()
    assert answer["error"] == {"type": "StepFailed.b", "message": "User: (ARN) may not"}


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (
            "QueryEvaluationError: The JSONata expression '$say := \"Our prompt\"' could not be evaluated: no text",
            "QueryEvaluationError: The JSONata expression could not be evaluated: no text",
        ),
        (
            "The JSONata expression '\"It's\\nour prompt\"' specified for the field 'Arguments' returned nothing.",
            "The JSONata expression returned nothing.",
        ),
        ("The JSONata expression '\"Our prompt, and what AWS cut", "The JSONata expression"),
    ],
    ids=["a field that is missing", "an apostrophe in it", "cut off"],
)
def test_a_failure_shows_nothing_of_the_definition(states: StepFunctions, send: Send, cause: str, shown: str) -> None:
    # GIVEN an execution that failed on an expression, in which the prompt stands that its authors wrote
    name = started_with(states, send, status="FAILED", stopDate=NOW, error="StepFailed.a", cause=cause)
    step = {"error": "E", "cause": cause}
    other = started_with(
        states, send, status="SUCCEEDED", stopDate=NOW, output=json.dumps({"result": {}, "steps": {"a": step}})
    )

    # WHEN a caller asks for it THEN what went wrong is there, and the prompt is not, in an error and beside a result
    assert told(send("GET", f"/v1/workflows/advert/{name}"))["error"]["message"] == shown
    assert told(send("GET", f"/v1/workflows/advert/{other}"))["steps"]["a"]["cause"] == shown


def scheduled(event: int, step: str, before: int = 1) -> list[dict[str, Any]]:
    """A task that waits for a token, as Step Functions' history tells it."""
    message = {"step": step, "message": f"Publish {step}?", "task_token": f"token-{event}"}
    details = {"resource": "publish.waitForTaskToken", "parameters": json.dumps({"TopicArn": "t", "Message": message})}
    return [
        {"id": event, "previousEventId": before, "type": "TaskScheduled", "taskScheduledEventDetails": details},
        {"id": event + 1, "previousEventId": event, "type": "TaskStarted"},
        {"id": event + 2, "previousEventId": event + 1, "type": "TaskSubmitted"},
    ]


def ended(event: int, before: int, kind: str) -> dict[str, Any]:
    return {"id": event, "previousEventId": before, "type": kind}


OTHER = {
    "id": 5,
    "previousEventId": 4,
    "type": "TaskScheduled",
    "taskScheduledEventDetails": {"resource": "converse", "parameters": '{"task_token": "no"}'},
}


def test_an_approval_that_waits_is_shown_and_answered(states: StepFunctions) -> None:
    # GIVEN an execution that waits for one approval, with others before it that are over, over two pages
    log: list[str] = []
    send = sender(states, tenant("marketing"), log)
    name = started_with(states, send)
    over = [
        *scheduled(10, "early"),
        ended(13, 12, "TaskSucceeded"),
        *scheduled(20, "late"),
        ended(23, 22, "TaskTimedOut"),
    ]
    states.pages = [list(reversed([*scheduled(30, "release"), *over])), [OTHER]]

    # WHEN it is asked for THEN that one is shown, without its token
    shown = send("GET", f"/v1/workflows/advert/{name}")
    assert told(shown)["approvals"] == [{"approval": 30, "step": "release", "message": "Publish release?"}]

    # WHEN it is answered THEN its token goes to Step Functions, with what was said, and to nobody else
    answered = send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": False, "comment": "too loud"})
    assert answered.status == 200
    assert told(answered) | {"execution": name} == {
        "workflow": "advert",
        "execution": name,
        "approval": 30,
        "step": "release",
        "approved": False,
    }
    (answer,) = states.answers
    assert answer["taskToken"] == "token-30"
    assert json.loads(answer["output"]) == {"approved": False, "comment": "too loud", "by": "marketing"}
    for response in (shown, answered):
        assert isinstance(response.body, bytes)
        assert b"token-" not in response.body
    assert "token-" not in "".join(log)
    assert f'"execution": "{name}"' in log[-1]


@pytest.mark.parametrize("kind", ["TaskFailed", "TaskStateAborted", "TaskSucceeded", "TaskTimedOut"])
def test_what_is_over_can_not_be_answered(states: StepFunctions, send: Send, kind: str) -> None:
    # GIVEN an approval that is over WHEN somebody answers THEN it is a conflict that says what to do
    name = started_with(states, send)
    states.pages = [[*scheduled(10, "release"), ended(13, 12, kind)]]
    response = send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": True})
    assert response.status == 409
    assert "GET /v1/workflows" in told(response)["message"]
    assert states.answers == []


def test_of_several_approvals_one_is_named(states: StepFunctions, send: Send) -> None:
    # GIVEN three approvals that wait, two of them of one step
    name = started_with(states, send)
    states.pages = [[*scheduled(10, "post"), *scheduled(20, "post"), *scheduled(30, "body")]]

    def answer(**which: Any) -> Response:
        return send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": True, **which})

    # WHEN it isn't said which THEN it is a conflict that names them
    assert answer().status == answer(step="post").status == 409
    assert "20 (post), 10 (post)" in told(answer(step="post"))["message"]
    assert answer(step="headline").status == 409

    # WHEN it is, by step or number THEN that one is answered
    assert [answer(step="body").status, answer(approval=10).status] == [200, 200]
    assert [sent["taskToken"] for sent in states.answers] == ["token-30", "token-10"]


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_an_answer_that_comes_second_is_a_conflict(states: StepFunctions, send: Send, code: str) -> None:
    # GIVEN an approval that somebody answers between our look and our answer WHEN it is answered THEN it is a conflict
    name = started_with(states, send)
    states.pages = [scheduled(10, "release")]
    states.fails = {"send_task_success": [refusal(code)]}
    assert send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": True}).status == 409


@pytest.mark.parametrize(
    "body", [{}, {"approved": "yes"}, {"approved": 1}, {"approved": True, "approval": True}, {"approved": True, "x": 1}]
)
def test_an_answer_is_yes_or_no(states: StepFunctions, send: Send, body: dict[str, Any]) -> None:
    # GIVEN a body that says neither WHEN it is sent THEN nothing is answered
    name = started_with(states, send)
    states.pages = [scheduled(10, "release")]
    assert send("POST", f"/v1/workflows/advert/{name}/approve", body).status == 400
    assert states.answers == []


def test_approvals_are_answered_where_the_deployment_says_so(states: StepFunctions, send: Send) -> None:
    # GIVEN a workflow whose approvals aren't answered here WHEN one is THEN it is refused, and no history is read
    name = told(send("POST", "/v1/workflows/silent", {"input": {}}))["execution"]
    assert send("POST", f"/v1/workflows/silent/{name}/approve", {"approved": True}).status == 403
    assert told(send("GET", f"/v1/workflows/silent/{name}"))["approvals"] == []
    assert "get_execution_history" not in states.calls


SILENT = ReadTimeoutError(endpoint_url="https://states")


@pytest.mark.parametrize(
    ("failures", "status"),
    [
        ([SILENT], 200),
        ([refusal("InternalError", 500)], 200),
        ([SILENT, SILENT], 503),
        ([refusal("ThrottlingException")], 429),
        ([refusal("ExecutionLimitExceeded")], 429),
        ([refusal("StateMachineDoesNotExist")], 500),
        ([refusal("AccessDeniedException")], 500),
    ],
)
def test_a_start_fails_with_the_status_of_its_cause(
    states: StepFunctions, send: Send, failures: list[Exception], status: int
) -> None:
    # GIVEN Step Functions that fails WHEN a workflow is started THEN a start is sent twice at most, under one name
    states.fails = {"start_execution": list(failures)}
    response = send("POST", "/v1/workflows/advert", {"input": {}})
    assert response.status == status
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert "arn:" not in str(response.body)


def test_an_answer_is_never_sent_twice(states: StepFunctions, send: Send) -> None:
    # GIVEN Step Functions that is silent WHEN an approval is answered THEN it is not known whether it was
    name = started_with(states, send)
    states.pages = [scheduled(10, "release")]
    states.fails = {"send_task_success": [SILENT]}
    assert send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": True}).status == 503
    assert states.calls.count("send_task_success") == 1


def test_the_log_tells_which_execution(states: StepFunctions) -> None:
    # GIVEN a log WHEN a workflow is started THEN its line has workflow and execution, and nothing of the input
    log: list[str] = []
    answer = told(sender(states, tenant("marketing"), log)("POST", "/v1/workflows/advert", {"input": {"t": "secret"}}))
    line = json.loads("".join(log).splitlines()[0])
    assert (line["workflow"], line["execution"]) == ("advert", answer["execution"])
    assert "secret" not in "".join(log)


def test_a_key_fills_the_characters_of_a_name(states: StepFunctions, send: Send) -> None:
    # GIVEN keys WHEN they become names THEN these are of base64's letters for file names, whatever the key
    for key in ("", "ключ", "a b/c", "\ud800"):
        if key:
            name = told(send("POST", "/v1/workflows/advert", {"input": {}}, {"idempotency-key": key}))["execution"]
            assert len(base64.urlsafe_b64decode(name[-16:])) == 12


def test_a_tenants_item_names_its_workflows() -> None:
    # GIVEN a tenant's item WHEN it is read THEN its workflows are there; none without; and what is no set is refused
    item: dict[str, Any] = {"models": {"SS": ["fast"]}}
    assert read_tenant("t", item).workflows == frozenset()
    assert read_tenant("t", {**item, "workflows": {"SS": ["advert"]}}).workflows == {"advert"}
    with pytest.raises(Internal):
        read_tenant("t", {**item, "workflows": {"S": "advert"}})


@pytest.mark.parametrize("text", ["[]", "{", '{"a": {}}', '{"a": "arn"}', '{"a": {"arn": 1}}'])
def test_a_malformed_setting_names_itself(text: str) -> None:
    # GIVEN a setting that is no map of workflows WHEN it is read THEN the function doesn't start
    environment = {"LLM_API_MODELS": '{"a": {"id": "x", "family": "nova"}}', "LLM_API_WORKFLOWS": text}
    with pytest.raises(ValueError, match="LLM_API_WORKFLOWS"):
        Settings.from_environment(environment)
