"""What a call may cost at most, and what it did cost: `meter` asks `bounds`, `usage` and `prices`."""
