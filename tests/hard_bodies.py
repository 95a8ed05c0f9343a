"""Bodies that are hard to read, each of any size: what an attacker would send to have a parser work for nothing.

A new route, or a new field that is parsed, wants a line here; `test_linear` sends all of them.
"""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

CONVERSE = "/model/{modelId}/converse"
INVOKE = "/model/{modelId}/invoke"
CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
COMPLETIONS = "/v1/completions"
COUNT = "/v1/messages/count_tokens"
COUNT_TOKENS = "/model/{modelId}/count-tokens"
EMBEDDINGS = "/v1/embeddings"
IMAGES = "/v1/images/generations"
WORKFLOWS = "/v1/workflows/{name}"
RESPONSES = "/v1/responses"
INPUT_TOKENS = "/v1/responses/input_tokens"
APPROVE = "/v1/workflows/{name}/{execution}/approve"

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()


class Hard(NamedTuple):
    """A kind of body.

    Attributes:
        make: the body of about so many bytes.
    """

    route: str
    model: str
    make: Callable[[int], bytes]


def _dumps(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _filled(around: Callable[[list[Any]], Any], entry: Callable[[int], Any]) -> Callable[[int], bytes]:
    """A body of as many entries as fit into its size."""

    def make(size: int) -> bytes:
        entries: list[Any] = []
        length = 0
        for number in count():
            entries.append(entry(number))
            length += len(json.dumps(entries[-1], ensure_ascii=False, separators=(",", ":")).encode()) + 1
            if length >= size:
                return _dumps(around(entries))
        raise AssertionError("there is no end of numbers")

    return make


def _text(around: Callable[[str], Any], pattern: str) -> Callable[[int], bytes]:
    """A body with one text that repeats a pattern."""
    return lambda size: _dumps(around(pattern * (size // len(json.dumps(pattern, ensure_ascii=False).encode()) + 1)))


def _raw(around: str, pattern: str) -> Callable[[int], bytes]:
    """A body in which JSON itself is repeated, as a list in place of `%`."""
    return lambda size: around.replace("%", ",".join([pattern] * (size // (len(pattern) + 1) + 1))).encode()


def _nested(around: Callable[[Any], Any], wrap: Callable[[Any], Any], levels: int, text: str) -> Callable[[int], bytes]:
    """A body with a long text below many levels of the same thing."""

    def make(size: int) -> bytes:
        value: Any = text * (size // len(text))
        for _ in range(levels):
            value = wrap(value)
        return _dumps(around(value))

    return make


def _user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]


TEXTS = {
    "marks": "a\u0315\u0300\u05ae\u0062",
    "marks alone": "\u0301\u0316",
    "long plain forms": "\ufdfa",
    "characters of four bytes": "\U0001f600",
    "one wide character": "x" * 4000 + "\U0001f600",
    "quotes": '"\\',
    "control characters": "\u0001",
    "blanks": " \n",
    "semicolons": ";",
    "commas and brackets": ",[{",
    "markdown": "![](",
    "hangul": "\ud55c",
}
SHAPES = {
    "objects": "{}",
    "objects of one": '{"a":1}',
    "lists": "[]",
    "lists in lists": "[[[[[[[[]]]]]]]]",
    "texts": '""',
    "numbers": "257",
    "fractions": "1.5",
    "long numbers": "9" * 99,
    "exponents": "1e300",
    "escapes": '"\\u0301\\ud83d\\ude00"',
}


def _texts() -> Iterator[tuple[str, Hard]]:
    places: dict[str, tuple[str, str, Callable[[str], Any]]] = {
        "converse": (CONVERSE, "fast", lambda text: {"messages": _user([{"text": text}])}),
        "a tool's result": (
            CONVERSE,
            "fast",
            lambda text: {"messages": _user([{"toolResult": {"toolUseId": "t", "content": [{"json": text}]}}])},
        ),
        "invoke": (INVOKE, "fast", lambda text: {"max_tokens": 9, "messages": _user(text)}),
        "chat": (CHAT, "fast", lambda text: {"model": "fast", "messages": _user(text)}),
        "a completion": (COMPLETIONS, "fast", lambda text: {"model": "fast", "prompt": text}),
        "a container": (INVOKE, "tuned", lambda text: {"messages": _user([{"type": "text", "text": text}])}),
        "messages": (MESSAGES, "fast", lambda text: {"model": "fast", "max_tokens": 9, "messages": _user(text)}),
        "a count": (COUNT, "fast", lambda text: {"model": "fast", "messages": _user(text)}),
        "a count of Bedrock's": (
            COUNT_TOKENS,
            "fast",
            lambda text: {"input": {"converse": {"messages": _user([{"text": text}])}}},
        ),
        "responses": (RESPONSES, "fast", lambda text: {"model": "fast", "input": text}),
        "a count of responses": (INPUT_TOKENS, "fast", lambda text: {"model": "fast", "input": text}),
        "embeddings": (EMBEDDINGS, "embed", lambda text: {"model": "embed", "input": text}),
        "pictures": (IMAGES, "paint", lambda text: {"model": "paint", "prompt": text}),
        "a workflow": (WORKFLOWS, "", lambda text: {"input": {"text": text}}),
        "an approval": (APPROVE, "", lambda text: {"approved": True, "comment": text}),
    }
    for place, (route, model, around) in places.items():
        for name, pattern in TEXTS.items():
            yield f"{name} in {place}", Hard(route, model, _text(around, pattern))


def _shapes() -> Iterator[tuple[str, Hard]]:
    places = {
        "converse": (CONVERSE, "fast", '{"messages":[{"role":"user","content":[%]}]}'),
        "additional fields": (CONVERSE, "fast", '{"messages":[],"additionalModelRequestFields":{"thinking":[%]}}'),
        "a tool's schema": (
            CONVERSE,
            "fast",
            '{"messages":[],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"enum":[%]}}}}]}}',
        ),
        "invoke": (INVOKE, "fast", '{"max_tokens":9,"messages":[%]}'),
        "a container": (INVOKE, "tuned", '{"messages":[{"role":"user","content":[%]}]}'),
        "chat": (CHAT, "fast", '{"model":"fast","messages":[%]}'),
        "a completion": (COMPLETIONS, "fast", '{"model":"fast","prompt":[%]}'),
        "parameters of a chat's tool": (
            CHAT,
            "fast",
            '{"model":"fast","messages":[{"role":"user","content":"x"}],'
            '"tools":[{"type":"function","function":{"name":"f","parameters":{"enum":[%]}}}]}',
        ),
        "a chat's schema": (
            CHAT,
            "fast",
            '{"model":"fast","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema",'
            '"json_schema":{"name":"f","schema":{"anyOf":[%]}}}}',
        ),
        "messages": (MESSAGES, "fast", '{"model":"fast","max_tokens":9,"messages":[{"role":"user","content":[%]}]}'),
        "a count": (COUNT, "fast", '{"model":"fast","messages":[{"role":"user","content":[%]}]}'),
        "a count of Bedrock's": (
            COUNT_TOKENS,
            "fast",
            '{"input":{"converse":{"messages":[{"role":"user","content":[%]}]}}}',
        ),
        "responses": (RESPONSES, "fast", '{"model":"fast","input":[%]}'),
        "a count of responses": (INPUT_TOKENS, "fast", '{"model":"fast","input":[%]}'),
        "embeddings": (EMBEDDINGS, "embed", '{"model":"embed","input":[%]}'),
        "pictures": (IMAGES, "paint", '{"model":"paint","prompt":"x","x":[%]}'),
        "a workflow": (WORKFLOWS, "", '{"input":{"a":[%]}}'),
        "an approval": (APPROVE, "", '{"approved":true,"comment":[%]}'),
    }
    for place, (route, model, around) in places.items():
        for name, pattern in SHAPES.items():
            yield f"{name} in {place}", Hard(route, model, _raw(around, pattern))


def _chat(entries: list[Any]) -> Any:
    return {"model": "fast", "messages": entries}


def _call(number: int, name: str | None = None) -> dict[str, Any]:
    return {"id": name or f"t{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def _result(call: dict[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call["id"], "content": "x"}


def _answered(calls: list[Any]) -> Any:
    user = {"role": "user", "content": "x"}
    tools = [{"type": "function", "function": {"name": "f"}}]
    messages = [user, {"role": "assistant", "tool_calls": calls}, *map(_result, calls)]
    return {"model": "fast", "messages": messages, "tools": tools}


def _file(number: int, name: str) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": f"data:application/pdf;base64,{PDF}"}}


def _picture(number: int) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}


def _url(url: str) -> Any:
    return _chat(_user([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": url}}]))


def _attached(name: str) -> Any:
    return _chat(_user([{"type": "text", "text": "x"}, _file(0, name)]))


def _arguments(text: str) -> Any:
    call = _call(0)
    call["function"]["arguments"] = text
    return _answered([call])


def _converse(messages: list[Any], **more: Any) -> Any:
    return {"messages": messages, **more}


def _native(content: Any, **more: Any) -> Any:
    return {"max_tokens": 9, "messages": _user(content), **more}


_SPECIAL: dict[str, Hard] = {
    # OpenAI's dialect
    "many messages": Hard(CHAT, "fast", _filled(_chat, lambda number: {"role": "user", "content": "x"})),
    "messages of many roles": Hard(
        CHAT, "fast", _filled(_chat, lambda number: {"role": ("user", "assistant")[number % 2], "content": "x"})
    ),
    "many instructions": Hard(
        CHAT,
        "fast",
        _filled(
            lambda entries: _chat([*entries, *_user("x")]), lambda number: {"role": "developer", "content": str(number)}
        ),
    ),
    "many calls": Hard(CHAT, "fast", _filled(_answered, _call)),
    "many calls of one ID": Hard(CHAT, "fast", _filled(_answered, lambda number: _call(number, "t"))),
    "many calls of odd IDs": Hard(CHAT, "fast", _filled(_answered, lambda number: _call(number, f"a b {number % 3}"))),
    "calls without tools": Hard(
        CHAT, "fast", _filled(lambda calls: {**_answered(calls), "tools": None}, lambda number: _call(number))
    ),
    "files of one name": Hard(
        CHAT,
        "fast",
        _filled(lambda files: _chat(_user([{"type": "text", "text": "x"}, *files])), lambda n: _file(n, "a.pdf")),
    ),
    "files of counted names": Hard(
        CHAT,
        "fast",
        _filled(
            lambda files: _chat(_user([{"type": "text", "text": "x"}, *files])),
            lambda n: _file(n, f"a ({n // 2}).pdf" if n % 2 else "a.pdf"),
        ),
    ),
    "files of names that become one": Hard(
        CHAT,
        "fast",
        _filled(
            lambda files: _chat(_user([{"type": "text", "text": "x"}, *files])),
            lambda n: _file(n, "a" * 250 + f"{n}.pdf"),
        ),
    ),
    "a file's long name": Hard(CHAT, "fast", _text(lambda text: _attached(f"{text}.pdf"), "\u00e9 ")),
    "a file's name of dots": Hard(CHAT, "fast", _text(_attached, ".")),
    "many pictures": Hard(
        CHAT, "fast", _filled(lambda parts: _chat(_user([{"type": "text", "text": "x"}, *parts])), _picture)
    ),
    "many texts in a message": Hard(
        CHAT, "fast", _filled(lambda parts: _chat(_user(parts)), lambda number: {"type": "text", "text": "x"})
    ),
    "an address of semicolons": Hard(CHAT, "fast", _text(lambda text: _url(f"data:image/png{text}"), ";")),
    "an address of semicolons, with data": Hard(
        CHAT, "fast", _text(lambda text: _url(f"data:image/png{text};base64,{PNG}"), ";a=b")
    ),
    "an address of commas": Hard(CHAT, "fast", _text(lambda text: _url(f"data:image/png;base64,{text}"), ",")),
    "base64 with blanks": Hard(CHAT, "fast", _text(lambda text: _url(f"data:image/png;base64,{text}"), "iV \n")),
    "base64 that is none": Hard(CHAT, "fast", _text(lambda text: _url(f"data:image/png;base64,{text}"), "=A")),
    "a picture": Hard(CHAT, "fast", _text(lambda text: _url(f"data:image/png;base64,iVBORw0K{text}"), "AAAA")),
    "arguments of lists": Hard(CHAT, "fast", _text(lambda text: _arguments(f'{{"a":[{text}[]]}}'), "[],")),
    "arguments of objects": Hard(CHAT, "fast", _text(lambda text: _arguments(f'{{"a":[{text}1]}}'), '{"b":1},')),
    "arguments nested": Hard(CHAT, "fast", _text(_arguments, "[")),
    "broken arguments": Hard(CHAT, "fast", _text(lambda text: _arguments("{" + text), "a")),
    "many arguments": Hard(
        CHAT,
        "fast",
        _filled(
            _answered, lambda n: {**_call(n), "function": {"name": "f", "arguments": '{"a":[' + "[]," * 300 + "1]}"}}
        ),
    ),
    "many tools": Hard(
        CHAT,
        "fast",
        _filled(
            lambda tools: {**_chat(_user("x")), "tools": tools},
            lambda number: {"type": "function", "function": {"name": f"f{number}", "description": "d"}},
        ),
    ),
    "many tools that are allowed": Hard(
        CHAT,
        "fast",
        _filled(
            lambda tools: {
                **_chat(_user("x")),
                "tools": tools,
                "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}},
            },
            lambda number: {"type": "function", "function": {"name": f"f{number}"}},
        ),
    ),
    "many stops": Hard(
        CHAT, "fast", _filled(lambda stops: {**_chat(_user("x")), "stop": stops}, lambda number: str(number))
    ),
    "many unknown fields": Hard(
        CHAT,
        "fast",
        _filled(lambda names: _chat([{"role": "user", "content": "x", **dict.fromkeys(names, 1)}]), lambda n: f"f{n}"),
    ),
    "a schema that is nested": Hard(
        CHAT,
        "fast",
        _nested(
            lambda schema: {
                **_chat(_user("x")),
                "response_format": {"type": "json_schema", "json_schema": {"name": "f", "schema": schema}},
            },
            lambda inner: {
                "type": "object",
                "properties": {"a": inner if isinstance(inner, dict) else {"const": inner}},
            },
            40,
            "x",
        ),
    ),
    # Bedrock's own
    "many blocks": Hard(
        CONVERSE, "fast", _filled(lambda blocks: _converse(_user(blocks)), lambda number: {"text": "x"})
    ),
    "many system blocks": Hard(
        CONVERSE, "fast", _filled(lambda blocks: _converse([], system=blocks), lambda number: {"text": "x"})
    ),
    "many cache points": Hard(
        CONVERSE,
        "fast",
        _filled(lambda blocks: _converse(_user(blocks)), lambda number: {"cachePoint": {"type": "default"}}),
    ),
    "many uses of tools": Hard(
        CONVERSE,
        "fast",
        _filled(
            lambda blocks: _converse(_user(blocks)),
            lambda number: {"toolUse": {"toolUseId": f"t{number}", "name": "f", "input": {"a": number}}},
        ),
    ),
    "many documents": Hard(
        CONVERSE,
        "fast",
        _filled(
            lambda blocks: _converse(_user(blocks)),
            lambda n: {"document": {"format": "txt", "name": f"d{n}", "source": {"bytes": "eA=="}}},
        ),
    ),
    "results in results": Hard(
        CONVERSE,
        "fast",
        _nested(
            lambda block: _converse(_user([block])),
            lambda inner: {
                "toolResult": {
                    "toolUseId": "t",
                    "content": [inner if isinstance(inner, dict) else {"json": {"a": inner}}],
                }
            },
            24,
            "x",
        ),
    ),
    "many stop sequences": Hard(
        CONVERSE,
        "fast",
        _filled(lambda stops: _converse([], inferenceConfig={"stopSequences": stops}), lambda number: str(number)),
    ),
    "many additional fields": Hard(
        CONVERSE,
        "fast",
        _filled(
            lambda names: _converse([], additionalModelRequestFields=dict.fromkeys(names, 1)),
            lambda n: f"max_tokens{n}",
        ),
    ),
    "many tags": Hard(
        CONVERSE,
        "fast",
        _filled(lambda names: _converse([], requestMetadata=dict.fromkeys(names, "x")), lambda number: f"t{number}"),
    ),
    "many betas": Hard(
        INVOKE, "fast", _filled(lambda betas: _native("x", anthropic_beta=betas), lambda number: "declared-2026-01-01")
    ),
    "many top fields": Hard(
        INVOKE, "fast", _filled(lambda names: _native("x") | dict.fromkeys(names, 1), lambda n: f"f{n}")
    ),
    "documents in documents": Hard(
        INVOKE,
        "fast",
        _nested(
            lambda block: _native([block]),
            lambda inner: {
                "type": "document",
                "citations": {"enabled": True},
                "source": {
                    "type": "content",
                    "content": [inner if isinstance(inner, dict) else {"type": "text", "text": inner}],
                },
            },
            24,
            "x",
        ),
    ),
    "uses of tools in uses of tools": Hard(
        INVOKE,
        "fast",
        _nested(
            lambda block: _native([block]),
            lambda inner: {"type": "tool_use", "id": "t", "name": "f", "input": {}, "content": [inner], "source": {}},
            30,
            "x",
        ),
    ),
    "many parts for a container": Hard(
        INVOKE, "tuned", _filled(lambda parts: {"messages": _user(parts)}, lambda number: _picture(number))
    ),
    "prompts of Nova": Hard(
        INVOKE, "nova", _filled(lambda blocks: {"messages": _user(blocks)}, lambda number: {"text": "x"})
    ),
    "texts to embed": Hard(
        INVOKE, "cohere", _filled(lambda texts: {"input_type": "search_query", "texts": texts}, lambda number: "x")
    ),
    "pictures to embed": Hard(
        INVOKE, "cohere", _filled(lambda pictures: {"input_type": "image", "images": pictures}, lambda number: PNG)
    ),
    # Anthropic's
    "many messages of Anthropic's": Hard(
        MESSAGES,
        "fast",
        _filled(
            lambda entries: {"model": "fast", "max_tokens": 9, "messages": entries},
            lambda number: {"role": "user", "content": [{"type": "text", "text": "x"}]},
        ),
    ),
    "many tools of Anthropic's": Hard(
        MESSAGES,
        "fast",
        _filled(
            lambda tools: {"model": "fast", **_native("x"), "tools": tools},
            lambda number: {"name": f"f{number}", "input_schema": {"type": "object"}},
        ),
    ),
    "many betas of Anthropic's": Hard(
        MESSAGES,
        "fast",
        _filled(lambda betas: {"model": "fast", **_native("x"), "anthropic_beta": betas}, lambda number: f"b{number}"),
    ),
    "many tools to count": Hard(
        COUNT,
        "fast",
        _filled(
            lambda tools: {"model": "fast", "messages": _user("x"), "tools": tools},
            lambda number: {"name": f"f{number}", "input_schema": {"type": "object"}},
        ),
    ),
    # Responses
    "many items": Hard(
        RESPONSES,
        "fast",
        _filled(lambda items: {"model": "fast", "input": items}, lambda n: {"role": "user", "content": "x"}),
    ),
    "many calls among items": Hard(
        RESPONSES,
        "fast",
        _filled(
            lambda items: {"model": "fast", "input": [item for pair in items for item in pair]},
            lambda n: [
                {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": f"c{n}", "output": "x"},
            ],
        ),
    ),
    "many namespaces of responses": Hard(
        RESPONSES,
        "fast",
        _nested(
            lambda space: {"model": "fast", "input": "x", "tools": [space]},
            lambda inner: {
                "type": "namespace",
                "name": "n" * 5,
                "tools": [inner] if isinstance(inner, dict) else [{"type": "function", "name": inner}],
            },
            24,
            "x",
        ),
    ),
    "tools in a namespace": Hard(
        RESPONSES,
        "fast",
        _filled(
            lambda tools: {
                "model": "fast",
                "input": "x",
                "tools": [{"type": "namespace", "name": "n" * 250, "tools": tools}],
            },
            lambda n: {"type": "function", "name": f"f{n}"},
        ),
    ),
    "many tools of responses": Hard(
        RESPONSES,
        "fast",
        _filled(
            lambda tools: {"model": "fast", "input": "x", "tools": tools},
            lambda n: {"type": "function", "name": f"f{n}", "parameters": {"type": "object"}},
        ),
    ),
    # Others
    "many texts to embed": Hard(
        EMBEDDINGS, "embed", _filled(lambda texts: {"model": "embed", "input": texts}, lambda number: "x" * 3000)
    ),
    "a key of a workflow": Hard(WORKFLOWS, "", _text(lambda text: {"input": {}, "idempotency_key": text}, "x")),
}

WRITTEN: dict[str, Hard] = dict(_texts())
"""One long text: it is some C function that would take long."""
SHAPED: dict[str, Hard] = dict(_shapes())
"""Many small values: it is some loop of ours that would."""
HARD: dict[str, Hard] = {**WRITTEN, **SHAPED, **_SPECIAL}
