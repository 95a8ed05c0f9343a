"""Files in S3, had by signed addresses.

Without an S3 client: to make one takes longer than everything else here together, and all that is asked of S3 is to
take an object. An address is a GET that the function's role has signed, so it ends when the role's credentials do, at
the latest.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import os
import re
import secrets
from collections.abc import Sequence
from typing import Any

from llm_api import aws
from llm_api.deadline import Deadline
from llm_api.errors import NotDelivered

PREFIX = "images/"
"""What the role may write and read below."""

CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 5.0
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

    def __init__(self, name: str, url_seconds: int) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._session = aws.session()
        self._region = self._session.get_config_variable("region")
        self._url = _bucket_url(name, self._region, self._session)
        self._url_seconds = url_seconds
        self._http = URLLib3Session(
            verify=self._session.get_config_variable("ca_bundle") or True,
            proxies=get_environ_proxies(self._url),
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),  # type: ignore[arg-type]  # so says its docstring
            max_pool_connections=_PARALLEL_PUTS,
        )

    def files_of(self, tenant: str | None, deadline: Deadline) -> "TenantFiles":
        """The place of one request's files.

        Parameters:
            tenant: whose name the keys shall carry.
        """
        self._http.close()  # S3 gives idle connections up after seconds, and a frozen environment hears nothing of it
        return TenantFiles(self, f"{PREFIX}{tenant}/" if tenant else PREFIX, deadline)

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write one object. Blocks.

        Raises:
            NotDelivered: S3 does not take it; the reason has S3's own code.
        """
        from botocore.exceptions import ReadTimeoutError

        failure = ""
        for _ in range(ATTEMPTS):
            try:
                response = self._http.send(self._signed_put(key, content, media_type))
            except Exception as error:
                failure = type(error).__name__
                if isinstance(error, ReadTimeoutError):
                    break
                continue
            if response.status_code == 200:
                return
            code = _CODE.search(response.content)
            failure = f"{response.status_code} {code[1].decode() if code else ''}".rstrip()
            if response.status_code < 500:
                break
        raise not_stored(failure)

    def address(self, key: str) -> str:
        """Where the object is to be had for a while, by whoever knows the address."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method="GET", url=f"{self._url}/{key}")
        S3SigV4QueryAuth(self._credentials(), "s3", self._region, self._url_seconds).add_auth(request)
        return str(request.url)

    def _signed_put(self, key: str, content: bytes, media_type: str) -> Any:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        headers = {"content-type": media_type}
        request = AWSRequest(method="PUT", url=f"{self._url}/{key}", data=content, headers=headers)
        S3SigV4Auth(self._credentials(), "s3", self._region).add_auth(request)
        return request.prepare()

    def _credentials(self) -> Any:
        return self._session.get_credentials().get_frozen_credentials()


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


def _bucket_url(name: str, region: str, session: Any) -> str:
    """The bucket's own host, or its path below the endpoint that the environment names instead of AWS's.

    https://docs.aws.amazon.com/general/latest/gr/s3.html
    """
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        if endpoint:
            return f"{endpoint.rstrip('/')}/{name}"
    partition = session.get_partition_for_region(region)
    described = session.get_data("partitions")["partitions"]
    suffix = next(one["outputs"]["dnsSuffix"] for one in described if one["id"] == partition)
    service = "s3-fips" if session.get_config_variable("use_fips_endpoint") else "s3"
    stack = ".dualstack" if session.get_config_variable("use_dualstack_endpoint") else ""
    return f"https://{name}.{service}{stack}.{region}.{suffix}"
