"""API Gateway: what moto drops from imported documents, and refusals of AWS that it lacks."""

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.apigateway import urls
from moto.apigateway.exceptions import BadRequestException, InvalidOpenAPIDocumentException
from moto.apigateway.models import APIGatewayBackend, RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from local_aws.moto_patches.patching import Patch, gap

ANY_METHOD = "x-amazon-apigateway-any-method"
HTTP_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a deployment froze: the API's document and its resource policy."""

    document: Mapping[str, Any]
    policy: Mapping[str, Any] | None


@gap
def imports_take_any_method_and_bare_mocks(patch: Patch) -> None:
    """apigateway:PutRestApi crashes on a mock without `uri` and `httpMethod`, and on what is no method in a path.

    moto sees a document with `ANY` spelt as its method and mock integrations filled up; AWS ignores both there. What
    `failonwarnings` judges is the caller's document, before that.
    """

    def put(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_rest_api(
            self: APIGatewayBackend,
            function_id: str,
            api_doc: dict[str, Any],
            fail_on_warnings: bool,
            *args: Any,
            **kwargs: Any,
        ) -> Any:
            if fail_on_warnings:
                try:
                    validate(api_doc)
                except OpenAPIValidationError as error:
                    raise InvalidOpenAPIDocumentException(error) from error
            return original(self, function_id, _for_moto(api_doc), False, *args, **kwargs)

        return put_rest_api

    patch.replace(APIGatewayBackend, "put_rest_api", put)


def _for_moto(document: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for path, item in document.get("paths", {}).items():
        methods = {}
        for name, operation in item.items():
            if name != ANY_METHOD and name.lower() not in HTTP_METHODS:
                continue
            integration = operation.get("x-amazon-apigateway-integration")
            if integration is not None and str(integration.get("type", "")).upper() == "MOCK":
                integration.setdefault("uri", "")
                integration.setdefault("httpMethod", "POST")
            methods["ANY" if name == ANY_METHOD else name] = operation
        document["paths"][path] = methods
    return document


@gap
def imports_keep_the_document(patch: Patch) -> None:
    """apigateway:PutRestApi and ImportRestApi drop transfer modes, security, authorizers and gateway responses.

    The document is kept on moto's API object, so it lives and dies with it; its resource policy becomes the API's. The
    last wrapper around the import, because what is kept is the caller's document and not the one that moto is given.
    """

    def put(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_rest_api(
            self: APIGatewayBackend, function_id: str, api_doc: dict[str, Any], *args: Any, **kwargs: Any
        ) -> Any:
            api = original(self, function_id, api_doc, *args, **kwargs)
            api.document = copy.deepcopy(api_doc)
            if "x-amazon-apigateway-policy" in api_doc:
                api.policy = json.dumps(api_doc["x-amazon-apigateway-policy"])
            if "x-amazon-apigateway-binary-media-types" in api_doc:
                api.binaryMediaTypes = list(api_doc["x-amazon-apigateway-binary-media-types"])
            endpoint = api_doc.get("x-amazon-apigateway-endpoint-configuration", {})
            if "vpcEndpointIds" in endpoint:
                api.endpoint_configuration["vpcEndpointIds"] = list(endpoint["vpcEndpointIds"])
            if "disableExecuteApiEndpoint" in endpoint:
                api.disableExecuteApiEndpoint = bool(endpoint["disableExecuteApiEndpoint"])
            return api

        return put_rest_api

    patch.replace(APIGatewayBackend, "put_rest_api", put)


@gap
def deployments_keep_a_snapshot(patch: Patch) -> None:
    """apigateway:CreateDeployment does not remember what it deployed, which is what a stage serves on AWS."""

    def create(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_deployment(self: RestAPI, *args: Any, **kwargs: Any) -> Any:
            deployment = original(self, *args, **kwargs)
            document = getattr(self, "document", None)
            if document is not None:
                policy = json.loads(self.policy) if self.policy else None
                deployment.snapshot = Snapshot(copy.deepcopy(document), policy)
            return deployment

        return create_deployment

    patch.replace(RestAPI, "create_deployment", create)


@gap
def used_deployments_are_kept(patch: Patch) -> None:
    """apigateway:DeleteDeployment deletes a deployment that a stage still points to, which AWS refuses."""

    def delete(original: Callable[..., Any]) -> Callable[..., Any]:
        def delete_deployment(self: RestAPI, deployment_id: str) -> Any:
            if any(stage.deployment_id == deployment_id for stage in self.stages.values()):
                raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
            return original(self, deployment_id)

        return delete_deployment

    patch.replace(RestAPI, "delete_deployment", delete)


@gap
def access_logs_need_the_account_role(patch: Patch) -> None:
    """apigateway:UpdateStage accepts an access log although the account has no CloudWatch role, which AWS refuses."""

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_stage(
            self: APIGatewayBackend, function_id: str, stage_name: str, patch_operations: list[dict[str, Any]]
        ) -> Stage:
            logs = any(
                op["op"] in ("add", "replace") and op["path"].startswith("/accessLogSettings")
                for op in patch_operations
            )
            if logs and not self.account.cloudwatch_role_arn:
                raise BadRequestException("CloudWatch Logs role ARN must be set in account settings to enable logging")
            return original(self, function_id, stage_name, patch_operations)  # type: ignore[no-any-return]

        return update_stage

    patch.replace(APIGatewayBackend, "update_stage", update)


@gap
def policies_are_read_back_escaped(patch: Patch) -> None:
    """apigateway:GetRestApi returns a policy as it was sent; AWS escapes its quotes, which the provider undoes."""

    def to_dict(original: Callable[..., Any]) -> Callable[..., Any]:
        def escaped(self: RestAPI) -> dict[str, Any]:
            described: dict[str, Any] = original(self)
            if self.policy:
                described[self.PROP_POLICY] = json.dumps(self.policy)[1:-1]
            return described

        return escaped

    patch.replace(RestAPI, "to_dict", to_dict)


@gap
def execute_api_endpoint_is_switched(patch: Patch) -> None:
    """apigateway:UpdateRestApi takes every value of disableExecuteApiEndpoint for true, the text "false" included."""

    def apply(original: Callable[..., Any]) -> Callable[..., Any]:
        def apply_patch_operations(self: RestAPI, patch_operations: list[dict[str, Any]]) -> None:
            original(self, patch_operations)
            for op in patch_operations:
                if op["path"] == "/disableExecuteApiEndpoint":
                    self.disableExecuteApiEndpoint = op["value"] == "true"

        return apply_patch_operations

    patch.replace(RestAPI, "apply_patch_operations", apply)


TAGGED = re.compile(r"/tags/arn:[^/]+::/(?P<kind>restapis|domainnames)/(?P<name>[^/]+)$")


@gap
def apis_and_domains_have_tags(patch: Patch) -> None:
    """apigateway:TagResource, UntagResource and GetTags know stages alone, and no API and no domain."""
    route = "{0}/tags/arn:(?P<partition>[^/]+)::/(?P<kind>restapis|domainnames)/(?P<name>[^/]+)$"
    patch.replace(urls, "url_paths", lambda paths: {route: APIGatewayResponse.dispatch, **paths})

    def of_apis_too(name: str, change: Callable[[APIGatewayResponse, dict[str, str]], dict[str, str]]) -> None:
        def answered(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(self: APIGatewayResponse) -> str:
                found = TAGGED.search(unquote(self.path))
                if found is None:
                    return str(original(self))
                get = self.backend.get_rest_api if found["kind"] == "restapis" else self.backend.get_domain_name
                tagged = get(found["name"])
                tagged.tags = change(self, tagged.tags or {})
                return json.dumps({"tags": tagged.tags})

            return answer

        patch.replace(APIGatewayResponse, name, answered)

    of_apis_too("get_tags", lambda request, tags: tags)
    of_apis_too("tag_resource", lambda request, tags: tags | (request._get_param("tags") or {}))
    of_apis_too(
        "untag_resource",
        lambda request, tags: {
            key: value for key, value in tags.items() if key not in (request.querystring.get("tagKeys") or [])
        },
    )
