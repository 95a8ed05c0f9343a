"""JSON as models send it: one value, or lines of them, with `data:` before each (server-sent events) or without.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
from collections.abc import Iterator
from typing import Any


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parse_json(data: bytes | str) -> Any:
    """The JSON value in `data`, or None where there is none: NaN is no number that a caller could read."""
    try:
        # Decoded here: `json` would look for other encodings first, which AWS never sends.
        return _DECODER.decode(data if isinstance(data, str) else data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def json_lines(data: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects in whole lines. Comments, names of events, blank lines and `[DONE]` say nothing."""
    for line in data.splitlines():
        document = parse_json(line.removeprefix(b"data:").strip())
        if isinstance(document, dict):
            yield document
