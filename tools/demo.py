"""`make demo`: the quickstart applied on local AWS, called as a client would call it, and removed again.

The story is that of the pattern's source article: an advert for a family SUV, written by a model from a specification
and a photograph.
"""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform, TerraformError

QUICKSTART = ROOT / "examples/quickstart"
WORKFLOW = ROOT / "examples/workflow"
MODEL_SECONDS = 1.0
PROMPT = "Write an advert for this car: a headline and two short paragraphs for families.\n\n{specification}"
UNDECLARED = "amazon.nova-pro-v1:0"


def main() -> None:
    began = time.monotonic()
    key, support_key = (f"sk-{secrets.token_urlsafe(32)}" for _ in range(2))
    with tempfile.TemporaryDirectory(prefix="llm-api-demo-") as folder, starting_aws() as aws:
        use_only(aws)
        variables = {
            **aws.environment(),
            "TF_VAR_api_key_sha256": hashlib.sha256(key.encode()).hexdigest(),
            "TF_VAR_support_api_key_sha256": hashlib.sha256(support_key.encode()).hexdigest(),
        }
        stack = Terraform(QUICKSTART, Path(folder) / "stack", variables)
        workflow = Terraform(WORKFLOW, Path(folder) / "workflow", variables)
        outputs = apply(stack)
        campaign_is_there = meanwhile(workflow.init, workflow.apply)
        try:
            client = native_client(aws, outputs["url"], key)
            ask(client)
            stream(aws, outputs["url"], key)
            spend(aws, outputs["url"], support_key)
            operate(aws, outputs, support_key)
            show_locks(aws, client, outputs)
            campaign(aws, workflow, campaign_is_there, key)
        finally:
            with step("Removing what was made"):
                with suppress(Exception):  # it was raised above, or something else was before it
                    campaign_is_there()
                removed = meanwhile(workflow.destroy)
                stack.destroy()
                removed()
    on_a_real_account()
    say(f"\nDone in {time.monotonic() - began:.0f} s. Nothing is left running.")


@contextmanager
def starting_aws() -> Iterator[LocalAws]:
    with step("Starting AWS on this machine: no account, no network"):
        aws = LocalAws().__enter__()
    try:
        say(f"  Lambda sandboxes run on Python {aws.lambda_service.python_version}.")
        yield aws
    finally:
        aws.close()


def use_only(aws: LocalAws) -> None:
    """Points every client of this process at local AWS, and away from any account of the user's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(aws.environment())


def apply(stack: Terraform) -> dict[str, Any]:
    """The real module, by the real provider."""
    heading("The module, applied")
    say("  examples/quickstart: API Gateway, one Lambda, a table of keys, and IAM policies that name three models.")
    with step("terraform init and apply"):
        stack.init()
        stack.apply()
    outputs = stack.outputs()
    say(f"  {outputs['url']}  (served by local AWS)")
    return outputs


def native_client(aws: LocalAws, url: str, key: str) -> Any:
    """boto3's own Bedrock client: only the endpoint and the key differ from a call to Bedrock itself."""
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
    return boto3.client(
        "bedrock-runtime", endpoint_url=aws.local_url(url), region_name="us-east-1", verify=str(aws.ca_file)
    )


def ask(client: Any) -> None:
    heading("An advert from a specification and a photograph, by boto3")
    specification = (QUICKSTART / "spec.md").read_text()
    photograph = (QUICKSTART / "suv.jpg").read_bytes()
    say("  A stand-in answers: it speaks the model's wire format and counts its tokens, but it does not think.")
    say('  client.converse(modelId="fast", messages=[specification, photograph])\n')
    began = time.monotonic()
    answer = client.converse(
        modelId="fast",
        messages=[
            {
                "role": "user",
                "content": [
                    {"text": PROMPT.format(specification=specification)},
                    {"image": {"format": "jpeg", "source": {"bytes": photograph}}},
                ],
            }
        ],
        inferenceConfig={"maxTokens": 400},
    )
    took = time.monotonic() - began
    quote(answer["output"]["message"]["content"][0]["text"])
    usage = answer["usage"]
    model = answer["ResponseMetadata"]["HTTPHeaders"]["x-llm-model"]
    say(
        f"\n  {usage['inputTokens']} tokens in, {usage['outputTokens']} out, {took:.2f} s with the cold start; "
        f"model {model}, stop reason {answer['stopReason']}"
    )


def stream(aws: LocalAws, url: str, key: str) -> None:
    heading("The same API, streamed, by openai")
    from openai import OpenAI  # half a second to import, while the lines above are being read

    os.environ["SSL_CERT_FILE"] = str(aws.ca_file)
    client = OpenAI(base_url=f"{aws.local_url(url)}/v1", api_key=key)
    aws.faults.add(kind="pace", operation="converse-stream", milliseconds=40)
    pieces = client.chat.completions.create(
        model="fast",
        messages=[{"role": "user", "content": "A slogan for a family SUV, in two sentences."}],
        stream=True,
    )
    began = time.monotonic()
    first = None
    sys.stdout.write("  ")
    for piece in pieces:
        text = piece.choices[0].delta.content if piece.choices else None
        if text:
            first = first or time.monotonic() - began
            sys.stdout.write(text.replace("\n", "\n  "))
            sys.stdout.flush()
    say(f"\n\n  first token after {first or 0:.2f} s, last after {time.monotonic() - began:.2f} s")


def spend(aws: LocalAws, url: str, key: str) -> None:
    heading("The support team runs into its budget: 10 requests and 10,000 tokens a minute")
    from openai import OpenAI, RateLimitError

    client = OpenAI(base_url=f"{aws.local_url(url)}/v1", api_key=key, max_retries=0)
    left = []
    try:
        for _ in range(25):  # more than ten, should the minute turn meanwhile
            answer = client.chat.completions.with_raw_response.create(
                model="nova", messages=[{"role": "user", "content": "Is the boot flat?"}], max_tokens=100
            )
            left.append(answer.headers["x-ratelimit-remaining-requests"])
    except RateLimitError as error:
        headers = error.response.headers
        shown = {
            "retry-after": headers["retry-after"],
            **{name: value for name, value in headers.items() if name.startswith("x-ratelimit-")},
        }
        say(f"  {len(left)} answers; x-ratelimit-remaining-requests: {', '.join(left)}. Then openai.RateLimitError:\n")
        quote(f"{error.status_code} {json.loads(error.response.content)['error']['message']}")
        for name, value in shown.items():
            say(f"  │ {name}: {value}")
    else:
        raise AssertionError("25 requests were answered on a budget of 10 a minute")
    usage = client.get("/usage", cast_to=dict[str, Any])["windows"]["minute"]
    say(
        f"\n  GET /v1/usage: {usage['requests']['used']} requests and {usage['tokens']['used']} tokens, settled to "
        f"the token; new at {usage['resets_at']}. No model was called for what was refused."
    )


def operate(aws: LocalAws, outputs: dict[str, Any], key: str) -> None:
    heading("Day two: who used what, and a leaked key ends alone, by llm-api")
    from openai import AuthenticationError, OpenAI

    say("  llm-api usage --by model")
    quote(llm_api(outputs, "usage", "--by", "model"))
    key_id = hashlib.sha256(key.encode()).hexdigest()[:10]
    say(f"  llm-api keys revoke {key_id} --reason leaked")
    quote(llm_api(outputs, "keys", "revoke", key_id, "--reason", "leaked"))
    aws.lambda_service.end_idle_sandboxes()  # in place of the minute that they remember it
    client = OpenAI(base_url=f"{aws.local_url(outputs['url'])}/v1", api_key=key, max_retries=0)
    try:
        client.models.list()
    except AuthenticationError as error:
        say(f"  openai.AuthenticationError: {error.status_code}. Terraform declares the key; no apply undoes this.")
    else:
        raise AssertionError("a revoked key was let in")


def llm_api(outputs: dict[str, Any], *arguments: str) -> str:
    """What the command line prints, run as an operator would run it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "cli"), "LLM_API_DEPLOYMENT": outputs["function_name"]}
    command = [sys.executable, "-m", "llm_api_cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.splitlines() if line.strip())


def show_locks(aws: LocalAws, client: Any, outputs: dict[str, Any]) -> None:
    heading(f"A model that was not declared: {UNDECLARED}")
    question = [{"role": "user", "content": [{"text": "Hello"}]}]
    say("  Lock 1, the handler:")
    quote(refusal(lambda: client.converse(modelId=UNDECLARED, messages=question)))
    say("\n  Lock 2, IAM, asked with the function's own role and no handler in between:")
    os.environ.pop("AWS_BEARER_TOKEN_BEDROCK")
    role_arn = boto3.client("iam").get_role(RoleName=outputs["role_name"])["Role"]["Arn"]
    role = aws.credentials.issue(role_arn, "demo")
    direct = boto3.client(
        "bedrock-runtime",
        endpoint_url=aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=role.access_key_id,
        aws_secret_access_key=role.secret_access_key,
        aws_session_token=role.session_token,
    )
    quote(refusal(lambda: direct.converse(modelId=UNDECLARED, messages=question)))


def campaign(aws: LocalAws, workflow: Terraform, is_there: Callable[[], None], key: str) -> None:
    heading("A campaign of five prompts, as a workflow: four of them at once, or one after the other")
    say("  examples/workflow: two state machines of Step Functions, started through the API, counted in a budget.")
    with step("terraform init and apply, begun before the calls above"):
        is_there()
    from openai import OpenAI

    url = aws.local_url(workflow.outputs()["url"])
    client = OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
    aws.faults.add("stall", seconds=MODEL_SECONDS, times=None)
    say(f"  Each model takes {MODEL_SECONDS:g} s to answer. curl $URL/v1/workflows/… -d @input.json")
    given = {
        "specification": (QUICKSTART / "spec.md").read_text(),
        "personas": {"families": "families with three children", "drivers": "people who drive for pleasure"},
        "must_say": "",
    }
    took: dict[str, float] = {}
    for name in ("campaign", "step-by-step"):
        began = time.monotonic()
        started = client.post(f"/workflows/{name}", body={"input": given}, cast_to=dict[str, Any])
        while True:
            told = client.get(f"/workflows/{name}/{started['execution']}", cast_to=dict[str, Any])
            if told["status"] != "running":
                break
            time.sleep(0.1)
        assert told["status"] == "succeeded", told["error"]
        took[name] = time.monotonic() - began
        say(f"  {name:<12} {took[name]:4.1f} s {'█' * round(4 * took[name])}")
    assert took["campaign"] < took["step-by-step"], "four prompts at once took longer than one after the other"
    aws.faults.clear()
    usage = client.get("/usage", cast_to=dict[str, Any])["windows"]["day"]
    say(
        f"  GET /v1/usage: {usage['requests']['used']} requests (each start and each prompt), "
        f"${usage['usd']['used']:.4f} of ${usage['usd']['limit']:g} a day."
    )


def meanwhile(*calls: Callable[[], object]) -> Callable[[], None]:
    """Makes the calls while the caller goes on. What it returns waits for them, and fails as they did."""
    failures: list[Exception] = []

    def work() -> None:
        try:
            for call in calls:
                call()
        except Exception as failure:  # raised where it is waited for
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()

    def wait() -> None:
        thread.join()
        if failures:
            raise failures[0]

    return wait


def refusal(call: Callable[[], object]) -> str:
    """What the call was refused with.

    Raises:
        AssertionError: it was not refused, and the demo's claim is wrong.
    """
    try:
        call()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{status} {error.response['Error']['Code']}: {error.response['Error']['Message']}"
    raise AssertionError(f"{UNDECLARED} was not declared and answered all the same")


def on_a_real_account() -> None:
    heading("On a real account")
    say(
        textwrap.indent(
            textwrap.dedent("""\
                Once per account: subscribe to third-party models, and fill in Anthropic's use-case form
                (Bedrock console, Model access; examples/account-setup has what Terraform can do of it).

                cd examples/quickstart
                export KEY="sk-$(openssl rand -hex 32)"
                export TF_VAR_api_key_sha256=$(printf %s "$KEY" | sha256sum | cut -d' ' -f1)
                terraform init && terraform apply
                curl "$(terraform output -raw url)/v1/models" -H "Authorization: Bearer $KEY" """),
            "  ",
        )
    )


def heading(text: str) -> None:
    say(f"\n{text}\n{'─' * len(text)}")


def quote(text: str) -> None:
    for paragraph in text.splitlines():
        say(textwrap.fill(paragraph, 100, initial_indent="  │ ", subsequent_indent="  │ ") or "  │")


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """A line that shows, while a long step runs, that it does, and at its end how long it took."""
    began = time.monotonic()
    done = threading.Event()

    def tick() -> None:
        while not done.wait(1 if sys.stdout.isatty() else 10):
            if sys.stdout.isatty():
                sys.stdout.write(f"\r  {what} … {time.monotonic() - began:.0f} s")
                sys.stdout.flush()
            else:
                say(f"  {what} … {time.monotonic() - began:.0f} s")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
    say(f"{chr(13) if sys.stdout.isatty() else ''}  {what}: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    try:
        main()
    except TerraformError as error:
        sys.exit(str(error))
    except (ClientError, AssertionError) as error:
        sys.exit(f"The demo went wrong: {json.dumps(str(error))}")
