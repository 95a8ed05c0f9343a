"""What the caller wrote reaches the model, and what the model said reaches the caller, byte for byte."""

import json

import pytest
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import ANSWER, CONVERSE_ANSWER, answer, message_of

MODEL_ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"


def test_invoke_sends_the_body_as_it_came(deploy: Deploy) -> None:
    # GIVEN a body with spaces, an order of fields and a number that a JSON library would write otherwise
    body = b'{ "zebra": 1.10,\n "max_tokens": 5, "unknown_field": {"a": "\\u00e9"} }'

    # WHEN it is sent to a model
    api = deploy()
    response = api.call("invoke", body, replies=[answer()])

    # THEN the model got the same bytes
    assert response.status == 200
    assert api.wire.received[0].body == body
    assert api.wire.received[0].headers["content-type"] == "application/json"


def test_invoke_returns_the_answer_as_it_came(deploy: Deploy) -> None:
    # GIVEN an answer with odd spacing, and Bedrock's own headers
    body = b'{"content" :[], "usage": {"input_tokens":3,"output_tokens":4}, "new":1.50}'
    headers = {"X-Amzn-Bedrock-Input-Token-Count": "3", "X-Amzn-Bedrock-Output-Token-Count": "4", "x-other": "no"}

    # WHEN a model gives it
    response = deploy().call("invoke", {}, replies=[answer(body, headers)])

    # THEN the caller gets body and headers, ours beside Bedrock's, and nothing else
    assert response.body == body
    assert response.headers == {
        "content-type": "application/json",
        "x-amzn-bedrock-input-token-count": "3",
        "x-amzn-bedrock-output-token-count": "4",
        "x-request-id": "req-1",
        "x-llm-model": "fast",
    }


def test_converse_passes_fields_that_botocore_does_not_know(deploy: Deploy) -> None:
    # GIVEN a request and an answer with fields newer than any service model
    body = {"messages": [{"role": "user", "content": [{"hologram": {"depth": 3}}]}], "outputConfig": {"new": [1]}}
    said = {**CONVERSE_ANSWER, "brandNew": {"x": None}}

    # WHEN they pass
    api = deploy()
    response = api.call("converse", body, replies=[answer(said)])

    # THEN neither lost anything
    assert api.wire.received[0].json == body
    assert response.body == json.dumps(said).encode()


def test_converse_passes_what_botocore_would_choke_on(deploy: Deploy) -> None:
    # GIVEN an answer with a blob that is no base64
    content = [{"reasoningContent": {"redactedContent": "%%%"}}]
    said = {**CONVERSE_ANSWER, "output": {"message": {"role": "assistant", "content": content}}}

    # WHEN it passes
    response = deploy().call("converse", {}, replies=[answer(said)])

    # THEN it is the caller's to read
    assert response.body == json.dumps(said).encode()


def test_a_name_is_answered_by_its_id(deploy: Deploy) -> None:
    # GIVEN an alias
    api = deploy()

    # WHEN it is called
    api.call("invoke", {}, replies=[answer()])

    # THEN Bedrock was asked for the declared ID, with a signature
    received = api.wire.received[0]
    assert received.path == "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke"
    assert "/bedrock/aws4_request" in received.headers["authorization"]


def test_an_arn_in_the_path_is_decoded_once(deploy: Deploy) -> None:
    # GIVEN a model declared by ARN
    api = deploy(Target("profile", MODEL_ARN, "anthropic"))

    # WHEN it is named as boto3 names it
    escaped = MODEL_ARN.replace(":", "%3A").replace("/", "%2F")
    response = api.call("invoke", {}, model=escaped, replies=[answer()])

    # THEN that model answered
    assert response.status == 200
    assert api.wire.received[0].path == f"/model/{escaped}/invoke"


@pytest.mark.parametrize(
    "name",
    ["%2e%2e", "..", "a%2F..%2Fb", "a%252Fb", "", "a%00b", "a%0Ab", "a b", "%E4", "a//b", "%2Fa", "x" * 3000],
)
def test_a_name_that_can_be_no_model_is_refused(deploy: Deploy, name: str) -> None:
    # GIVEN a path with dot segments, control characters, double encoding or the like
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, model=name)

    # THEN the caller learns so, and no model was asked
    assert response.status == 400
    assert "no model's name" in message_of(response)
    assert api.wire.received == []


def test_an_undeclared_model_is_not_found(deploy: Deploy) -> None:
    # GIVEN a model that exists at Bedrock, but not in this deployment
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, model="amazon.nova-pro-v1%3A0")

    # THEN it is unknown here
    assert response.status == 404
    assert response.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert api.wire.received == []


@pytest.mark.parametrize("body", [b"", b"   ", b"nope", b"[1]", b'"text"', b"{", b'{"a":1,"a":2}', b"\xff{}"])
@pytest.mark.parametrize("operation", ["invoke", "converse"])
def test_a_body_that_is_no_json_object_is_refused(deploy: Deploy, operation: str, body: bytes) -> None:
    # GIVEN such a body
    api = deploy()

    # WHEN it is sent
    response = api.call(operation, body)

    # THEN the caller is told, and no model was asked
    assert response.status == 400
    assert "body" in message_of(response)
    assert api.wire.received == []


@pytest.mark.parametrize("operation", ["invoke", "converse"])
def test_another_content_type_is_refused(deploy: Deploy, operation: str) -> None:
    # GIVEN what curl sends with `-d`
    headers = {"content-type": "application/x-www-form-urlencoded"}

    # WHEN it is sent
    response = deploy().call(operation, b"{}", headers=headers)

    # THEN the message says which type to send
    assert response.status == 400
    assert "content-type: application/json" in message_of(response)


def test_headers_that_change_nothing_pass(deploy: Deploy) -> None:
    # GIVEN a trace, metadata, and a content type with a charset
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-amzn-bedrock-trace": "ENABLED",
        "x-amzn-bedrock-request-metadata": '{"team":"a"}',
        "accept": "*/*",
        "user-agent": "curl",
    }

    # WHEN they are sent
    api = deploy()
    response = api.call("invoke", {}, headers=headers, replies=[answer()])

    # THEN Bedrock got those that are its own
    received = api.wire.received[0].headers
    assert response.status == 200
    assert received["x-amzn-bedrock-trace"] == "ENABLED"
    assert received["x-amzn-bedrock-request-metadata"] == '{"team":"a"}'
    assert received["accept"] == "application/json"


@pytest.mark.parametrize("operation", ["invoke", "converse"])
@pytest.mark.parametrize("body", [b"<html>busy</html>", b"", b'{"cut": '])
def test_an_answer_that_is_not_json_is_the_models_failure(deploy: Deploy, operation: str, body: bytes) -> None:
    # GIVEN a model that answers with something else
    api = deploy()

    # WHEN it is called
    response = api.call(operation, {}, replies=[answer(body)])

    # THEN that is a 502, in the dialect's own shape, asked for once
    assert response.status == 502
    assert response.headers["x-amzn-errortype"] == "InternalServerException"
    assert "broke off or can't be read" in message_of(response)
    assert len(api.wire.received) == 1


def test_a_sagemaker_endpoint_gets_the_bytes(deploy: Deploy) -> None:
    # GIVEN a declared endpoint with an inference component
    target = Target("tuned", None, "sagemaker", endpoint=Endpoint("acme-llama", "adapter-1"))
    api = deploy(target)

    # WHEN it is invoked with bytes that are no JSON
    headers = {"content-type": "text/csv", "accept": "text/csv"}
    response = api.call("invoke", b"1,2,3", model="tuned", headers=headers, replies=[answer(b"4", {})])

    # THEN the container got them
    received = api.wire.received[0]
    assert response.status == 200
    assert response.body == b"4"
    assert received.path == "/endpoints/acme-llama/invocations"
    assert received.body == b"1,2,3"
    assert received.headers["content-type"] == "text/csv"
    assert received.headers["x-amzn-sagemaker-inference-component"] == "adapter-1"


def test_converse_on_an_endpoint_names_the_way(deploy: Deploy) -> None:
    # GIVEN a declared endpoint
    api = deploy(Target("tuned", None, "sagemaker", endpoint=Endpoint("acme-llama")))

    # WHEN it is asked over Converse
    response = api.call("converse", {"messages": []}, model="tuned")

    # THEN the caller learns where to go
    assert response.status == 400
    assert "/model/{modelId}/invoke" in message_of(response)


def test_an_answer_counts_its_tokens(deploy: Deploy) -> None:
    # GIVEN an answer with usage
    api = deploy()

    # WHEN it is given
    api.call("invoke", {}, replies=[answer(ANSWER)])

    # THEN the log line holds it
    assert (api.log["input_tokens"], api.log["output_tokens"], api.log["tokens_estimated"]) == (3, 4, False)
