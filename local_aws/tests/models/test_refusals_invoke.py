"""What InvokeModel refuses, family by family: each refusal with who documents or saw it, beside what is taken instead.

`ug` is docs.aws.amazon.com/bedrock/latest/userguide.
"""

from typing import Any

import pytest

from local_aws.tests.models.asking import (
    CLOSED,
    HAIKU_45,
    HI,
    NOVA,
    NOVA_2,
    OPUS_5,
    OPUS_41,
    OPUS_45,
    OPUS_47,
    OPUS_55,
    SCHEMA,
    SONNET_4,
    SONNET_46,
    ask,
    chat,
    claude,
    native,
    tools,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OPUS_48 = "us.anthropic.claude-opus-4-8"
GPT = "us.openai.gpt-6-luna"
PALMYRA = "us.writer.palmyra-x5-v1:0"
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
TITAN_IMAGES = "amazon.titan-embed-image-v1"
CACHE = {"cache_control": {"type": "ephemeral"}}


def format_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content)}]}


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": source}


def prefilled(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}]}


SYSTEM_TURN = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": "s"},
        {"role": "user", "content": "x"},
    ]
}
THOUGHT = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm", "signature": "mine"}, {"type": "text", "text": "So"}],
        },
        {"role": "user", "content": "x"},
    ]
}


def repeated() -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
    for _ in range(2):
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]},
        ]
    return {"messages": messages, **native()}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    # platform.claude.com, Claude on Amazon Bedrock (legacy)
    "the new version of 4.5": (HAIKU_45, claude(anthropic_version="2026-10-21"), "Invalid API version"),
    "the new version of 4.6": (SONNET_46, claude(anthropic_version="2026-10-21"), "Invalid API version"),
    "automatic caching of 4.5": (HAIKU_45, claude(**CACHE), "cache_control: Extra inputs are not permitted"),
    "a cache's scope of 4.5": (
        HAIKU_45,
        claude(system=[{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "scope": "global"}}]),
        "scope: Extra inputs are not permitted",
    ),
    # BerriAI/litellm#22867
    "a field that Claude lacks": (SONNET_4, claude(mystery=1), "mystery: Extra inputs are not permitted"),
    "a container that is null": (SONNET_4, claude(container=None), "container: Extra inputs are not permitted"),
    "fast mode": (OPUS_47, claude(speed="fast"), "speed: Extra inputs are not permitted"),
    "a field beside a beta that does not bring it": (
        SONNET_4,
        claude(mystery=1, anthropic_beta=["effort-2025-11-24"]),
        "mystery: Extra inputs are not permitted",
    ),
    # BerriAI/litellm's table of betas, anthropics/claude-code
    **{
        f"the beta {beta}": (SONNET_4, claude(anthropic_beta=[beta]), "invalid beta flag")
        for beta in (
            "oauth-2025-04-20",
            "fast-mode-2026-02-01",
            "mcp-client-2025-11-20",
            "advanced-tool-use-2025-11-20",
            "web-search-2025-03-05",
        )
    },
    "bound thinking of Sonnet 4.5": (
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        claude(anthropic_beta=["thinking-binding-controls-2026-08-01"]),
        "invalid beta flag",
    ),
    # aws-samples/bedrock-access-gateway#208; logancyang/obsidian-copilot#2600
    "both samplings of Opus 4.1": (OPUS_41, claude(temperature=0.5, top_p=0.5), "cannot both be specified"),
    "a temperature of Opus 4.7": (OPUS_47, claude(temperature=1), "`temperature` is deprecated for this model"),
    "top_k beside thinking": (
        SONNET_4,
        claude(top_k=3, thinking={"type": "enabled", "budget_tokens": 1024}),
        "`top_k` must be unset",
    ),
    "a low top_p beside thinking": (
        SONNET_4,
        claude(top_p=0.5, thinking={"type": "enabled", "budget_tokens": 1024}),
        "`top_p` must be greater than or equal to 0.95",
    ),
    # anomalyco/opencode#29760, langchain-ai/langchain-aws#532
    "a prefilled answer of 4.6": (SONNET_46, claude(**prefilled("So")), "does not support assistant message prefill"),
    "a prefilled answer that ends in a blank": (SONNET_4, claude(**prefilled("So ")), "trailing whitespace"),
    # BerriAI/litellm#3286
    "a blank stop": (OPUS_47, claude(stop_sequences=["\n"]), "each stop sequence must contain non-whitespace"),
    # trycua/cua#3303; anthropics/claude-code#82549, #20631
    "a union at a tool's root": (
        SONNET_4,
        claude(**native({"type": "object", "oneOf": [SCHEMA]})),
        "does not support oneOf, allOf, or anyOf at the top level",
    ),
    "a deferred tool without its beta": (
        SONNET_4,
        claude(**native(defer_loading=True)),
        "tools.0.custom.defer_loading: Extra inputs are not permitted",
    ),
    "a strict tool of Sonnet 4": (SONNET_4, claude(**native(CLOSED, strict=True)), "strict: Extra inputs"),
    "an open strict tool": (HAIKU_45, claude(**native(strict=True)), "'additionalProperties' must be explicitly set"),
    "an ID that comes twice": (SONNET_4, claude(**repeated()), "`tool_use` ids must be unique"),
    # platform.claude.com: what Bedrock lacks
    **{
        f"the tool {kind}": (
            OPUS_47,
            claude(tools=[{"type": kind, "name": "x"}]),
            "does not match any of the expected tags",
        )
        for kind in ("web_search_20250305", "web_fetch_20250910", "code_execution_20250825", "computer_20260801")
    },
    "a memory without its beta": (
        OPUS_47,
        claude(tools=[{"type": "memory_20250818", "name": "memory"}]),
        "'claude-opus-4-7' does not support tool types: memory_20250818",
    ),
    "an image by its address": (SONNET_4, claude(**user(image(type="url", url="https://example.com/a.png"))), "base64"),
    # BerriAI/litellm#24900, NousResearch/hermes-agent#55429
    "an image of another kind": (
        SONNET_4,
        claude(**user(image(type="base64", media_type="image/jpeg", data=PNG))),
        "but the image appears to be a image/png image",
    ),
    "bytes that are no image": (
        SONNET_4,
        claude(**user(image(type="base64", media_type="image/png", data="aGVsbG8="))),
        "Could not process image",
    ),
    # platform.claude.com, vision
    "a hundred and one images": (
        SONNET_4,
        claude(**user(*[image(type="base64", media_type="image/png", data=PNG)] * 101)),
        "too many images: 101 > 100",
    ),
    # ug claude-messages-extended-thinking, -adaptive-thinking; ikcore/gaise
    "adaptive thinking of 4.5": (HAIKU_45, claude(thinking={"type": "adaptive"}), "adaptive thinking is not supported"),
    "enabled thinking of 4.7": (
        OPUS_47,
        claude(thinking={"type": "enabled", "budget_tokens": 1024}),
        '"thinking.type.enabled" is not supported',
    ),
    "disabled thinking of Opus 5.5": (OPUS_55, claude(thinking={"type": "disabled"}), '"thinking.type.disabled"'),
    "disabled thinking of Opus 5 at high effort": (
        OPUS_5,
        claude(thinking={"type": "disabled"}, output_config={"effort": "xhigh"}),
        '"thinking.type.disabled"',
    ),
    "a forced tool of Opus 5.5": (
        OPUS_55,
        claude(**native(), tool_choice={"type": "any"}),
        "'any' is not supported for this model",
    ),
    "thinking that no model signed": (SONNET_4, claude(**THOUGHT), "Invalid `signature` in `thinking` block"),
    # platform.claude.com, effort
    "effort of Opus 4.5 without its beta": (
        OPUS_45,
        claude(output_config={"effort": "low"}),
        "output_config.effort: Extra inputs are not permitted",
    ),
    "an effort of max of Opus 4.5": (
        OPUS_45,
        claude(output_config={"effort": "max"}, anthropic_beta=["effort-2025-11-24"]),
        "output_config.effort: Input should be",
    ),
    # ug structured-output
    "a schema of Sonnet 4": (SONNET_4, claude(**format_of(CLOSED)), "output_config.format: Extra inputs"),
    "an open schema": (HAIKU_45, claude(**format_of(SCHEMA)), "'additionalProperties' must be explicitly set to false"),
    # ug prompt-caching
    "five cache points": (
        HAIKU_45,
        claude(system=[{"type": "text", "text": "s", **CACHE}] * 5),
        "A maximum of 4 blocks with cache_control may be provided. Found 5",
    ),
    # platform.claude.com: a message of the role system
    "a system turn of 4.5": (HAIKU_45, claude(**SYSTEM_TURN), "Input should be 'user' or 'assistant'"),
    "a system turn of Sonnet 5": (
        "us.anthropic.claude-sonnet-5",
        claude(**SYSTEM_TURN),
        "Input should be 'user' or 'assistant'",
    ),
    # nova request schema, zed-industries/zed#28521, UKGovernmentBEIS/inspect_ai#3767
    "definitions of Nova": (
        NOVA,
        {"messages": [HI], **tools({**SCHEMA, "$defs": {}})},
        "extraneous key [$defs] is not permitted",
    ),
    "another limit of Nova": (NOVA, {"messages": [HI], "max_tokens": 5}, "extraneous key [max_tokens]"),
    "a limit beside Nova's high effort": (
        NOVA_2,
        {
            "messages": [HI],
            "inferenceConfig": {
                "maxTokens": 5,
                "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"},
            },
        },
        "maxTokens parameter is not supported",
    ),
    # ug model-parameters-meta, langchain-ai/langchain-aws#62
    "stop sequences of Llama": (
        LLAMA,
        {"prompt": "x", "stop_sequences": ["x"]},
        "extraneous key [stop_sequences] is not permitted",
    ),
    "another limit of Llama": (LLAMA, {"prompt": "x", "max_tokens": 5}, "extraneous key [max_tokens]"),
    # ug model-parameters-mistral-large-2407; opencode pull request 48843
    "a named tool of Mistral Large 2": (
        "mistral.mistral-large-2407-v1:0",
        chat(tool_choice={"type": "function", "function": {"name": "f"}}),
        "#/tool_choice: expected auto, any or none",
    ),
    "a short ID of Mistral Large 2": (
        "mistral.mistral-large-2407-v1:0",
        chat(
            messages=[
                {"role": "user", "content": "x"},
                {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "a", "content": "x"},
            ]
        ),
        "Tool call id was a but must be a-z, A-Z, 0-9, with a length of 9",
    ),
    # ug model-parameters-openai
    "another model's name in gpt-oss's body": ("openai.gpt-oss-20b-1:0", chat(model="gpt-4"), "#/model"),
    "a minimal effort of gpt-oss": ("openai.gpt-oss-20b-1:0", chat(reasoning_effort="minimal"), "reasoning_effort"),
    # aws-samples/sample-per-model-bedrock
    "max_tokens of GPT": (GPT, chat(max_tokens=5), "Use 'max_completion_tokens' instead"),
    "a temperature of GPT": (GPT, chat(temperature=0.5), "'temperature' does not support 0.5"),
    "tools of GPT beside an effort": (
        GPT,
        chat(tools=[{"type": "function", "function": {"name": "f"}}], reasoning_effort="low"),
        "Function tools with reasoning_effort",
    ),
    # platform.claude.com, models; ug model-parameters-palmyra, -jamba, -deepseek
    "more output than Sonnet 4 has": (SONNET_4, claude(max_tokens=64_001), "64001 > 64000"),
    "more output than Palmyra has": (PALMYRA, chat(max_tokens=8193), "8193 is not between 1 and 8192"),
    "five stops of Palmyra": (PALMYRA, chat(stop=list("abcde")), "maximum item count: 4"),
    "more output than Jamba has": ("ai21.jamba-1-5-large-v1:0", chat(max_tokens=4097), "4097 is not between"),
    "eleven stops of DeepSeek R1": ("us.deepseek.r1-v1:0", {"prompt": "x", "stop": list("abcdefghijk")}, "count: 10"),
    # ug model-parameters-titan-embed-mm, titan-embedding-models
    "neither text nor image": (TITAN_IMAGES, {"embeddingConfig": {}}, "[inputText] or [inputImage] not found"),
    "a length that Titan lacks": (
        TITAN_IMAGES,
        {"inputText": "x", "embeddingConfig": {"outputEmbeddingLength": 512}},
        "512 is not a valid enum value",
    ),
    "an image without base64": (TITAN_IMAGES, {"inputImage": "x!"}, "not base64"),
    "a long text with an image": (TITAN_IMAGES, {"inputText": "word " * 300}, "Max input tokens: 256"),
    "a long text of Titan": ("amazon.titan-embed-text-v2:0", {"inputText": "a " * 20_000}, "Max input tokens: 8192"),
    # ug model-parameters-embed-v3
    "texts beside an image": (
        "cohere.embed-english-v3",
        {"input_type": "search_query", "texts": ["x"], "images": [f"data:image/png;base64,{PNG}"]},
        "only one of [texts] and [images] is permitted",
    ),
    "a text over 2,048 characters": (
        "cohere.embed-english-v3",
        {"input_type": "search_query", "texts": ["x" * 2049]},
        "expected maxLength: 2048",
    ),
    # nova image-gen-req-resp-structure
    "a small canvas": (
        "amazon.nova-canvas-v1:0",
        {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "x"}, "imageGenerationConfig": {"width": 256}},
        "256 is not between 320 and 4096",
    ),
    # ug model-parameters-diffusion-3-5-large
    "an image from an image without one": (
        "stability.sd3-5-large-v1:0",
        {"prompt": "x", "mode": "image-to-image", "strength": 0.5},
        "required key [image] not found",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused(name: str) -> None:
    # GIVEN a body that a model does not take
    model, body, message = REFUSED[name]
    # WHEN it is sent
    status, answer = ask(model, "invoke", body)
    # THEN it is refused in the words by which clients know it
    assert status == 400, answer
    assert message in answer["message"]


TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "the new version of Opus 4.7": (OPUS_47, claude(anthropic_version="2026-10-21")),
    "automatic caching of Opus 4.7": (OPUS_47, claude(**CACHE)),
    "a context that is managed": (
        SONNET_46,
        claude(context_management={"edits": []}, anthropic_beta=["context-management-2025-06-27"]),
    ),
    "a beta that nobody tried, with a field": (OPUS_47, claude(mystery=1, anthropic_beta=["mystery-2027-01-01"])),
    "a deferred tool with its beta": (
        SONNET_4,
        claude(**native(defer_loading=True), anthropic_beta=["tool-search-tool-2025-10-19"]),
    ),
    "a closed strict tool": (HAIKU_45, claude(**native(CLOSED, strict=True))),
    "bash, which needs no beta": (OPUS_47, claude(tools=[{"type": "bash_20250124", "name": "bash"}])),
    "effort of Opus 4.5 with its beta": (
        OPUS_45,
        claude(output_config={"effort": "low"}, anthropic_beta=["effort-2025-11-24"]),
    ),
    "a system turn of Opus 4.8": (OPUS_48, claude(**SYSTEM_TURN)),
    "between tools, of Sonnet 5.5": ("us.anthropic.claude-sonnet-5-5", claude(thinking={"type": "between-tools"})),
    "the same role twice": (
        SONNET_4,
        claude(messages=[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]),
    ),
    "a picture's vector": (TITAN_IMAGES, {"inputImage": PNG, "embeddingConfig": {"outputEmbeddingLength": 384}}),
    "a vector of Nova": (
        "amazon.nova-2-multimodal-embeddings-v1:0",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "text": {"truncationMode": "END", "value": "x"},
            },
        },
    ),
}


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_is_taken(name: str) -> None:
    # WHEN a body is sent that stands beside one that is refused THEN it is answered
    model, body = TAKEN[name]
    status, answer = ask(model, "invoke", body)
    assert status == 200, answer


@pytest.mark.parametrize(
    ("model", "obeyed"),
    [
        ("moonshot.kimi-k2-thinking", {"max_tokens"}),
        ("qwen.qwen3-32b-v1:0", {"max_tokens"}),
        ("deepseek.v3.2", {"max_tokens"}),
        ("mistral.mistral-large-3-675b-instruct", {"max_tokens"}),
        ("ai21.jamba-1-5-large-v1:0", {"max_tokens"}),
        ("google.gemma-3-12b-it", {"max_tokens", "max_completion_tokens"}),
        ("openai.gpt-oss-20b-1:0", {"max_tokens", "max_completion_tokens"}),
        (GPT, {"max_completion_tokens"}),
    ],
)
def test_a_model_obeys_its_own_limit_alone(model: str, obeyed: set[str]) -> None:
    # GIVEN an answer that would be long
    asked = chat(messages=[{"role": "user", "content": "write 200 words"}])
    for name in ("max_tokens", "max_completion_tokens", "max_gen_len", "max_new_tokens", "maxTokens"):
        # WHEN it is limited by this name
        status, answer = ask(model, "invoke", {**asked, name: 5})
        # THEN the model stops there if the name is its own, and else answers at length or refuses it
        if name in obeyed:
            assert answer["usage"]["completion_tokens"] == 5
        else:
            assert status == 400 or answer["usage"]["completion_tokens"] > 200


def test_palmyra_says_little_unless_told() -> None:
    # WHEN nobody limits a Palmyra (ug model-parameters-palmyra) THEN it stops after sixteen tokens
    _, answer = ask(PALMYRA, "invoke", chat(messages=[{"role": "user", "content": "write 200 words"}]))
    assert answer["usage"]["completion_tokens"] == 16


@pytest.mark.parametrize("model", ["anthropic.claude-sonnet-5", "openai.gpt-6-luna", "amazon.nova-lite-v1:0"])
def test_tokens_are_counted_for_the_older_claude_alone(model: str) -> None:
    # WHEN tokens of another model are to be counted (sample-per-model-bedrock) THEN it is refused
    status, answer = ask(model, "count-tokens", {"input": {"converse": {"messages": [HI]}}})
    assert (status, answer["message"]) == (400, "The provided model doesn't support counting tokens")
