"""An apply that changes what aliases stand for, while callers are at it: nobody is refused."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_aws import LocalAws
from tests.load.deployment import Tenant, sha256
from tests.support import PATIENCE_SECONDS
from tools.terraform import ROOT, Terraform

LIMIT = {"max_output_tokens": 64}
BEFORE: Mapping[str, Mapping[str, Any]] = {
    "steady": {"id": "amazon.nova-lite-v1:0", **LIMIT},
    "moved": {"id": "amazon.nova-lite-v1:0", **LIMIT, "fallbacks": ["gone"]},
    "swapped": {"id": "mistral.mistral-large-2402-v1:0", **LIMIT},
    "gone": {"id": "amazon.nova-micro-v1:0", **LIMIT},
}
AFTER: Mapping[str, Mapping[str, Any]] = {
    "steady": {"id": "amazon.nova-lite-v1:0", **LIMIT},
    "moved": {"id": "amazon.nova-pro-v1:0", **LIMIT},
    "swapped": {
        "id": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "destination_regions": ["us-east-1", "us-east-2", "us-west-2"],
        **LIMIT,
    },
}
ASKED = ("steady", "moved", "swapped")
"""What stays an alias before and after. One that is taken away is refused, as it should be."""


class Callers:
    """Who asks for each alias without a pause, one for the whole answer and one for a stream, and what they got."""

    def __init__(self, url: str, key: str) -> None:
        self.got: list[tuple[str, int, bool]] = []
        """Alias, status, and whether the answer was whole."""
        self._url, self._key = urlsplit(url), key
        self._over = threading.Event()

    @contextmanager
    def calling(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._call_on, args=(alias, streamed), daemon=True)
            for alias in ASKED
            for streamed in (False, True)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _call_on(self, alias: str, streamed: bool) -> None:
        while not self._over.is_set():
            self.got.append((alias, *self._call(alias, streamed)))
            time.sleep(0.05)

    def _call(self, alias: str, streamed: bool) -> tuple[int, bool]:
        body = {"model": alias, "stream": streamed, "messages": [{"role": "user", "content": "Say something."}]}
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=60)
        try:
            headers = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
            connection.request("POST", f"{self._url.path}/v1/chat/completions", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            whole = text.rstrip().endswith(b"[DONE]") and b'"error"' not in text if streamed else b'"choices"' in text
            return answer.status, whole
        finally:
            connection.close()


def test_an_apply_that_moves_aliases_and_takes_models_away_refuses_nobody(local_aws: LocalAws, tmp_path: Path) -> None:
    tenant = Tenant("callers", ASKED)

    def apply(models: Mapping[str, Mapping[str, Any]]) -> Terraform:
        tenants = {"callers": {"models": sorted(models), "api_key_sha256": [sha256(tenant.key)]}}
        settings = {
            **local_aws.environment(),
            "TF_VAR_models": json.dumps(models),
            "TF_VAR_tenants": json.dumps(tenants),
        }
        stack = Terraform(ROOT / "tests/integration/terraform/changes", tmp_path / "stack", settings)
        stack.init()
        stack.apply()
        return stack

    # GIVEN a deployment, and callers of its aliases
    stack = apply(BEFORE)
    try:
        address = local_aws.local_url(stack.outputs()["url"])
        callers = Callers(local_aws.gateway_http_url + address.removeprefix(local_aws.gateway_url), tenant.key)
        with callers.calling():
            until(lambda: called(local_aws) >= ids(BEFORE))

            # WHEN aliases get other targets and a model goes, in one apply
            stack = apply(AFTER)
            until(lambda: called(local_aws) >= ids(AFTER))

            # AND back
            stack = apply(BEFORE)
            local_aws.journal.clear()
            until(lambda: called(local_aws) >= ids(BEFORE))

        # THEN nobody was refused, and every answer is whole
        assert Counter(got for got in callers.got if got[1:] != (200, True)) == {}
        # AND nothing is left to do
        assert stack.wanted() == ""
    finally:
        stack.destroy()


def ids(models: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The models that the aliases stand for."""
    return {str(models[alias]["id"]) for alias in ASKED}


def called(aws: LocalAws) -> set[str]:
    """The models that were called."""
    return {call.model for call in aws.journal.calls()}


def until(condition: Callable[[], bool]) -> None:
    """Waits for what the callers are about to get."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.1)
