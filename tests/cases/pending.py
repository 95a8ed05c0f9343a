"""Cases that fail today, each with the reason. A case that passes must leave this list: its mark is strict."""

PENDING: dict[str, tuple[str, ...]] = {
    "marks of callers become no cache points yet": (
        "caching: a marked system prompt, of Claude",
        "caching: a marked system prompt, of Nova",
        "caching: a marked system prompt, of Nova, streamed",
        "caching: a marked tool, of Claude",
        "caching: a marked tool, of Claude, streamed",
        "caching: a marked tool, of Nova, which caches none",
        "caching: a marked tool, of Nova, which caches none, streamed",
        "caching: a marked part of a message, of Claude",
        "caching: a marked part of a message, of Claude, streamed",
        "caching: a mark where there is no cache",
        "caching: a mark where there is no cache, streamed",
        "caching: a mark of DeepSeek's",
        "caching: a mark of DeepSeek's, streamed",
    ),
}
