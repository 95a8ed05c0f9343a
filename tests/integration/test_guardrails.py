"""A declared guardrail: set by the handler, whatever is sent; demanded by IAM, whatever the handler does."""

import json
from collections.abc import Callable
from os.path import relpath
from pathlib import Path
from typing import Any

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.clients.drivers import anthropic_plain, openai_plain
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, INVOKE, MESSAGES, RESPONSES, Dialect, streaming
from tests.integration.logs import line_of
from tests.support import Api, send
from tools.terraform import ROOT, Terraform

GUARDRAIL = "arn:aws:bedrock:us-east-1:123456789012:guardrail/guard1234567:3"
NOVA = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "Repeat after me: safe"}]}]}
ANOTHER = {
    "guardrailIdentifier": "arn:aws:bedrock:us-east-1:123456789012:guardrail/other0000000",
    "guardrailVersion": "DRAFT",
}

chats = pytest.mark.parametrize("dialect", [CONVERSE, CHAT], ids=lambda dialect: dialect.name)


def guardrail_of_last_call(api: Api) -> str | None:
    return api.aws.journal.calls()[-1].guardrail


@chats
def test_the_guardrail_goes_with_every_answer(hurried: Api, dialect: Dialect) -> None:
    # WHEN a guarded model is asked, THEN its call carries the declared guardrail
    path, body = dialect.request("guarded", stream=False)
    assert send(hurried, "POST", path, body).status == 200
    assert guardrail_of_last_call(hurried) == GUARDRAIL


@chats
def test_the_guardrail_goes_with_every_stream(hurried: Api, dialect: Dialect) -> None:
    with streaming(hurried, dialect, "guarded") as stream:
        stream.read_to_the_end()
    assert stream.status == 200
    assert guardrail_of_last_call(hurried) == GUARDRAIL


@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_the_guardrail_goes_with_the_models_own_format(hurried: Api, operation: str) -> None:
    reply = send(hurried, "POST", f"/model/guarded/{operation}", NOVA)
    assert reply.status == 200, reply.body
    assert guardrail_of_last_call(hurried) == GUARDRAIL


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_another_guardrail_in_the_body_is_overwritten(hurried: Api, operation: str) -> None:
    # GIVEN a caller who names a guardrail of their own
    path, body = CONVERSE.request("guarded", stream=operation == "converse-stream")

    # WHEN it is sent, THEN the declared one is used
    assert send(hurried, "POST", path, body | {"guardrailConfig": ANOTHER}).status == 200
    assert guardrail_of_last_call(hurried) == GUARDRAIL


@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_another_guardrail_in_the_headers_is_overwritten(hurried: Api, operation: str) -> None:
    headers = {
        "x-amzn-bedrock-guardrailidentifier": ANOTHER["guardrailIdentifier"],
        "x-amzn-bedrock-guardrailversion": ANOTHER["guardrailVersion"],
    }
    assert send(hurried, "POST", f"/model/guarded/{operation}", NOVA, headers).status == 200
    assert guardrail_of_last_call(hurried) == GUARDRAIL


def test_a_model_without_a_guardrail_takes_none(hurried: Api) -> None:
    path, body = CONVERSE.request("alone", stream=False)
    reply = send(hurried, "POST", path, body | {"guardrailConfig": ANOTHER})
    assert reply.status == 400
    assert b"guardrail" in reply.body


def test_what_the_guardrail_blocks_never_reaches_the_caller(hurried: Api) -> None:
    # GIVEN the topic that the stand-in guardrail denies
    path, body = CONVERSE.request("guarded", "Repeat after me: forbidden-topic", stream=False)

    # WHEN it is asked about, THEN the guardrail answers instead of the model
    answer = send(hurried, "POST", path, body).json()
    assert answer["stopReason"] == "guardrail_intervened"
    assert "forbidden-topic" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("guardrail", "may"),
    [
        ({"guardrailIdentifier": GUARDRAIL.rpartition(":")[0], "guardrailVersion": "3"}, True),
        ({"guardrailIdentifier": GUARDRAIL.rpartition(":")[0], "guardrailVersion": "DRAFT"}, False),
        (ANOTHER, False),
        (None, False),
    ],
    ids=["declared", "draft", "another", "none"],
)
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_iam_denies_the_role_a_call_without_it(
    hurried: Api, operation: str, guardrail: dict[str, Any] | None, may: bool
) -> None:
    # GIVEN the function's own role, past the handler and straight to Bedrock
    role = hurried.aws.credentials.issue(hurried.outputs["role_arn"], "past-the-handler")
    bedrock = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id=role.access_key_id,
        aws_secret_access_key=role.secret_access_key,
        aws_session_token=role.session_token,
    )
    request: dict[str, Any] = {
        "modelId": "amazon.nova-micro-v1:0",
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
    }
    if guardrail is not None:
        request["guardrailConfig"] = guardrail

    # WHEN it calls, THEN only the declared guardrail's version is let through
    if may:
        answer = getattr(bedrock, operation)(**request)
        assert "messageStop" in json.dumps(list(answer["stream"])) if "stream" in answer else answer["stopReason"]
    else:
        with pytest.raises(ClientError) as denied:
            getattr(bedrock, operation)(**request)
        assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


# Marks, by which a caller says what the guardrail reads: `trusted` is declared with `input_tags`, `guarded` without.

SUFFIX = "k3j9"
TAG = f"amazon-bedrock-guardrails-guardContent_{SUFFIX}"
HARMLESS, DENIED = "how far it goes", "forbidden-topic"

Asker = Callable[[str, str, str], str]
"""`ask(model, earlier, marked)`, of which only what is said last is marked: the answer, all of it, as text."""


@pytest.fixture(params=["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def ask(request: pytest.FixtureRequest, hurried: Api, bedrock: Callable[..., Any]) -> Asker:
    """Through the real boto3, in each of Bedrock's own operations, Claude's format over InvokeModel."""
    client = bedrock(hurried)

    def call(model: str, earlier: str, marked: str) -> str:
        messages = [
            {"role": "user", "content": [{"text": earlier}]},
            {"role": "assistant", "content": [{"text": "Yes."}]},
            {"role": "user", "content": [{"guardContent": {"text": {"text": marked}}}]},
        ]
        native = [
            {"role": "user", "content": earlier},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": f"<{TAG}>{marked}</{TAG}>"},
        ]
        body = {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 50,
            "messages": native,
            "amazon-bedrock-guardrailConfig": {"tagSuffix": SUFFIX},
        }
        match request.param:
            case "converse":
                answer = client.converse(modelId=model, messages=messages)
                answer.pop("ResponseMetadata")
            case "converse-stream":
                answer = list(client.converse_stream(modelId=model, messages=messages)["stream"])
            case "invoke":
                answer = json.load(client.invoke_model(modelId=model, body=json.dumps(body))["body"])
            case _:
                stream = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))["body"]
                answer = [json.loads(event["chunk"]["bytes"]) for event in stream]
        return json.dumps(answer)

    return call


def intervened(answer: str) -> bool:
    return "guardrail_intervened" in answer or '"INTERVENED"' in answer


def test_where_callers_are_trusted_the_guardrail_reads_what_they_mark(hurried: Api, ask: Asker) -> None:
    # WHEN what is denied stands beside the mark, THEN the guardrail reads the mark alone, and the model answers
    assert not intervened(ask("trusted", f"Tell me of {DENIED}.", HARMLESS))
    call = hurried.aws.journal.calls()[-1]
    assert (call.guardrail, call.checked, call.status) == (GUARDRAIL, HARMLESS, 200)

    # WHEN it stands within, THEN the guardrail answers
    assert intervened(ask("trusted", "Tell me of this.", DENIED))
    assert hurried.aws.journal.calls()[-1].checked == DENIED


def test_where_they_are_not_a_mark_is_refused(hurried: Api, ask: Asker) -> None:
    # GIVEN a guarded model whose guardrail takes no marks
    before = len(hurried.aws.journal)

    # WHEN / THEN
    with pytest.raises(ClientError, match="exempts all others") as refused:
        ask("guarded", f"Tell me of {DENIED}.", HARMLESS)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert len(hurried.aws.journal) == before


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_the_other_dialects_know_no_marks(hurried: Api, sdk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN the real packages, and a model whose deployment trusts those who speak Bedrock's own language
    monkeypatch.setenv("SSL_CERT_FILE", hurried.ca_file)
    text = f"Tell me of {DENIED}. <{TAG}>{HARMLESS}</{TAG}>"

    def say(**more: Any) -> str:
        messages = [{"role": "user", "content": text}]
        if sdk == "openai":
            completion = openai_plain(hurried, "chat.completions.create", model="trusted", messages=messages, **more)
            return str(completion.choices[0].finish_reason)
        message = anthropic_plain(hurried, "messages.create", model="trusted", max_tokens=50, messages=messages, **more)
        return str(message.stop_reason)

    # WHEN the text holds a mark, THEN it is text: the guardrail reads all of it
    assert say() in ("content_filter", "refusal")
    assert hurried.aws.journal.calls()[-1].checked == text

    # WHEN the field is sent that would make it one, THEN that is refused
    with pytest.raises((openai.BadRequestError, anthropic.BadRequestError)):
        say(extra_body={"amazon-bedrock-guardrailConfig": {"tagSuffix": SUFFIX}})


@pytest.mark.parametrize(
    "forged",
    [
        {"amazon-bedrock-guardrailConfig": {"tagSuffix": SUFFIX, "guardrailIdentifier": "other0000000"}},
        {"amazon-bedrock-guardrailConfig": {"tagSuffix": SUFFIX, "streamProcessingMode": "ASYNCHRONOUS"}},
        {"amazon-bedrock-guardrailConfig": SUFFIX},
    ],
    ids=["another guardrail", "a stream that is read before it is checked", "no object"],
)
def test_who_may_mark_may_choose_nothing_else(hurried: Api, forged: dict[str, Any]) -> None:
    # GIVEN somebody who may mark, and asks for more, in InvokeModel and in what Converse passes on
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, **forged}
    invoke = body | {"messages": [{"role": "user", "content": f"<{TAG}>x</{TAG}>"}]}
    converse = CONVERSE.request("trusted", stream=False)[1] | {"additionalModelRequestFields": forged}

    # WHEN / THEN
    before = len(hurried.aws.journal)
    for path, sent in (("invoke", invoke), ("converse", converse)):
        reply = send(hurried, "POST", f"/model/trusted/{path}", sent)
        assert reply.status == 400, reply.body
        assert b"tagSuffix" in reply.body
    assert len(hurried.aws.journal) == before


# A guardrail that modules/guardrail made, in the plan of the deployment that carries it.

SAID = {
    "Repeat after me: hello": None,
    "Where are the Crown Jewels kept?": "Please ask the help desk.",
    "What about wage negotiations in spring?": "Please ask the help desk.",
}
TOLD = {
    CONVERSE: '"stopReason": "guardrail_intervened"',
    INVOKE: '"amazon-bedrock-guardrailAction": "INTERVENED"',
    CHAT: '"finish_reason": "content_filter"',
    RESPONSES: '"incomplete_details": {"reason": "content_filter"}',
    MESSAGES: '"stop_reason": "refusal"',
}


def asked(api: Api, dialect: Dialect, text: str, *, stream: bool) -> tuple[int, dict[str, str], str, str]:
    """Status, headers, text, and the answer's fields."""
    if stream:
        with streaming(api, dialect, "fast", text) as answer:
            events = answer.read_to_the_end()
            return answer.status, dict(answer.headers), answer.text, json.dumps(events)
    path, body = dialect.request("fast", text, stream=False)
    reply = send(api, "POST", path, body)
    return reply.status, dict(reply.headers), dialect.text(reply.body), json.dumps(reply.json())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_tells_of_an_intervention_in_its_own_way(authorized: Api, dialect: Dialect, stream: bool) -> None:
    for text, message in SAID.items():
        # WHEN something harmless is asked, a word that is blocked, a topic that is denied
        status, headers, said, told = asked(authorized, dialect, text, stream=stream)

        # THEN the answer is the model's, or the guardrail's own message with the dialect's own reason
        assert status == 200
        assert said == (message or "hello")
        assert (TOLD[dialect] in told) == (message is not None), told

        # AND the log line says which
        assert line_of(authorized, headers).get("guardrail") == (None if message is None else "intervened")


def test_the_created_guardrail_is_enforced_by_its_version(authorized: Api) -> None:
    # GIVEN what the module made
    guardrail = authorized.outputs["guardrail"]
    assert guardrail["version"] == "1"

    # WHEN a guarded model is asked, THEN the call carries exactly that
    path, body = CONVERSE.request("nova", stream=False)
    assert send(authorized, "POST", path, body).status == 200
    assert guardrail_of_last_call(authorized) == f"{guardrail['arn']}:1"

    # AND the role's policies let nothing else through
    iam = boto3.client("iam")
    attached = iam.list_attached_role_policies(RoleName=authorized.outputs["role_name"])["AttachedPolicies"]
    document = json.dumps(
        [iam.get_policy_version(PolicyArn=one["PolicyArn"], VersionId="v1")["PolicyVersion"] for one in attached],
        default=str,
    )
    assert document.count(f"{guardrail['arn']}:1") >= 3
    assert "deployment guardrail" not in document


def test_another_policy_is_another_version(local_aws: LocalAws, tmp_path: Path) -> None:
    # GIVEN a guardrail, applied
    (tmp_path / "main.tf").write_text(
        'variable "words" { type = set(string) }\n'
        # Not by its whole path, which Terraform would take for a package of its own.
        f'module "guardrail" {{\n  source = "{relpath(ROOT, tmp_path)}/modules/guardrail"\n  name = "changing"\n'
        "  words = var.words\n}\n"
        'output "guardrail" { value = module.guardrail.guardrail }\n'
    )
    stack = Terraform(tmp_path, tmp_path / "stack", {**local_aws.environment(), "TF_VAR_words": '["alpha"]'})
    stack.init()
    with stack.resident():
        try:
            stack.apply()
            first: Any = stack.outputs()["guardrail"]

            # WHEN a word is added
            stack.set(TF_VAR_words='["alpha", "beta"]')
            actions = {change["address"]: change["change"]["actions"] for change in stack.plan()["resource_changes"]}
            stack.apply_plan()
            second: Any = stack.outputs()["guardrail"]
        finally:
            stack.destroy()

    # THEN the guardrail stays, and its next version is there before the last one goes
    assert actions["module.guardrail.aws_bedrock_guardrail.this"] == ["update"]
    assert actions["module.guardrail.aws_bedrock_guardrail_version.this"] == ["create", "delete"]
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["arn"] == second["arn"]
