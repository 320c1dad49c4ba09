"""How does scikit-learn learn a model and judge rows with it?"""

import pickle
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

from examples.anomaly.domain.errors import TrainingFailed
from examples.anomaly.domain.params import IsolationForestParams, Params
from examples.anomaly.domain.rows import Rows

Model: TypeAlias = IsolationForest | LocalOutlierFactor


class SklearnAlgorithms:
    """The port `Algorithms` on scikit-learn."""

    def fit(self, params: Params, rows: Rows) -> bytes:
        """Learn a model.

        Raises:
            TrainingFailed: too few rows for the parameters.
        """
        table = np.asarray(rows, dtype=float)
        return pickle.dumps(_unfitted(params, row_count=len(table)).fit(table))

    def score(self, model: bytes, rows: Rows) -> tuple[float, ...]:
        """Score every row; above 0 is an anomaly, and higher is stranger."""
        table = np.asarray(rows, dtype=float)
        return tuple((-_load(model).decision_function(table)).tolist())


def _unfitted(params: Params, *, row_count: int) -> Model:
    if row_count < 2:
        raise TrainingFailed(f"training must have at least 2 rows, got {row_count}", at="rows")
    if isinstance(params, IsolationForestParams):
        return IsolationForest(
            contamination=params.contamination,
            n_estimators=params.n_estimators,
            random_state=params.seed,
        )
    # scikit-learn would go on with fewer neighbours and only warn.
    if params.n_neighbors >= row_count:
        raise TrainingFailed(
            f"n_neighbors must be less than the {row_count} rows, got {params.n_neighbors}",
            at="n_neighbors",
        )
    return LocalOutlierFactor(
        contamination=params.contamination, n_neighbors=params.n_neighbors, novelty=True
    )


@lru_cache(maxsize=16)
def _load(model: bytes) -> Model:
    # Only this service writes the column that the bytes come from.
    loaded: Model = pickle.loads(model)  # noqa: S301
    return loaded


__all__ = ["SklearnAlgorithms"]
