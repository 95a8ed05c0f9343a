"""Who executions of state machines are: clients that sign as the role, and the trust that lets them.

moto runs executions in threads of this process; one local AWS at a time tells them where to call and as whom.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.config import Config

from local_aws.access import decide
from local_aws.credentials import Credentials, CredentialStore
from local_aws.iam.evaluation import evaluate_resource_policy
from local_aws.iam.policy import Principal

SERVICE = "states.amazonaws.com"
CLIENT_SECONDS = 1800
"""How long a client is used: its credentials last an hour."""


class Executions:
    """Makes the clients with which executions call AWS.

    Args:
        credentials: where sessions of roles come from.
        endpoint_url: the front, which evaluates what a role may do.
    """

    def __init__(self, credentials: CredentialStore, endpoint_url: str) -> None:
        self._credentials = credentials
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str, str], tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str, role_arn: str) -> Any:
        """A boto3 client that signs as the role; tries once, because retries are the state machine's."""
        key = (service, region, role_arn)
        with self._lock:  # making clients is not safe in threads
            made, client = self._clients.get(key, (0.0, None))
            if client is None or time.monotonic() - made > CLIENT_SECONDS:
                issued = self._credentials.issue(role_arn, "StepFunctions")
                client = boto3.Session().client(
                    service,
                    endpoint_url=self._endpoint_url,
                    region_name=region,
                    aws_access_key_id=issued.access_key_id,
                    aws_secret_access_key=issued.secret_access_key,
                    aws_session_token=issued.session_token,
                    config=Config(
                        parameter_validation=False,
                        retries={"total_max_attempts": 1},
                        max_pool_connections=100,
                        read_timeout=900,
                        s3={"addressing_style": "path"},
                    ),
                )
                self._clients[key] = (time.monotonic(), client)
            return client

    def refusal(self, role_arn: str, action: str, resource: str) -> str | None:
        """Why a role may not do what Step Functions does in its name; None where it may."""
        decision = decide(Credentials("", "", "", principal_arn=role_arn, role_arn=role_arn), action, resource, "")
        return None if decision.allowed else decision.reason


def trusts(role_arn: str, state_machine_arn: str) -> bool:
    """Whether a role's trust policy lets Step Functions assume it for this state machine.

    Raises:
        UnknownPolicyElement: the trust policy holds what the evaluator does not implement.
    """
    from moto.iam.models import iam_backends

    _, partition, _, _, account, _resource = role_arn.split(":", 5)
    roles = {role.arn: role for role in list(iam_backends[account][partition].roles.values())}
    if role_arn not in roles:
        return False
    text = roles[role_arn].assume_role_policy_document
    document: dict[str, Any] = text if isinstance(text, dict) else json.loads(unquote(text))
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    # A trust policy has no resource: it is the role's own.
    whole = {**document, "Statement": [{**statement, "Resource": "*"} for statement in listed]}
    context: Mapping[str, str] = {
        "aws:SourceAccount": state_machine_arn.split(":")[4],
        "aws:SourceArn": state_machine_arn,
    }
    effect, _ = evaluate_resource_policy(whole, Principal(service=SERVICE), "sts:AssumeRole", role_arn, context)
    return effect.name == "ALLOW"


_current: Executions | None = None


def use(executions: Executions | None) -> None:
    """Makes one local AWS the one whose executions run; None when it closes."""
    global _current
    _current = executions
    # It logs every failed state with the whole program around it, and the history tells the same.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)


def current() -> Executions | None:
    """The local AWS whose executions run."""
    return _current


def stop_all() -> None:
    """Ends every execution and forgets it: moto's reset doesn't reach them."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    for regions in list(stepfunctions_parser_backends.values()):
        for backend in list(regions.values()):
            for machine in list(backend.state_machines):
                for execution in list(machine.executions):
                    worker = execution.exec_worker  # type: ignore[attr-defined]
                    if worker is not None and worker.env is not None and worker.env.is_running():
                        worker.stop(stop_date=None, error=None, cause=None)
            backend.reset()
