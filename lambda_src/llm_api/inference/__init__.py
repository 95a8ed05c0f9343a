"""The only place that calls models: deadlines, retries, fallbacks, streams.

The rules, each for the caller's money:

- Every call ends by the deadline, however the other side trickles or stalls.
- Only what was certainly not paid for is repeated: a connection that failed before anything was sent, and 429 and 503
  answers; at most twice, after a random pause, within the deadline. Never after a read timeout or a first byte.
- A target that is throttled, not ready, unavailable or ended is stood in for by its `fallbacks`, in order, each at
  most once and only those that the caller may use. Fallbacks of fallbacks are not followed: the list in the
  declaration is the whole truth. A request in one family's own format falls back within that family. Nobody stands in
  once something was paid for, save where the model is declared with `on_timeout = "fallback"`; see `turns`.
- A stream's first frame is awaited before the caller gets a status, so that an early failure has one, or is stood in
  for. Protocols with pings wait 45 seconds for it, then begin. Once a byte is out nothing is repeated or replaced.
"""

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from llm_api.deadline import Deadline
from llm_api.dialects import Answer, Call, Frame, Operation, Payload, StreamFault
from llm_api.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    ModelEnded,
    ModelNotReady,
    NotFound,
    OutOfTime,
    Throttled,
    Unavailable,
)
from llm_api.families import family_of
from llm_api.inference.clients import Clients
from llm_api.inference.progress import Progress
from llm_api.inference.retries import Attempts, Source, repeating
from llm_api.inference.usage import estimate_tokens, guardrail_intervened, latency_ms, of_answer
from llm_api.model_json import parse_json
from llm_api.registry import Registry, Target

__all__ = ["Candidate", "Inference", "Patience", "Progress", "Streamed", "Terms"]

T = TypeVar("T")

_PARALLEL_CALLS = 8
_STOOD_IN_FOR = (Throttled, ModelNotReady, Unavailable, ModelEnded)


class Terms(NamedTuple):
    """On what terms a caller may use models.

    Attributes:
        allowed: the aliases; None where every declared model is open.
        max_output_tokens: the most output tokens one request may ask for, of any model.
        tags: what each request is marked with in Bedrock's invocation log.
    """

    allowed: frozenset[str] | None = None
    max_output_tokens: int | None = None
    tags: Mapping[str, str] = MappingProxyType({})


class Candidate(NamedTuple):
    """A target that may answer a call, with what it would be sent.

    Attributes:
        fallback: whether it isn't the one that was asked for.
        until: when it is given up, where another takes its turn after it; None for the request's own deadline.
    """

    target: Target
    payloads: Sequence[Payload]
    fallback: bool = False
    until: Deadline | None = None


class Streamed(NamedTuple):
    """A streamed answer that has begun.

    Attributes:
        target: who answers.
        headers: Bedrock's own `x-amzn-bedrock-*` headers, names in lower case.
        frames: as `Call.render_stream` reads them.
        close: reads no further; to be called whatever happens, or the tokens are not counted.
    """

    target: Target
    headers: Mapping[str, str]
    frames: Iterator[Frame | None]
    close: Callable[[], None]


class Patience(NamedTuple):
    """How long a stream may be silent.

    Attributes:
        first_frame_seconds: until the first frame, where the caller's protocol has pings: until then a failure can
            still be told with a status of its own, or be mended by a fallback.
        ping_seconds: after which a protocol with pings sends one.
        idle_seconds: after which a stream without pings is over, and a whole answer has to be there. API Gateway ends
            a stream that is silent for five minutes, its beginning included (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html).
    """

    first_frame_seconds: float = 45.0
    ping_seconds: float = 15.0
    idle_seconds: float = 285.0


class Inference:
    """Calls models.

    Parameters:
        registry: where fallbacks are looked up.
        pause: sleeps, in seconds; replaced in tests.
    """

    def __init__(
        self,
        registry: Registry,
        clients: Clients | None = None,
        *,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._registry = registry
        self._clients = clients or Clients()
        self._patience = patience or Patience()
        self._pause = pause
        self._uncountable: set[str] = set()

    def warm_up(self) -> None:
        """Make Bedrock's client now instead of with the first request."""
        self._clients.bedrock()

    def candidates(self, call: Call, target: Target, terms: Terms) -> list[Candidate]:
        """The target and the fallbacks that may stand in for it, in order, as far as they can serve the request.

        Raises:
            BadRequest: the target can't.
        """
        found = []
        for candidate in (target, *self._fallbacks(call, target, terms.allowed)):
            limited = candidate.limited_to(terms.max_output_tokens)
            try:
                operation = call.operation_on(limited)
                payloads = [payload.tagged(operation, terms.tags) for payload in call.payloads(limited)]
            except BadRequest:
                if candidate is target:
                    raise
                continue  # the request asks for what this fallback can't do
            found.append(Candidate(limited, payloads, fallback=candidate is not target))
        return found

    def answer(
        self, call: Call, candidates: Sequence[Candidate], deadline: Deadline, progress: Progress
    ) -> tuple[Target, list[Answer]]:
        """Who answered, the target or the fallback that stood in, and one whole answer for each payload of the call.

        Parameters:
            candidates: of the call; see there.
            deadline: when the answer must be there; what the entry needs afterwards is already taken off.
            progress: filled as the work goes on.

        Raises:
            ApiError: no target answered.
        """
        # No byte goes out before the whole answer is there, and API Gateway waits for the first as for any other.
        deadline = deadline.within(self._patience.idle_seconds)

        def ask(candidate: Candidate) -> list[Answer]:
            one = self._count if call.operation == "count_tokens" else self._answer
            target, payloads, until = candidate.target, candidate.payloads, candidate.until or deadline
            if len(payloads) == 1:
                return [one(target, call, payloads[0], until, progress)]
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
                return list(pool.map(lambda payload: one(target, call, payload, until, progress), payloads))

        if call.operation != "count_tokens" and candidates[0].target.on_timeout == "fallback":
            from llm_api.inference.timeouts import in_turns

            return self._first_that_answers(in_turns(candidates, deadline), progress, ask, (*_STOOD_IN_FOR, OutOfTime))
        return self._first_that_answers(candidates, progress, ask)

    def stream(self, call: Call, candidates: Sequence[Candidate], deadline: Deadline, progress: Progress) -> Streamed:
        """The streamed answer of the target, or of the fallback that stood in, once its first frame has come.

        Raises:
            ApiError: no target answered.
        """

        def ask(candidate: Candidate) -> Streamed:
            return self._open(candidate.target, call, candidate.payloads[0], deadline, progress, pings=call.pings)

        return self._first_that_answers(candidates, progress, ask)[1]

    def _first_that_answers(
        self,
        candidates: Iterable[Candidate],
        progress: Progress,
        ask: Callable[[Candidate], T],
        stood_in_for: tuple[type[ApiError], ...] = _STOOD_IN_FOR,
    ) -> tuple[Target, T]:
        refusals: list[ApiError] = []
        for candidate in candidates:
            progress.target = candidate.target
            progress.fallback = candidate.fallback
            try:
                return candidate.target, ask(candidate)
            except stood_in_for as refusal:
                refusals.append(refusal)
                if isinstance(refusal, ModelEnded):
                    progress.ended_model = candidate.target.alias
                if progress.usage is not None:
                    break  # of several payloads some were answered: a second model would be paid for them again
        # Who was given up may have to be paid for: no invitation to repeat it.
        late = next((refusal for refusal in refusals if isinstance(refusal, OutOfTime)), None)
        raise late or next((refusal for refusal in refusals if refusal.retryable), refusals[0])

    def _fallbacks(self, call: Call, target: Target, allowed: frozenset[str] | None) -> Iterator[Target]:
        if call.operation == "count_tokens":
            return  # another model counts differently
        seen = {target.alias}
        for alias in target.fallbacks:
            fallback = self._registry.find(alias, allowed)
            if fallback is None or fallback.alias in seen:
                continue
            seen.add(fallback.alias)
            if call.portable or fallback.family == target.family:
                yield fallback

    def _answer(self, target: Target, call: Call, payload: Payload, deadline: Deadline, progress: Progress) -> Answer:
        operation = call.operation_on(target)
        if target.on_timeout == "partial":
            from llm_api.inference import partial

            assembly = partial.assembly_for(target, operation, payload)
            if assembly is not None:
                streamed = self._open(target, call, payload, deadline, progress, pings=True)
                return partial.read(streamed, assembly, progress)
        client = self._clients.of(target)
        answer = repeating(
            lambda seconds: client.answer(target, operation, payload, seconds),
            target,
            deadline,
            progress,
            self._pause,
        )
        document = parse_json(answer.body)
        if document is None and _is_json_due(target, operation, payload):
            from llm_api.inference import failures

            raise failures.broken_off(target, "The answer is not JSON.")
        if guardrail_intervened(document):
            progress.guardrail_intervened = True
        usage = of_answer(family_of(target), operation, payload.body_bytes, answer.headers, document, answer.body)
        progress.spend(usage, latency_ms(answer.headers, document))
        return answer

    def _count(self, target: Target, call: Call, payload: Payload, deadline: Deadline, progress: Progress) -> Answer:
        """CountTokens, which not every model and Region has; where it is missing, an estimate."""
        client = self._clients.bedrock()
        if target.base_id is not None and target.alias not in self._uncountable:
            try:
                answer = repeating(
                    lambda seconds: client.answer(target, "count_tokens", payload, seconds),
                    target,
                    deadline,
                    progress,
                    self._pause,
                )
                progress.cost_nothing()
                return answer
            except (BadRequest, Forbidden, NotFound) as refusal:
                if isinstance(refusal, BadRequest) and "count" not in refusal.message:
                    raise
                self._uncountable.add(target.alias)
        return Answer(b'{"inputTokens":%d}' % estimate_tokens(_counted(payload)), estimated=True)

    def _open(
        self, target: Target, call: Call, payload: Payload, deadline: Deadline, progress: Progress, *, pings: bool
    ) -> Streamed:
        from llm_api.inference.streams import FrameReader

        client = self._clients.of(target)
        operation = call.operation_on(target)
        source = Source(
            lambda seconds: client.start_stream(target, operation, payload, seconds),
            Attempts(target, deadline, progress, self._pause),
        )
        reader = FrameReader(
            source,
            target,
            operation,
            payload.body_bytes,
            deadline,
            progress,
            pings=pings,
            patience=self._patience,
        )
        frames = reader.frames()
        try:
            first = next(frames)
        except StreamFault as fault:
            progress.ended_by = None  # the caller gets a status, not a stream
            raise fault.error from fault
        return Streamed(target, source.headers, chain([first], frames), frames.close)


def _is_json_due(target: Target, operation: Operation, payload: Payload) -> bool:
    return operation == "converse" or (target.endpoint is None and payload.accept in ("application/json", "*/*"))


def _counted(payload: Payload) -> bytes:
    """What CountTokens would count: of an InvokeModel body not its base64, which no estimate applies to."""
    document = payload.body if isinstance(payload.body, dict) else parse_json(payload.body)
    try:
        return base64.b64decode(document["input"]["invokeModel"]["body"])
    except (TypeError, KeyError, ValueError):
        return payload.body_bytes()
