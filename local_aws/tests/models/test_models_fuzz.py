"""Whatever is sent, the stand-ins answer: with what was asked for, or with an error that is AWS's."""

import base64
import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.faults import Faults
from local_aws.journal import Journal
from local_aws.models import ModelRequest, ModelRuntime
from local_aws.models.images import paint

RUNTIME = ModelRuntime(Faults(), Journal(), pace_seconds=0, ended=frozenset())
TURN = {"role": "user", "content": [{"text": "Hello"}]}
USE = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]}
RESULT = {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "x"}]}}]}
TOOL = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {"a": {"type": "string"}}}}}}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
    "additionalProperties": False,
}
PICTURE = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(paint("x", 8, 8)).decode()}
CONVERSE: dict[str, Any] = {
    "messages": [TURN, USE, RESULT],
    "system": [{"text": "s"}],
    "toolConfig": {"tools": [TOOL], "toolChoice": {"auto": {}}},
    "inferenceConfig": {"maxTokens": 2000, "stopSequences": ["x"]},
    "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
}
CLAUDE: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "image", "source": PICTURE}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text"}]}]},
    ],
    "tools": [{"name": "f", "input_schema": SCHEMA}],
    "tool_choice": {"type": "auto"},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
}
OPENAI: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]},
        {"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "t", "content": "x"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}},
    "stream": True,
    "stream_options": {"include_usage": True},
    "stop": ["x"],
}
MISTRAL = {
    **OPENAI,
    "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "abcdefgh1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "abcdefgh1", "content": "x"},
    ],
    "tool_choice": "any",
}
REASONS = {"messages": [TURN], "additionalModelRequestFields": {"reasoning": {"effort": "low"}}}
NOVA_2 = {
    "messages": [TURN],
    "additionalModelRequestFields": {
        "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"},
        "inferenceConfig": {"topK": 3},
    },
}
NOVA_EMBED = {
    "schemaVersion": "nova-multimodal-embed-v1",
    "taskType": "SINGLE_EMBEDDING",
    "singleEmbeddingParams": {
        "embeddingPurpose": "GENERIC_INDEX",
        "embeddingDimension": 256,
        "text": {"truncationMode": "END", "value": "x"},
    },
}
TITAN_IMAGE = {"inputText": "x", "inputImage": PICTURE["data"], "embeddingConfig": {"outputEmbeddingLength": 256}}
COMMAND: dict[str, Any] = {
    "message": "f",
    "chat_history": [{"role": "USER", "message": "x"}],
    "documents": [{"title": "t", "snippet": "s"}],
    "tools": [{"name": "f", "parameter_definitions": {"a": {"type": "str", "required": True}}}],
    "tool_results": [{"call": {"name": "f", "parameters": {}}, "outputs": [{"a": 1}]}],
}
CANVAS = {
    "taskType": "TEXT_IMAGE",
    "textToImageParams": {"text": "x"},
    "imageGenerationConfig": {"width": 320, "height": 320, "seed": 1},
}
EMBED_4 = {
    "input_type": "search_query",
    "inputs": [{"content": [{"type": "text", "text": "x"}]}],
    "embedding_types": ["int8"],
}
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("us.anthropic.claude-sonnet-4-20250514-v1:0", "converse", CONVERSE),
    ("us.anthropic.claude-sonnet-4-20250514-v1:0", "converse-stream", CONVERSE),
    ("anthropic.claude-sonnet-4-20250514-v1:0", "count-tokens", {"input": {"converse": {"messages": [TURN]}}}),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "invoke", CLAUDE),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "invoke-with-response-stream", CLAUDE),
    (
        "amazon.nova-lite-v1:0",
        "invoke",
        {"messages": [TURN], "inferenceConfig": {"topK": 3}, "toolConfig": {"tools": [TOOL]}},
    ),
    ("amazon.titan-text-lite-v1", "invoke", {"inputText": "x", "textGenerationConfig": {"maxTokenCount": 9}}),
    ("meta.llama3-8b-instruct-v1:0", "invoke", {"prompt": "x", "max_gen_len": 9, "images": ["aGk="]}),
    ("mistral.mistral-7b-instruct-v0:2", "invoke", {"prompt": "[INST] x [/INST]", "stop": ["x"]}),
    ("mistral.mistral-large-2407-v1:0", "invoke", MISTRAL),
    ("mistral.mistral-large-3-675b-instruct", "invoke", OPENAI),
    ("openai.gpt-oss-20b-1:0", "invoke-with-response-stream", OPENAI),
    ("us.deepseek.r1-v1:0", "invoke", {"prompt": "x", "stop": ["x"]}),
    ("us.openai.gpt-6-luna", "converse", REASONS),
    ("us.xai.grok-4.6", "converse-stream", REASONS),
    ("us.amazon.nova-2-lite-v1:0", "converse", NOVA_2),
    ("amazon.nova-2-multimodal-embeddings-v1:0", "invoke", NOVA_EMBED),
    ("amazon.titan-embed-image-v1", "invoke", TITAN_IMAGE),
    ("cohere.command-r-v1:0", "invoke", COMMAND),
    ("cohere.command-r-v1:0", "invoke-with-response-stream", COMMAND),
    ("cohere.embed-v4:0", "invoke", EMBED_4),
    ("cohere.rerank-v3-5:0", "invoke", {"query": "x", "documents": ["x", {"text": "y"}], "api_version": 2, "top_n": 1}),
    ("amazon.titan-embed-text-v2:0", "invoke", {"inputText": "x", "dimensions": 256, "embeddingTypes": ["float"]}),
    ("amazon.nova-canvas-v1:0", "invoke", CANVAS),
    ("stability.sd3-5-large-v1:0", "invoke", {"prompt": "x", "aspect_ratio": "1:1", "seed": 3}),
    ("endpoint", "sagemaker-invoke", OPENAI),
    ("endpoint", "sagemaker-stream", OPENAI),
    ("endpoint-tgi", "sagemaker-stream", {"inputs": "x", "parameters": {"details": True}, "stream": True}),
]

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", " ", "x", "auto", "data:,"]),
    st.lists(st.sampled_from([1, "x", None, {}]), max_size=2),
    st.dictionaries(
        st.sampled_from(["type", "text", "json", "x"]), st.sampled_from(["text", "x", 1, None]), max_size=2
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_answered(data: st.DataObject) -> None:
    # GIVEN a good request with junk in one or two places
    model, operation, good = data.draw(st.sampled_from(REQUESTS))
    body = copy.deepcopy(good)
    for path in data.draw(st.lists(st.sampled_from(places(good)), min_size=1, max_size=2)):
        node = body
        try:
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = data.draw(JUNK)
        except (LookupError, TypeError):
            continue
    # WHEN it is sent
    call = ModelRequest("us-east-1", model, operation, {}, json.dumps(body).encode())  # type: ignore[arg-type]
    response = RUNTIME.respond(call)
    sent = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    # THEN it is answered, or refused as the caller's fault with a message
    assert response.status in (200, 400, 424), sent
    if response.status != 200:
        error = json.loads(sent)
        assert error.get("message") or error.get("Message")


def test_each_request_is_good_as_it_stands() -> None:
    # GIVEN the requests that the junk is put into
    refused = {}
    for model, operation, body in REQUESTS:
        response = RUNTIME.respond(ModelRequest("us-east-1", model, operation, {}, json.dumps(body).encode()))  # type: ignore[arg-type]
        if response.status != 200:
            refused[model, operation] = response.body
    # WHEN they are sent as they stand THEN only the deliberate mistake in one of them is refused
    assert refused == {}
