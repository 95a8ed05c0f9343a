"""What a family of models is to the stand-ins: its IDs, its formats, and what each of its models takes.

One module a family in `families/`; each fact there has its source beside it. What the sources leave open is allowed,
and `local_aws/README.md` lists it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local_aws.models.formats import Body, ChatFormat
from local_aws.models.media import Answerer

Request = Mapping[str, Any]

EVERY_CHOICE = frozenset({"auto", "any", "tool"})
AUTO = frozenset({"auto"})

NO_CACHE: frozenset[str] = frozenset()
"""Nowhere: a cache point is refused with 403.

https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html lists who has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What one class of models takes over Converse.

    https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html

    Attributes:
        choices: which kinds of `toolChoice`.
        schema_root: what the root of a tool's schema may hold besides `type: object`: `any`thing; no `unions`
            (`oneOf`, `anyOf`, `allOf`); or, `bare`, nothing but `properties` and `required`.
        system_tools: names of the `systemTool`s.
        stop_sequences: whether Converse takes them.
        sampling: `both` temperature and topP, `one` of them, the `default` of 1 alone, or `none`.
        prefill: whether the last turn may be the assistant's.
        structured: whether `outputConfig.textFormat` and strict tools are taken.
        cache: where cache points may stand, of `tools`, `system` and `messages`.
        cache_ttls: how long what they cache may be kept.
        free_documents: formats of documents that may be larger than 4.5 MB.
        images_max: of one request; None where the sources tell none.
        fields: the names that `additionalModelRequestFields` may have; None where unknown ones pass.
        reasons: whether every answer begins with reasoning.
    """

    system: bool = True
    tools: bool = True
    images: bool = True
    documents: bool = True
    choices: frozenset[str] = EVERY_CHOICE
    schema_root: Literal["any", "unions", "bare"] = "any"
    system_tools: frozenset[str] = frozenset()
    stop_sequences: bool = True
    sampling: Literal["both", "one", "default", "none"] = "both"
    prefill: bool = True
    structured: bool = False
    cache: frozenset[str] = NO_CACHE
    cache_ttls: frozenset[str] = frozenset({"5m", "1h"})
    free_documents: frozenset[str] = frozenset()
    images_max: int | None = None
    fields: frozenset[str] | None = None
    reasons: bool = False


Check = Callable[[Request, str], None]
"""Checks a Converse request, whose shapes are in order, for the model of an ID; raises ServiceError."""

Reasons = Callable[[Mapping[str, Any], str, int], bool]
"""Whether the additional fields of a Converse request have the model of an ID reason, within a limit of tokens."""


def _nothing_more(request: Request, model_id: str) -> None:
    pass


def _never(fields: Mapping[str, Any], model_id: str, limit: int) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family.

    Attributes:
        name: what a test declares an opaque target with.
        ids: a pattern of its foundation models' IDs.
        profile_only: a pattern of those that are called through an inference profile.
        classes: patterns of IDs, the first that is found in one decides; the last is for everything else, the opaque
            targets of the family included. Empty: Converse does not take the family.
        invoke: InvokeModel's format, by body and ID; None: it does not chat there.
        media: what answers instead, where it gives no text.
        check: what else Converse checks.
        reasons: whether a Converse request asks for reasoning.
        contexts: patterns of IDs, the first that is found in one decides, with the most tokens that such a model reads
            and writes; where none is found, nobody knows.
        body_bytes_max: of a request.
    """

    name: str
    ids: str
    profile_only: str = r"(?!)"
    classes: tuple[tuple[str, Abilities], ...] = ()
    invoke: Callable[[Body, str], ChatFormat] | None = None
    media: Answerer | None = None
    check: Check = _nothing_more
    reasons: Reasons = _never
    contexts: tuple[tuple[str, int], ...] = ()
    body_bytes_max: int | None = None

    def context(self, model_id: str) -> int | None:
        """How many tokens the model of an ID reads at most; None where nobody knows."""
        return next((most for pattern, most in self.contexts if re.search(pattern, model_id)), None)

    def abilities(self, model_id: str) -> Abilities | None:
        """What the model of an ID takes; None where Converse does not take it at all."""
        return next((can for pattern, can in self.classes if re.search(pattern, model_id)), None)
