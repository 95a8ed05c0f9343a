"""What the evaluator refuses to guess about."""


class UnknownPolicyElement(ValueError):
    """A policy holds something that this evaluator does not implement. It is never taken for a pass."""


class UnknownTarget(ValueError):
    """A model identifier of a kind that Bedrock, or this evaluator, does not know."""
