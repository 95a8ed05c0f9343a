"""The list of models, and errors in OpenAI's shape."""

import json
from types import SimpleNamespace

import httpx2
import openai
import pytest
from llm_api import errors
from llm_api.dialects import openai as dialect
from llm_api.dialects.openai.fields import InvalidField
from llm_api.dialects.openai.models import ListModels, RetrieveModel
from llm_api.events import Request

from tests.unit.llm_api.dialect_support import CLAUDE, EMBED, NOVA

ARN = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc"
REQUEST = Request("req-1", "POST", "/v1/chat/completions", "/v1/chat/completions")


def _with(*targets):
    """A deployment of which the caller may use these models."""
    return SimpleNamespace(models=lambda: list(targets))


def get(name):
    return RetrieveModel.parse(Request("r", "GET", "/v1/models/{id}", f"/v1/models/{name}"))


def test_the_list_holds_what_the_caller_may_use():
    # GIVEN two models
    body = json.loads(ListModels.parse(REQUEST).respond(_with(CLAUDE, EMBED)).body)

    # WHEN / THEN
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["claude", "embed"]
    assert body["data"][0] == {
        "id": "claude",
        "object": "model",
        "created": 0,
        "owned_by": "anthropic",
        "type": "model",
        "display_name": "claude",
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
    }


@pytest.mark.parametrize(
    ("query", "names", "more"),
    [
        ({}, ["claude", "embed", "nova"], False),
        ({"limit": "2"}, ["claude", "embed"], True),
        ({"limit": "2", "after_id": "embed"}, ["nova"], False),
        ({"limit": "1", "before_id": "nova"}, ["embed"], True),
        ({"before_id": "embed"}, ["claude"], False),
        ({"after_id": "nova"}, [], False),
    ],
)
def test_the_list_comes_in_anthropics_pages(query, names, more):
    # GIVEN three models WHEN a page is asked for
    asked = ListModels.parse(Request("r", "GET", "/v1/models", "/v1/models", {}, query))
    body = json.loads(asked.respond(_with(CLAUDE, EMBED, NOVA)).body)

    # THEN it says where it begins and ends, and whether there is more
    assert [model["id"] for model in body["data"]] == names
    assert (body["first_id"], body["last_id"]) == ((names[0], names[-1]) if names else (None, None))
    assert body["has_more"] is more


@pytest.mark.parametrize("limit", ["", "0", "-1", "x", "\u0661", "99999999999999999999"])
def test_a_page_of_no_number_is_refused(limit):
    with pytest.raises(errors.BadRequest, match="limit"):
        ListModels.parse(Request("r", "GET", "/v1/models", "/v1/models", {}, {"limit": limit}))


@pytest.mark.parametrize("name", ["claude", "us.anthropic.claude-opus-4-6-v1", "us.anthropic%2Eclaude-opus-4-6-v1"])
def test_one_model_by_alias_or_encoded_id(name):
    # GIVEN / WHEN / THEN
    assert json.loads(get(name).respond(_with(EMBED, CLAUDE)).body)["id"] == "claude"


@pytest.mark.parametrize("name", ["gpt-5", "%2563laude", ""])
def test_a_model_that_is_not_the_callers_is_not_found(name):
    # GIVEN a name of nobody's, or one that would fit if it were decoded twice
    # WHEN / THEN
    with pytest.raises(errors.NotFound):
        get(name).respond(_with(CLAUDE))


ALL_ERRORS = [
    (errors.BadRequest("x"), openai.BadRequestError, "invalid_request_error", None),
    (errors.Unauthenticated("x"), openai.AuthenticationError, "invalid_request_error", "invalid_api_key"),
    (errors.Forbidden("x"), openai.PermissionDeniedError, "permission_error", "permission_denied"),
    (errors.NotFound("x"), openai.NotFoundError, "invalid_request_error", "model_not_found"),
    (errors.PayloadTooLarge("x"), openai.APIStatusError, "invalid_request_error", "request_too_large"),
    (errors.Throttled("x"), openai.RateLimitError, "rate_limit_error", "rate_limit_exceeded"),
    (errors.QuotaExceeded("x"), openai.RateLimitError, "rate_limit_error", "insufficient_quota"),
    (errors.ModelFailed("x"), openai.InternalServerError, "server_error", "server_error"),
    (errors.ModelNotReady("x"), openai.InternalServerError, "server_error", "server_error"),
    (errors.OutOfTime("x"), openai.InternalServerError, "server_error", "server_error"),
    (errors.Internal(), openai.InternalServerError, "server_error", "server_error"),
]


@pytest.mark.parametrize(("error", "raised", "kind", "code"), ALL_ERRORS)
def test_the_sdk_raises_the_class_that_fits(error, raised, kind, code):
    # GIVEN an error as the API sends it to the real SDK
    answer = dialect.error(error, REQUEST)
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(answer.status, headers=answer.headers, content=answer.body)
    )
    with httpx2.Client(transport=transport) as http:
        client = openai.OpenAI(api_key="k", base_url="https://api.test/v1", http_client=http, max_retries=0)

        # WHEN it is called
        with pytest.raises(raised) as failure:
            client.chat.completions.create(model="m", messages=[])

    # THEN all four fields are there
    assert failure.value.request_id == "req-1"
    assert failure.value.body == {"message": error.message, "type": kind, "param": None, "code": code}


def test_a_wrong_field_is_named():
    # GIVEN / WHEN
    body = json.loads(dialect.error(InvalidField("messages[2].content", "wrong"), REQUEST).body)

    # THEN
    assert body["error"]["param"] == "messages[2].content"


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (errors.Throttled("x", retry_after_seconds=1.2), {"retry-after": "2"}),
        (errors.Throttled("x", retry_after_seconds=3600), {"retry-after": "3600", "x-should-retry": "false"}),
        (errors.Unavailable("x"), {}),
        (errors.OutOfTime("x"), {"x-should-retry": "false"}),
        (errors.ModelFailed("x"), {"x-should-retry": "false"}),
        (errors.BadRequest("x"), {"x-should-retry": "false"}),
    ],
)
def test_a_retry_is_asked_for_only_where_it_helps(error, headers):
    # GIVEN / WHEN
    sent = dialect.error(error, REQUEST).headers

    # THEN
    assert {name: sent[name] for name in ("retry-after", "x-should-retry") if name in sent} == headers
