"""What the campaign's callers send: a sentence of each one's own to repeat, in every dialect, whole and streamed.

Because every sentence is another, an answer that went to the wrong caller is found, and so is one that lost a word.
"""

import base64
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import count, cycle
from typing import Any

from tests.load.jobs import WORDS, Body, Job

Way = Callable[[str, str], Job]
"""A model and a text to the job that asks the one to repeat the other; the tenant is filled in later."""

SHORTEST_WORDS, LONGEST_WORDS = 8, 40
OUTPUT_TOKENS = 300
BIG_BYTES = 5_700_000
"""A body that with all that API Gateway adds stays within Lambda's 6 MB."""


def _converse(model: str, text: str) -> Job:
    return Job("", "converse", f"/model/{model}/converse", _native(text), says=text)


def _converse_stream(model: str, text: str) -> Job:
    path = f"/model/{model}/converse-stream"
    return Job("", "converse, streamed", path, _native(text), ends="events", says=text)


def _openai(model: str, text: str) -> Job:
    return Job("", "openai", "/v1/chat/completions", _chat(model, text), says=text)


def _openai_stream(model: str, text: str) -> Job:
    body = {**_chat(model, text), "stream": True}
    return Job("", "openai, streamed", "/v1/chat/completions", body, ends="openai", says=text)


def _invoke(model: str, text: str) -> Job:
    body = {"anthropic_version": "bedrock-2023-05-31", **_messages(text)}
    return Job("", "invoke", f"/model/{model}/invoke", body, says=text)


def _invoke_stream(model: str, text: str) -> Job:
    body = {"anthropic_version": "bedrock-2023-05-31", **_messages(text)}
    path = f"/model/{model}/invoke-with-response-stream"
    return Job("", "invoke, streamed", path, body, ends="events", says=text)


def _anthropic(model: str, text: str) -> Job:
    return Job("", "anthropic", "/v1/messages", {"model": model, **_messages(text)}, says=text)


def _anthropic_stream(model: str, text: str) -> Job:
    body = {"model": model, "stream": True, **_messages(text)}
    return Job("", "anthropic, streamed", "/v1/messages", body, ends="anthropic", says=text)


def _native(text: str) -> Body:
    content = [{"text": f"Repeat after me: {text}"}]
    return {"messages": [{"role": "user", "content": content}], "inferenceConfig": {"maxTokens": OUTPUT_TOKENS}}


def _chat(model: str, text: str) -> Body:
    messages = [{"role": "user", "content": f"Repeat after me: {text}"}]
    return {"model": model, "messages": messages, "max_tokens": OUTPUT_TOKENS}


def _messages(text: str) -> Body:
    return {"messages": [{"role": "user", "content": f"Repeat after me: {text}"}], "max_tokens": OUTPUT_TOKENS}


PORTABLE: Sequence[Way] = (_converse, _openai, _converse_stream, _openai_stream)
"""Any model answers these, so that a fallback of another family may."""

CLAUDES: Sequence[Way] = (_anthropic, _invoke, _anthropic_stream, _invoke_stream)
"""In Claude's own format."""

ALL: Sequence[Way] = tuple(way for pair in zip(PORTABLE, CLAUDES, strict=True) for way in pair)
WHOLE: Sequence[Way] = ALL[:4]
STREAMED: Sequence[Way] = ALL[4:]


class Author:
    """Writes requests, no two alike; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._numbers = count(1)

    def text(self) -> str:
        """A sentence with a number of its own."""
        words = self.dice.choices(WORDS, k=self.dice.randint(SHORTEST_WORDS, LONGEST_WORDS))
        return f"Number {next(self._numbers)}: {' '.join(words)}."

    def jobs(self, number: int, ways: Sequence[Way], *models: str) -> Iterator[Job]:
        """So many, the ways and the models taking turns."""
        for way, model in zip(cycle(ways), cycle(models * len(ways) + models[:1]), strict=False):
            if number == 0:
                return
            number -= 1
            yield way(model, self.text())

    def long_text(self, size: int) -> str:
        """Words of that many bytes together, each a token: there are fewer than any model's context has room for."""
        text = " ".join(self.dice.choices(("family", "estate", "saloon", "engine", "window"), k=1000)) + " "
        return (text * (size // len(text) + 1))[:size]

    def picture(self, size: int) -> bytes:
        """A PNG of about that many bytes, of noise."""
        width = 1000
        height = size // (3 * width)
        rows = b"".join(b"\0" + self.dice.randbytes(3 * width) for _ in range(height))
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )

    def big(self, tenant: str) -> list[Job]:
        """Bodies just below the limit, of words and of pictures, in each dialect, and bodies beyond it."""
        words, picture = self.long_text(BIG_BYTES), base64.b64encode(self.picture(BIG_BYTES // 8 * 3)).decode()
        pictures: list[tuple[str, Any, Any]] = [
            (
                "/model/fast/converse",
                {"image": {"format": "png", "source": {"bytes": picture}}},
                {"text": "What is it?"},
            ),
            (
                "/v1/chat/completions",
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
                {"type": "text", "text": "What is it?"},
            ),
            (
                "/v1/messages",
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": picture}},
                {"type": "text", "text": "What is it?"},
            ),
        ]
        jobs = []
        for path, image, question in pictures:
            named = {"model": "fast", "max_tokens": OUTPUT_TOKENS} if path.startswith("/v1/") else {}
            body = {**named, "messages": [{"role": "user", "content": [image, image, question]}]}
            jobs.append(Job(tenant, "6 MB of pictures", path, body))
            # More words than any model's context, which the model refuses.
            body = {**named, "messages": [{"role": "user", "content": [_as_text(path, words)]}]}
            jobs.append(Job(tenant, "6 MB of words", path, body, fails_with=frozenset({400})))
            for kind, size in (("7 MB", 7_000_000), ("11 MB", 11_000_000)):
                content = [_as_text(path, (words * 2)[:size])]
                body = {**named, "messages": [{"role": "user", "content": content}]}
                jobs.append(Job(tenant, kind, path, body, fails_with=frozenset({413})))
        return jobs


def _as_text(path: str, text: str) -> Body:
    return {"type": "text", "text": text} if path.startswith("/v1/") else {"text": text}
