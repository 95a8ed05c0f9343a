"""What each class of Claude takes, on InvokeModel and Converse alike.

Classes by version: 3, 3.5 and 3.7; 4 and 4.1; 4.5; 4.6; from 4.7 to 5; 5.1 and 5.5. An opaque target's is unknown, and
everything that some Claude takes is taken there.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html and its pages on
extended thinking, adaptive thinking and tool use; https://platform.claude.com/docs/en/about-claude/models
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from local_aws.models.errors import validation

_NAME = re.compile(r"anthropic\.claude-([a-z]+)-(\d+)(?:-(\d{1,2}))?(?=$|-)")
_OLD_NAME = re.compile(r"anthropic\.claude-3(?:-(\d))?-([a-z]+)(?:-(\d{8}))?")

STOP_SEQUENCES_MAX = 8191
CACHE_POINTS_MAX = 4

COMPUTER_BETAS: Mapping[str, str] = {
    "computer_20251124": "computer-use-2025-11-24",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20241022": "computer-use-2024-10-22",
}
TOOL_BETAS: Mapping[str, str] = {
    **COMPUTER_BETAS,
    "memory_20250818": "context-management-2025-06-27",
    "tool_search_tool_regex": "tool-search-tool-2025-10-19",
}
"""Tools of Anthropic's own, by type, that need a beta."""

ELSEWHERE = re.compile(r"(web_search|web_fetch|code_execution|advisor|mcp_toolset)(_\d+)?|[a-z_]+_20260801")
"""Tools of Anthropic's own that Bedrock does not have: https://platform.claude.com/docs/en/api/overview."""

BETAS: frozenset[str] = frozenset(
    {
        *TOOL_BETAS.values(),
        "token-efficient-tools-2025-02-19",
        "output-128k-2025-02-19",
        "interleaved-thinking-2025-05-14",
        "dev-full-thinking-2025-05-14",
        "context-1m-2025-08-07",
        "effort-2025-11-24",
        "tool-examples-2025-10-29",
        "fine-grained-tool-streaming-2025-05-14",
        "compact-2026-01-12",
        "claude-code-20250219",
        "structured-outputs-2025-12-15",
    }
)
"""Those that were seen taken: the Messages page (in part), BerriAI/litellm's table, router-for-me/CLIProxyAPI#4750."""

REFUSED_BETAS = re.compile(
    r"oauth-2025-04-20|prompt-caching-scope-2026-01-05|fast-mode-2026-02-01|redact-thinking-2026-02-12"
    r"|token-efficient-tools-2026-03-28|mcp-servers-2025-12-04|advanced-tool-use-2025-11-20"
    r"|(mcp-client|files-api|skills|advisor|web-search|web-fetch|code-execution)-.*"
)
"""Those that were seen refused: BerriAI/litellm's table, anthropics/claude-code."""


@dataclass(frozen=True, slots=True)
class Claude:
    """One model. An unknown one takes whatever some Claude takes.

    Attributes:
        tier: opus, sonnet, haiku, fable, mythos; empty where unknown.
        version: such as (4, 5); None where unknown.
        released: of the third generation, the date in its ID.
    """

    tier: str = ""
    version: tuple[int, int] | None = None
    released: str = ""

    def is_from(self, major: int, minor: int = 0) -> bool:
        return self.version is not None and self.version >= (major, minor)

    def is_before(self, major: int, minor: int = 0) -> bool:
        return self.version is not None and self.version < (major, minor)

    @property
    def name(self) -> str:
        if self.version is None:
            return "claude"
        major, minor = self.version
        return f"claude-{self.tier}-{major}" + (f"-{minor}" if minor else "")

    @property
    def arn_versioned(self) -> bool:
        """On Anthropic's older integration: https://platform.claude.com/docs/en/api/claude-on-amazon-bedrock-legacy"""
        return self.is_before(4, 7)

    @property
    def sampling(self) -> Literal["both", "one", "none"]:
        """Both up to Opus 4 and Sonnet 4; then one of them (aws-samples/bedrock-access-gateway#208,
        aws-samples/bedrock-chat pull request 979); from 4.7 none (logancyang/obsidian-copilot#2600)."""
        if self.is_from(4, 7):
            return "none"
        return "one" if self.is_from(4, 1) else "both"

    @property
    def thinking(self) -> frozenset[str]:
        """The types of `thinking` that are taken. Where the sources disagree about `disabled` it is."""
        if self.version is None:
            return frozenset({"enabled", "adaptive", "disabled"})
        if self.is_before(3, 7):
            return frozenset()
        if self.is_before(4, 6):
            return frozenset({"enabled", "disabled"})
        if self.is_before(4, 7):
            return frozenset({"enabled", "adaptive", "disabled"})
        if self.tier == "fable" or (self.tier == "opus" and self.is_from(5, 5)):
            return frozenset({"adaptive"})
        between = {"between-tools"} if self.tier == "sonnet" and self.is_from(5, 5) else set()
        return frozenset({"adaptive", "disabled", *between})

    @property
    def thinks_unasked(self) -> bool:
        """Opus 5 and 5.5: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking"""
        return self.tier == "opus" and self.is_from(5)

    @property
    def efforts(self) -> frozenset[str] | None:
        """The levels of effort; None where nobody knows."""
        if self.version is None or self.is_before(4, 5) or (self.version == (4, 5) and self.tier != "opus"):
            return None
        levels = {"low", "medium", "high"}
        if self.is_from(4, 6):
            levels.add("max")
        if self.is_from(4, 7):
            levels.add("xhigh")
        return frozenset(levels)

    @property
    def forces_tools(self) -> bool:
        """Opus 5.5 and Fable 5.1 do not: https://platform.claude.com/docs/en/about-claude/models/whats-new-opus-5-5"""
        return not ((self.tier == "opus" and self.is_from(5, 5)) or (self.tier == "fable" and self.is_from(5, 1)))

    @property
    def prefill(self) -> bool:
        """Not from 4.6 on: anomalyco/opencode#29760."""
        return not self.is_from(4, 6)

    @property
    def structured(self) -> bool:
        return not self.is_before(4, 5)

    @property
    def output_tokens_max(self) -> int | None:
        """https://platform.claude.com/docs/en/about-claude/models/overview; None where the page is silent."""
        if self.version is None or self.is_before(3, 7):
            return None
        if self.is_from(4, 7) or (self.version == (4, 6) and self.tier == "opus") or self.version == (3, 7):
            return 128_000  # of 3.7 by a beta
        if self.tier == "opus" and self.is_before(4, 5):
            return 32_000
        return 64_000

    @property
    def images(self) -> bool:
        return not (self.version == (3, 5) and self.tier == "haiku")

    @property
    def images_max(self) -> int:
        """https://platform.claude.com/docs/en/build-with-claude/vision"""
        return 100 if self.is_before(4, 6) else 600

    @property
    def cache_ttls(self) -> frozenset[str]:
        """https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html"""
        if self.version is None or self.is_from(4, 5) or (self.version == (4, 0) and self.tier == "sonnet"):
            return frozenset({"5m", "1h"})
        if self.is_from(3, 7) or (self.version == (3, 5) and self.released == "20241022" and self.tier == "sonnet"):
            return frozenset({"5m"})
        return frozenset()

    @property
    def system_turns(self) -> bool:
        """Whether a message may have the role `system`, on InvokeModel."""
        if self.version is None:
            return True
        return self.version in {(4, 8), (5, 0), (5, 1)} and self.tier in ("opus", "fable")

    @property
    def counts_tokens(self) -> bool:
        """CountTokens: ARN-versioned models were seen counted, Sonnet 5 refused."""
        return not self.is_from(4, 7)


def of(model_id: str) -> Claude:
    """The Claude of an ID; an opaque target's is unknown."""
    if match := _OLD_NAME.search(model_id):
        return Claude(match.group(2), (3, int(match.group(1) or 0)), match.group(3) or "")
    if match := _NAME.search(model_id):
        return Claude(match.group(1), (int(match.group(2)), int(match.group(3) or 0)))
    return Claude()


def check_sampling(claude: Claude, fields: Mapping[str, Any]) -> None:
    """Check `temperature`, `top_p`, `top_k` against the model, and against its thinking.

    Raises:
        ServiceError: what the model says to it.
    """
    given = [name for name in ("temperature", "top_p", "top_k") if fields.get(name) is not None]
    if given and claude.sampling == "none":
        raise validation(f"`{given[0]}` is deprecated for this model.")
    if claude.sampling == "one" and {"temperature", "top_p"} <= set(given):
        raise validation("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    thinking = fields.get("thinking")
    if not isinstance(thinking, Mapping) or thinking.get("type") in (None, "disabled"):
        return
    # https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
    if "temperature" in given and fields["temperature"] != 1:
        raise validation("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")
    if "top_k" in given:
        raise validation("`top_k` must be unset when thinking is enabled or in adaptive mode.")
    if "top_p" in given and (fields["top_p"] < 0.95 or claude.version == (3, 7)):
        raise validation(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode."
        )


def check_limit(claude: Claude, limit: int) -> None:
    """Check the output limit, in tokens.

    Raises:
        ServiceError: the model writes less.
    """
    most = claude.output_tokens_max
    if most is not None and limit > most:
        raise validation(
            f"max_tokens: {limit} > {most}, which is the maximum allowed number of output tokens for {claude.name}"
        )


def check_thinking(claude: Claude, thinking: object, limit: int, effort: object = None) -> bool:
    """Check `thinking`, and say whether the answer begins with it.

    Parameters:
        limit: the output limit, in tokens.

    Raises:
        ServiceError: what the model says to it.
    """
    if thinking is None:
        return claude.thinks_unasked
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    if kind not in {"enabled", "disabled", "adaptive", *claude.thinking}:
        raise validation(
            "thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', "
            "'disabled', 'enabled'"
        )
    assert isinstance(thinking, Mapping)
    if kind == "adaptive" and kind not in claude.thinking:
        raise validation("adaptive thinking is not supported on this model")
    if kind not in claude.thinking and kind != "disabled":
        raise validation(
            f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.'
        )
    if kind == "disabled" and kind not in claude.thinking and claude.thinking:
        raise validation('"thinking.type.disabled" is not supported for this model.')
    if kind == "disabled" and claude.tier == "opus" and claude.version == (5, 0) and effort in ("xhigh", "max"):
        raise validation('"thinking.type.disabled" is not supported for this model above an effort of high.')
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1024:
            raise validation("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        if budget >= limit:
            raise validation(
                "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
                "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
            )
    return kind not in ("disabled", "between-tools")


def check_effort(claude: Claude, effort: object) -> None:
    """https://platform.claude.com/docs/en/build-with-claude/effort

    Raises:
        ServiceError: the model has no such level.
    """
    if effort is None or claude.efforts is None:
        return
    if effort not in claude.efforts:
        expected = ", ".join(f"'{level}'" for level in sorted(claude.efforts))
        raise validation(f"output_config.effort: Input should be {expected}")


def check_choice(claude: Claude, kind: str, thinking: object) -> None:
    """Check a tool choice: `auto`, `any`, `tool` or `none`.

    Raises:
        ServiceError: the model does not let itself be forced, or not while it thinks.
    """
    if kind not in ("any", "tool"):
        return
    if not claude.forces_tools:  # also stdapi-ai/stdapi.ai#284
        raise validation(f"tool_choice: '{kind}' is not supported for this model. Use 'auto'.")
    if isinstance(thinking, Mapping) and thinking.get("type") in ("enabled", "adaptive"):
        raise validation("Thinking may not be enabled when tool_choice forces tool use.")


def check_stops(stops: Iterable[str]) -> None:
    """Whitespace alone stops nothing, on Converse too: BerriAI/litellm#3286.

    Raises:
        ServiceError: one of them is blank, or they are too many.
    """
    found = list(stops)
    if len(found) > STOP_SEQUENCES_MAX:
        raise validation(f"stop_sequences: List should have at most {STOP_SEQUENCES_MAX} items")
    if not all(stop.strip() for stop in found):
        raise validation("stop_sequences: each stop sequence must contain non-whitespace")


def check_betas(claude: Claude, betas: object) -> frozenset[str]:
    """Check `anthropic_beta` and return the flags. One that nobody has tried passes.

    Raises:
        ServiceError: one was seen refused.
    """
    if betas is None:
        return frozenset()
    if not isinstance(betas, list) or not all(isinstance(beta, str) for beta in betas):
        raise validation("anthropic_beta: Input should be a valid list")
    for beta in betas:
        binding = beta == "thinking-binding-controls-2026-08-01" and claude.version == (4, 5)
        if REFUSED_BETAS.fullmatch(beta) or (binding and claude.tier == "sonnet"):
            raise validation("invalid beta flag")
    return frozenset(betas)


def check_cache(claude: Claude, ttls: list[str]) -> None:
    """Check the cache points of a request, in their order: tools, system, messages.

    Raises:
        ServiceError: there are too many, or they are kept for a time that the model does not know or in a wrong order.
    """
    if len(ttls) > CACHE_POINTS_MAX:
        raise validation(
            f"A maximum of {CACHE_POINTS_MAX} blocks with cache_control may be provided. Found {len(ttls)}."
        )
    for before, ttl in pairwise(["1h", *ttls]):
        if ttl not in claude.cache_ttls:
            raise validation(f"cache_control.ttl: '{ttl}' is not supported for this model")
        if (before, ttl) == ("5m", "1h"):
            raise validation("cache_control.ttl: a ttl='1h' block must not come after a ttl='5m' block")


def check_unknown_keys(keys: Iterable[str], known: frozenset[str], betas: frozenset[str]) -> None:
    """No key that the Messages format lacks: BerriAI/litellm#22867. A beta that nobody has tried may bring some.

    Raises:
        ServiceError: there is one.
    """
    allowed = known
    if betas & {"context-management-2025-06-27", "compact-2026-01-12"}:
        allowed = known | {"context_management"}
    if not betas <= BETAS:
        return
    for key in keys:
        if key not in allowed:
            raise validation(f"{key}: Extra inputs are not permitted")


def check_typed_tool(claude: Claude, at: int, kind: str, betas: frozenset[str], *, converse: bool = False) -> None:
    """Check a tool of Anthropic's own. Types that nobody has tried pass.

    Raises:
        ServiceError: Bedrock does not have it, or its beta is missing.
    """
    if ELSEWHERE.fullmatch(kind):
        raise validation(
            f"tools.{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
            "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', 'text_editor_20250728'"
        )
    needed = next((beta for name, beta in TOOL_BETAS.items() if kind.startswith(name)), None)
    if needed is not None and needed not in betas:
        raise validation(f"'{claude.name}' does not support tool types: {kind}")
    if converse and kind.startswith("tool_search_tool"):  # on InvokeModel alone
        raise validation(f"tools.{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags")


def check_tool_root(at: int, schema: Mapping[str, Any]) -> None:
    """No union at the root: trycua/cua#3303, abhigyanpatwari/GitNexus#2487.

    Raises:
        ServiceError: there is one.
    """
    if any(word in schema for word in ("oneOf", "anyOf", "allOf")):
        raise validation(
            f"tools.{at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        )


def check_unique(identifiers: Iterable[str]) -> None:
    """Calls of tools are told apart over the whole conversation: anthropics/claude-code#20631.

    Raises:
        ServiceError: an ID comes twice.
    """
    seen: set[str] = set()
    for identifier in identifiers:
        if identifier in seen:
            raise validation("messages: `tool_use` ids must be unique")
        seen.add(identifier)
