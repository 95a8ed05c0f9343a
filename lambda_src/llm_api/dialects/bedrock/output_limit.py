"""`max_output_tokens`: a body that asks for more is refused, or lowered; one that says nothing gets the limit.

Each family calls the field otherwise, and a name that a model doesn't obey limits nothing. So what goes out has one
limit, under the name that the model obeys (`llm_api.families`): a synonym is renamed, and any other family's name is
refused, whatever its spelling. What was reserved for the request is then what it can write at most.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llm_api.dialects.lowered import lowered, thinking_within
from llm_api.errors import BadRequest
from llm_api.families import Family, Path, family_of
from llm_api.registry import Target

CONVERSE: Path = ("inferenceConfig", "maxTokens")
_ADDITIONAL = "additionalModelRequestFields"

_PROMPTS = ("inputs", "inputText", "message", "messages", "prompt")
"""The fields in which a family's own format has the prompt."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LIMITS = _names(
    "maxcompletiontokens maxgenlen maxgentokens maxgeneratedtokens maxnewtokens maxoutputlength maxoutputtokens "
    "maxlength maxtokencount maxtokens maxtokenstogenerate maxtokenstosample npredict numpredict"
)
"""What limits are called anywhere, as `_plain` writes it."""

_ANSWERS = _names(
    "bestof candidatecount n numchoices numcompletions numgenerations numresults numreturnsequences numsamples"
)
"""How many answers are asked for, in the same writing: each may be as long as the limit."""

_SETTINGS = _names(
    "additionalmodelrequestfields config extrabody generationconfig generationparameters inferenceconfig options "
    "parameters samplingparams samplingparameters textgenerationconfig"
)
"""Objects within a body that hold settings and no text, in the same writing."""


def fields_of(family: Family, body: Mapping[str, Any]) -> tuple[Path, ...]:
    """The fields of an InvokeModel body that limit what the model writes; none where it writes no text."""
    if not family.output_limits:
        return ()
    given = {name for name in _PROMPTS if name in body}
    elsewhere = [(name, path) for name, path in family.output_limits_of_prompts if name in given]
    usual = () if elsewhere and given == {name for name, _ in elsewhere} else family.output_limits
    return (*usual, *(path for _, path in elsewhere if path not in usual))


def limit_invoke(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The body of InvokeModel with its limit; the same object where that is what it had, or needs none.

    Raises:
        BadRequest: it asks for more than the target allows, or in a way that the model doesn't obey.
    """
    if target.max_output_tokens is None:
        return body
    family = family_of(target)
    fields = fields_of(family, body)
    if not fields:
        return body
    return thinking_within(_limited(body, fields, family.output_limit_synonyms, target), target)


def limit_converse(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The body of Converse with its limit; the same object where that is what it had, or needs none.

    A limit in the family's own field, among the additional ones, takes the place of Converse's: nothing says which of
    the two a model would follow.

    Raises:
        BadRequest: it asks for more than the target allows, or in a way that the model doesn't obey.
    """
    if target.max_output_tokens is None:
        return body
    family = family_of(target)
    own = (*family.output_limits, *family.output_limit_synonyms)
    limited = _limited(body, (CONVERSE,), tuple((_ADDITIONAL, *path) for path in own), target)
    additional = limited.get(_ADDITIONAL)
    if not isinstance(additional, dict):
        return limited
    within = thinking_within(additional, target)
    return limited if within is additional else {**limited, _ADDITIONAL: within}


def limit_in(body: Mapping[str, Any], target: Target, *, converse: bool) -> int | None:
    """The most output tokens that a body which goes out may come to; None where nothing limits them."""
    family = family_of(target)
    fields = (CONVERSE,) if converse else fields_of(family, body)
    if not family.output_limits:
        return 0
    if target.max_output_tokens is None:
        return None
    given = [_at(body, path) for path in fields]
    return max((value for value in given if _is_limit(value)), default=target.max_output_tokens)


def check_unreadable(target: Target) -> None:
    """A body that is no JSON can't be limited.

    Raises:
        BadRequest: the target has a limit.
    """
    if target.max_output_tokens is not None:
        raise BadRequest(
            f"Model {target.alias!r} has an output limit, which can only be set in JSON. Send JSON, with the header "
            "`content-type: application/json`."
        )


def _limited(
    body: dict[str, Any], fields: tuple[Path, ...], synonyms: tuple[Path, ...], target: Target
) -> dict[str, Any]:
    most = target.max_output_tokens or 0
    asked: dict[Path, int] = {}
    unset: list[Path] = []
    for path, value in _settings(body):
        word = _plain(path[-1])
        if word in _ANSWERS and value is not None and not (type(value) is int and value == 1):
            raise BadRequest(
                f"{'.'.join(path)[:200]} is refused: model {target.alias!r} gives one answer at a time. Leave it out."
            )
        if word not in _LIMITS:
            continue
        if value is None:
            unset.append(path)
        elif path in fields or path in synonyms:
            asked[path] = _checked(path, value, target)
        else:
            raise BadRequest(
                f"{'.'.join(path)[:200]} doesn't limit the output of model {target.alias!r}. Send "
                f"{'.'.join(fields[0])} in its place."
            )
    limit = min(next(iter(asked.values()), most), most)
    if len(set(asked.values())) > 1:
        raise BadRequest(f"{' and '.join('.'.join(path) for path in asked)} differ. Send {'.'.join(fields[0])} alone.")
    changed = body
    for path in (*asked, *unset):
        if path not in fields:
            changed = _without(changed, path)
    for path in fields:
        if asked.get(path) != limit:
            changed = _with(changed, path, limit)
    return changed


def told_lowered(body: Mapping[str, Any], target: Target) -> list[str]:
    """What a caller is told whose limit was lowered, for the `warning` header."""
    if not target.clamps:
        return []
    limits = [(path, value) for path, value in _settings(body) if _plain(path[-1]) in _LIMITS]
    return [text for path, wanted in limits for text in lowered(target, ".".join(path), wanted)]


def _settings(body: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every setting of a body, those in its objects of settings included, by its path."""
    for name, value in body.items():
        path = (*above, name)
        yield path, value
        if isinstance(value, dict) and _plain(name) in _SETTINGS:
            yield from _settings(value, path)


def _plain(name: str) -> str:
    """A name as the most lenient reader of JSON might take it: letters and digits, without case."""
    return "".join(filter(str.isalnum, name.casefold())) if len(name) < 64 else ""


def _checked(path: Path, value: Any, target: Target) -> int:
    name, most = ".".join(path), target.max_output_tokens or 0
    # Less than one is no limit: to some servers it means that there is none.
    if not _is_limit(value):
        raise BadRequest(f"{name} must be a whole number of at least 1.")
    if value > most and not target.clamps:
        raise BadRequest(f"{name} is {value}, but model {target.alias!r} allows at most {most} output tokens.")
    return int(value)


def _is_limit(value: Any) -> bool:
    return type(value) is int and value >= 1


def _at(body: Mapping[str, Any], path: Path) -> Any:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _with(body: Mapping[str, Any], path: Path, value: int) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**body, name: value}
    below = body.get(name)
    if below is not None and not isinstance(below, dict):
        raise BadRequest(f"{name} must be an object.")
    return {**body, name: _with(below or {}, tuple(rest), value)}


def _without(body: Mapping[str, Any], path: Path) -> dict[str, Any]:
    name, *rest = path
    left = {key: value for key, value in body.items() if key != name}
    return {**body, name: _without(body[name], tuple(rest))} if rest else left
