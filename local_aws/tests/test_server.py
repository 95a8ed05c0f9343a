"""Local AWS as a whole: its own process, its addresses, its certificate, its end."""

import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from local_aws import LocalAws


def test_one_local_aws_a_process(local_aws: LocalAws) -> None:
    # GIVEN one WHEN THEN
    with pytest.raises(RuntimeError, match="close it before you start another"):
        LocalAws()


def test_invoke_url_has_a_local_address(local_aws: LocalAws) -> None:
    # GIVEN WHEN
    address = local_aws.local_url("https://abc123.execute-api.us-east-1.amazonaws.com/live/v1/models")

    # THEN
    assert address == f"{local_aws.gateway_url}/_api/abc123/live/v1/models"


def test_other_urls_have_none(local_aws: LocalAws) -> None:
    # GIVEN WHEN THEN
    with pytest.raises(ValueError, match="execute-api"):
        local_aws.local_url("https://example.com/live")


def test_certificate_is_trusted_by_its_authority_alone(local_aws: LocalAws) -> None:
    # GIVEN a context that trusts the authority, and one that trusts the world's
    trusting = ssl.create_default_context(cafile=str(local_aws.ca_file))

    # WHEN THEN the gateway answers the one (with a refusal: there is no such API), and the other hangs up
    url = f"{local_aws.gateway_url}/_api/none/live"
    with urllib3.PoolManager(ssl_context=trusting) as pool:
        assert pool.request("GET", url).status == 403
    with (
        urllib3.PoolManager(ssl_context=ssl.create_default_context(), retries=False) as pool,
        pytest.raises(urllib3.exceptions.SSLError, match="certificate verify failed"),
    ):
        pool.request("GET", url)


def test_children_see_nothing_of_the_hosts_aws(local_aws: LocalAws) -> None:
    # GIVEN WHEN
    environment = local_aws.environment()

    # THEN
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_serve_writes_its_settings_and_ends_on_a_signal(tmp_path: Path) -> None:
    # GIVEN a server of its own
    settings = tmp_path / "settings.env"
    server = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "serve", "--env-file", str(settings)],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    line = server.stderr.readline()

    # WHEN it is ready
    written = dict(line.split("=", 1) for line in settings.read_text().splitlines())

    # THEN its addresses are in the file, and a signal ends it without a trace
    assert written["AWS_ENDPOINT_URL"] in line
    assert written["LOCAL_AWS_GATEWAY_URL"] in line
    folder = Path(written["LOCAL_AWS_CA_FILE"]).parent
    assert folder.is_dir()
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    server.stderr.close()
    assert not settings.exists()
    assert not folder.exists()
