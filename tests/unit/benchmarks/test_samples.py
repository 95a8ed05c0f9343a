"""What is said about samples."""

import pytest

from benchmarks.samples import Samples, slope


def test_median_and_quartiles_of_an_odd_number() -> None:
    # GIVEN five samples in no order
    samples = Samples.of([5.0, 1.0, 4.0, 2.0, 3.0])
    # THEN the middle one and the middle half are told
    assert samples.median == 3.0
    assert samples.quartiles == (2.0, 4.0)


def test_a_single_sample_is_its_own_spread() -> None:
    # GIVEN one sample
    # THEN its quartiles are itself
    assert Samples.of([7.0]).quartiles == (7.0, 7.0)


def test_ratios_are_taken_round_by_round() -> None:
    # GIVEN a round in which the machine was slow, for both
    mine, theirs = Samples.of([1.0, 10.0, 1.0]), Samples.of([2.0, 20.0, 2.0])
    # THEN the ratio doesn't know of it
    assert mine.over(theirs).values == (0.5, 0.5, 0.5)
    assert mine.minus(theirs).values == (-1.0, -10.0, -1.0)


def test_samples_of_different_rounds_are_refused() -> None:
    # GIVEN samples that were not taken together
    # THEN they are not compared
    with pytest.raises(ValueError, match="longer"):
        Samples.of([1.0]).over(Samples.of([1.0, 2.0]))


def test_slope_of_a_line() -> None:
    # GIVEN points on a line
    # THEN its slope is found
    assert slope([(0.0, 1.0), (1.0, 3.0), (4.0, 9.0)]) == pytest.approx(2.0)
