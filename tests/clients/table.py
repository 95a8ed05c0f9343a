"""The clients that `make clients` runs. To add one: its package in requirements/ or node/, a program, a line here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Client:
    """A client in one of its ways to call.

    Attributes:
        name: as people know it.
        package: in the requirements of its environment.
        program: in `programs/`, with its argument.
        environment: `python`, `python-more` or `node`, below `.local/clients`.
        setting: what is set to point it here.
        model: the alias that it asks for.
        everyday: the checks that `make test` runs; none of them where it is left to `make clients`.
        reasons: why a check needs what it needs, or does not work, for the page.
    """

    name: str
    package: str
    program: str
    environment: str
    setting: str
    model: str = "fast"
    everyday: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)


V1 = "`base_url` = URL`/v1`, `api_key`"
BASE = "`base_url` = URL, `api_key`"
BEARER = "`AWS_BEARER_TOKEN_BEDROCK`"
API_BASE = "`api_base` = URL`/v1`, `api_key`"
NODE_V1 = "`baseURL` = URL`/v1`, `apiKey`"
VOCABULARY = "It sends numbers of tokens, by a vocabulary that it fetches from the internet; else it sends text."
CAP = (
    "For a name that it does not know it asks for more tokens than the model's `max_output_tokens`. "
    "`clamp_output_tokens` of the deployment does as well."
)

VERSION = (
    "From 2.0 on it sends version `2026-10-21`, which Bedrock takes for Claude Opus 4.7 and later alone: "
    '`extra_body={"anthropic_version": "bedrock-2023-05-31"}`.'
)
CODEX = "a provider with `base_url` = URL`/v1`, `env_key`"

CLIENTS = (
    Client("openai, chat", "openai", "openai_sdk.py", "python", V1),
    Client("openai, Responses", "openai", "openai_sdk.py responses", "python", V1),
    Client("openai for Node.js, chat", "openai", "openai_sdk.mjs", "node", NODE_V1),
    Client("openai for Node.js, Responses", "openai", "openai_sdk.mjs responses", "node", NODE_V1),
    Client("anthropic, with its tool runner", "anthropic", "anthropic_sdk.py", "python", BASE),
    Client(
        "anthropic, `AnthropicBedrock`",
        "anthropic",
        "anthropic_sdk.py bedrock",
        "python",
        BASE,
        reasons=dict.fromkeys(("plain", "streamed", "tools", "structured", "image"), VERSION),
    ),
    Client("@anthropic-ai/sdk", "@anthropic-ai/sdk", "anthropic_sdk.mjs", "node", "`baseURL` = URL, `apiKey`"),
    Client("boto3, Converse", "boto3", "boto3_sdk.py", "python", f"`endpoint_url` = URL, {BEARER}"),
    Client(
        "AWS SDK for JavaScript, Converse",
        "@aws-sdk/client-bedrock-runtime",
        "bedrock_sdk.mjs",
        "node",
        "`endpoint` = URL, `token`",
    ),
    Client(
        "openai-agents, Responses",
        "openai-agents",
        "openai_agents.py",
        "python",
        V1,
        everyday=("plain", "streamed", "tools", "parallel", "structured", "image", "401", "404"),
    ),
    Client("openai-agents, chat", "openai-agents", "openai_agents.py chat", "python", V1),
    Client(
        "langchain-openai, chat",
        "langchain-openai",
        "langchain_chat.py chat",
        "python",
        V1,
        reasons={"embeddings": VOCABULARY},
    ),
    Client(
        "langchain-openai, `use_responses_api`",
        "langchain-openai",
        "langchain_chat.py responses",
        "python",
        V1,
        everyday=("plain", "streamed", "tools", "structured", "image", "401", "404"),
    ),
    Client("langchain-anthropic", "langchain-anthropic", "langchain_chat.py anthropic", "python", BASE),
    Client(
        "langchain-aws, Converse",
        "langchain-aws",
        "langchain_chat.py aws",
        "python",
        f"`base_url` = URL, `provider`, {BEARER}",
        reasons={"streamed": "By an alias it can't tell that the model streams."},
    ),
    Client("pydantic-ai `openai:`, Responses", "pydantic-ai-slim", "pydantic_agents.py openai", "python", V1),
    Client("pydantic-ai `openai-chat:`", "pydantic-ai-slim", "pydantic_agents.py chat", "python", V1),
    Client("pydantic-ai `anthropic:`", "pydantic-ai-slim", "pydantic_agents.py anthropic", "python", BASE),
    Client("pydantic-ai `bedrock:`", "pydantic-ai-slim", "pydantic_agents.py bedrock", "python", BASE),
    Client(
        "llm",
        "llm",
        "llm_client.py",
        "python",
        "`api_base` = URL`/v1` and `api_key_name` in `extra-openai-models.yaml`",
    ),
    Client("LiteLLM `openai/`", "litellm", "litellm_client.py openai", "python-more", API_BASE),
    Client(
        "LiteLLM `openai/responses/`",
        "litellm",
        "litellm_client.py openai/responses",
        "python-more",
        API_BASE,
    ),
    Client(
        "LiteLLM `anthropic/`",
        "litellm",
        "litellm_client.py anthropic",
        "python-more",
        "`api_base` = URL, `api_key`",
        reasons=dict.fromkeys(("plain", "streamed", "tools", "structured", "image"), CAP),
    ),
    Client(
        "LiteLLM `bedrock/converse/`",
        "litellm",
        "litellm_client.py bedrock/converse",
        "python-more",
        f"`aws_bedrock_runtime_endpoint` = URL, {BEARER}",
        reasons={"tools": "It takes a model whose name it does not know for one without tools."},
    ),
    Client("instructor", "instructor", "instructor_client.py", "python-more", V1),
    Client("DSPy", "dspy", "dspy_client.py", "python-more", API_BASE),
    Client(
        "llama-index, OpenAILike",
        "llama-index-llms-openai-like",
        "llama_index_client.py",
        "python-more",
        API_BASE,
        reasons=dict.fromkeys(("tools", "image"), "By default it completes text, over `/v1/completions`."),
    ),
    Client(
        "Vercel AI SDK, its default: Responses",
        "@ai-sdk/openai",
        "ai_sdk.mjs openai",
        "node",
        NODE_V1,
        everyday=("plain", "streamed", "tools", "structured", "image", "embeddings", "401", "404"),
    ),
    Client("Vercel AI SDK, `.chat()`", "@ai-sdk/openai", "ai_sdk.mjs chat", "node", NODE_V1),
    Client("Vercel AI SDK, `@ai-sdk/anthropic`", "@ai-sdk/anthropic", "ai_sdk.mjs anthropic", "node", NODE_V1),
    Client(
        "Vercel AI SDK, `@ai-sdk/openai-compatible`",
        "@ai-sdk/openai-compatible",
        "ai_sdk.mjs compatible",
        "node",
        NODE_V1,
        reasons={"structured": "Without it, it asks for JSON of any shape, which works as well."},
    ),
    Client(
        "Vercel AI SDK, `@ai-sdk/amazon-bedrock`",
        "@ai-sdk/amazon-bedrock",
        "ai_sdk.mjs bedrock",
        "node",
        "`baseURL` = URL, `apiKey`",
    ),
    Client(
        "Codex CLI",
        "@openai/codex",
        "codex_cli.py",
        "node",
        CODEX,
        everyday=("agent", "structured", "404"),
    ),
    Client(
        "Codex CLI, alias `gpt-5.5`: `apply_patch` in a form of its own",
        "@openai/codex",
        "codex_cli.py",
        "node",
        CODEX,
        model="gpt-5.5",
    ),
    Client(
        "Codex CLI, alias `gpt-5.6-sol`: code mode, and agents of its own",
        "@openai/codex",
        "codex_cli.py",
        "node",
        CODEX,
        model="gpt-5.6-sol",
    ),
    Client(
        "Claude Code",
        "@anthropic-ai/claude-code",
        "claude_code.py",
        "node",
        "`ANTHROPIC_BASE_URL` = URL, `ANTHROPIC_AUTH_TOKEN`",
        everyday=("agent", "404"),
    ),
    Client(
        "Claude Code, Bedrock mode",
        "@anthropic-ai/claude-code",
        "claude_code.py bedrock",
        "node",
        f"`ANTHROPIC_BEDROCK_BASE_URL` = URL, {BEARER}",
        everyday=("agent",),
    ),
)
