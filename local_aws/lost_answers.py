"""Answers that a client lost, given again.

On a machine with more to do than processors, the AWS SDK for Go now and then drops an answer that came within a few
milliseconds, and sends its request again. By then a table exists, and the repeat is told so: an apply fails, or leaves
a second API behind. The SDKs name each call and count its attempts
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html), so the answer to the first is the one to
the second. AWS itself, which answers more slowly, knows no such thing.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

_KEPT = 256
_READS = frozenset({"GET", "HEAD"})


class LostAnswers:
    """Wraps the application of the control plane."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: OrderedDict[str, tuple[str, list[tuple[str, str]], bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, or once more what was answered to its first attempt."""
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if call is None or environ["REQUEST_METHOD"] in _READS:
            return self._app(environ, start_response)
        is_first = environ.get("HTTP_AMZ_SDK_REQUEST", "").startswith("attempt=1")
        with self._lock:
            answer = None if is_first else self._answers.get(call)
        if answer is None:
            answer = self._asked(environ)
            if answer[0].startswith("2"):
                self._keep(call, answer)
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    def _asked(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun[:] = [(status, headers)]

        pieces = self._app(environ, start)
        try:
            body = b"".join(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        return *begun[0], body

    def _keep(self, call: str, answer: tuple[str, list[tuple[str, str]], bytes]) -> None:
        with self._lock:
            self._answers[call] = answer
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
