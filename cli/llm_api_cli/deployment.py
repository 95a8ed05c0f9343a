"""Which deployment: found by name and Region, from the function that is called like it."""

import base64
import json
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llm_api_cli.errors import CliError, Invalid, NotFound

TAG = "llm-api:deployment"
"""The tag that the module puts on its function, with the deployment's name."""

ALIAS = "live"


@dataclass(frozen=True, slots=True)
class Place:
    """What the command line was told, or its environment says.

    Attributes:
        name: the deployment's; None where the Region is to be searched for the only one.
    """

    name: str | None = None
    region: str | None = None
    profile: str | None = None


class Deployment:
    """A deployment, as its function's configuration describes it.

    Attributes:
        name: of the deployment and of its function.
        environment: the function's.
    """

    def __init__(self, name: str, session: Any, configuration: dict[str, Any]) -> None:
        self.name = name
        self._session = session
        self._configuration = configuration
        self.environment: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})

    def client(self, service: str) -> Any:
        """A client of a service, in the deployment's Region, with retries for what a person waits for."""
        from botocore.config import Config

        return self._session.client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 6}))

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    @property
    def function_arn(self) -> str:
        """Without the alias."""
        arn = str(self._configuration["FunctionArn"])
        return ":".join(arn.split(":")[:7])

    @property
    def account(self) -> str:
        return self.function_arn.split(":")[4]

    @property
    def partition(self) -> str:
        return self.function_arn.split(":")[1]

    @property
    def role_name(self) -> str:
        """The role that the function runs as."""
        return str(self._configuration["Role"]).rpartition("/")[2]

    @property
    def has_tenants(self) -> bool:
        return bool(self.environment.get("LLM_API_TENANTS_TABLE"))

    @property
    def kms_key_arn(self) -> str | None:
        """The key that encrypts the function's environment, where it isn't Lambda's own."""
        return self._configuration.get("KMSKeyArn") or None

    @property
    def auth(self) -> str:
        """How callers show who they are: `api_key`, `iam`, `cognito` or `custom`."""
        return self.environment.get("LLM_API_AUTH") or "iam"

    @property
    def table(self) -> str:
        """The name of the tenants table.

        Raises:
            NotFound: the deployment has none.
        """
        table = self.environment.get("LLM_API_TENANTS_TABLE")
        if not table:
            raise NotFound(
                f"{self.name} has no tenants: declare `tenants`, or set `external_tenants = true` and apply, and the "
                "table is there."
            )
        return table

    @property
    def log_group(self) -> str:
        logging = self._configuration.get("LoggingConfig") or {}
        return str(logging.get("LogGroup") or f"/aws/lambda/{self.name}")

    @cached_property
    def models(self) -> dict[str, dict[str, Any]]:
        """The declared models, by alias, as `modules/model-access` writes them."""
        text = self.environment.get("LLM_API_MODELS", "{}")
        if not text.startswith("{"):
            text = zlib.decompress(base64.b64decode(text), 16 + zlib.MAX_WBITS).decode()
        models: dict[str, dict[str, Any]] = json.loads(text)
        return models

    @cached_property
    def workflows(self) -> tuple[str, ...]:
        return tuple(sorted(json.loads(self.environment.get("LLM_API_WORKFLOWS") or "{}")))

    @cached_property
    def caller(self) -> str:
        """Who runs this command, for the items that say who changed them."""
        return str(self.client("sts").get_caller_identity()["Arn"])


def find(place: Place) -> Deployment:
    """The deployment of this name, or the only one of the Region.

    Raises:
        NotFound: there is none, or none of this name.
        Invalid: there are several, or no Region is set.
    """
    import boto3

    session = boto3.Session(profile_name=place.profile, region_name=place.region)
    if session.region_name is None:
        raise Invalid("No Region is set. Give --region, or set AWS_REGION or your profile's region.")
    name = place.name or _only_one(session)
    functions = session.client("lambda")
    try:
        configuration = functions.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    except functions.exceptions.ResourceNotFoundException:
        raise NotFound(
            f"There is no deployment {name} in {session.region_name}. Its name is the module's `name`; "
            "`llm-api deployments` lists those of the Region."
        ) from None
    deployment = Deployment(name, session, configuration)
    failure = configuration.get("Environment", {}).get("Error")
    if failure:
        raise CliError(f"The function's environment can't be read: {failure.get('Message')}", 5)
    if "LLM_API_MODELS" not in deployment.environment:
        raise NotFound(f"The function {name} in {session.region_name} is no deployment of terraform-aws-llm-api.")
    return deployment


def names(session: Any) -> list[str]:
    """The deployments of a Region, by the module's tag."""
    pages = session.client("resourcegroupstaggingapi").get_paginator("get_resources")
    found = set()
    for page in pages.paginate(TagFilters=[{"Key": TAG}], ResourceTypeFilters=["lambda:function"]):
        for resource in page["ResourceTagMappingList"]:
            found |= {tag["Value"] for tag in resource["Tags"] if tag["Key"] == TAG}
    return sorted(found)


def _only_one(session: Any) -> str:
    found = names(session)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(
            f"No function in {session.region_name} has the tag {TAG}. Name the deployment: --deployment NAME, or "
            "LLM_API_DEPLOYMENT."
        )
    raise Invalid(f"There are several deployments in {session.region_name}; choose one with -d: {', '.join(found)}.")
