"""AWS's services: where each is, what it is called in a signature, and one way to ask it.

Addresses follow the variables that all of AWS's SDKs know, and their rules for Regions, FIPS and dual stack:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html and feature-endpoints.html. A test compares
each with botocore's rules.
"""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_api.aws import BrokenOff, Refused, TimedOut
from llm_api.aws.answers import Answer
from llm_api.aws.connections import CONNECT_SECONDS, Address, Host, parse_url, request_head
from llm_api.aws.credentials import source
from llm_api.aws.signing import Query, Scope, escape, presign, sign
from llm_api.aws.trust import Trust

MAX_REFUSAL_BYTES = 1024 * 1024
REFUSAL_SECONDS = 2.0
"""How long a refusal's words are waited for, once its status is known."""

UNSIGNED = {
    "accept-encoding": "identity",
    "user-agent": "app/llm-api lang/python#{}.{}.{}".format(*sys.version_info),
}
"""What every request says; what stands in between may change it."""

_IN_TRACE = re.compile(r"[^A-Za-z0-9\-=;:+&\[\]{}\"',._~]")


class _Service(NamedTuple):
    """A service by its names.

    Attributes:
        signed_as: in a signature.
        variable: after `AWS_ENDPOINT_URL_`.
        prefix: of its hosts' names.
        fips: the prefix of hosts with FIPS.
    """

    signed_as: str
    variable: str
    prefix: str
    fips: str


SERVICES = {
    "bedrock-runtime": _Service("bedrock", "BEDROCK_RUNTIME", "bedrock-runtime", "bedrock-runtime-fips"),
    "dynamodb": _Service("dynamodb", "DYNAMODB", "dynamodb", "dynamodb-fips"),
    "s3": _Service("s3", "S3", "s3", "s3-fips"),
    "sagemaker-runtime": _Service("sagemaker", "SAGEMAKER_RUNTIME", "runtime.sagemaker", "runtime.sagemaker-fips"),
    "states": _Service("states", "SFN", "states", "states-fips"),
}

_PARTITIONS = (
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("", "amazonaws.com", "api.aws"),
)
"""How a partition's Regions begin, and its hosts' names end, the second with dual stack."""

_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Service:
    """One service in the function's Region. Thread-safe; to be made once.

    Parameters:
        name: one of `SERVICES`.
        connect_seconds: the most that a new connection may take.
        bucket: S3's own way to be addressed: each bucket is a host, or a path where an endpoint is named.

    Raises:
        ValueError: the environment has no Region or no credentials, or names what can't be used; the message says
            which variable to change.
    """

    def __init__(
        self,
        name: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        bucket: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        environment = os.environ if environment is None else environment
        self._region = region(environment)
        self._scope = Scope(self._region, SERVICES[name].signed_as)
        self._credentials = source(environment)
        self.address = address_of(name, environment, bucket)
        self._host = Host(
            self.address,
            _trust(environment) if self.address.scheme == "https" else None,
            connect_seconds=connect_seconds,
            proxy=_proxy(self.address, environment),
        )

    def begin(self, method: str, path: str, headers: Mapping[str, str], body: bytes, until: float) -> Answer:
        """Send one request, once. Its answer is to be given to `finish`. Blocks.

        Parameters:
            path: escaped; see `signing.escape`.
            headers: names in lower case; all are signed.
            until: the deadline, on the monotonic clock.

        Raises:
            AwsError: it wasn't sent whole; the class tells whether a part was.
        """
        path = self.address.path + path
        credentials = self._credentials(until - time.monotonic())
        headers = {**headers, "host": self.address.authority}
        signed = sign(method, path, headers, body, credentials, self._scope, now=time.time())
        head = request_head(method, path, {**signed, **UNSIGNED, **_trace(), "content-length": str(len(body))})
        return self._host.ask(head, body, until)

    def finish(self, answer: Answer, until: float) -> Answer:
        """The answer, once its head has come; its body unread.

        Raises:
            Refused: it is no success.
            TimedOut: it hasn't come by then. It may be waited for again.
            BrokenOff: there won't be one.
        """
        answer.head(until)
        if answer.status < 300:
            return answer
        try:
            told = answer.read(min(until, time.monotonic() + REFUSAL_SECONDS), MAX_REFUSAL_BYTES)
        except (BrokenOff, TimedOut):
            told = b""  # the status says enough
        raise Refused(answer.status, answer.headers, told)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes, until: float) -> Answer:
        """`begin` and `finish` in one, for whoever doesn't wait a second time."""
        answer = self.begin(method, path, headers, body, until)
        try:
            return self.finish(answer, until)
        except TimedOut:
            answer.close()
            raise

    def call(self, target: str, document: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer of an operation of a service that speaks AWS's JSON 1.0.

        https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html

        Parameters:
            target: the protocol's name of the service, a dot, and the operation's.
            seconds: by when the whole answer must have come.

        Raises:
            Refused, AwsError: see `send`.
        """
        until = time.monotonic() + seconds
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
        body = json.dumps(document, separators=(",", ":")).encode()
        answer = self.send("POST", "/", headers, body, until)
        try:
            told = json.loads(answer.read(until))
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise BrokenOff("the answer is not JSON")
        return told

    def presigned(self, path: str, seconds: int, query: Query = ()) -> str:
        """A URL that is a GET of `path` by this role, for `seconds`, or until its credentials end."""
        path = self.address.path + path
        signed = presign(
            self.address.authority,
            path,
            self._credentials(CONNECT_SECONDS),
            self._scope,
            seconds=seconds,
            query=query,
            now=time.time(),
        )
        return f"{self.address.scheme}://{self.address.authority}{path}?{signed}"


def region(environment: Mapping[str, str]) -> str:
    """The function's Region.

    Raises:
        ValueError: there is none.
    """
    found = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    if _REGION.fullmatch(found) is None:
        raise ValueError("AWS_REGION is missing or no Region's name. Lambda sets it; elsewhere set it yourself.")
    return found


def address_of(name: str, environment: Mapping[str, str], bucket: str | None = None) -> Address:
    """Where a service is: where the environment says, else in its Region.

    Raises:
        ValueError: what the environment says is no address.
    """
    service = SERVICES[name]
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for variable in (f"AWS_ENDPOINT_URL_{service.variable}", "AWS_ENDPOINT_URL"):
            if environment.get(variable):
                named = parse_url(environment[variable], variable)
                return named if bucket is None else named._replace(path=f"{named.path}/{escape(bucket)}")
    fips, dual_stack = (_flag(environment, f"AWS_USE_{kind}_ENDPOINT") for kind in ("FIPS", "DUALSTACK"))
    host = _host_name(service, region(environment), fips=fips, dual_stack=dual_stack)
    return Address("https", host if bucket is None else f"{bucket}.{host}", 443)


def _host_name(service: _Service, region: str, *, fips: bool, dual_stack: bool) -> str:
    _, suffix, dual_suffix = next(partition for partition in _PARTITIONS if region.startswith(partition[0]))
    prefix = service.fips if fips else service.prefix
    if service.signed_as == "s3":
        return f"{prefix}{'.dualstack' if dual_stack else ''}.{region}.{suffix}"
    if region.startswith("us-gov-"):
        # All of these hosts have FIPS there, or, with dual stack, none but those that say so.
        if service.signed_as == "states":
            prefix = service.fips if dual_stack or (fips and region != "us-gov-west-1") else service.prefix
        elif service.signed_as != "bedrock" and not dual_stack:
            prefix = service.prefix
    elif service.signed_as == "sagemaker" and fips and not dual_stack and (suffix, dual_suffix) == _PARTITIONS[-1][1:]:
        prefix = "runtime-fips.sagemaker"
    return f"{prefix}.{region}.{dual_suffix if dual_stack else suffix}"


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").lower()
    if value not in ("", "true", "false"):
        raise ValueError(f"{name} is {value!r}: set it to true or false.")
    return value == "true"


_making = threading.Lock()
_trusts: dict[str, Trust] = {}


def _trust(environment: Mapping[str, str]) -> Trust:
    """One for all hosts, because it takes long to make."""
    bundle = environment.get("AWS_CA_BUNDLE", "")
    with _making:
        if bundle not in _trusts:
            _trusts[bundle] = Trust(environment)
        return _trusts[bundle]


def _proxy(address: Address, environment: Mapping[str, str]) -> "tuple[Address, Mapping[str, str]] | None":
    if not any(environment.get(name) for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")):
        return None
    from llm_api.aws.proxies import proxy_for

    return proxy_for(address, environment)


def _trace() -> dict[str, str]:
    """The header by which AWS sees functions that call each other in a circle.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    return {"x-amzn-trace-id": _IN_TRACE.sub("", trace)} if trace else {}
