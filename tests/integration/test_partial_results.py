"""A model that isn't done when the time is up, on the applied module: a part of its answer, a fallback's, or a 504."""

from concurrent.futures import ThreadPoolExecutor

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config

from tests.clients.drivers import anthropic_plain, openai_plain
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, SENTENCE, TEXT, Dialect
from tests.integration.logs import line_of
from tests.support import Api, Reply, send

THRIFTY = "sk-thrifty"
"""The key of the tenant whose tokens are counted; the stack holds its hash."""

STORY = " ".join(f"word{number}" for number in range(60))
"""Far more than comes in two seconds from a model that is slow."""

QUESTION = f"Repeat after me: {STORY}"
MESSAGES = [{"role": "user", "content": QUESTION}]
BLOCKS = [{"role": "user", "content": [{"text": QUESTION}]}]
SLOW_MILLISECONDS = 250

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@pytest.fixture(autouse=True)
def trusted(hurried: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDKs trust the deployment's certificate, and boto3 has its key."""
    monkeypatch.setenv("SSL_CERT_FILE", hurried.ca_file)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", hurried.key)


def ask(api: Api, dialect: Dialect, model: str, key: str = "", text: str = SENTENCE) -> Reply:
    path, body = dialect.request(model, text, stream=False)
    return send(api, "POST", path, body, key=key)


def used(api: Api) -> int:
    """What the thrifty tenant has used today."""
    reply = send(api, "GET", "/v1/usage", key=THRIFTY)
    tokens: int = reply.json()["windows"]["day"]["tokens"]["used"]
    return tokens


def boto3_client(api: Api) -> object:
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        "bedrock-runtime", endpoint_url=api.url, region_name="us-east-1", verify=api.ca_file, config=config
    )


def test_every_sdk_reads_a_part_of_an_answer(hurried: Api) -> None:
    # GIVEN a model that takes a quarter of a second for each piece of its answer, of which there is time for a few
    hurried.aws.faults.add("pace", model="haiku", times=None, milliseconds=SLOW_MILLISECONDS)

    # WHEN each SDK asks for the whole of it, all at once
    with ThreadPoolExecutor(4) as callers:
        chat = callers.submit(openai_plain, hurried, "chat.completions.create", model="patient", messages=MESSAGES)
        message = callers.submit(
            anthropic_plain, hurried, "messages.create", model="patient", max_tokens=200, messages=MESSAGES
        )
        client = boto3_client(hurried)
        said = callers.submit(client.converse, modelId="patient", messages=BLOCKS)  # type: ignore[attr-defined]
        texts_and_reasons = [
            (chat.result().choices[0].message.content, chat.result().choices[0].finish_reason),
            (message.result().content[0].text, message.result().stop_reason),
            (said.result()["output"]["message"]["content"][0]["text"], said.result()["stopReason"]),
        ]
    hurried.aws.faults.clear()

    # THEN each has the beginning, with its own word for an answer that is too long, and its numbers
    for text, _ in texts_and_reasons:
        assert STORY.startswith(text)
        assert text not in ("", STORY)
    assert [reason for _, reason in texts_and_reasons] == ["length", "max_tokens", "max_tokens"]
    assert chat.result().usage.completion_tokens > 0
    assert message.result().usage.output_tokens > 0
    assert said.result()["usage"]["totalTokens"] > 0


@every_dialect
def test_a_part_of_an_answer_says_that_it_is_one(hurried: Api, dialect: Dialect) -> None:
    # GIVEN the same model
    hurried.aws.faults.add("pace", model="haiku", times=None, milliseconds=SLOW_MILLISECONDS)

    # WHEN it is asked in a dialect
    reply = ask(hurried, dialect, "patient", text=QUESTION)
    hurried.aws.faults.clear()

    # THEN the header and the log line tell
    assert reply.status == 200, reply.body
    assert STORY.startswith(dialect.text(reply.body))
    assert reply.headers["x-llm-partial"] == "true"
    line = line_of(hurried, reply.headers)
    assert (line["partial"], line["tokens_estimated"], line["attempts"]) == (True, True, 1)


@every_dialect
def test_an_answer_in_time_is_the_same_as_without(hurried: Api, dialect: Dialect) -> None:
    # WHEN the same model is asked under both names
    whole, put_together = ask(hurried, dialect, "fast"), ask(hurried, dialect, "patient")

    # THEN what was read as a stream is the same answer, with the same numbers
    assert put_together.status == 200
    assert "x-llm-partial" not in put_together.headers
    for answer in (one := whole.json(), other := put_together.json()):
        for name in ("created", "created_at", "completed_at", "model", "id"):
            answer.pop(name, None)
        for item in answer["output"] if isinstance(answer.get("output"), list) else []:
            item.pop("id")
    assert one == other
    kept = [name for name in whole.headers if name.startswith("x-amzn-bedrock-")]
    assert [whole.headers[name] for name in kept] == [put_together.headers.get(name) for name in kept]


@every_dialect
def test_a_fallback_answers_in_time(hurried: Api, dialect: Dialect) -> None:
    # GIVEN a model that says nothing
    hurried.aws.faults.add("stall", model="haiku", times=None, seconds=20.0)

    # WHEN it is asked for what its fallback may answer instead
    reply = ask(hurried, dialect, "hasty")
    hurried.aws.faults.clear()

    # THEN the fallback has answered in the time that was left
    assert reply.status == 200, reply.body
    assert dialect.text(reply.body) == TEXT
    assert reply.headers["x-llm-model"] == "spare"
    line = line_of(hurried, reply.headers)
    assert (line["fallback"], line["attempts"]) == (True, 2)


def test_nothing_in_time_is_an_error_for_every_sdk(hurried: Api) -> None:
    # GIVEN models that say nothing
    hurried.aws.faults.add("stall", times=None, seconds=20.0)

    # WHEN / THEN each SDK raises, and none of them is told to try again
    for model in ("patient", "hasty"):
        reply = ask(hurried, CONVERSE, model)
        assert (reply.status, reply.headers["x-amzn-errortype"]) == (504, "ModelTimeoutException")
        assert "retry-after" not in reply.headers
    with pytest.raises(openai.InternalServerError):
        openai_plain(hurried, "chat.completions.create", model="hasty", messages=MESSAGES)
    with pytest.raises(anthropic.InternalServerError):
        anthropic_plain(hurried, "messages.create", model="patient", max_tokens=200, messages=MESSAGES)


def test_budgets_hold_whatever_becomes_of_the_time(hurried: Api) -> None:
    # GIVEN a tenant whose tokens are counted, and an answer in time
    before = used(hurried)
    whole = ask(hurried, CHAT, "patient", key=THRIFTY)
    settled = used(hurried) - before
    # THEN it is settled to the token, though it was read as a stream
    assert settled == whole.json()["usage"]["total_tokens"]

    # WHEN only a part comes in time
    hurried.aws.faults.add("pace", model="haiku", times=None, milliseconds=SLOW_MILLISECONDS)
    part = ask(hurried, CHAT, "patient", key=THRIFTY, text=QUESTION)
    hurried.aws.faults.clear()
    # THEN what was reserved stands
    line = line_of(hurried, part.headers)
    assert (line["partial"], line["settlement"]) == (True, "stands")
    assert used(hurried) - before - settled == line["reserved_tokens"] > settled

    # WHEN the first model is given up and its fallback answers
    hurried.aws.faults.add("stall", model="haiku", times=None, seconds=20.0)
    instead = ask(hurried, CHAT, "hasty", key=THRIFTY, text=QUESTION)
    hurried.aws.faults.clear()
    # THEN both were reserved, and that stands: the first one may have to be paid, too
    both = line_of(hurried, instead.headers)
    assert (instead.headers["x-llm-model"], both["settlement"]) == ("spare", "stands")
    assert both["reserved_tokens"] == 2 * line["reserved_tokens"]
    assert used(hurried) - before - settled - line["reserved_tokens"] == both["reserved_tokens"]
