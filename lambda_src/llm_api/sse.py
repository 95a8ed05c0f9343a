"""What containers stream: JSON in lines, with `data:` before it (server-sent events) or without.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator
from typing import Any

from llm_api.metering.usage import parse_json


def json_lines(data: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects in whole lines. Comments, names of events, blank lines and `[DONE]` say nothing."""
    for line in data.splitlines():
        document = parse_json(line.removeprefix(b"data:").strip())
        if isinstance(document, dict):
            yield document
