"""The authorizer of `examples/same-plan`: what is zipped is what can be read, and it lets in one token."""

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "same-plan"
EVENT = {"methodArn": "arn:aws:execute-api:us-east-1:123456789012:abc/live/GET/v1/models"}


@pytest.fixture
def authorizer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("TOKEN_SHA256", hashlib.sha256(b"open sesame").hexdigest())
    spec = importlib.util.spec_from_file_location("authorizer", FOLDER / "authorizer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:abc/live/*"
    return str(statement["Effect"])


def test_the_zip_holds_the_source_and_nothing_else() -> None:
    # GIVEN the zip that is deployed
    with zipfile.ZipFile(FOLDER / "authorizer.zip") as package:
        # WHEN it is unpacked, THEN it is the file beside it
        assert package.namelist() == ["authorizer.py"]
        assert package.read("authorizer.py") == (FOLDER / "authorizer.py").read_bytes()


@pytest.mark.parametrize("header", ["Authorization", "authorization"])
def test_the_right_token_is_let_in(authorizer: ModuleType, header: str) -> None:
    # GIVEN the token whose hash is in the environment
    # WHEN it is sent, THEN the stage is allowed
    assert effect(authorizer.lambda_handler({**EVENT, "headers": {header: "Bearer open sesame"}}, None)) == "Allow"


@pytest.mark.parametrize("headers", [None, {}, {"authorization": "Bearer open"}, {"authorization": ""}])
def test_nothing_else_is(authorizer: ModuleType, headers: dict[str, str] | None) -> None:
    # GIVEN another token, or none
    # WHEN it is sent, THEN the stage is denied
    assert effect(authorizer.lambda_handler({**EVENT, "headers": headers}, None)) == "Deny"


def test_without_a_hash_nobody_is_let_in(authorizer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a deployment that was given no hash
    monkeypatch.setenv("TOKEN_SHA256", "")

    # WHEN an empty token is sent, THEN it isn't taken for the right one
    assert effect(authorizer.lambda_handler({**EVENT, "headers": {"authorization": "Bearer "}}, None)) == "Deny"
