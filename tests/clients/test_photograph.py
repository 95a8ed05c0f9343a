"""The article's photograph with its specification, by every SDK and in every dialect."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import boto3
import openai
import pytest

from tests.clients.drivers import PHOTOGRAPH, photograph_base64
from tests.support import Api

SPECIFICATION = (PHOTOGRAPH.parent / "spec.md").read_text()
PROMPT = f"Write an advert for this car: a headline and two short paragraphs for families.\n\n{SPECIFICATION}"


def _openai(api: Api) -> str:
    image = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{photograph_base64()}"}}
    with openai.OpenAI(base_url=f"{api.url}/v1", api_key=api.key, max_retries=0) as client:
        messages: Any = [{"role": "user", "content": [image, {"type": "text", "text": PROMPT}]}]
        return client.chat.completions.create(model="nova", messages=messages).choices[0].message.content or ""


def _anthropic_content() -> list[dict[str, Any]]:
    source = {"type": "base64", "media_type": "image/jpeg", "data": photograph_base64()}
    return [{"type": "image", "source": source}, {"type": "text", "text": PROMPT}]


def _anthropic(api: Api) -> str:
    with anthropic.Anthropic(base_url=api.url, api_key=api.key, max_retries=0) as client:
        messages: Any = [{"role": "user", "content": _anthropic_content()}]
        content: Any = client.messages.create(model="fast", max_tokens=1000, messages=messages).content[0]
        return str(content.text)


def _boto3(api: Api) -> Any:
    return boto3.client("bedrock-runtime", endpoint_url=api.url, region_name="us-east-1", verify=api.ca_file)


def _converse(api: Api) -> str:
    image = {"image": {"format": "jpeg", "source": {"bytes": PHOTOGRAPH.read_bytes()}}}
    turns = [{"role": "user", "content": [image, {"text": PROMPT}]}]
    answer = _boto3(api).converse(modelId="nova", messages=turns)
    return str(answer["output"]["message"]["content"][0]["text"])


def _invoke(api: Api) -> str:
    messages = [{"role": "user", "content": _anthropic_content()}]
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1000, "messages": messages}
    answer = _boto3(api).invoke_model(modelId="fast", body=json.dumps(body))
    return str(json.loads(answer["body"].read())["content"][0]["text"])


@pytest.mark.parametrize("ask", [_openai, _anthropic, _converse, _invoke])
def test_an_advert_from_a_photograph_and_a_specification(
    api: Api, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Api], str]
) -> None:
    # GIVEN a client as its user sets it up
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", api.key)
    api.aws.journal.clear()

    # WHEN it sends both
    advert = ask(api)

    # THEN the model had the specification's facts, and the picture's tokens beside them
    assert "Tramontane" in advert
    (call,) = api.aws.journal.calls()
    assert call.input_tokens > len(PROMPT) / 5 + 500


def test_a_picture_at_an_address_is_refused_with_the_reason(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a picture that this API would have to fetch
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)
    content: Any = [{"type": "image_url", "image_url": {"url": "https://example.com/suv.jpg"}}]

    # WHEN THEN
    client = openai.OpenAI(base_url=f"{api.url}/v1", api_key=api.key, max_retries=0)
    with pytest.raises(openai.BadRequestError, match="data") as refused:
        client.chat.completions.create(model="nova", messages=[{"role": "user", "content": content}])
    assert refused.value.param is not None
    assert refused.value.param.startswith("messages[0].content")
