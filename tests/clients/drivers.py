"""The same call through an SDK's plain and its asynchronous client, so that each test proves both."""

import asyncio
import base64
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import anthropic
import openai

from tests.support import Api

PHOTOGRAPH = Path(__file__).parents[2] / "examples" / "quickstart" / "suv.jpg"

Driver = Callable[..., Any]
"""`driver(api, "chat.completions.create", …)`: the answer, or the list of what a stream yields."""


def photograph_base64() -> str:
    """A small JPEG."""
    return base64.b64encode(PHOTOGRAPH.read_bytes()).decode()


def openai_plain(api: Api, method: str, /, *, key: str | None = None, retries: int = 0, **arguments: Any) -> Any:
    """Through `openai.OpenAI`."""
    with openai.OpenAI(base_url=f"{api.url}/v1", api_key=key or api.key, max_retries=retries) as client:
        return _plain(client, method, arguments)


def openai_async(api: Api, method: str, /, *, key: str | None = None, retries: int = 0, **arguments: Any) -> Any:
    """Through `openai.AsyncOpenAI`."""

    async def call() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key=key or api.key, max_retries=retries) as client:
            return await _async(client, method, arguments)

    return asyncio.run(call())


def anthropic_plain(api: Api, method: str, /, *, key: str | None = None, retries: int = 0, **arguments: Any) -> Any:
    """Through `anthropic.Anthropic`."""
    with anthropic.Anthropic(base_url=api.url, api_key=key or api.key, max_retries=retries) as client:
        return _plain(client, method, arguments)


def anthropic_async(api: Api, method: str, /, *, key: str | None = None, retries: int = 0, **arguments: Any) -> Any:
    """Through `anthropic.AsyncAnthropic`."""

    async def call() -> Any:
        async with anthropic.AsyncAnthropic(base_url=api.url, api_key=key or api.key, max_retries=retries) as client:
            return await _async(client, method, arguments)

    return asyncio.run(call())


def _plain(client: Any, method: str, arguments: dict[str, Any]) -> Any:
    answer = attrgetter(method)(client)(**arguments)
    return list(answer) if _yields(answer, "__next__") else answer


async def _async(client: Any, method: str, arguments: dict[str, Any]) -> Any:
    answer = await attrgetter(method)(client)(**arguments)
    return [item async for item in answer] if _yields(answer, "__anext__") else answer


def _yields(answer: Any, step: str) -> bool:
    return hasattr(type(answer), step)
