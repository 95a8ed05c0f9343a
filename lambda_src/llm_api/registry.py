"""Declared models: the names that callers may use, and the target behind each.

The registry is written by `modules/model-access` and travels in the environment, as plain JSON or, where that
would not fit into Lambda's 4 KB, as base64 of gzip.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal, NamedTuple, Self, get_args

PICODOLLARS_PER_USD = 10**12
"""Prices and sums are whole picodollars: a hundredth of a cent a million tokens is 100 of them a token, and adding
never rounds."""

_TOKENS_PER_PRICE = 10**6

GZIP = 16 + zlib.MAX_WBITS
"""What zlib calls the format of `base64gzip`."""

OnTimeout = Literal["error", "partial", "fallback"]
"""What becomes of a request that isn't streamed when its time runs out: an error, what the model has said so far, or
one of the fallbacks, which is asked while there is still time for it."""

Scope = Literal["tenant", "shared"]
"""Who is given an answer that was kept: whoever it was first given to, or everybody who may use the model."""


class Guardrail(NamedTuple):
    """The guardrail that every call of a target carries. IAM refuses the call without it.

    Attributes:
        input_tags: whether callers may mark which parts of the input it checks, which exempts all others.
    """

    id: str
    version: str
    input_tags: bool = False


class Endpoint(NamedTuple):
    """A SageMaker endpoint, optionally one inference component on it.

    Attributes:
        format: what its container speaks: `openai`, whose chat completions are read here, or its own, `native`.
    """

    name: str
    inference_component: str | None = None
    format: Literal["native", "openai"] = "native"

    @property
    def chats(self) -> bool:
        """Whether it can be asked for a chat completion."""
        return self.format == "openai"


class Price(NamedTuple):
    """What a model costs, in picodollars a token and picodollars an image. What isn't priced is None.

    Attributes:
        cache_write: a token written to the prompt cache for five minutes.
        cache_write_1h: a token written to the prompt cache for an hour.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    image: int | None = None


class CacheTerms(NamedTuple):
    """How long a model's answers are kept, and for whom."""

    ttl_seconds: int
    scope: Scope = "tenant"


class PromptCache(NamedTuple):
    """Where prompts of a target are cached that don't say so themselves, and for how long.

    Attributes:
        points: of tools, system, messages.
    """

    ttl: Literal["5m", "1h"] = "5m"
    points: frozenset[str] = frozenset({"tools", "system", "messages"})


class Target(NamedTuple):
    """One declared model.

    Attributes:
        alias: the name in the `models` map.
        id: what Bedrock is called with: a model ID, profile ID or ARN; None for a SageMaker endpoint.
        family: whose request format the model speaks, such as `anthropic` or `nova`.
        base_id: the foundation model's own ID, which CountTokens wants, where it is known.
        fallbacks: aliases to try in order when this target can't answer.
        max_output_tokens: the most output tokens one request may ask for.
        clamps: whether a request for more gets `max_output_tokens`, with a warning, in place of a refusal.
        betas: the `anthropic_beta` values that callers may ask for.
        price: what it costs; None where the declaration doesn't say.
        on_timeout: what becomes of a request that the model doesn't answer in time.
        cache: on what terms its answers are kept; None where they aren't.
        prompt_cache: where its prompts are cached; None where callers alone decide.
        service_tier: the tier that each call asks for: priority, flex or reserved; None for the default one.
    """

    alias: str
    id: str | None
    family: str
    base_id: str | None = None
    fallbacks: tuple[str, ...] = ()
    guardrail: Guardrail | None = None
    max_output_tokens: int | None = None
    betas: frozenset[str] = frozenset()
    endpoint: Endpoint | None = None
    price: Price | None = None
    on_timeout: OnTimeout = "error"
    cache: CacheTerms | None = None
    prompt_cache: PromptCache | None = None
    service_tier: str | None = None
    clamps: bool = False

    def lowers(self, wanted: object) -> bool:
        """Whether a caller's output limit is lowered to this target's."""
        most = self.max_output_tokens
        return self.clamps and most is not None and type(wanted) is int and wanted > most

    def limited_to(self, max_output_tokens: int | None) -> Self:
        """The same target for a caller who has an output limit of its own: the lower of the two holds."""
        if max_output_tokens is None or (self.max_output_tokens or max_output_tokens + 1) <= max_output_tokens:
            return self
        return self._replace(max_output_tokens=max_output_tokens)


class Registry:
    """Targets by alias, and by the ID or ARN they were declared with."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_alias = {target.alias: target for target in targets}
        self._by_id: dict[str, list[Target]] = {}
        for alias in sorted(self._by_alias):
            target = self._by_alias[alias]
            if target.id is not None:
                self._by_id.setdefault(target.id, []).append(target)

    @classmethod
    def decode(cls, text: str) -> "Registry":
        """Read the environment's form, `{alias: {"id": …, "family": …, …}}` in JSON, plain or base64 of gzip.

        Raises:
            ValueError: the text is neither.
        """
        if not text.startswith("{"):
            text = zlib.decompress(base64.b64decode(text, validate=True), GZIP).decode()
        entries: dict[str, dict[str, Any]] = json.loads(text, parse_float=Decimal)
        return cls(_target(alias, entry) for alias, entry in entries.items())

    def find(self, name: str, allowed: frozenset[str] | None = None) -> Target | None:
        """The target that `name` means, or None.

        Parameters:
            name: an alias, or a declared ID or ARN.
            allowed: the aliases that the caller may use; None where every declared model is open.
        """
        candidates = [self._by_alias[name]] if name in self._by_alias else self._by_id.get(name, [])
        for target in candidates:
            if allowed is None or target.alias in allowed:
                return target
        return None

    def aliases(self, allowed: frozenset[str] | None = None) -> list[Target]:
        """The targets that the caller may use, by alias."""
        return [target for alias, target in sorted(self._by_alias.items()) if allowed is None or alias in allowed]


def _target(alias: str, entry: Mapping[str, Any]) -> Target:
    guardrail = entry.get("guardrail")
    sagemaker = entry.get("sagemaker")
    return Target(
        alias=alias,
        id=entry.get("id"),
        family=entry["family"],
        base_id=entry.get("base_id"),
        fallbacks=tuple(entry.get("fallbacks") or ()),
        guardrail=(
            Guardrail(guardrail["id"], guardrail["version"], guardrail.get("input_tags", False)) if guardrail else None
        ),
        max_output_tokens=entry.get("max_output_tokens"),
        betas=frozenset(entry.get("betas") or ()),
        endpoint=_endpoint(sagemaker) if sagemaker else None,
        price=_price(alias, entry["price"]) if entry.get("price") else None,
        cache=_cache(alias, entry["cache"]) if entry.get("cache") else None,
        on_timeout=entry.get("on_timeout", "error"),
        prompt_cache=_prompt_cache(entry["prompt_cache"]) if entry.get("prompt_cache") else None,
        service_tier=entry.get("service_tier"),
        clamps=entry.get("clamp_output_tokens", False),
    )


def _endpoint(entry: Mapping[str, Any]) -> Endpoint:
    return Endpoint(entry["endpoint"], entry.get("inference_component"), entry.get("format", "native"))


def _cache(alias: str, entry: Mapping[str, Any]) -> CacheTerms:
    scope = entry.get("scope", "tenant")
    for known in get_args(Scope):
        if scope == known:
            return CacheTerms(int(entry["ttl_seconds"]), known)
    raise ValueError(f"the cache of {alias!r} has the scope {scope!r}, which is none of {', '.join(get_args(Scope))}")


def _prompt_cache(entry: Mapping[str, Any]) -> PromptCache:
    points = entry.get("points")
    usual = PromptCache()
    return PromptCache(entry.get("ttl", usual.ttl), usual.points if points is None else frozenset(points))


def _price(alias: str, entry: Mapping[str, Any]) -> Price:
    """The price, declared in US dollars a million tokens and an image. A fraction of a picodollar counts as a whole."""

    def picodollars(name: str, per: int) -> int | None:
        usd = entry.get(name)
        if usd is None:
            return None
        if isinstance(usd, bool) or not isinstance(usd, int | Decimal) or usd < 0:
            raise ValueError(f"the price of {alias!r} has {name!r} = {usd!r}, which is no number of dollars")
        return int((Decimal(usd) * PICODOLLARS_PER_USD / per).to_integral_value(ROUND_CEILING))

    return Price(
        input=picodollars("input", _TOKENS_PER_PRICE),
        output=picodollars("output", _TOKENS_PER_PRICE),
        cache_read=picodollars("cache_read", _TOKENS_PER_PRICE),
        cache_write=picodollars("cache_write", _TOKENS_PER_PRICE),
        cache_write_1h=picodollars("cache_write_1h", _TOKENS_PER_PRICE),
        image=picodollars("image", 1),
    )
