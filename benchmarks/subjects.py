"""Who is measured: a folder of code, its entry point, its environment and the event it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from benchmarks.wire import TENANT, WORD

HANDLERS = Path(__file__).resolve().parent / "handlers"
OURS = Path(__file__).resolve().parent.parent / "lambda_src" / "dist" / "llm_api.zip"
PRINCIPAL = "arn:aws:sts::123456789012:assumed-role/marketing/bench"
MODEL = {"id": "us.anthropic.claude-haiku-4-5-20251001-v1:0", "family": "anthropic", "max_output_tokens": 4096}
PRICED = {**MODEL, "price": {"input": 1.0, "output": 5.0}}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be measured.

    Attributes:
        name: as it stands in the results.
        code: a folder, or a zip.
        handler: `module.function`, as Lambda's configuration has it.
        event: JSON.
        environment: the function's variables.
        streaming: started through our exec wrapper, and asked to stream.
        store: the authorities that it trusts, the stand-in's among them: `all` that boto3 brings, or `amazon`'s own.
        keeps_roots: they are a file of its package; otherwise AWS_CA_BUNDLE names them.
    """

    name: str
    code: Path
    handler: str
    event: bytes
    environment: Mapping[str, str] = field(default_factory=dict)
    streaming: bool = False
    store: Literal["all", "amazon"] = "all"
    keeps_roots: bool = False

    def named(self, name: str, **changes: Any) -> "Subject":
        """The same with some of it changed."""
        return replace(self, name=name, **changes)


def proxy_event(route: str, body: object, *, path: str | None = None, key: str | None = None) -> bytes:
    """A REST proxy event as API Gateway sends it, with the headers that an SDK and CloudFront add."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
        "Host": "abcdef1234.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "bench/1.0",
        "X-Amzn-Trace-Id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        **({"Authorization": f"Bearer {key}"} if key else {}),
    }
    document = {
        "resource": route,
        "path": path or route.replace("{modelId}", "fast"),
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"modelId": "fast"} if "{modelId}" in route else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef1234",
            "httpMethod": "POST",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench/1.0", "userArn": PRINCIPAL},
            "path": "/live" + route,
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": route,
            "stage": "live",
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
    return json.dumps(document).encode()


def history(size_bytes: int) -> list[dict[str, str]]:
    """A conversation of about that many bytes, in turns of a kilobyte, the last one the user's."""
    turn = (WORD * 200)[: min(1000, size_bytes)]
    turns = max(1, size_bytes // 1000) | 1
    return [{"role": "assistant" if number % 2 else "user", "content": turn} for number in range(turns)]


PROMPT = 400
"""Bytes of the prompt where nothing else is said."""


def native_event(size_bytes: int = PROMPT, key: str | None = None, *, stream: bool = False) -> bytes:
    """InvokeModel in Claude's own format."""
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": history(size_bytes)}
    return proxy_event(f"/model/{{modelId}}/{'invoke-with-response-stream' if stream else 'invoke'}", body, key=key)


def converse_event(size_bytes: int = PROMPT, *, stream: bool = True) -> bytes:
    """Converse, Bedrock's own format for all models."""
    messages = [{"role": turn["role"], "content": [{"text": turn["content"]}]} for turn in history(size_bytes)]
    body = {"messages": messages, "inferenceConfig": {"maxTokens": 500}}
    return proxy_event(f"/model/{{modelId}}/{'converse-stream' if stream else 'converse'}", body)


def openai_event(size_bytes: int = PROMPT, *, stream: bool = False) -> bytes:
    """A chat completion."""
    extra = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    body = {"model": "fast", "max_tokens": 500, "messages": history(size_bytes), **extra}
    return proxy_event("/v1/chat/completions", body)


def anthropic_event(size_bytes: int = PROMPT, *, stream: bool = False) -> bytes:
    """A message to Claude."""
    body = {"model": "fast", "max_tokens": 500, "messages": history(size_bytes), **({"stream": True} if stream else {})}
    return proxy_event("/v1/messages", body)


def registry(models: int = 1) -> str:
    """The registry's environment variable, `fast` and others, packed as `modules/model-access` packs it.

    Terraform's `base64gzip` takes over where plain JSON is longer than 3 KB.
    """
    others = {
        f"model-{number}": {**PRICED, "id": f"anthropic.claude-haiku-{number}-v1:0", "fallbacks": ["fast"]}
        for number in range(1, models)
    }
    entries = {"fast": PRICED, **others}
    plain = json.dumps(entries, separators=(",", ":"))
    if len(plain) <= 3072:
        return plain
    import base64
    import gzip

    return base64.b64encode(gzip.compress(plain.encode(), mtime=0)).decode()


ECHO = Subject("echo", HANDLERS / "echo", "echo.handler", native_event())
NAIVE = Subject("naive", HANDLERS / "naive", "naive.handler", native_event())
BARE = Subject("bare", HANDLERS / "bare", "bare.handler", native_event(), store="amazon")
BOTOCORE_IMPORT = Subject("botocore_import", HANDLERS / "floor", "floor.handler", native_event())
NAIVE_STREAMS = (
    Subject("naive_stream", HANDLERS / "naive", "naive.stream", native_event()),
    Subject("naive_converse_stream", HANDLERS / "naive", "naive.converse_stream", converse_event()),
)
NAIVE_TABLE = Subject("naive_two_table_calls", HANDLERS / "naive", "naive_table.handler", native_event())

_IAM = {"LLM_API_MODELS": registry(), "LLM_API_AUTH": "iam"}
_KEYS = {"LLM_API_MODELS": registry(), "LLM_API_AUTH": "api_key", "LLM_API_TENANTS_TABLE": "tenants"}


@cache
def ours(package: Path = OURS) -> dict[str, Subject]:
    """The module's function in its ways of being asked, by name.

    Parameters:
        package: the zip, or the folder of sources.
    """
    native = Subject(
        "native", package, "llm_api.handler.lambda_handler", native_event(), _IAM, store="amazon", keeps_roots=True
    )
    wrapped = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/bootstrap"}
    loop = native.named("native_loop", environment={**_IAM, **wrapped}, streaming=True)
    subjects = [
        native,
        loop,
        native.named("native_all_roots", store="all"),
        native.named("openai", event=openai_event()),
        native.named("anthropic", event=anthropic_event()),
        native.named("native_tenant", event=native_event(key=f"sk-{TENANT}"), environment=_KEYS),
        loop.named("native_stream", event=native_event(stream=True)),
        loop.named("converse_stream", event=converse_event()),
        loop.named("openai_stream", event=openai_event(stream=True)),
        loop.named("anthropic_stream", event=anthropic_event(stream=True)),
    ]
    return {subject.name: subject for subject in subjects}
