"""What `make up` writes for clients: a key only where there is one."""

import pytest

from tools.stack import endpoint_lines, takes_a_key
from tools.terraform import ROOT

SETTINGS = {
    "LOCAL_AWS_CA_FILE": "/tmp/ca.pem",
    "LOCAL_AWS_GATEWAY_URL": "https://localhost:1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:2",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
OUTPUTS = {"url": "https://abc123.execute-api.us-east-1.amazonaws.com/live"}


def test_a_key_is_for_configurations_that_take_its_hash() -> None:
    assert takes_a_key(ROOT / "examples/quickstart")
    assert not takes_a_key(ROOT / "examples/cross-account")


def test_who_signs_is_given_no_key_to_send() -> None:
    # GIVEN a deployment with a key, and one whose callers sign
    keyed = endpoint_lines(SETTINGS, dict(OUTPUTS), "sk-test")
    signed = endpoint_lines(SETTINGS, dict(OUTPUTS), None)

    # THEN both have the address, and one the key, for boto3 too
    assert "LLM_API_URL=https://localhost:1/_api/abc123/live" in keyed
    assert set(keyed) - set(signed) == {"LLM_API_KEY=sk-test", "AWS_BEARER_TOKEN_BEDROCK=sk-test"}


@pytest.mark.parametrize("outputs", [{}, {"url": None}, {"url": "https://llm.example.com/"}, {"url": {"us": "x"}}])
def test_a_configuration_without_an_address_of_an_api_has_the_other_settings(outputs: dict[str, object]) -> None:
    # GIVEN a configuration of one's own
    lines = endpoint_lines(SETTINGS, outputs, None)

    # THEN clients of AWS find the account, and nobody is given an address that isn't there
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:2" in lines
    assert not any(line.startswith("LLM_API_URL=") for line in lines)
