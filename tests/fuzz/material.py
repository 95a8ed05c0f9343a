"""What fuzzing begins with: a model and a body of each kind, models' streams, and what is put in their places."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MODELS: Mapping[str, tuple[str, str]] = {
    "claude": ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic"),
    "nova": ("amazon.nova-lite-v1:0", "nova"),
    "llama": ("us.meta.llama3-3-70b-instruct-v1:0", "llama"),
    "mistral": ("mistral.mistral-large-2402-v1:0", "mistral"),
    "command": ("cohere.command-r-v1:0", "cohere-command"),
    "titan": ("amazon.titan-embed-text-v2:0", "titan-embed"),
    "embed": ("cohere.embed-english-v3", "cohere-embed"),
    "paint": ("stability.sd3-5-large-v1:0", "stability"),
    "canvas": ("amazon.nova-canvas-v1:0", "nova-canvas"),
}
"""Alias -> ID and family: one of each kind of body."""

HURRIED: Mapping[str, tuple[str, str]] = {f"hurried-{name}": MODELS[name] for name in ("claude", "nova")}
"""Those that are read as streams where a whole answer is asked for."""

ROUTES: tuple[tuple[str, str], ...] = (
    ("/model/{modelId}/converse", "/model/%s/converse"),
    ("/model/{modelId}/converse-stream", "/model/%s/converse-stream"),
    ("/model/{modelId}/count-tokens", "/model/%s/count-tokens"),
    ("/model/{modelId}/invoke", "/model/%s/invoke"),
    ("/model/{modelId}/invoke-with-response-stream", "/model/%s/invoke-with-response-stream"),
    ("/v1/chat/completions", "/v1/chat/completions"),
    ("/v1/completions", "/v1/completions"),
    ("/v1/responses", "/v1/responses"),
    ("/v1/embeddings", "/v1/embeddings"),
    ("/v1/messages", "/v1/messages"),
    ("/v1/messages/count_tokens", "/v1/messages/count_tokens"),
)

_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_PICTURE = "iVBORw0KGgo="

BODIES: tuple[dict[str, Any], ...] = (
    {
        "messages": [
            {
                "role": "user",
                "content": [{"text": "Hello"}, {"image": {"format": "png", "source": {"bytes": _PICTURE}}}],
            },
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": "b"}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": "c"}]}}]},
        ],
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "stopSequences": ["x"]},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": _SCHEMA}}}],
            "toolChoice": {"auto": {}},
        },
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "requestMetadata": {"a": "b"},
    },
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": "b"}}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "c"}]},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PICTURE}},
                ],
            },
        ],
        "tools": [{"name": "f", "input_schema": _SCHEMA}],
        "tool_choice": {"type": "auto"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "stream": False,
    },
    {
        "model": "claude",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Hello"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PICTURE}"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "b"}'}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "c"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": _SCHEMA, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": _SCHEMA}},
        "max_completion_tokens": 5,
        "stop": ["x"],
        "stream": True,
        "stream_options": {"include_usage": True},
        "reasoning_effort": "low",
    },
    {"model": "titan", "input": ["Hello", "world"], "encoding_format": "base64", "dimensions": 256},
    {"inputText": "Hello", "dimensions": 256, "normalize": True},
    {"texts": ["Hello"], "input_type": "search_document", "truncate": "NONE", "embedding_types": ["float"]},
    {"prompt": "Hello", "max_gen_len": 5, "temperature": 0.5, "seed": 1, "output_format": "png"},
    {"message": "Hello", "chat_history": [{"role": "USER", "message": "Hi"}], "max_tokens": 5, "tools": []},
    {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "Hello"},
        "imageGenerationConfig": {"numberOfImages": 2, "quality": "premium", "width": 1024, "height": 1024},
    },
    {
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "1.m.W10="},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a": "b"}'},
            {"type": "function_call_output", "call_id": "1", "output": "c"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": _SCHEMA},
            {"type": "namespace", "name": "n", "description": "", "tools": [{"type": "custom", "name": "g"}]},
        ],
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "j", "schema": _SCHEMA}},
        "max_output_tokens": 5,
    },
    {"prompt": "Hello", "n": 1, "size": "1024x1024", "response_format": "b64_json"},
    {"prompt": "Hello", "max_tokens": 5, "temperature": 0.5, "stop": ["x"], "seed": 1},
    {"input": {"invokeModel": {"body": "eyJtYXhfdG9rZW5zIjogMSwgIm1lc3NhZ2VzIjogW119"}}},
)
"""One right body of each kind."""

FITTING: Mapping[str, int] = {
    "converse": 0,
    "converse-stream": 0,
    "chat/completions": 2,
    "completions": 11,
    "embeddings": 3,
    "messages": 1,
    "count_tokens": 1,
    "claude": 1,
    "nova": 0,
    "llama": 6,
    "mistral": 6,
    "command": 7,
    "titan": 4,
    "embed": 5,
    "paint": 6,
    "canvas": 8,
    "responses": 9,
    "input_tokens": 9,
    "generations": 10,
    "count-tokens": 12,
}
"""Which of them a route takes or, of InvokeModel, a model."""

Told = tuple[str, Any]
"""An event's type, or an exception's, and its document."""

CONVERSED: Sequence[Told] = (
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "x"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hi"}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "1", "name": "f"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a": "b"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}, "metrics": {"latencyMs": 5}}),
)
"""A right stream of Converse's."""

SAID: Sequence[Told] = tuple(
    ("chunk", document)
    for document in (
        {
            "type": "message_start",
            "message": {"id": "m", "role": "assistant", "content": [], "usage": {"input_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "1", "name": "f"}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1, "outputTokenCount": 2}},
    )
)
"""A right stream of Claude's over InvokeModel."""

CHUNKED: Sequence[Told] = tuple(
    ("PayloadPart", document)
    for document in (
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm"}}]},
        {"choices": [{"index": 0, "delta": {"content": "Hi"}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f"}}]}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    )
)
"""A right stream of a container that speaks OpenAI's format."""

EXCEPTIONS = ("throttlingException", "modelStreamErrorException", "internalServerException", "unheardOfException")

STREAMS: Sequence[tuple[str, str, str, Sequence[Told]]] = (
    ("/model/{modelId}/converse-stream", "/model/%s/converse-stream", "nova", CONVERSED),
    ("/v1/chat/completions", "/v1/chat/completions", "nova", CONVERSED),
    ("/v1/responses", "/v1/responses", "nova", CONVERSED),
    ("/model/{modelId}/converse", "/model/%s/converse", "hurried-nova", CONVERSED),
    ("/model/{modelId}/invoke-with-response-stream", "/model/%s/invoke-with-response-stream", "claude", SAID),
    ("/v1/messages", "/v1/messages", "claude", SAID),
    ("/v1/chat/completions", "/v1/chat/completions", "tuned", CHUNKED),
    ("/v1/responses", "/v1/responses", "tuned", CHUNKED),
    ("/model/{modelId}/invoke", "/model/%s/invoke", "hurried-claude", SAID),
)
"""Routes that read a model's stream: the route, its path, a model, and what that may say."""

_CONVERSE_ANSWER = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "x"}}},
                {"reasoningContent": {"redactedContent": "eA=="}},
                {"text": "Hi"},
                {"citationsContent": {"content": [{"text": "so"}], "citations": []}},
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": "b"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheReadInputTokens": 1},
    "metrics": {"latencyMs": 5},
}
_CHAT_ANSWER = {
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "reasoning_content": "Hm",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
}
_MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 2, "iterations": [{"input_tokens": 1, "output_tokens": 2}]},
    "amazon-bedrock-guardrailAction": "NONE",
}

ANSWERS: Sequence[tuple[str, str, str, Any]] = (
    ("/model/{modelId}/converse", "/model/%s/converse", "nova", _CONVERSE_ANSWER),
    ("/v1/chat/completions", "/v1/chat/completions", "nova", _CONVERSE_ANSWER),
    ("/v1/completions", "/v1/completions", "nova", _CONVERSE_ANSWER),
    ("/v1/responses", "/v1/responses", "nova", _CONVERSE_ANSWER),
    ("/v1/chat/completions", "/v1/chat/completions", "tuned", _CHAT_ANSWER),
    ("/v1/responses", "/v1/responses", "tuned", _CHAT_ANSWER),
    ("/model/{modelId}/invoke", "/model/%s/invoke", "claude", _MESSAGE),
    ("/v1/messages", "/v1/messages", "claude", _MESSAGE),
    ("/v1/messages/count_tokens", "/v1/messages/count_tokens", "claude", {"inputTokens": 5}),
    ("/model/{modelId}/count-tokens", "/model/%s/count-tokens", "claude", {"inputTokens": 5}),
    ("/v1/responses/input_tokens", "/v1/responses/input_tokens", "nova", {"inputTokens": 5}),
    ("/v1/embeddings", "/v1/embeddings", "titan", {"embedding": [0.5, 1], "inputTextTokenCount": 2}),
    ("/v1/embeddings", "/v1/embeddings", "embed", {"embeddings": {"float": [[0.5, 1], [1, 2]]}}),
    ("/v1/images/generations", "/v1/images/generations", "paint", {"images": [_PICTURE], "finish_reasons": [None]}),
    ("/v1/images/generations", "/v1/images/generations", "canvas", {"images": [_PICTURE], "error": None}),
)
"""Routes that read a model's whole answer: the route, its path, a model, and a right answer."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, -(10**30), 0.5, 1e308, float("nan"), float("inf"), "", "x", "auto", "user",
    "\ud800", "\0", "é" * 300, "data:image/png;base64,!!", "https://example.com/a.png", "=", "{", '{"a":', [], {}, [[]],
    [None], [{}], {"": None}, {"text": "x"}, {"type": "text", "text": 5}, {"bytes": 5}, {"s3Location": {"uri": "s3://b/k"}},
    {"$ref": "#"}, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, {"type": ["object", 5]}, "1" * 5000,
    "\u2028\r\n\nevent: x",
)  # fmt: skip
"""What stands where something else should."""

WORDS: tuple[str, ...] = tuple(
    line.strip()[1:-1]
    for line in (Path(__file__).parent / "words.dict").read_text().splitlines()
    if line.startswith('"') and line[1:2].isalpha()
)
