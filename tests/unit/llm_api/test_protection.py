"""What would change the price or the protection of a declared model is refused or overwritten."""

import pytest
from llm_api.registry import Guardrail, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import (
    ANSWER,
    CLAUDE_STREAM,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    answer,
    failure,
    message_of,
    stream,
    whole,
)

ARN = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"
GUARDED = Target("fast", "anthropic.claude", "anthropic", guardrail=Guardrail(ARN, "3"))
S3_VIDEO = {"video": {"source": {"s3Location": {"uri": "s3://a/b"}}}}
S3_RESULT = {"toolResult": {"toolUseId": "t", "content": [{"document": {"source": {"s3Location": {}}}}]}}
TOOL = {"toolSpec": {"name": "copy", "inputSchema": {"json": {"properties": {"s3Location": {"type": "string"}}}}}}
TOOL_USE = {"toolUse": {"toolUseId": "t", "name": "copy", "input": {"s3Location": "x"}}}
TOOL_RESULT = {"toolResult": {"toolUseId": "t", "content": [{"json": {"s3Location": "x"}}]}}
BETA = Target("fast", "anthropic.claude", "anthropic", betas=frozenset({"context-1m-2025-08-07"}))
THEIRS = {"x-amzn-bedrock-guardrailidentifier": "weak", "x-amzn-bedrock-guardrailversion": "DRAFT"}


@pytest.mark.parametrize("headers", [{}, THEIRS])
@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_invoke_carries_the_declared_guardrail(deploy: Deploy, operation: str, headers: dict[str, str]) -> None:
    # GIVEN a guarded model, and a caller who brings none or another guardrail
    api = deploy(GUARDED)
    reply = answer() if operation == "invoke" else stream(*CLAUDE_STREAM)

    # WHEN it is called
    whole(api.call(operation, {}, headers=headers, replies=[reply]))

    # THEN Bedrock was sent the declared one
    received = api.wire.received[0].headers
    assert received["x-amzn-bedrock-guardrailidentifier"] == ARN
    assert received["x-amzn-bedrock-guardrailversion"] == "3"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (None, {}),
        ("nonsense", {}),
        ({"guardrailIdentifier": "weak", "guardrailVersion": "DRAFT"}, {}),
        ({"trace": "enabled", "streamProcessingMode": "async", "new": 1}, {"trace": "enabled"}),
    ],
)
@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_converse_carries_the_declared_guardrail(
    deploy: Deploy, operation: str, asked: object, kept: dict[str, str]
) -> None:
    # GIVEN a guarded model, and a caller who brings none or another guardrail
    api = deploy(GUARDED)
    body = {"messages": []} if asked is None else {"messages": [], "guardrailConfig": asked}
    reply = answer(CONVERSE_ANSWER) if operation == "converse" else stream(*CONVERSE_STREAM)

    # WHEN it is called
    whole(api.call(operation, body, replies=[reply]))

    # THEN Bedrock was sent the declared one; of the caller's only what doesn't weaken it
    assert api.wire.received[0].json["guardrailConfig"] == {
        **kept,
        "guardrailIdentifier": ARN,
        "guardrailVersion": "3",
    }


def test_every_repeat_carries_the_guardrail(deploy: Deploy) -> None:
    # GIVEN a guarded model that is throttled at first
    api = deploy(GUARDED)

    # WHEN it is called
    api.call("invoke", {}, replies=[failure(429, "ThrottlingException"), answer()])

    # THEN both requests carried it
    sent = [received.headers["x-amzn-bedrock-guardrailidentifier"] for received in api.wire.received]
    assert sent == [ARN, ARN]


@pytest.mark.parametrize(
    ("operation", "body", "headers", "named"),
    [
        ("invoke", {}, THEIRS, "guardrailidentifier"),
        ("invoke", {"amazon-bedrock-guardrailConfig": {"tagSuffix": "x"}}, {}, "amazon-bedrock-guardrailConfig"),
        ("invoke", {"service_tier": "priority"}, {}, "service_tier"),
        ("invoke", {"performanceConfig": {"latency": "optimized"}}, {}, "performanceConfig"),
        ("invoke", {"anthropic_beta": ["context-1m-2025-08-07"]}, {}, "context-1m-2025-08-07"),
        ("invoke", {"anthropic_beta": {"a": 1}}, {}, "anthropic_beta"),
        ("invoke", {}, {"x-amzn-bedrock-performanceconfig-latency": "optimized"}, "performanceconfig-latency"),
        ("invoke", {}, {"x-amzn-bedrock-service-tier": "priority"}, "service-tier"),
        ("invoke", {}, {"x-amzn-bedrock-brand-new": "1"}, "x-amzn-bedrock-brand-new"),
        ("invoke", {}, {"x-amzn-bedrock-trace": "MAYBE"}, "x-amzn-bedrock-trace"),
        ("invoke", {"messages": [{"content": [S3_VIDEO]}]}, {}, "s3Location"),
        ("converse", {"guardrailConfig": {}}, {}, "guardrailConfig"),
        ("converse", {"performanceConfig": {"latency": "optimized"}}, {}, "performanceConfig"),
        ("converse", {"serviceTier": {"type": "priority"}}, {}, "serviceTier"),
        ("converse", {"promptVariables": {}}, {}, "promptVariables"),
        ("converse", {"brandNew": 1}, {}, "brandNew"),
        ("converse", {"additionalModelRequestFields": {"anthropic_beta": ["x"]}}, {}, "anthropic_beta"),
        ("converse", {"additionalModelRequestFields": {"service_tier": "flex"}}, {}, "service_tier"),
        ("converse", {"messages": [{"content": [{"image": {"source": {"s3Location": {}}}}]}]}, {}, "s3Location"),
        ("converse", {"messages": [{"content": [S3_RESULT]}]}, {}, "s3Location"),
        ("converse", {"system": [{"text": "x"}, {"s3Location": {}}]}, {}, "s3Location"),
    ],
)
def test_what_is_not_declared_is_refused_by_name(
    deploy: Deploy, operation: str, body: dict[str, object], headers: dict[str, str], named: str
) -> None:
    # GIVEN a model declared without guardrail and betas
    api = deploy()

    # WHEN a caller asks for what changes its price or protection
    response = api.call(operation, body, headers=headers)

    # THEN the message names the field, and no model was asked
    assert response.status == 400
    assert response.headers["x-amzn-errortype"] == "ValidationException"
    assert named.lower() in message_of(response).lower()
    assert api.wire.received == []


TAGGED = {"amazon-bedrock-guardrailConfig": {"tagSuffix": "x"}}
MARKED = {"guardContent": {"text": {"text": "Hi"}}}
MARKING = [
    ("invoke", TAGGED),
    ("converse", {"additionalModelRequestFields": TAGGED}),
    ("converse", {"messages": [{"role": "user", "content": [{"text": "bad"}, MARKED]}]}),
    ("converse-stream", {"messages": [], "system": [MARKED]}),
]


@pytest.mark.parametrize(("operation", "body"), MARKING)
def test_nobody_marks_what_the_guardrail_checks(deploy: Deploy, operation: str, body: dict[str, object]) -> None:
    # GIVEN a guarded model
    api = deploy(GUARDED)

    # WHEN a caller marks one part of the input, which leaves all others unchecked
    response = api.call(operation, body)

    # THEN that is refused, and the message says who may allow it
    assert response.status == 400
    assert "exempts all others" in message_of(response)
    assert api.wire.received == []


@pytest.mark.parametrize(("operation", "body"), MARKING)
def test_input_is_marked_where_the_deployment_lets_it_be(
    deploy: Deploy, operation: str, body: dict[str, object]
) -> None:
    # GIVEN a guardrail whose deployment trusts its callers, for what needs marks: a source to be grounded in
    api = deploy(GUARDED._replace(guardrail=Guardrail(ARN, "3", input_tags=True)))
    reply = answer(ANSWER) if operation == "invoke" else answer(CONVERSE_ANSWER)

    # WHEN a caller marks a part of the input, THEN it passes
    response = api.call(
        operation, body, replies=[stream(*CONVERSE_STREAM) if operation == "converse-stream" else reply]
    )
    whole(response)
    assert response.status == 200
    assert api.wire.received[0].json.items() >= body.items()


@pytest.mark.parametrize("asked", [{"streamProcessingMode": "ASYNCHRONOUS"}, "x"])
def test_no_stream_is_read_before_it_is_checked(deploy: Deploy, asked: object) -> None:
    # GIVEN a guardrail that lets callers mark their input
    api = deploy(GUARDED._replace(guardrail=Guardrail(ARN, "3", input_tags=True)))

    # WHEN a caller wants the stream before the guardrail has read it
    response = api.call("invoke-with-response-stream", {"amazon-bedrock-guardrailConfig": asked})

    # THEN that is refused
    assert response.status == 400
    assert api.wire.received == []


def test_a_beta_that_is_hidden_by_an_escape_is_found(deploy: Deploy) -> None:
    # GIVEN a field's name written with an escape
    body = b'{"anthropic_b\\u0065ta": ["x"]}'

    # WHEN it is sent
    response = deploy().call("invoke", body)

    # THEN it is what it is
    assert response.status == 400


def test_a_field_given_twice_is_refused(deploy: Deploy) -> None:
    # GIVEN two limits, of which the model may read another than was checked here
    body = b'{"max_tokens": 1, "max_tokens": 100000}'

    # WHEN it is sent
    response = deploy().call("invoke", body)

    # THEN it is refused
    assert response.status == 400
    assert "twice" in message_of(response)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("invoke", {"anthropic_beta": ["context-1m-2025-08-07"]}),
        ("converse", {"additionalModelRequestFields": {"anthropic_beta": ["context-1m-2025-08-07"]}}),
    ],
)
def test_a_declared_beta_passes(deploy: Deploy, operation: str, body: dict[str, object]) -> None:
    # GIVEN a model declared with a beta
    api = deploy(BETA)

    # WHEN it is asked for
    response = api.call(operation, body, replies=[answer(CONVERSE_ANSWER)])

    # THEN it reaches the model
    assert response.status == 200
    assert api.wire.received[0].json == body


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("converse", {"toolConfig": {"tools": [TOOL]}}),
        ("converse", {"messages": [{"content": [TOOL_USE]}]}),
        ("converse", {"messages": [{"content": [TOOL_RESULT]}]}),
        ("invoke", {"messages": [{"content": [{"type": "tool_use", "id": "t", "input": {"s3Location": "x"}}]}]}),
        ("invoke", {"tools": [{"name": "copy", "input_schema": {"properties": {"s3Location": {}}}}]}),
        ("invoke", {"messages": [{"content": "What is an s3Location?"}]}),
    ],
)
def test_a_tool_may_have_a_field_of_that_name(deploy: Deploy, operation: str, body: dict[str, object]) -> None:
    # GIVEN a tool of the caller's whose own JSON says s3Location
    api = deploy()

    # WHEN it is declared, called or answered
    response = api.call(operation, body, replies=[answer(CONVERSE_ANSWER)])

    # THEN that is nobody's business
    assert response.status == 200


def test_a_prompt_of_prompt_management_is_refused(deploy: Deploy) -> None:
    # GIVEN the ARN of a prompt
    name = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2FABC%3A1"

    # WHEN it stands in a model's place
    response = deploy().call("converse", {}, model=name)

    # THEN the caller learns what to do
    assert response.status == 400
    assert "prompt management" in message_of(response)
