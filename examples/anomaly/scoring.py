"""How strange are these rows? A plain function, for cases that need no service."""

from functools import cache
from typing import TypedDict

from examples.anomaly.domain.params import IsolationForestParams
from examples.anomaly.infrastructure.algorithms import SklearnAlgorithms
from examples.anomaly.synthetic import sample


class Scores(TypedDict):
    """What `score` found: of `rows` rows, `count` are anomalies, a share of `rate`."""

    rows: int
    count: int
    rate: float


def score(rows: int = 100, *, seed: int = 1) -> Scores:
    """Judge freshly made rows with a model that is trained once per process.

    >>> score(rows=100)["rows"]
    100
    """
    if rows < 1:
        raise ValueError(f"rows must be at least 1, got {rows}")
    fresh = sample(rows=rows, seed=seed)["rows"]
    count = sum(found > 0 for found in SklearnAlgorithms().score(_model(), fresh))
    return {"rows": rows, "count": count, "rate": count / rows}


@cache
def _model() -> bytes:
    return SklearnAlgorithms().fit(IsolationForestParams(n_estimators=50), sample()["rows"])


__all__ = ["Scores", "score"]
