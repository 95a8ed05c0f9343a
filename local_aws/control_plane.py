"""The account's control plane: moto's server in this process, with the gaps in `local_aws.gaps` filled.

`documents`, `stages` and friends are what the data planes read: they look into moto's own state, so nothing can disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
        document: the OpenAPI document that was imported, extensions and all, at the time of the deployment. Treat as read-only.
        policy: the API's resource policy at the time of the deployment (document or `policy` argument), or None.
        method_settings: by `*/*` or `RESOURCE_PATH/METHOD` with the path's slashes escaped as the API has them (`~1v1~1models/GET`).
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
    """moto's backends, as the data planes read them. Nothing here is cached: every read sees the last API call."""

    @property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The last OpenAPI document imported into each REST API, deployed or not, by API ID."""
        raise NotImplementedError

    @property
    def stages(self) -> Mapping[tuple[str, str], Stage]:
        """Every deployed stage by (REST API ID, stage name)."""
        raise NotImplementedError

    def stage(self, rest_api_id: str, stage_name: str) -> Stage | None:
        """One stage, or None where the API or the stage does not exist."""
        raise NotImplementedError

    @property
    def domain_mappings(self) -> list[DomainMapping]:
        """The base path mappings of all custom domains."""
        raise NotImplementedError

    def role_policies(self, role_arn: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """(inline and attached policy documents, permissions boundary or None) of a role as it is now.

        Raises:
            KeyError: there is no such role.
        """
        raise NotImplementedError
