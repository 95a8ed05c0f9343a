"""Which resource serves a path."""

import pytest

from local_aws.gateway.document import compile_document
from local_aws.gateway.routing import match
from local_aws.tests.gateway_support import document, mock, operation

API = compile_document(
    document(
        {
            "/health": {"get": operation(mock())},
            "/v1/models": {"get": operation(mock()), "x-amazon-apigateway-any-method": operation(mock(404))},
            "/v1/models/{id}": {"get": operation(mock())},
            "/v1/models/special": {"get": operation(mock())},
            "/model/{modelId}/invoke": {"post": operation(mock())},
            "/v1/{proxy+}": {"x-amazon-apigateway-any-method": operation(mock(404))},
            "/{proxy+}": {"x-amazon-apigateway-any-method": operation(mock(404))},
        }
    )
)


@pytest.mark.parametrize(
    ("method", "path", "resource", "parameters"),
    [
        ("GET", "/health", "/health", {}),
        ("GET", "/health/", "/health", {}),
        ("GET", "/v1/models", "/v1/models", {}),
        ("GET", "/v1/models/fast", "/v1/models/{id}", {"id": "fast"}),
        ("GET", "/v1/models/special", "/v1/models/special", {}),
        ("GET", "/v1/models/a%2Fb", "/v1/models/{id}", {"id": "a/b"}),
        ("GET", "/v1/models/a%252Fb", "/v1/models/{id}", {"id": "a%2Fb"}),
        ("GET", "/v1/m%6Fdels", "/v1/models", {}),
        ("GET", "/v1/models/a/b", "/v1/{proxy+}", {"proxy": "models/a/b"}),
        (
            "POST",
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova-lite-v1%3A0/invoke",
            "/model/{modelId}/invoke",
            {"modelId": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"},
        ),
        (
            "POST",
            "/model/amazon.nova-lite-v1:0/invoke",
            "/model/{modelId}/invoke",
            {"modelId": "amazon.nova-lite-v1:0"},
        ),
        ("POST", "/model/../invoke", "/model/{modelId}/invoke", {"modelId": ".."}),
        ("POST", "/model//invoke", "/{proxy+}", {"proxy": "model//invoke"}),
        ("POST", "/model/x/converse", "/{proxy+}", {"proxy": "model/x/converse"}),
        ("GET", "/HEALTH", "/{proxy+}", {"proxy": "HEALTH"}),
    ],
)
def test_the_most_specific_resource_serves(method: str, path: str, resource: str, parameters: dict[str, str]) -> None:
    # WHEN a path comes in
    found = match(API, method, path)

    # THEN static segments win over variables, and variables over greedy ones; parameters are decoded once
    assert found is not None
    assert (found.resource, dict(found.parameters)) == (resource, parameters)
    assert found.operation is not None


def test_a_missing_method_is_not_looked_for_elsewhere() -> None:
    # GIVEN a resource with POST alone, beside a greedy one for any method
    # WHEN it is called with GET
    found = match(API, "GET", "/model/x/invoke")

    # THEN the resource is found and has no operation for it
    assert found is not None
    assert (found.resource, found.operation) == ("/model/{modelId}/invoke", None)


def test_any_method_takes_what_has_no_method_of_its_own() -> None:
    # WHEN a resource with GET and any-method is called with both
    get, delete = match(API, "GET", "/v1/models"), match(API, "DELETE", "/v1/models")

    # THEN each is served by its own
    assert get is not None
    assert delete is not None
    assert get.operation is not None
    assert delete.operation is not None
    assert (get.operation.method, delete.operation.method) == ("GET", "ANY")


def test_the_root_is_no_part_of_a_greedy_resource() -> None:
    # WHEN the root is asked for, THEN the greedy variable, which is never empty, does not serve it
    assert match(API, "GET", "/") is None
