"""What a model's refusal becomes: the code and the shape by which clients know what to do next."""

from typing import Any

from tests.cases.asked import HELLO
from tests.cases.case import MESSAGES, Case, like

_CHAT = {"messages": HELLO}
_NATIVE = {"max_tokens": 200, "messages": HELLO}


def _refused(message: str, kind: str = "validation") -> list[dict[str, Any]]:
    return [{"kind": kind, "message": message, "times": None}]


def _overflow(number: int, name: str, message: str, report: str, model: str) -> list[Case]:
    """The same in both dialects: clients compact their history by these words."""
    faults = _refused(message)
    return [
        Case(
            f"{name} is too long",
            [report],
            model,
            _CHAT,
            faults=faults,
            status=400,
            answer={"error": {"code": "context_length_exceeded", "type": "invalid_request_error"}},
        ),
        *(
            [
                Case(
                    f"{name} is too long, to Anthropic's clients",
                    [report],
                    model,
                    _NATIVE,
                    MESSAGES,
                    faults=faults,
                    status=400,
                    answer={
                        "type": "error",
                        "error": {"type": "invalid_request_error", "message": like("(?i)prompt is too long")},
                    },
                )
            ]
            if number
            else []
        ),
    ]


CASES = [
    *_overflow(1, "an input", "Input is too long for requested model.", "block/goose#7504", "haiku45"),
    *_overflow(
        1, "a prompt by its tokens", "prompt is too long: 205000 tokens > 200000 maximum", "cline/cline#9660", "haiku45"
    ),
    *_overflow(
        1,
        "input and limit together",
        "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease either and try again",
        "anomalyco/opencode#8089",
        "haiku45",
    ),
    *_overflow(
        0,
        "Nova's input",
        "The model returned the following errors: Input Tokens Exceeded: Number of tokens exceeds maximum length.",
        "continuedev/continue#9592",
        "nova",
    ),
    *_overflow(
        0,
        "an open model's context",
        "This model's maximum context length is 131072 tokens. Please reduce the length of the messages.",
        "vllm-project/vllm",
        "qwen",
    ),
    Case(
        "a daily quota is no reason to try again soon",
        ["openclaw/openclaw#38865"],
        "haiku45",
        _CHAT,
        faults=_refused("Too many tokens per day, please wait before trying again.", "throttle"),
        status=429,
        answer={"error": {"code": "insufficient_quota"}},
        told={"x-should-retry": "false"},
    ),
    Case(
        "a legacy model that the account has not called for long",
        ["aws-samples/amazon-bedrock-workshop#386"],
        "haiku45",
        _CHAT,
        faults=["legacy"],
        status=404,
        answer={"error": {"message": like("end of life")}},
    ),
    Case(
        "a prompt beyond Claude's context, to the stand-in's own count",
        ["block/goose#7504"],
        "haiku45",
        {"messages": [{"role": "user", "content": "Tell me more. " * 60_000}]},
        status=400,
        answer={"error": {"code": "context_length_exceeded"}},
        ways=["whole"],
    ),
    Case(
        "the same prompt, which a Claude of a million tokens reads",
        ["platform.claude.com: context windows"],
        "sonnet46",
        {"messages": [{"role": "user", "content": "Tell me more. " * 60_000}]},
        answer={"choices": [{"finish_reason": "stop"}]},
        ways=["whole"],
    ),
    Case(
        "a filter of the model's own",
        ["anthropics/claude-code#28205"],
        "haiku45",
        _CHAT,
        faults=_refused("The model returned the following errors: Output blocked by content filtering policy"),
        status=400,
        answer={"error": {"code": "content_filter"}},
    ),
    Case(
        "a model that wants a profile is the deployment's fault",
        ["aws-samples/sample-per-model-bedrock"],
        "nova",
        _CHAT,
        faults=_refused(
            "Invocation of model ID amazon.nova-lite-v1:0 with on-demand throughput isn\u2019t supported. Retry your "
            "request with the ID or ARN of an inference profile that contains this model."
        ),
        status=500,
        answer={"error": {"message": like("deploy|operator|administrator|configur")}},
    ),
]
