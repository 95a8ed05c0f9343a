"""What Converse refuses, family by family: each refusal with who documents or saw it, beside what is taken instead.

`ug` is docs.aws.amazon.com/bedrock/latest/userguide, `api` its API reference.
"""

import json
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
    PROPERTIES,
    SCHEMA,
    SONNET_4,
    SONNET_46,
    ask,
    converse,
    text_format,
    tools,
)

LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
OSS = "openai.gpt-oss-120b-1:0"
GPT = "us.openai.gpt-6-luna"
SOL = "us.openai.gpt-6.1-sol"
GROK = "us.xai.grok-4.6"
QWEN = "qwen.qwen3-235b-a22b-2507-v1:0"
R1 = "us.deepseek.r1-v1:0"
V3 = "deepseek.v3.2"
PIXTRAL = "us.mistral.pixtral-large-2502-v1:0"
MISTRAL_7B = "mistral.mistral-7b-instruct-v0:2"
MISTRAL_NEW = "mistral.mistral-large-3-675b-instruct"
COMMAND = "cohere.command-r-plus-v1:0"
VISION = "us.writer.palmyra-vision-7b"
PALMYRA = "us.writer.palmyra-x5-v1:0"
KIMI = "moonshotai.kimi-k2.5"

POINT = {"cachePoint": {"type": "default"}}
HOUR = {"cachePoint": {"type": "default", "ttl": "1h"}}
CACHED_SYSTEM = {"system": [{"text": "s"}, POINT]}
STOPS = {"inferenceConfig": {"stopSequences": ["END"]}}
ANY = {"any": {}}
NAMED = {"tool": {"name": "get_weather"}}


def said(*turns: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [HI, *turns]}


def called(identifier: str, times: int = 1) -> dict[str, Any]:
    """A history in which a tool was called with one ID, so many times."""
    turns = []
    for _ in range(times):
        use = {"toolUse": {"toolUseId": identifier, "name": "get_weather", "input": {}}}
        result = {"toolResult": {"toolUseId": identifier, "content": [{"text": "x"}]}}
        turns += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    return {"messages": [HI, *turns], **tools()}


def image(data: str, kind: str = "png") -> dict[str, Any]:
    return {"image": {"format": kind, "source": {"bytes": data}}}


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SEEN = {"messages": [{"role": "user", "content": [{"text": "x"}, image(PNG)]}]}
MISTYPED = {"messages": [{"role": "user", "content": [{"text": "x"}, image(PNG, "jpeg")]}]}
HIGH = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}
SHORT = {"inferenceConfig": {"maxTokens": 50}}
WARM = {"inferenceConfig": {"temperature": 0.5}}
BOTH = {"inferenceConfig": {"temperature": 0.5, "topP": 0.5}}
ENABLED = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
ADAPTIVE = {"thinking": {"type": "adaptive"}}
DISABLED = {"thinking": {"type": "disabled"}}
LIMIT = {"inferenceConfig": {"maxTokens": 3000}}


def more(fields: dict[str, Any], **request: Any) -> dict[str, Any]:
    return {"additionalModelRequestFields": fields, **request}


def limited(**keyword: Any) -> dict[str, Any]:
    """A schema of one closed object, whose member has a keyword."""
    return {**CLOSED, "properties": {"city": {"type": "string", **keyword}}}


def unions(number: int) -> dict[str, Any]:
    many = {f"p{at}": {"type": ["string", "null"]} for at in range(number)}
    return {"type": "object", "properties": many, "required": list(many), "additionalProperties": False}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    # block/goose#5064, kirodotdev/Kiro#11026: all families
    "a root without a type": (NOVA, tools({"properties": PROPERTIES}), "must be one of the following: object"),
    "a root that is a list": (V3, tools({"type": "array"}), "must be one of the following: object"),
    # maximhq/bifrost#1720
    "properties that are null": (SONNET_4, tools({"type": "object", "properties": None}), "properties"),
    # api ToolSpecification, ToolUseBlock
    "a name with a blank": (NOVA, tools(name="get weather"), "regular expression pattern"),
    "a call's ID with a slash": (NOVA, called("a/b"), "regular expression pattern"),
    # api ToolChoice, boto/boto3#4687
    "a choice of none": (NOVA, tools(choice={"none": {}}), "must set one of the following keys"),
    # crewAIInc/crewAI#3317; langgenius/dify-official-plugins#1767
    "stop sequences of gpt-oss": (OSS, STOPS, "doesn't support the stopSequences field"),
    "stop sequences of Qwen": (QWEN, STOPS, "doesn't support the stopSequences field"),
    # langchain-ai/langchain-aws#447; ug features; aws-samples/sample-per-model-bedrock
    "tools of DeepSeek R1": (R1, tools(), "doesn't support tool use"),
    "tools of a small Llama": ("us.meta.llama3-2-3b-instruct-v1:0", tools(), "doesn't support tool use"),
    "tools of Mistral 7B": (MISTRAL_7B, tools(), "doesn't support tool use"),
    "tools of Palmyra Vision": (VISION, tools(), "doesn't support tool use"),
    "a system prompt of Palmyra Vision": (VISION, {"system": [{"text": "s"}]}, "doesn't support system messages"),
    "a system prompt of Mixtral": (
        "mistral.mixtral-8x7b-instruct-v0:1",
        {"system": [{"text": "s"}]},
        "doesn't support system messages",
    ),
    # sample-per-model-bedrock (nova-micro); ug features
    "an image of Nova Micro": ("amazon.nova-micro-v1:0", SEEN, "doesn't support the image content block"),
    "an image of Qwen": (QWEN, SEEN, "doesn't support the image content block"),
    "an image of DeepSeek": (V3, SEEN, "doesn't support the image content block"),
    # api Message: images are the user's
    "an image of the assistant": (NOVA, said({"role": "assistant", "content": [image(PNG)]}, HI), "role assistant"),
    # BerriAI/litellm#24900
    "an image of another kind": (SONNET_4, MISTYPED, "appears to be a image/png image"),
    # ug features; langchain-ai/langchain-aws pull request 627
    "a forced tool of Llama": (LLAMA, tools(choice=ANY), "doesn't support the toolConfig.toolChoice.any field"),
    "a named tool of Llama": (LLAMA, tools(choice=NAMED), "doesn't support the toolConfig.toolChoice.tool field"),
    "a forced tool of Command R": (COMMAND, tools(choice=ANY), "doesn't support the toolConfig.toolChoice.any field"),
    # platform.claude.com, what's new in Opus 5.5; stdapi-ai/stdapi.ai#284
    "a forced tool of Opus 5.5": (OPUS_55, tools(choice=ANY), "toolChoice.any"),
    "a named tool of Fable 5.1": ("us.anthropic.claude-fable-5-1", tools(choice=NAMED), "toolChoice.tool"),
    # ug claude-messages-extended-thinking
    "a forced tool beside thinking": (
        HAIKU_45,
        {**tools(choice=ANY), **LIMIT, **more(ENABLED)},
        "Thinking may not be enabled when tool_choice forces tool use",
    ),
    # trycua/cua#3303, abhigyanpatwari/GitNexus#2487
    "a union at a root of Claude": (
        SONNET_4,
        tools({"type": "object", "anyOf": [SCHEMA]}),
        "does not support oneOf, allOf, or anyOf at the top level",
    ),
    # nova troubleshooting; zed-industries/zed#28521, pydantic/pydantic-ai#1623
    "a closed root of Nova": (NOVA, tools(CLOSED), "extraneous key [additionalProperties] is not permitted"),
    "definitions of Nova": (NOVA, tools({**SCHEMA, "$defs": {}}), "extraneous key [$defs] is not permitted"),
    "a title of Nova": (NOVA_2, tools({**SCHEMA, "title": "x"}), "extraneous key [title] is not permitted"),
    # sample-per-model-bedrock: systemTool on GPT
    "a system tool of GPT": (
        GPT,
        {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
        "doesn't support the systemTool field",
    ),
    # anthropics/claude-code#20631
    "an ID that Claude has heard": (SONNET_4, called("t1", 2), "`tool_use` ids must be unique"),
    # opencode pull request 48843, live on Pixtral
    "a short ID of Pixtral": (PIXTRAL, called("call_1"), "must be a-z, A-Z, 0-9, with a length of 9"),
    # BerriAI/litellm#3286
    "a blank stop of Claude": (
        OPUS_47,
        {"inferenceConfig": {"stopSequences": [" \n"]}},
        "each stop sequence must contain non-whitespace",
    ),
    # aws-samples/bedrock-access-gateway#208, aws-samples/bedrock-chat pull request 979
    "both samplings of Opus 4.1": (OPUS_41, BOTH, "cannot both be specified for this model"),
    "both samplings of Haiku 4.5": (HAIKU_45, BOTH, "cannot both be specified for this model"),
    # logancyang/obsidian-copilot#2600; Mintplex-Labs/anything-llm#5822 of the value 1
    "a temperature of Opus 4.7": (OPUS_47, WARM, "`temperature` is deprecated for this model"),
    "a temperature of 1 of Opus 5": (
        OPUS_5,
        {"inferenceConfig": {"temperature": 1}},
        "`temperature` is deprecated for this model",
    ),
    "top_k of Opus 5": (OPUS_5, more({"top_k": 3}), "`top_k` is deprecated for this model"),
    # BerriAI/litellm#42725
    "a temperature of GPT": (GPT, WARM, "does not support 0.5 with this model"),
    # ug claude-messages-extended-thinking
    "a temperature beside thinking": (
        SONNET_4,
        more(ENABLED, inferenceConfig={"temperature": 0.5, "maxTokens": 3000}),
        "`temperature` may only be set to 1",
    ),
    # anomalyco/opencode#29760
    "a prefilled answer of 4.6": (
        SONNET_46,
        said({"role": "assistant", "content": [{"text": "So"}]}),
        "does not support assistant message prefill",
    ),
    # aws/aws-sdk-net#4015
    "a prefilled answer that ends in a blank": (
        SONNET_4,
        said({"role": "assistant", "content": [{"text": "So "}]}),
        "cannot end with trailing whitespace",
    ),
    # ug claude-messages-adaptive-thinking; sample-per-model-bedrock, ikcore/gaise
    "adaptive thinking of 4.5": (HAIKU_45, more(ADAPTIVE), "adaptive thinking is not supported on this model"),
    "enabled thinking of 4.7": (OPUS_47, more(ENABLED, **LIMIT), '"thinking.type.enabled" is not supported'),
    "disabled thinking of Opus 5.5": (OPUS_55, more(DISABLED), '"thinking.type.disabled" is not supported'),
    "a budget over the limit": (SONNET_4, more(ENABLED, **SHORT), "must be greater than `thinking.budget_tokens`"),
    # platform.claude.com, effort
    "an effort of max of Opus 4.5": (OPUS_45, {"outputConfig": {"effort": "max"}}, "output_config.effort"),
    "an effort of xhigh of 4.6": (SONNET_46, {"outputConfig": {"effort": "xhigh"}}, "output_config.effort"),
    # platform.claude.com, extended thinking: it comes back as it went out
    "thinking that no model signed": (
        SONNET_4,
        said(
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "mine"}}},
                    {"text": "So"},
                ],
            },
            HI,
        ),
        "Invalid `signature` in `thinking` block",
    ),
    # BerriAI/litellm's table of betas
    "a beta that Bedrock lacks": (SONNET_4, more({"anthropic_beta": ["files-api-2025-04-14"]}), "invalid beta flag"),
    # BerriAI/litellm#22867
    "a field that Claude lacks": (SONNET_4, more({"mystery": 1}), "mystery: Extra inputs are not permitted"),
    # platform.claude.com, tools that Bedrock lacks
    "a web search of Claude": (
        SONNET_4,
        more({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        "does not match any of the expected tags",
    ),
    "a computer without its beta": (
        OPUS_47,
        more({"tools": [{"type": "computer_20241022", "name": "computer"}]}),
        "'claude-opus-4-7' does not support tool types: computer_20241022",
    ),
    # langchain-ai/langchain-aws#62: the body of Llama is closed
    "a field that Llama lacks": (LLAMA, more({"top_k": 3}), "extraneous key [top_k] is not permitted"),
    # UKGovernmentBEIS/inspect_ai#3767
    "a limit beside Nova's high effort": (NOVA_2, more(HIGH, **SHORT), "maxTokens parameter is not supported"),
    "topK beside Nova's high effort": (NOVA_2, more({**HIGH, "inferenceConfig": {"topK": 1}}), "topK"),
    # nova2-userguide, extended thinking
    "reasoning without an effort": (NOVA_2, more({"reasoningConfig": {"type": "enabled"}}), "maxReasoningEffort"),
    "reasoning of Nova 1": (NOVA, more(HIGH), "extraneous key [reasoningConfig] is not permitted"),
    # nova request schema
    "topK of 129": (NOVA, more({"inferenceConfig": {"topK": 129}}), "is not between 0 and 128"),
    # nova2-userguide: five images inline
    "six images of Nova 2": (
        NOVA_2,
        {"messages": [{"role": "user", "content": [{"text": "x"}, *[image(PNG)] * 6]}]},
        "maximum of 5",
    ),
    # ug model-parameters-openai
    "no effort of gpt-oss": (OSS, more({"reasoning_effort": "none"}), "reasoning_effort"),
    # BerriAI/litellm pull request 38279, agentgateway/agentgateway#3442
    "a flat effort of GPT": (GPT, more({"reasoning_effort": "low"}), "unknown_parameter"),
    "thinking of GPT": (GPT, more(ADAPTIVE), "unknown_parameter"),
    "a minimal effort of GPT 6": (GPT, more({"reasoning": {"effort": "minimal"}}), "Unsupported value: 'minimal'"),
    "no effort of Sol 6.1": (SOL, more({"reasoning": {"effort": "none"}}), "Unsupported value: 'none'"),
    # sample-per-model-bedrock
    "a flexible tier of GPT": (GPT, {"serviceTier": {"type": "flex"}}, "service tier flex"),
    "a pixel of Grok": (GROK, SEEN, "too small"),
    # platform.claude.com, models
    "more output than Opus 4.1 has": (OPUS_41, {"inferenceConfig": {"maxTokens": 32_001}}, "32001 > 32000"),
    "more output than Haiku 4.5 has": (HAIKU_45, {"inferenceConfig": {"maxTokens": 64_001}}, "64001 > 64000"),
    "an effort of max of Grok": (GROK, more({"reasoning_effort": "max"}), "'max' is not one of"),
    # ug structured-output
    "a minimum": (HAIKU_45, text_format(limited(minimum=1)), "'minimum' is not supported"),
    "a length": (HAIKU_45, text_format(limited(maxLength=9)), "'maxLength' is not supported"),
    "a count": (HAIKU_45, text_format(limited(minItems=2)), "'minItems'"),
    "a format of its own": (HAIKU_45, text_format(limited(format="color")), "format 'color' is not supported"),
    "an open object": (HAIKU_45, text_format(SCHEMA), "'additionalProperties' must be explicitly set to false"),
    "an open object within": (
        HAIKU_45,
        text_format({**CLOSED, "properties": {"city": {"anyOf": [SCHEMA, {"type": "null"}]}}}),
        "'additionalProperties' must be explicitly set to false",
    ),
    "recursion": (
        HAIKU_45,
        text_format({**CLOSED, "properties": {"city": {"$ref": "#"}}}),
        "recursive schemas are not supported",
    ),
    "a reference elsewhere": (
        HAIKU_45,
        text_format({**CLOSED, "properties": {"city": {"$ref": "https://example.com/city.json"}}}),
        "external $ref",
    ),
    "an enum of objects": (HAIKU_45, text_format(limited(enum=[{}])), "enum"),
    # strands-agents/harness-sdk#2664
    "oneOf of a strict tool": (HAIKU_45, tools(limited(oneOf=[{}]), strict=True), "'oneOf' is not supported"),
    # anthropics/anthropic-sdk-typescript#885
    "seventeen unions": (HAIKU_45, tools(unions(17), strict=True), "too many parameters with union types"),
    # ug structured-output: who has not
    "a schema of Nova": (NOVA, text_format(CLOSED), "doesn't support the outputConfig.textFormat field"),
    "a schema of Sonnet 4": (SONNET_4, text_format(CLOSED), "doesn't support the outputConfig.textFormat field"),
    "a schema of DeepSeek R1": (R1, text_format(CLOSED), "doesn't support the outputConfig.textFormat field"),
    "a strict tool of Llama": (LLAMA, tools(strict=True), "doesn't support the strict field"),
    # ug prompt-caching
    "five cache points": (SONNET_4, {"system": [{"text": "s"}, *[POINT] * 5]}, "A maximum of 4 blocks"),
    "an hour after five minutes": (HAIKU_45, {"system": [{"text": "s"}, POINT, {"text": "t"}, HOUR]}, "ttl of 1h"),
    "an hour of Opus 4.1": (
        OPUS_41,
        {"system": [{"text": "s"}, HOUR]},
        "doesn't support a cachePoint with a ttl of 1h",
    ),
    "an hour of Nova": (NOVA, {"system": [{"text": "s"}, HOUR]}, "doesn't support a cachePoint with a ttl of 1h"),
    "a cached tool of Nova": (
        NOVA,
        {"toolConfig": {"tools": [*tools()["toolConfig"]["tools"], POINT]}},
        "extraneous key [cachePoint] is not permitted",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused(name: str) -> None:
    # GIVEN a request that a model does not take
    model, fields, message = REFUSED[name]
    # WHEN it is sent
    status, answer = ask(model, "converse", converse(**fields))
    # THEN it is refused in the words by which clients know it
    assert status == 400, answer
    assert message in answer["message"]


UNCACHED = [QWEN, V3, MISTRAL_NEW, KIMI, OSS, LLAMA, COMMAND, R1, "zai.glm-5", "minimax.minimax-m2.5", GPT]


@pytest.mark.parametrize("model", UNCACHED)
def test_a_model_without_a_cache_refuses_a_point(model: str) -> None:
    # WHEN a cache point is sent to a model that has no cache (sample-per-model-bedrock; absent from ug prompt-caching)
    status, answer = ask(model, "converse", converse(**CACHED_SYSTEM))
    # THEN it is denied, as no other mistake is
    assert (status, answer["message"]) == (
        403,
        "You invoked an unsupported model or your request did not allow prompt caching.",
    )


TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a closed root, elsewhere than Nova": (LLAMA, tools({**CLOSED, "$defs": {}, "title": "x"})),
    "a union at a root, elsewhere than Claude": (V3, tools({"type": "object", "anyOf": [SCHEMA]})),
    "a union deeper, of Claude": (SONNET_4, tools({**SCHEMA, "properties": {"a": {"anyOf": [{"type": "null"}]}}})),
    "constraints of a tool that is not strict": (HAIKU_45, tools(limited(maxLength=9))),
    "a strict tool without a word about its members": (HAIKU_45, tools(SCHEMA, strict=True)),
    "sixteen unions": (HAIKU_45, tools(unions(16), strict=True)),
    "a definition": (
        HAIKU_45,
        text_format({**CLOSED, "properties": {"city": {"$ref": "#/$defs/c"}}, "$defs": {"c": {"type": "string"}}}),
    ),
    "stop sequences of Llama": (LLAMA, STOPS),
    "tools of DeepSeek V3, forced": (V3, tools(choice=NAMED)),
    "tools of gpt-oss, forced": (OSS, tools(choice=ANY)),
    "both samplings of Sonnet 4": (SONNET_4, BOTH),
    "both samplings of Nova": (NOVA, BOTH),
    "one sampling of Haiku 4.5": (HAIKU_45, WARM),
    "a temperature of 1 of GPT": (GPT, {"inferenceConfig": {"temperature": 1}}),
    "adaptive thinking of Opus 4.7": (OPUS_47, more(ADAPTIVE)),
    "disabled thinking of Opus 4.7": (OPUS_47, more(DISABLED)),
    "enabled thinking of 4.6": (SONNET_46, more(ENABLED, **LIMIT)),
    "an effort of xhigh of Opus 4.7": (OPUS_47, {"outputConfig": {"effort": "xhigh"}}),
    "a computer with its beta": (
        OPUS_47,
        more(
            {
                "tools": [{"type": "computer_20251124", "name": "computer"}],
                "anthropic_beta": ["computer-use-2025-11-24"],
            }
        ),
    ),
    "a prefilled answer of Nova": (NOVA, said({"role": "assistant", "content": [{"text": "So "}]})),
    "an ID that Nova has heard": (NOVA, called("t1", 2)),
    "nine letters of Pixtral": (PIXTRAL, called("abcdefgh1")),
    "Bedrock's own ID of Pixtral": (PIXTRAL, called("tooluse_5a1c-x")),
    "high effort of Nova 2": (NOVA_2, more(HIGH)),
    "a cached system prompt of Nova": (NOVA, CACHED_SYSTEM),
    "an hour, then five minutes": (HAIKU_45, {"system": [{"text": "s"}, HOUR, {"text": "t"}, POINT]}),
    "a nested effort of GPT": (GPT, more({"reasoning": {"effort": "xhigh"}})),
    "an effort of xhigh of Grok": (GROK, more({"reasoning_effort": "xhigh"})),
    "a system prompt of Palmyra X5": (PALMYRA, {"system": [{"text": "s"}]}),
    "the temperature 0 of Nova, on which the sources disagree": (NOVA, {"inferenceConfig": {"temperature": 0}}),
}


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_is_taken(name: str) -> None:
    # WHEN a request is sent that stands beside one that is refused THEN it is answered
    model, fields = TAKEN[name]
    status, answer = ask(model, "converse", converse(**fields))
    assert status == 200, answer


def test_thinking_comes_back_as_it_went_out() -> None:
    # GIVEN an answer with thinking
    _, answer = ask(SONNET_4, "converse", converse(**more(ENABLED, **LIMIT)))
    # WHEN it is sent back THEN the model takes it
    status, again = ask(SONNET_4, "converse", converse(**said(answer["output"]["message"], HI)))
    assert status == 200, again


@pytest.mark.parametrize("model", [OSS, "moonshot.kimi-k2-thinking", "minimax.minimax-m2.5", R1, OPUS_5])
def test_some_always_reason_first(model: str) -> None:
    # WHEN nobody asked for reasoning (sample-per-model-bedrock, platform.claude.com)
    _, answer = ask(model, "converse", converse())
    # THEN it comes first all the same
    kinds = [next(iter(block)) for block in answer["output"]["message"]["content"]]
    assert kinds == ["reasoningContent", "text"]


@pytest.mark.parametrize(
    "model", ["openai.gpt-6-luna", "xai.grok-4.6", "anthropic.claude-opus-5", "writer.palmyra-x5-v1:0"]
)
def test_a_bare_id_of_a_profiles_model_is_refused(model: str) -> None:
    # WHEN a model that is served through profiles is called by its own ID THEN the refusal names the way
    status, answer = ask(model, "converse", converse())
    assert status == 400
    assert "with on-demand throughput isn\u2019t supported" in answer["message"]


def test_a_large_text_document_is_refused() -> None:
    # GIVEN documents over 4.5 MB (api DocumentBlock)
    paper = {"name": "p", "source": {"bytes": "QUFB" * 1_600_000}}
    turn = {"role": "user", "content": [{"text": "x"}, {"document": {**paper, "format": "txt"}}]}
    # WHEN one is text THEN it is refused
    status, answer = ask(NOVA, "converse", {"messages": [turn]})
    assert status == 400
    assert "4500000 bytes" in answer["message"]
    # WHEN one is a PDF, of which Nova takes larger ones, THEN it is not
    turn = {"role": "user", "content": [{"text": "x"}, {"document": {**paper, "format": "pdf"}}]}
    assert ask("us.amazon.nova-2-lite-v1:0", "converse", {"messages": [turn]})[0] == 200


def test_an_opaque_target_takes_what_anything_takes() -> None:
    # GIVEN an ARN of which nobody said what stands behind it
    arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/cust1a2b3c4d"
    # WHEN it is asked for what only some models take THEN the stand-in does not pretend to know better
    for fields in (tools({**CLOSED, "$defs": {}}), CACHED_SYSTEM, BOTH, more(HIGH), called("t1", 2)):
        status, answer = ask(arn, "converse", json.loads(json.dumps(converse(**fields))))
        assert status == 200, answer
