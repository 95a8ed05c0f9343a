"""`max_output_tokens`: asked for more, refused; not asked for, inserted."""

from itertools import product
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
SYNONYMS = [
    ("nova", {"inferenceConfig": {"max_new_tokens": 100}}, {"inferenceConfig": {"maxTokens": 100}}),
    ("openai", {"max_tokens": 100}, {"max_completion_tokens": 100}),
    ("openai", {"max_tokens": 100, "max_completion_tokens": 100}, {"max_completion_tokens": 100}),
    ("openai", {"max_tokens": None}, {"max_completion_tokens": 100}),
    ("qwen", {"max_completion_tokens": 100}, {"max_tokens": 100}),
    ("other", {"max_completion_tokens": 100}, {"max_tokens": 100}),
    ("mistral", {"max_completion_tokens": 100, "max_tokens": None}, {"max_tokens": 100}),
]
PROMPTS = [
    ("anthropic", {"prompt": "Hi", "max_tokens_to_sample": 100}),
    ("llama", {"messages": [], "max_tokens": 100}),
    ("other", {"inputs": "Hi", "parameters": {"max_new_tokens": 100}}),
    ("sagemaker", {"inputs": "Hi", "parameters": {"max_new_tokens": 100}}),
    ("sagemaker", {"inputs": "Hi", "messages": [], "max_tokens": 100, "parameters": {"max_new_tokens": 100}}),
]
NAMES = (
    "max_tokens",
    "maxTokens",
    "MAX_TOKENS",
    "max-tokens",
    "max_to\u212aens",
    "max_tokens_to_sample",
    "maxTokenCount",
    "max_gen_len",
    "max_completion_tokens",
    "max_new_tokens",
    "max_output_tokens",
    "maxOutputTokens",
    "num_predict",
)
PLACES = (
    "",
    "inferenceConfig",
    "inferenceconfig",
    "textGenerationConfig",
    "parameters",
    "generation_config",
    "options",
)


def limited(family: str) -> Target:
    return Target("m", "some.model", family, max_output_tokens=100)


def one_more(body: dict[str, Any]) -> dict[str, Any]:
    return {name: _one_more(value) for name, value in body.items()}


def _one_more(value: Any) -> Any:
    if isinstance(value, dict):
        return one_more(value)
    return value + 1 if isinstance(value, int) else value


def limits_of(body: dict[str, Any]) -> list[Any]:
    """Every value in a body whose name speaks of tokens or lengths, by whatever spelling."""
    own = [value for name, value in body.items() if "tok" in name.lower() or "len" in name.lower() or "num" in name]
    return own + [limit for value in body.values() if isinstance(value, dict) for limit in limits_of(value)]


@pytest.mark.parametrize(("family", "expected"), FIELDS)
def test_a_missing_limit_is_inserted(deploy: Deploy, family: str, expected: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body without one is sent
    api.call("invoke", {"text": "hi"}, model="m", replies=[answer()])

    # THEN the model got it, in its family's field
    assert api.wire.received[0].json == {"text": "hi", **expected}


@pytest.mark.parametrize(("family", "body"), FIELDS + PROMPTS)
def test_a_limit_within_the_limit_passes_as_it_came(deploy: Deploy, family: str, body: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body with the same one is sent
    api.call("invoke", body, model="m", replies=[answer()])

    # THEN it was not touched
    assert api.wire.received[0].json == body


@pytest.mark.parametrize(("family", "body"), FIELDS + PROMPTS)
def test_more_than_the_limit_is_refused(deploy: Deploy, family: str, body: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body asks for one more
    response = api.call("invoke", one_more(body), model="m")

    # THEN the message says how many there are
    assert response.status == 400
    assert "at most 100 output tokens" in message_of(response)
    assert api.wire.received == []


@pytest.mark.parametrize(("family", "body", "expected"), SYNONYMS)
def test_a_synonym_is_renamed(deploy: Deploy, family: str, body: dict[str, Any], expected: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN a body limits itself by another name of its family's callers
    api.call("invoke", body, model="m", replies=[answer()])

    # THEN the model got one limit, under the name that it obeys
    assert api.wire.received[0].json == expected


@pytest.mark.parametrize("family", [*(family for family, _ in FIELDS), "sagemaker", "moonshot", "of-tomorrow"])
def test_a_foreign_name_of_a_limit_lifts_none(deploy: Deploy, family: str) -> None:
    # GIVEN a model with a limit, and the body that it gets where nothing was asked for
    api = deploy(limited(family))
    api.call("invoke", {"messages": []}, model="m", replies=[answer()])
    usual = api.wire.received.pop().json

    # WHEN another name of a limit, of whatever family, spelling and place, asks for one token
    for name, place in product(NAMES, PLACES):
        body: dict[str, Any] = {"messages": [], **({place: {name: 1}} if place else {name: 1})}
        response = api.call("invoke", body, model="m", replies=[answer()])

        # THEN it is refused, or what the model obeys says the same and nothing else is left
        if response.status == 400:
            assert "in its place" in message_of(response)
            assert api.wire.received == []
        else:
            sent = api.wire.received.pop().json
            assert limits_of(sent) == [1]
            assert usual.keys() <= sent.keys()


@pytest.mark.parametrize("family", [family for family, _ in FIELDS])
def test_converse_has_one_limit_too(deploy: Deploy, family: str) -> None:
    # GIVEN a model with a limit
    api = deploy(limited(family))

    # WHEN any name of a limit comes in through the side door, beside Converse's own or alone
    for name, beside in product(NAMES, ({}, {"inferenceConfig": {"maxTokens": 1}})):
        for additional in ({name: 1}, {"inferenceConfig": {name: 1}}, {"parameters": {name: 1}}):
            sent: dict[str, Any] = {"messages": [], **beside, "additionalModelRequestFields": additional}
            response = api.call("converse", sent, model="m", replies=[answer(CONVERSE_ANSWER)])

            # THEN it is refused, or Converse's own field says it and nothing else does
            assert response.status in (200, 400)
            if response.status == 200:
                assert limits_of(api.wire.received.pop().json) == [1]


def test_two_limits_that_differ_are_refused(deploy: Deploy) -> None:
    # GIVEN a family with two names for its limit
    body = {"max_completion_tokens": 5, "max_tokens": 6}

    # WHEN they say different things
    response = deploy(limited("openai")).call("invoke", body, model="m")

    # THEN the body is refused, and the message says what to send
    assert response.status == 400
    assert "Send max_completion_tokens alone" in message_of(response)


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


@pytest.mark.parametrize(
    "asked",
    [
        {"n": 5},
        {"n": "5"},
        {"N": 5},
        {"n": 2.0},
        {"n": [5]},
        {"best_of": 5},
        {"num_generations": 5},
        {"numResults": 5},
        {"num_return_sequences": 5},
        {"parameters": {"best_of": 5}},
        {"parameters": {"num_return_sequences": 5}},
    ],
)
def test_several_answers_are_refused(deploy: Deploy, asked: dict[str, Any]) -> None:
    # GIVEN a model with a limit
    api = deploy(limited("jamba"))

    # WHEN several answers are asked for, each as long as the limit
    response = api.call("invoke", {"max_tokens": 100, **asked}, model="m")

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
