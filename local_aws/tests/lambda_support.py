"""An account of moto's with one role, and real zips deployed in it, for tests of the Lambda service."""

import base64
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from local_aws.credentials import CredentialStore
from local_aws.lambda_service import LambdaService

REGION = "us-east-1"
# An account of its own: a session's local AWS may be alive in this process, and moto's state is the process's.
ACCOUNT_ID = "111122223333"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
RUNTIME = "python{}.{}".format(*sys.version_info[:2])
ECHO = """
import os
def handler(event, context):
    print("hello from", context.aws_request_id)
    return {"event": event, "pid": os.getpid(), "environment": dict(os.environ), "arn": context.invoked_function_arn}
"""


class Account:
    """An account with one role, and functions deployed on demand."""

    def __init__(self, service: LambdaService, credentials: CredentialStore) -> None:
        self.service = service
        self.credentials = credentials
        self.backend = lambda_backends[ACCOUNT_ID][REGION]
        self.role = iam_backends[ACCOUNT_ID]["aws"].create_role("runner", TRUST, "/", None, None, [], "3600")

    def deploy(self, source: str, **options: Any) -> None:
        self.backend.create_function(
            {
                "FunctionName": "echo",
                "Role": self.role.arn,
                "Runtime": RUNTIME,
                "Handler": "app.handler",
                "Timeout": 20,
                "Code": {"ZipFile": zipped({"app.py": source})},
                **options,
            }
        )

    def call(self, event: object = None, arn: str = ARN) -> Any:
        invocation = self.service.invoke(arn, json.dumps(event).encode())
        assert invocation.function_error is None, invocation.payload
        return json.loads(invocation.payload)

    def log_lines(self) -> list[str]:
        assert self.service.wait_until_idle()
        group = logs_backends[ACCOUNT_ID][REGION].groups.get("/aws/lambda/echo")
        return [event.message for stream in group.streams.values() for event in stream.events] if group else []


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return base64.b64encode(buffer.getvalue())


def waiting_for(gate: Path) -> str:
    """A function that waits for a file and returns its process ID."""
    return (
        "import os, time\ndef handler(e, c):\n"
        f"    while not os.path.exists({str(gate)!r}): time.sleep(0.005)\n    return os.getpid()"
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
