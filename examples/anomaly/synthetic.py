"""Which made-up datasets are there, and which of their rows are anomalies?"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

# Far enough that a good detector finds them all, near enough that a bad one does not: points around 0, anomalies around 5 in every feature.
ANOMALY_CENTRE = 5.0
ANOMALY_VARIANCE = 2.0


class Labelled(TypedDict):
    """A table and, for every row, 1 where it is an anomaly and 0 where it is not."""

    rows: list[list[float]]
    truth: list[int]


class Series(TypedDict):
    """Values over time and, for every value, 1 where it is an outlier."""

    values: list[float]
    truth: list[int]


def sample(
    *, rows: int = 1000, columns: int = 5, contamination: float = 0.05, seed: int = 42
) -> Labelled:
    """Make one cloud of normal points around 0, and anomalies around 5, shuffled."""
    rng = np.random.default_rng(seed)
    strange = round(rows * contamination)
    normal = rng.normal(0.0, 1.0, (rows - strange, columns))
    anomalies = rng.normal(ANOMALY_CENTRE, np.sqrt(ANOMALY_VARIANCE), (strange, columns))
    return _shuffled(rng, normal, anomalies)


def multimodal(*, per_cluster: int = 300, scatter: int = 100, seed: int = 123) -> Labelled:
    """Make three clusters of different shapes, and points scattered around them.

    A scattered point that fell into a cluster is no anomaly, whatever drew it: truth is 1 only for
    points that lie more than 3 standard deviations (Mahalanobis) from every cluster.
    """
    rng = np.random.default_rng(seed)
    shapes = [
        (np.array([0.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]])),
        (np.array([5.0, 5.0]), np.array([[1.0, 0.5], [0.5, 1.0]])),
        (np.array([-3.0, 4.0]), np.array([[2.0, -0.5], [-0.5, 2.0]])),
    ]
    clusters = [rng.multivariate_normal(centre, shape, per_cluster) for centre, shape in shapes]
    scattered = rng.uniform(-10.0, 15.0, (scatter, 2))
    nearest = np.min([_distance(scattered, *shape) for shape in shapes], axis=0)
    normal = np.vstack([*clusters, scattered[nearest <= 3.0]])
    return _shuffled(rng, normal, scattered[nearest > 3.0])


def time_series(*, hours: int = 1000, outliers: int = 50, seed: int = 456) -> Series:
    """Make hourly values with a trend, a season of 100 hours, noise, and outliers."""
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    values = 0.01 * hour + 2.0 * np.sin(2.0 * np.pi * hour / 100.0) + rng.normal(0.0, 0.5, hours)
    where = rng.choice(hours, outliers, replace=False)
    values[where] += rng.normal(ANOMALY_CENTRE, np.sqrt(ANOMALY_VARIANCE), outliers)
    truth = np.zeros(hours, dtype=int)
    truth[where] = 1
    return {"values": values.tolist(), "truth": truth.tolist()}


def windows(values: Sequence[float], truth: Sequence[int], *, width: int = 10) -> Labelled:
    """Describe a series in windows that do not overlap, each by mean, deviation, range and trend.

    The series' own slow trend is taken out of the means first. A window is an anomaly if one of its
    values is. A remainder shorter than `width` is left out.
    """
    count = len(values) // width
    cut = np.asarray(values, dtype=float)[: count * width].reshape(count, width)
    marked = np.asarray(truth, dtype=int)[: count * width].reshape(count, width)
    steps = np.arange(width) - (width - 1) / 2.0
    trend = (cut @ steps) / (steps @ steps)
    mean = cut.mean(axis=1)
    index = np.arange(count)
    flat = mean - np.polyval(np.polyfit(index, mean, 1), index)
    features = np.column_stack([flat, cut.std(axis=1), np.ptp(cut, axis=1), trend])
    return {"rows": features.tolist(), "truth": marked.max(axis=1).tolist()}


def large(*, rows: int = 10_000, columns: int = 10, seed: int = 7) -> Labelled:
    """Make the same as `sample`, of any size."""
    return sample(rows=rows, columns=columns, seed=seed)


def _distance(
    points: NDArray[np.float64], centre: NDArray[np.float64], shape: NDArray[np.float64]
) -> NDArray[np.float64]:
    away = points - centre
    return np.sqrt(np.einsum("ij,jk,ik->i", away, np.linalg.inv(shape), away))


def _shuffled(
    rng: np.random.Generator, normal: NDArray[np.float64], anomalies: NDArray[np.float64]
) -> Labelled:
    table = np.vstack([normal, anomalies])
    truth = np.repeat([0, 1], [len(normal), len(anomalies)])
    order = rng.permutation(len(table))
    return {"rows": table[order].tolist(), "truth": truth[order].tolist()}


__all__ = ["Labelled", "Series", "large", "multimodal", "sample", "time_series", "windows"]
