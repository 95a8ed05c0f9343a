"""Answers that a workflow gives again: to whom, for how long, and what becomes of a table in trouble."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local_aws.journal import Call
from tests.integration.test_workflow_routes import Client, Enter, enter
from tests.integration.workflows import Ended, Workflows

__all__ = ["enter"]

FACT = '{"seats": 7}'
ROLE = "test-kept-us-east-1-workflow"


@pytest.fixture
def calls(workflows: Workflows) -> Callable[[], list[Call]]:
    """The models that were called since this was asked last."""

    def since() -> list[Call]:
        called = workflows.aws.journal.calls()
        workflows.aws.journal.clear()
        return called

    return since


@pytest.fixture
def table(workflows: Workflows) -> Iterator[Any]:
    """The workflow's table, empty."""
    found = boto3.resource("dynamodb").Table(workflows.outputs["cache_tables"]["kept"])
    empty(found)
    yield found
    workflows.aws.faults.clear()
    empty(found)


def empty(table: Any) -> None:
    for item in table.scan()["Items"]:
        table.delete_item(Key={"pk": item["pk"]})


def given(**more: Any) -> dict[str, Any]:
    return {"reader": "readers", "topic": "cars", "fact": FACT, "said": "hello", "words": [], **more}


def run(workflows: Workflows, tenant: str | None = "acme", workflow: str = "kept", **more: Any) -> Ended:
    """An execution of a tenant, named as the API names it; of nobody without one."""
    name = None if tenant is None else f"{tenant}-{uuid.uuid4().hex[:16]}"
    ended = workflows.run(workflow, given(**more), name)
    assert ended.status == "SUCCEEDED", ended
    return ended


def told(ended: Ended) -> dict[str, str]:
    """What each step says of its cache."""
    return {name: step["cache"] for name, step in ended.output["steps"].items() if "cache" in step}


MISSED = {"own": "miss", "common": "miss", "fact": "miss", "guarded": "miss"}
HIT = dict.fromkeys(MISSED, "hit")


def test_the_same_texts_get_the_same_answers(workflows: Workflows, table: Any, calls: Callable[[], list[Call]]) -> None:
    # GIVEN texts with everything that JSON escapes, longer than what is hashed at once, and items of a Distributed Map
    asked = {"topic": 'ü "quoted" \\ {% x %}\n\t{{ y }} 🚗' + "long " * 5000, "words": ["a", "b"]}

    # WHEN the workflow runs twice
    first = run(workflows, **asked)
    assert told(first) == MISSED
    assert len(calls()) == 6
    second = run(workflows, **asked)

    # THEN no model is called the second time, and the results are those of the first
    assert calls() == []
    assert told(second) == HIT
    for name in (*MISSED, "each"):
        one, other = (json.loads(json.dumps(ended.output["steps"][name])) for ended in (first, second))
        for step in (one, other, *one.get("items", []), *other.get("items", [])):
            step.pop("cache", None)
        assert one == other
    assert second.output["steps"]["fact"]["json"] == {"seats": 7}
    assert [item["cache"] for item in second.output["steps"]["each"]["items"]] == ["hit", "hit"]

    # AND the smallest difference is another question, in the system's text too
    assert told(run(workflows, **asked, reader="nobody")) == {**HIT, "own": "miss"}
    assert told(run(workflows, **{**asked, "topic": asked["topic"] + "."}))["own"] == "miss"

    # AND nothing in the table tells whose an answer is, or what was asked
    items = table.scan()["Items"]
    assert len(items) == 9
    assert {len(item["pk"]) for item in items} == {64}
    assert "acme" not in str(items)


def test_no_tenant_is_given_anothers_answers(workflows: Workflows, table: Any, calls: Callable[[], list[Call]]) -> None:
    # GIVEN what one tenant was answered WHEN another asks the same THEN only what is shared is there
    words = {"words": ["a"]}
    run(workflows, "acme", **words)
    for other in ("acme-1", "acm", None):
        calls()
        ended = run(workflows, other, **words)
        assert told(ended) == {**MISSED, "common": "hit"}
        assert ended.output["steps"]["each"]["items"][0]["cache"] == "miss"
        assert len(calls()) == 4

    # AND executions that are nobody's share one place
    assert told(run(workflows, None, **words)) == HIT


def test_what_a_workflow_starts_is_its_tenants_too(workflows: Workflows, table: Any) -> None:
    # GIVEN what a tenant was answered WHEN a workflow of its own, or of another tenant's, runs that workflow
    run(workflows, "acme")

    def through(tenant: str | None) -> dict[str, str]:
        return told(Ended("", run(workflows, tenant, "kept_outer").output["result"], None, ""))

    # THEN the answers are given again to that tenant alone, and nobody's are nobody's
    assert through("acme") == HIT
    assert through("sales") == {**MISSED, "common": "hit"}
    assert through(None) == {**MISSED, "common": "hit"}
    assert told(run(workflows, None)) == HIT


Change = Callable[[int], Any] | None

UNBELIEVABLE: list[tuple[str, Change]] = [
    ("expires_at", lambda now: now - 1),
    ("expires_at", lambda now: now + 3700),
    ("expires_at", str),
    ("expires_at", None),
    ("text", lambda now: 7),
    ("text", lambda now: ["a"]),
    ("text", None),
    ("stop_reason", lambda now: "guardrail_intervened"),
    ("stop_reason", None),
    ("input_tokens", lambda now: -1),
    ("output_tokens", lambda now: "many"),
]
"""What an entry's attribute is changed to, given the time; None where it is gone."""


def test_what_is_not_to_be_believed_is_answered_anew(
    workflows: Workflows, table: Any, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN entries that are too old, made for longer than answers are kept, or hold something else than they should
    words = [f"word {index}" for index in range(len(UNBELIEVABLE))]
    run(workflows, words=words)
    entries = {item["text"]: item for item in table.scan()["Items"]}
    for word, (name, change) in zip(words, UNBELIEVABLE, strict=True):
        entry = {key: value for key, value in entries[word].items() if key != name}
        table.put_item(Item=entry if change is None else {**entry, name: change(int(time.time()))})

    def items() -> dict[str, str]:
        return {item["text"]: item["cache"] for item in run(workflows, words=words).output["steps"]["each"]["items"]}

    # WHEN the same is asked THEN the model answers each, and the next time all of it is there again
    calls()
    assert items() == dict.fromkeys(words, "miss")
    assert len(calls()) == len(words)
    assert items() == dict.fromkeys(words, "hit")


def test_a_table_in_trouble_is_nobodys_trouble(
    workflows: Workflows, table: Any, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN answers that are there, and a table that is throttled or broken
    run(workflows)
    calls()
    for fault in ("table_throttled", "table_fails"):
        workflows.aws.faults.add(fault, model=table.name, times=None)
        assert told(run(workflows)) == MISSED
        assert len(calls()) == 4
        workflows.aws.faults.clear()

    # AND one that doesn't answer in time
    workflows.aws.faults.add("table_silent", model=table.name, operation="dynamodb:GetItem", times=1, seconds=7)
    assert told(run(workflows)) == {**HIT, "own": "miss"}
    workflows.aws.faults.clear()

    # AND one that the role may not use
    deny = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    boto3.client("iam").put_role_policy(RoleName=ROLE, PolicyName="deny", PolicyDocument=document)
    try:
        assert told(run(workflows)) == MISSED
    finally:
        boto3.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="deny")

    # WHEN it is well again THEN the answers are still there
    assert told(run(workflows)) == HIT


def test_a_hole_in_a_text_fails_the_step_as_ever(
    workflows: Workflows, table: Any, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN an input without what the first text needs WHEN it runs THEN the step fails by name, saying what is missing
    ended = workflows.run("kept", {"topic": "cars"})
    assert (ended.status, ended.error) == ("FAILED", "StepFailed.own")
    assert "$input.reader holds nothing" in ended.cause
    assert calls() == []


def test_what_a_guardrail_stopped_is_not_kept(
    workflows: Workflows, table: Any, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN a text that the step's guardrail denies WHEN it is asked twice THEN the guardrail looks at it twice
    for _ in range(2):
        ended = run(workflows, said="forbidden-topic")
        assert "blocked" in ended.output["steps"]["guarded"]["cause"]
        assert any("micro" in call.model for call in calls())
    assert len(table.scan()["Items"]) == 3


def test_what_was_corrected_is_kept(workflows: Workflows, table: Any, calls: Callable[[], list[Call]]) -> None:
    # GIVEN an answer that fits its schema only once the model has corrected it (its echo leaves the last brace out)
    fact = FACT + " " * 4100 + "}"
    first = run(workflows, fact=fact).output["steps"]["fact"]
    assert (first["fixes"], first["cache"], first["json"]) == (1, "miss", {"seats": 7})
    calls()

    # WHEN the same is asked THEN it is given as corrected, with what both calls used
    second = run(workflows, fact=fact).output["steps"]["fact"]
    assert (second["fixes"], second["cache"], second["json"]) == (0, "hit", {"seats": 7})
    assert second["usage"] == first["usage"]
    assert calls() == []


def test_what_does_not_fit_its_schema_is_not_kept(workflows: Workflows, table: Any) -> None:
    # GIVEN an answer that never fits WHEN its step fails THEN it isn't kept
    ended = workflows.run("kept", given(fact="nothing of that kind"))
    assert ended.error == "StepFailed.fact"
    assert len(table.scan()["Items"]) == 2

    # AND one that was kept is checked again, and corrected where it doesn't fit any longer
    run(workflows)
    (item,) = [item for item in table.scan()["Items"] if item["text"].startswith(FACT)]
    table.put_item(Item={**item, "text": FACT + " " * 4100 + "}"})
    step = run(workflows).output["steps"]["fact"]
    assert (step["fixes"], step["cache"], step["json"]) == (1, "hit", {"seats": 7})
    assert run(workflows).output["steps"]["fact"]["fixes"] == 0


def test_a_hit_costs_a_request_and_no_tokens(
    enter: Enter, workflows: Workflows, calls: Callable[[], list[Call]]
) -> None:
    # GIVEN what a tenant was answered once, within its budgets
    client = enter(tokens_per_day=3000, requests_per_day=1000, usd_per_month="10")
    asked = {"topic": uuid.uuid4().hex, "fact": FACT}
    ended = client.end("kept_metered", client.start("kept_metered", asked))
    assert [ended["steps"][name]["cache"] for name in ("own", "fact")] == ["miss", "miss"], ended
    paid = used(client)
    assert (paid["requests"], paid["tokens"]) == (3, sum(call.input_tokens + call.output_tokens for call in calls()))

    # WHEN it asks the same THEN its start and two requests are counted and nothing else, with a line each in the log
    execution = client.start("kept_metered", asked)
    ended = client.end("kept_metered", execution)
    assert [ended["steps"][name]["cache"] for name in ("own", "fact")] == ["hit", "hit"], ended
    assert calls() == []
    assert used(client) == {**paid, "requests": 6}
    lines = [
        line
        for line in client.deployment.log_lines()
        if line.get("execution") == execution and "settlement" in line and line["route"].startswith("INVOKE")
    ]
    assert [(line["route"], line["cache"], line["output_tokens"]) for line in lines] == [
        ("INVOKE reserve", "hit", 0)
    ] * 2
    assert {line["settlement"] for line in lines} == {"exact"}

    # AND where the tokens are used up, it goes on
    key = {"pk": {"S": f"usage#{client.tenant.name}"}}
    client.deployment.table.update_item(
        TableName=client.deployment.table_name,
        Key=key,
        UpdateExpression="SET day_tokens = :all",
        ExpressionAttributeValues={":all": {"N": "3000"}},
    )
    ended = client.end("kept_metered", client.start("kept_metered", asked))
    assert ended["status"] == "succeeded", ended
    refused = client.end("kept_metered", client.start("kept_metered", {**asked, "topic": "another"}))
    assert refused["error"]["message"].startswith("BudgetSpent"), refused


def test_a_budget_of_requests_holds_for_hits(enter: Enter, calls: Callable[[], list[Call]]) -> None:
    # GIVEN five requests, a start and two prompts of them used WHEN the same is asked THEN its second hit is refused
    client = enter(requests_per_day=5)
    asked = {"topic": uuid.uuid4().hex, "fact": FACT}
    client.end("kept_metered", client.start("kept_metered", asked))
    ended = client.end("kept_metered", client.start("kept_metered", asked))
    assert ended["error"]["type"] == "StepFailed.fact", ended
    assert ended["error"]["message"].startswith("BudgetSpent")
    assert len(calls()) == 2


def used(client: Client) -> dict[str, int]:
    counted = client.deployment.used(client.tenant.name)
    return {kind: counted[f"month_{kind}"] for kind in ("requests", "tokens", "usd")}
