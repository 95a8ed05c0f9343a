"""`llm-api keys`: a key is printed once, known by its ID after that, and ends alone."""

import hashlib
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from llm_api_cli.main import words_of
from llm_api_cli.tail import summary

from tests.unit.cli.conftest import LEAKED, Command


def test_a_key_is_printed_once_and_stored_as_its_hash(account: Any, llm_api: Command) -> None:
    # WHEN
    made = llm_api("keys", "create", "marketing", "--expires", "+90d")

    # THEN the key alone is the output, and its hash is in the table
    key = made.out.strip()
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    assert made.code == 0
    assert account.get(f"key#{sha256}")["tenant"] == {"S": "marketing"}

    # AND nothing tells it again
    for command in (("keys", "list", "-o", "json"), ("tenants", "show", "marketing"), ("tenants", "export", "-")):
        said = llm_api(*command)
        assert key not in said.out + said.err
    assert key not in str(account.items())


def test_a_leaked_key_ends_alone_and_terraforms_item_stays(account: Any, llm_api: Command) -> None:
    # GIVEN a second key of the same tenant
    llm_api("keys", "create", "marketing", "--sha256", "b" * 64)

    # WHEN the one is revoked by its ID, as a log line has it
    answer = llm_api("keys", "revoke", LEAKED[:10], "--reason", "found in a repository")

    # THEN it is refused from now on, the other one isn't
    assert answer.code == 0, answer.err
    assert account.get(f"override#key#{LEAKED}")["expires_at"] == {"N": "0"}
    states = {key["id"]: key["state"] for key in llm_api("keys", "list", "marketing", "-o", "json").json}
    assert states == {LEAKED[:10]: "revoked", "b" * 10: "good"}
    assert "expires_at" not in account.get(f"key#{LEAKED}")

    # WHEN that was a mistake
    llm_api("keys", "revoke", LEAKED[:10], "--undo")

    # THEN
    assert account.get(f"override#key#{LEAKED}") is None


def test_who_finds_a_key_revokes_it_by_itself(account: Any, llm_api: Command) -> None:
    # GIVEN a key that somebody found
    key = llm_api("keys", "create", "marketing").out.strip()

    # WHEN it is given by standard input
    answer = llm_api("keys", "revoke", "--stdin", stdin=f"{key}\n")

    # THEN
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    assert account.get(f"override#key#{sha256}")["expires_at"] == {"N": "0"}
    assert key not in answer.out + answer.err


def test_a_rotated_key_is_good_for_a_while(account: Any, llm_api: Command) -> None:
    # WHEN
    made = llm_api("keys", "rotate", LEAKED[:10], "--grace", "2h", "-o", "json").json

    # THEN there is a new key, and the old one has an end
    assert made["tenant"] == "marketing"
    ends = int(account.get(f"override#key#{LEAKED}")["expires_at"]["N"])
    assert abs(ends - time.time() - 7200) < 60


def test_too_little_of_an_id_revokes_nothing(account: Any, llm_api: Command) -> None:
    # GIVEN keys that begin alike
    llm_api("keys", "create", "marketing", "--sha256", LEAKED[:12] + "0" * 52)

    # WHEN
    answers = [llm_api("keys", "revoke", beginning) for beginning in ("9f8", LEAKED[:12], "0123456789")]

    # THEN
    assert [answer.code for answer in answers] == [2, 2, 3]
    assert not [key for key in account.items() if key.startswith("override#")]


def test_what_callers_write_is_no_command_to_a_terminal() -> None:
    # GIVEN a path with an escape sequence, as the log has it
    line = {"status": 404, "route": "GET /\x1b]0;owned\x07", "request_id": "r"}

    # THEN the terminal is shown it, and doesn't obey
    assert "\x1b" not in summary(line, 0.0)
    assert "owned" in summary(line, 0.0)


def test_who_may_not_is_told_where_the_policy_is(llm_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN nothing that answers, and then nobody who is signed in
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    unreachable = llm_api("keys", "list", "-d", "acme-llm", "--region", "us-east-1")
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Scan")

    # THEN both end as AWS's, in a sentence and without a trace
    assert unreachable.code == 5
    assert unreachable.err.startswith("llm-api: ")
    assert "`llm-api policy`" in words_of(denied)
