"""The stand-in as the bench uses it: started, told how to behave, asked when it spoke, ended."""

import http.client
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.standin import Behaviour
from local_aws.tls import create_certificates

REPOSITORY = Path(__file__).resolve().parent.parent


class StandIn:
    """A context manager around the stand-in's process.

    Attributes:
        url: stands for Bedrock's and DynamoDB's address.
        ca_file: the throwaway authority that signed its certificate.
    """

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="bench-tls-"))
        certificates = create_certificates(self._folder)
        self._process = subprocess.Popen(  # noqa: S603 (this program itself)
            [sys.executable, "-m", "benchmarks.standin", certificates.certificate_file, certificates.key_file],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self.ca_file = certificates.ca_file
        self.url = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context(cafile=str(certificates.ca_file))
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def behave(self, behaviour: Behaviour) -> None:
        """How it answers from now on."""
        self._ask("POST", "/bench/behaviour", behaviour.to_json())

    def first_frame_at_ns(self) -> int:
        """When it sent the first frame of its latest stream, on the machine's monotonic clock."""
        return int(self._ask("GET", "/bench/first-frame"))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body)
        return self._connection.getresponse().read()
