"""Files in S3, had by signed addresses.

All that is asked of S3 is to take an object. An address is a GET that the function's role has signed, so it ends when
the role's credentials do, at the latest.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import re
import secrets
import time
from collections.abc import Sequence

from llm_api import aws
from llm_api.aws.hosts import Service
from llm_api.aws.signing import escape
from llm_api.deadline import Deadline
from llm_api.errors import NotDelivered

PREFIX = "images/"
"""What the role may write and read below."""

CONNECT_TIMEOUT_SECONDS = 1.0
PUT_SECONDS = 5.0
ATTEMPTS = 2
"""To put an object again changes nothing: its key was drawn for it. An S3 that says nothing is not asked again."""

_PARALLEL_PUTS = 5
_KEY_BYTES = 16
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_CODE = re.compile(rb"<Code>(\w{1,64})</Code>")


class Bucket:
    """The bucket of a deployment's files; one for each environment.

    Parameters:
        url_seconds: how long an address holds.
    """

    def __init__(self, name: str, url_seconds: int, service: Service | None = None) -> None:
        self._service = service or Service("s3", connect_seconds=CONNECT_TIMEOUT_SECONDS, bucket=name)
        self._url_seconds = url_seconds

    def files_of(self, tenant: str | None, deadline: Deadline) -> "TenantFiles":
        """The place of one request's files.

        Parameters:
            tenant: whose name the keys shall carry.
        """
        return TenantFiles(self, f"{PREFIX}{tenant}/" if tenant else PREFIX, deadline)

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write one object. Blocks.

        Raises:
            NotDelivered: S3 does not take it; the reason has S3's own code.
        """
        failure = ""
        for _ in range(ATTEMPTS):
            try:
                headers = {"content-type": media_type}
                until = time.monotonic() + PUT_SECONDS
                path = f"/{escape(key, slashes=True)}"
                self._service.send("PUT", path, headers, content, until).read(until)
                return
            except aws.Refused as refusal:
                code = _CODE.search(refusal.body)
                failure = f"{refusal.status} {code[1].decode() if code else ''}".rstrip()
                if refusal.status < 500:
                    break
            except aws.AwsError as error:
                failure = type(error).__name__
                if isinstance(error, aws.TimedOut):
                    break
        raise not_stored(failure)

    def address(self, key: str) -> str:
        """Where the object is to be had for a while, by whoever knows the address."""
        return self._service.presigned(f"/{escape(key, slashes=True)}", self._url_seconds)


class TenantFiles:
    """The files of one request; see `llm_api.dialects.Files`.

    Attributes:
        stored: how many were written.
        failure: why they weren't, for the log.
    """

    def __init__(self, bucket: Bucket, prefix: str, deadline: Deadline) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.deadline = deadline
        self.stored = 0
        self.failure: str | None = None

    def put(self, files: Sequence[tuple[bytes, str]]) -> Sequence[str]:
        """Write the files, all at the same time, and sign an address for each.

        Raises:
            NotDelivered: one of them isn't there by the deadline.
        """
        from concurrent.futures import ThreadPoolExecutor, wait

        keys = [f"{self.prefix}{secrets.token_hex(_KEY_BYTES)}.{_ENDINGS[media_type]}" for _, media_type in files]
        pool = ThreadPoolExecutor(_PARALLEL_PUTS)
        try:
            puts = [
                pool.submit(self.bucket.put, key, content, media_type)
                for key, (content, media_type) in zip(keys, files, strict=True)
            ]
            if wait(puts, self.deadline.remaining_seconds()).not_done:
                raise not_stored("out of time")
            for put in puts:
                put.result()
            addresses = [self.bucket.address(key) for key in keys]
        except NotDelivered as failure:
            self.failure = failure.reason
            raise
        except Exception as error:
            self.failure = type(error).__name__
            raise not_stored(self.failure) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self.stored = len(keys)
        return addresses


def not_stored(reason: str) -> NotDelivered:
    """The failure, with its cause for the log."""
    return NotDelivered(
        "The answer is too large to be sent in one piece, and could not be stored to be fetched by URL. It was made "
        "and has to be paid for, so try again with fewer or smaller pictures.",
        reason=f"S3: {reason}",
    )
