"""Prompts of workflows in the budgets of the API's tenants: one ledger, whoever calls the model."""

import json
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from local_aws.journal import Call
from tests.integration.test_workflow_routes import Client, Enter, enter
from tests.integration.workflows import Workflows
from tests.load.deployment import Deployment

__all__ = ["enter"]

GIVEN = {"topic": "cars", "words": ["a", "b"], "fact": '{"seats": 7}'}


@pytest.fixture
def calls(workflows: Workflows) -> Callable[[], list[Call]]:
    """The models that were called since the test began."""
    return workflows.aws.journal.calls


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[[Client], list[float]]:
    """Has each minute that is waited for be over without having passed; tells how long the waits were to be."""

    def of(client: Client) -> list[float]:
        waits: list[float] = []

        def turn(_: Any, env: Any, wait_seconds: float) -> None:
            waits.append(wait_seconds)
            key = {"pk": {"S": f"usage#{client.tenant.name}"}}
            client.deployment.table.delete_item(TableName=client.deployment.table_name, Key=key)

        monkeypatch.setattr(WaitFunction, "_wait_interval", turn)
        if time.time() % 60 > 40:
            time.sleep(60 - time.time() % 60)
        return waits

    return of


@pytest.fixture
def payload(workflows: Workflows) -> str:
    """A request that lies in S3."""
    name = uuid.uuid4().hex
    message = {"role": "user", "content": "Repeat after me: unread"}
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": [message]}
    bucket = workflows.outputs["payload_buckets"]["metered_large"]
    boto3.client("s3").put_object(Bucket=bucket, Key=f"requests/{name}.json", Body=json.dumps(body).encode())
    return name


def used(client: Client) -> dict[str, int]:
    """What the tenant has used of its month, settled or not."""
    counted = client.deployment.used(client.tenant.name)
    return {kind: counted[f"month_{kind}"] for kind in ("requests", "tokens", "usd")}


def produced(calls: list[Call]) -> int:
    return sum(call.input_tokens + call.output_tokens for call in calls)


def test_every_prompt_is_counted_to_the_token(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a tenant with budgets of every kind
    client = enter(tokens_per_day=1_000_000, requests_per_day=1000, usd_per_month="10")

    # WHEN a workflow of a prompt, a map of two, a checked answer and its correction runs
    execution = client.start("metered", {**GIVEN, "fact": "no JSON, so that it is corrected once, and in vain"})
    ended = client.end("metered", execution)

    # THEN it ends as it does without budgets, and what the models produced is counted, no more and no less
    assert ended["error"]["type"] == "StepFailed.fact", ended
    assert [call.status for call in calls()] == [200] * 5
    assert used(client)["requests"] == 6  # its start is one
    assert used(client)["tokens"] == produced(calls())
    assert used(client)["usd"] > 0

    # AND each prompt has a line in the log, under the execution, that says nothing of what was said
    lines = [line for line in client.deployment.log_lines() if line.get("execution") == execution]
    settled = [line for line in lines if line["route"] == "INVOKE settle"]
    assert [line["settlement"] for line in settled] == ["exact"] * 5
    assert {line["tenant"] for line in settled} == {client.tenant.name}
    assert "cars" not in json.dumps(lines)


def test_what_is_sent_is_what_was_reserved(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a text with everything that JSON escapes WHEN its prompt runs THEN it arrives as it was
    client = enter(tokens_per_day=1_000_000)
    topic = 'ü "quoted" \\ {% x %}\n\t{{ y }} 🚗'
    ended = client.end("metered", client.start("metered", {**GIVEN, "topic": topic}))
    assert ended["status"] == "succeeded", ended
    assert ended["steps"]["first"]["text"] == f"one {topic}"
    assert ended["result"]["json"] == {"seats": 7}


def test_a_budget_that_ends_on_the_way_ends_the_workflow(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a budget of a start and two prompts WHEN the workflow gets to its third prompt
    client = enter(requests_per_day=3)
    ended = client.end("metered", client.start("metered", {**GIVEN, "words": ["a"]}))

    # THEN it fails by the step's name, says which budget, and that prompt was never sent
    assert ended["error"]["type"] == "StepFailed.fact", ended
    assert ended["error"]["message"].startswith("BudgetSpent: Your budget of 3 requests a day is used up")
    assert (len(calls()), used(client)["requests"]) == (2, 3)


def test_a_spent_budget_can_be_caught(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a budget that has room for a short prompt alone, and a step that one stands in for WHEN the workflow runs
    client = enter(tokens_per_day=900)
    ended = client.end("metered", client.start("metered", {**GIVEN, "topic": "cars " * 40}))

    # THEN the one that stands in goes on, and knows why
    assert ended["status"] == "succeeded", ended
    assert ended["result"]["text"] == "sorry: BudgetSpent"
    assert len(calls()) == 1


def test_the_next_minute_is_waited_for(
    enter: Enter, calls: Callable[[], list[Call]], hurry: Callable[[Client], list[float]]
) -> None:
    # GIVEN a minute with room for a start and one prompt, and a map that waits once for the next
    client = enter(requests_per_minute=2)
    waits = hurry(client)

    # WHEN a map of three runs, one after the other, and then a workflow that doesn't wait
    ended = client.end("metered_outer", client.start("metered_outer", {"words": ["a", "b", "c"]}))

    # THEN all items are answered, and that workflow isn't
    assert len(waits) == 1
    assert 1 <= waits[0] <= 66
    assert len(calls()) == 3
    assert ended["error"]["type"] == "StepFailed.inner"
    assert "OverBudget" in ended["error"]["message"]


def test_what_may_have_been_paid_stands(enter: Enter, workflows: Workflows, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a model that fails in a way that may be paid for, and a step that stands in for it
    client = enter(tokens_per_day=1_000_000)
    workflows.aws.faults.add("internal", model="claude-haiku", times=None)
    ended = client.end("metered", client.start("metered", {"topic": "cars"}))

    # THEN it isn't sent again, since one reservation doesn't cover two, and it counts at what was reserved
    assert ended["result"]["text"] == "sorry: BedrockRuntime.InternalServerException"
    assert [call.status for call in calls()] == [500, 200]
    assert used(client)["requests"] == 3
    assert used(client)["tokens"] > 500


def test_what_was_refused_is_given_back(enter: Enter, workflows: Workflows, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a model that refuses the request, and one that is throttled once
    client = enter(tokens_per_day=1_000_000)
    workflows.aws.faults.add("validation", model="claude-haiku")
    workflows.aws.faults.add("throttle", model="nova-lite", times=1)
    ended = client.end("metered", client.start("metered", {"topic": "cars"}))

    # THEN what was refused costs a request and no token, and a repeat within one reservation is counted once
    assert ended["status"] == "succeeded", ended
    assert [call.status for call in calls()] == [400, 429, 200]
    assert used(client)["requests"] == 3
    assert used(client)["tokens"] == produced(calls())


def test_an_execution_past_the_api_spends_nothing(
    enter: Enter, workflows: Workflows, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN a metered workflow WHEN an administrator starts it in nobody's name THEN no model is called
    ended = workflows.run("metered", {**GIVEN, "execution": "forged-0123456789abcdef"})
    assert ended.status == "FAILED"
    assert "Forbidden" in ended.cause
    assert calls() == []

    # AND in a tenant's name it is that tenant's
    client = enter(tokens_per_day=1_000_000)
    ended = workflows.run("metered", GIVEN, f"{client.tenant.name}-{uuid.uuid4().hex[:16]}")
    assert ended.status == "SUCCEEDED", ended
    assert used(client)["tokens"] == produced(calls())


def test_what_a_workflow_starts_is_its_tenants_too(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN a workflow that runs another, and a map whose items are executions of their own
    client = enter(tokens_per_day=1_000_000)

    # WHEN it runs, with an input that names somebody else
    given = {"words": ["a", "b"], "execution": f"t-{secrets.token_hex(8)}-0123456789abcdef"}
    ended = client.end("metered_outer", client.start("metered_outer", given))

    # THEN all of it is counted for the tenant that started it
    assert ended["status"] == "succeeded", ended
    assert (used(client)["requests"], len(calls())) == (5, 4)
    assert used(client)["tokens"] == produced(calls())


def test_what_nobody_reads_counts_at_what_was_declared(
    enter: Enter, workflows: Workflows, calls: Callable[[], list[Call]], payload: str
) -> None:
    # GIVEN a request in S3, declared at 1,000 and 100 tokens at most WHEN it is answered
    client = enter(tokens_per_day=100_000, usd_per_month="10")
    execution = client.start("metered_large", {"id": payload})
    ended = client.end("metered_large", execution)

    # THEN the answer lies beside it, and what was declared is counted, whatever the model produced
    assert ended["status"] == "succeeded", ended
    assert ended["result"]["key"].startswith("answers/")
    assert 0 < produced(calls()) < 1100
    assert (used(client)["requests"], used(client)["tokens"]) == (2, 1100)
    lines = [one for one in client.deployment.log_lines() if one.get("execution") == execution and "settlement" in one]
    (line,) = [one for one in lines if one["route"].startswith("INVOKE")]
    assert (line["settlement"], line["tokens_estimated"], line["input_tokens"]) == ("stands", True, 1000)

    # AND what the model refuses, after having been throttled, is a request and no token
    workflows.aws.faults.add("throttle", model="claude-haiku", times=1)
    workflows.aws.faults.add("validation", model="claude-haiku")
    refused = client.end("metered_large", client.start("metered_large", {"id": payload}))
    assert "Bedrock.ValidationException" in refused["error"]["message"]
    assert (used(client)["requests"], used(client)["tokens"]) == (4, 1100)


def test_what_nobody_reads_waits_for_its_minute(
    enter: Enter, calls: Callable[[], list[Call]], payload: str, hurry: Callable[[Client], list[float]]
) -> None:
    # GIVEN a minute with room for what was declared once WHEN it runs twice THEN the next minute is waited for
    client = enter(tokens_per_minute=2000)
    waits = hurry(client)
    for _ in range(2):
        ended = client.end("metered_large", client.start("metered_large", {"id": payload}))
        assert ended["status"] == "succeeded", ended
    assert len(waits) == 1
    assert len(calls()) == 2

    # AND what no minute holds fails the step
    small = enter(tokens_per_day=1000)
    ended = small.end("metered_large", small.start("metered_large", {"id": payload}))
    assert ended["error"]["message"].startswith("BudgetSpent"), ended
    assert len(calls()) == 2


def test_only_the_workflows_role_may_invoke(workflows: Workflows, budgeted: Deployment) -> None:
    # GIVEN the role of a workflow without metering WHEN it invokes the function THEN IAM refuses
    for name, allowed in (("chain", False), ("metered", True)):
        role = workflows.aws.credentials.issue(f"arn:aws:iam::123456789012:role/test-{name}-us-east-1-workflow", "test")
        functions = boto3.client(
            "lambda",
            aws_access_key_id=role.access_key_id,
            aws_secret_access_key=role.secret_access_key,
            aws_session_token=role.session_token,
        )
        if allowed:
            assert functions.invoke(FunctionName="load", Qualifier="live", Payload=b"{}")["StatusCode"] == 200
        for asked in ({"FunctionName": "load"}, {"FunctionName": "load", "Qualifier": "live"})[: 1 if allowed else 2]:
            with pytest.raises(functions.exceptions.ClientError, match="AccessDenied"):
                functions.invoke(Payload=b"{}", **asked)
