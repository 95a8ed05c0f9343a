"""Server-sent events of a stream: those that were made of frames that came together leave together."""

from collections.abc import Callable, Iterable, Iterator

from llm_api.dialects import Frame, StreamFault
from llm_api.errors import ApiError


def gathered(
    frames: Iterator[Frame | None], translate: Callable[[Frame], Iterable[bytes]], ping: bytes
) -> Iterator[bytes]:
    """What is made of the frames; no piece waits for a frame that hasn't come, and none is empty.

    Parameters:
        translate: the events for one frame.
        ping: sent for each silent interval.

    Raises:
        StreamFault, ApiError: the stream can't go on. What was made before is given out first.
    """
    pieces: list[bytes] = []
    try:
        for frame in frames:
            if frame is None:
                yield ping
                continue
            pieces.extend(translate(frame))
            if pieces and not frame.more:
                yield b"".join(pieces)
                pieces.clear()
    except (StreamFault, ApiError):
        if pieces:
            yield b"".join(pieces)
        raise
    if pieces:
        yield b"".join(pieces)
