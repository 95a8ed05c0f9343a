"""The streaming entry: a small loop that speaks the Lambda Runtime API, started by `bootstrap`.

AWS's runtime client for Python can't stream. The Runtime API can, from any process, and an exec wrapper may put any
process in the place of that client, so this loop is all it takes: no layer, no container, no web server.

- Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
- what a streaming runtime adds to it:
  https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
- the bytes that are streamed: `llm_api.events.to_stream`

The seam for the day AWS's own client streams: this module only carries `entry.streamed(app, event, …)`, an iterator of
bytes that is complete in itself, from the app to Lambda. A handler that writes the same pieces to AWS's response stream
replaces the module and `bootstrap`, and nothing else changes.
"""

import base64
import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from llm_api import entry
from llm_api.aws import AwsError, BrokenOff, NotSent
from llm_api.aws.connections import Host, parse_url, request_head
from llm_api.events import is_proxy_event

API_VERSION = "2018-06-01"
USER_AGENT = "llm-api-runtime/python-{}.{}.{}".format(*sys.version_info)

TRANSPORT_ERRORS = (OSError, AwsError)

WITHOUT_END_SECONDS = 365 * 86_400.0
"""How long is waited for the Runtime API, which is on the same machine and freezes the process meanwhile."""


class RuntimeApiFailed(Exception):
    """The Runtime API is in a state that AWS says can't be recovered: the process has to end."""


class Invocation(NamedTuple):
    """One event to answer.

    Attributes:
        id: Lambda's ID of the request, the function's own, not API Gateway's.
        attempt_id: which delivery of the request this is, echoed in the answer; None where Lambda doesn't say.
        deadline_ms: when Lambda ends the invocation, in milliseconds since 1970.
        trace_id: the X-Ray tracing header, or None.
        payload: the event as it came.
    """

    id: str
    attempt_id: str | None
    deadline_ms: int
    trace_id: str | None
    payload: bytes


class RuntimeApi:
    """The Runtime API at `address` (`host:port`). One connection is kept; a streamed answer has its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._host = Host(parse_url(f"http://{address}", "AWS_LAMBDA_RUNTIME_API"))

    def close(self) -> None:
        """Give the waiting connection back."""
        self._host.close()

    def next(self) -> Invocation:
        """Wait for an event, for as long as it takes; Lambda freezes the process meanwhile.

        Raises:
            RuntimeApiFailed: there will be none.
        """
        status, headers, payload = self._wait()
        if status != 200:
            raise RuntimeApiFailed(f"the Runtime API answered {status} to the wait for an event")
        return Invocation(
            id=headers["lambda-runtime-aws-request-id"],
            attempt_id=headers.get("lambda-runtime-invocation-id"),
            deadline_ms=int(headers["lambda-runtime-deadline-ms"]),
            trace_id=headers.get("lambda-runtime-trace-id"),
            payload=payload,
        )

    def stream(self, invocation: Invocation, pieces: Iterator[bytes]) -> None:
        """Send an answer piece by piece, each as soon as it exists.

        The pieces are read to their end in any case: when nobody takes them any more, what the model produced still
        has to be counted.

        Parameters:
            pieces: none is empty. If reading one raises, the answer is cut off and Lambda is told.
        """
        upload = _Upload(self._address, invocation)
        try:
            for piece in pieces:
                upload.send(piece)
        except Exception as fault:
            entry.log_fault("a streamed answer broke off", fault, invocation.id)
            if upload.started:
                upload.finish(fault)
            else:
                self._post(f"invocation/{invocation.id}/error", _description(fault), invocation, fault)
        else:
            upload.finish()

    def reply(self, invocation: Invocation, document: object) -> None:
        """Send a whole answer as JSON, as it is expected by whoever invokes the function directly."""
        self._post(f"invocation/{invocation.id}/response", document, invocation)

    def init_error(self, error: Exception) -> None:
        """Tell Lambda that the function can't start, and why: no request has been read yet that it could quote."""
        self._post("init/error", {**_description(error), "errorMessage": str(error)}, fault=error)

    def _wait(self) -> tuple[int, Mapping[str, str], bytes]:
        for may_be_stale in (True, False):
            try:
                return self._ask("GET", _path("invocation/next"), _headers())
            except TRANSPORT_ERRORS as error:
                if not (may_be_stale and isinstance(error, NotSent | BrokenOff)):
                    raise RuntimeApiFailed(f"the Runtime API is out of reach: {error}") from error
        raise AssertionError("the second attempt returns or raises")

    def _ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer."""
        until = time.monotonic() + WITHOUT_END_SECONDS
        length = {"Content-Length": str(len(body))} if body else {}
        head = request_head(method, target, {"Host": self._address, **headers, **length})
        answer = self._host.ask(head, body, until)
        answer.head(until)
        return answer.status, answer.headers, answer.read(until)

    def _post(
        self, path: str, document: object, invocation: Invocation | None = None, fault: Exception | None = None
    ) -> None:
        headers = _headers(invocation) | {"Content-Type": "application/json"}
        if fault is not None:
            headers["Lambda-Runtime-Function-Error-Type"] = type(fault).__name__
        try:
            status, _, _ = self._ask("POST", _path(path), headers, json.dumps(document).encode())
            _check(status)
        except TRANSPORT_ERRORS as error:
            entry.log_fault(f"the Runtime API did not take {path}", error)


class _Upload:
    """One chunked answer on a connection of its own, which AWS wants closed after it.

    On a plain socket, because the request's head and the first piece then leave together, and all that is read is a
    status. Once the Runtime API stops listening, sending does nothing.
    """

    def __init__(self, address: str, invocation: Invocation) -> None:
        self._address = address
        self._invocation = invocation
        self._socket: socket.socket | None = None
        self._broken = False

    @property
    def started(self) -> bool:
        """Whether Lambda may have seen the beginning of an answer."""
        return self._broken or self._socket is not None

    def send(self, piece: bytes) -> None:
        """Pass one piece on."""
        chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
        self._attempt(chunk if self._socket is not None else self._head() + chunk)

    def finish(self, fault: Exception | None = None) -> None:
        """End the answer, or cut it off with `fault` as the reason, and wait until Lambda has it."""
        try:
            self._attempt(b"0\r\n" + (_trailers(fault) if fault is not None else b"") + b"\r\n", is_last=True)
        finally:
            if self._socket is not None:
                self._socket.close()

    def _attempt(self, data: bytes, *, is_last: bool = False) -> None:
        if self._broken:
            return
        try:
            if self._socket is None:
                host, _, port = self._address.rpartition(":")
                self._socket = socket.create_connection((host, int(port)))
                # Or a piece would wait for the acknowledgement of the one before.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(data)
            if is_last:
                _, _, reply = self._socket.recv(4096).partition(b" ")  # HTTP/1.1 202 Accepted
                _check(int(reply[:3]) if reply[:3].isdigit() else 0)
        except TRANSPORT_ERRORS as error:
            self._broken = True
            entry.log_fault("nobody takes the answer any more", error, self._invocation.id, level="WARNING")

    def _head(self) -> bytes:
        headers = _headers(self._invocation) | {
            "Host": self._address,
            "Content-Type": "application/vnd.awslambda.http-integration-response",
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            "Transfer-Encoding": "chunked",
        }
        lines = [f"POST {_path(f'invocation/{self._invocation.id}/response')} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "\r\n"]).encode()


def _path(resource: str) -> str:
    return f"/{API_VERSION}/runtime/{resource}"


def _headers(invocation: Invocation | None = None) -> dict[str, str]:
    headers = {"User-Agent": USER_AGENT}
    if invocation is not None and invocation.attempt_id is not None:
        headers["Lambda-Runtime-Invocation-Id"] = invocation.attempt_id
    return headers


def _description(error: Exception) -> dict[str, Any]:
    """An error as Lambda hands it on: its type, and where to read more."""
    return {
        "errorType": type(error).__name__,
        "errorMessage": "The function failed. Its log holds the cause under the request's ID.",
    }


def _trailers(fault: Exception) -> bytes:
    body = base64.b64encode(json.dumps(_description(fault)).encode())
    return (
        b"Lambda-Runtime-Function-Error-Type: %b\r\n" % type(fault).__name__.encode()
        + b"Lambda-Runtime-Function-Error-Body: %b\r\n" % body
    )


def _check(status: int) -> None:
    if status >= 500:
        raise RuntimeApiFailed(f"the Runtime API answered {status}")
    if not 200 <= status < 300:
        raise AwsError(f"the Runtime API answered {status}")


def answer(api: RuntimeApi, app: entry.App, invocation: Invocation) -> None:
    """Answer one invocation; never raises but for `RuntimeApiFailed`."""
    if invocation.trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
    try:
        event = json.loads(invocation.payload)
    except (ValueError, RecursionError):  # nested deeper than Python's stack
        event = None
    remaining_ms = invocation.deadline_ms - time.time() * 1000
    if is_proxy_event(event):
        api.stream(invocation, entry.streamed(app, event, remaining_ms, invocation.id))
    else:
        api.reply(invocation, entry.buffered(app, event, remaining_ms, invocation.id))


def main() -> NoReturn:
    """Build the app, then answer invocations until Lambda ends the process, or the app can't go on.

    Then the process ends by itself, with its last answer delivered, and Lambda starts another in its place.
    """
    # Lambda reads log lines from a pipe, where Python would hold them back.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        app = entry.build()
    except Exception as error:
        entry.log_fault(f"the function can't start: {error}", error)
        api.init_error(error)
        sys.exit(1)
    try:
        while not app.must_end:
            answer(api, app, api.next())
    except RuntimeApiFailed as failure:
        entry.log_fault(str(failure), failure)
    sys.exit(1)


if __name__ == "__main__":
    main()
