"""No tenant reads, uses or influences what is another's, whatever it sends; and keys can't be searched for."""

import secrets
from typing import Any

import pytest

from local_aws import LocalAws
from tests.load.client import HELLO, ask
from tests.load.deployment import Deployment, Tenant, sha256

OPENAI = {"model": "nova", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
ANTHROPIC = {"model": "fast", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
NATIVE = {"anthropic_version": "bedrock-2023-05-31", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
CHANGES_WITH_EACH_REQUEST = {"date", "x-request-id", "x-amzn-requestid", "x-amz-apigw-id", "request-id"}

Pair = tuple[Tenant, Tenant]


@pytest.fixture
def pair(budgeted: Deployment) -> Pair:
    """Two tenants of the test's own, `a` and `b`, each with models that the other may not use, and budgets."""
    name = secrets.token_hex(6)
    a = Tenant(f"a-{name}", ["nova", "fast"], {"requests_per_day": 5, "tokens_per_day": 1_000_000})
    b = Tenant(f"b-{name}", ["nova", "embed"], {"requests_per_day": 500, "usd_per_month": 10})
    budgeted.write(a, b)
    return a, b


def forged(b: Tenant) -> dict[str, str]:
    """Every header that might say who is calling, saying that it is `b`."""
    claims = f'{{"tenant": "{b.name}", "sub": "{b.name}", "client_id": "{b.name}"}}'
    return {
        "x-tenant": b.name,
        "x-tenant-id": b.name,
        "x-llm-tenant": b.name,
        "tenant": b.name,
        "openai-organization": b.name,
        "openai-project": b.name,
        "anthropic-workspace-id": b.name,
        "x-amzn-oidc-identity": b.name,
        "x-amzn-oidc-data": claims,
        "x-amzn-request-context": f'{{"authorizer": {{"claims": {claims}}}}}',
        "x-forwarded-user": b.name,
        "x-amz-security-token": b.name,
        "x-api-key-sha256": sha256(b.key),
        "cookie": f"tenant={b.name}",
    }


def tags_since(aws: LocalAws, number: int) -> list[Any]:
    return [dict(call.tags) for call in aws.journal.calls()[number:]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/model/nova/converse", {**HELLO, "requestMetadata": {"tenant": "B"}}),
        ("/model/fast/invoke", NATIVE),
        ("/v1/chat/completions", {**OPENAI, "user": "B", "metadata": {"tenant": "B"}}),
        ("/v1/messages", {**ANTHROPIC, "metadata": {"user_id": "B"}}),
    ],
)
def test_what_a_request_says_of_its_tenant_is_ignored(
    budgeted: Deployment, local_aws: LocalAws, pair: Pair, path: str, body: dict[str, Any]
) -> None:
    # GIVEN a request of one tenant that says in every header and field that it is another's
    a, b = pair
    body = {
        name: dict.fromkeys(value, b.name) if name in ("requestMetadata", "metadata") else value
        for name, value in body.items()
    }
    headers = {**forged(b), "x-amzn-bedrock-request-metadata": f'{{"tenant": "{b.name}"}}'}
    before = len(local_aws.journal.calls())
    # WHEN it is sent
    reply = ask(budgeted, a.key, f"{path}?tenant={b.name}", body, headers)
    # THEN it is answered as the first tenant's, or refused for what it says; never the other's
    assert reply.status in (200, 400)
    assert all(tags["tenant"] == a.name for tags in tags_since(local_aws, before))
    assert budgeted.used(b.name) == {}
    if reply.status == 200:
        assert budgeted.used(a.name)["day_requests"] == 1
        assert len(tags_since(local_aws, before)) == 1


def test_usage_is_the_callers_own(budgeted: Deployment, pair: Pair) -> None:
    # GIVEN two tenants, of which one has used something
    a, b = pair
    assert ask(budgeted, b.key).status == 200
    # WHEN the other asks for usage in every way that might mean the first
    for path in (
        "/v1/usage",
        f"/v1/usage?tenant={b.name}",
        f"/v1/usage/{b.name}",
        f"/v1/usage?tenant={b.name}&pk=usage",
    ):
        reply = ask(budgeted, a.key, path, None, forged(b))
        # THEN it sees its own, which is nothing, or no such path
        assert b.name not in reply.body.decode()
        if reply.status == 200:
            assert reply.json()["tenant"] == a.name
            assert reply.json()["windows"]["day"]["requests"]["used"] == 0
        else:
            assert reply.status == 404


@pytest.mark.parametrize("name", ["embed", "amazon.titan-embed-text-v2:0"])
def test_anothers_model_may_not_be_used_by_any_name(
    budgeted: Deployment, local_aws: LocalAws, pair: Pair, name: str
) -> None:
    # GIVEN a model that the other tenant alone may use
    a, b = pair
    before = len(local_aws.journal.calls())
    # WHEN it is asked for by its alias and by its ID
    reply = ask(budgeted, a.key, "/v1/embeddings", {"model": name, "input": "Hello"}, forged(b))
    # THEN it is refused before anything is called or counted
    assert reply.status in (403, 404)
    assert tags_since(local_aws, before) == []
    assert budgeted.used(a.name) == budgeted.used(b.name) == {}
    # AND it is not in the list
    listed = [model["id"] for model in ask(budgeted, a.key, "/v1/models", None, forged(b)).json()["data"]]
    assert sorted(listed) == ["fast", "nova"]
    assert ask(budgeted, b.key, "/v1/embeddings", {"model": "embed", "input": "Hello"}).status == 200


def test_a_spent_budget_is_its_tenants_alone(budgeted: Deployment, pair: Pair) -> None:
    # GIVEN a tenant that has spent its budget
    a, b = pair
    assert [ask(budgeted, a.key).status for _ in range(6)] == [200] * 5 + [429]
    # WHEN the other calls
    reply = ask(budgeted, b.key)
    # THEN it is answered, and its own budget is what it hears of
    assert reply.status == 200
    assert reply.headers["x-ratelimit-limit-requests"] == "500"
    assert reply.headers["x-ratelimit-remaining-requests"] == "499"
    assert budgeted.used(b.name)["day_requests"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/model/nova/converse", HELLO), ("/v1/chat/completions", OPENAI), ("/v1/usage", None), ("/v1/models", None)],
)
def test_whoever_tries_keys_learns_nothing(
    budgeted: Deployment, local_aws: LocalAws, pair: Pair, path: str, body: dict[str, Any] | None
) -> None:
    # GIVEN keys that are nearly one, or look like what is in the table
    a, b = pair
    tried = [
        None,
        secrets.token_urlsafe(32),
        b.key[:-1],
        b.key + "x",
        b.key.upper(),
        b.key.removeprefix("sk-"),
        sha256(b.key),
        f"key#{sha256(b.key)}",
        f"tenant#{b.name}",
        b.name,
        "*",
        "a" * 4000,
    ]
    before = len(local_aws.journal.calls())
    # WHEN each is tried
    replies = [ask(budgeted, key, path, body, forged(a)) for key in tried]
    # THEN all hear the same 401, to the letter
    assert {reply.status for reply in replies} == {401}
    assert len({reply.body.replace(reply.headers["x-request-id"].encode(), b"") for reply in replies}) == 1
    heard = [
        {name: value for name, value in reply.headers.items() if name not in CHANGES_WITH_EACH_REQUEST}
        for reply in replies
    ]
    assert all(headers == heard[0] for headers in heard)
    # AND nothing was called or counted
    assert tags_since(local_aws, before) == []
    assert budgeted.used(a.name) == budgeted.used(b.name) == {}


def test_nothing_of_a_key_is_logged(budgeted: Deployment, local_aws: LocalAws, pair: Pair) -> None:
    # GIVEN requests with a good key, a wrong one, and one in a place where none belongs
    a, b = pair
    ask(budgeted, a.key)
    ask(budgeted, b.key[:-1])
    ask(budgeted, a.key, "/model/nova/converse", HELLO, {"x-key": b.key})
    # WHEN all is logged
    assert local_aws.lambda_service.wait_until_idle()
    log = str(budgeted.log_lines())
    assert a.name in log
    # THEN no key is in it, no part of one, and no hash
    for key in (a.key, b.key):
        assert key[3:15] not in log
        assert key[-12:-1] not in log
        assert sha256(key)[:16] not in log


def test_an_expired_key_is_an_unknown_one(budgeted: Deployment, pair: Pair) -> None:
    # GIVEN a tenant whose second key has expired
    a, _ = pair
    expired = secrets.token_urlsafe(32)
    item = {"pk": {"S": f"key#{sha256(expired)}"}, "tenant": {"S": a.name}, "expires_at": {"N": "1700000000"}}
    budgeted.table.put_item(TableName=budgeted.table_name, Item=item)
    # WHEN it is used
    reply, unknown = ask(budgeted, expired), ask(budgeted, secrets.token_urlsafe(32))
    # THEN it hears what an unknown key hears, and the first key is as good as before
    assert (reply.status, reply.body) == (401, unknown.body)
    assert ask(budgeted, a.key).status == 200
