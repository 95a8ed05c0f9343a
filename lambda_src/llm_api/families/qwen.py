"""Alibaba's Qwen3 (notebooks)."""

from llm_api.families import Family


class Qwen(Family):
    """Qwen3."""

    name = "qwen"
    title = "Qwen3"
    ids = ("^qwen[.]",)

    stops = False  # reported: langgenius/dify-official-plugins#1767, "doesn't support the stopSequences field"
    images = False  # notebooks


class QwenVl(Qwen):
    """Qwen3-VL, which sees."""

    title = "Qwen3-VL"

    images = True  # notebooks


def of(identifier: str) -> type[Family]:
    """See `llm_api.families`."""
    return QwenVl if "-vl" in identifier else Qwen
