"""A declared guardrail: set by the handler, whatever is sent; demanded by IAM, whatever the handler does."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.integration.dialects import CHAT, CONVERSE, DIALECTS, INVOKE, MESSAGES, Dialect, streaming
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
        f'module "guardrail" {{\n  source = "{ROOT}/modules/guardrail"\n  name = "changing"\n  words = var.words\n}}\n'
        'output "guardrail" { value = module.guardrail.guardrail }\n'
    )
    settings = local_aws.environment()
    stack = Terraform(tmp_path, tmp_path / "stack", {**settings, "TF_VAR_words": '["alpha"]'})
    stack.init()
    stack.apply()
    first: Any = stack.outputs()["guardrail"]

    # WHEN a word is added
    changed = Terraform(tmp_path, tmp_path / "stack", {**settings, "TF_VAR_words": '["alpha", "beta"]'})
    try:
        actions = {change["address"]: change["change"]["actions"] for change in changed.plan()["resource_changes"]}
        changed.apply_plan()
        second: Any = changed.outputs()["guardrail"]
    finally:
        changed.destroy()

    # THEN the guardrail stays, and its next version is there before the last one goes
    assert actions["module.guardrail.aws_bedrock_guardrail.this"] == ["update"]
    assert actions["module.guardrail.aws_bedrock_guardrail_version.this"] == ["create", "delete"]
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["arn"] == second["arn"]
