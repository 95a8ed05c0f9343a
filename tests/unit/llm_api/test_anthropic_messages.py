"""Anthropic's dialect: what passes, what is changed, what is refused, and the whole answer."""

import base64
import json

import anthropic
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api import errors
from llm_api.dialects import Answer
from llm_api.dialects import anthropic as dialect
from llm_api.dialects.anthropic.messages import CountTokens, Messages
from llm_api.errors import ApiError, BadRequest, UpstreamFault
from llm_api.events import Request
from llm_api.registry import Target

from tests.unit.llm_api.dialect_support import CLAUDE, EMBED, ENDPOINT, NOVA, post

HELLO = {"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
BETA = Target("claude", "anthropic.claude-opus-4-6-v1", "anthropic", betas=frozenset({"a-1", "fast-mode-2026-02-01"}))
LIMITED = Target("claude", "anthropic.claude-opus-4-6-v1", "anthropic", max_output_tokens=100)
REQUEST = Request("req-1", "POST", "/v1/messages", "/v1/messages")


def message(headers=None, **fields):
    body = {name: value for name, value in {**HELLO, **fields}.items() if value is not ...}
    return Messages.parse(post("/v1/messages", body, headers))


def native(call, target=CLAUDE):
    (payload,) = call.payloads(target)
    return json.loads(payload.body)


def test_the_body_passes_with_the_few_changes_that_bedrock_needs():
    # GIVEN fields of today and one of tomorrow
    fields = {
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "adaptive"},
        "tools": [{"name": "t", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}],
        "metadata": {"user_id": "u"},
        "temperature": 0.1,
        "field_of_2031": {"a": [1, 2.5]},
    }
    call = message(stream=True, **fields)

    # WHEN / THEN only model and stream are gone, and Bedrock's version is there
    assert native(call) == {
        "max_tokens": 9,
        "messages": HELLO["messages"],
        "anthropic_version": "bedrock-2023-05-31",
        **fields,
    }
    assert call.model == "claude"
    assert call.stream is True


def test_a_version_in_the_body_gives_way_to_bedrocks():
    # GIVEN what an SDK for Bedrock puts into the body
    # WHEN / THEN
    assert native(message(anthropic_version="2026-10-21"))["anthropic_version"] == "bedrock-2023-05-31"


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_both_versions_of_the_api_are_answered(version):
    # GIVEN / WHEN / THEN
    assert native(message({"anthropic-version": version}))


def test_declared_betas_move_from_the_header_into_the_body():
    # GIVEN betas in header and body
    call = message({"anthropic-beta": "a-1, fast-mode-2026-02-01"}, anthropic_beta=["a-1"], speed="fast")

    # WHEN / THEN each is there once, and what the declared beta allows passes
    body = native(call, BETA)
    assert body["anthropic_beta"] == ["a-1", "fast-mode-2026-02-01"]
    assert body["speed"] == "fast"


def test_what_asks_for_the_default_is_ignored_with_a_warning():
    # GIVEN fields that Bedrock does not know
    call = message(service_tier="auto", speed="standard")

    # WHEN / THEN
    assert not {"service_tier", "speed"} & set(native(call))
    assert [warning.split()[0] for warning in call.warnings(CLAUDE)] == ["service_tier", "speed"]


def image(source):
    return [{"role": "user", "content": [{"type": "image", "source": source}]}]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": ...}, "model"),
        ({"model": 5}, "model"),
        ({"messages": ...}, "messages: a list"),
        ({"stream": "yes"}, "stream"),
        ({"service_tier": "priority"}, "price"),
        ({"inference_geo": "us"}, "inference profile"),
        ({"container": "c"}, "no containers"),
        ({"mcp_servers": []}, "no MCP servers"),
        ({"fallbacks": "default"}, "declared on the deployment"),
        ({"billing_policy": {}}, "Who pays"),
        ({"amazon-bedrock-guardrailConfig": {"tagSuffix": "x"}}, "guardrails are set"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "Anthropic's servers"),
        ({"tools": [{"type": "code_execution_20260521", "name": "x"}]}, "Anthropic's servers"),
        ({"messages": image({"type": "url", "url": "https://x"})}, "fetches no URLs"),
        ({"messages": image({"type": "file", "file_id": "x"})}, "keeps no files"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "content": image({"type": "url"})[0]["content"]}],
                    }
                ]
            },
            "fetches no URLs",
        ),
        ({"anthropic_beta": "a-1"}, "list of strings"),
    ],
)
def test_what_bedrock_or_the_deployment_does_not_offer_is_refused(fields, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        message(**fields)


@pytest.mark.parametrize(
    ("headers", "fields", "target", "says"),
    [
        ({"anthropic-beta": "b-2"}, {}, BETA, "declared: a-1, fast-mode"),
        ({"anthropic-beta": "b-2"}, {}, CLAUDE, "declared: none"),
        ({}, {"anthropic_beta": ["b-2"]}, CLAUDE, "not declared"),
        ({}, {"speed": "fast"}, BETA, "fast-mode beta"),
        ({}, {"max_tokens": ...}, CLAUDE, "required"),
        ({}, {"max_tokens": 0}, CLAUDE, "at least 1"),
        ({}, {"max_tokens": True}, CLAUDE, "at least 1"),
        ({}, {"max_tokens": 101}, LIMITED, "at most 100"),
        ({}, {}, NOVA, "POST /v1/chat/completions, POST /model"),
        ({}, {}, EMBED, "POST /v1/embeddings"),
        ({}, {}, ENDPOINT, "POST /model"),
    ],
)
def test_what_a_model_does_not_offer_is_refused(headers, fields, target, says):
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match=says):
        message(headers, **fields).payloads(target)


def test_an_unknown_version_is_refused():
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match="2023-06-01, 2026-10-21"):
        message({"anthropic-version": "2024-10-22"})


def test_the_deployments_limit_is_inserted():
    # GIVEN / WHEN / THEN
    assert native(message(max_tokens=...), LIMITED)["max_tokens"] == 100


def test_the_answer_passes_byte_for_byte_with_anthropics_request_id():
    # GIVEN an answer with a number that another JSON writer would spell differently
    body = b'{"type":"message", "content":[], "usage":{"input_tokens":1.0}}'

    # WHEN / THEN
    response = message().render(CLAUDE, [Answer(body)])
    assert response.body == body
    assert response.headers["request-id"] == "req-1"


def test_bedrocks_own_remarks_are_taken_out():
    # GIVEN an answer under a guardrail
    body = {"type": "message", "amazon-bedrock-guardrailAction": "NONE", "amazon-bedrock-trace": {}}

    # WHEN / THEN
    assert json.loads(message().render(CLAUDE, [Answer(json.dumps(body).encode())]).body) == {"type": "message"}


@pytest.mark.parametrize(
    "said",
    [
        {"id": "msg_bdrk_1", "stop_reason": "end_turn", "usage": {"input_tokens": 4, "output_tokens": 0}},
        {"stop_sequence": "x"},
    ],
    ids=["of the model's message", "of one that the model never wrote"],
)
def test_a_guardrails_intervention_is_a_refusal(said):
    # GIVEN an answer that a guardrail wrote
    content = [{"type": "text", "text": "Not here."}]
    body = {"content": content, "amazon-bedrock-guardrailAction": "INTERVENED", **said}

    # WHEN it is rendered
    told = json.loads(message().render(CLAUDE, [Answer(json.dumps(body).encode())]).body)

    # THEN a client finds its text, and the reason that Anthropic has for such answers
    assert told["content"] == content
    assert (told["type"], told["role"]) == ("message", "assistant")
    assert (told["stop_reason"], told["stop_sequence"]) == ("refusal", None)
    assert told["stop_details"]["type"] == "refusal"
    assert told["id"] == said.get("id", "msg_req-1")
    assert told["usage"] == said.get("usage", {"input_tokens": 0, "output_tokens": 0})
    assert not [name for name in told if name.startswith("amazon-bedrock-")]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>"])
def test_an_answer_that_is_no_message_is_the_upstreams_fault(body):
    # GIVEN / WHEN / THEN
    with pytest.raises(UpstreamFault):
        message().render(CLAUDE, [Answer(body)])


def count(**fields):
    body = {"model": "claude", "messages": HELLO["messages"], **fields}
    return CountTokens.parse(post("/v1/messages/count_tokens", body))


@pytest.mark.parametrize(
    ("fields", "max_tokens"), [({}, 1), ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, 2001)]
)
def test_a_count_sends_the_body_that_the_model_would_get(fields, max_tokens):
    # GIVEN a request to count
    (payload,) = count(**fields).payloads(CLAUDE)

    # WHEN / THEN it is a whole InvokeModel body, which CountTokens insists on
    assert json.loads(base64.b64decode(payload.body["input"]["invokeModel"]["body"])) == {
        "messages": HELLO["messages"],
        "max_tokens": max_tokens,
        "anthropic_version": "bedrock-2023-05-31",
        **fields,
    }
    assert count().operation == "count_tokens"


@pytest.mark.parametrize(("estimated", "header"), [(False, None), (True, "true")])
def test_a_count_says_whether_it_is_an_estimate(estimated, header):
    # GIVEN / WHEN
    response = count().render(CLAUDE, [Answer(b'{"inputTokens": 12}', estimated=estimated)])

    # THEN
    assert json.loads(response.body) == {"input_tokens": 12}
    assert response.headers.get("x-llm-estimated") == header


@pytest.mark.parametrize("body", [b"{}", b'{"inputTokens": "many"}', b"x"])
def test_a_count_that_is_none_is_the_upstreams_fault(body):
    # GIVEN / WHEN / THEN
    with pytest.raises(UpstreamFault):
        count().render(CLAUDE, [Answer(body)])


def test_a_count_of_another_family_is_refused():
    # GIVEN / WHEN / THEN
    with pytest.raises(BadRequest, match="only Claude does"):
        count().payloads(NOVA)


@pytest.mark.parametrize(
    ("error", "raised", "kind"),
    [
        (errors.BadRequest("x"), anthropic.BadRequestError, "invalid_request_error"),
        (errors.Unauthenticated("x"), anthropic.AuthenticationError, "authentication_error"),
        (errors.Forbidden("x"), anthropic.PermissionDeniedError, "permission_error"),
        (errors.NotFound("x"), anthropic.NotFoundError, "not_found_error"),
        (errors.PayloadTooLarge("x"), anthropic.APIStatusError, "request_too_large"),
        (errors.Throttled("x"), anthropic.RateLimitError, "rate_limit_error"),
        (errors.ModelFailed("x"), anthropic.InternalServerError, "api_error"),
        (errors.ModelNotReady("x"), anthropic.InternalServerError, "overloaded_error"),
        (errors.OutOfTime("x"), anthropic.InternalServerError, "timeout_error"),
        (errors.Internal(), anthropic.InternalServerError, "api_error"),
    ],
)
def test_the_sdk_raises_the_class_that_fits(error, raised, kind):
    # GIVEN an error as the API sends it to the real SDK
    answer = dialect.error(error, REQUEST)
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(answer.status, headers=answer.headers, content=answer.body)
    )
    with httpx2.Client(transport=transport) as http:
        client = anthropic.Anthropic(api_key="k", base_url="https://api.test", http_client=http, max_retries=0)

        # WHEN it is called
        with pytest.raises(raised) as failure:
            client.messages.create(model="m", max_tokens=5, messages=[])

    # THEN
    assert failure.value.request_id == "req-1"
    assert failure.value.body == {
        "type": "error",
        "error": {"type": kind, "message": error.message},
        "request_id": "req-1",
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "type", "source", "name", "budget_tokens"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)
names = st.sampled_from(
    ["messages", "tools", "max_tokens", "stream", "thinking", "anthropic_beta", "speed", "service_tier", "system", "x"]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(names, values, max_size=6), st.sampled_from([CLAUDE, BETA, LIMITED, NOVA]))
@pytest.mark.parametrize("kind", [Messages, CountTokens])
def test_any_json_is_passed_on_or_refused_by_an_api_error(kind, fields, target):
    # GIVEN any JSON under the fields' names
    def outcome():
        try:
            call = kind.parse(post("/v1/messages", {**HELLO, **fields}))
            call.warnings(target)
            return call.payloads(target)
        except ApiError as error:
            return error

    # WHEN it is taken for a request
    result = outcome()

    # THEN it is one, or refused
    assert isinstance(result, list | BadRequest)


@pytest.mark.parametrize(
    ("kinds", "given", "told"),
    [
        (["tool_use"], "tool_use", "tool_use"),
        (["tool_use"], "end_turn", "tool_use"),
        (["text", "tool_use"], "end_turn", "tool_use"),
        (["tool_use"], "stop_sequence", "tool_use"),
        (["tool_use"], "max_tokens", "max_tokens"),
        (["tool_use"], "refusal", "refusal"),
        (["text"], "tool_use", "end_turn"),
        ([], "tool_use", "end_turn"),
        (["text"], "end_turn", "end_turn"),
        (["server_tool_use"], "pause_turn", "pause_turn"),
    ],
)
def test_the_stop_reason_follows_the_content(kinds, given, told):
    # GIVEN an answer whose model says something else of its end than it did
    body = json.dumps({"id": "m", "content": [{"type": kind} for kind in kinds], "stop_reason": given}).encode()
    response = message().render(CLAUDE, [Answer(body)])

    # WHEN / THEN
    assert json.loads(response.body)["stop_reason"] == told
    if given == told:
        assert response.body == body
