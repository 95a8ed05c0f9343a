"""Each of Bedrock's failures becomes the status that names its cause, in words that leak nothing."""

import pytest
from llm_api.dialects.anthropic import stream as anthropic_stream
from llm_api.dialects.openai import errors as openai_errors
from llm_api.dialects.retry_headers import retry_headers
from llm_api.inference.failures import is_free, of_code
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import answer, chunk, failure, message_of, stream

FAST = Target("fast", "amazon.nova-lite-v1:0", "nova")

DENIED_BY_IAM = (
    "User: arn:aws:sts::123456789012:assumed-role/acme-llm/acme-llm is not authorized to perform: bedrock:InvokeModel "
    "on resource: arn:aws:bedrock:us-east-1::foundation-model/x because no identity-based policy allows the action"
)


@pytest.mark.parametrize("operation", ["invoke", "converse", "invoke-with-response-stream", "converse-stream"])
@pytest.mark.parametrize(
    ("upstream_status", "code", "status", "code_told"),
    [
        (400, "ValidationException", 400, "ValidationException"),
        (403, "AccessDeniedException", 403, "AccessDeniedException"),
        (404, "ResourceNotFoundException", 404, "ResourceNotFoundException"),
        (429, "ThrottlingException", 429, "ThrottlingException"),
        (400, "ServiceQuotaExceededException", 429, "ServiceQuotaExceededException"),
        (429, "ModelNotReadyException", 503, "ModelNotReadyException"),
        (408, "ModelTimeoutException", 504, "ModelTimeoutException"),
        (424, "ModelErrorException", 502, "ModelErrorException"),
        (424, "ModelStreamErrorException", 502, "ModelErrorException"),
        (500, "InternalServerException", 502, "InternalServerException"),
        (503, "ServiceUnavailableException", 503, "ServiceUnavailableException"),
        (403, "UnrecognizedClientException", 503, "ServiceUnavailableException"),
        (403, "InvalidSignatureException", 503, "ServiceUnavailableException"),
        (403, "ExpiredTokenException", 503, "ServiceUnavailableException"),
        (418, "NobodyKnowsException", 502, "InternalServerException"),
        (429, "NobodyKnowsException", 429, "ThrottlingException"),
    ],
)
def test_the_status_follows_the_cause(
    deploy: Deploy, operation: str, upstream_status: int, code: str, status: int, code_told: str
) -> None:
    # GIVEN a model that always fails in one way
    api = deploy()

    # WHEN it is called
    response = api.call(operation, {}, replies=[failure(upstream_status, code)] * 3)

    # THEN status and code say why
    assert response.status == status
    assert response.headers["x-amzn-errortype"] == code_told
    assert response.headers["x-request-id"] == "req-1"
    assert response.headers["x-llm-model"] == "fast"


@pytest.mark.parametrize(
    "words",
    [
        "Input is too long for requested model.",
        "The model returned the following errors: prompt is too long: 205000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
        "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000",
        "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens.",
        "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
    ],
)
def test_a_request_that_is_too_long_is_told_in_each_dialects_words(words: str) -> None:
    # GIVEN a model that has read as much as it can
    failure = of_code("ValidationException", words, FAST)
    # WHEN it is told to clients THEN they know that they have to shorten the conversation
    assert openai_errors.error_body(failure)["error"]["code"] == "context_length_exceeded"
    assert "prompt is too long" in anthropic_stream.error_body(failure, "req-1")["error"]["message"]


def test_a_containers_context_is_the_callers_to_mind() -> None:
    # GIVEN a container that refuses a prompt WHEN it is told THEN as what it is
    words = "This model's maximum context length is 8192 tokens."
    failure = of_code("ModelError", words, FAST, original_status=400)
    assert openai_errors.error_body(failure)["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    ("code", "words", "status", "told"),
    [
        (
            "ValidationException",
            "The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.",
            400,
            None,
        ),
        ("ValidationException", "Output blocked by content filtering policy", 400, "content_filter"),
        ("ThrottlingException", "Too many tokens per day, please wait.", 429, "insufficient_quota"),
        ("ThrottlingException", "Too many tokens, please wait.", 429, "rate_limit_exceeded"),
        (
            "ValidationException",
            "Invocation of model ID x with on-demand throughput isn\u2019t supported. Retry your request.",
            500,
            "server_error",
        ),
    ],
)
def test_words_tell_what_the_code_does_not(code: str, words: str, status: int, told: str | None) -> None:
    # GIVEN a refusal whose code says less than its words WHEN it is told THEN by its words
    failure = of_code(code, words, FAST)
    assert (failure.status, openai_errors.error_body(failure)["error"]["code"]) == (status, told)
    # THEN nobody repeats at once what can't succeed, and nobody pays for what was refused
    assert ("x-should-retry" in retry_headers(failure)) == (told != "rate_limit_exceeded")
    assert is_free(failure)


def test_an_error_without_a_code_is_told_by_its_status(deploy: Deploy) -> None:
    # GIVEN a page of a proxy in between
    page = answer(b"<html>Bad gateway</html>", {"content-type": "text/html"}, 503)

    # WHEN it answers
    response = deploy().call("invoke", {}, replies=[page] * 3)

    # THEN it counts as what its status says
    assert response.status == 503


def test_a_message_keeps_its_words_but_no_arn_and_no_account(deploy: Deploy) -> None:
    # GIVEN a message that names internal things
    message = "Model arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:provisioned-model/abc of 123456789012: too long."

    # WHEN it is passed on
    response = deploy().call("invoke", {}, replies=[failure(400, "ValidationException", message)])

    # THEN the words are there, the names are not
    assert message_of(response) == "Model (ARN) of (account): too long."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'Received client error (400) from primary with message "bad". See https://us-east-1.console.aws.amazon.com/'
            "cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/sagemaker/acme in account 123456789012.",
            'Received client error (400) from primary with message "bad". See (address) in account (account).',
        ),
        ("No route to 10.0.3.17:8080 or ip-10-0-3-17.ec2.internal.", "No route to (address) or (address)."),
        ('Failed: Traceback (most recent call last):\n  File "/opt/model.py", line 3', "Failed:"),
        (
            "See https://docs.aws.amazon.com/bedrock/x.html, v1.2.3.",
            "See https://docs.aws.amazon.com/bedrock/x.html, v1.2.3.",
        ),
    ],
)
def test_a_message_tells_neither_where_something_runs_nor_its_stack(deploy: Deploy, said: str, told: str) -> None:
    response = deploy().call("invoke", {}, replies=[failure(400, "ValidationException", said)])
    assert message_of(response) == told


def test_a_denial_by_iam_is_told_in_our_words(deploy: Deploy) -> None:
    # GIVEN a role that may not call the model
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, replies=[failure(403, "AccessDeniedException", DENIED_BY_IAM)])

    # THEN the caller learns whose role it is, and only the log has the ARNs
    assert response.status == 403
    assert "This deployment's own role may not call model 'fast'" in message_of(response)
    assert "arn:" not in message_of(response)
    assert api.log["reason"] == DENIED_BY_IAM


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
        (
            403,
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS "
            "Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe)",
        ),
        (
            404,
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account. Fill out the Anthropic use case details "
            "form before using the model.",
        ),
    ],
)
def test_an_account_that_has_not_enabled_a_model_is_told_so(
    deploy: Deploy, status: int, code: str, message: str
) -> None:
    # GIVEN an account that never used the model
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, replies=[failure(status, code, message)])

    # THEN the message says what to do
    assert response.status == 403
    assert "has not enabled model 'fast'" in message_of(response)
    assert "aws-marketplace:Subscribe" in message_of(response)


@pytest.mark.parametrize(
    "message",
    [
        "This model version has reached the end of its life. Please refer to the AWS documentation.",
        "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in "
        "the last 30 days. Please upgrade to an active model on Amazon Bedrock",
    ],
)
def test_an_ended_model_is_told_so_and_not_asked_again(deploy: Deploy, message: str) -> None:
    # GIVEN a model past its end of life, or near it
    api = deploy()

    # WHEN it is called
    response = api.call("invoke", {}, replies=[failure(404, "ResourceNotFoundException", message)])

    # THEN it is a 404 that says so
    assert response.status == 404
    assert "past its end of life" in message_of(response)
    assert len(api.wire.received) == 1


def test_an_operation_that_bedrock_does_not_know_is_no_answer(deploy: Deploy) -> None:
    # GIVEN Bedrock's 200 for a path that it doesn't know
    api = deploy()
    unknown = {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"}

    # WHEN a model is called THEN that is no model's answer
    response = api.call("invoke", {}, replies=[unknown])
    assert response.status >= 500, message_of(response)


def test_throttling_says_when_to_come_back(deploy: Deploy) -> None:
    # GIVEN a throttle that names a time
    throttled = failure(429, "ThrottlingException", headers={"retry-after": "7"})

    # WHEN it stays
    response = deploy().call("invoke", {}, replies=[throttled] * 3)

    # THEN the caller gets that time
    assert response.headers["retry-after"] == "7"


def test_throttling_without_a_time_gets_ours(deploy: Deploy) -> None:
    # GIVEN a throttle as Bedrock sends it
    throttled = failure(429, "ThrottlingException")

    # WHEN it stays
    response = deploy().call("invoke", {}, replies=[throttled] * 3)

    # THEN there is a time nevertheless
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("original", "status"), [(400, 400), (422, 400), (500, 502), (None, 502)])
def test_a_containers_refusal_is_the_callers_and_its_crash_is_not(
    deploy: Deploy, original: int | None, status: int
) -> None:
    # GIVEN a SageMaker container that answers with a status of its own
    api = deploy(Target("tuned", None, "sagemaker", endpoint=Endpoint("acme")))
    body = {"Message": "Received client error", "OriginalStatusCode": original}

    # WHEN it is invoked
    failed = answer(body, {"x-amzn-errortype": "ModelError"}, 424)
    response = api.call("invoke", {}, model="tuned", replies=[failed])

    # THEN only a refusal is a 4xx
    assert response.status == status


def test_an_endpoint_that_is_gone_is_no_fault_of_the_caller(deploy: Deploy) -> None:
    # GIVEN an endpoint that was deleted: SageMaker answers 400
    api = deploy(Target("tuned", None, "sagemaker", endpoint=Endpoint("acme")))
    gone = failure(400, "ValidationError", "Endpoint acme of account 123456789012 not found.")

    # WHEN it is invoked
    response = api.call("invoke", {}, model="tuned", replies=[gone] * 3)

    # THEN that is a 503
    assert response.status == 503


def test_a_first_frame_that_is_an_exception_has_a_status(deploy: Deploy) -> None:
    # GIVEN a stream that opens with 200, and fails before it says anything
    from llm_api.eventstream import exception

    api = deploy()

    # WHEN it is read
    frames = stream(exception("modelStreamErrorException", "It broke."), chunk({}))
    response = api.call("invoke-with-response-stream", {}, replies=[frames])

    # THEN the caller gets an error instead of a stream
    assert response.status == 502
    assert message_of(response) == "It broke."


@pytest.mark.parametrize("name", ["accept", "content-type", "x-amzn-bedrock-trace", "x-amzn-bedrock-request-metadata"])
@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_no_header_of_a_caller_becomes_two(deploy: Deploy, operation: str, name: str) -> None:
    # GIVEN a value that ends its line, as no gateway passes it, but as somebody may who invokes the function directly
    name = "x-amzn-bedrock-accept" if (operation, name) == ("invoke-with-response-stream", "accept") else name
    headers = {"content-type": "application/json", name: 'application/json\r\nx-amzn-bedrock-guardrailversion: {"a":1}'}
    api = deploy()

    # WHEN it is sent
    response = api.call(operation, {}, headers=headers, replies=[answer()])

    # THEN it is the caller's fault, and nobody was asked
    assert response.status == 400
    assert api.wire.received == []
    api.wire.replies.clear()


def test_a_refused_signature_is_told_without_the_request_that_aws_repeats() -> None:
    words = (
        "The request signature we calculated does not match. The Canonical String for this request should have been\n"
        "'POST\n/model/x/invoke\n\nx-amz-security-token:S3CR3T\n'"
    )
    refused = of_code("InvalidSignatureException", words, FAST, status=403)
    assert "does not match" in f"{vars(refused)}"
    assert "S3CR3T" not in f"{vars(refused)}"
