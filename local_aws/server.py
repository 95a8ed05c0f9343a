"""One process that is AWS: composes the control plane, the front, the gateway, Lambda and the stand-in models."""

from pathlib import Path
from types import TracebackType

from local_aws.control_plane import ControlPlane
from local_aws.credentials import CredentialStore
from local_aws.lambda_service import LambdaService


class LocalAws:
    """AWS on this machine, for as long as the `with` block lasts. Listens on the loopback interface only.

    Attributes:
        endpoint_url: every AWS service, dispatched by the signature's service and the path.
        gateway_url: API Gateway's data plane over TLS; `gateway_http_url` without it.
        ca_file: PEM of the certificate authority that signed the gateway's certificate.
        journal: every model call that was made, denied ones included.
        faults: what the stand-in models shall do wrong.
    """

    endpoint_url: str
    gateway_url: str
    gateway_http_url: str
    ca_file: Path
    credentials: CredentialStore
    control_plane: ControlPlane
    lambda_service: LambdaService

    def __enter__(self) -> "LocalAws":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops every thread and child process."""

    def environment(self) -> dict[str, str]:
        """Environment for Terraform, boto3 and other children: endpoint, test credentials, and nothing of the host's AWS."""
        raise NotImplementedError

    def local_url(self, invoke_url: str) -> str:
        """The local address of `https://ID.execute-api.REGION.amazonaws.com/STAGE[/…]`."""
        raise NotImplementedError
