"""Images and documents: OpenAI's data URLs as Converse's content blocks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
"""

import base64
import binascii
import re
from typing import Any

from llm_api.dialects import pictures
from llm_api.dialects.openai.fields import InvalidField, mapping, required_text, text

DOCUMENT_FORMATS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}

MAX_DOCUMENT_NAME = 200

_MAX_HEAD = 1024
"""Characters of a data URL before its data: a media type and a few parameters."""

_BLANKS = b" \t\n\r\v\f"


def image_block(part: dict[str, Any], path: str) -> tuple[dict[str, Any], list[str]]:
    """The image block of an `image_url` part, and warnings.

    Raises:
        InvalidField: not a data URL in base64 of a format that Bedrock reads.
    """
    image = mapping(part.get("image_url"), f"{path}.image_url")
    url = required_text(image, "url", f"{path}.image_url")
    where = f"{path}.image_url.url"
    if not _is_data_url(url):
        raise InvalidField(
            where,
            f"{where} must be a data URL (data:image/png;base64,...): Bedrock does not fetch images, and this API "
            "opens no connection to an address that a caller names.",
        )
    _, data = _data_url(url, where)
    found = pictures.kind(data)
    if found is None:
        raise InvalidField(where, f"{where} holds no image that Bedrock reads: PNG, JPEG, GIF or WebP.")
    warnings = []
    if text(image, "detail", f"{path}.image_url") not in (None, "auto"):
        warnings.append("image_url.detail was ignored: the model decides in which detail it looks")
    return {"image": {"format": found, "source": {"bytes": data}}}, warnings


def document_block(part: dict[str, Any], path: str, names: dict[str, int]) -> dict[str, Any]:
    """The document block of a `file` part.

    Parameters:
        names: the documents' names so far in this request, with how often each was asked for; Bedrock wants them to be
            unique. The new one is added.

    Raises:
        InvalidField: no data, or of a format that Bedrock doesn't read.
    """
    where = f"{path}.file"
    file = mapping(part.get("file"), where)
    if file.get("file_id") is not None:
        raise InvalidField(f"{where}.file_id", f"{where}.file_id is not supported: no files are kept. Use file_data.")
    data = required_text(file, "file_data", where)
    filename = text(file, "filename", where) or "document"
    extension = filename.rpartition(".")[2].lower()
    if _is_data_url(data):
        media_type, data = _data_url(data, f"{where}.file_data")
        kind = DOCUMENT_FORMATS.get(media_type)
    else:
        kind, data = None, _base64(data, f"{where}.file_data")
    if kind is None and extension in DOCUMENT_FORMATS.values():
        kind = extension
    if kind is None:
        raise InvalidField(
            where,
            f"{where} is of no format that Bedrock reads. Use a data URL or a filename of one of "
            f"{', '.join(sorted(set(DOCUMENT_FORMATS.values())))}.",
        )
    return {"document": {"format": kind, "name": _unique_name(filename, names), "source": {"bytes": data}}}


def _is_data_url(url: str) -> bool:
    return url[: len("data:")].lower() == "data:"


def _data_url(url: str, where: str) -> tuple[str, str]:
    """Media type and data. Schemes, types and `base64` are of any case, parameters of any kind: RFC 2397."""
    end = url.find(",", 0, _MAX_HEAD)
    media_type, *parameters = url[len("data:") : end].split(";") if end > 0 else [""]
    in_base64 = any(parameter.strip().lower().startswith("base64") for parameter in parameters)
    if not in_base64 or not url[:end].isprintable():
        raise InvalidField(where, f"{where} must be a data URL in base64, such as data:image/png;base64,....")
    return media_type.strip().lower(), _base64(url[end + 1 :], where)


def _base64(data: str, where: str) -> str:
    try:
        compact = data.encode("ascii").translate(None, _BLANKS)
        compact += b"=" * (-len(compact) % 4)  # many leave the padding out
        empty = not base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidField(where, f"{where} holds no valid base64.") from None
    if empty:
        raise InvalidField(where, f"{where} is empty.")
    return data if len(compact) == len(data) else compact.decode("ascii")


def _unique_name(filename: str, names: dict[str, int]) -> str:
    # Bedrock allows letters, digits, hyphens, brackets and single blanks.
    stem = (filename.rpartition(".")[0] or filename)[:_MAX_HEAD]
    clean = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9\s()\[\]-]", " ", stem)).strip() or "document"
    clean = clean[: MAX_DOCUMENT_NAME - 8].strip()
    # Counted up by name, so that a thousand files of one name don't make a million comparisons.
    name, count = clean, names.get(clean, 0)
    while name in names:
        count += 1
        name = f"{clean} ({count})"
    names[clean] = max(count, 1)
    names.setdefault(name, 1)
    return name
