"""The account's control plane: moto's server in this process, with the gaps in `local_aws.moto_patches` filled.

`documents`, `stages` and friends are what the data planes read: they look into moto's own state, so nothing can
disagree.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from moto.apigateway.models import apigateway_backends
from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sts.models import sts_backends

from local_aws import moto_patches
from local_aws.credentials import Credentials, CredentialStore
from local_aws.iam.identities import policies_of


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """A stage's settings for one method or for all (`*/*`).

    Attributes:
        rate_limit: requests a second; None: not set (-1 in the API: no throttling of its own).
        burst_limit: the bucket's size.
    """

    rate_limit: float | None = None
    burst_limit: int | None = None
    logging_level: str | None = None
    data_trace_enabled: bool = False
    metrics_enabled: bool = False


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Where and in which format a stage logs its requests; the format holds `$context` variables."""

    destination_arn: str
    format: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage as API Gateway serves it: the document as it was when its deployment was made.

    Attributes:
        document: the OpenAPI document that was imported, extensions and all, as it was when the deployment was made.
            Treat as read-only.
        policy: the API's resource policy at the time of the deployment (document or `policy` argument), or None.
        method_settings: by `*/*` or `RESOURCE_PATH/METHOD`, the path's slashes escaped as the API has them
            (`~1v1~1models/GET`).
        endpoint_types: `["REGIONAL"]`, `["EDGE"]` or `["PRIVATE"]`.
        web_acl_arn: the WAFv2 web ACL associated with the stage, or None.
    """

    rest_api_id: str
    name: str
    region: str
    account_id: str
    deployment_id: str
    document: Mapping[str, Any]
    policy: Mapping[str, Any] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    method_settings: Mapping[str, MethodSettings] = field(default_factory=dict)
    access_log: AccessLog | None = None
    endpoint_types: tuple[str, ...] = ("REGIONAL",)
    vpc_endpoint_ids: tuple[str, ...] = ()
    disable_execute_api_endpoint: bool = False
    web_acl_arn: str | None = None

    @property
    def arn(self) -> str:
        """The stage's ARN, as WAF and tags name it."""
        return f"arn:aws:apigateway:{self.region}::/restapis/{self.rest_api_id}/stages/{self.name}"


@dataclass(frozen=True, slots=True)
class DomainMapping:
    """One base path of a custom domain: `base_path` is empty for the root."""

    domain_name: str
    base_path: str
    rest_api_id: str
    stage_name: str


class ControlPlane:
    """moto's backends, as the data planes read them. Nothing here is cached: every read sees the last API call.

    moto keeps its state in modules, so there can be one at a time in a process.

    Attributes:
        wsgi: moto's server; the endpoint hands it what it does not answer itself.
    """

    _in_use = threading.Lock()

    def __init__(self, credentials: CredentialStore) -> None:
        if not self._in_use.acquire(blocking=False):
            raise RuntimeError("There is a local AWS in this process already: close it before you start another.")
        moto_patches.install()
        moto_api_backend.reset()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.wsgi: Callable[..., Iterable[bytes]] = DomainDispatcherApplication(create_backend_app)
        credentials.add_fallback(_find_in_iam)

    def close(self) -> None:
        """Forgets everything that was created."""
        moto_api_backend.reset()
        self._in_use.release()

    @property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The last OpenAPI document imported into each REST API, deployed or not, by API ID."""
        return {api.id: api.document for _, _, api in _rest_apis() if getattr(api, "document", None)}

    @property
    def stages(self) -> Mapping[tuple[str, str], Stage]:
        """Every deployed stage by (REST API ID, stage name)."""
        return {
            (api.id, name): stage
            for account, region, api in _rest_apis()
            for name in list(api.stages)
            if (stage := _stage(account, region, api, name)) is not None
        }

    def stage(self, rest_api_id: str, stage_name: str) -> Stage | None:
        """One stage, or None where the API or the stage does not exist."""
        for account, region, api in _rest_apis():
            if api.id == rest_api_id and stage_name in api.stages:
                return _stage(account, region, api, stage_name)
        return None

    @property
    def domain_mappings(self) -> list[DomainMapping]:
        """The base path mappings of all custom domains."""
        return [
            DomainMapping(
                domain_name=domain,
                base_path="" if mapping.base_path == "(none)" else mapping.base_path,
                rest_api_id=mapping.rest_api_id,
                stage_name=mapping.stage or "",
            )
            for backends in list(apigateway_backends.values())
            for backend in list(backends.values())
            for domain, mappings in list(backend.base_path_mappings.items())
            for mapping in list(mappings.values())
        ]

    def role_policies(self, role_arn: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """(inline and attached policy documents, permissions boundary or None) of a role as it is now.

        Raises:
            KeyError: there is no such role.
        """
        return policies_of(role_arn)


def _rest_apis() -> Iterator[tuple[str, str, Any]]:
    """(account ID, Region, moto's RestAPI) of every REST API."""
    for account, backends in list(apigateway_backends.items()):
        for region, backend in list(backends.items()):
            for api in list(backend.apis.values()):
                yield account, region, api


def _stage(account: str, region: str, api: Any, name: str) -> Stage | None:
    stage = api.stages[name]
    deployment = api.deployments.get(stage.deployment_id)
    snapshot = getattr(deployment, "snapshot", None)
    if snapshot is None:
        return None  # nothing was imported when it was deployed
    endpoint = api.endpoint_configuration or {}
    log = stage.access_log_settings or {}
    return Stage(
        rest_api_id=api.id,
        name=name,
        region=region,
        account_id=account,
        deployment_id=stage.deployment_id,
        document=snapshot.document,
        policy=snapshot.policy,
        variables=dict(stage.variables),
        method_settings={key: _method_settings(value) for key, value in stage.method_settings.items()},
        access_log=AccessLog(log["destinationArn"], log.get("format", "")) if log.get("destinationArn") else None,
        endpoint_types=tuple(endpoint.get("types") or ("EDGE",)),
        vpc_endpoint_ids=tuple(endpoint.get("vpcEndpointIds") or ()),
        disable_execute_api_endpoint=api.disableExecuteApiEndpoint is True,
        web_acl_arn=stage.web_acl_arn,
    )


def _method_settings(settings: Mapping[str, Any]) -> MethodSettings:
    rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
    return MethodSettings(
        rate_limit=None if rate is None or float(rate) < 0 else float(rate),
        burst_limit=None if burst is None or int(burst) < 0 else int(burst),
        logging_level=settings.get("loggingLevel"),
        data_trace_enabled=bool(settings.get("dataTraceEnabled")),
        metrics_enabled=bool(settings.get("metricsEnabled")),
    )


def _find_in_iam(access_key_id: str) -> Credentials | None:
    """Access keys of users, and sessions that STS handed out."""
    for account, backends in list(sts_backends.items()):
        for backend in list(backends.values()):
            for role in list(backend.assumed_roles):
                if role.access_key_id == access_key_id:
                    name = role.role_arn.rsplit("/", 1)[-1]
                    return Credentials(
                        access_key_id=access_key_id,
                        secret_access_key=role.secret_access_key,
                        session_token=role.session_token,
                        principal_arn=f"arn:{role.partition}:sts::{account}:assumed-role/{name}/{role.session_name}",
                        role_arn=role.role_arn,
                        session_name=role.session_name,
                        expires_at=role.expiration.replace(tzinfo=UTC).timestamp(),
                    )
    for iam in [backend for backends in list(iam_backends.values()) for backend in list(backends.values())]:
        for user in list(iam.users.values()):
            for key in list(user.access_keys):
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Credentials(access_key_id, key.secret_access_key, None, user.arn)
    return None
