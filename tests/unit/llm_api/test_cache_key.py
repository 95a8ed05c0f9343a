"""What makes two requests the same, and what never does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_api.cache import _document
from llm_api.cache.key import key_of
from llm_api.dialects import Payload
from llm_api.dialects.bedrock.calls import Converse, ConverseStream, Invoke
from llm_api.events import Request
from llm_api.inference import Candidate
from llm_api.ledger import Tenant
from llm_api.registry import CacheTerms, Endpoint, Guardrail, Target

NOVA = Target("nova", "amazon.nova-lite-v1:0", "nova", cache=CacheTerms(60))
ANNA = Tenant("anna")
BODY = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"temperature": 0}}
CALL = Converse("nova", False, BODY)


def key(
    *payloads: Payload, call: Any = CALL, target: Target = NOVA, tenant: Tenant = ANNA, fallback: bool = False
) -> str:
    candidate = Candidate(target, payloads or [Payload(BODY)], fallback)
    return key_of(call, candidate, [_document(payload) for payload in candidate.payloads], tenant)


def test_a_key_is_a_sha256() -> None:
    assert len(bytes.fromhex(key())) == 32


def test_the_order_of_fields_blanks_and_escapes_make_no_difference() -> None:
    texts = ['{"a": {"b": 1, "c": "\u00e9"}, "d": [1, 2]}', '{"d":[1,2],"a":{"c":"\\u00e9","b":1}}']
    assert len({key(Payload(text.encode())) for text in texts}) == 1


def test_tags_make_no_difference() -> None:
    tagged = [Payload(BODY).tagged("converse", {"tenant": name}) for name in ("a", "b")]
    assert {key(payload) for payload in tagged} == {key()}
    invoked = [Payload(b"{}", metadata='{"team": "a"}'), Payload(b"{}")]
    assert len({key(payload) for payload in invoked}) == 1


def other_keys() -> dict[str, str]:
    """Keys that each differ from the plain one in one thing that an answer may depend on, or that it is a secret of."""
    guardrail = Guardrail("guard1234567", "1")
    shared = NOVA._replace(cache=CacheTerms(60, "shared"))
    return {
        "plain": key(),
        "another caller": key(tenant=Tenant("bert")),
        "a tenant of the same name": key(tenant=Tenant("anna", declared=True)),
        "shared": key(target=shared),
        "a tenant that is called shared": key(tenant=Tenant("shared")),
        "alias": key(target=NOVA._replace(alias="nova2")),
        "model": key(target=NOVA._replace(id="amazon.nova-pro-v1:0")),
        "family": key(target=NOVA._replace(family="other")),
        "guardrail": key(target=NOVA._replace(guardrail=guardrail)),
        "its version": key(target=NOVA._replace(guardrail=guardrail._replace(version="2"))),
        "its input tags": key(target=NOVA._replace(guardrail=guardrail._replace(input_tags=True))),
        "output limit": key(target=NOVA._replace(max_output_tokens=5)),
        "endpoint": key(target=NOVA._replace(id=None, endpoint=Endpoint("acme"))),
        "component": key(target=NOVA._replace(id=None, endpoint=Endpoint("acme", "one"))),
        "format": key(target=NOVA._replace(id=None, endpoint=Endpoint("acme", None, "openai"))),
        "stream": key(call=ConverseStream("nova", True, BODY)),
        "operation": key(call=Invoke.parse(Request("r", "POST", "/", "/model/nova/invoke", body=b"{}"))),
        "text": key(Payload({**BODY, "system": [{"text": "Be brief."}]})),
        "order of messages": key(Payload({**BODY, "messages": [{}, BODY["messages"]]})),
        "a field of another name": key(Payload({**BODY, "requestmetadata": {}})),
        "two payloads": key(Payload(BODY), Payload(BODY)),
        "bytes": key(Payload(json.dumps(BODY).encode(), "application/octet-stream")),
        "accept": key(Payload(BODY, accept="*/*")),
        "trace": key(Payload(BODY, trace="ENABLED")),
        "a number for a boolean": key(Payload({"a": 1})),
        "a boolean for a number": key(Payload({"a": True})),
    }


def test_whatever_an_answer_depends_on_does() -> None:
    keys = other_keys()
    assert len(set(keys.values())) == len(keys)


def test_how_long_answers_are_kept_does_not() -> None:
    assert key(target=NOVA._replace(cache=CacheTerms(5))) == key()


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.dictionaries(st.text(), VALUES, max_size=4))
def test_two_bodies_have_one_key_only_if_they_are_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    keys = [key(Payload(json.dumps(body).encode())) for body in (one, other)]
    assert (keys[0] == keys[1]) == (canonical(one) == canonical(other))


@pytest.mark.parametrize("body", [b'{"a": 1', b"\xff\xfe", b"", b"[" * 100_000])
def test_a_body_that_is_no_json_is_itself(body: bytes) -> None:
    assert key(Payload(body)) == key(Payload(body)) != key(Payload(body + b" "))
