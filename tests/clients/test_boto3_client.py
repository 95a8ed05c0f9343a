"""The real `boto3`, with the deployment as its endpoint and a key as its bearer token, nothing else changed."""

import json
from contextlib import closing

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.drivers import PHOTOGRAPH, photograph_base64
from tests.support import Api

HELLO = "Repeat after me: Grüezi, world"
CLAUDE_BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": HELLO}],
}
WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    }
}


def client_of(api: Api, monkeypatch: pytest.MonkeyPatch, key: str | None = None):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key or api.key)
    once = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    return boto3.client(
        "bedrock-runtime", endpoint_url=api.url, region_name="us-east-1", verify=api.ca_file, config=once
    )


@pytest.fixture
def bedrock(api, monkeypatch):
    return client_of(api, monkeypatch)


def said(text):
    return [{"role": "user", "content": [{"text": text}]}]


@pytest.mark.parametrize("model", ["fast", "nova", "us.anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_converse(bedrock, model):
    # GIVEN / WHEN
    answer = bedrock.converse(modelId=model, messages=said(HELLO))

    # THEN
    assert answer["output"]["message"]["content"] == [{"text": "Grüezi, world"}]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["outputTokens"] > 0


def test_converse_stream(bedrock):
    # GIVEN / WHEN
    events = list(bedrock.converse_stream(modelId="nova", messages=said(HELLO))["stream"])

    # THEN
    pieces = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(pieces) == "Grüezi, world"
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 0


def test_invoke_model(bedrock):
    # GIVEN Claude's own format
    answer = bedrock.invoke_model(modelId="fast", body=json.dumps(CLAUDE_BODY))

    # WHEN / THEN
    assert json.loads(answer["body"].read())["content"][0]["text"] == "Grüezi, world"
    assert answer["contentType"] == "application/json"


def test_invoke_model_with_response_stream(bedrock):
    # GIVEN / WHEN
    answer = bedrock.invoke_model_with_response_stream(modelId="fast", body=json.dumps(CLAUDE_BODY))
    events = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]

    # THEN Bedrock's metrics come through, as from Bedrock
    pieces = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(pieces) == "Grüezi, world"
    assert events[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] > 0


def test_embeddings(bedrock):
    # GIVEN / WHEN
    answer = bedrock.invoke_model(modelId="embed", body=json.dumps({"inputText": "a car", "dimensions": 256}))

    # THEN
    assert len(json.loads(answer["body"].read())["embedding"]) == 256


def test_a_round_trip_with_a_tool(bedrock):
    # GIVEN a question that needs a tool
    messages = said("What is the weather like in Paris today?")
    config = {"tools": [WEATHER]}

    # WHEN the model calls, and gets its result
    first = bedrock.converse(modelId="nova", messages=messages, toolConfig=config)
    use = next(block["toolUse"] for block in first["output"]["message"]["content"] if "toolUse" in block)
    result = {"toolUseId": use["toolUseId"], "content": [{"text": f"Sunny in {use['input']['city']}"}]}
    messages += [first["output"]["message"], {"role": "user", "content": [{"toolResult": result}]}]
    final = bedrock.converse(modelId="nova", messages=messages, toolConfig=config)

    # THEN
    assert first["stopReason"] == "tool_use"
    assert "Sunny in Paris" in final["output"]["message"]["content"][0]["text"]


def test_an_image_in_both_formats(bedrock):
    # GIVEN a photograph, as bytes and in Claude's own format
    image = {"image": {"format": "jpeg", "source": {"bytes": PHOTOGRAPH.read_bytes()}}}
    source = {"type": "base64", "media_type": "image/jpeg", "data": photograph_base64()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What do you see?"}]
    body = {**CLAUDE_BODY, "max_tokens": 500, "messages": [{"role": "user", "content": content}]}

    # WHEN
    turns = [{"role": "user", "content": [image, {"text": "What do you see?"}]}]
    over_converse = bedrock.converse(modelId="nova", messages=turns)["output"]["message"]["content"][0]["text"]
    native = json.loads(bedrock.invoke_model(modelId="fast", body=json.dumps(body))["body"].read())

    # THEN
    assert "JPEG image" in over_converse
    assert "JPEG image" in native["content"][0]["text"]


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"modelId": "meta.llama3-8b-instruct-v1:0"}, "ResourceNotFoundException", 404),
        ({"inferenceConfig": {"maxTokens": 100_000}}, "ValidationException", 400),
        ({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}, "ValidationException", 400),
        ({"messages": said("x" * 11_000_000)}, "ValidationException", 413),
    ],
    ids=["model", "limit", "request", "size"],
)
def test_each_error_has_its_own_code(bedrock, operation, change, code, status):
    # GIVEN a request that is wrong in one way
    request = {"modelId": "fast", "messages": said(HELLO), **change}

    # WHEN it is sent
    with pytest.raises(ClientError) as failure:
        getattr(bedrock, operation)(**request)

    # THEN
    assert failure.value.response["Error"]["Code"] == code
    assert failure.value.response["Error"]["Message"]
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_unknown_key(api, monkeypatch):
    # GIVEN a key of nobody's
    client = client_of(api, monkeypatch, "sk-nobody")

    # WHEN / THEN
    with pytest.raises(ClientError) as failure:
        client.converse(modelId="fast", messages=said(HELLO))
    assert failure.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_throttling_raises_boto3s_own_class(api, bedrock):
    # GIVEN a model without a fallback that is throttled
    api.aws.faults.add("throttle", model="nova", times=None)

    # WHEN / THEN
    with pytest.raises(bedrock.exceptions.ThrottlingException):
        bedrock.converse(modelId="nova", messages=said(HELLO))


def test_an_error_in_mid_stream_is_raised_as_bedrock_would(api, bedrock):
    # GIVEN an error frame after three others
    api.aws.faults.add("error_frame_after", model="nova", operation="converse-stream")
    stream = bedrock.converse_stream(modelId="nova", messages=said(HELLO))["stream"]

    # WHEN / THEN
    with closing(stream), pytest.raises(ClientError) as failure:
        list(stream)
    assert failure.value.response["Error"]["Code"] == "modelStreamErrorException"


@pytest.mark.parametrize(
    "source", [{"converse": {"messages": said(HELLO)}}, {"invokeModel": {"body": json.dumps(CLAUDE_BODY)}}]
)
def test_tokens_are_counted(bedrock, source):
    # GIVEN a request of either kind WHEN its tokens are counted THEN there are some
    assert bedrock.count_tokens(modelId="fast", input=source)["inputTokens"] > 0
