"""What Terraform reads of the families is what their pages say."""

import re
from pathlib import Path

import pytest

from tools import families
from tools.families import PAGES, classes

HCL = families.ROOT / "modules" / "model-access"


def test_the_file_is_what_the_pages_say() -> None:
    assert families.main(["--check"]) == 0


def test_a_file_that_is_behind_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a file that lacks a family
    behind = tmp_path / "families.json"
    behind.write_text("{}\n")
    monkeypatch.setattr(families, "ROOT", tmp_path)
    monkeypatch.setattr(families, "JSON", behind)
    # WHEN it is compared
    status = families.main(["--check"])
    # THEN that fails, and says what to do
    assert status == 1
    assert "make docs" in capsys.readouterr().err
    # AND writing it mends it
    assert families.main([]) == 0
    assert families.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("identifier", "family"),
    [
        ("ai21.jamba-1-5-large-v1:0", "jamba"),
        ("amazon.nova-2-lite-v1:0", "nova"),
        ("amazon.nova-canvas-v1:0", "nova-canvas"),
        ("amazon.nova-reel-v1:0", None),
        ("amazon.nova-sonic-v1:0", None),
        ("amazon.rerank-v1:0", "cohere-rerank"),
        ("amazon.titan-embed-text-v2:0", "titan-embed"),
        ("amazon.titan-image-generator-v2:0", "titan-image"),
        ("amazon.titan-text-express-v1", "titan-text"),
        ("amazon.titan-tg1-large", "titan-text"),
        ("anthropic.claude-opus-4-7", "anthropic"),
        ("cohere.command-r-v1:0", "cohere-command"),
        ("cohere.embed-v4:0", "cohere-embed"),
        ("cohere.rerank-v3-5:0", "cohere-rerank"),
        ("deepseek.v3.2", "deepseek"),
        ("google.gemma-3-27b-it", "gemma"),
        ("meta.llama4-scout-17b-instruct-v1:0", "llama"),
        ("minimax.minimax-m2.5", "minimax"),
        ("mistral.devstral-2-123b", "mistral"),
        ("moonshot.kimi-k2-thinking", "moonshot"),
        ("moonshotai.kimi-k2.5", "moonshot"),
        ("nvidia.nemotron-nano-12b-v2", "nvidia"),
        ("openai.gpt-oss-120b-1:0", "openai"),
        ("openai.gpt-5.6", "openai"),
        ("openai.gpt-6.1-sol", "openai"),
        ("qwen.qwen3-32b-v1:0", "qwen"),
        ("stability.stable-image-core-v1:1", "stability"),
        ("twelvelabs.pegasus-1-2-v1:0", None),
        ("writer.palmyra-x5-v1:0", "writer"),
        ("xai.grok-4.6", "xai"),
        ("zai.glm-5", "glm"),
    ],
)
def test_an_id_tells_one_family_or_none(identifier: str, family: str | None) -> None:
    # GIVEN the patterns of all pages
    told = [
        kind.name
        for kind in (classes(module)[0] for module in PAGES)
        if any(re.match(pattern, identifier) for pattern in kind.ids)
    ]
    # THEN no two families claim the model
    assert told == ([family] if family else [])


def test_the_input_lists_each_family() -> None:
    # GIVEN what the input `models` says of `family`
    line = next(line for line in (HCL / "variables.tf").read_text().splitlines() if "- `family`:" in line)
    # THEN it names them all
    assert {kind.name for module in PAGES for kind in classes(module)} <= set(re.findall(r"`([a-z-]+)`", line))
