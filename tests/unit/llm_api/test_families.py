"""Each family's page is complete, and tells the version that an ID means."""

import re
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from llm_api.families import Family, family_of, page
from llm_api.registry import Target

from tools.families import PAGES, classes

TYPES = get_type_hints(Family)
FACTS = sorted(name for name in vars(Family) if not name.startswith("_"))


def every_class() -> list[type[Family]]:
    return [kind for module in PAGES for kind in classes(module)]


def is_of(kind: Any, value: Any) -> bool:
    """Whether a value is of an annotation's type, whole numbers among fractions."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in arguments
    if origin in (UnionType, Union):
        return any(is_of(choice, value) for choice in arguments)
    if origin is tuple and arguments[-1:] == (...,):
        return isinstance(value, tuple) and all(is_of(arguments[0], entry) for entry in value)
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(arguments) and all(map(is_of, arguments, value))
    if origin is frozenset:
        return isinstance(value, frozenset) and all(is_of(arguments[0], entry) for entry in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is (NoneType if kind is None else kind)


@pytest.mark.parametrize("module", PAGES)
def test_a_page_is_named_as_its_family(module: str) -> None:
    # GIVEN a page
    # THEN its classes are of the family that the module is named after, which is what `family_of` goes by
    assert {kind.name for kind in classes(module)} == {module.replace("_", "-")}


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_each_fact_is_known_and_of_its_type(kind: type[Family]) -> None:
    # GIVEN a class of versions
    # THEN it states no fact that `Family` doesn't have
    assert {name for name in vars(kind) if not name.startswith("_")} <= set(FACTS)
    # AND each is of the type that is declared there
    for name in FACTS:
        declared = TYPES.get(name, type(getattr(Family, name)))
        assert is_of(declared, getattr(kind, name)), f"{name} = {getattr(kind, name)!r} is no {declared}"


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_what_a_page_says_agrees_with_itself(kind: type[Family]) -> None:
    # THEN a model without tools is held to nothing by a tool, and no choice beside thinking is more than one without
    assert kind.tools or (kind.schema != "tool" and not kind.strict_tools)
    assert kind.tool_choices_thinking <= kind.tool_choices
    assert kind.schema != "tool" or "tool" in kind.tool_choices or "any" in kind.tool_choices
    # AND where an effort is told, there are some; elsewhere none
    assert bool(kind.efforts) == (kind.reasoning in ("adaptive", "levels", "effort", "nested"))
    assert kind.unlimited_effort in ("", *kind.efforts)
    # AND a cache has places and times, or neither
    assert bool(kind.cache_points) == bool(kind.cache_ttls)
    assert kind.cache_points <= {"tools", "system", "messages"}
    assert kind.tool_choices <= {"auto", "any", "tool"}


@pytest.mark.parametrize("module", PAGES)
def test_titles_tell_the_classes_of_a_page_apart(module: str) -> None:
    titles = [kind.title for kind in classes(module)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("identifier", "title"),
    [
        ("anthropic.claude-v2:1", "Claude 2, Instant"),
        ("anthropic.claude-instant-v1", "Claude 2, Instant"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "Claude 3, 3.5"),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "Claude 3, 3.5"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet v2"),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", "Claude 3.5 Haiku"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "Claude 3.7"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", "Claude 4"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "Claude 4.1"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "Claude 4.5"),
        ("anthropic.claude-opus-4-6-v1", "Claude 4.6"),
        ("anthropic.claude-opus-4-7", "Claude Opus 4.7, 4.8"),
        ("anthropic.claude-opus-5", "Claude Opus 5, Sonnet 5"),
        ("anthropic.claude-fable-5", "Claude Fable 5, Mythos 5"),
        ("anthropic.claude-haiku-5-5", "Claude Sonnet 5.5, Haiku 5.5"),
        ("anthropic.claude-opus-5-5", "Claude Opus 5.5, Fable 5.1, Mythos 5.1"),
        ("anthropic.claude-fable-5-1", "Claude Opus 5.5, Fable 5.1, Mythos 5.1"),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "Claude, version unknown"),
    ],
)
def test_claude_is_told_by_its_id(identifier: str, title: str) -> None:
    assert page("anthropic", identifier).title == title


@pytest.mark.parametrize(
    ("family", "identifier", "title"),
    [
        ("nova", "amazon.nova-micro-v1:0", "Nova Micro"),
        ("nova", "us.amazon.nova-pro-v1:0", "Nova"),
        ("nova", "us.amazon.nova-2-lite-v1:0", "Nova 2"),
        ("llama", "meta.llama2-13b-chat-v1", "Llama 2, 3, 3.2 1B and 3B"),
        ("llama", "meta.llama3-8b-instruct-v1:0", "Llama 2, 3, 3.2 1B and 3B"),
        ("llama", "meta.llama3-1-8b-instruct-v1:0", "Llama 3.1, 3.3"),
        ("llama", "us.meta.llama3-2-3b-instruct-v1:0", "Llama 2, 3, 3.2 1B and 3B"),
        ("llama", "us.meta.llama3-2-90b-instruct-v1:0", "Llama 3.2 11B and 90B, 4"),
        ("llama", "us.meta.llama3-3-70b-instruct-v1:0", "Llama 3.1, 3.3"),
        ("llama", "us.meta.llama4-scout-17b-instruct-v1:0", "Llama 3.2 11B and 90B, 4"),
        ("mistral", "mistral.mistral-7b-instruct-v0:2", "Mistral 7B, Mixtral"),
        ("mistral", "mistral.mistral-large-2407-v1:0", "Mistral Large and Small 24xx"),
        ("mistral", "us.mistral.pixtral-large-2502-v1:0", "Pixtral"),
        ("mistral", "mistral.mistral-large-3-675b-instruct", "Mistral of 2025"),
        ("deepseek", "us.deepseek.r1-v1:0", "DeepSeek R1"),
        ("deepseek", "deepseek.v3.2", "DeepSeek V3"),
        ("openai", "openai.gpt-oss-120b-1:0", "gpt-oss"),
        ("openai", "us.openai.gpt-5.6", "GPT-5, GPT-6"),
        ("qwen", "qwen.qwen3-32b-v1:0", "Qwen3"),
        ("qwen", "qwen.qwen3-vl-235b-a22b", "Qwen3-VL"),
        ("writer", "us.writer.palmyra-x5-v1:0", "Palmyra X4, X5"),
        ("moonshot", "moonshotai.kimi-k2.5", "Kimi K2.5"),
    ],
)  # fmt: skip
def test_versions_are_told_by_their_ids(family: str, identifier: str, title: str) -> None:
    assert page(family, identifier).title == title


def test_a_family_without_a_page_is_one_of_which_nothing_is_known() -> None:
    assert family_of(Target("new", "acme.model-v1:0", "of-tomorrow")).name == "other"


def test_the_foundation_model_tells_more_than_the_profile() -> None:
    # GIVEN an application profile whose foundation model was declared
    target = Target("fast", "arn:aws:…:application-inference-profile/x", "nova", base_id="amazon.nova-2-lite-v1:0")
    # THEN that one counts
    assert family_of(target).title == "Nova 2"


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_patterns_of_ids_are_plain(kind: type[Family]) -> None:
    # GIVEN patterns that Terraform's engine reads as well
    for pattern in kind.ids:
        # THEN each is anchored, and holds neither looking around nor references back
        assert pattern.startswith("^")
        assert not re.search(r"\(\?[^:]|\\", pattern)
