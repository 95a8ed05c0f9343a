"""IDs of tool calls, each one's own throughout a conversation and of the characters that a model takes.

Clients send the IDs that models made, and those repeat: some models count from nought in each turn, and other services
use other characters. A call and its result get the same alias. It follows from the conversation up to there alone, so
that a longer one begins with the same bytes, which prompt caches live by.
"""

import hashlib
import re

_CONVERSE = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html"""


class CallIds:
    """The IDs of one conversation.

    Parameters:
        pattern: what a model wants of an ID beside what Converse does, or an empty one.
    """

    def __init__(self, pattern: str = "") -> None:
        self._pattern = re.compile(pattern or ".*", re.DOTALL)
        self._given: set[str] = set()
        self._attempts: dict[str, int] = {}

    def give(self, call_id: str) -> str:
        """An ID that no call had before; as it is, where that will do."""
        alias = call_id if self._fits(call_id) else self._next(call_id)
        while alias in self._given:
            alias = self._next(call_id)
        self._given.add(alias)
        return alias

    def _fits(self, alias: str) -> bool:
        return _CONVERSE.fullmatch(alias) is not None and self._pattern.fullmatch(alias) is not None

    def _next(self, call_id: str) -> str:
        attempt = self._attempts[call_id] = self._attempts.get(call_id, 0) + 1
        digest = hashlib.sha256(f"{attempt} {call_id}".encode()).hexdigest()
        long = f"call_{digest[:32]}"
        # Mistral's nine letters or digits.
        return long if self._fits(long) else digest[:9]
