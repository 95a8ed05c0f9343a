"""Pictures by the applied module: every format by every way that leads to a caller, and what a failure costs."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import openai
import pytest
import requests

from local_aws import LocalAws
from local_aws.iam import evaluate, policies_of
from local_aws.models.images import inspect
from tests.clients.drivers import Driver, openai_async, openai_plain
from tests.integration.logs import line_of
from tests.load.client import ask
from tests.load.deployment import MODELS, Deployment, Tenant
from tests.support import Api, send

CAR = "A coast blue family SUV on a coast road"
FORBIDDEN = "A picture of the forbidden-topic"
PICTURE = "stability.stable-image-core"


@pytest.fixture
def client(pictures: Api, monkeypatch: pytest.MonkeyPatch) -> openai.OpenAI:
    """OpenAI's own, without repeats."""
    return _client(pictures, monkeypatch)


@pytest.fixture
def buffered_client(buffered: Api, monkeypatch: pytest.MonkeyPatch) -> openai.OpenAI:
    """Of a deployment whose answers end at 6 MB."""
    return _client(buffered, monkeypatch)


def _client(api: Api, monkeypatch: pytest.MonkeyPatch) -> openai.OpenAI:
    monkeypatch.setenv("SSL_CERT_FILE", api.ca_file)
    return openai.OpenAI(base_url=f"{api.url}/v1", api_key=api.key, max_retries=0)


def is_picture(data: bytes, width: int = 1024, height: int = 1024) -> bool:
    picture = inspect(data)
    return picture is not None and (picture.format, picture.width, picture.height) == ("png", width, height)


def fetched(url: str) -> requests.Response:
    """What anybody gets who has the address and nothing else."""
    return requests.get(url, timeout=30)


@pytest.mark.parametrize("ask_openai", [openai_plain, openai_async])
def test_pictures_come_as_base64(pictures: Api, monkeypatch: pytest.MonkeyPatch, ask_openai: Driver) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", pictures.ca_file)

    # WHEN two are asked for, as OpenAI's client asks by default
    answer = ask_openai(pictures, "images.generate", model="picture", prompt=CAR, n=2, size="1024x1024")

    # THEN both are there, and not the same
    found = [base64.b64decode(image.b64_json or "") for image in answer.data or ()]
    assert [is_picture(picture) for picture in found] == [True, True]
    assert answer.output_format == "png"


def test_pictures_come_by_url(client: openai.OpenAI, pictures: Api) -> None:
    # WHEN addresses are asked for
    answer = client.images.generate(model="picture", prompt=CAR, n=2, size="1536x1024", response_format="url")

    # THEN each leads to its picture, for whoever has it
    urls = [image.url or "" for image in answer.data or ()]
    replies = [fetched(url) for url in urls]
    assert [(reply.status_code, reply.headers["content-type"]) for reply in replies] == [(200, "image/png")] * 2
    assert all(is_picture(reply.content, 1280, 832) for reply in replies)

    # AND lies under the tenant's name and a key that can't be guessed, and tells nothing of the prompt
    keys = [urlsplit(url).path for url in urls]
    assert all(re.fullmatch(rf"/{pictures.outputs['bucket']}/images/adverts/[0-9a-f]{{32}}\.png", key) for key in keys)
    assert len(set(keys)) == 2
    assert not any("SUV" in url for url in urls)


def test_an_address_is_good_for_nothing_else(client: openai.OpenAI, pictures: Api) -> None:
    # GIVEN an address
    image = client.images.generate(model="picture", prompt=CAR, response_format="url").data
    assert image is not None
    url = image[0].url or ""
    parts = urlsplit(url)
    assert fetched(url).status_code == 200

    # WHEN it is bent to another object, a listing, another method, a longer life, or used without its signature
    bucket = f"/{pictures.outputs['bucket']}"
    bent = [
        urlunsplit(parts._replace(path=parts.path.replace("adverts", "others"))),
        urlunsplit(parts._replace(path=bucket, query=f"list-type=2&{parts.query}")),
        urlunsplit(parts._replace(path=bucket)),
        url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000"),
    ]
    statuses = [fetched(one).status_code for one in bent] + [requests.put(url, b"mine", timeout=30).status_code]

    # THEN it leads nowhere
    assert statuses == [403] * 5
    assert is_picture(fetched(url).content)


def test_the_role_may_write_and_read_pictures_and_never_look_for_them(pictures: Api) -> None:
    # GIVEN the deployed role
    role = policies_of(pictures.outputs["role_arn"])[0]
    bucket = f"arn:aws:s3:::{pictures.outputs['bucket']}"
    ours = {"aws:resourceaccount": "123456789012"}

    def may(action: str, resource: str, context: dict[str, str] = ours) -> bool:
        return evaluate(role, action, resource, context).allowed

    # THEN it may do the two things, below its prefix, in its own account
    assert may("s3:PutObject", f"{bucket}/images/a.png")
    assert may("s3:GetObject", f"{bucket}/images/a.png")
    assert not may("s3:PutObject", f"{bucket}/images/a.png", {"aws:resourceaccount": "210987654321"})

    # AND nothing else
    assert not any(may(action, bucket) for action in ("s3:ListBucket", "s3:DeleteBucket", "s3:PutBucketPolicy"))
    for action in ("s3:DeleteObject", "s3:PutObjectAcl", "s3:GetObjectVersion", "s3:ListMultipartUploadParts"):
        assert not may(action, f"{bucket}/images/a.png"), action
    for resource in (f"{bucket}/a.png", f"{bucket}-2/images/a.png", "arn:aws:s3:::*"):
        assert not may("s3:GetObject", resource), resource


def test_the_bucket_is_closed(pictures: Api) -> None:
    # GIVEN the bucket as it was applied
    s3, bucket = boto3.client("s3"), pictures.outputs["bucket"]

    # THEN it is what the module promises
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"]["Days"] == 1
    statement = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize("model", ["canvas", "titan"])
def test_amazons_models_make_pictures_too(buffered_client: openai.OpenAI, model: str) -> None:
    # WHEN six are asked for, which are two requests
    answer = buffered_client.images.generate(
        model=model, prompt=CAR, n=6, size="512x256", extra_body={"seed": 7, "negative_prompt": "people"}
    )

    # THEN
    found = {image.b64_json for image in answer.data or ()}
    assert len(found) == 6
    assert all(is_picture(base64.b64decode(picture or ""), 512, 256) for picture in found)


def test_what_passes_6_mb_comes_by_url(buffered: Api, buffered_client: openai.OpenAI) -> None:
    # GIVEN a deployment without streaming
    # WHEN pictures are asked for that are too many for one answer
    raw = buffered_client.images.with_raw_response.generate(model="canvas", prompt=CAR, n=2, quality="high")

    # THEN they are put into the bucket that was named, and a header says so
    assert "response_format is url instead of b64_json" in raw.headers["warning"]
    urls = [image.url or "" for image in raw.parse().data or ()]
    assert all(urlsplit(url).path.startswith("/buffered-pictures/images/buffered/") for url in urls)
    assert all(is_picture(fetched(url).content) for url in urls)
    assert line_of(buffered, raw.headers)["files_stored"] == 2


def test_what_passes_6_mb_streams_whole(client: openai.OpenAI) -> None:
    # GIVEN a deployment with streaming, whose limit is 200 MB WHEN ten pictures are asked for THEN they are there
    answer = client.images.generate(model="picture", prompt=CAR, n=10)
    assert len(answer.data or ()) == 10


def test_every_format_passes_natively(pictures: Api, buffered: Api, bedrock: Callable[..., Any]) -> None:
    # GIVEN each family's own body
    amazon = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": CAR}, "imageGenerationConfig": {"seed": 3}}
    stability = {"prompt": CAR, "aspect_ratio": "1:1", "output_format": "png"}
    for api, model, body in (
        (pictures, "picture", stability),
        (buffered, "canvas", amazon),
        (buffered, "titan", amazon),
    ):
        # WHEN boto3 invokes the model
        answer = bedrock(api).invoke_model(modelId=model, body=json.dumps(body))

        # THEN the model's own answer comes back
        document = json.loads(answer["body"].read())
        assert is_picture(base64.b64decode(document["images"][0])), model
        assert ("finish_reasons" in document) == (model == "picture")


def test_a_prompt_that_is_filtered_is_told_as_such(client: openai.OpenAI, buffered_client: openai.OpenAI) -> None:
    # GIVEN a filter in the model's answer, and one before the model
    for caller, model in ((client, "picture"), (buffered_client, "canvas")):
        # WHEN THEN
        with pytest.raises(openai.BadRequestError) as refused:
            caller.images.generate(model=model, prompt=FORBIDDEN)
        assert refused.value.code == "content_policy_violation"
        assert "forbidden" not in refused.value.message


def test_a_chat_model_sends_the_caller_elsewhere(client: openai.OpenAI) -> None:
    # WHEN THEN
    with pytest.raises(openai.BadRequestError, match="makes no pictures"):
        client.images.generate(model="writer", prompt=CAR)
    with pytest.raises(openai.BadRequestError, match="/v1/images/generations"):
        client.chat.completions.create(model="picture", messages=[{"role": "user", "content": CAR}])


def test_a_throttled_model_is_a_429(client: openai.OpenAI, local_aws: LocalAws) -> None:
    # GIVEN
    local_aws.faults.add("throttle", model=PICTURE, times=None)

    # WHEN THEN
    with pytest.raises(openai.RateLimitError) as refused:
        client.images.generate(model="picture", prompt=CAR)
    assert int(refused.value.response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("kind", ["bucket_fails", "bucket_silent"])
def test_what_can_not_be_stored_comes_in_the_answer(
    pictures: Api, client: openai.OpenAI, local_aws: LocalAws, kind: str
) -> None:
    # GIVEN an S3 that is out of reach
    local_aws.faults.add(kind, model=pictures.outputs["bucket"], operation="s3:PutObject", times=None, seconds=25)

    # WHEN addresses are asked for
    raw = client.images.with_raw_response.generate(model="picture", prompt=CAR, response_format="url")

    # THEN what was paid for reaches the caller all the same, and the log says why
    data = raw.parse().data
    assert data is not None
    assert is_picture(base64.b64decode(data[0].b64_json or ""))
    assert "could not be stored" in raw.headers["warning"]
    line = line_of(pictures, raw.headers)
    assert line["level"] == "WARNING"
    assert line["storage_failure"].startswith("S3: ")
    assert line["settlement"] == "exact"


def test_what_can_neither_be_stored_nor_sent_is_not_made_twice(
    buffered: Api, buffered_client: openai.OpenAI, local_aws: LocalAws
) -> None:
    # GIVEN pictures that are too large for an answer, and no S3
    local_aws.faults.add("bucket_fails", model="buffered-pictures", times=None)

    # WHEN THEN the failure is clean, and no client repeats what was paid for
    with pytest.raises(openai.InternalServerError) as failed:
        buffered_client.images.generate(model="canvas", prompt=CAR, n=2, quality="high")
    assert failed.value.status_code == 502
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert "has to be paid for" in failed.value.message
    assert "503 SlowDown" in line_of(buffered, failed.value.response.headers)["reason"]


def paint(deployment: Deployment, tenant: Tenant, **fields: Any) -> Any:
    return ask(deployment, tenant.key, "/v1/images/generations", {"model": "paint", "prompt": CAR, **fields})


def test_dollars_are_counted_by_the_picture(budgeted: Deployment, local_aws: LocalAws) -> None:
    # GIVEN a tenant whose budget holds for three pictures of 8 cents
    tenant = Tenant("paints", sorted(MODELS), {"usd_per_day": "0.25"})
    budgeted.write(tenant)

    # WHEN two are made
    assert paint(budgeted, tenant, n=2).status == 200

    # THEN they are counted to the cent, and two more are refused before any model is called
    assert budgeted.used(tenant.name)["day_usd"] == 160_000_000_000
    refused = paint(budgeted, tenant, n=2)
    assert (refused.status, refused.json()["error"]["code"]) == (429, "insufficient_quota")
    calls = [call for call in local_aws.journal.calls() if call.tags.get("tenant") == tenant.name]
    assert len(calls) == 2

    # AND of a picture that was withheld the reservation stands: AWS doesn't say that it is free
    assert paint(budgeted, tenant, prompt=FORBIDDEN).status == 400
    assert budgeted.used(tenant.name)["day_usd"] == 240_000_000_000


def test_without_a_bucket_url_is_refused_for_nothing(budgeted: Deployment) -> None:
    # GIVEN a deployment that declares no bucket
    tenant = Tenant("paints-too", sorted(MODELS), {"usd_per_day": "1"})
    budgeted.write(tenant)

    # WHEN
    refused = paint(budgeted, tenant, response_format="url")

    # THEN the caller hears what to declare, and nothing is counted
    error = refused.json()["error"]
    assert (refused.status, error["param"]) == (400, "response_format")
    assert "images = {}" in error["message"]
    assert budgeted.used(tenant.name) == {}


def test_a_key_that_nobody_holds_makes_no_picture(pictures: Api) -> None:
    # WHEN THEN
    body = {"model": "picture", "prompt": CAR}
    assert send(pictures, "POST", "/v1/images/generations", body, key="sk-nobody").status == 401
