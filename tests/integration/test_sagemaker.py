"""SageMaker endpoints on the applied module: chats in OpenAI's dialect, and bytes on their own route."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import openai
import pytest

from tests.clients.drivers import PHOTOGRAPH, openai_async, openai_plain, photograph_base64
from tests.integration.logs import line_of, reports_of
from tests.integration.test_partial_results import THRIFTY, used
from tests.support import Api, send

TEXT = "Grüezi mitenand, wie gaht's? 日本語 🚙 done"
MESSAGES = [{"role": "user", "content": f"Repeat after me: {TEXT}"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
ASK_FOR_WEATHER = [{"role": "user", "content": "What is the weather like in Paris today?"}]
ARRAY = b"\x93NUMPY\x01\x00" + bytes(range(256)) * 4

containers = pytest.mark.parametrize("model", ["vllm", "tgi", "lmi", "adapted"])
both_clients = pytest.mark.parametrize("driver", [openai_plain, openai_async], ids=["plain", "async"])


@pytest.fixture(autouse=True)
def trusted(hurried: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDKs trust the deployment's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", hurried.ca_file)


def completion(api: Api, model: str, **fields: Any) -> Any:
    return openai_plain(api, "chat.completions.create", **{"model": model, "messages": MESSAGES, **fields})


@containers
@both_clients
def test_openais_sdk_chats_with_a_container(hurried: Api, driver: Callable[..., Any], model: str) -> None:
    # WHEN each kind of container is asked through the SDK
    before = len(hurried.aws.journal)
    answer = driver(hurried, "chat.completions.create", model=model, messages=MESSAGES)

    # THEN the answer is OpenAI's, under the model's name here, with the container's numbers
    assert answer.choices[0].message.content == TEXT
    assert (answer.choices[0].finish_reason, answer.model, answer.id[:9]) == ("stop", model, "chatcmpl-")
    (call,) = hurried.aws.journal.calls()[before:]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (call.input_tokens, call.output_tokens)


@containers
@both_clients
def test_a_stream_is_whole_wherever_its_parts_were_cut(hurried: Api, driver: Callable[..., Any], model: str) -> None:
    # GIVEN parts that end inside of lines, JSON and characters
    # WHEN the stream is read, without a word about usage
    chunks = driver(hurried, "chat.completions.create", model=model, messages=MESSAGES, stream=True)

    # THEN the text is whole, and there is no usage
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
    assert {(chunk.model, chunk.usage) for chunk in chunks} == {(model, None)}
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_who_asks_for_usage_gets_it_at_the_end(hurried: Api) -> None:
    *chunks, last = completion(hurried, "vllm", stream=True, stream_options={"include_usage": True})
    assert [chunk for chunk in chunks if chunk.usage is not None] == []
    assert last.choices == []
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", ["vllm", "tgi", "lmi"])
def test_tools_are_called(hurried: Api, model: str, stream: bool) -> None:
    # WHEN a container is offered a tool
    answer = completion(hurried, model, messages=ASK_FOR_WEATHER, tools=[WEATHER], stream=stream)

    # THEN it calls it, and the arguments are JSON
    if stream:
        parts = [call for chunk in answer for call in chunk.choices[0].delta.tool_calls or []]
        name, arguments = parts[0].function.name, "".join(part.function.arguments or "" for part in parts)
        reason, call_id = answer[-1].choices[0].finish_reason, parts[0].id
    else:
        call = answer.choices[0].message.tool_calls[0]
        name, arguments, call_id = call.function.name, call.function.arguments, call.id
        reason = answer.choices[0].finish_reason
    assert (name, json.loads(arguments), reason) == ("get_weather", {"city": "Paris"}, "tool_calls")

    # AND goes on with its result
    if not stream:
        history = [
            *ASK_FOR_WEATHER,
            answer.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call_id, "content": "Sunny"},
        ]
        assert completion(hurried, model, messages=history).choices[0].message.content


def test_a_photograph_is_seen(hurried: Api) -> None:
    url = {"url": f"data:image/jpeg;base64,{photograph_base64()}"}
    content = [{"type": "image_url", "image_url": url}, {"type": "text", "text": "What is it?"}]
    answer = completion(hurried, "vllm", messages=[{"role": "user", "content": content}])
    assert "JPEG image" in answer.choices[0].message.content


def test_output_is_limited_and_the_limit_holds(hurried: Api) -> None:
    assert completion(hurried, "vllm", max_tokens=3).choices[0].finish_reason == "length"
    with pytest.raises(openai.BadRequestError, match="at most 4096"):
        completion(hurried, "vllm", max_tokens=5000)
    with pytest.raises(openai.BadRequestError, match="n is not supported"):
        completion(hurried, "vllm", n=2)


def test_only_the_declared_component_is_asked(hurried: Api) -> None:
    # WHEN a model on a shared endpoint is asked
    before = len(hurried.aws.journal)
    completion(hurried, "adapted")
    # THEN the role may call this component on this endpoint, and did
    (call,) = hurried.aws.journal.calls()[before:]
    assert (call.model, call.allowed, call.role_arn) == ("acme-shared", True, hurried.outputs["role_arn"])


# Budgets and telemetry


def test_budgets_count_what_a_container_tells(hurried: Api) -> None:
    # GIVEN a tenant whose tokens are counted
    before = used(hurried)

    # WHEN it is answered, whole and streamed
    whole = completion(hurried, "vllm", key=THRIFTY)
    of_the_first = used(hurried) - before
    completion(hurried, "vllm", stream=True, key=THRIFTY)
    assert hurried.aws.lambda_service.wait_until_idle()

    # THEN both are settled to the token
    assert of_the_first == whole.usage.total_tokens
    assert used(hurried) - before == 2 * of_the_first


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_container_that_tells_nothing_leaves_the_reservation(hurried: Api, stream: bool) -> None:
    # WHEN a container without usage answers
    before = used(hurried)
    body = {"model": "uncounted", "messages": MESSAGES, "stream": stream}
    reply = send(hurried, "POST", "/v1/chat/completions", body, key=THRIFTY)

    # THEN the reservation stands, and the log says that its numbers are estimates
    assert reply.status == 200
    line = line_of(hurried, reply.headers)
    assert (line["tokens_estimated"], line["settlement"]) == (True, "stands")
    assert used(hurried) - before == line["reserved_tokens"] > 0


def test_the_log_has_what_it_has_for_bedrock(hurried: Api) -> None:
    reply = send(hurried, "POST", "/v1/chat/completions", {"model": "vllm", "messages": MESSAGES, "stream": True})
    (line,), (metrics,), _ = reports_of(hurried, reply.headers["x-request-id"])
    assert (line["model"], line["family"], line["dialect"]) == ("vllm", "sagemaker", "openai")
    assert (line["tokens_estimated"], line["attempts"], line["streamed"]) == (False, 1, True)
    assert line["input_tokens"] > 0
    assert line["output_tokens"] == metrics["OutputTokens"] > 0
    assert line["time_to_first_token_ms"] > 0


# What goes wrong


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fault", "options", "status"),
    [
        ("not_ready", {}, 503),
        ("unavailable", {}, 503),
        ("validation", {"message": "Endpoint acme-vllm of account 123456789012 not found."}, 503),
        ("throttle", {}, 429),
        ("internal", {}, 502),
        ("model_error", {}, 502),
        ("stall", {"seconds": 20.0}, 504),
        ("not_json", {}, 502),
    ],
)
def test_failures_are_told_by_their_cause(
    hurried: Api, fault: str, options: dict[str, Any], status: int, stream: bool
) -> None:
    # GIVEN an endpoint that is down, being loaded, overwhelmed or broken
    hurried.aws.faults.add(fault, model="acme-vllm", times=None, **options)

    # WHEN it is asked
    reply = send(hurried, "POST", "/v1/chat/completions", {"model": "vllm", "messages": MESSAGES, "stream": stream})
    hurried.aws.faults.clear()

    # THEN the caller hears of the cause in OpenAI's shape, and of no account
    if stream and fault == "not_json":
        assert b'"server_error"' in reply.body
        return
    assert reply.status == status, reply.body
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert b"123456789012" not in reply.body
    assert reply.headers["x-llm-model"] == "vllm"


def test_what_a_container_refuses_is_the_callers_to_mend(hurried: Api) -> None:
    # WHEN a container gets what it can't answer
    reply = send(hurried, "POST", "/model/vllm/invoke", {"messages": []})
    # THEN the caller hears it in the container's words, and the request isn't repeated
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert "Received client error" in reply.json()["message"]
    assert line_of(hurried, reply.headers)["attempts"] == 1


def test_a_model_of_bedrock_stands_in_for_an_endpoint(hurried: Api) -> None:
    hurried.aws.faults.add("unavailable", model="acme-shared", times=None)
    answer = completion(hurried, "adapted")
    hurried.aws.faults.clear()
    assert (answer.choices[0].message.content, answer.model) == (TEXT, "spare")


@pytest.mark.parametrize("kind", ["error_frame_after", "truncated_frame_after", "cut_after"])
def test_a_stream_that_breaks_raises(hurried: Api, kind: str) -> None:
    hurried.aws.faults.add(kind, model="acme-vllm", frames=3)
    with pytest.raises(openai.APIError):
        completion(hurried, "vllm", stream=True)


# Its own route


@pytest.mark.parametrize(
    ("kind", "data"),
    [("application/x-npy", ARRAY), ("image/jpeg", PHOTOGRAPH.read_bytes()), ("application/octet-stream", b"\xff\x00")],
    ids=["array", "photograph", "bytes"],
)
def test_bytes_reach_a_container_and_come_back_as_they_are(
    hurried: Api, bedrock: Callable[..., Any], kind: str, data: bytes
) -> None:
    # WHEN a container that is no language model gets what is no text, from boto3 and by hand
    answer = bedrock(hurried).invoke_model(modelId="vision", body=data, contentType=kind, accept=kind)
    reply = send(hurried, "POST", "/model/vision/invoke", data, {"content-type": kind, "accept": kind})

    # THEN not a byte is changed
    assert (answer["body"].read(), answer["contentType"]) == (data, kind)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, data, kind)


def test_bytes_pass_without_streaming_too(buffered: Api) -> None:
    # WHEN the answer comes in one piece, which Lambda carries in base64
    headers = {"content-type": "image/jpeg", "accept": "image/jpeg"}
    reply = send(buffered, "POST", "/model/vision/invoke", PHOTOGRAPH.read_bytes(), headers, key="sk-camera")
    # THEN API Gateway makes bytes of it again
    assert (reply.status, reply.body) == (200, PHOTOGRAPH.read_bytes())


def test_json_is_text_as_ever(hurried: Api, bedrock: Callable[..., Any]) -> None:
    # GIVEN a deployment that knows binary types
    client = bedrock(hurried)
    # WHEN / THEN JSON passes both ways, whoever asks for which type
    body = json.dumps({"messages": MESSAGES, "max_tokens": 50})
    answer = json.loads(client.invoke_model(modelId="vllm", body=body)["body"].read())
    assert answer["choices"][0]["message"]["content"] == TEXT
    said = client.converse(modelId="spare", messages=[{"role": "user", "content": [{"text": MESSAGES[0]["content"]}]}])
    assert said["output"]["message"]["content"][0]["text"] == TEXT


def test_the_apis_document_names_no_text_as_bytes(hurried: Api) -> None:
    api_id = hurried.outputs["url"].split("//")[1].split(".")[0]
    types = boto3.client("apigateway").get_rest_api(restApiId=api_id).get("binaryMediaTypes", [])
    assert "application/x-npy" in types
    assert {"*/*", "application/json"}.isdisjoint(types)
