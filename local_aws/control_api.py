"""`/_local_aws/…`: what tests and people in other processes ask of local AWS itself.

| request | answer |
|---|---|
| `GET /_local_aws/journal` | every call of a model, oldest first |
| `DELETE /_local_aws/journal` | forgets them |
| `GET /_local_aws/faults` | the faults in waiting |
| `POST /_local_aws/faults` | adds one: `{"kind": "throttle", "model": "claude", "times": 2}` |
| `DELETE /_local_aws/faults` | clears all |
| `GET /_local_aws/apis` | the deployed stages and their local addresses |
| `GET /_local_aws/inventory` | what exists in the account |
| `GET /_local_aws/functions/idle` | answers once no function runs and all logs are written |
| `POST /_local_aws/credentials` | `{"role_arn": …, "session_name": …}`: credentials of that role |
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from local_aws.control_plane import ControlPlane
from local_aws.credentials import DEFAULT_DURATION_SECONDS, CredentialStore
from local_aws.faults import Faults
from local_aws.inventory import inventory
from local_aws.journal import Journal
from local_aws.lambda_service import LambdaService

PREFIX = "/_local_aws/"


class ControlApi:
    """A WSGI application. It needs no signature: it listens on the loopback interface only, like everything here."""

    def __init__(
        self,
        control_plane: ControlPlane,
        credentials: CredentialStore,
        lambda_service: LambdaService,
        faults: Faults,
        journal: Journal,
        local_url: Callable[[str], str],
    ) -> None:
        self._control_plane = control_plane
        self._credentials = credentials
        self._lambda_service = lambda_service
        self._faults = faults
        self._journal = journal
        self._local_url = local_url

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers one request in JSON."""
        what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(PREFIX)}"
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            status, document = "200 OK", self._answer(what, body)
        except LookupError:
            status, document = "404 Not Found", {"message": f"There is no {what} here."}
        except (ValueError, TypeError) as error:
            status, document = "400 Bad Request", {"message": str(error)}
        payload = json.dumps(document).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]

    def _answer(self, what: str, body: bytes) -> Any:
        match what:
            case "GET journal":
                return [asdict(call) for call in self._journal.calls()]
            case "DELETE journal":
                return self._journal.clear()
            case "GET faults":
                return self._faults.list()
            case "POST faults":
                return asdict(self._faults.add_json(body))
            case "DELETE faults":
                return self._faults.clear()
            case "GET apis":
                return self._apis()
            case "GET inventory":
                return inventory()
            case "GET functions/idle":
                return {"idle": self._lambda_service.wait_until_idle()}
            case "POST credentials":
                return self._issue(json.loads(body))
        raise LookupError(what)

    def _apis(self) -> list[dict[str, str]]:
        urls = [
            (stage, f"https://{stage.rest_api_id}.execute-api.{stage.region}.amazonaws.com/{stage.name}")
            for stage in self._control_plane.stages.values()
        ]
        return [
            {"rest_api_id": stage.rest_api_id, "stage": stage.name, "url": url, "local_url": self._local_url(url)}
            for stage, url in urls
        ]

    def _issue(self, request: dict[str, Any]) -> dict[str, Any]:
        if "role_arn" not in request:
            raise ValueError("Name the role: role_arn.")
        issued = self._credentials.issue(
            request["role_arn"],
            request.get("session_name", "local"),
            float(request.get("duration_seconds", DEFAULT_DURATION_SECONDS)),
        )
        return asdict(issued)
