"""Budgets hold on a deployment: under load, when windows turn, and when the table fails."""

import dataclasses
import itertools
import json
import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.dynamodb_access import checks_for
from local_aws.journal import Call
from tests.load import stalling
from tests.load.client import HELLO, ask
from tests.load.deployment import MODELS, Deployment, Tenant
from tests.load.oracle import ANSWERED, FAILED, NO_TABLE, OVER_BUDGET
from tests.load.run import Size, run
from tests.support import Reply, until

OPENAI = {"model": "nova", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
ANTHROPIC = {"model": "fast", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
ROUTES = [("/model/nova/converse", HELLO), ("/v1/chat/completions", OPENAI), ("/v1/messages", ANTHROPIC)]

Enter = Callable[..., Tenant]


@pytest.fixture
def enter(budgeted: Deployment) -> Enter:
    """Writes a tenant of the test's own, with these budgets, into the table."""

    def write(**budgets: int | str) -> Tenant:
        tenant = Tenant(f"t-{secrets.token_hex(8)}", sorted(MODELS), budgets)
        budgeted.write(tenant)
        return tenant

    return write


@pytest.fixture
def table_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What functions ask of DynamoDB, as (operation, key), oldest first."""
    calls: list[tuple[str, str]] = []

    def recorded(operation: str, request: Any, *rest: str) -> Any:
        (first, *_) = [request["Key"]] if "Key" in request else next(iter(request["RequestItems"].values()))["Keys"]
        calls.append((operation, first["pk"]["S"]))
        return checks_for(operation, request, *rest)

    monkeypatch.setattr("local_aws.endpoint.checks_for", recorded)
    return calls


def calls_of(aws: LocalAws, tenant: Tenant) -> list[Call]:
    """The models that were called for a tenant."""
    return [call for call in aws.journal.calls() if call.tags.get("tenant") == tenant.name]


def produced(calls: list[Call]) -> int:
    return sum(
        call.input_tokens + call.output_tokens + call.cache_read_tokens + call.cache_write_tokens for call in calls
    )


def test_under_load_no_budget_is_passed_and_every_token_is_counted(
    budgeted: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    # WHEN callers of three tenants send what is answered, what fails, what stalls and what is killed, all at once
    report = run(budgeted, Size(callers=24, requests=72, stalled=4))
    with capsys.disabled():
        print(f"\n{report.table()}")
    # THEN no budget was passed at any time, what was settled is settled to the token and the picodollar, and every
    # answer was the right one
    assert report.faults() == []
    # AND all of that did happen
    steady, tight, rough = report.books
    assert steady.outcomes[ANSWERED] > 0
    assert steady.outcomes[FAILED] > 0
    assert tight.outcomes[OVER_BUDGET] > 0
    # (who finds the table too slow, as it may be on a busy machine, is told so, and has no reservation)
    assert rough.outcomes[FAILED] > 0
    assert rough.outcomes[FAILED] + rough.outcomes[NO_TABLE] == rough.sent
    assert rough.standing[0] > 0

    # AND the books can tell: a token too many, or one request that was not counted, is found
    wrong = dataclasses.replace(steady, counted=(steady.counted[0] + 1, steady.counted[1]), unknown=0)
    assert list(wrong.faults())
    assert list(dataclasses.replace(steady, requests=0).faults())


def test_who_stalls_holds_nobody_up(budgeted: Deployment) -> None:
    # GIVEN callers whose requests are all refused, after whatever reading them takes
    # WHEN they send bodies that are hard to read, and honest callers ask meanwhile
    report = stalling.run(budgeted, attackers=8, honest=4, waves=2)

    # THEN the honest wait no longer than beside plain bodies of that size, or not twice as long, and all are refused
    assert report.faults() == []


@pytest.mark.parametrize(("path", "body"), ROUTES)
def test_a_spent_minute_is_told_in_each_dialect(budgeted: Deployment, enter: Enter, path: str, body: Any) -> None:
    # GIVEN a tenant with one request a minute
    tenant = enter(requests_per_minute=1)
    # WHEN it sends another in the same minute (a minute may turn once meanwhile)
    replies = [ask(budgeted, tenant.key, path, body) for _ in range(3)]
    refused = next(reply for reply in replies if reply.status != 200)
    # THEN it is told which budget, how much is left and when it starts anew
    assert refused.status == 429
    text = refused.body.decode()
    assert "budget of 1 request a minute is used up until" in text
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-limit-requests"] == "1"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.headers["x-ratelimit-reset-requests"].endswith("s")
    # AND in the dialect's own shape
    document = refused.json()
    match path:
        case "/v1/chat/completions":
            assert (document["error"]["type"], document["error"]["code"]) == ("rate_limit_error", "rate_limit_exceeded")
        case "/v1/messages":
            assert (document["type"], document["error"]["type"]) == ("error", "rate_limit_error")
        case _:
            assert refused.headers["x-amzn-errortype"].split(":")[0] == "ThrottlingException"


def test_what_is_over_budget_reaches_no_model(budgeted: Deployment, local_aws: LocalAws, enter: Enter) -> None:
    # GIVEN a tenant with too few tokens for any request
    tenant = enter(tokens_per_day=100)
    # WHEN it sends one
    reply = ask(budgeted, tenant.key)
    # THEN it is refused for good, no model is called, and nothing is counted
    assert (reply.status, reply.headers["x-amzn-errortype"].split(":")[0]) == (429, "ServiceQuotaExceededException")
    assert calls_of(local_aws, tenant) == []
    assert budgeted.used(tenant.name) == {}


def test_usage_is_what_the_table_holds(budgeted: Deployment, local_aws: LocalAws, enter: Enter) -> None:
    # GIVEN a tenant that has used something
    tenant = enter(requests_per_day=100, requests_per_week=50, tokens_per_month=1_000_000, usd_per_day="2.5")
    for path, body in ROUTES:
        assert ask(budgeted, tenant.key, path, body).status == 200
    # WHEN it asks for its usage
    reply = ask(budgeted, tenant.key, "/v1/usage", None)
    used = budgeted.used(tenant.name)
    # THEN that is what the table holds, which is what the models produced
    assert used["month_tokens"] == produced(calls_of(local_aws, tenant)) > 0
    usage = reply.json()
    assert usage["tenant"] == tenant.name
    day, month = usage["windows"]["day"], usage["windows"]["month"]
    assert day["requests"] == {"used": 3, "limit": 100, "remaining": 97}
    assert usage["windows"]["week"]["requests"] == {"used": 3, "limit": 50, "remaining": 47}
    assert month["tokens"] == {
        "used": used["month_tokens"],
        "limit": 1_000_000,
        "remaining": 1_000_000 - used["month_tokens"],
    }
    assert day["usd"]["used"] == used["day_usd"] / 10**12
    assert day["usd"]["limit"] == 2.5
    resets_at = datetime.fromisoformat(day["resets_at"]).timestamp()
    assert resets_at == (used["day"] + 1) * 86_400


@pytest.mark.parametrize("kind", ["table_throttled", "table_fails", "table_silent"])
@pytest.mark.parametrize("operation", ["BatchGetItem", "UpdateItem"])
def test_without_the_table_nothing_is_free(
    budgeted: Deployment, local_aws: LocalAws, enter: Enter, kind: str, operation: str
) -> None:
    # GIVEN a tenant, and a table that doesn't serve the function
    tenant = enter(tokens_per_day=1_000_000)
    if operation == "UpdateItem":  # the item of use is there, and the key remembered
        assert ask(budgeted, tenant.key).status == 200
    calls, tokens = calls_of(local_aws, tenant), budgeted.used(tenant.name).get("month_tokens", 0)
    local_aws.faults.add(kind, operation=f"dynamodb:{operation}", times=None)
    # WHEN a request comes
    reply = ask(budgeted, tenant.key)
    # THEN it is refused with a hint when to try again, and no model was called
    assert (reply.status, reply.headers["x-amzn-errortype"].split(":")[0]) == (503, "ServiceUnavailableException")
    assert int(reply.headers["retry-after"]) >= 1
    assert calls_of(local_aws, tenant) == calls
    # AND what was written without an answer stands
    stands = budgeted.used(tenant.name).get("month_tokens", 0) - tokens
    assert (stands > 0) == ((operation, kind) == ("UpdateItem", "table_silent"))

    # WHEN the table is back, THEN the next request is answered, and counted to the token
    local_aws.faults.clear()
    assert ask(budgeted, tenant.key).status == 200
    assert budgeted.used(tenant.name)["month_tokens"] - stands == produced(calls_of(local_aws, tenant))


def test_a_settlement_that_is_lost_leaves_the_reservation(
    budgeted: Deployment, local_aws: LocalAws, enter: Enter
) -> None:
    # GIVEN a request that its model is thinking about
    tenant = enter(tokens_per_day=1_000_000)
    local_aws.faults.add("stall", model="amazon.nova-lite", seconds=30)
    replies: list[Reply] = []
    thread = threading.Thread()

    def has_begun() -> bool:
        nonlocal thread
        if not thread.is_alive():  # refused, since the table was slow: a budget that can't be read is a 503
            replies.clear()
            thread = threading.Thread(target=lambda: replies.append(ask(budgeted, tenant.key)))
            thread.start()
        return bool(calls_of(local_aws, tenant))

    until(has_begun)
    reserved = budgeted.used(tenant.name)["month_tokens"]
    # WHEN the table is throttled by the time that the answer comes
    local_aws.faults.clear()
    local_aws.faults.add("table_throttled", operation="dynamodb:UpdateItem", times=None)
    thread.join()
    local_aws.faults.clear()
    # THEN the caller has its answer, and what was reserved stands
    assert [reply.status for reply in replies] == [200]
    assert budgeted.used(tenant.name)["month_tokens"] == reserved > produced(calls_of(local_aws, tenant))


@pytest.mark.parametrize("window", ["minute", "day", "month"])
def test_a_window_that_has_turned_starts_anew(
    budgeted: Deployment, local_aws: LocalAws, enter: Enter, window: str
) -> None:
    # GIVEN a tenant whose last window was used up
    tenant = enter(**{f"tokens_per_{window}": 10_000})
    assert ask(budgeted, tenant.key).status == 200
    set_usage(budgeted, tenant, {window: budgeted.used(tenant.name)[window] - 1, f"{window}_tokens": 10_000})
    others = {name for name in ("minute", "day", "month") if name != window}
    before = budgeted.used(tenant.name)
    # WHEN the next request comes
    assert ask(budgeted, tenant.key).status == 200
    # THEN the window is the new one and counts that request alone, and the others go on
    last = produced(calls_of(local_aws, tenant)[-1:])
    after = budgeted.used(tenant.name)
    assert after[window] >= before[window] + 1
    assert after[f"{window}_tokens"] == last
    for other in others:
        assert after[f"{other}_tokens"] in (before[f"{other}_tokens"] + last, last)


def test_a_minute_that_turns_in_the_middle_of_a_request_is_left_alone(
    budgeted: Deployment, local_aws: LocalAws, enter: Enter
) -> None:
    # GIVEN a request that its model is thinking about
    tenant = enter(tokens_per_minute=50_000, tokens_per_month=1_000_000)
    local_aws.faults.add("stall", model="amazon.nova-lite", seconds=30)
    replies = []
    thread = threading.Thread(target=lambda: replies.append(ask(budgeted, tenant.key)))
    thread.start()
    until(lambda: calls_of(local_aws, tenant))
    # WHEN meanwhile another server, whose clock is ahead, starts the next minutes for another request
    used = budgeted.used(tenant.name)
    set_usage(budgeted, tenant, {"minute": used["minute"] + 3, "minute_tokens": 77, "minute_requests": 1})
    local_aws.faults.clear()
    thread.join()
    # THEN the month is settled to the token, and the new minute keeps what it counts
    assert [reply.status for reply in replies] == [200]
    after = budgeted.used(tenant.name)
    assert after["month_tokens"] == produced(calls_of(local_aws, tenant))
    assert (after["minute"], after["minute_tokens"], after["minute_requests"]) == (used["minute"] + 3, 77, 1)


def set_usage(deployment: Deployment, tenant: Tenant, values: dict[str, int]) -> None:
    """Overwrites counters, as another server would have."""
    deployment.table.update_item(
        TableName=deployment.table_name,
        Key={"pk": {"S": f"usage#{tenant.name}"}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": {"N": str(value)} for name, value in values.items()},
    )


@pytest.fixture(scope="module")
def ten_thousand(budgeted: Deployment) -> list[Tenant]:
    """As many tenants, written to the table by a tool of their team's own."""
    tenants = [Tenant(f"many-{number:05d}", ["nova"], {"requests_per_day": 1000}) for number in range(10_000)]
    items = itertools.chain.from_iterable(tenant.items() for tenant in tenants)
    while batch := [{"PutRequest": {"Item": item}} for item in itertools.islice(items, 25)]:
        budgeted.table.batch_write_item(RequestItems={budgeted.table_name: batch})
    return tenants


def test_a_request_costs_the_same_with_ten_thousand_tenants(
    budgeted: Deployment, local_aws: LocalAws, ten_thousand: list[Tenant], table_calls: list[tuple[str, str]]
) -> None:
    # GIVEN one of ten thousand tenants
    tenant = ten_thousand[6_789]
    # WHEN it sends its first two requests, one after the other to the same server
    first = ask(budgeted, tenant.key).status
    assert local_aws.lambda_service.wait_until_idle()
    of_the_first = [operation for operation, _ in table_calls]
    second = ask(budgeted, tenant.key).status
    # THEN the first reads a key and a tenant, begins the usage item and settles; the second, where it finds the key
    # remembered, reserves and settles, and nothing more
    assert (first, second) == (200, 200)
    assert of_the_first == ["BatchGetItem", "BatchGetItem", "UpdateItem", "UpdateItem", "UpdateItem"]
    assert [operation for operation, _ in table_calls[5:]] == ["UpdateItem", "UpdateItem"]
    # AND of no other tenant's items
    assert {key.partition("#")[2] for _, key in table_calls if not key.startswith("key#")} == {tenant.name}


def test_a_malformed_item_refuses_its_tenant_alone(
    budgeted: Deployment, local_aws: LocalAws, ten_thousand: list[Tenant]
) -> None:
    # GIVEN ten thousand tenants, and one whose item somebody got wrong
    broken, sound = ten_thousand[1], ten_thousand[2]
    item = broken.items()[0]
    item["budgets"] = {"M": {"tokens_per_fortnight": {"N": "5"}}}
    budgeted.table.put_item(TableName=budgeted.table_name, Item=item)
    # WHEN both call
    refused, answered = ask(budgeted, broken.key), ask(budgeted, sound.key)
    budgeted.table.put_item(TableName=budgeted.table_name, Item=broken.items()[0])
    # THEN one is refused without a word about the table, and the other is answered
    assert (refused.status, answered.status) == (500, 200)
    assert "fortnight" not in refused.body.decode()
    assert calls_of(local_aws, broken) == []
    # AND the log says what is wrong, and where
    assert local_aws.lambda_service.wait_until_idle()
    lines = [line for line in budgeted.log_lines() if line["request_id"] == refused.headers["x-request-id"]]
    assert [line["reason"] for line in lines if f"tenant#{broken.name}" in line["reason"]]
    assert "tokens_per_fortnight" in json.dumps(lines)
