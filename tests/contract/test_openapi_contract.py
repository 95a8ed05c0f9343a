"""The deployed API against its own contract: whatever fits the OpenAPI page, and whatever nearly does.

schemathesis makes requests out of `modules/api/openapi.yaml`, the same ones on every run. None may be answered by a
fault of ours, with a status that the page doesn't name for the operation, in another media type or another shape.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support import Api
from tools.terraform import ROOT

CONTRACT = schemathesis.openapi.from_path(ROOT / "modules/api/openapi.yaml")
OPERATIONS = {operation.label: operation for operation in (found.ok() for found in CONTRACT.get_all_operations())}

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
WAYS = [(label, POSITIVE) for label in OPERATIONS] + [
    (label, NEGATIVE) for label in OPERATIONS if label != "GET /health"
]
"""Each operation with requests that fit, and with some that don't; `/health` takes nothing that could be wrong."""

MODELS = {
    "/model/{modelId}/count-tokens": "fast",
    "/model/{modelId}/invoke": "fast",
    "/model/{modelId}/invoke-with-response-stream": "fast",
    "/v1/embeddings": "embed",
    "/v1/images/generations": "picture",
    "/v1/messages": "fast",
    "/v1/messages/count_tokens": "fast",
}
"""Which model an operation is for; any other is for `nova`."""

MAKES_PICTURES = "POST /v1/images/generations"
"""The operation that the quickstart has no model for."""

bounded = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections of one caller."""
    with requests.Session() as made:
        yield made


@pytest.fixture
def deployment(label: str, api: Api, pictures: Api) -> Api:
    """Where an operation is tried. Both are named, so that neither is removed while a test still needs it."""
    return pictures if label == MAKES_PICTURES else api


def for_a_model_that_exists(case: Case) -> Case:
    """The request for a declared model: a name made up at random would hide everything that comes after its refusal."""
    model = MODELS.get(case.operation.path, "nova")
    if "modelId" in (case.path_parameters or {}):
        case.path_parameters["modelId"] = model
    if isinstance(case.body, dict) and isinstance(case.body.get("model"), str):
        case.body["model"] = model
    return case


def call(case: Case, api: Api, session: requests.Session, key: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key or api.key}"}
    return case.call(base_url=api.url, session=session, headers=headers, verify=api.ca_file, timeout=30)


@pytest.mark.parametrize(("label", "mode"), WAYS, ids=lambda value: getattr(value, "value", value))
def test_every_answer_is_one_that_the_contract_names(
    deployment: Api, session: requests.Session, label: str, mode: GenerationMode
) -> None:
    # GIVEN requests that fit an operation's schema, or that break it in one place
    @bounded
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode).map(for_a_model_that_exists))
    def hold(case: Case) -> None:
        # WHEN one is sent
        response = call(case, deployment, session)

        # THEN status, media type and shape are the contract's, and no trace of our code is in it
        case.validate_response(response, checks=CHECKS)
        assert b"Traceback" not in response.content
        assert b"llm_api" not in response.content

    hold()


@pytest.mark.parametrize("label", [label for label in OPERATIONS if "POST" in label and "/workflows/" not in label])
def test_the_contracts_own_examples_work(deployment: Api, session: requests.Session, label: str) -> None:
    # GIVEN the example that the contract gives
    example, *_ = CONTRACT.get_strategies_from_examples(OPERATIONS[label])

    @settings(bounded, max_examples=1)
    @given(case=example.map(for_a_model_that_exists))
    def hold(case: Case) -> None:
        # WHEN it is sent, THEN it is answered as the contract says
        response = call(case, deployment, session)
        assert response.status_code == 200
        case.validate_response(response, checks=CHECKS)

    hold()


@pytest.mark.parametrize("label", [label for label in OPERATIONS if not label.endswith("/health")])
def test_without_a_key_every_operation_is_closed(deployment: Api, session: requests.Session, label: str) -> None:
    # GIVEN requests that fit
    @settings(bounded, max_examples=3)
    @given(case=OPERATIONS[label].as_strategy().map(for_a_model_that_exists))
    def hold(case: Case) -> None:
        # WHEN one is sent with a key that nobody holds, THEN it is refused as the contract says
        response = call(case, deployment, session, key="sk-nobody")
        assert response.status_code == 401
        case.validate_response(response, checks=CHECKS)

    hold()
