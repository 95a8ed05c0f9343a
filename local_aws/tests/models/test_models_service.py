"""What is not a matter of one format: errors, counting, SageMaker, the journal, determinism."""

import base64
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime, catalogue, passthrough, tokens
from local_aws.models.errors import ServiceError
from local_aws.models.images import Picture, inspect
from local_aws.models.prompt import Prompt, said

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
CLAUDE_BASE = "anthropic.claude-sonnet-4-20250514-v1:0"
NOVA = "amazon.nova-lite-v1:0"
ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012:"
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]
BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 90, "messages": [{"role": "user", "content": "Hello"}]}


def error_of(call: Any, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


@pytest.mark.parametrize(
    ("model", "error", "status", "words"),
    [
        ("amazon.no-such-model", "ValidationException", 400, "The provided model identifier is invalid."),
        ("fast", "ValidationException", 400, "The provided model identifier is invalid."),
        ("eu.amazon.nova-lite-v1:0", "ValidationException", 400, "The provided model identifier is invalid."),
        (f"{ACCOUNT}bogus/abc", "ValidationException", 400, "The provided model identifier is invalid."),
        (
            f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/{CLAUDE}",
            "ValidationException",
            400,
            "The provided model identifier is invalid.",
        ),
        ("anthropic.claude-3-haiku-20240307-v1:0", "ResourceNotFoundException", 404, "reached the end of its life"),
        ("meta.llama3-1-405b-instruct-v1:0", "ResourceNotFoundException", 404, "reached the end of its life"),
        (CLAUDE_BASE, "ValidationException", 400, "with on-demand throughput isn\u2019t supported"),
        ("deepseek.r1-v1:0", "ValidationException", 400, "an inference profile that contains this model."),
    ],
)
def test_models_that_bedrock_does_not_serve(model: str, error: str, status: int, words: str, bedrock: Any) -> None:
    # WHEN a model that can't be called so is called
    found = error_of(bedrock.converse, modelId=model, messages=HELLO)
    # THEN the error is AWS's
    assert found[:2] == (error, status)
    assert words in found[2]


@pytest.mark.parametrize(
    ("model", "thousands", "betas", "fits"),
    [
        (CLAUDE, 190, [], True),
        (CLAUDE, 210, [], False),
        (CLAUDE, 210, ["context-1m-2025-08-07"], True),
        ("us.anthropic.claude-sonnet-4-6", 210, [], True),
        ("amazon.nova-micro-v1:0", 120, [], True),
        ("amazon.nova-micro-v1:0", 130, [], False),
        ("amazon.nova-lite-v1:0", 310, [], False),
    ],
)
def test_a_prompt_is_as_long_as_its_model_reads(
    model: str, thousands: int, betas: list[str], fits: bool, bedrock: Any
) -> None:
    # GIVEN a prompt of so many thousands of tokens
    asked = {"modelId": model, "messages": [{"role": "user", "content": [{"text": "12 " * (thousands * 500)}]}]}
    if betas:
        asked["additionalModelRequestFields"] = {"anthropic_beta": betas}
    # WHEN it is sent THEN the model reads it, or refuses it in Bedrock's words
    if fits:
        assert bedrock.converse(**asked)["usage"]["inputTokens"] > thousands * 990
    else:
        assert error_of(bedrock.converse, **asked) == (
            "ValidationException",
            400,
            "Input is too long for requested model.",
        )


def test_twenty_megabytes_are_too_many_for_claude(bedrock: Any) -> None:
    body = json.dumps({**BODY, "messages": [{"role": "user", "content": " " * 20_000_000}]})
    assert error_of(bedrock.invoke_model, modelId=CLAUDE, body=body)[:2] == ("ValidationException", 400)


@pytest.mark.parametrize(
    "model",
    [
        CLAUDE,
        "global.anthropic.claude-opus-4-5-20251101-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        f"{ACCOUNT}inference-profile/us.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
        f"{ACCOUNT}application-inference-profile/abcdefgh1234",
        f"{ACCOUNT}provisioned-model/abcdefgh1234",
        f"{ACCOUNT}custom-model-deployment/abcdefgh1234",
        f"{ACCOUNT}imported-model/abcdefgh1234",
    ],
)
def test_every_kind_of_target_converses(model: str, bedrock: Any, server: Any) -> None:
    # WHEN a target of any kind is called
    bedrock.converse(modelId=model, messages=HELLO)
    # THEN it answers, and the journal has it under the name it was called by
    assert [call.model for call in server.journal.calls()] == [model]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (BODY, "content"),
        ({"inputText": "x", "textGenerationConfig": {}}, "results"),
        ({"inputText": "x"}, "embedding"),
        ({"messages": HELLO, "inferenceConfig": {"maxTokens": 9}}, "output"),
        ({"prompt": "x", "max_gen_len": 9}, "generation"),
        ({"prompt": "x", "max_tokens": 9}, "outputs"),
        ({"messages": [{"role": "user", "content": "x"}]}, "choices"),
        ({"message": "x"}, "generation_id"),
    ],
)
def test_opaque_target_answers_in_the_format_it_is_asked_in(body: dict[str, Any], key: str, invoke: Any) -> None:
    # WHEN an application profile, whose model only its owner knows, is invoked THEN the body tells the family
    assert key in invoke(f"{ACCOUNT}application-inference-profile/abcdefgh1234", body)[0]


def test_declared_target_refuses_a_foreign_format(server: Any, invoke: Any, bedrock: Any) -> None:
    # GIVEN an application profile that stands for Nova
    arn = f"{ACCOUNT}application-inference-profile/nova00000000"
    server.runtime.declare(arn, NOVA)
    # WHEN it is invoked in Claude's format THEN it refuses
    with pytest.raises(bedrock.exceptions.ValidationException, match="extraneous key"):
        invoke(arn, BODY)


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"x"'])
def test_body_that_is_no_object(body: bytes, bedrock: Any) -> None:
    # WHEN a body is no JSON object THEN it is refused as the caller's fault
    assert error_of(bedrock.invoke_model, modelId=NOVA, body=body)[:2] == ("ValidationException", 400)


def test_wrong_content_type_is_refused(bedrock: Any) -> None:
    # WHEN the body is announced as something else THEN it is refused
    found = error_of(bedrock.invoke_model, modelId=NOVA, body=b"{}", contentType="text/plain")
    assert "Content Type" in found[2]


def test_count_tokens_counts_what_the_call_will_consume(bedrock: Any, invoke: Any) -> None:
    # GIVEN what Claude's call consumes
    consumed = invoke(CLAUDE, BODY)[0]["usage"]["input_tokens"]
    # WHEN the same is counted beforehand, in both forms
    raw = bedrock.count_tokens(modelId=CLAUDE_BASE, input={"invokeModel": {"body": json.dumps(BODY).encode()}})
    converse = bedrock.count_tokens(modelId=CLAUDE_BASE, input={"converse": {"messages": HELLO}})
    # THEN it is the same
    assert raw["inputTokens"] == converse["inputTokens"] == consumed


@pytest.mark.parametrize(
    "model",
    [CLAUDE, NOVA, f"arn:aws:bedrock:us-east-1::foundation-model/{CLAUDE_BASE}", f"{ACCOUNT}provisioned-model/a1"],
)
def test_count_tokens_takes_base_ids_of_claude_only(model: str, bedrock: Any) -> None:
    # WHEN anything else is counted on THEN it says it can't
    found = error_of(bedrock.count_tokens, modelId=model, input={"converse": {"messages": HELLO}})
    assert found == ("ValidationException", 400, "The provided model doesn't support counting tokens")


def test_endpoint_speaks_openai(sagemaker: Any, server: Any) -> None:
    # WHEN an endpoint is spoken to in OpenAI's format
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
    answer = sagemaker.invoke_endpoint(EndpointName="chat", Body=json.dumps(body), ContentType="application/json")
    # THEN it answers in it, and the journal counts
    content = json.loads(answer["Body"].read())
    assert content["choices"][0]["message"]["content"] == "You asked: Hello"
    call = server.journal.calls()[0]
    assert (call.model, call.operation) == ("chat", "sagemaker-invoke")
    assert content["usage"]["completion_tokens"] == call.output_tokens > 0


def test_endpoint_completes_a_bare_prompt(sagemaker: Any) -> None:
    # WHEN an endpoint gets a prompt without messages
    answer = sagemaker.invoke_endpoint(EndpointName="vllm", Body=json.dumps({"prompt": "Hello"}))
    # THEN it answers as a completion
    content = json.loads(answer["Body"].read())
    assert (content["object"], content["choices"][0]["text"]) == ("text_completion", "You asked: Hello")


def test_count_tokens_of_an_ended_model_says_so(bedrock: Any) -> None:
    # WHEN tokens are counted on a model past its end THEN it is the end that is told
    found = error_of(
        bedrock.count_tokens,
        modelId="anthropic.claude-3-haiku-20240307-v1:0",
        input={"converse": {"messages": HELLO}},
    )
    assert found[:2] == ("ResourceNotFoundException", 404)


def test_endpoint_speaks_tgi(sagemaker: Any) -> None:
    # WHEN endpoints are spoken to with inputs
    body = json.dumps({"inputs": "Hello", "parameters": {"max_new_tokens": 50, "details": True}})
    lists = json.loads(sagemaker.invoke_endpoint(EndpointName="my-tgi", Body=body)["Body"].read())
    objects = json.loads(sagemaker.invoke_endpoint(EndpointName="my-lmi", Body=body)["Body"].read())
    # THEN TGI answers in a list, LMI in an object
    assert lists[0]["generated_text"] == objects["generated_text"] == "You asked: Hello"
    assert objects["details"]["generated_tokens"] > 0


@pytest.mark.parametrize("name", ["chat", "lmi", "tgi"])
def test_endpoint_streams_parts_that_split_json(name: str, sagemaker: Any, server: Any) -> None:
    # WHEN an endpoint streams
    body = {
        "messages": [{"role": "user", "content": "Repeat after me: Grüezi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    answer = sagemaker.invoke_endpoint_with_response_stream(EndpointName=name, Body=json.dumps(body))
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    # THEN the parts cut JSON apart, and together make lines in the announced type
    assert answer["ContentType"] == ("application/jsonlines" if name == "lmi" else "text/event-stream")
    assert not all(part.endswith(b"\n") for part in parts)
    whole = b"".join(parts).decode()
    lines = [line.removeprefix("data:").strip() for line in whole.splitlines() if line and not line.startswith(":")]
    if name != "lmi":
        assert lines.pop() == "[DONE]"
    items = [json.loads(line) for line in lines]
    text = "".join(c["delta"].get("content", "") for item in items for c in item["choices"])
    assert text == "Grüezi"
    assert items[-2]["choices"][0]["finish_reason"] == ("eos_token" if name == "tgi" else "stop")
    assert items[-1]["usage"]["completion_tokens"] == server.journal.calls()[0].output_tokens


def test_endpoint_streams_tgi(sagemaker: Any) -> None:
    # WHEN an endpoint streams in TGI's format
    body = json.dumps({"inputs": "Hello", "stream": True})
    answer = sagemaker.invoke_endpoint_with_response_stream(EndpointName="my-tgi", Body=body)
    lines = b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]).decode().split("\n\n")
    items = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    # THEN each carries a token, and the last the whole
    assert "".join(item["token"]["text"] for item in items) == items[-1]["generated_text"] == "You asked: Hello"
    assert items[-1]["details"]["finish_reason"] == "eos_token"


def test_endpoint_that_counts_nothing(sagemaker: Any) -> None:
    # WHEN a container without usage answers, whole and streamed
    body = {"messages": [{"role": "user", "content": "Hello"}], "stream_options": {"include_usage": True}}
    whole = sagemaker.invoke_endpoint(EndpointName="uncounted", Body=json.dumps(body))["Body"].read()
    request = json.dumps({**body, "stream": True})
    answer = sagemaker.invoke_endpoint_with_response_stream(EndpointName="uncounted", Body=request)
    # THEN it tells none
    assert "usage" not in json.loads(whole)
    assert b"usage" not in b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"])


def test_endpoint_of_another_kind_answers_with_the_bytes(sagemaker: Any) -> None:
    # WHEN an endpoint that is no language model gets bytes
    data = bytes(range(256))
    answer = sagemaker.invoke_endpoint(EndpointName="my-echo", Body=data, ContentType="application/x-npy")
    # THEN they come back as they were
    assert (answer["Body"].read(), answer["ContentType"]) == (data, "application/x-npy")


def test_endpoint_reports_what_its_container_refused(sagemaker: Any) -> None:
    # WHEN the container can't take the body
    with pytest.raises(sagemaker.exceptions.ModelError) as raised:
        sagemaker.invoke_endpoint(EndpointName="chat", Body=b"not json")
    # THEN the service says so with the container's own status
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert raised.value.response["OriginalStatusCode"] == 400


def stream_of(runtime: ModelRuntime) -> Any:
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "count to 100"}]}]}).encode()
    return runtime.respond(ModelRequest("us-east-1", NOVA, "converse-stream", {}, body, "arn:aws:iam::1:role/r"))


def test_journal_has_the_tokens_that_were_produced_before_the_reader_left() -> None:
    # GIVEN a stream under way
    journal = Journal()
    response = stream_of(ModelRuntime(Faults(), journal, pace_seconds=0))
    assert journal.calls()[0].output_tokens == 0
    # WHEN its reader leaves after the fourth frame
    for _ in range(4):
        next(response.body)
    response.body.close()
    # THEN the journal has three frames of three tokens each: the first frame carries none
    call = journal.calls()[0]
    assert (call.output_tokens, call.complete, call.status) == (9, False, 200)
    assert call.input_tokens == response.usage.input_tokens > 0
    assert call.role_arn == "arn:aws:iam::1:role/r"


def test_journal_has_all_tokens_of_a_stream_that_was_read() -> None:
    # WHEN a stream is read to its end
    journal = Journal()
    response = stream_of(ModelRuntime(Faults(), journal, pace_seconds=0))
    list(response.body)
    # THEN the journal has what the usage says
    call = journal.calls()[0]
    assert (call.output_tokens, call.complete) == (response.usage.output_tokens, True)


def test_stream_keeps_its_pace() -> None:
    # GIVEN a pace, and a clock of ours
    waited: list[float] = []

    class Clock(Faults):
        def sleep(self, seconds: float) -> None:
            waited.append(seconds)

    # WHEN a stream is read
    frames = list(stream_of(ModelRuntime(Clock(), Journal(), pace_seconds=0.02)).body)
    # THEN there was a silence before each frame but the first
    assert [seconds for seconds in waited if seconds] == [0.02] * (len(frames) - 1)


@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream", "converse", "converse-stream"])
def test_same_request_same_bytes_on_another_machine(operation: Any) -> None:
    # GIVEN two runtimes that know nothing of each other
    body = BODY if operation.startswith("invoke") else {"messages": HELLO}
    call = ModelRequest("us-east-1", CLAUDE, operation, {}, json.dumps(body).encode())
    # WHEN both get the same request
    answers = []
    for _ in range(2):
        sent = ModelRuntime(Faults(), Journal(), pace_seconds=0).respond(call).body
        answers.append(sent if isinstance(sent, bytes) else b"".join(sent))
    # THEN they answer the same to the byte
    assert answers[0] == answers[1]


@given(st.text(max_size=300))
def test_tokens_make_up_the_text(text: str) -> None:
    # WHEN a text is split THEN its tokens make it up, and are as many as counted
    assert "".join(tokens.split(text)) == text
    assert tokens.count(text) == len(tokens.split(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [("Hello", 1), ("internationalization", 4), ("a b c", 3), ("2026", 2), ("\u4f60\u597d", 2), ("", 0), ("!?", 2)],
)
def test_token_rule(text: str, count: int) -> None:
    # WHEN a text is counted THEN the rule's number comes out
    assert tokens.count(text) == count


def test_unknown_model_is_the_callers_fault() -> None:
    # WHEN a Region calls the profile of another geography THEN there is no such model
    with pytest.raises(ServiceError, match="invalid"):
        catalogue.resolve("us.amazon.nova-lite-v1:0", "eu-west-1")


@pytest.mark.parametrize("url", ["http://192.0.2.7:8080/v1", "https://models.example.com/v1", "ftp://127.0.0.1/"])
def test_model_server_elsewhere_is_refused(url: str) -> None:
    # WHEN the variable leads off this machine THEN it is refused before anything is sent
    with pytest.raises(ValueError, match="not on this machine"):
        passthrough.from_environment({"LOCAL_AWS_MODEL_URL": url})


def test_model_server_writes_the_text() -> None:
    # GIVEN an OpenAI-compatible server on this machine
    from werkzeug.serving import make_server
    from werkzeug.wrappers import Request, Response

    asked: list[dict[str, Any]] = []

    def app(environ: Any, start: Any) -> Any:
        asked.append(json.loads(Request(environ).get_data()))
        answer = {"choices": [{"message": {"content": "From a real model."}}]}
        return Response(json.dumps(answer), content_type="application/json")(environ, start)

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    writer = passthrough.from_environment({"LOCAL_AWS_MODEL_URL": f"http://127.0.0.1:{server.server_port}/v1"})
    runtime = ModelRuntime(Faults(), Journal(), writer=writer)
    # WHEN a model is called
    body = json.dumps({"messages": HELLO}).encode()
    response = runtime.respond(ModelRequest("us-east-1", NOVA, "converse", {}, body))
    thread.join()
    server.server_close()
    # THEN the text is that server's, the usage still ours
    assert isinstance(response.body, bytes)
    answer = json.loads(response.body)
    assert answer["output"]["message"]["content"] == [{"text": "From a real model."}]
    assert answer["usage"]["outputTokens"] == response.usage.output_tokens > 0
    assert asked[0]["messages"] == [{"role": "user", "content": "Hello"}]


def test_model_server_that_is_down_is_a_model_error() -> None:
    # GIVEN a variable that names a port where nobody listens
    writer = passthrough.from_environment({"LOCAL_AWS_MODEL_URL": "http://127.0.0.1:9/v1"})
    assert writer is not None
    # WHEN it is asked THEN the error names the variable
    with pytest.raises(ServiceError, match="LOCAL_AWS_MODEL_URL"):
        writer(Prompt((said("user", "Hello"),)))


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        ("R0lGODlhAgADAIAAAAAAAP///yH5BAAAAAAALAAAAAACAAMAAAICRAA7", Picture("gif", 2, 3)),
        ("/9j/4AAQSkZJRgABAQAAAQABAAD/wAALCAAFAAcBAREA/9k=", Picture("jpeg", 7, 5)),
        ("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", Picture("webp", 1, 1)),
        ("aGVsbG8=", None),
        ("/9j/", Picture("jpeg")),
    ],
)
def test_header_of_an_image_is_read(data: str, picture: Picture | None) -> None:
    # WHEN an image's header is read THEN its format and size come out
    assert inspect(base64.b64decode(data)) == picture


@pytest.mark.parametrize(
    ("operation", "headers", "body"),
    [
        ("converse", {}, {"messages": HELLO, "requestMetadata": {"tenant": "a"}}),
        ("invoke", {"x-amzn-bedrock-request-metadata": '{"tenant": "a"}'}, BODY),
    ],
)
def test_the_journal_holds_a_requests_metadata(operation: Any, headers: dict[str, str], body: Any) -> None:
    # GIVEN a call with metadata
    journal = Journal()
    call = ModelRequest("us-east-1", CLAUDE, operation, headers, json.dumps(body).encode())
    # WHEN it is answered
    ModelRuntime(Faults(), journal).respond(call)
    # THEN the journal can be attributed by it
    assert journal.calls()[0].tags == {"tenant": "a"}
