"""botocore as a carrier: it signs, connects and reads errors, while our own bytes go out and the raw answer comes in.

botocore would rebuild a Converse request from the fields it knows, and drop those of an answer that it doesn't. Three
of its events (https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html) prevent that:
`before-parameter-build` takes our bytes out of the parameters, `before-call` makes them the request's body, and
`before-parse` hands out the answer before it is parsed. Fields that are newer than the runtime's botocore pass too.
"""

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

CONNECT_TIMEOUT_SECONDS = 2
LONGEST_READ_SECONDS = 900
"""Lambda's longest timeout. The deadline of a request is kept by `waiting`; this only ends what nobody waits for."""

_OURS = "llm_api"


class Opened(NamedTuple):
    """A streamed answer whose status and headers have come.

    Attributes:
        headers: Bedrock's own `x-amzn-bedrock-*` headers, names in lower case.
        pieces: the bytes of an AWS event stream, split anywhere.
    """

    headers: Mapping[str, str]
    pieces: Generator[bytes, None, None]


class _Sent(NamedTuple):
    read_timeout_seconds: float
    body: bytes | None
    headers: Mapping[str, str] = MappingProxyType({})


def sent(
    read_timeout_seconds: float, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The parameter that replaces botocore's own idea of the request, for a client given to `let_bytes_pass`.

    Parameters:
        read_timeout_seconds: honoured by botocore 1.44 and later, which allow one for each request.
        body: the body; None where the parameters hold it.
        headers: headers that older versions of botocore have no parameter for.
    """
    return {_OURS: _Sent(read_timeout_seconds, body, headers or {})}


def let_bytes_pass(client: Any) -> None:
    """Register the events described at the top for every operation of `client`. The answer is in `["raw"]`."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parameter-build.{service}", _take_ours)
    client.meta.events.register(f"before-call.{service}", _replace_request)
    client.meta.events.register(f"before-parse.{service}", _hand_out_answer)


def read_pieces(raw: Any) -> Generator[bytes, None, None]:
    """The pieces of a streamed answer as they arrive. `raw` is a `urllib3.HTTPResponse`."""
    try:
        yield from raw.stream()
    finally:
        raw.close()


def _take_ours(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    ours = params.pop(_OURS, None)
    if ours is not None:
        context[_OURS] = ours
        context["read_timeout"] = ours.read_timeout_seconds


def _replace_request(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    ours = context.get(_OURS)
    if ours is not None:
        params["headers"].update(ours.headers)
        if ours.body is not None:
            params["body"] = ours.body


def _hand_out_answer(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    if response_dict["status_code"] >= 300:
        return
    customized_response_dict["raw"] = response_dict["body"]
    if not operation_model.has_streaming_output and not operation_model.has_event_stream_output:
        response_dict["body"] = b"{}"
