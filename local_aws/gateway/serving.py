"""One request through a WSGI application, over whichever version of HTTP it came."""

import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from local_aws.models.types import ConnectionCut

log = logging.getLogger(__name__)

BODILESS = {204, 304}


class StreamCut(Exception):
    """Raised by an answer's iterator: sever the connection here, since the answer will never be whole."""


class Answer(Protocol):
    """Writes one response to its caller."""

    @property
    def begun(self) -> bool:
        """Whether the head is out."""

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """WSGI's `start_response`."""

    def write(self, piece: bytes) -> None:
        """A piece of the body, at once.

        Raises:
            ConnectionError, TimeoutError, ssl.SSLError: the caller is gone.
        """

    def finish(self) -> None:
        """The end of a whole answer."""

    def fail(self) -> None:
        """An answer for a fault of the application itself, where none has begun."""


def serve(app: Callable[..., Iterable[bytes]], environ: dict[str, Any], answer: Answer) -> bool:
    """Serves one request; whether its answer is whole. Else the caller must not take what it has for all of it."""
    pieces: Iterable[bytes] = ()
    what = f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI'].split('?')[0]}"
    try:
        pieces = app(environ, answer.start)
        for piece in pieces:
            answer.write(piece)
        answer.finish()
        return True
    except (ConnectionError, TimeoutError, ssl.SSLError) as gone:
        log.info("%s: the caller is gone (%s)", what, type(gone).__name__)
    except Exception as error:
        if not answer.begun:
            answer.fail()
        if not isinstance(error, (StreamCut, ConnectionCut)):
            log.error("%s failed", what, exc_info=error)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    return False
