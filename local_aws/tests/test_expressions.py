"""JSONata within the bounds that Step Functions has."""

import pytest

from local_aws import expressions


def test_an_expression_that_nests_too_deep_ends_in_an_error() -> None:
    flat = f"$join([{', '.join(['$a'] * 500)}])"
    assert expressions.evaluate(flat, {"a": "x"}) == "x" * 500
    with pytest.raises(expressions.EvaluationError, match="could not be evaluated"):
        expressions.evaluate(" & ".join(["$a"] * 101), {"a": "x"})


def test_a_result_larger_than_step_functions_takes_ends_in_an_error() -> None:
    with pytest.raises(expressions.EvaluationError, match="6,990,256 bytes"):
        expressions.evaluate("$a", {"a": "x" * expressions.MOST_BYTES})
