"""`llm-api`: tenants, keys, budgets, usage, models and logs of a deployment, for those who run it.

A deployment is found by its name and Region; there is no state file. `items` is the contract of the table, `deployment`
finds, `store` reads and writes, `output` speaks to people and programs; each other module is a group of commands.
"""

__version__ = "0.2.0"
