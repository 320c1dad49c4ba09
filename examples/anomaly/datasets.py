"""Which datasets does the example exercise, and which of their rows are anomalies?"""

import numpy as np
from sklearn.datasets import load_breast_cancer

from examples.anomaly.synthetic import (
    Labelled,
    Series,
    large,
    multimodal,
    sample,
    time_series,
    windows,
)


def breast_cancer(*, seed: int = 0) -> Labelled:
    """Read 569 real tumours of 30 measures each, shuffled; a malignant one is an anomaly."""
    bunch = load_breast_cancer()
    order = np.random.default_rng(seed).permutation(len(bunch.target))
    # scikit-learn's own target is 0 for malignant.
    truth = 1 - bunch.target[order]
    return {"rows": bunch.data[order].tolist(), "truth": truth.tolist()}


__all__ = [
    "Labelled",
    "Series",
    "breast_cancer",
    "large",
    "multimodal",
    "sample",
    "time_series",
    "windows",
]
