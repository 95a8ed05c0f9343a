"""Lambda: fields that moto does not echo, and refusals of AWS that it lacks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.iam.models import iam_backends

from local_aws.moto_patches.patching import Patch, gap

ENVIRONMENT_LIMIT_BYTES = 4 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED_VARIABLES = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ]
)
ECHOED = ("LoggingConfig", "SnapStart", "DeadLetterConfig")


@gap
def configuration_is_echoed(patch: Patch) -> None:
    """lambda:CreateFunction and UpdateFunctionConfiguration forget LoggingConfig, SnapStart and DeadLetterConfig."""

    def init(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            self.echoed = {key: spec[key] for key in ECHOED if spec.get(key)}  # type: ignore[attr-defined]
            original(self, account_id, spec, *args, **kwargs)

        return __init__

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> Any:
            # A new mapping: published versions share the old one.
            changes = {key: config_updates[key] for key in ECHOED if key in config_updates}
            self.echoed = {**self.echoed, **changes}  # type: ignore[attr-defined]
            return original(self, config_updates)

        return update_configuration

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
            described: dict[str, Any] = original(self, on_create)
            echoed: dict[str, Any] = self.echoed  # type: ignore[attr-defined]
            described["LoggingConfig"] = {
                "LogFormat": "Text",
                "LogGroup": f"/aws/lambda/{self.function_name}",
                **echoed.get("LoggingConfig", {}),
            }
            if "SnapStart" in echoed:
                on = echoed["SnapStart"]["ApplyOn"] == "PublishedVersions" and str(self.version) != "$LATEST"
                described["SnapStart"] = {**echoed["SnapStart"], "OptimizationStatus": "On" if on else "Off"}
            if echoed.get("DeadLetterConfig", {}).get("TargetArn"):
                described["DeadLetterConfig"] = echoed["DeadLetterConfig"]
            return described

        return get_configuration

    patch.replace(LambdaFunction, "__init__", init)
    patch.replace(LambdaFunction, "update_configuration", update)
    patch.replace(LambdaFunction, "get_configuration", describe)


@gap
def configuration_is_updated(patch: Patch) -> None:
    """lambda:UpdateFunctionConfiguration ignores TracingConfig, KMSKeyArn and EphemeralStorage."""

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> Any:
            if config_updates.get("TracingConfig"):
                self.tracing_config = config_updates["TracingConfig"]
            if "KMSKeyArn" in config_updates:
                self.kms_key_arn = config_updates["KMSKeyArn"] or None
            if config_updates.get("EphemeralStorage"):
                self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
            return original(self, config_updates)

        return update_configuration

    patch.replace(LambdaFunction, "update_configuration", update)


@gap
def environment_is_limited(patch: Patch) -> None:
    """lambda:CreateFunction and UpdateFunctionConfiguration take more than 4 KB of environment, and reserved names."""

    def init(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            _check_environment(spec)
            original(self, account_id, spec, *args, **kwargs)

        return __init__

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> Any:
            _check_environment(config_updates)
            return original(self, config_updates)

        return update_configuration

    patch.replace(LambdaFunction, "__init__", init)
    patch.replace(LambdaFunction, "update_configuration", update)


def _check_environment(spec: Mapping[str, Any]) -> None:
    variables: Mapping[str, str] = (spec.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(RESERVED_VARIABLES.intersection(variables))
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    # What AWS measures is the JSON of the variables, as its own message shows: each quote in a value counts twice.
    # https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_LIMIT_BYTES:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )


@gap
def role_must_trust_lambda(patch: Patch) -> None:
    """lambda:CreateFunction takes a role that Lambda may not assume, which AWS refuses."""

    def init(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            roles = list(iam_backends[account_id]["aws"].roles.values())
            trust = next((role.assume_role_policy_document for role in roles if role.arn == spec["Role"]), None)
            # moto itself refuses a role that does not exist.
            if trust is not None and not _trusts_lambda(json.loads(trust or "{}")):
                raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")
            original(self, account_id, spec, *args, **kwargs)

        return __init__

    patch.replace(LambdaFunction, "__init__", init)


def _trusts_lambda(document: Mapping[str, Any]) -> bool:
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        services = statement.get("Principal", {}).get("Service", [])
        actions = statement.get("Action", [])
        trusted = "lambda.amazonaws.com" in ([services] if isinstance(services, str) else services)
        assumed = "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
        if statement.get("Effect") == "Allow" and trusted and assumed:
            return True
    return False
