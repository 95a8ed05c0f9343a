"""`/v1/workflows/{name}/{execution}/approve`: which approval is answered, by whom, and once."""

import json
from typing import Any

import pytest
from llm_api.events import Response

from tests.unit.llm_api.workflow_routes import (
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
    states.fails = {"SendTaskSuccess": [refusal(code)]}
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
    assert "GetExecutionHistory" not in states.calls


def test_an_answer_is_never_sent_twice(states: StepFunctions, send: Send) -> None:
    # GIVEN Step Functions that is silent WHEN an approval is answered THEN it is not known whether it was
    name = started_with(states, send)
    states.pages = [scheduled(10, "release")]
    states.fails = {"SendTaskSuccess": [SILENT]}
    assert send("POST", f"/v1/workflows/advert/{name}/approve", {"approved": True}).status == 503
    assert states.calls.count("SendTaskSuccess") == 1
