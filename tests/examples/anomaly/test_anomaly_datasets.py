"""Are the datasets what they say: seeded, of the right size, with a truth that can be found?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from examples.anomaly.datasets import (
    Labelled,
    breast_cancer,
    large,
    multimodal,
    sample,
    time_series,
    windows,
)

MAKERS: dict[str, Callable[..., Labelled]] = {
    "sample": sample,
    "multimodal": multimodal,
    "large": large,
    "breast_cancer": breast_cancer,
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_dataset_is_the_same_for_the_same_seed_only(name: str) -> None:
    maker = MAKERS[name]
    assert maker(seed=1) == maker(seed=1)
    assert maker(seed=1) != maker(seed=2)


def test_making_a_dataset_does_not_touch_the_global_generator() -> None:
    before = np.random.get_state()[1]
    sample()
    time_series()
    assert np.array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize(
    ("made", "rows", "columns", "strange"),
    [
        (sample(), 1000, 5, 50),
        (sample(rows=200, columns=3, contamination=0.1), 200, 3, 20),
        (large(rows=3000, columns=4), 3000, 4, 150),
        (breast_cancer(), 569, 30, 212),
    ],
    ids=["sample", "sample by parameter", "large", "breast cancer"],
)
def test_a_dataset_has_its_size_and_its_share_of_anomalies(
    made: Labelled, rows: int, columns: int, strange: int
) -> None:
    assert (len(made["rows"]), {len(row) for row in made["rows"]}) == (rows, {columns})
    assert (len(made["truth"]), sum(made["truth"])) == (rows, strange)


def test_malignant_tumours_are_the_anomalies() -> None:
    made = breast_cancer()
    radius = np.array(made["rows"])[:, 0]
    truth = np.array(made["truth"])
    assert radius[truth == 1].mean() > radius[truth == 0].mean()


def test_anomalies_are_mixed_among_the_others() -> None:
    for made in (sample(), multimodal(), breast_cancer()):
        half = len(made["truth"]) // 2
        assert 0 < sum(made["truth"][:half]) < sum(made["truth"])


def test_a_scattered_point_inside_a_cluster_is_no_anomaly() -> None:
    made = multimodal()
    rows, truth = np.array(made["rows"]), np.array(made["truth"])
    from_first = np.hypot(*rows.T)
    assert len(rows) == 1000
    assert 50 < truth.sum() < 100
    assert from_first[truth == 1].min() > 3.0


def test_a_series_has_trend_season_and_outliers() -> None:
    made = time_series(hours=1000, outliers=50)
    values, truth = np.array(made["values"]), np.array(made["truth"])
    hour = np.arange(1000)
    expected = 0.01 * hour + 2.0 * np.sin(2.0 * np.pi * hour / 100.0)
    away = values - expected
    assert truth.sum() == 50
    assert abs(away[truth == 0]).max() < 3.0
    assert away[truth == 1].mean() > 4.0


def test_windows_describe_level_spread_range_and_slope() -> None:
    made = windows(
        [0.0, 1.0, 2.0, 3.0, 10.0, 8.0, 6.0, 4.0, 99.0], [0, 0, 0, 0, 0, 1, 0, 0, 1], width=4
    )
    rows = np.array(made["rows"])
    assert made["truth"] == [0, 1]
    assert rows[:, 2:].tolist() == [[3.0, 1.0], [6.0, -2.0]]
    assert rows[:, 1] == pytest.approx([np.std([0, 1, 2, 3]), np.std([10, 8, 6, 4])])


def test_windows_of_a_straight_line_differ_in_nothing() -> None:
    made = windows([0.5 * hour for hour in range(100)], [0] * 100, width=10)
    assert np.ptp(np.array(made["rows"]), axis=0) == pytest.approx(np.zeros(4), abs=1e-9)


@pytest.mark.parametrize("arguments", [{"rows": 100, "contamination": 0.0}, {"rows": 3}])
def test_a_dataset_may_be_without_anomalies(arguments: dict[str, Any]) -> None:
    assert sum(sample(**arguments)["truth"]) == 0
