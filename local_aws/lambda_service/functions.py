"""Which code and configuration a function ARN means, read from the control plane at each invocation.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import lambda_backends

from local_aws.lambda_service.types import FunctionNotFound


@dataclass(frozen=True, slots=True)
class FunctionArn:
    """The parts of `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`."""

    partition: str
    region: str
    account_id: str
    name: str
    qualifier: str | None

    @classmethod
    def parse(cls, arn: str) -> "FunctionArn":
        """Splits an ARN.

        Raises:
            FunctionNotFound: it is no function's ARN.
        """
        parts = arn.split(":")
        if len(parts) not in (7, 8) or parts[0] != "arn" or parts[2] != "lambda" or parts[5] != "function":
            raise FunctionNotFound(f"Not the ARN of a Lambda function: {arn}")
        return cls(parts[1], parts[3], parts[4], parts[6], parts[7] if len(parts) == 8 else None)

    @property
    def unqualified(self) -> str:
        """The ARN of the function itself."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account_id}:function:{self.name}"

    def __str__(self) -> str:
        return self.unqualified + (f":{self.qualifier}" if self.qualifier else "")


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """Everything that a sandbox is made of; two equal fingerprints may share warm sandboxes.

    Attributes:
        arn: as it was invoked, qualifier included; the function sees it as its invoked ARN.
        version: a number, or `$LATEST`.
        environment: the function's own variables, nothing else.
        reserved_concurrency: None where none is reserved.
        policy: the function's resource policy as one document; None where it has none.
    """

    arn: FunctionArn
    version: str
    code: bytes
    code_sha256: str
    handler: str
    runtime: str
    role_arn: str
    environment: Mapping[str, str]
    timeout_seconds: float
    memory_size_mb: int
    log_group: str
    reserved_concurrency: int | None
    policy: Mapping[str, Any] | None
    fingerprint: str


def resolve(function_arn: str) -> FunctionVersion:
    """The version behind an ARN as it is deployed now; an alias is followed.

    Raises:
        FunctionNotFound: no such function, version or alias.
    """
    arn = FunctionArn.parse(function_arn)
    latest = _get(arn, None)
    function = _get(arn, arn.qualifier)
    environment = {key: str(value) for key, value in (function.environment_vars or {}).items()}
    version = str(function.version)
    configuration = {
        "version": version,
        "code": function.code_sha_256,
        "handler": function.handler,
        "runtime": function.run_time,
        "role": function.role,
        "environment": environment,
        "timeout": function.timeout,
        "memory": function.memory_size,
    }
    statements = list(function.policy.statements)
    return FunctionVersion(
        arn=arn,
        version=version,
        code=function.code_bytes,
        code_sha256=function.code_sha_256,
        handler=function.handler,
        runtime=function.run_time,
        role_arn=function.role,
        environment=environment,
        timeout_seconds=float(function.timeout),
        memory_size_mb=int(function.memory_size),
        log_group=function.get_configuration()["LoggingConfig"]["LogGroup"],
        reserved_concurrency=None if latest.reserved_concurrency is None else int(latest.reserved_concurrency),
        policy={"Version": "2012-10-17", "Statement": statements} if statements else None,
        fingerprint=hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest(),
    )


def _get(arn: FunctionArn, qualifier: str | None) -> Any:
    backend = lambda_backends[arn.account_id][arn.region]
    try:
        function = backend.get_function(arn.name, qualifier)
    except Exception as error:
        # moto raises its own HTTP errors here; whichever it is, the name leads nowhere.
        raise FunctionNotFound(f"Function not found: {arn}") from error
    if function is None:
        raise FunctionNotFound(f"Function not found: {arn}")
    return function
