"""S3: bucket policies with conditions."""

import json
from collections.abc import Callable
from typing import Any

from moto.s3.models import FakeBucket

from local_aws.moto_patches.patching import Patch, gap

PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


@gap
def denials_of_plain_http_are_conditions(patch: Patch) -> None:
    """A bucket policy's condition is not read, so a Deny of plain HTTP denies everything; here HTTP stands for TLS."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
            whole = self.policy
            if whole is None:
                return original(self, action, resource)
            document = json.loads(whole)
            kept = [one for one in document["Statement"] if one.get("Condition") != PLAIN_HTTP]
            self.policy = json.dumps({**document, "Statement": kept}).encode()
            try:
                return original(self, action, resource)
            finally:
                self.policy = whole

        return get_permission

    patch.replace(FakeBucket, "get_permission", make)
