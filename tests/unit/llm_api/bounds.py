"""What the tests of bounds share: a model of each family, and a picture."""

import base64

from llm_api.registry import Target

from local_aws.models.images import paint

LIMIT = 700
MODELS = {
    "anthropic": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "nova": "amazon.nova-lite-v1:0",
    "titan-text": "amazon.titan-text-express-v1",
    "llama": "us.meta.llama3-3-70b-instruct-v1:0",
    "mistral": "mistral.mistral-large-2407-v1:0",
    "cohere-command": "cohere.command-r-plus-v1:0",
    "jamba": "ai21.jamba-1-5-large-v1:0",
    "deepseek": "us.deepseek.r1-v1:0",
    "openai": "openai.gpt-oss-120b-1:0",
    "qwen": "qwen.qwen3-32b-v1:0",
    "titan-embed": "amazon.titan-embed-text-v2:0",
    "cohere-embed": "cohere.embed-v4:0",
}


def target_of(family: str) -> Target:
    return Target("m", MODELS[family], family, max_output_tokens=None if "embed" in family else LIMIT)


def picture(size: tuple[int, int]) -> str:
    return base64.b64encode(paint("x", *size)).decode()
