"""What models do badly, on demand: an answer that was right, changed as faults ask for.

Seen live: `end_turn` beside calls of tools, from gpt-oss (langchain-ai/langchain-aws#1278,
strands-agents/harness-sdk#644); `tool_use` without one, from Claude (strands-rl/strands-env#252); arguments that are no
JSON and empty answers, from open weights; cached tokens within the input tokens (maximhq/bifrost#6942).
"""

from collections.abc import Collection
from dataclasses import replace

from local_aws.models import tokens
from local_aws.models.reply import Block, Reply

REPEATED_ID = "0000000000000000repeated"
BROKEN = '{"city": "Par'


def misbehaved(reply: Reply, kinds: Collection[str]) -> Reply:
    """The answer as a model gives it that does these things badly.

    Parameters:
        kinds: of `local_aws.faults.MISBEHAVIOUR`.
    """
    if "empty_answer" in kinds:
        reply = _with(reply, (), stop="end")
    if "broken_arguments" in kinds:
        reply = _with(reply, tuple(_broken(block) for block in reply.blocks), stop=reply.stop)
    if "repeated_ids" in kinds:
        blocks = tuple(replace(one, id=REPEATED_ID) if one.kind == "tool" else one for one in reply.blocks)
        reply = replace(reply, blocks=blocks)
    if "end_beside_tools" in kinds and reply.stop == "tool_use":
        reply = replace(reply, stop="end")
    if "tools_without_calls" in kinds and not reply.tools:
        reply = replace(reply, stop="tool_use")
    if "usage_twice" in kinds:
        usage = reply.usage
        inside = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        reply = replace(reply, usage=replace(usage, input_tokens=inside))
    return reply


def _broken(block: Block) -> Block:
    return replace(block, tokens=tuple(tokens.split(BROKEN)), input=BROKEN) if block.kind == "tool" else block


def _with(reply: Reply, blocks: tuple[Block, ...], *, stop: str) -> Reply:
    produced = sum(len(block.tokens) for block in blocks) + max(0, reply.hidden_output_tokens)
    return replace(reply, blocks=blocks, stop=stop, usage=replace(reply.usage, output_tokens=produced))
