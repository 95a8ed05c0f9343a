"""Workflows: their `executions`, and what their `steps` ask of the meter."""
