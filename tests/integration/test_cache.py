"""Kept answers on a deployment: the same bytes again, no tokens, nobody else's; and whatever becomes of the table."""

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.integration.test_budgets import until
from tests.load.client import ask
from tests.load.deployment import Deployment, Tenant
from tests.support import Reply

MODELS = ["common", "kept", "nova", "vectors", "watched"]


@pytest.fixture
def table(budgeted: Deployment) -> Iterator[Any]:
    """The table of answers, as its administrator sees it; empty at the end of each test."""
    found = boto3.resource("dynamodb", region_name="us-east-1").Table(budgeted.cache_table_name)
    yield found
    for item in found.scan()["Items"]:
        found.delete_item(Key={"pk": item["pk"]})


@pytest.fixture
def tenants(budgeted: Deployment) -> tuple[Tenant, Tenant]:
    """Two tenants of the test's own, with budgets."""
    pair = [
        Tenant(f"{letter}-{secrets.token_hex(6)}", MODELS, {"requests_per_day": 50, "tokens_per_day": 100_000})
        for letter in "ab"
    ]
    budgeted.write(*pair)
    return pair[0], pair[1]


@pytest.fixture
def start_anew(budgeted: Deployment, local_aws: LocalAws) -> Callable[[], None]:
    """Ends the function's environments, and with them what they remember."""

    def end() -> None:
        assert local_aws.lambda_service.wait_until_idle()
        mine = [one for one in local_aws.lambda_service.sandboxes if one.function.arn.name == "load"]
        for sandbox in mine:
            sandbox.kill()
        until(lambda: not set(mine) & set(local_aws.lambda_service.sandboxes))

    return end


def question() -> str:
    """One that nobody has asked before."""
    return f"Repeat after me: {secrets.token_hex(8)} and so on"


def converse(text: str) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0},
    }


def asked(aws: LocalAws, tenant: Tenant) -> int:
    """How many calls of models a tenant has caused."""
    return sum(call.tags.get("tenant") == tenant.name for call in aws.journal.calls())


def states(*replies: Reply) -> list[str | None]:
    assert [reply.status for reply in replies] == [200] * len(replies), [reply.body for reply in replies]
    return [reply.headers.get("x-llm-cache") for reply in replies]


def line_of(deployment: Deployment, reply: Reply) -> dict[str, Any]:
    assert deployment.aws.lambda_service.wait_until_idle()
    (line,) = [one for one in deployment.log_lines() if one["request_id"] == reply.headers["x-request-id"]]
    return line


CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "temperature": 0}


@pytest.mark.parametrize("operation", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def test_the_same_request_gets_the_same_bytes(
    budgeted: Deployment,
    local_aws: LocalAws,
    table: Any,
    tenants: tuple[Tenant, Tenant],
    start_anew: Callable[[], None],
    operation: str,
) -> None:
    # GIVEN an answer, whole or streamed
    tenant, text = tenants[0], question()
    body = converse(text) if "converse" in operation else {**CLAUDE, "messages": [{"role": "user", "content": text}]}
    path = f"/model/kept/{operation}"
    start_anew()
    first = ask(budgeted, tenant.key, path, body)

    # WHEN the same is asked again, of the same environment once it is idle, and, when that is gone, of another
    assert local_aws.lambda_service.wait_until_idle()
    second = ask(budgeted, tenant.key, path, body)
    start_anew()
    third = ask(budgeted, tenant.key, path, body)

    # THEN it is the same to the byte, from memory and from the table, and the model was asked once
    assert states(first, second, third) == ["miss", "hit", "hit"]
    assert first.body == second.body == third.body
    assert second.headers["content-type"] == first.headers["content-type"]
    assert asked(local_aws, tenant) == 1
    levels = [line_of(budgeted, reply).get("cache_level") for reply in (first, second, third)]
    assert levels == [None, "memory", "table"]
    # AND what is kept says nothing to who looks at the table, and ends
    (item,) = table.scan()["Items"]
    assert set(item) == {"pk", "content", "expires_at"}
    assert text.split()[3].encode() not in item["content"].value


def test_a_hit_counts_as_a_request_and_uses_no_tokens(
    budgeted: Deployment, table: Any, tenants: tuple[Tenant, Tenant]
) -> None:
    # GIVEN a tenant with budgets, and an answer
    tenant, body = tenants[0], converse(question())
    first = ask(budgeted, tenant.key, "/model/kept/converse", body)
    before = budgeted.used(tenant.name)
    # WHEN it is given again
    second = ask(budgeted, tenant.key, "/model/kept/converse", body)
    assert states(first, second) == ["miss", "hit"]
    # THEN the day counts one request more, and not one token
    after = budgeted.used(tenant.name)
    assert after["day_requests"] == before["day_requests"] + 1 == 2
    assert after["day_tokens"] == before["day_tokens"] > 0
    line = line_of(budgeted, second)
    assert (line["cache"], line["settlement"], line["cost_usd"], line["attempts"]) == ("hit", "exact", 0, 0)


def test_the_clients_see_hits(
    budgeted: Deployment,
    local_aws: LocalAws,
    table: Any,
    tenants: tuple[Tenant, Tenant],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant, text = tenants[0], question()
    messages: Any = [{"role": "user", "content": text}]
    # WHEN boto3, openai and anthropic each ask twice, whole and streamed
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", tenant.key)
    # boto3 sends a bearer key over TLS alone.
    over_tls = local_aws.gateway_url + budgeted.url.removeprefix(local_aws.gateway_http_url)
    bedrock = boto3.client(
        "bedrock-runtime", endpoint_url=over_tls, region_name="us-east-1", verify=str(local_aws.ca_file)
    )
    told = [bedrock.converse(modelId="kept", **converse(text)) for _ in range(2)]
    assert [one["ResponseMetadata"]["HTTPHeaders"]["x-llm-cache"] for one in told] == ["miss", "hit"]
    assert told[0]["output"] == told[1]["output"]
    streams = [list(bedrock.converse_stream(modelId="kept", **converse(text))["stream"]) for _ in range(2)]
    assert streams[0] == streams[1]

    chat = openai.OpenAI(base_url=f"{budgeted.url}/v1", api_key=tenant.key).chat.completions
    # THEN what was Converse's answer is OpenAI's too: to the model both are the same request
    raw = chat.with_raw_response.create(model="kept", messages=messages, max_tokens=50, temperature=0)
    assert raw.headers["x-llm-cache"] == "hit"
    assert raw.parse().choices[0].message.content == told[0]["output"]["message"]["content"][0]["text"]
    pieces = chat.create(model="kept", messages=messages, max_tokens=50, temperature=0, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text.removeprefix("Repeat after me: ")

    client = anthropic.Anthropic(base_url=budgeted.url, auth_token=tenant.key)
    # Anthropic's client has no temperature any more, so its caller asks for the cache.
    use = {"x-llm-cache": "use"}
    request: Any = {"model": "kept", "max_tokens": 50, "messages": messages, "extra_headers": use}
    heard = [client.messages.with_raw_response.create(**request) for _ in range(2)]
    assert [one.headers["x-llm-cache"] for one in heard] == ["miss", "hit"]
    assert heard[0].parse().content == heard[1].parse().content
    for _ in range(2):
        with client.messages.stream(**request) as stream:
            assert stream.get_final_text() == text.removeprefix("Repeat after me: ")
    # AND the model was asked for a Converse answer and stream, and for a message and its stream, once each
    assert asked(local_aws, tenant) == 4


def test_no_tenant_is_given_anothers_answer(
    budgeted: Deployment, local_aws: LocalAws, table: Any, tenants: tuple[Tenant, Tenant]
) -> None:
    # GIVEN two tenants who ask the same
    one, other = tenants
    body = converse(question())
    replies = [ask(budgeted, tenant.key, "/model/kept/converse", body) for tenant in (one, other, one, other)]
    # THEN each has the model answer once
    assert states(*replies) == ["miss", "miss", "hit", "hit"]
    assert (asked(local_aws, one), asked(local_aws, other)) == (1, 1)
    # AND of a model whose answers are shared, one for both
    replies = [ask(budgeted, tenant.key, "/model/common/converse", body) for tenant in (one, other)]
    assert states(*replies) == ["miss", "hit"]
    # AND who may not use that model is refused before anybody looks
    third = Tenant(f"c-{secrets.token_hex(6)}", ["nova"])
    budgeted.write(third)
    refused = ask(budgeted, third.key, "/model/common/converse", body)
    assert (refused.status, refused.headers.get("x-llm-cache")) == (404, None)


@pytest.mark.parametrize(
    ("headers", "temperature", "expected"),
    [
        ({"x-llm-cache": "bypass"}, 0, ["bypass", "bypass"]),
        ({"cache-control": "no-cache"}, 0, ["bypass", "bypass"]),
        ({}, 0.5, ["bypass", "bypass"]),
        ({"x-llm-cache": "use"}, 0.5, ["miss", "hit"]),
    ],
)
def test_the_caller_says_what_is_for_the_cache(
    budgeted: Deployment,
    table: Any,
    tenants: tuple[Tenant, Tenant],
    headers: dict[str, str],
    temperature: float,
    expected: list[str],
) -> None:
    body = converse(question())
    body["inferenceConfig"]["temperature"] = temperature
    replies = [ask(budgeted, tenants[0].key, "/model/kept/converse", body, headers) for _ in range(2)]
    assert states(*replies) == expected
    assert len(table.scan()["Items"]) == int("hit" in expected)


def test_embeddings_need_no_temperature(budgeted: Deployment, table: Any, tenants: tuple[Tenant, Tenant]) -> None:
    body = {"model": "vectors", "input": [question(), question()]}
    replies = [ask(budgeted, tenant.key, "/v1/embeddings", body) for tenant in tenants]
    assert states(*replies) == ["miss", "hit"]
    assert replies[0].json()["data"] == replies[1].json()["data"]


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_what_a_guardrail_stopped_is_not_kept(
    budgeted: Deployment, table: Any, tenants: tuple[Tenant, Tenant], operation: str
) -> None:
    # GIVEN a guarded model, and what its guardrail denies
    path, body = f"/model/watched/{operation}", converse("Repeat after me: forbidden-topic")
    # WHEN it is asked twice
    replies = [ask(budgeted, tenants[0].key, path, body) for _ in range(2)]
    # THEN the guardrail has looked at it twice, and nothing is kept
    assert states(*replies) == ["miss", "miss"]
    assert b"guardrail_intervened" in replies[0].body
    assert line_of(budgeted, replies[0])["cache_reason"] == "not_final"
    assert table.scan()["Items"] == []
    # AND what it lets through is
    fine = [ask(budgeted, tenants[0].key, path, converse(question())) for _ in range(1)]
    assert states(*fine) == ["miss"]
    assert len(table.scan()["Items"]) == 1


def test_a_stream_that_broke_off_is_not_kept(
    budgeted: Deployment, local_aws: LocalAws, table: Any, tenants: tuple[Tenant, Tenant]
) -> None:
    local_aws.faults.add("cut_after", model="claude-sonnet", frames=2)
    body = converse(question())
    broken = ask(budgeted, tenants[0].key, "/model/kept/converse-stream", body)
    assert states(broken) == ["miss"]
    assert b"exception" in broken.body
    assert table.scan()["Items"] == []
    assert states(ask(budgeted, tenants[0].key, "/model/kept/converse-stream", body)) == ["miss"]


def test_a_fallbacks_answer_is_not_kept(
    budgeted: Deployment, local_aws: LocalAws, table: Any, tenants: tuple[Tenant, Tenant]
) -> None:
    local_aws.faults.add("throttle", model="claude-sonnet", times=3)
    body = converse(question())
    replies = [ask(budgeted, tenants[0].key, "/model/kept/converse", body) for _ in range(2)]
    assert states(*replies) == ["miss", "miss"]
    assert [reply.headers["x-llm-model"] for reply in replies] == ["nova", "kept"]
    assert len(table.scan()["Items"]) == 1


def test_a_corrupt_entry_is_answered_anew(
    budgeted: Deployment, table: Any, tenants: tuple[Tenant, Tenant], start_anew: Callable[[], None]
) -> None:
    # GIVEN an entry that somebody has put something else into
    body = converse(question())
    ask(budgeted, tenants[0].key, "/model/kept/converse", body)
    (item,) = table.scan()["Items"]
    table.put_item(Item={**item, "content": b"\x00" * 500})
    start_anew()
    # WHEN it is read
    reply = ask(budgeted, tenants[0].key, "/model/kept/converse", body)
    # THEN the model answers, the log says why, and the entry is whole again
    assert states(reply) == ["miss"]
    line = line_of(budgeted, reply)
    assert (line["cache_failure"], line["cache_kept"], line["level"]) == ("CorruptEntry", True, "INFO")
    start_anew()
    assert states(ask(budgeted, tenants[0].key, "/model/kept/converse", body)) == ["hit"]


def test_one_entry_in_anothers_place_is_not_given(
    budgeted: Deployment, table: Any, tenants: tuple[Tenant, Tenant], start_anew: Callable[[], None]
) -> None:
    # GIVEN two tenants' entries, of which one was put in the place of the other
    body = converse(question())
    ask(budgeted, tenants[0].key, "/model/kept/converse", body)
    (mine,) = table.scan()["Items"]
    ask(budgeted, tenants[1].key, "/model/kept/converse", body)
    (theirs,) = (item for item in table.scan()["Items"] if item["pk"] != mine["pk"])
    table.put_item(Item={**mine, "pk": theirs["pk"]})
    start_anew()
    # WHEN its owner asks, THEN the model answers
    assert states(ask(budgeted, tenants[1].key, "/model/kept/converse", body)) == ["miss"]


@pytest.mark.parametrize("fault", ["table_throttled", "table_fails", "table_silent"])
def test_a_table_in_trouble_is_nobodys_trouble(
    budgeted: Deployment, local_aws: LocalAws, table: Any, tenants: tuple[Tenant, Tenant], fault: str
) -> None:
    # GIVEN a table of answers that is throttled, broken or silent
    local_aws.faults.add(fault, model=budgeted.cache_table_name, times=None, seconds=30)
    # WHEN a request comes
    reply = ask(budgeted, tenants[0].key, "/model/kept/converse", converse(question()))
    local_aws.faults.clear()
    # THEN it is answered, after half a second more at most, and the log says what was wrong
    assert states(reply) == ["miss"]
    line = line_of(budgeted, reply)
    assert (line["cache_kept"], line["level"]) == (False, "INFO")
    assert line["cache_failure"]
    assert line["settlement"] == "exact"
    assert table.scan()["Items"] == []


def test_the_role_reads_and_writes_single_answers_and_no_more(budgeted: Deployment, table: Any) -> None:
    # GIVEN the function's own role
    role = budgeted.aws.credentials.issue(budgeted.role_arn, "past-the-handler")
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id=role.access_key_id,
        aws_secret_access_key=role.secret_access_key,
        aws_session_token=role.session_token,
    )
    key = {"pk": {"S": "0" * 64}}
    # WHEN it puts and gets an answer, THEN it may
    client.put_item(TableName=budgeted.cache_table_name, Item=key)
    assert client.get_item(TableName=budgeted.cache_table_name, Key=key)["Item"] == key
    # AND it may neither look around nor delete, nor put anything into the table of tenants
    refused: dict[str, dict[str, Any]] = {
        "scan": {"TableName": budgeted.cache_table_name},
        "delete_item": {"TableName": budgeted.cache_table_name, "Key": key},
        "put_item": {"TableName": budgeted.table_name, "Item": {"pk": {"S": "key#forged"}}},
    }
    for operation, parameters in refused.items():
        with pytest.raises(ClientError) as error:
            getattr(client, operation)(**parameters)
        assert error.value.response["Error"]["Code"] == "AccessDeniedException", json.dumps(parameters)
