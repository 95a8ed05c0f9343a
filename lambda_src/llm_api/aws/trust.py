"""Whose word on a host's name is taken: one TLS context for all connections, made once.

To load a whole store of roots takes a third of a cold start with OpenSSL 3
(https://github.com/openssl/openssl/issues/16871). AWS's own hosts need five of them, which Amazon Trust Services names
for whoever keeps a store of their own (https://www.amazontrust.com/repository/). So these five are loaded first, and
the system's store only if a host can't be verified with them. That pins nothing: what the system trusts is trusted.
`AWS_CA_BUNDLE` is taken at its word instead: what it names, and nothing else.
"""

import json
import os
import ssl
import threading
from collections.abc import Mapping

ROOTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "amazon-trust-services.pem")


class Trust:
    """The context, which learns the system's roots when they are needed.

    Parameters:
        environment: for `AWS_CA_BUNDLE`, a file or a folder as OpenSSL has them.

    Raises:
        ValueError: there is no such file, or no certificate in it.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._widened = False
        bundle = environment.get("AWS_CA_BUNDLE")
        self.context = _context()
        self._may_widen = not bundle
        try:
            if bundle and os.path.isdir(bundle):
                self.context.load_verify_locations(capath=bundle)
            else:
                self.context.load_verify_locations(cafile=bundle or ROOTS)
        except OSError as error:  # `ssl.SSLError` is one
            raise ValueError(f"AWS_CA_BUNDLE can't be read ({error}): name a PEM file or a folder.") from error

    def widen(self, before: ssl.SSLContext, host: str) -> bool:
        """Trust what the system trusts. Whether another attempt may end otherwise than one with `before`."""
        with self._lock:
            if self._may_widen and not self._widened:
                context = _context()
                context.load_verify_locations(cafile=ROOTS)
                context.load_default_certs()
                self.context, self._widened = context, True
                _tell(host)
            return self.context is not before


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _tell(host: str) -> None:
    line = {
        "level": "INFO",
        "message": "A host is not verified by Amazon Trust Services, so the system's store of roots is loaded, which "
        "takes a while. Name the authority by AWS_CA_BUNDLE to have faster starts.",
        "service": os.environ.get("POWERTOOLS_SERVICE_NAME", "llm-api"),
        "host": host,
    }
    print(json.dumps(line), flush=True)
