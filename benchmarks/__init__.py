"""How fast, how lean and how flat the module is, measured beside the handler that everybody would write first.

`make bench` runs it; docs/performance.md explains and shows what it found.
"""
