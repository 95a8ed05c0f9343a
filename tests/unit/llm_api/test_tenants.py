"""From what API Gateway verified to a tenant, and what a tenant's item may say."""

from typing import Any

import pytest
from llm_api.config import Auth, Settings
from llm_api.errors import Forbidden, Internal, Unauthenticated
from llm_api.events import Caller, Request
from llm_api.ledger import Ledger
from llm_api.ledger.callers import as_role
from llm_api.registry import Price, Registry

from tests.unit.llm_api import dynamo

ROLE = "arn:aws:iam::123456789012:role/data-science"
MODELS = {"SS": ["fast"]}


def ledger_of(table: dynamo.Table, auth: Auth, claim: str | None = None) -> Ledger:
    settings = Settings(Registry([]), auth=auth, tenants_table="acme-tenants", tenant_claim=claim)
    return Ledger(settings, table)


def request(caller: Caller, headers: dict[str, str] | None = None) -> Request:
    return Request("r", "GET", "/v1/models", "/v1/models", headers or {}, {}, b"", caller)


@pytest.fixture
def table() -> dynamo.Table:
    table = dynamo.Table()
    table.put(f"principal#{ROLE}", tenant={"S": "research"})
    table.put("principal#team-7", tenant={"S": "research"})
    table.put("tenant#research", models=MODELS)
    return table


@pytest.mark.parametrize(
    ("principal", "role"),
    [
        ("arn:aws:sts::123456789012:assumed-role/data-science/anna@example.com", ROLE),
        ("arn:aws:sts::123456789012:assumed-role/data-science/a/b", ROLE),
        ("arn:aws:iam::123456789012:role/teams/data-science", ROLE),
        (ROLE, ROLE),
        ("arn:aws-us-gov:sts::1:assumed-role/x/y", "arn:aws-us-gov:sts::1:assumed-role/x/y"),
        ("arn:aws:iam::123456789012:user/anna", "arn:aws:iam::123456789012:user/anna"),
        ("arn:aws:sts::123456789012:federated-user/anna", "arn:aws:sts::123456789012:federated-user/anna"),
        ("team-7", "team-7"),
    ],
)
def test_an_assumed_role_is_its_role(principal: str, role: str) -> None:
    # GIVEN what API Gateway says of a caller
    # WHEN the tenant is looked for
    # THEN it is by the role, without its path, which an assumed role doesn't tell
    assert as_role(principal) == role


def test_every_session_of_a_role_is_its_tenant(table: dynamo.Table) -> None:
    # GIVEN a tenant of a role
    ledger = ledger_of(table, "iam")

    # WHEN two sessions of it call
    tenants = {
        ledger.authenticate(request(Caller(f"arn:aws:sts::123456789012:assumed-role/data-science/{who}"))).name
        for who in ("anna", "ben")
    }

    # THEN both are the tenant, which was read once
    assert tenants == {"research"}
    assert table.reads == 2


@pytest.mark.parametrize(
    ("auth", "claim", "claims"),
    [
        ("cognito", None, {"sub": "team-7"}),
        ("cognito", "custom:team", {"sub": "u-1", "custom:team": "team-7"}),
        ("custom", None, {"principalId": "team-7"}),
        ("custom", "team", {"principalId": "u-1", "team": "team-7"}),
    ],
)
def test_a_field_of_the_token_leads_to_the_tenant(
    table: dynamo.Table, auth: Auth, claim: str | None, claims: dict[str, str]
) -> None:
    # GIVEN a deployment that takes the tenant from the subject, or from a field of its own
    # WHEN somebody calls whom API Gateway let in
    tenant = ledger_of(table, auth, claim).authenticate(request(Caller(claims=claims)))

    # THEN that field decides
    assert tenant.name == "research"


STRANGERS: list[tuple[Auth, str | None, Caller]] = [
    ("iam", None, Caller("arn:aws:iam::123456789012:role/other")),
    ("iam", None, Caller("arn:aws:iam::999999999999:role/data-science")),
    ("cognito", None, Caller(claims={"sub": "u-1"})),
    ("cognito", "custom:team", Caller(claims={"sub": "team-7"})),
    ("custom", "team", Caller(claims={"principalId": "u-1", "team": ""})),
]


@pytest.mark.parametrize(("auth", "claim", "caller"), STRANGERS)
def test_who_belongs_to_no_tenant_is_refused(
    table: dynamo.Table, auth: Auth, claim: str | None, caller: Caller
) -> None:
    # GIVEN somebody who was authenticated and is in no tenant, whatever its headers say
    forged = {"x-tenant": "research", "custom:team": "team-7", "authorization": f"Bearer {ROLE}"}

    # WHEN they call
    # THEN they may not
    with pytest.raises(Forbidden):
        ledger_of(table, auth, claim).authenticate(request(caller, forged))


@pytest.mark.parametrize(("auth", "claim", "caller"), STRANGERS)
def test_where_there_is_a_default_tenant_strangers_are_it(
    table: dynamo.Table, auth: Auth, claim: str | None, caller: Caller
) -> None:
    # GIVEN a deployment with a tenant for everybody else
    table.put("tenant#default", models=MODELS)

    # WHEN somebody calls who is in no other
    # THEN they are in that one
    assert ledger_of(table, auth, claim).authenticate(request(caller)).name == "default"


def test_the_default_tenant_is_not_for_unknown_keys(table: dynamo.Table) -> None:
    # GIVEN a deployment with keys, whose table holds a default tenant all the same
    table.put("tenant#default", models=MODELS)

    # WHEN a key comes that nobody holds
    # THEN it is refused
    with pytest.raises(Unauthenticated):
        ledger_of(table, "api_key").authenticate(request(Caller(), {"x-api-key": "sk-unknown"}))


@pytest.mark.parametrize("auth", ["iam", "cognito", "custom"])
def test_nobody_is_not_even_the_default_tenant(table: dynamo.Table, auth: Auth) -> None:
    # GIVEN a default tenant, and an API without its authorizer
    table.put("tenant#default", models=MODELS)

    # WHEN a request comes through it
    # THEN it is refused
    with pytest.raises(Unauthenticated):
        ledger_of(table, auth, "team" if auth == "custom" else None).authenticate(request(Caller()))


def test_a_whole_item_is_read(table: dynamo.Table) -> None:
    # GIVEN a tenant with everything
    budgets = {"requests_per_minute": {"N": "60"}, "tokens_per_day": {"N": "2E+6"}, "usd_per_month": {"N": "199.99"}}
    table.put("tenant#research", models=MODELS, budgets={"M": budgets}, max_output_tokens={"N": "512"})

    # WHEN it is read
    tenant = ledger_of(table, "iam").authenticate(request(Caller(ROLE)))

    # THEN dollars are picodollars, and all is whole
    assert tenant.budgets == {
        ("minute", "requests"): 60,
        ("day", "tokens"): 2_000_000,
        ("month", "usd"): 199_990_000_000_000,
    }
    assert (tenant.max_output_tokens, tenant.models, tenant.declared) == (512, {"fast"}, True)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({}, "no set of models"),
        ({"models": {"L": []}}, "no set of models"),
        ({"models": MODELS, "budgets": {"S": "none"}}, "budgets that are no map"),
        ({"models": MODELS, "budgets": None}, "budgets that are no map"),
        ({"models": MODELS, "budgets": {"M": {"tokens_per_fortnight": {"N": "1"}}}}, "a budget 'tokens_per_fortnight'"),
        ({"models": MODELS, "budgets": {"M": {"tokens_per_day": {"N": "-1"}}}}, "budget tokens_per_day"),
        ({"models": MODELS, "budgets": {"M": {"tokens_per_day": {"N": "1.5"}}}}, "budget tokens_per_day"),
        ({"models": MODELS, "budgets": {"M": {"tokens_per_day": {"S": "many"}}}}, "budget tokens_per_day"),
        ({"models": MODELS, "budgets": {"M": {"usd_per_day": {"N": "Infinity"}}}}, "budget usd_per_day"),
        ({"models": MODELS, "budgets": {"M": {"usd_per_day": {"N": "1E+30"}}}}, "budget usd_per_day"),
        ({"models": MODELS, "budgets": {"M": {"usd_per_day": 5}}}, "budget usd_per_day"),
        ({"models": MODELS, "max_output_tokens": {"N": "0"}}, "max_output_tokens"),
        ({"models": MODELS, "max_output_tokens": {"S": "10"}}, "max_output_tokens"),
    ],
)
def test_a_malformed_item_refuses_its_tenant_and_no_other(
    table: dynamo.Table, attributes: dict[str, Any], reason: str
) -> None:
    # GIVEN a tenant whose item another tool has spoilt, beside one that is sound
    table.put("tenant#research", **attributes)
    table.put("principal#sound", tenant={"S": "sound"})
    table.put("tenant#sound", models=MODELS)
    ledger = ledger_of(table, "custom")

    # WHEN both call
    with pytest.raises(Internal) as refusal:
        ledger.authenticate(request(Caller(claims={"principalId": "team-7"})))
    sound = ledger.authenticate(request(Caller(claims={"principalId": "sound"})))

    # THEN the one is refused as ours, with the reason for the log alone, and the other is served
    assert reason in (refusal.value.reason or "")
    assert "tenant#research" not in refusal.value.message
    assert sound.name == "sound"


@pytest.mark.parametrize("name", ["", "Research", "a b", "x" * 64, "research\n", "../sound"])
def test_a_name_that_is_none_leads_nowhere(table: dynamo.Table, name: str) -> None:
    # GIVEN a principal whose item names what can be no tenant
    table.put(f"principal#{ROLE}", tenant={"S": name})

    # WHEN it calls
    # THEN it is refused as ours
    with pytest.raises(Internal):
        ledger_of(table, "iam").authenticate(request(Caller(ROLE)))


def test_ten_thousand_tenants_cost_a_request_what_one_does(table: dynamo.Table) -> None:
    # GIVEN a table of 10,000 tenants
    for number in range(10_000):
        table.put(f"principal#p{number}", tenant={"S": f"t{number}"})
        table.put(f"tenant#t{number}", models=MODELS)
    ledger = ledger_of(table, "custom")

    # WHEN every one of them calls once
    for number in range(10_000):
        assert ledger.authenticate(request(Caller(claims={"principalId": f"p{number}"}))).name == f"t{number}"

    # THEN each cost two reads by key, and what is remembered of them has an end
    assert table.reads == 20_000
    assert len(ledger._callers._known) == 1000


def registry_of(price: str) -> Price | None:
    target = Registry.decode(f'{{"fast": {{"id": "x", "family": "nova", "price": {price}}}}}').find("fast")
    assert target is not None
    return target.price


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("null", None),
        ('{"input": 0.25, "output": 1.25}', Price(250_000, 1_250_000)),
        ('{"input": 3, "output": 15, "cache_read": 0.3}', Price(3_000_000, 15_000_000, 300_000)),
        ('{"input": 0.1, "cache_write": 0.125, "cache_write_1h": 0.2}', Price(100_000, None, None, 125_000, 200_000)),
        ('{"input": 0.000001}', Price(1)),
        ('{"input": 0.0000001}', Price(1)),
        ('{"image": 0.04}', Price(image=40_000_000_000)),
    ],
)
def test_prices_are_whole_picodollars(price: str, expected: Price | None) -> None:
    # GIVEN a price in dollars a million tokens
    # WHEN it is read
    # THEN no float was between, and what has no place is rounded up
    assert registry_of(price) == expected


@pytest.mark.parametrize("price", ['{"input": "3"}', '{"input": -1}', '{"input": true}', '{"input": NaN}'])
def test_a_price_that_is_none_stops_the_function(price: str) -> None:
    # GIVEN a price that is no number of dollars
    # WHEN it is read
    # THEN nobody is served for nothing
    with pytest.raises(ValueError, match="price"):
        registry_of(price)
