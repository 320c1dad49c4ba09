"""Are the points of Student's t those of the tables?"""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from holdfast.stats.student import student_quantile


@pytest.mark.parametrize(
    ("confidence", "freedom", "point"),
    [
        (0.975, 1, 12.7062),
        (0.99, 2, 6.9646),
        (0.99, 3, 4.5407),
        (0.99, 4, 3.7469),
        (0.95, 5, 2.0150),
        (0.995, 10, 3.1693),
        (0.9, 29, 1.3114),
        (0.5, 7, 0.0),
    ],
)
def test_points_are_those_of_the_tables(confidence: float, freedom: int, point: float) -> None:
    assert student_quantile(confidence, freedom) == pytest.approx(point, abs=5e-5)


def test_one_degree_of_freedom_is_cauchy_and_many_are_normal() -> None:
    assert student_quantile(0.999, 1) == pytest.approx(math.tan(math.pi * 0.499))
    assert student_quantile(0.99, 5000) == pytest.approx(NormalDist().inv_cdf(0.99), abs=2e-3)


@pytest.mark.parametrize(("confidence", "freedom"), [(0.4, 3), (1.0, 3), (0.9, 0)])
def test_what_means_nothing_is_refused(confidence: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="confidence must lie between"):
        student_quantile(confidence, freedom)
