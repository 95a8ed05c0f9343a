"""`/v1/workflows`: starting an execution and reading its state and result, each tenant its own."""

import base64
import json
from typing import Any

import pytest
from llm_api.config import Settings
from llm_api.dialects.workflows import MAX_INPUT_BYTES
from llm_api.errors import Internal
from llm_api.events import Response
from llm_api.ledger import Tenant
from llm_api.ledger.tenants import read_tenant
from llm_api.workflows.executions import owner_in

from tests.unit.llm_api.workflow_routes import (
    NOW,
    SILENT,
    Send,
    StepFunctions,
    refusal,
    send,
    sender,
    started_with,
    states,
    tenant,
    told,
)

__all__ = ["send", "states"]


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


@pytest.mark.parametrize("workflow", ["others", "nothing", "a%2Fb", "a" * 81])
def test_a_workflow_is_the_tenants_or_none(states: StepFunctions, send: Send, workflow: str) -> None:
    # GIVEN a workflow of others, or none WHEN it is started or asked for THEN Step Functions never hears of it
    assert send("POST", f"/v1/workflows/{workflow}", {"input": {}}).status == 404
    assert send("GET", f"/v1/workflows/{workflow}/marketing-0123456789abcdef").status == 404
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
    states.fails = {"StartExecution": list(failures)}
    response = send("POST", "/v1/workflows/advert", {"input": {}})
    assert response.status == status
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert "arn:" not in str(response.body)


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
