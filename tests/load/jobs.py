"""What the callers send: every dialect, streamed and whole, of all sizes, and what is meant to fail."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Body = dict[str, Any]

WORDS = ("a", "family", "car", "with", "seven", "seats", "and", "room", "for", "two", "dogs", "under", "one", "roof")
LONGEST_PROMPT_WORDS = 600
TOOL: Body = {
    "toolSpec": {
        "name": "find_price",
        "description": "The list price of a car.",
        "inputSchema": {"json": {"type": "object", "properties": {"car": {"type": "string"}}}},
    }
}


BROKEN = 0
"""In place of a status: the connection ends before the answer does."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request and what may become of it. What is right is known before it is sent.

    Attributes:
        kind: for the report.
        ends: how a whole answer to it ends, `json` or a stream's protocol: `events`, `openai`, `anthropic`.
        fails_with: the statuses of the failure that is intended; empty where it is to be answered. 200 is a stream that
            ends in an error.
        may_answer: whether an answer is as right as that failure, because it depends on who comes first.
        says: the answer's text to the letter; None where any will do.
        told: words that the error's message has.
        by: the models one of which answers, as `x-llm-model` has it; empty for any.
        leaves: whether the caller hangs up after the first bytes.
        unreserved: whether it is refused before anything is reserved.
        marker: text in the body by which its sandbox is found, to be killed.
    """

    tenant: str
    kind: str
    path: str
    body: Body
    ends: str = "json"
    fails_with: frozenset[int] = frozenset()
    may_answer: bool = False
    says: str | None = None
    told: str = ""
    by: frozenset[str] = frozenset()
    leaves: bool = False
    unreserved: bool = False
    marker: str | None = None

    @property
    def dialect(self) -> str:
        """Whose shape an error has."""
        return {"/v1/messages": "anthropic"}.get(self.path, "openai" if self.path.startswith("/v1/") else "bedrock")

    @property
    def model(self) -> str:
        """The model that it names."""
        return str(self.body["model"]) if "model" in self.body else self.path.split("/")[2]

    @property
    def calls(self) -> int:
        """How many calls of a model it takes, each of which counts as a request."""
        return len(self.body["input"]) if self.path == "/v1/embeddings" else 1

    def sent(self) -> bytes:
        """The body as it goes out."""
        return json.dumps(self.body).encode()


Maker = Callable[[str, random.Random], Job]


def _text(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(3, LONGEST_PROMPT_WORDS)))


def _converse(dice: random.Random, **more: Any) -> Body:
    return {
        "messages": [{"role": "user", "content": [{"text": _text(dice)}]}],
        "inferenceConfig": {"maxTokens": dice.choice([40, 200, 800])},
        **more,
    }


def _openai(dice: random.Random, model: str, **more: Any) -> Body:
    return {"model": model, "messages": [{"role": "user", "content": _text(dice)}], "max_tokens": 300, **more}


def _anthropic(dice: random.Random, **more: Any) -> Body:
    return {"messages": [{"role": "user", "content": _text(dice)}], "max_tokens": 300, **more}


def _converse_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "converse", f"/model/{dice.choice(['fast', 'nova'])}/converse", _converse(dice))


def _tools_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "converse with a tool", "/model/fast/converse", _converse(dice, toolConfig={"tools": [TOOL]}))


def _cached_job(tenant: str, dice: random.Random) -> Job:
    prefix = " ".join(dice.choices(WORDS, k=2000))
    turns = [
        {"role": "user", "content": [{"text": prefix}, {"cachePoint": {"type": "default"}}]},
        {"role": "assistant", "content": [{"text": "Go on."}]},
        {"role": "user", "content": [{"text": _text(dice)}]},
    ]
    read = dice.random() < 0.5  # a model that hasn't spoken yet writes to its cache
    body = _converse(dice, messages=turns if read else turns[:1])
    return Job(tenant, "converse from the cache" if read else "converse into the cache", "/model/fast/converse", body)


def _converse_stream_job(tenant: str, dice: random.Random) -> Job:
    path = f"/model/{dice.choice(['fast', 'nova'])}/converse-stream"
    return Job(tenant, "converse, streamed", path, _converse(dice), ends="events")


def _invoke_job(tenant: str, dice: random.Random) -> Job:
    return Job(
        tenant, "invoke", "/model/fast/invoke", _anthropic(dice, anthropic_version="bedrock-2023-05-31"), ends="json"
    )


def _invoke_stream_job(tenant: str, dice: random.Random) -> Job:
    body = _anthropic(dice, anthropic_version="bedrock-2023-05-31")
    return Job(tenant, "invoke, streamed", "/model/fast/invoke-with-response-stream", body, ends="events")


def _openai_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "openai", "/v1/chat/completions", _openai(dice, dice.choice(["fast", "nova"])))


def _openai_stream_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "openai, streamed", "/v1/chat/completions", _openai(dice, "nova", stream=True), ends="openai")


def _anthropic_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "anthropic", "/v1/messages", _anthropic(dice, model="fast"))


def _anthropic_stream_job(tenant: str, dice: random.Random) -> Job:
    body = _anthropic(dice, model="fast", stream=True)
    return Job(tenant, "anthropic, streamed", "/v1/messages", body, ends="anthropic")


def _embeddings_job(tenant: str, dice: random.Random) -> Job:
    texts = [_text(dice) for _ in range(dice.randint(1, 3))]
    return Job(tenant, "embeddings", "/v1/embeddings", {"model": "embed", "input": texts})


def _image_job(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "image", "/model/paint/invoke", {"prompt": _text(dice)[:200]})


ANSWERED: tuple[Maker, ...] = (
    _converse_job,
    _tools_job,
    _cached_job,
    _converse_stream_job,
    _invoke_job,
    _invoke_stream_job,
    _openai_job,
    _openai_stream_job,
    _anthropic_job,
    _anthropic_stream_job,
    _embeddings_job,
    _image_job,
)


def _refused(tenant: str, dice: random.Random) -> Job:
    body = _converse(dice)
    return Job(tenant, "refused by the model", "/model/refuses/converse", body, fails_with=frozenset({400}))


def _throttled(tenant: str, dice: random.Random) -> Job:
    return Job(
        tenant, "throttled by Bedrock", "/v1/chat/completions", _openai(dice, "busy"), fails_with=frozenset({429})
    )


def _left(tenant: str, dice: random.Random) -> Job:
    body = _openai(dice, "nova", stream=True)
    return Job(tenant, "caller hangs up", "/v1/chat/completions", body, ends="openai", leaves=True)


FAILING: tuple[Maker, ...] = (_refused, _throttled, _left)
"""What fails and is settled all the same: nothing was produced, or all was and nobody read it."""


def _foreign_limit(tenant: str, dice: random.Random) -> Job:
    """A name that its model doesn't obey: believed, it would let the answer be longer than what was reserved."""
    body = {"messages": [{"role": "user", "content": _text(dice)}], dice.choice(["max_gen_len", "maxTokenCount"]): 1}
    path = f"/model/{dice.choice(['open', 'fast'])}/invoke"
    return _unobeyed(Job(tenant, "limit by a foreign name", path, body))


def _additional_limit(tenant: str, dice: random.Random) -> Job:
    body = _converse(dice, additionalModelRequestFields={dice.choice(["max_gen_len", "max_new_tokens"]): 1})
    return _unobeyed(Job(tenant, "limit by a foreign name beside Converse", "/model/open/converse", body))


def _unobeyed(job: Job) -> Job:
    return replace(job, fails_with=frozenset({400}), told="in its place", unreserved=True)


def _synonymous_limit(tenant: str, dice: random.Random) -> Job:
    body = {"messages": [{"role": "user", "content": _text(dice)}], "max_completion_tokens": dice.choice([1, 40])}
    return Job(tenant, "limit by a synonym", "/model/open/invoke", body)


def _moved_limit(tenant: str, dice: random.Random) -> Job:
    body: Body = {
        "messages": [{"role": "user", "content": [{"text": _text(dice)}]}],
        "additionalModelRequestFields": {"max_tokens": dice.choice([1, 40])},
    }
    return Job(tenant, "limit beside Converse", "/model/open/converse", body)


FOREIGN: tuple[Maker, ...] = (_foreign_limit, _synonymous_limit, _additional_limit, _moved_limit)
"""Limits of the output by other names than the one that the model obeys."""


def _broken(tenant: str, dice: random.Random) -> Job:
    return Job(tenant, "model breaks", "/model/breaks/converse", _converse(dice), fails_with=frozenset({502}))


def _cut(tenant: str, dice: random.Random) -> Job:
    body = _openai(dice, "cuts", stream=True)
    return Job(tenant, "stream is cut", "/v1/chat/completions", body, ends="openai", fails_with=frozenset({200}))


STANDING: tuple[Maker, ...] = (_broken, _cut)
"""What fails so that nobody knows what it cost: the reservation stands."""


def stalled(tenant: str, number: int, *, killed: bool) -> Job:
    """A request whose model is silent for longer than the function may run; all of one size, as far as bytes go.

    It fails by running out of time, or when its sandbox is killed meanwhile, found by its marker.
    """
    marker = f"stalled-{number:05d}"
    body: Body = {
        "messages": [{"role": "user", "content": [{"text": marker}]}],
        "inferenceConfig": {"maxTokens": 500},
        "requestMetadata": {"marker": marker},
    }
    kind, status = ("sandbox is killed", 502) if killed else ("out of time", 504)
    path = "/model/stalls/converse"
    return Job(tenant, kind, path, body, fails_with=frozenset({status}), marker=marker if killed else None)


def mixed(shares: Mapping[str, tuple[tuple[Maker, ...], int]], dice: random.Random) -> Iterator[Job]:
    """So many jobs a tenant, the makers taking turns."""
    for tenant, (makers, number) in shares.items():
        for at in range(number):
            yield makers[at % len(makers)](tenant, dice)
