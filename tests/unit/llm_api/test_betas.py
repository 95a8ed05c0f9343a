"""Which of Anthropic's betas reach a model: dropped, forwarded where taken and used, or only as declared."""

from typing import Any

import pytest
from llm_api.dialects.betas import DROPPED, negotiate, settle
from llm_api.errors import BadRequest
from llm_api.registry import Target


def claude(name: str, *betas: str) -> Target:
    identifier = f"anthropic.claude-{name}"
    return Target("m", f"us.{identifier}", "anthropic", base_id=identifier, betas=frozenset(betas))


SONNET_37 = claude("3-7-sonnet-20250219-v1:0")
SONNET_4 = claude("sonnet-4-20250514-v1:0")
HAIKU_45 = claude("haiku-4-5-20251001-v1:0")
SONNET_45 = claude("sonnet-4-5-20250929-v1:0")
OPUS_45 = claude("opus-4-5-20251101-v1:0")
OPUS_46 = claude("opus-4-6-v1")
OPUS_47 = claude("opus-4-7")
PROFILE = Target("m", "arn:aws:bedrock:us-east-1:1:application-inference-profile/x", "anthropic")
EVERY = [SONNET_37, SONNET_4, HAIKU_45, SONNET_45, OPUS_45, OPUS_46, OPUS_47, PROFILE]


def ask(flags: list[str], target: Target, **body: Any) -> Any:
    return negotiate(flags, {"messages": [], **body}, target, named="anthropic-beta")


@pytest.mark.parametrize("target", EVERY, ids=lambda target: target.id)
def test_what_announces_a_client_or_is_default_by_now_is_dropped_with_a_warning(target: Target) -> None:
    settled = ask(sorted(DROPPED), target)
    assert settled.flags == []
    assert len(settled.warnings) == len(DROPPED)


@pytest.mark.parametrize(
    ("flag", "body", "takers"),
    [
        (
            "interleaved-thinking-2025-05-14",
            {"thinking": {"type": "enabled"}},
            {SONNET_4, HAIKU_45, SONNET_45, OPUS_45},
        ),
        ("context-management-2025-06-27", {"context_management": {}}, {SONNET_4, HAIKU_45, SONNET_45, OPUS_45}),
        (
            "fine-grained-tool-streaming-2025-05-14",
            {"tools": [{"name": "t"}]},
            {SONNET_4, HAIKU_45, SONNET_45, OPUS_45},
        ),
        ("effort-2025-11-24", {"output_config": {"effort": "low"}}, {OPUS_45}),
        ("tool-search-tool-2025-10-19", {"tools": [{"name": "t", "defer_loading": True}]}, {SONNET_45, OPUS_45}),
        ("advanced-tool-use-2025-11-20", {"tools": [{"name": "t", "defer_loading": True}]}, {SONNET_45, OPUS_45}),
        ("tool-examples-2025-10-29", {"tools": [{"name": "t", "input_examples": []}]}, {OPUS_45}),
    ],
)
def test_what_a_model_takes_is_forwarded_to_it_and_to_no_other(
    flag: str, body: dict[str, Any], takers: set[Target]
) -> None:
    for target in EVERY:
        settled = ask([flag], target, **body)
        assert bool(settled.flags) == (target in takers), target.id
        assert bool(settled.warnings) == (target not in takers), target.id

    # AND where the body doesn't use it, it stays away
    for target in takers:
        assert ask([flag], target) == ({"messages": []}, [], [])


@pytest.mark.parametrize(
    ("flag", "body", "left"),
    [
        ("context-management-2025-06-27", {"context_management": {"edits": []}}, {}),
        ("effort-2025-11-24", {"output_config": {"effort": "low"}}, {}),
        ("effort-2025-11-24", {"output_config": {"effort": "low", "format": {}}}, {"output_config": {"format": {}}}),
        (
            "tool-search-tool-2025-10-19",
            {"tools": [{"name": "t", "defer_loading": True}, {"type": "tool_search_tool_regex", "name": "s"}]},
            {"tools": [{"name": "t"}]},
        ),
        ("tool-examples-2025-10-29", {"tools": [{"name": "t", "input_examples": [1]}]}, {"tools": [{"name": "t"}]}),
    ],
)
def test_a_field_goes_with_the_flag_that_it_needs(flag: str, body: dict[str, Any], left: dict[str, Any]) -> None:
    assert ask([flag], HAIKU_45 if "context" not in flag else OPUS_46, **body).body == {"messages": [], **left}


def test_an_effort_stays_where_a_model_takes_it_without_the_flag() -> None:
    assert ask(["effort-2025-11-24"], OPUS_46, output_config={"effort": "low"}).body["output_config"]


def test_the_old_place_of_a_format_is_given_up_with_its_flag() -> None:
    settled = ask(["structured-outputs-2025-11-13"], HAIKU_45, output_format={"type": "json_schema"})
    assert settled.body == {"messages": [], "output_config": {"format": {"type": "json_schema"}}}


def test_the_scope_of_a_cache_goes_with_its_flag_wherever_it_stands() -> None:
    mark = {"cache_control": {"type": "ephemeral", "scope": "global"}}
    kept = {"cache_control": {"type": "ephemeral"}}
    nested = {"type": "tool_result", "content": [{"type": "text", "text": "a", **mark}]}
    settled = ask(
        ["prompt-caching-scope-2026-01-05"],
        OPUS_46,
        tools=[{"name": "t", **mark}],
        system=[{"type": "text", "text": "s", **mark}],
        messages=[{"role": "user", "content": [nested]}],
    )
    assert settled.body["tools"] == [{"name": "t", **kept}]
    assert settled.body["system"] == [{"type": "text", "text": "s", **kept}]
    assert settled.body["messages"][0]["content"][0]["content"] == [{"type": "text", "text": "a", **kept}]


@pytest.mark.parametrize(
    "flag",
    [
        "context-1m-2025-08-07",
        "fast-mode-2026-02-01",
        "compact-2026-01-12",
        "computer-use-2025-11-24",
        "task-budgets-2026-03-13",
        "mcp-client-2025-11-20",
        "skills-2025-10-02",
        "files-api-2026-01-01",
        "claude-code-20260101",
        "x",
    ],
)
def test_all_others_pass_only_as_declared(flag: str) -> None:
    with pytest.raises(BadRequest, match="not declared"):
        ask([flag], OPUS_46)
    assert ask([flag], claude("opus-4-6-v1", flag)).flags == [flag]


def test_more_output_is_a_default_from_4_on_and_has_to_be_declared_before() -> None:
    assert ask(["output-128k-2025-02-19"], SONNET_4).flags == []
    with pytest.raises(BadRequest, match="not declared"):
        ask(["output-128k-2025-02-19"], SONNET_37)


def test_what_is_declared_is_forwarded_field_and_all() -> None:
    target = claude("opus-4-6-v1", "context-management-2025-06-27", "claude-code-20250219")
    settled = ask(["context-management-2025-06-27", "claude-code-20250219"], target, context_management={})
    assert settled.flags == ["context-management-2025-06-27", "claude-code-20250219"]
    assert "context_management" in settled.body


@pytest.mark.parametrize(
    ("flag", "body"),
    [
        ("context-management-2025-06-27", {"tools": [{"type": "memory_20250818", "name": "memory"}]}),
        (
            "tool-search-tool-2025-10-19",
            {
                "tools": [{"name": "t", "defer_loading": True}],
                "messages": [{"role": "user", "content": [{"type": "tool_reference", "tool_name": "t"}]}],
            },
        ),
    ],
)
def test_a_request_that_makes_no_sense_without_the_flag_is_refused(flag: str, body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="this model"):
        ask([flag], OPUS_46, **body)


def test_a_native_bodys_own_list_follows_the_same_rule() -> None:
    body = {
        "messages": [],
        "anthropic_beta": ["claude-code-20250219", "interleaved-thinking-2025-05-14"],
        "thinking": {},
    }
    passed, warnings = settle(body, HAIKU_45)
    assert passed == {"messages": [], "anthropic_beta": ["interleaved-thinking-2025-05-14"], "thinking": {}}
    assert len(warnings) == 1
    assert "anthropic_beta" not in settle({**body, "anthropic_beta": "claude-code-20250219"}, OPUS_47)[0]
    with pytest.raises(BadRequest, match="not declared"):
        settle({**body, "anthropic_beta": ["context-1m-2025-08-07"]}, OPUS_46)
    with pytest.raises(BadRequest, match="list of strings"):
        settle({**body, "anthropic_beta": [1]}, OPUS_46)


def test_a_body_that_needs_no_change_is_the_same_object() -> None:
    body = {"messages": [], "thinking": {}, "anthropic_beta": ["interleaved-thinking-2025-05-14"]}
    assert settle(body, HAIKU_45)[0] is body


@pytest.mark.parametrize("messages", [5, True, "text", {"role": "user"}])
def test_messages_that_are_no_list_are_the_models_to_refuse(messages: Any) -> None:
    settled = ask(["tool-search-tool-2025-10-19"], claude("3-haiku-20240307-v1:0"), messages=messages, tools=[])
    assert settled.body["messages"] == messages
