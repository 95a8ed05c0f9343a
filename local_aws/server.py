"""One process that is AWS: composes the control plane, the endpoint, the gateway, Lambda and the stand-in models."""

import os
import shutil
import ssl
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from local_aws import executions
from local_aws.access import decide
from local_aws.control_api import ControlApi
from local_aws.control_plane import ControlPlane
from local_aws.credentials import (
    ACCOUNT_ID,
    DEFAULT_REGION,
    ROOT_ACCESS_KEY_ID,
    ROOT_SECRET_ACCESS_KEY,
    Credentials,
    CredentialStore,
)
from local_aws.endpoint import Endpoint
from local_aws.faults import CONNECTION, Faults
from local_aws.gateway import Gateway
from local_aws.gateway.server import GatewayServer
from local_aws.inventory import inventory
from local_aws.journal import Journal
from local_aws.lambda_service import LambdaService
from local_aws.lambda_service.service import MAX_SANDBOXES
from local_aws.models import ModelRuntime
from local_aws.moto_patches import guardrails
from local_aws.tls import create_certificates


class LocalAws:
    """AWS on this machine, for as long as the `with` block lasts. Listens on the loopback interface only.

    Everything runs in threads of this process, except the functions' sandboxes, which are child processes. There can be
    one at a time in a process.

    Args:
        region: what `environment()` names as the default Region; every Region is served.
        max_sandboxes: how many function processes may live at once.

    Attributes:
        endpoint_url: every AWS service, dispatched by the signature's service and the path.
        gateway_url: API Gateway's data plane over TLS; `gateway_http_url` without it.
        ca_file: PEM of the certificate authority that signed the gateway's certificate.
        journal: every model call that was made, denied ones included.
        faults: what models, the table and sandboxes shall do wrong.
    """

    endpoint_url: str
    gateway_url: str
    gateway_http_url: str
    ca_file: Path

    def __init__(self, *, region: str = DEFAULT_REGION, max_sandboxes: int = MAX_SANDBOXES) -> None:
        self.region = region
        self.account_id = ACCOUNT_ID
        self.credentials = CredentialStore()
        self.faults = Faults()
        self.journal = Journal()
        self.control_plane = ControlPlane(self.credentials)
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
        self._servers: list[GatewayServer] = []
        self._closed = False
        try:
            self._start(max_sandboxes)
        except BaseException:
            self.close()
            raise

    def _start(self, max_sandboxes: int) -> None:
        # The port comes first: the functions and the endpoint need each other's address.
        endpoint = self._listen(None)
        endpoint.forgets = self._forgets
        self.endpoint_url = f"http://127.0.0.1:{endpoint.server_port}"
        self.lambda_service = LambdaService(
            self.credentials,
            self.endpoint_url,
            authorize=self._may,
            max_sandboxes=max_sandboxes,
            faults=self.faults,
        )
        executions.use(executions.Executions(self.credentials, self.endpoint_url))
        self.models = ModelRuntime(self.faults, self.journal, guardrails=guardrails.find)
        control_api = ControlApi(
            self.control_plane, self.credentials, self.lambda_service, self.faults, self.journal, self.local_url
        )
        endpoint.app = Endpoint(
            self.control_plane.wsgi,
            self.credentials,
            self.lambda_service,
            self.models,
            self.journal,
            control_api,
        )
        self.gateway = Gateway(self.control_plane, credentials=self.credentials, lambda_service=self.lambda_service)
        certificates = create_certificates(self._folder)
        self.ca_file = certificates.ca_file
        plain, secure = self._listen(self.gateway), self._listen(self.gateway, certificates.server_context())
        self.gateway_http_url = f"http://localhost:{plain.server_port}"
        self.gateway_url = f"https://localhost:{secure.server_port}"
        for server in self._servers:
            threading.Thread(target=server.serve_forever, name="http-server", daemon=True).start()

    def __enter__(self) -> "LocalAws":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops every thread and child process and forgets everything. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self.faults.clear()  # wakes models that a fault put to sleep
        executions.stop_all()
        executions.use(None)
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if hasattr(self, "lambda_service"):
            self.lambda_service.close()
        self.control_plane.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """Environment for Terraform, boto3 and other children: endpoint, test credentials, nothing of the host's AWS.

        Lay it over an environment from which every `AWS_…` variable has been removed.
        """
        return {
            "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY_ID,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_ACCESS_KEY,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def local_url(self, invoke_url: str) -> str:
        """The local address of `https://ID.execute-api.REGION.amazonaws.com/STAGE[/…]`, over TLS.

        Raises:
            ValueError: it is no invoke URL of API Gateway.
        """
        parts = urlsplit(invoke_url)
        host = (parts.hostname or "").split(".")
        if len(host) < 2 or host[1] != "execute-api":
            raise ValueError(f"{invoke_url!r} is no invoke URL: https://ID.execute-api.REGION.amazonaws.com/STAGE")
        return f"{self.gateway_url}/_api/{host[0]}{parts.path}"

    def inventory(self) -> list[str]:
        """Every resource that exists in the account; empty again once everything is destroyed."""
        return inventory()

    def _listen(self, app: object, tls: ssl.SSLContext | None = None) -> GatewayServer:
        server = GatewayServer(app, tls=tls)
        self._servers.append(server)
        return server

    def _forgets(self, idle_seconds: float) -> bool:
        """Whether a fault has what stands between a function and AWS forget a connection."""
        return any(idle_seconds >= fault.seconds for fault in self.faults.take("", CONNECTION))

    def _may(self, role_arn: str, action: str, resource: str) -> bool:
        """Whether a role may do what Lambda does in its name."""
        asking = Credentials("", "", "", principal_arn=role_arn, role_arn=role_arn)
        return decide(asking, action, resource, resource.split(":")[3] or self.region).allowed
