"""Cases that fail today, each with the reason. A case that passes must leave this list: its mark is strict."""

PENDING: dict[str, tuple[str, ...]] = {}
