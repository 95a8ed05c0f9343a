"""`max_output_tokens`: asked for more, refused; not asked for, inserted."""

from typing import Any

import pytest
from llm_api.registry import Endpoint, Target

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import CONVERSE_ANSWER, answer, message_of

FIELDS = [
    ("anthropic", {"max_tokens": 100}),
    ("nova", {"inferenceConfig": {"maxTokens": 100}}),
    ("titan-text", {"textGenerationConfig": {"maxTokenCount": 100}}),
    ("llama", {"max_gen_len": 100}),
    ("mistral", {"max_tokens": 100}),
    ("cohere-command", {"max_tokens": 100}),
    ("jamba", {"max_tokens": 100}),
    ("deepseek", {"max_tokens": 100}),
    ("openai", {"max_completion_tokens": 100}),
    ("qwen", {"max_tokens": 100}),
    ("other", {"max_tokens": 100}),
]
OTHER_NAMES = [
    ("anthropic", {"max_tokens_to_sample": 100}),
    ("nova", {"inferenceConfig": {"max_new_tokens": 100}}),
    ("openai", {"max_tokens": 100}),
    ("qwen", {"max_completion_tokens": 100}),
]


def limited(family: str) -> Target:
    return Target("m", "some.model", family, max_output_tokens=100)


def one_more(body: dict[str, Any]) -> dict[str, Any]:
    return {name: one_more(value) if isinstance(value, dict) else value + 1 for name, value in body.items()}


@pytest.mark.parametrize(("family", "expected"), FIELDS)
def test_a_missing_limit_is_inserted(deploy: Deploy, family: str, expected: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body without one is sent
    api.call("invoke", {"text": "hi"}, model="m", replies=[answer()])

    # THEN the model got it, in its family's field
    assert api.wire.received[0].json == {"text": "hi", **expected}


@pytest.mark.parametrize(("family", "body"), FIELDS + OTHER_NAMES)
def test_a_limit_within_the_limit_passes_as_it_came(deploy: Deploy, family: str, body: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body with the same one is sent
    api.call("invoke", body, model="m", replies=[answer()])

    # THEN it was not touched
    assert api.wire.received[0].json == body


@pytest.mark.parametrize(("family", "body"), FIELDS + OTHER_NAMES)
def test_more_than_the_limit_is_refused(deploy: Deploy, family: str, body: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body asks for one more
    response = api.call("invoke", one_more(body), model="m")

    # THEN the message says how many there are
    assert response.status == 400
    assert "at most 100 output tokens" in message_of(response)
    assert api.wire.received == []


def test_one_of_two_names_is_not_enough(deploy: Deploy) -> None:
    # GIVEN a family with two names for its limit
    body = {"max_completion_tokens": 5, "max_tokens": 101}

    # WHEN one of them is within the limit and one is not
    response = deploy(limited("openai")).call("invoke", body, model="m")

    # THEN the body is refused
    assert response.status == 400


def test_converse_has_one_field_for_all(deploy: Deploy) -> None:
    # GIVEN a model with a limit
    api = deploy(limited("llama"))

    # WHEN bodies without, within and beyond it are sent
    for body in ({"messages": []}, {"inferenceConfig": {"topP": 1}}, {"inferenceConfig": {"maxTokens": 7}}):
        api.call("converse", body, model="m", replies=[answer(CONVERSE_ANSWER)])
    refused = api.call("converse", {"inferenceConfig": {"maxTokens": 101}}, model="m")

    # THEN it is inserted beside what is there, kept, and guarded
    assert [received.json["inferenceConfig"] for received in api.wire.received] == [
        {"maxTokens": 100},
        {"topP": 1, "maxTokens": 100},
        {"maxTokens": 7},
    ]
    assert refused.status == 400


@pytest.mark.parametrize(
    ("family", "additional"),
    [("anthropic", {"max_tokens": 101}), ("nova", {"inferenceConfig": {"maxTokens": 101}}), ("openai", {"n": 2})],
)
def test_additional_fields_are_no_way_around(deploy: Deploy, family: str, additional: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN the family's own field comes in through the side door
    response = api.call("converse", {"additionalModelRequestFields": additional}, model="m")

    # THEN it is refused
    assert response.status == 400


@pytest.mark.parametrize("value", ["100", 1.5, True, [], {}, 0, -1, -(10**30)])
def test_a_limit_that_is_none_is_refused(deploy: Deploy, value: object) -> None:
    # GIVEN a model with a limit
    api = deploy(limited("anthropic"))

    # WHEN the caller's is something that a model may read as a number, or as no limit at all
    response = api.call("invoke", {"max_tokens": value}, model="m")

    # THEN it is refused
    assert response.status == 400
    assert "max_tokens" in message_of(response)


def test_null_is_no_limit(deploy: Deploy) -> None:
    # GIVEN a body with a null
    api = deploy(limited("nova"))

    # WHEN it is sent
    api.call("invoke", {"inferenceConfig": None}, model="m", replies=[answer()])

    # THEN the limit takes its place
    assert api.wire.received[0].json == {"inferenceConfig": {"maxTokens": 100}}


def test_several_answers_are_refused(deploy: Deploy) -> None:
    # GIVEN a model with a limit
    api = deploy(limited("jamba"))

    # WHEN five answers are asked for, each as long as the limit
    response = api.call("invoke", {"max_tokens": 100, "n": 5}, model="m")

    # THEN that is refused
    assert response.status == 400


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"messages": []}, {"messages": [], "max_tokens": 100}),
        ({"inputs": "Hi"}, {"inputs": "Hi", "parameters": {"max_new_tokens": 100}}),
        ({"inputs": "Hi", "parameters": {"max_new_tokens": 5}}, {"inputs": "Hi", "parameters": {"max_new_tokens": 5}}),
    ],
)
def test_an_endpoint_gets_its_containers_field(deploy: Deploy, body: object, expected: object) -> None:
    # GIVEN an endpoint with a limit
    target = Target("m", None, "sagemaker", max_output_tokens=100, endpoint=Endpoint("acme"))
    api = deploy(target)

    # WHEN either of the formats that containers speak is sent
    api.call("invoke", body, model="m", replies=[answer()])

    # THEN the limit stands in its field
    assert api.wire.received[0].json == expected


def test_a_body_that_cannot_be_limited_is_refused(deploy: Deploy) -> None:
    # GIVEN an endpoint with a limit
    target = Target("m", None, "sagemaker", max_output_tokens=100, endpoint=Endpoint("acme"))

    # WHEN something else than JSON is sent
    response = deploy(target).call("invoke", b"1,2", model="m", headers={"content-type": "text/csv"})

    # THEN it is refused
    assert response.status == 400


def test_families_without_output_tokens_are_left_alone(deploy: Deploy) -> None:
    # GIVEN an embedding model with a limit that means nothing to it
    api = deploy(limited("titan-embed"))

    # WHEN it is called
    api.call("invoke", {"inputText": "x"}, model="m", replies=[answer({"embedding": [1]})])

    # THEN its body was not touched
    assert api.wire.received[0].json == {"inputText": "x"}


def test_without_a_limit_nothing_is_inserted(deploy: Deploy) -> None:
    # GIVEN a model without a limit
    api = deploy()

    # WHEN a body without one is sent
    api.call("invoke", {}, replies=[answer()])

    # THEN it was not touched
    assert api.wire.received[0].body == b"{}"
