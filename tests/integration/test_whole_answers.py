"""Everything that needs no stream, with streaming on and off: behind AWS's runtime client and behind our loop."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from botocore.exceptions import ClientError

from tests.clients.drivers import PHOTOGRAPH, anthropic_plain, openai_plain
from tests.integration.dialects import CONVERSE, DIALECTS, TEXT, Dialect
from tests.support import Api, send

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)

HELLO = [{"role": "user", "content": "Repeat after me: Grüezi, world"}]
BLOCKS = [{"role": "user", "content": [{"text": "Repeat after me: Grüezi, world"}]}]


@pytest.fixture(params=[True, False], ids=["streaming-on", "streaming-off"])
def deployment(request: pytest.FixtureRequest, api: Api, buffered: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Both deployments in turn, trusted by the SDKs."""
    found = api if request.param else buffered
    monkeypatch.setenv("SSL_CERT_FILE", found.ca_file)
    return found


@every_dialect
def test_an_answer(deployment: Api, dialect: Dialect) -> None:
    # WHEN a model is asked, THEN the answer is whole, and says who gave it
    path, body = dialect.request("fast", stream=False)
    reply = send(deployment, "POST", path, body)
    assert reply.status == 200
    assert dialect.text(reply.body) == TEXT
    assert reply.headers["x-llm-model"] == "fast"
    assert reply.headers["x-request-id"]


def test_boto3(deployment: Api, bedrock: Callable[..., Any]) -> None:
    # GIVEN boto3 with a picture, whose bytes are no text
    content = [{"image": {"format": "jpeg", "source": {"bytes": PHOTOGRAPH.read_bytes()}}}, {"text": "What is it?"}]
    client = bedrock(deployment)

    # WHEN / THEN
    seen = client.converse(modelId="nova", messages=[{"role": "user", "content": content}])
    assert "JPEG image" in seen["output"]["message"]["content"][0]["text"]
    said = client.converse(modelId="nova", messages=BLOCKS)
    assert said["output"]["message"]["content"] == [{"text": "Grüezi, world"}]


def test_openai(deployment: Api) -> None:
    # WHEN / THEN chat, embeddings and the list of models
    answer = openai_plain(deployment, "chat.completions.create", model="fast", messages=HELLO)
    assert answer.choices[0].message.content == "Grüezi, world"
    vectors = openai_plain(deployment, "embeddings.create", model="embed", input=["a", "b"], dimensions=256)
    assert [len(item.embedding) for item in vectors.data] == [256, 256]
    assert {"embed", "fast", "nova"} <= {model.id for model in openai_plain(deployment, "models.list").data}


def test_anthropic(deployment: Api) -> None:
    # WHEN / THEN a message, and the count of one
    answer = anthropic_plain(deployment, "messages.create", model="fast", max_tokens=50, messages=HELLO)
    assert answer.content[0].text == "Grüezi, world"
    counted = anthropic_plain(deployment, "messages.count_tokens", model="fast", messages=HELLO)
    assert counted.input_tokens > 0


def test_tools(deployment: Api) -> None:
    # GIVEN a tool
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
    question = [{"role": "user", "content": "What is the weather like in Paris today?"}]

    # WHEN / THEN the model calls it
    answer = openai_plain(deployment, "chat.completions.create", model="fast", messages=question, tools=tools)
    call = answer.choices[0].message.tool_calls[0].function
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})


def test_a_question_of_two_megabytes(deployment: Api) -> None:
    # GIVEN more than any pipe or buffer holds, and about as much as the model reads
    text = " melody" * 270_000

    # WHEN / THEN it passes
    path, body = CONVERSE.request("nova", f"Repeat after me: {text}", stream=False)
    reply = send(deployment, "POST", path, body | {"inferenceConfig": {"maxTokens": 4096}})
    assert reply.status == 200
    assert reply.json()["usage"]["inputTokens"] > 250_000


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"model": "no-such-model"}, 404),
        ({"messages": []}, 400),
        ({"max_tokens": 50_000, "timeout": 60}, 400),  # a time, or the SDK would refuse that much itself
        ({"key": "sk-nobody"}, 401),
    ],
    ids=["model", "messages", "limit", "key"],
)
def test_refusals(deployment: Api, change: dict[str, Any], status: int) -> None:
    # GIVEN a request that is wrong in one way, WHEN it is sent, THEN both SDKs raise
    request = {"model": "fast", "max_tokens": 50, "messages": HELLO, **change}
    with pytest.raises(openai.APIStatusError) as told:
        openai_plain(deployment, "chat.completions.create", **request)
    with pytest.raises(anthropic.APIStatusError) as refused:
        anthropic_plain(deployment, "messages.create", **request)
    assert told.value.status_code == refused.value.status_code == status


@every_dialect
def test_a_failure_of_the_model(deployment: Api, dialect: Dialect) -> None:
    deployment.aws.faults.add("model_error", model="claude")
    path, body = dialect.request("fast", stream=False)
    assert send(deployment, "POST", path, body).status == 502


def test_a_fallback(deployment: Api, bedrock: Callable[..., Any]) -> None:
    # GIVEN an ended model, WHEN it is asked, THEN its fallback answers
    deployment.aws.faults.add("ended", model="claude", times=None)
    answer = bedrock(deployment).converse(modelId="fast", messages=BLOCKS)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-llm-model"] == "nova"


def test_boto3_names_the_error(deployment: Api, bedrock: Callable[..., Any]) -> None:
    with pytest.raises(ClientError) as raised:
        bedrock(deployment).converse(modelId="no-such-model", messages=BLOCKS)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
