"""What is right: an answer is judged by its job alone, and by the protocols as the SDKs read them.

Nothing here is shared with the handler. What a caller must never see is looked for in every answer: its own key, an
ARN, the account, a traceback.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import BotoCoreError

from local_aws.credentials import ACCOUNT_ID
from tests.load.jobs import BROKEN, Job
from tests.support import Reply

ANSWERED = "answered right"
OVER_BUDGET = "refused over budget"
FAILED = "failed as intended"
NO_TABLE = "table too slow (503)"
OTHERWISE = "anything else"
OUTCOMES = (ANSWERED, OVER_BUDGET, FAILED, NO_TABLE, OTHERWISE)

_SHOWN_BYTES = 300
_NEVER = (b"arn:aws", b"Traceback", ACCOUNT_ID.encode())

Event = Mapping[str, Any]


class _Wrong(Exception):
    """It is not what the job says, or not what the protocol says."""


def judge(job: Job, reply: Reply, key: str) -> tuple[str, str]:
    """One of `OUTCOMES`, and of `OTHERWISE` and `NO_TABLE` what was sent."""
    try:
        return _judged(job, reply, key), ""
    except _Wrong as wrong:
        return OTHERWISE, f"{wrong} {reply.status} {reply.body[:_SHOWN_BYTES]!r} … {reply.body[-_SHOWN_BYTES:]!r}"


def judge_break(job: Job, how: str) -> tuple[str, str]:
    """Of a connection that ended before the answer did."""
    return (FAILED, "") if BROKEN in job.fails_with else (OTHERWISE, how)


def _judged(job: Job, reply: Reply, key: str) -> str:
    for secret in (key.encode(), *_NEVER):
        if secret in reply.body or secret.decode() in str(reply.headers):
            raise _Wrong("It holds what no caller may see.")
    if "x-request-id" not in reply.headers:
        raise _Wrong("It has no x-request-id.")
    if reply.status != 200:
        return _judged_error(job, reply)
    text, error = _read(job, reply.body)
    if error is not None:
        if 200 not in job.fails_with:
            raise _Wrong("It ends in an error.")
        return FAILED
    if job.fails_with and not job.may_answer:
        raise _Wrong("It is an answer.")
    if job.says is not None and text != job.says:
        raise _Wrong(f"It does not say {job.says!r}.")
    if job.by and reply.headers.get("x-llm-model") not in job.by:
        raise _Wrong(f"{reply.headers.get('x-llm-model')} has answered.")
    return ANSWERED


def _judged_error(job: Job, reply: Reply) -> str:
    message = _message(job, reply)
    if reply.status in (429, 503) and "retry-after" not in reply.headers:
        raise _Wrong("It does not say when to come back.")
    if reply.status in job.fails_with and job.told in message:
        return FAILED
    if reply.status == 429 and "budget of" in message:
        return OVER_BUDGET
    if reply.status == 503 and "Keys and budgets" in message:
        return NO_TABLE
    raise _Wrong("It is an error that nobody intended.")


def _message(job: Job, reply: Reply) -> str:
    """What an error says, where the dialect's SDK looks for it."""
    try:
        document = json.loads(reply.body)
        if job.dialect == "bedrock":
            code, message = reply.headers["x-amzn-errortype"], document["message"]
        elif job.dialect == "anthropic":
            code, message = document["error"]["type"], document["error"]["message"]
            if document["type"] != "error":
                raise _Wrong("It has not the shape of an error.")
        else:
            code, message = document["error"]["type"], document["error"]["message"]
    except (ValueError, LookupError, TypeError):
        raise _Wrong("It has not the shape of an error.") from None
    if not (code and message):
        raise _Wrong("It has an error without words.")
    return str(message)


def _read(job: Job, body: bytes) -> tuple[str, Event | None]:
    """A 200's text, and the error that its stream ends in."""
    if job.ends == "json":
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict) or "error" in document:
            raise _Wrong("It is no whole answer.")
        return _text_of_answer(document), None
    events = list(_frames(body) if job.ends == "events" else _server_sent(body))
    if not events:
        raise _Wrong("It is an empty stream.")
    last = events[-1]
    error = last if "error" in last else None
    if any("error" in event for event in events[:-1]):
        raise _Wrong("It goes on after an error.")
    ends = {"openai": "[DONE]", "anthropic": "message_stop"}.get(job.ends)
    if error is None and ends is not None and last.get("type") != ends:
        raise _Wrong("It has no end.")
    if error is None and job.ends == "events" and not any(_ends(event) for event in events):
        raise _Wrong("It has no end.")
    return "".join(map(_text_of_event, events)), error


def _server_sent(body: bytes) -> Iterator[Event]:
    *blocks, rest = body.split(b"\n\n")
    if rest:
        raise _Wrong("It ends within an event.")
    for block in blocks:
        for line in block.split(b"\n"):
            if line == b"data: [DONE]":
                yield {"type": "[DONE]"}
            elif line.startswith(b"data: "):
                try:
                    yield json.loads(line[6:])
                except ValueError:
                    raise _Wrong("It has an event that is no JSON.") from None


def _frames(body: bytes) -> Iterator[Event]:
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    messages: Iterator[Any] = iter(buffer)
    whole = 0
    try:
        for message in messages:
            whole += message.prelude.total_length
            headers = message.headers
            document = json.loads(message.payload)
            if headers[":message-type"] == "exception":
                yield {"error": headers[":exception-type"], **document}
            elif headers[":event-type"] == "chunk":
                yield json.loads(base64.b64decode(document["bytes"]))
            else:
                yield {"type": headers[":event-type"], **document}
    except (BotoCoreError, ValueError, LookupError) as error:
        raise _Wrong(f"It has a frame that can't be read: {type(error).__name__}.") from None
    if whole != len(body):
        raise _Wrong("It ends within a frame.")


def _ends(event: Event) -> bool:
    return event.get("type") in ("messageStop", "message_stop") or "stopReason" in event


def _text_of_answer(document: Event) -> str:
    if "output" in document:
        parts = document["output"]["message"]["content"]
    elif "choices" in document:
        return str(document["choices"][0]["message"]["content"])
    else:
        parts = document.get("content", ())
    return "".join(part.get("text", "") for part in parts if isinstance(part, dict))


def _text_of_event(event: Event) -> str:
    if event.get("choices"):
        return event["choices"][0]["delta"].get("content") or ""
    delta = event.get("delta")
    return delta.get("text", "") if isinstance(delta, dict) else ""
