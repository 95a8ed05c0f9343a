"""A service's refusal is read once: its code from header or body, its words, and no more of it than there is."""

import json
import time
from typing import Any

import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st
from llm_api.aws import Refused, hosts

from tests.unit.llm_api.conftest import Deploy
from tests.unit.llm_api.model_wire import HANGS_SECONDS, Connection, message_of


@pytest.mark.parametrize(
    ("headers", "document", "code"),
    [
        ({"x-amzn-errortype": "ThrottlingException"}, {}, "ThrottlingException"),
        (
            {"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/"},
            {"code": "Other"},
            "ThrottlingException",
        ),
        ({"x-amzn-errortype": "com.amazon#ThrottlingException"}, {}, "ThrottlingException"),
        (
            {},
            {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"},
            "ConditionalCheckFailedException",
        ),
        ({}, {"code": "ThrottlingException"}, "ThrottlingException"),
        ({}, {"Code": "ThrottlingException"}, "ThrottlingException"),
        ({}, {"code": 5}, ""),
        ({}, {"message": "No."}, ""),
        ({}, [], ""),
    ],
)
def test_the_code_is_where_it_is_told_first(headers: dict[str, str], document: Any, code: str) -> None:
    assert Refused(400, headers, json.dumps(document).encode()).code == code


names = st.from_regex(r"[A-Z][A-Za-z]{0,20}(Exception|Error)", fullmatch=True)


@given(
    st.sampled_from(["rest-json", "json"]),
    names,
    st.sampled_from(["{}", "{}:http://x/y", "a.b#{}"]),
    st.sampled_from(["x-amzn-errortype", "__type", "code"]),
    st.sampled_from(["message", "Message"]),
    st.text(max_size=20),
)
def test_what_botocore_reads_is_what_we_read(
    protocol: str, name: str, form: str, place: str, words: str, message: str
) -> None:
    # GIVEN an error as one of AWS's protocols has it
    if protocol == "json":
        place, form = "__type", "{}" if ":" in form else form
    told = form.format(name)
    document = {words: message}
    headers = {"content-type": "application/json"}
    if place == "x-amzn-errortype":
        headers[place] = told
    else:
        document[place] = told
    body = json.dumps(document).encode()
    # WHEN botocore and we read it
    theirs = create_parser(protocol).parse({"status_code": 400, "headers": headers, "body": body}, None)["Error"]
    ours = Refused(400, headers, body)
    # THEN both find the same
    assert (ours.code, ours.message) == (theirs["Code"].rpartition("#")[2], theirs["Message"])


@given(st.binary(max_size=100))
def test_any_body_may_be_a_refusals(body: bytes) -> None:
    refusal = Refused(500, {}, body)
    assert isinstance(refusal.code, str)
    assert isinstance(refusal.message, str)
    assert body.decode("latin-1") not in str(refusal) or len(body) < 4


def test_words_that_do_not_come_are_not_waited_for(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a refusal whose body trickles
    monkeypatch.setattr(hosts, "REFUSAL_SECONDS", 0.2)

    def reply(connection: Connection) -> None:
        connection.head(400, {"x-amzn-errortype": "ValidationException", "content-length": "100000"})
        while not connection.wait(0.02):
            connection.send(b" ")

    # WHEN it is told to a caller who has much time
    started = time.monotonic()
    response = deploy().call("invoke", {}, seconds=2 * HANGS_SECONDS, replies=[reply])
    # THEN the status is, and soon
    assert response.status == 400
    assert time.monotonic() - started < HANGS_SECONDS
    assert "fast" in message_of(response)
