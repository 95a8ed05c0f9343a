"""A SageMaker endpoint with a text model on it: OpenAI's chat format, or `inputs` and `parameters`.

https://huggingface.co/docs/text-generation-inference/messages_api and the LMI containers' schema. What is behind an
endpoint its name tells: with `tgi` in it, it answers `inputs` in a list, streams `data:` without a blank, and ends with
`eos_token`, as TGI does; with `lmi` it streams lines of JSON without `data:`; all others stream server-sent events as
vLLM does. With `uncounted` in its name it never tells its usage, and with `echo` it is no language model: it answers
with the bytes that it got.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

from local_aws.models import frames, openai_chat
from local_aws.models.delivery import Frame
from local_aws.models.errors import ServiceError
from local_aws.models.formats import Body, integer_at, strings_at, text_at
from local_aws.models.prompt import Prompt, said
from local_aws.models.reply import Reply

PART_BYTES = (301, 113, 1, 7, 64, 2)
"""Sizes of the `PayloadPart`s, in turn: the service cuts the container's output where it likes, through JSON, the ends
of lines and characters as well."""

VARIANT = ("x-amzn-invoked-production-variant", "AllTraffic")


def read(body: Body) -> Prompt:
    """The prompt, in either format."""
    if "inputs" not in body:
        return openai_chat.read(body, "", ("max_completion_tokens", "max_tokens"))
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        parameters = {}
    limit = integer_at(parameters, "max_new_tokens", 256)
    stops = strings_at(parameters, "stop")
    return Prompt((said("user", text_at(body, "inputs")),), max_tokens=limit, stop_sequences=stops)


def container_error(error: ServiceError) -> ServiceError:
    """What the service makes of a container that refused the request."""
    message = f'Received client error (400) from primary with message "{error.message}".'
    extra = {"OriginalStatusCode": 400, "OriginalMessage": error.message, "LogStreamArn": ""}
    return ServiceError(424, "ModelError", message, extra)


def write(body: Body, endpoint: str, reply: Reply) -> bytes:
    """The answer's body."""
    if "inputs" not in body:
        answer = openai_chat.write(reply)
        answer["model"] = body.get("model", "/opt/ml/model")
        if "messages" not in body:
            choice = {"index": 0, "text": reply.text, "finish_reason": answer["choices"][0]["finish_reason"]}
            answer |= {"object": "text_completion", "choices": [choice]}
        if "uncounted" in endpoint:
            del answer["usage"]
        return json.dumps(_in_dialect(answer, endpoint), ensure_ascii=False).encode()
    generated: dict[str, Any] = {"generated_text": reply.text}
    if _asks(body, "parameters", "details"):
        generated["details"] = _details(reply)
    return json.dumps([generated] if "tgi" in endpoint else generated).encode()


def stream_type(body: Body, endpoint: str) -> str:
    """The content type of what the stream carries."""
    if not body.get("stream"):
        return "application/json"
    return "application/jsonlines" if "lmi" in endpoint else "text/event-stream"


def stream(body: Body, endpoint: str, reply: Reply) -> Iterator[Frame]:
    """The stream's frames: the container's output, cut into parts."""
    kind = stream_type(body, endpoint)
    if kind == "application/json":
        output = iter([(write(body, endpoint, reply), reply.usage.output_tokens)])
    else:
        items = ((_in_dialect(item, endpoint), number) for item, number in _items(body, endpoint, reply))
        chat = "inputs" not in body
        output = _written(items, server_sent=kind == "text/event-stream", chat=chat, tgi=chat and "tgi" in endpoint)
    held, produced = b"", 0
    sizes = cycle(PART_BYTES)
    size = next(sizes)
    for data, number in output:
        held += data
        produced += number
        while len(held) >= size:
            yield _part(held[:size], produced)
            held, produced = held[size:], 0
            size = next(sizes)
    if held:
        yield _part(held, produced)


def _part(data: bytes, number: int) -> Frame:
    return Frame(frames.event("PayloadPart", data, "application/octet-stream"), number)


def _in_dialect(item: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """TGI says `eos_token` where others say `stop`."""
    if "tgi" not in endpoint or not item.get("choices"):
        return item
    choices = [
        {**choice, "finish_reason": "eos_token"} if choice.get("finish_reason") == "stop" else choice
        for choice in item["choices"]
    ]
    return {**item, "choices": choices}


def _written(
    items: Iterator[tuple[dict[str, Any], int]], *, server_sent: bool, chat: bool, tgi: bool
) -> Iterator[tuple[bytes, int]]:
    if server_sent and chat:
        yield b": here it comes\n\n", 0
    mark = "data:" if tgi else "data: "
    for item, number in items:
        text = json.dumps(item, ensure_ascii=False)
        yield (f"{mark}{text}\n\n" if server_sent else f"{text}\n").encode(), number
    if server_sent and chat:
        yield b"data: [DONE]\n\n", 0


def _items(body: Body, endpoint: str, reply: Reply) -> Iterator[tuple[dict[str, Any], int]]:
    if "inputs" in body:
        yield from _generated(reply)
        return
    for piece in openai_chat.chunks(reply, include_usage=False):
        yield {**piece.payload, "model": body.get("model", "/opt/ml/model")}, piece.tokens
    if _asks(body, "stream_options", "include_usage") and "uncounted" not in endpoint:
        usage = openai_chat.usage(reply)
        yield {"object": "chat.completion.chunk", "choices": [], "usage": usage}, 0


def _generated(reply: Reply) -> Iterator[tuple[dict[str, Any], int]]:
    pieces = [piece for block in reply.blocks for piece in block.pieces()]
    for at, (text, number) in enumerate(pieces or [("", 0)]):
        last = at >= len(pieces) - 1
        token = {"id": 100 + at, "text": text, "logprob": -0.1, "special": False}
        whole, details = (reply.text, _details(reply)) if last else (None, None)
        yield {"index": at + 1, "token": token, "generated_text": whole, "details": details}, number


def _asks(body: Body, options: str, name: str) -> bool:
    found = body.get(options)
    return isinstance(found, Mapping) and bool(found.get(name))


def _details(reply: Reply) -> dict[str, Any]:
    finish = {"length": "length", "stop_sequence": "stop_sequence"}.get(reply.stop, "eos_token")
    return {
        "finish_reason": finish,
        "generated_tokens": reply.usage.output_tokens,
        "input_length": reply.usage.input_tokens,
    }
