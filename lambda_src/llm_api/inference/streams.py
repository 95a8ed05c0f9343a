"""Frames of a streamed answer, one by one, with a proper end or a fault: never silence."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

from llm_api.aws import TimedOut
from llm_api.deadline import Deadline
from llm_api.dialects import Frame, Operation, StreamFault
from llm_api.errors import ApiError
from llm_api.eventstream import CorruptStream, Decoder, Message, chunk
from llm_api.families import family_of
from llm_api.inference import Patience
from llm_api.inference.progress import Progress
from llm_api.inference.retries import Source
from llm_api.inference.usage import StreamUsage, guardrail_intervened, latency_ms
from llm_api.model_json import parse_json
from llm_api.registry import Target

_STOP_FIELDS = ("stop_reason", "completionReason", "finish_reason", "stopReason")
_CONTENT_EVENTS = frozenset({"contentBlockDelta", "contentBlockStart", "contentBlockStop", "messageStart"})
_CLAUDES_TEXT = (b'{"type":"content_block_delta",', b'{"type": "content_block_delta",')


class FrameReader:
    """Reads one streamed answer.

    Parameters:
        deadline: when the last frame must have come.
        pings: whether silence is to be told as None.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        operation: Operation,
        request: Callable[[], bytes],
        deadline: Deadline,
        progress: Progress,
        *,
        pings: bool,
        patience: Patience,
    ) -> None:
        self._source = source
        self._target = target
        self._operation = operation
        self._deadline = deadline
        self._progress = progress
        self._pings = pings
        self._patience = patience
        self._usage = StreamUsage(family_of(target), operation, request)
        self._ending = _Ending(target, operation)
        self._in_lines = target.endpoint is not None
        self._latency_ms: float | None = None
        self._begun = False
        self._free = False

    def frames(self) -> Generator[Frame | None, None, None]:
        """The frames; None for each silent interval.

        Raises:
            StreamFault: the stream can't go on.
        """
        try:
            decoder = Decoder()
            for piece in self._pieces():
                if piece is None:
                    yield None
                    continue
                for message in decoder.messages(piece):
                    yield self._frame(message)
            if decoder.incomplete or not self._ending.may_be_here:
                raise _broken_off(self._target, "The stream ended before its end.")
        except CorruptStream as error:
            raise self._ended_by(_broken_off(self._target, str(error))) from error
        except StreamFault as fault:
            if self._ending.seen and fault.frame is None:
                return  # the answer is whole; what is missing is HTTP's own end
            raise self._ended_by(fault) from fault.__cause__
        finally:
            self._source.close()
            if not self._free:
                usage = self._usage.usage(complete=self._ending.may_be_here)
                self._progress.spend(usage, self._latency_ms)

    def _pieces(self) -> Iterator[bytes | None]:
        patience = self._patience.first_frame_seconds if self._pings else self._patience.idle_seconds
        while True:
            remaining = self._deadline.remaining_seconds()
            try:
                piece = self._source.next(min(remaining, patience))
            except TimedOut:
                if not self._pings or remaining <= patience:
                    raise _out_of_time(self._target) from None
                yield None
            except Exception as error:
                from llm_api.inference import failures

                failure = failures.of_exception(error, self._target)
                self._free = not self._begun and (failures.is_free(failure) or not self._source.asked)
                raise StreamFault(failure) from error
            else:
                if not piece:
                    return
                yield piece
            if self._pings:
                patience = self._patience.ping_seconds

    def _frame(self, message: Message) -> Frame:
        event = message.event
        if event is None:
            from llm_api.inference import failures

            failure = _failure(message, self._target)
            if not self._begun and failures.is_free(failure):
                self._free = True
                self._progress.cost_nothing()
            raise StreamFault(failure, message.raw)
        self._begun = True
        data = chunk(message.payload) if event == "chunk" else message.payload
        if self._in_lines:
            from llm_api.model_json import json_lines

            for line in json_lines(data):
                self._usage.see(event, line)
                self._ending.see(event, line)
        elif self._is_content(event, data):
            self._usage.see_content(data)
        else:
            document = parse_json(data)
            self._usage.see(event, document)
            self._ending.see(event, document)
            if guardrail_intervened(document):
                self._progress.guardrail_intervened = True
            latency = latency_ms({}, document)
            self._latency_ms = latency if latency is not None else self._latency_ms
        if self._progress.first_token_at_seconds is None and event != "messageStart":
            self._progress.first_token_at_seconds = self._deadline.clock()
        return Frame(message.raw, event, message.payload, message.more)

    def _is_content(self, event: str, data: bytes) -> bool:
        """Whether an event is certain to hold content alone, neither counts nor an end, as most of a stream's do."""
        if self._operation == "converse":
            return event in _CONTENT_EVENTS
        # Bedrock's metrics may come with any chunk, and quotes in what the model says are escaped.
        return data.startswith(_CLAUDES_TEXT) and b'"amazon-bedrock-' not in data and b'"usage"' not in data

    def _ended_by(self, fault: StreamFault) -> StreamFault:
        self._progress.ended_by = fault.error.code
        return fault


class _Ending:
    """Whether a stream has come to the end that its protocol prescribes.

    Attributes:
        seen: the last message has come.
        optional: the model's protocol is not known, so that the connection's end has to do.
    """

    def __init__(self, target: Target, operation: Operation) -> None:
        self._operation = operation
        self._stopped = False
        self.seen = False
        known = target.endpoint is not None and target.endpoint.chats
        self.optional = operation == "invoke" and not known and not family_of(target).tells_its_end

    @property
    def may_be_here(self) -> bool:
        return self.seen or self.optional

    def see(self, event: str, document: Any) -> None:
        if self.seen or not isinstance(document, dict):
            return
        if self._operation == "converse":
            self._stopped = self._stopped or event == "messageStop"
            self.seen = self._stopped and event == "metadata"
        else:
            self.seen = _is_last_chunk(document)


def _is_last_chunk(document: dict[str, Any]) -> bool:
    """Bedrock's metrics come with the last chunk; not so where a guardrail has stopped the request."""
    if "amazon-bedrock-invocationMetrics" in document or document.get("type") == "message_stop":
        return True
    if document.get("amazon-bedrock-guardrailAction") == "INTERVENED" or document.get("is_finished") is True:
        return True
    choices = document.get("outputs") or document.get("choices") or [document]
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and any(choice.get(name) for name in _STOP_FIELDS) for choice in choices
    )


def _broken_off(target: Target, why: str) -> StreamFault:
    from llm_api.inference import failures

    return StreamFault(failures.broken_off(target, why))


def _out_of_time(target: Target) -> StreamFault:
    from llm_api.inference import failures

    return StreamFault(failures.out_of_time(target))


def _failure(message: Message, target: Target) -> ApiError:
    from llm_api.inference import failures

    code = message.headers.get(":exception-type") or message.headers.get(":error-code") or ""
    document = parse_json(message.payload)
    fields = document if isinstance(document, dict) else {}
    words = fields.get("message") or fields.get("Message") or message.headers.get(":error-message") or ""
    return failures.of_code(code, str(words), target)
