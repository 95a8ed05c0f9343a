"""Answers before the deadline with what there is: `on_timeout = "partial"`.

A request that isn't streamed is sent as one that is. If the stream comes to its end in time, its frames are put
together into the answer that the other operation would have given. If not, the caller gets what has come, with the
reason that an answer has which reached its length, and the header `x-llm-partial`; what it cost isn't known exactly.
"""

import json
from collections.abc import Callable, Mapping

from llm_api.dialects import Answer, Operation, Payload, StreamFault
from llm_api.errors import OutOfTime, UpstreamFault
from llm_api.eventstream import CorruptStream, chunk
from llm_api.families import family_of
from llm_api.inference import Streamed
from llm_api.inference.assembly import Assembly, Claude, Completions, Converse, Llama, Nova, TitanText
from llm_api.inference.progress import Progress
from llm_api.model_json import parse_json
from llm_api.registry import Target

_NATIVE: Mapping[str, Callable[[], Assembly]] = {
    "Claude": Claude,
    "Nova": Nova,
    "TitanText": TitanText,
    "Llama": Llama,
    "outputs": lambda: Completions("outputs"),
    "choices": lambda: Completions("choices"),
}


def assembly_for(target: Target, operation: Operation, payload: Payload) -> Assembly | None:
    """What puts the stream of `target` together; None where only a whole answer will do (docs/partial-results.md)."""
    document = payload.body if isinstance(payload.body, dict) else parse_json(payload.body)
    if target.endpoint is not None or not isinstance(document, dict):
        return None
    family = family_of(target)
    if operation == "converse":
        return Converse() if family.tools_in_streams or "toolConfig" not in document else None
    if family.native_stream_field and family.native_stream_field not in document:
        return None
    assembly = _NATIVE.get(family.native_stream)
    return assembly() if assembly is not None else None


def read(streamed: Streamed, assembly: Assembly, progress: Progress) -> Answer:
    """The answer in one piece: whole, or as far as it came by the deadline.

    Raises:
        ApiError: the stream broke, or nothing has come that a caller could use.
    """
    try:
        return _put_together(streamed, assembly, progress)
    except (CorruptStream, AttributeError, LookupError, TypeError, ValueError) as error:
        message = "The model's answer can't be put together. Try again."
        raise UpstreamFault(message, reason=type(error).__name__) from error
    finally:
        streamed.close()


def _put_together(streamed: Streamed, assembly: Assembly, progress: Progress) -> Answer:
    out_of_time: StreamFault | None = None
    try:
        for frame in streamed.frames:
            if frame is not None:
                document = parse_json(chunk(frame.payload) if frame.event == "chunk" else frame.payload)
                assembly.add(frame.event, document if isinstance(document, dict) else {})
    except StreamFault as fault:
        progress.ended_by = None  # the caller gets one answer, not a stream
        if not isinstance(fault.error, OutOfTime):
            raise fault.error from fault
        out_of_time = fault
    if out_of_time is not None and not assembly.stopped:
        if not assembly.has_answer:
            raise out_of_time.error from out_of_time
        progress.partial = True
    body = assembly.answer(progress.usage)
    return Answer(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), headers=assembly.headers)
