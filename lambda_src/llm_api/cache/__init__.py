"""Answers that were given before: the same request again gets the same answer, for a request and no tokens.

A model's answers are kept only if its declaration says so, and for as long and as many callers as it says. `rules` says
which requests and which answers those are, `key` what makes two requests the same, `entry` what is kept, and `store`
where: in the memory of the warm environment, and in a DynamoDB table behind it.

What is kept is the model's own answer, which the caller's dialect renders anew. A store that is out of reach, slow or
holds something else than it should is as good as an empty one: the model answers then.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from llm_api.cache import rules
from llm_api.cache.entry import EVENT_STREAM, MAX_ENTRY_BYTES
from llm_api.cache.key import key_of
from llm_api.cache.store import Found, Slot, Store
from llm_api.deadline import Deadline
from llm_api.dialects import Answer, Call, Frame, Payload
from llm_api.events import Request
from llm_api.eventstream import Decoder
from llm_api.inference import Candidate, Inference, Progress, Streamed
from llm_api.inference.usage import Usage
from llm_api.ledger import Tenant
from llm_api.model_json import parse_json
from llm_api.registry import Target

State = Literal["hit", "miss", "bypass"]

NOTHING_USED = Usage(0, 0)
"""What an answer that was kept takes: its tokens were paid for when it was given first."""


class Cache:
    """Looks answers up. One for each environment.

    Parameters:
        table: the DynamoDB table's name; without one, answers are kept in memory alone.
        client: a DynamoDB client; made on first use where it is None.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(self, table: str | None, client: Any = None, *, now: Callable[[], float] = time.time) -> None:
        self._store = Store(table, client, now=now)

    def warm_up(self) -> None:
        """Make the table's client now instead of with the first request."""
        self._store.warm_up()

    def look_up(
        self,
        request: Request,
        call: Call,
        candidate: Candidate,
        tenant: Tenant,
        inference: Inference,
        deadline: Deadline,
    ) -> "Lookup":
        """What there is for a request.

        Parameters:
            candidate: the target that was asked for, with what it would be sent.
            inference: who answers where there is nothing.

        Raises:
            BadRequest: the request's header about the cache can't be understood.
        """
        target = candidate.target
        documents = [_document(payload) for payload in candidate.payloads]
        why = rules.passed_by(request.headers, call.operation, target, documents, tenant)
        if target.cache is None or why is not None:
            return Lookup(target, inference, why=why)
        key = key_of(call, candidate, documents, tenant)
        return Lookup(target, inference, Slot(self._store, key, target.cache.ttl_seconds, deadline))


class Lookup:
    """The cache's part in one request: it answers in the models' place, or keeps what they answer.

    Attributes:
        state: whether the answer was there; `bypass` where it was neither looked for nor will be kept.
        level: where it was found.
        why: what the cache was passed by for, or an answer not kept.
        kept: whether the answer is in the table now, or in memory where there is no table; None for no new one.
        failure: what the table failed with.
    """

    def __init__(
        self, target: Target, inference: Inference, slot: Slot | None = None, *, why: str | None = None
    ) -> None:
        self._target = target
        self._inference = inference
        self._slot = slot
        self._answers: list[Answer] | None = None
        self._progress: Progress | None = None
        found = Found() if slot is None else slot.find()
        self._entry = found.entry
        self.state: State = "bypass" if slot is None else "miss" if found.entry is None else "hit"
        self.level = found.level
        self.failure = found.failure
        self.why = why
        self.kept: bool | None = None

    def answer(
        self, call: Call, candidates: Sequence[Candidate], deadline: Deadline, progress: Progress
    ) -> tuple[Target, list[Answer]]:
        """See `Inference.answer`."""
        if self._entry is not None:
            progress.target, progress.usage = self._target, NOTHING_USED
            return self._target, list(self._entry.answers)
        target, answers = self._inference.answer(call, candidates, deadline, progress)
        self._progress, self._answers = progress, answers
        return target, answers

    def stream(self, call: Call, candidates: Sequence[Candidate], deadline: Deadline, progress: Progress) -> Streamed:
        """See `Inference.stream`. What was kept comes at once."""
        if self._entry is not None:
            progress.target, progress.usage = self._target, NOTHING_USED
            whole = self._entry.answers[0]
            return Streamed(self._target, whole.headers, _frames(whole.body), lambda: None)
        streamed = self._inference.stream(call, candidates, deadline, progress)
        self._progress = progress
        return streamed if self._slot is None else streamed._replace(frames=self._followed(streamed))

    def keep(self) -> None:
        """Keep the answer, if it is one to be given again. Never raises: the caller's answer is there by now."""
        if self._slot is None or self._progress is None:
            return
        self.kept = False
        try:
            self.why = self._why_not(self._progress)
            if self.why is None and self._answers is not None:
                put = self._slot.put(self._answers, self.failure)
                self.kept, self.why, self.failure = put.kept, put.why, put.failure or self.failure
        except Exception as error:
            self.failure = type(error).__name__

    def _followed(self, streamed: Streamed) -> Iterator[Frame | None]:
        frames: list[bytes] = []
        size = 0
        for frame in streamed.frames:
            if frame is not None and size <= MAX_ENTRY_BYTES:
                frames.append(frame.raw)
                size += len(frame.raw)
            yield frame
        # Only here has the stream come to its end: a fault, or a reader who left, would have ended this function above.
        self._answers = [Answer(b"".join(frames), EVENT_STREAM, streamed.headers)]

    def _why_not(self, progress: Progress) -> str | None:
        if self._answers is None or progress.partial or progress.ended_by is not None:
            return "incomplete"
        if progress.fallback:
            return "fallback"
        if sum(len(answer.body) for answer in self._answers) > MAX_ENTRY_BYTES:
            return "too_large"
        if not all(rules.is_final(self._target, answer) for answer in self._answers):
            return "not_final"
        return None


def _document(payload: Payload) -> Any:
    """The JSON of a payload; None where it is said to be something else."""
    if isinstance(payload.body, dict):
        return payload.body
    is_json = payload.content_type.partition(";")[0].strip().lower() == "application/json"
    return parse_json(payload.body) if is_json else None


def _frames(raw: bytes) -> Iterator[Frame | None]:
    for message in Decoder().messages(raw):
        yield Frame(message.raw, message.event or "", message.payload)
