"""A model is called in the tier that was declared for it, and a caller may name no other."""

import json

import pytest
from llm_api.dialects import Payload
from llm_api.dialects.bedrock.calls import Converse, Invoke
from llm_api.errors import BadRequest
from llm_api.inference import bedrock
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import chat, post
from tests.unit.llm_api.responses_support import respond

NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova")
FLEX = NOVA._replace(service_tier="flex")
BODY = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}


def converse(**fields):
    return Converse.parse(post("/model/nova/converse", {**BODY, **fields}))


def invoke(tier=None):
    headers = {} if tier is None else {"x-amzn-bedrock-service-tier": tier}
    return Invoke.parse(post("/model/nova/invoke", BODY, headers))


def test_the_declared_tier_is_asked_for_on_both_operations():
    # WHEN what goes out is written
    headers = bedrock._invoke_headers(FLEX, Payload(b"{}"))
    body = json.loads(bedrock._converse_body(FLEX, Payload(dict(BODY))))
    # THEN each says so in its own place
    assert headers["x-amzn-bedrock-service-tier"] == "flex"
    assert body == {**BODY, "serviceTier": {"type": "flex"}}


def test_without_a_declared_tier_nothing_is_said_of_one():
    assert "x-amzn-bedrock-service-tier" not in bedrock._invoke_headers(NOVA, Payload(b"{}"))
    assert json.loads(bedrock._converse_body(NOVA, Payload(dict(BODY)))) == BODY


@pytest.mark.parametrize(("target", "tier"), [(FLEX, "flex"), (NOVA, "default")])
def test_a_caller_may_name_the_tier_that_it_is_anyway(target, tier):
    assert invoke(tier).payloads(target)
    assert converse(serviceTier={"type": tier}).payloads(target)[0].body == BODY


def test_a_tier_of_null_is_none():
    assert converse(serviceTier=None).payloads(NOVA)[0].body == BODY


@pytest.mark.parametrize(("target", "tier"), [(FLEX, "priority"), (FLEX, "default"), (NOVA, "flex"), (NOVA, "")])
def test_any_other_tier_is_refused_with_what_to_do(target, tier):
    with pytest.raises(BadRequest, match=r"Service-Tier is refused: .* ask your platform team"):
        invoke(tier).payloads(target)
    with pytest.raises(BadRequest, match="serviceTier is refused"):
        converse(serviceTier={"type": tier}).payloads(target)


@pytest.mark.parametrize("tier", ["flex", [], {"kind": "flex"}, 1])
def test_a_tier_in_another_form_is_not_sent_on(tier):
    # GIVEN what Bedrock would refuse, or read as nobody knows
    call = converse(serviceTier=tier)
    # THEN it is refused here, or left out
    try:
        (payload,) = call.payloads(NOVA)
    except BadRequest:
        return
    assert payload.body == BODY


@pytest.mark.parametrize("tier", ["auto", "default", "flex", None])
def test_openais_clients_may_name_the_declared_tier(tier):
    assert chat(service_tier=tier).payloads(FLEX)
    assert respond(service_tier=tier).payloads(FLEX)


@pytest.mark.parametrize(("target", "tier"), [(FLEX, "priority"), (NOVA, "flex"), (NOVA, "scale")])
def test_openais_clients_may_name_no_other(target, tier):
    for call in (chat(service_tier=tier), respond(service_tier=tier)):
        with pytest.raises(BadRequest, match="service_tier of the model nova is"):
            call.payloads(target)
