"""Bedrock's guardrails, of which moto has nothing: what the provider calls, and what the stand-in models look up."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from moto.bedrock.models import BedrockBackend, bedrock_backends
from moto.bedrock.responses import BedrockResponse
from moto.core.exceptions import JsonRESTError

from local_aws.moto_patches.bedrock import ResourceNotFound
from local_aws.moto_patches.patching import Patch, gap

Configuration = dict[str, Any]
"""What CreateGuardrail was given: `name`, `blockedInputMessaging`, `topicPolicyConfig` …"""

MAX_VERSIONS = 20
"""https://docs.aws.amazon.com/general/latest/gr/bedrock.html, "Versions per guardrail"."""

_CREATED_AT = "2026-01-01T00:00:00Z"


class _Invalid(JsonRESTError):
    code = 400

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)


class _Kept:
    """A guardrail: its draft, and the versions that were published of it, by number."""

    def __init__(self, arn: str, draft: Configuration) -> None:
        self.arn = arn
        self.versions: dict[str, Configuration] = {"DRAFT": draft}
        self.published = 0

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


@gap
def guardrails_are_kept(patch: Patch) -> None:
    """bedrock:CreateGuardrail, and what reads, updates, publishes and deletes one, are missing."""

    def create(_: Any) -> Any:
        def create_guardrail(self: BedrockResponse) -> str:
            draft = json.loads(self.body)
            kept, backend = _kept(self.bedrock_backend), self.bedrock_backend
            if any(guardrail.versions["DRAFT"]["name"] == draft["name"] for guardrail in kept.values()):
                raise _Invalid("ConflictException", "Another guardrail in your account already has this name.")
            place = f"{backend.account_id}/{backend.region_name}/{draft['name']}"
            identifier = hashlib.sha256(place.encode()).hexdigest()[:12]
            arn = f"arn:{backend.partition}:bedrock:{backend.region_name}:{backend.account_id}:guardrail/{identifier}"
            kept[identifier] = _Kept(arn, draft)
            if draft.get("tags"):
                backend.tag_resource(arn, draft["tags"])
            return json.dumps(
                {"guardrailId": identifier, "guardrailArn": arn, "version": "DRAFT", "createdAt": _CREATED_AT}
            )

        return create_guardrail

    def get(_: Any) -> Any:
        def get_guardrail(self: BedrockResponse) -> str:
            guardrail = _named(self)
            version = self._get_param("guardrailVersion") or "DRAFT"
            if version not in guardrail.versions:
                raise ResourceNotFound(f"The guardrail {guardrail.id} has no version {version}.")
            return json.dumps(_described(guardrail, version))

        return get_guardrail

    def update(_: Any) -> Any:
        def update_guardrail(self: BedrockResponse) -> str:
            guardrail = _named(self)
            guardrail.versions["DRAFT"] = json.loads(self.body)
            told = {"guardrailId": guardrail.id, "guardrailArn": guardrail.arn}
            return json.dumps({**told, "version": "DRAFT", "updatedAt": _CREATED_AT})

        return update_guardrail

    def publish(_: Any) -> Any:
        def create_guardrail_version(self: BedrockResponse) -> str:
            guardrail = _named(self)
            if len(guardrail.versions) > MAX_VERSIONS:
                raise _Invalid("ServiceQuotaExceededException", "The guardrail has as many versions as it may have.")
            guardrail.published += 1
            asked = json.loads(self.body or "{}")
            guardrail.versions[str(guardrail.published)] = {**guardrail.versions["DRAFT"], **asked}
            return json.dumps({"guardrailId": guardrail.id, "version": str(guardrail.published)})

        return create_guardrail_version

    def delete(_: Any) -> Any:
        def delete_guardrail(self: BedrockResponse) -> str:
            guardrail = _named(self)
            version = self._get_param("guardrailVersion")
            if version is None:
                del _kept(self.bedrock_backend)[guardrail.id]
            elif guardrail.versions.pop(version, None) is None:
                raise ResourceNotFound(f"The guardrail {guardrail.id} has no version {version}.")
            return "{}"

        return delete_guardrail

    def arns(original: Callable[..., list[str]]) -> Callable[..., list[str]]:
        def _list_arns(self: BedrockBackend) -> list[str]:
            return [*original(self), *(guardrail.arn for guardrail in _kept(self).values())]

        return _list_arns

    patch.replace(BedrockResponse, "create_guardrail", create)
    patch.replace(BedrockResponse, "get_guardrail", get)
    patch.replace(BedrockResponse, "update_guardrail", update)
    patch.replace(BedrockResponse, "create_guardrail_version", publish)
    patch.replace(BedrockResponse, "delete_guardrail", delete)
    patch.replace(BedrockBackend, "_list_arns", arns)


def find(identifier: str, version: str) -> Configuration | None:
    """What a guardrail's version was made of; None for a guardrail that nobody created here.

    Parameters:
        identifier: the guardrail's ID or ARN.

    Raises:
        LookupError: the guardrail was created here, and has no such version.
    """
    for guardrail in _all():
        if identifier in (guardrail.id, guardrail.arn):
            return guardrail.versions[version]
    return None


def names(backend: BedrockBackend) -> list[str]:
    """The guardrails of an account and Region."""
    return list(_kept(backend))


def _all() -> Iterator[_Kept]:
    for regions in list(bedrock_backends.values()):
        for backend in list(regions.values()):
            yield from list(_kept(backend).values())


def _kept(backend: BedrockBackend) -> dict[str, _Kept]:
    # On moto's own object, so that they live and die with it.
    found: dict[str, _Kept] = vars(backend).setdefault("guardrails", {})
    return found


def _named(response: BedrockResponse) -> _Kept:
    identifier = unquote(response.path.split("/guardrails/", 1)[1]).rpartition("/")[2]
    guardrail = _kept(response.bedrock_backend).get(identifier)
    if guardrail is None:
        raise ResourceNotFound(f"There is no guardrail {identifier}.")
    return guardrail


def _described(guardrail: _Kept, version: str) -> dict[str, Any]:
    asked = guardrail.versions[version]
    plain = {name: asked[name] for name in ("name", "description", *_MESSAGES) if name in asked}
    key = {"kmsKeyArn": asked["kmsKeyId"]} if "kmsKeyId" in asked else {}
    return {
        "guardrailId": guardrail.id,
        "guardrailArn": guardrail.arn,
        "version": version,
        "status": "READY",
        "createdAt": _CREATED_AT,
        "updatedAt": _CREATED_AT,
        **plain,
        **key,
        **{name.removesuffix("Config"): _answered(asked[name]) for name in asked if name.endswith("PolicyConfig")},
    }


_MESSAGES = ("blockedInputMessaging", "blockedOutputsMessaging")


def _answered(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy as it is told: `filtersConfig` in a request is `filters` in an answer."""
    return {name.removesuffix("Config"): value for name, value in policy.items()}
