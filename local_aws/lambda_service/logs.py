"""What a function prints, written to its log group in the control plane, if its role may do so.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import secrets
import threading
import time
from collections.abc import Callable

from moto.logs.models import logs_backends

from local_aws.lambda_service.functions import FunctionVersion

# (role ARN, action, resource ARN) -> whether the role's policies allow it.
Authorize = Callable[[str, str, str], bool]


class FunctionLog:
    """One sandbox's log stream. Lines are lost, as on AWS, where the role may not write them or the group is missing.

    The role is evaluated at the stream's first line, not at each.
    """

    def __init__(self, function: FunctionVersion, authorize: Authorize) -> None:
        self._group = function.log_group
        self._role_arn = function.role_arn
        self._authorize = authorize
        self._backend = logs_backends[function.arn.account_id][function.arn.region]
        day = time.strftime("%Y/%m/%d", time.gmtime())
        self.stream = f"{day}/[{function.version}]{secrets.token_hex(16)}"
        arn = (
            f"arn:{function.arn.partition}:logs:{function.arn.region}:{function.arn.account_id}:log-group:{self._group}"
        )
        self._group_arn = arn
        self._stream_arn = f"{arn}:log-stream:{self.stream}"
        self._created = False
        self._refused = False
        self._lock = threading.Lock()

    @property
    def group(self) -> str:
        """The log group's name."""
        return self._group

    def write(self, line: str) -> None:
        """Adds one line."""
        with self._lock:
            if not self._created and not self._refused:
                self._created = self._create()
                self._refused = not self._created
            if self._refused:
                return
            if self._group not in self._backend.groups:
                return  # deleted while the sandbox lived
            event = {"timestamp": int(time.time() * 1000), "message": line}
            self._backend.put_log_events(self._group, self.stream, [event])

    def _create(self) -> bool:
        if self._group not in self._backend.groups:
            if not self._authorize(self._role_arn, "logs:CreateLogGroup", self._group_arn):
                return False
            self._backend.create_log_group(self._group, {})
        if not (self._may("logs:CreateLogStream") and self._may("logs:PutLogEvents")):
            return False
        self._backend.create_log_stream(self._group, self.stream)
        return True

    def _may(self, action: str) -> bool:
        return self._authorize(self._role_arn, action, self._stream_arn)
