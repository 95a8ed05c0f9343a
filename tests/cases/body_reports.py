"""Fields and headers as clients write them: nulls, repeated lines, what Bedrock has no place for."""

from tests.cases.asked import HELLO
from tests.cases.case import ABSENT, MESSAGES, NOTHING, RESPONSES, Case, like

_NATIVE = {"max_tokens": 200, "messages": HELLO}
_CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}

CASES = [
    Case(
        "the tier that the model declares, named or not",
        ["docs.aws.amazon.com/bedrock: service-tiers-inference"],
        "tiered",
        {"messages": HELLO, "service_tier": "flex"},
        reaches={"serviceTier": {"type": "flex"}},
    ),
    Case(
        "a tier that the model does not declare",
        ["docs.aws.amazon.com/bedrock: service-tiers-inference"],
        "nova",
        {"messages": HELLO, "service_tier": "priority"},
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "service_tier"}},
    ),
    Case(
        "nulls of Anthropic's clients",
        ["BerriAI/litellm#22867"],
        "haiku45",
        {
            **_NATIVE,
            "container": None,
            "inference_geo": None,
            "mcp_servers": None,
            "service_tier": None,
            "thinking": None,
        },
        MESSAGES,
        reaches={"container": ABSENT, "inference_geo": ABSENT, "mcp_servers": ABSENT, "service_tier": ABSENT},
    ),
    Case(
        "nulls of OpenAI's clients",
        ["BerriAI/litellm#22867"],
        "nova",
        {
            "messages": HELLO,
            "temperature": None,
            "tools": None,
            "stop": None,
            "response_format": None,
            "service_tier": None,
        },
        reaches={"inferenceConfig": {"temperature": ABSENT}, "toolConfig": ABSENT, "outputConfig": ABSENT},
    ),
    Case(
        "nulls of Bedrock's clients",
        ["BerriAI/litellm#22867"],
        "nova",
        {**_CONVERSE, "guardrailConfig": None, "serviceTier": None, "toolConfig": None},
        "/model/MODEL/converse",
        ways=["whole"],
        reaches={"guardrailConfig": ABSENT, "serviceTier": ABSENT, "toolConfig": ABSENT},
        answer={"stopReason": "end_turn"},
    ),
    Case(
        "a version that only newer models take",
        ["platform.claude.com: Claude on Amazon Bedrock (legacy)"],
        "haiku45",
        _NATIVE,
        MESSAGES,
        headers={"anthropic-version": "2026-10-21"},
        reaches={"anthropic_version": "bedrock-2023-05-31"},
    ),
    Case(
        "a beta that says who calls, and that Bedrock lacks",
        ["BerriAI/litellm PR 41203"],
        "haiku45",
        _NATIVE,
        MESSAGES,
        headers={"anthropic-beta": "files-api-2025-04-14"},
        reaches={"anthropic_beta": ABSENT},
        told={"warning": like("files-api-2025-04-14")},
    ),
    Case(
        "a beta that changes the price, on the first of two lines",
        ["BerriAI/litellm PR 41203"],
        "haiku45",
        _NATIVE,
        MESSAGES,
        headers={"anthropic-beta": "context-1m-2025-08-07", "Anthropic-Beta": "interleaved-thinking-2025-05-14"},
        reaches=NOTHING,
        status=400,
        answer={"error": {"message": like("context-1m-2025-08-07")}},
    ),
    Case(
        "an own tool of Anthropic's servers",
        ["platform.claude.com: tools that Bedrock lacks"],
        "haiku45",
        {**_NATIVE, "tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        MESSAGES,
        reaches=NOTHING,
        status=400,
        answer={"error": {"message": like("web_search")}},
    ),
    Case(
        "a picture by its address",
        ["platform.claude.com: images by URL"],
        "haiku45",
        {
            "max_tokens": 20,
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}],
                }
            ],
        },
        MESSAGES,
        reaches=NOTHING,
        status=400,
        answer={"error": {"type": "invalid_request_error", "message": like("(?i)url")}},
    ),
    Case(
        "an address inside a document",
        ["platform.claude.com: Bedrock takes no URLs"],
        "haiku45",
        {
            "max_tokens": 20,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "source": {
                                "type": "content",
                                "content": [
                                    {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
                                ],
                            },
                        }
                    ],
                }
            ],
        },
        MESSAGES,
        reaches=NOTHING,
        status=400,
        answer={"error": {"type": "invalid_request_error", "message": like("(?i)url")}},
    ),
    Case(
        "an output limit by its other name",
        ["aws-samples/sample-per-model-bedrock"],
        "gpt",
        {"messages": HELLO, "max_tokens": 40},
        reaches={"inferenceConfig": {"maxTokens": 40}},
    ),
    Case(
        "a part that nobody knows, by its place in what the caller wrote",
        ["platform.openai.com: error codes"],
        "nova",
        {"messages": [*HELLO, {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "video_url"}]}]},
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": f"messages[{len(HELLO)}].content[1].type"}},
    ),
    Case(
        "the same in an item of a response",
        ["platform.openai.com: error codes"],
        "nova",
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_audio"}]}]},
        RESPONSES,
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "input[0].content[1].type"}},
    ),
    Case(
        "a picture by its address in an item of a response, which is read as another field",
        ["platform.openai.com: images by their address"],
        "nova",
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png"}]}]},
        RESPONSES,
        reaches=NOTHING,
        status=400,
        answer={"error": {"param": "input[0].content[0].image_url"}},
    ),
    Case(
        "a body beyond what Lambda takes",
        ["docs.aws.amazon.com/lambda: gettingstarted-limits"],
        "nova",
        {"messages": [{"role": "user", "content": "x" * 6_300_000}]},
        reaches=NOTHING,
        status=413,
        answer={"error": {"message": like(r"\b6 MB\b")}},
        ways=["whole"],
    ),
]
