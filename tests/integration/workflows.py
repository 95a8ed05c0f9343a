"""The stack of workflows, and executions of it."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local_aws import LocalAws
from tools.terraform import ROOT, Terraform

DOCUMENTS = "test-workflow-documents"


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that is over."""

    status: str
    output: Any
    error: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Workflows:
    """The applied workflows, and the plan that made them."""

    aws: LocalAws
    outputs: dict[str, Any]
    plan: dict[str, Any]

    def start(self, name: str, given: dict[str, Any], execution: str | None = None) -> str:
        started = boto3.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["state_machine_arns"][name],
            name=execution or str(uuid.uuid4()),
            input=json.dumps(given),
        )
        arn: str = started["executionArn"]
        return arn

    def end(self, execution: str) -> Ended:
        states = boto3.client("stepfunctions")
        deadline = time.monotonic() + 120
        while (told := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, "it is still running"
            time.sleep(0.05)
        return Ended(told["status"], json.loads(told.get("output", "null")), told.get("error"), told.get("cause") or "")

    def run(self, name: str, given: dict[str, Any], execution: str | None = None) -> Ended:
        return self.end(self.start(name, given, execution))


@contextmanager
def applied(aws: LocalAws, workspace: Path) -> Iterator[Workflows]:
    """The workflows on local AWS for as long as the `with` block lasts. This process's AWS settings are local AWS's."""
    boto3.client("s3").create_bucket(Bucket=DOCUMENTS)
    for name, text in {"documents/a.txt": "alpha", "documents/b.txt": "beta", "elsewhere/c.txt": "gamma"}.items():
        boto3.client("s3").put_object(Bucket=DOCUMENTS, Key=name, Body=text.encode())
    stack = Terraform(
        ROOT / "tests/integration/terraform/workflows",
        workspace,
        {**aws.environment(), "TF_VAR_documents_bucket": DOCUMENTS, "TF_VAR_metering_function_name": "load"},
    )
    stack.init()
    plan = stack.plan()
    stack.apply_plan()
    yield Workflows(aws, stack.outputs(), plan)
    stack.destroy()
    boto3.resource("s3").Bucket(DOCUMENTS).objects.all().delete()
    boto3.client("s3").delete_bucket(Bucket=DOCUMENTS)
