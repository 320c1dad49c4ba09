"""What do the case files ask of Python: which rows to send, and is the answer right?

The first half makes rows and names. The second half are validators: they take the value as JSON
and return True, or raise an AssertionError that says what is wrong.
"""

import uuid
from collections.abc import Sequence
from typing import Any, TypedDict

from examples.anomaly.synthetic import large, multimodal, sample, time_series, windows

MAKERS = {"sample": sample, "multimodal": multimodal, "large": large}
JOB_LIVES = (["pending", "running", "completed"], ["pending", "running", "failed"])
# An IsolationForest sums floats in the same order every time, so equal means equal to the last bit;
# what goes over JSON and back stays equal too.
TOLERANCE = 0.0


class Split(TypedDict):
    """Rows to learn from and rows to judge, with the truth about both."""

    train: list[list[float]]
    train_truth: list[int]
    test: list[list[float]]
    test_truth: list[int]
    contamination: float


def unique_name(prefix: str) -> str:
    """Make a name that no earlier run has left in a database that outlives runs."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def dataset(kind: str, train: int, **params: Any) -> Split:
    """Make a dataset of `synthetic` and split it."""
    made = MAKERS[kind](**params)
    return split(made["rows"], made["truth"], train)


def series(train: int, width: int = 10, **params: Any) -> Split:
    """Make a time series, describe it in windows, and split those."""
    made = time_series(**params)
    described = windows(made["values"], made["truth"], width=width)
    return split(described["rows"], described["truth"], train)


def split(
    rows: Sequence[list[float]], truth: Sequence[int], train: int, *, normal_only: bool = False
) -> Split:
    """Cut a table in two; with `normal_only` the rows to learn from hold no anomaly.

    `contamination` is the share of anomalies among the rows to learn from, at least 0.01.
    """
    if not 0 < train < len(rows):
        raise ValueError(f"train must be between 1 and {len(rows) - 1}, got {train}")
    known = list(zip(rows[:train], truth[:train], strict=True))
    kept = [(row, mark) for row, mark in known if not (normal_only and mark)]
    marks = [mark for _, mark in kept]
    return {
        "train": [row for row, _ in kept],
        "train_truth": marks,
        "test": list(rows[train:]),
        "test_truth": list(truth[train:]),
        "contamination": max(0.01, round(sum(marks) / len(marks), 4)),
    }


def batches(rows: Sequence[list[float]], sizes: Sequence[int]) -> list[list[list[float]]]:
    """Cut rows into tables of these sizes, one after the other."""
    if sum(sizes) > len(rows):
        raise ValueError(f"sizes must add up to at most {len(rows)}, got {sum(sizes)}")
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return [list(rows[start : start + size]) for start, size in zip(starts, sizes, strict=True)]


def is_detection(value: dict[str, Any], rows: int | None = None) -> bool:
    """Check that a result agrees with itself, and has as many rows as were sent."""
    labels, scores = value["labels"], value["scores"]
    expected = value["rows"] if rows is None else rows
    _demand(
        len(labels) == len(scores) == value["rows"] == expected,
        f"{len(labels)} labels and {len(scores)} scores for {value['rows']} rows; sent {expected}",
    )
    wrong = [
        i
        for i, (label, score) in enumerate(zip(labels, scores, strict=True))
        if label != (score > 0)
    ]
    _demand(not wrong, f"label and score disagree in rows {wrong[:5]}")
    _demand(value["count"] == sum(labels), f"count is {value['count']}, labels say {sum(labels)}")
    _demand(value["rate"] == value["count"] / value["rows"], f"rate is {value['rate']}")
    return True


def detect_quality(
    value: dict[str, Any],
    truth: Sequence[int],
    *,
    precision: float = 0.8,
    recall: float = 0.8,
    rate_within: float = 0.05,
) -> bool:
    """Check a result against the truth: the right share of anomalies, and the right rows.

    A right share alone says nothing: a detector that marks 5 % of the wrong rows has it too.
    """
    is_detection(value, len(truth))
    labels = value["labels"]
    strange = sum(truth)
    _demand(strange > 0, "without one anomaly in the truth, recall says nothing")
    hits = sum(1 for label, mark in zip(labels, truth, strict=True) if label and mark)
    found = {
        "rate": value["rate"],
        "precision": hits / sum(labels) if any(labels) else 0.0,
        "recall": hits / strange,
    }
    seen = ", ".join(f"{name} {number:.3f}" for name, number in found.items())
    true_rate = strange / len(truth)
    _demand(
        abs(found["rate"] - true_rate) <= rate_within, f"{seen}; the true rate is {true_rate:.3f}"
    )
    _demand(found["precision"] >= precision, f"{seen}; precision must be at least {precision}")
    _demand(found["recall"] >= recall, f"{seen}; recall must be at least {recall}")
    return True


def batch_quality(
    value: dict[str, Any], truth: Sequence[int], sizes: Sequence[int], **limits: float
) -> bool:
    """Check a batch: one result per table, sums that agree, and quality over all rows."""
    results = value["results"]
    _demand(
        [result["rows"] for result in results] == list(sizes), "results do not match the tables"
    )
    for result in results:
        is_detection(result)
    joined = {
        "rows": sum(result["rows"] for result in results),
        "count": sum(result["count"] for result in results),
        "rate": value["rate"],
        "labels": [label for result in results for label in result["labels"]],
        "scores": [score for result in results for score in result["scores"]],
    }
    _demand((value["rows"], value["count"]) == (joined["rows"], joined["count"]), "sums disagree")
    return detect_quality(joined, truth[: sum(sizes)], **limits)


def same_predictions(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Check that two results of the same rows are equal, and are two results."""
    _demand(first["id"] != second["id"], "one result was compared with itself")
    _demand(first["labels"] == second["labels"], "labels differ")
    gaps = [abs(a - b) for a, b in zip(first["scores"], second["scores"], strict=True)]
    _demand(max(gaps) <= TOLERANCE, f"scores differ by up to {max(gaps)}")
    return True


def different_scores(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Check that another model judged: at least one score differs."""
    _demand(first["scores"] != second["scores"], "both results have the same scores")
    return True


def is_job_life(value: dict[str, Any]) -> bool:
    """Check that a job that has ended went through every status, forward in time."""
    statuses = [event["status"] for event in value["history"]]
    times = [event["at"] for event in value["history"]]
    _demand(statuses in JOB_LIVES, f"the job went {' -> '.join(statuses)}")
    _demand(
        statuses[-1] == value["status"], f"the job is {value['status']}, its history ends otherwise"
    )
    _demand(times == sorted(times), f"the history goes back in time: {times}")
    _demand(
        (value["error"] is not None) == (value["status"] == "failed"),
        f"error is {value['error']!r}",
    )
    return True


def are_pages_of(pages: Sequence[dict[str, Any]], ids: Sequence[str]) -> bool:
    """Check that pages, put together, hold these ids in this order, once each."""
    seen = [item["id"] for page in pages for item in page["items"]]
    _demand(
        seen == list(ids),
        f"the pages hold {len(seen)} items, expected {len(ids)} in order of making",
    )
    totals = {page["total"] for page in pages}
    _demand(totals == {len(ids)}, f"totals are {sorted(totals)}, expected {len(ids)}")
    for page in pages:
        _demand(len(page["items"]) <= page["limit"], "a page is longer than its limit")
    return True


def is_refusal(value: dict[str, Any], at: str | None = None) -> bool:
    """Check that a refused request says what is wrong and where."""
    problems = value["problems"]
    _demand(
        problems and all(problem["at"] and problem["message"] for problem in problems),
        f"a refusal must name place and reason, got {value}",
    )
    _demand(value["count"] >= len(problems), f"count is {value['count']}")
    _demand(
        at is None or problems[0]["at"] == at,
        f"the place is {problems[0]['at']!r}, expected {at!r}",
    )
    return True


def _demand(held: object, message: str) -> None:
    # Not an assert statement: `python -O` would leave it out, and every answer would be right.
    if not held:
        raise AssertionError(message)


__all__ = [
    "Split",
    "are_pages_of",
    "batch_quality",
    "batches",
    "dataset",
    "detect_quality",
    "different_scores",
    "is_detection",
    "is_job_life",
    "is_refusal",
    "same_predictions",
    "series",
    "split",
    "unique_name",
]
