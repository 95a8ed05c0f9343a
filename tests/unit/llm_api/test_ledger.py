"""Who a caller is, by each kind of authentication, and what becomes of a key that can't be checked."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from llm_api.aws.hosts import Service
from llm_api.config import Auth, Settings
from llm_api.errors import ApiError, CredentialsRefused, Internal, Unauthenticated, Unavailable
from llm_api.events import Caller, Request
from llm_api.ledger import Ledger, Tenant
from llm_api.registry import Registry

from tests.unit.llm_api.model_wire import ModelWire, Reply, answer, stalled

KEY = "sk-acme-0123456789"
HASH = hashlib.sha256(KEY.encode()).hexdigest()
KEY_ITEM = {"pk": {"S": f"key#{HASH}"}, "tenant": {"S": "marketing"}}
TENANT_ITEM = {"pk": {"S": "tenant#marketing"}, "models": {"SS": ["fast", "nova"]}}
MARKETING = Tenant("marketing", frozenset({"fast", "nova"}), declared=True, key_id=HASH[:10])


class Clock:
    """Both clocks of a ledger."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(wire: ModelWire, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger whose table is the wire: one scripted reply for each item that is read."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("llm_api.ledger.table.CALL_SECONDS", 0.2)
    client = Service("dynamodb")
    settings = Settings(Registry([]), auth="api_key", tenants_table="acme-tenants")
    return Ledger(settings, client, clock=clock, now=clock)


def request(headers: dict[str, str] | None = None, caller: Caller | None = None) -> Request:
    return Request("req-1", "POST", "/v1/x", "/v1/x", headers or {}, {}, b"", caller or Caller())


def bearer(key: str = KEY) -> Request:
    return request({"authorization": f"Bearer {key}"})


def item(document: dict[str, Any] | None, override: dict[str, Any] | None = None) -> Reply:
    """What is found of an item and what stands over it."""
    return answer({"Responses": {"acme-tenants": [found for found in (override, document) if found is not None]}})


def failure(status: int, code: str) -> Reply:
    """An error as DynamoDB writes it."""
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No."}, status=status)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer   {KEY} "},
        {"x-api-key": KEY},
        {"authorization": "Basic abc", "x-api-key": KEY},
    ],
)
def test_a_key_leads_to_its_tenant(ledger: Ledger, wire: ModelWire, headers: dict[str, str]) -> None:
    # GIVEN a table with the key's hash and the tenant
    wire.replies += [item(KEY_ITEM), item(TENANT_ITEM)]

    # WHEN a request presents the key in either header
    tenant = ledger.authenticate(request(headers))

    # THEN the tenant and its models are known, from two consistent reads by hash, of what stands over them as well
    assert tenant == MARKETING
    assert [received.json["RequestItems"]["acme-tenants"] for received in wire.received] == [
        {"Keys": [{"pk": {"S": name}}, {"pk": {"S": f"override#{name}"}}], "ConsistentRead": True}
        for name in (f"key#{HASH}", "tenant#marketing")
    ]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"x-api-key": " "}, {"authorization": KEY}])
def test_without_a_key_no_table_is_asked(ledger: Ledger, wire: ModelWire, headers: dict[str, str]) -> None:
    # GIVEN a request without a key
    # WHEN it comes
    # THEN it is refused at once
    with pytest.raises(Unauthenticated):
        ledger.authenticate(request(headers))
    assert wire.received == []


def test_missing_unknown_and_expired_keys_hear_the_same_words(ledger: Ledger, wire: ModelWire, clock: Clock) -> None:
    # GIVEN no key, one that nobody holds, and one that has expired
    expired = {**KEY_ITEM, "expires_at": {"N": str(int(clock.seconds) - 1)}}
    wire.replies += [item(None), item(expired), item(TENANT_ITEM)]
    messages = set()

    # WHEN each is presented
    for presented in (request(), bearer("sk-unknown"), bearer()):
        with pytest.raises(Unauthenticated) as refusal:
            ledger.authenticate(presented)
        messages.add(refusal.value.message)

    # THEN nobody learns which it was
    assert len(messages) == 1


def test_what_was_read_is_kept_for_a_minute(ledger: Ledger, wire: ModelWire, clock: Clock) -> None:
    # GIVEN a key that was read
    wire.replies += [item(KEY_ITEM), item(TENANT_ITEM)]
    ledger.authenticate(bearer())

    # WHEN it comes again within the minute, and once after it, when it was withdrawn
    clock.seconds += 59
    assert ledger.authenticate(bearer()) == MARKETING
    assert len(wire.received) == 2
    clock.seconds += 1
    wire.replies.append(item(None))

    # THEN it is refused
    with pytest.raises(Unauthenticated):
        ledger.authenticate(bearer())


def test_a_key_expires_within_the_minute_too(ledger: Ledger, wire: ModelWire, clock: Clock) -> None:
    # GIVEN a key that has ten seconds left
    wire.replies += [item({**KEY_ITEM, "expires_at": {"N": str(int(clock.seconds) + 10)}}), item(TENANT_ITEM)]
    ledger.authenticate(bearer())

    # WHEN they are over
    clock.seconds += 10

    # THEN it is refused, though it was read a moment ago
    with pytest.raises(Unauthenticated):
        ledger.authenticate(bearer())


@pytest.mark.parametrize(
    "replies",
    [
        [failure(400, "ThrottlingException")] * 2,
        [failure(400, "ProvisionedThroughputExceededException")] * 2,
        [failure(500, "InternalServerError")] * 2,
        [answer({"Responses": {}, "UnprocessedKeys": {"acme-tenants": {}}})] * 2,
        [stalled] * 2,
    ],
)
def test_a_table_out_of_reach_is_no_free_call(ledger: Ledger, wire: ModelWire, replies: list[Reply]) -> None:
    # GIVEN a table that does not answer, though it was asked twice
    wire.replies += replies

    # WHEN a key is presented
    with pytest.raises(Unavailable) as refusal:
        ledger.authenticate(bearer())

    # THEN the caller is told when to come back
    assert refusal.value.retry_after_seconds is not None
    assert len(wire.received) == 2


def test_a_read_that_failed_once_is_repeated(ledger: Ledger, wire: ModelWire) -> None:
    # GIVEN a table that is throttled for a moment
    wire.replies += [failure(400, "ThrottlingException"), item(KEY_ITEM), item(TENANT_ITEM)]

    # WHEN a key is presented
    # THEN it is known
    assert ledger.authenticate(bearer()) == MARKETING


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([item({"pk": KEY_ITEM["pk"]})], "has no tenant"),
        ([item({**KEY_ITEM, "tenant": {"N": "5"}})], "has no tenant"),
        ([item(KEY_ITEM), item(None)], "tenant#marketing of the tenants table is missing"),
        ([item(KEY_ITEM), item({"pk": TENANT_ITEM["pk"]})], "tenant#marketing of the tenants table has no set"),
        ([item(KEY_ITEM), item({**TENANT_ITEM, "models": {"S": "*"}})], "has no set"),
        ([item({**KEY_ITEM, "expires_at": {"S": "soon"}}), item(TENANT_ITEM)], "expires_at"),
        ([failure(400, "ResourceNotFoundException")], "ResourceNotFoundException"),
        ([failure(400, "AccessDeniedException")], "AccessDeniedException"),
    ],
)
def test_a_broken_item_is_our_fault_and_lets_nobody_in(
    ledger: Ledger, wire: ModelWire, replies: list[Reply], reason: str
) -> None:
    # GIVEN an item that is not what the module writes, or a table that this role can't read
    wire.replies += replies

    # WHEN its key is presented
    with pytest.raises(Internal) as refusal:
        ledger.authenticate(bearer())

    # THEN the caller is refused, and the log will say why
    assert refusal.value.status == 500
    assert reason in (refusal.value.reason or "")
    assert reason not in refusal.value.message


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"])
def test_credentials_that_the_table_refuses_are_not_asked_for_twice(ledger: Ledger, wire: ModelWire, code: str) -> None:
    # GIVEN an environment whose credentials have expired
    wire.replies += [failure(400, code)]

    # WHEN a key is presented
    with pytest.raises(CredentialsRefused) as refusal:
        ledger.authenticate(bearer())

    # THEN it is told to come back, for another environment to answer it, and only the log knows why
    assert (refusal.value.status, refusal.value.retry_after_seconds) == (503, 1.0)
    assert code in (refusal.value.reason or "")
    assert code not in refusal.value.message


def test_the_callers_of_other_kinds_need_no_table() -> None:
    # GIVEN what API Gateway verified
    def authenticate(auth: Auth, caller: Caller) -> Tenant:
        return Ledger(Settings(Registry([]), auth=auth)).authenticate(request(caller=caller))

    # WHEN callers come by each kind
    # THEN they are who API Gateway says, and may use every model
    assert authenticate("iam", Caller("arn:aws:iam::1:user/a")) == Tenant("arn:aws:iam::1:user/a", None)
    assert authenticate("cognito", Caller(claims={"sub": "u-1"})) == Tenant("u-1", None)
    assert authenticate("custom", Caller(claims={"principalId": "p-1"})) == Tenant("p-1", None)


@pytest.mark.parametrize("auth", ["iam", "cognito", "custom"])
def test_nobody_comes_in_without_being_verified(auth: Auth) -> None:
    # GIVEN an API that was put together without its authorizer
    ledger = Ledger(Settings(Registry([]), auth=auth))

    # WHEN a request comes through it
    # THEN it is refused
    with pytest.raises(Unauthenticated):
        ledger.authenticate(request({"authorization": "Bearer x"}))


def test_a_key_of_odd_characters_is_unknown(ledger: Ledger, wire: ModelWire) -> None:
    # GIVEN half a surrogate pair, which JSON can bring along
    wire.replies.append(item(None))

    # WHEN it is presented
    # THEN that is an unknown key
    with pytest.raises(Unauthenticated):
        ledger.authenticate(bearer("\ud800"))


def test_a_refusal_never_holds_the_key(ledger: Ledger, wire: ModelWire) -> None:
    # GIVEN every way that a key can fail
    ways: list[Callable[[], list[Reply]]] = [lambda: [item(None)], lambda: [failure(400, "ThrottlingException")] * 2]

    # WHEN it does
    for replies in ways:
        wire.replies += replies()
        with pytest.raises(ApiError) as refusal:
            ledger.authenticate(bearer())

        # THEN neither message nor reason holds a part of it
        told = json.dumps([refusal.value.message, refusal.value.reason])
        assert KEY[:12] not in told
        assert KEY[-8:] not in told
