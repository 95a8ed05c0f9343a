"""The stack of workflows, and executions of it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local_aws import LocalAws
from tests.support import PATIENCE_SECONDS
from tools.policy_lint import identity_policies
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
    """The applied workflows.

    Attributes:
        policies: the identity policies of their roles, by the address of each.
    """

    aws: LocalAws
    outputs: dict[str, Any]
    policies: dict[str, dict[str, Any]]

    def start(self, name: str, given: dict[str, Any], execution: str | None = None) -> str:
        started = boto3.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["state_machine_arns"][name],
            name=execution or str(uuid.uuid4()),
            input=json.dumps(given),
        )
        arn: str = started["executionArn"]
        return arn

    def end(self, execution: str, meanwhile: Callable[[], object] = lambda: None) -> Ended:
        """How an execution ended, once it has."""
        states = boto3.client("stepfunctions")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (told := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, "it is still running"
            meanwhile()
            time.sleep(0.05)
        return Ended(told["status"], json.loads(told.get("output", "null")), told.get("error"), told.get("cause") or "")

    def run(self, name: str, given: dict[str, Any], execution: str | None = None) -> Ended:
        return self.end(self.start(name, given, execution))


@contextmanager
def applied(aws: LocalAws, workspace: Path) -> Iterator[Workflows]:
    """The workflows on local AWS for as long as the `with` block lasts. This process's AWS settings are local AWS's."""
    s3 = boto3.session.Session().client("s3")  # a session of its own: the default one is not for several threads
    s3.create_bucket(Bucket=DOCUMENTS)
    documents = {"documents/a.txt": "alpha", "documents/b.txt": "beta", "elsewhere/c.txt": "gamma"}
    for name, text in documents.items():
        s3.put_object(Bucket=DOCUMENTS, Key=name, Body=text.encode())
    stack = Terraform(
        ROOT / "tests/integration/terraform/workflows",
        workspace,
        {**aws.environment(), "TF_VAR_documents_bucket": DOCUMENTS, "TF_VAR_metering_function_name": "load"},
    )
    stack.init()
    with stack.resident():
        try:
            stack.apply()
            yield Workflows(aws, stack.outputs(), dict(identity_policies(stack.resources())))
        finally:
            stack.destroy()
    for name in documents:
        s3.delete_object(Bucket=DOCUMENTS, Key=name)
    s3.delete_bucket(Bucket=DOCUMENTS)
