"""Settings out of the environment, and a clear word about each that is malformed."""

import base64
import gzip
import json

import pytest
from llm_api.config import Settings

MODELS = json.dumps({"fast": {"id": "a.b", "family": "anthropic", "fallbacks": ["nova"], "max_output_tokens": 5}})


def kept(cache: dict[str, object]) -> str:
    """One model with a cache."""
    return json.dumps({"fast": {"id": "a.b", "family": "anthropic", "cache": cache}})


def test_defaults_are_the_safe_ones() -> None:
    # GIVEN nothing but the models
    # WHEN the settings are read
    settings = Settings.from_environment({"LLM_API_MODELS": MODELS})

    # THEN the rest is the module's default
    assert (settings.auth, settings.streaming, settings.tenants_table) == ("iam", True, None)
    assert (settings.metrics_namespace, settings.service) == ("LlmApi", "llm-api")
    target = settings.registry.find("fast")
    assert target is not None
    assert (target.fallbacks, target.max_output_tokens) == (("nova",), 5)


def test_every_variable_is_read() -> None:
    # GIVEN all of them, the models compressed
    environment = {
        "LLM_API_MODELS": base64.b64encode(gzip.compress(MODELS.encode())).decode(),
        "LLM_API_AUTH": "api_key",
        "LLM_API_STREAMING": "false",
        "LLM_API_TENANTS_TABLE": "acme-tenants",
        "LLM_API_CACHE_TABLE": "acme-cache",
        "LLM_API_IMAGES_BUCKET": "acme-images",
        "LLM_API_IMAGES_URL_SECONDS": "900",
        "LLM_API_METRICS_NAMESPACE": "Acme",
        "POWERTOOLS_SERVICE_NAME": "acme-llm",
    }

    # WHEN the settings are read
    settings = Settings.from_environment(environment)

    # THEN each is there
    assert settings.registry.find("a.b") is not None
    assert (settings.auth, settings.streaming, settings.tenants_table) == ("api_key", False, "acme-tenants")
    assert (settings.metrics_namespace, settings.service) == ("Acme", "acme-llm")
    assert settings.cache_table == "acme-cache"
    assert (settings.images_bucket, settings.images_url_seconds) == ("acme-images", 900)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "LLM_API_MODELS is missing"),
        ({"LLM_API_MODELS": "  "}, "LLM_API_MODELS is missing"),
        ({"LLM_API_MODELS": "{"}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": "%%%"}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": base64.b64encode(b"no gzip").decode()}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": base64.b64encode(gzip.compress(b"{}")[:-9]).decode()}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": '{"fast": {"id": "a.b"}}'}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": '{"fast": 5}'}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": kept({"ttl_seconds": 60, "scope": "world"})}, "the scope 'world'"),
        ({"LLM_API_MODELS": kept({"scope": "tenant"})}, "LLM_API_MODELS is malformed"),
        ({"LLM_API_MODELS": MODELS, "LLM_API_AUTH": "none"}, "LLM_API_AUTH"),
        ({"LLM_API_MODELS": MODELS, "LLM_API_STREAMING": "perhaps"}, "LLM_API_STREAMING"),
        ({"LLM_API_MODELS": MODELS, "LLM_API_IMAGES_URL_SECONDS": "1h"}, "LLM_API_IMAGES_URL_SECONDS"),
        ({"LLM_API_MODELS": MODELS, "LLM_API_AUTH": "api_key"}, "LLM_API_TENANTS_TABLE is missing"),
    ],
)
def test_what_is_malformed_is_named(environment: dict[str, str], named: str) -> None:
    # GIVEN a variable that is missing or malformed
    # WHEN the settings are read
    # THEN the message names it
    with pytest.raises(ValueError, match=named):
        Settings.from_environment(environment)
