"""A deployment as its callers know it: every dialect, whole and streamed, what it refuses, and what it tells.

Nothing here knows whether a real model answers or a stand-in: what is said is the model's affair, how it comes is ours.
"""

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import anthropic
import openai
import pytest

from tests.live.conftest import OUTPUT_TOKENS
from tests.live.endpoint import Endpoint, signed
from tests.support import Reply

COUNT = "Count from 1 to 20 in digits, separated by commas. Say nothing else."
MESSAGES: Any = [{"role": "user", "content": COUNT}]
NATIVE = [{"role": "user", "content": [{"text": COUNT}]}]
LIMIT = {"maxTokens": OUTPUT_TOKENS}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": OUTPUT_TOKENS, "messages": MESSAGES}
UNKNOWN = "a-model-that-nobody-declared"


def send(
    endpoint: Endpoint, method: str, path: str, body: Any = None, *, key: str | None = "", raw: bytes | None = None
) -> Reply:
    """One request as it stands, with the endpoint's own key or signature unless another key is given; None for none."""
    address = urlsplit(endpoint.url)
    context = ssl.create_default_context(cafile=endpoint.ca_file)
    make = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    options: dict[str, Any] = {"context": context} if address.scheme == "https" else {}
    connection = make(address.hostname or "", address.port, timeout=60, **options)
    payload = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if key or (key == "" and endpoint.key is not None):
        headers["authorization"] = f"Bearer {key or endpoint.key}"
    elif key == "":
        headers = signed(endpoint, method, endpoint.url + path, headers, payload)
    try:
        connection.request(method, address.path + path, payload, headers)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


# What costs nothing


def test_the_models_that_are_named_are_listed(live_endpoint: Endpoint) -> None:
    # WHEN the models are asked for
    reply = send(live_endpoint, "GET", "/v1/models")
    # THEN those that this run is told to use are among them
    assert reply.status == 200, reply.body
    listed = {model["id"] for model in reply.json()["data"]}
    assert {live_endpoint.model, live_endpoint.claude, live_endpoint.embedding} - {None} <= listed


def test_it_is_healthy(live_endpoint: Endpoint) -> None:
    assert send(live_endpoint, "GET", "/health", key=None).status in (200, 401, 403)


def test_use_is_told(live_endpoint: Endpoint) -> None:
    reply = send(live_endpoint, "GET", "/v1/usage")
    assert reply.status == 200, reply.body
    assert {"tenant", "windows"} <= set(reply.json())


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (f"/model/{UNKNOWN}/converse", {"messages": NATIVE}, lambda body: body["message"]),
        ("/v1/chat/completions", {"model": UNKNOWN, "messages": MESSAGES}, lambda body: body["error"]["message"]),
        (
            "/v1/messages",
            {"model": UNKNOWN, "max_tokens": 5, "messages": MESSAGES},
            lambda body: (body["type"] == "error") and body["error"]["message"],
        ),
    ],
    ids=["bedrock", "openai", "anthropic"],
)
def test_a_model_that_was_not_declared_is_refused(live_endpoint: Endpoint, path: str, body: Any, message: Any) -> None:
    # WHEN a model is asked for that the deployment doesn't have
    reply = send(live_endpoint, "POST", path, body)
    # THEN it is refused in the dialect's shape, with words, an ID and nothing internal
    assert reply.status == 404, reply.body
    assert "no such model" in message(reply.json()).lower()
    assert reply.headers["x-request-id"]
    assert b"arn:aws" not in reply.body


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/model/x/converse"])
def test_what_is_no_json_is_refused(live_endpoint: Endpoint, path: str) -> None:
    reply = send(live_endpoint, "POST", path, raw=b"{not json")
    assert reply.status == 400, reply.body


@pytest.mark.parametrize("key", [None, "sk-nobody-holds-this-one"])
def test_an_unknown_caller_is_refused_and_nothing_is_echoed(live_endpoint: Endpoint, key: str | None) -> None:
    reply = send(live_endpoint, "POST", "/v1/chat/completions", {"model": UNKNOWN, "messages": MESSAGES}, key=key)
    assert reply.status in (401, 403), reply.body
    assert b"nobody-holds" not in reply.body


def test_boto3_raises_its_own_exception(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.converse(modelId=UNKNOWN, messages=NATIVE)


def test_the_openai_package_raises_its_own_exception(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        openai_client.chat.completions.create(model=UNKNOWN, messages=MESSAGES)
    assert refused.value.request_id


def test_the_anthropic_package_raises_its_own_exception(anthropic_client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        anthropic_client.messages.create(model=UNKNOWN, max_tokens=5, messages=MESSAGES)


def test_tokens_are_counted_without_an_answer(anthropic_client: anthropic.Anthropic, claude: str) -> None:
    counted = anthropic_client.messages.count_tokens(model=claude, messages=MESSAGES)
    assert 5 < counted.input_tokens < 200


# What is paid for


@pytest.mark.spends(calls=1)
def test_converse(bedrock: Any, model: str) -> None:
    answer = bedrock.converse(modelId=model, messages=NATIVE, inferenceConfig=LIMIT)
    assert answer["output"]["message"]["content"][0]["text"].strip()
    assert answer["usage"]["inputTokens"] > 5
    assert 0 < answer["usage"]["outputTokens"] <= OUTPUT_TOKENS
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-llm-model"]


@pytest.mark.spends(calls=1)
def test_converse_streamed(bedrock: Any, model: str) -> None:
    # WHEN an answer is streamed
    events = list(bedrock.converse_stream(modelId=model, messages=NATIVE, inferenceConfig=LIMIT)["stream"])
    # THEN it comes in pieces, with its end and its usage
    assert sum("contentBlockDelta" in event for event in events) > 1
    assert any("messageStop" in event for event in events)
    assert any(event["metadata"]["usage"]["outputTokens"] > 0 for event in events if "metadata" in event)


@pytest.mark.spends(calls=1)
def test_invoke_model(bedrock: Any, claude: str) -> None:
    answer = json.loads(bedrock.invoke_model(modelId=claude, body=json.dumps(CLAUDE))["body"].read())
    assert answer["content"][0]["text"].strip()
    assert answer["usage"]["output_tokens"] > 0


@pytest.mark.spends(calls=1)
def test_invoke_model_streamed(bedrock: Any, claude: str) -> None:
    answer = bedrock.invoke_model_with_response_stream(modelId=claude, body=json.dumps(CLAUDE))
    events = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    assert events[0]["type"] == "message_start"
    assert events[-1]["type"] == "message_stop"


@pytest.mark.spends(calls=1)
def test_a_completion(openai_client: openai.OpenAI, model: str) -> None:
    answer = openai_client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=OUTPUT_TOKENS)
    assert (answer.choices[0].message.content or "").strip()
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= OUTPUT_TOKENS


@pytest.mark.spends(calls=1)
def test_a_completion_streamed(openai_client: openai.OpenAI, model: str) -> None:
    # WHEN an answer is streamed
    chunks = list(
        openai_client.chat.completions.create(
            model=model,
            messages=MESSAGES,
            max_tokens=OUTPUT_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    # THEN it comes in pieces, with its end and its usage
    assert sum(bool(chunk.choices and chunk.choices[0].delta.content) for chunk in chunks) > 1
    assert any(chunk.choices and chunk.choices[0].finish_reason for chunk in chunks)
    assert chunks[-1].usage is not None


@pytest.mark.spends(calls=1)
def test_embeddings(openai_client: openai.OpenAI, embedding: str) -> None:
    answer = openai_client.embeddings.create(model=embedding, input="A family car.")
    assert len(answer.data[0].embedding) > 100


@pytest.mark.spends(calls=1)
def test_a_message(anthropic_client: anthropic.Anthropic, claude: str) -> None:
    answer = anthropic_client.messages.create(model=claude, max_tokens=OUTPUT_TOKENS, messages=MESSAGES)
    assert answer.content[0].type == "text"
    assert answer.usage.output_tokens > 0


@pytest.mark.spends(calls=1)
def test_a_message_streamed(anthropic_client: anthropic.Anthropic, claude: str) -> None:
    with anthropic_client.messages.stream(model=claude, max_tokens=OUTPUT_TOKENS, messages=MESSAGES) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 1
    assert message.stop_reason in ("end_turn", "max_tokens")
