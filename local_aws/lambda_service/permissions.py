"""A function's own policy: which service may invoke it for which source.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local_aws.lambda_service.functions import FunctionVersion
from local_aws.lambda_service.types import NotPermitted


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """An AWS service that invokes a function by the function's own policy.

    Attributes:
        principal: e.g. `apigateway.amazonaws.com`.
        arn: the source, e.g. `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/POST/v1/messages`.
    """

    principal: str
    arn: str


def check_permission(function: FunctionVersion, source: ServiceSource) -> None:
    """Passes where a statement of the function's policy lets that source invoke this very qualifier.

    Raises:
        NotPermitted: none does.
    """
    statements = (function.policy or {}).get("Statement", [])
    if not any(_allows(statement, str(function.arn), source) for statement in statements):
        raise NotPermitted(
            f"{source.principal} is not authorized to perform: lambda:InvokeFunction on resource: {function.arn} "
            f"for the source {source.arn}: add a permission to the function"
        )


def _allows(statement: Mapping[str, Any], function_arn: str, source: ServiceSource) -> bool:
    # AddPermission writes statements of one shape only: a service, one action, one ARN, and the source in a condition.
    principal = statement.get("Principal", {})
    service = principal.get("Service") if isinstance(principal, Mapping) else principal
    conditions: Mapping[str, Mapping[str, str]] = statement.get("Condition", {})
    unknown = {(operator, key) for operator, keys in conditions.items() for key in keys} - {
        ("ArnLike", "AWS:SourceArn"),
        ("StringEquals", "AWS:SourceAccount"),
    }
    if unknown:
        raise NotPermitted(f"local AWS does not know these conditions of a function's policy: {sorted(unknown)}")
    source_arn = conditions.get("ArnLike", {}).get("AWS:SourceArn", "*")
    source_account = conditions.get("StringEquals", {}).get("AWS:SourceAccount", source.arn.split(":")[4])
    return (
        statement.get("Effect") == "Allow"
        and service == source.principal
        and statement.get("Action") in ("lambda:InvokeFunction", "lambda:*")
        and statement.get("Resource") == function_arn
        and fnmatchcase(source.arn, source_arn)
        and source_account == source.arn.split(":")[4]
    )
