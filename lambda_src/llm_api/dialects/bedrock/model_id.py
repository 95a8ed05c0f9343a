"""The model's name out of a path such as `/model/arn%3Aaws%3A…/invoke`."""

import re

from llm_api.errors import BadRequest

_NAME = re.compile(r"[A-Za-z0-9._:/@+-]{1,2048}", re.ASCII)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_DOT_SEGMENTS = frozenset({"", ".", ".."})


def model_id(path: str) -> str:
    """The alias, ID or ARN in the path, decoded exactly once.

    boto3 escapes an ARN as one segment, `%3A` and `%2F` included, so the name is the raw path's second segment.

    Raises:
        BadRequest: it can be no model's name, such as one with dot segments, or one that was encoded twice.
    """
    segments = path.split("/")
    name = _ESCAPED.sub(_character, segments[2]) if len(segments) == 4 else ""
    if not _NAME.fullmatch(name) or not _DOT_SEGMENTS.isdisjoint(name.split("/")):
        raise BadRequest(
            "The path holds no model's name. Put an alias, or a declared model ID or ARN, percent-encoded once, "
            "between /model/ and the operation."
        )
    if ":prompt/" in name:
        raise BadRequest(
            "Prompts of Bedrock's prompt management are not offered here. Name a model, and send the text."
        )
    return name


def _character(escaped: re.Match[str]) -> str:
    # A byte beyond ASCII is part of no name, whatever it would be with those beside it.
    return chr(int(escaped[1], 16))
