"""Do the validators of the case files accept what is right and refuse what is wrong?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.anomaly import checks
from examples.anomaly.domain.params import IsolationForestParams, LocalOutlierFactorParams, Params
from examples.anomaly.infrastructure.algorithms import SklearnAlgorithms
from examples.anomaly.scoring import score

ROOT = Path(checks.__file__).parent
TRUTH = [0, 0, 0, 1, 0, 0, 1, 0]


def result(labels: list[int], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": "r",
        "rows": len(labels),
        "count": sum(labels),
        "rate": sum(labels) / len(labels),
        "labels": labels,
        "scores": [0.1 if label else -0.1 for label in labels],
    }
    return {**made, **changes}


def job(*statuses: str, **changes: Any) -> dict[str, Any]:
    history = [
        {"status": status, "at": f"2026-01-01T00:00:0{i}"} for i, status in enumerate(statuses)
    ]
    return {"status": statuses[-1], "error": None, "history": history, **changes}


def page(ids: str, total: int) -> dict[str, Any]:
    return {"items": [{"id": name} for name in ids], "total": total, "limit": 2, "offset": 0}


RIGHT: dict[str, Callable[[], bool]] = {
    "is_detection": lambda: checks.is_detection(result(TRUTH), 8),
    "detect_quality": lambda: checks.detect_quality(result(TRUTH), TRUTH),
    "batch_quality": lambda: checks.batch_quality(
        {"results": [result(TRUTH[:4]), result(TRUTH[4:])], "rows": 8, "count": 2, "rate": 0.25},
        TRUTH,
        [4, 4],
    ),
    "same_predictions": lambda: checks.same_predictions(result(TRUTH), result(TRUTH, id="s")),
    "different_scores": lambda: checks.different_scores(result([0]), result([0], scores=[-0.2])),
    "is_job_life": lambda: checks.is_job_life(job("pending", "running", "completed")),
    "is_job_life, failed": lambda: checks.is_job_life(
        job("pending", "running", "failed", error="no room")
    ),
    "are_pages_of": lambda: checks.are_pages_of([page("ab", 3), page("c", 3)], "abc"),
    "is_refusal": lambda: checks.is_refusal(
        {"problems": [{"at": "rows", "message": "empty"}], "count": 1}, "rows"
    ),
}
WRONG: dict[str, tuple[Callable[[], bool], str]] = {
    "another number of rows": (lambda: checks.is_detection(result(TRUTH), 9), "sent 9"),
    "a score without its label": (
        lambda: checks.is_detection(result([0, 1], scores=[-0.1, -0.1])),
        r"disagree in rows \[1\]",
    ),
    "a wrong count": (lambda: checks.is_detection(result([0, 1], count=2)), "count is 2"),
    "a wrong rate": (lambda: checks.is_detection(result([0, 1], rate=0.4)), "rate is 0.4"),
    "a wrong share": (lambda: checks.detect_quality(result([1] * 8), TRUTH), "true rate is 0.250"),
    "the right share of wrong rows": (
        lambda: checks.detect_quality(result([1, 1, 0, 0, 0, 0, 0, 0]), TRUTH),
        "precision 0.000",
    ),
    "half of the anomalies": (
        lambda: checks.detect_quality(result([0, 0, 0, 1, 0, 0, 0, 0]), TRUTH, rate_within=0.2),
        "recall must be at least",
    ),
    "a truth without anomalies": (
        lambda: checks.detect_quality(result([0, 0]), [0, 0]),
        "without one anomaly",
    ),
    "a batch of other tables": (
        lambda: checks.batch_quality({"results": [result(TRUTH)]}, TRUTH, [4, 4]),
        "do not match",
    ),
    "sums that disagree": (
        lambda: checks.batch_quality(
            {"results": [result(TRUTH)], "rows": 8, "count": 3, "rate": 0.25}, TRUTH, [8]
        ),
        "sums disagree",
    ),
    "a result compared with itself": (
        lambda: checks.same_predictions(result(TRUTH), result(TRUTH)),
        "with itself",
    ),
    "other scores": (
        lambda: checks.same_predictions(result([1]), result([1], id="s", scores=[0.2])),
        "scores differ by up to 0.1",
    ),
    "other labels": (
        lambda: checks.same_predictions(result([1]), result([0], id="s")),
        "labels differ",
    ),
    "equal scores": (lambda: checks.different_scores(result([1]), result([1])), "same scores"),
    "a status left out": (
        lambda: checks.is_job_life(job("pending", "completed")),
        "pending -> com",
    ),
    "a job that has not ended": (lambda: checks.is_job_life(job("pending", "running")), "running"),
    "a history of another end": (
        lambda: checks.is_job_life(job("pending", "running", "completed", status="failed")),
        "ends otherwise",
    ),
    "a failure without a reason": (
        lambda: checks.is_job_life(job("pending", "running", "failed")),
        "error is None",
    ),
    "an item twice": (
        lambda: checks.are_pages_of([page("ab", 3), page("bc", 3)], "abc"),
        "4 items",
    ),
    "a wrong total": (lambda: checks.are_pages_of([page("ab", 3)], "ab"), r"totals are \[3\]"),
    "a page too long": (lambda: checks.are_pages_of([page("abc", 3)], "abc"), "longer"),
    "a refusal without reason": (
        lambda: checks.is_refusal({"problems": [], "count": 0}),
        "must name",
    ),
    "a refusal elsewhere": (
        lambda: checks.is_refusal({"problems": [{"at": "x", "message": "y"}], "count": 1}, "rows"),
        "the place is 'x'",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_validator_accepts_what_is_right(name: str) -> None:
    assert RIGHT[name]() is True


@pytest.mark.parametrize("name", WRONG)
def test_a_validator_refuses(name: str) -> None:
    call, reason = WRONG[name]
    with pytest.raises(AssertionError, match=reason):
        call()


def test_every_validator_is_shown_to_accept_and_to_refuse() -> None:
    makers = {"batches", "dataset", "series", "split", "unique_name", "Split"}
    assert set(checks.__all__) - makers == {name.partition(",")[0] for name in RIGHT}


def test_quality_sees_through_a_detector_that_has_only_the_rate_right() -> None:
    # Fifty anomalies in one place are no outliers to twenty neighbours: they have each other.
    data = checks.dataset("sample", 600)
    judged = judge(LocalOutlierFactorParams(n_neighbors=20), data)
    assert abs(judged["rate"] - 0.05) < 0.05
    with pytest.raises(AssertionError, match=r"recall 0\.000"):
        checks.detect_quality(judged, data["test_truth"])
    assert checks.detect_quality(judge(IsolationForestParams(), data), data["test_truth"])


def judge(params: Params, data: checks.Split) -> dict[str, Any]:
    algorithms = SklearnAlgorithms()
    scores = algorithms.score(algorithms.fit(params, data["train"]), data["test"])
    return result([int(found > 0) for found in scores], scores=list(scores))


def test_a_split_holds_every_row_once_and_can_leave_anomalies_out() -> None:
    rows, truth = [[float(i)] for i in range(10)], [0, 1] * 5
    whole = checks.split(rows, truth, 6)
    normal = checks.split(rows, truth, 6, normal_only=True)
    assert whole["train"] + whole["test"] == rows
    assert (whole["contamination"], normal["contamination"]) == (0.5, 0.01)
    assert normal["train"] == [[0.0], [2.0], [4.0]]
    assert normal["test"] == whole["test"]
    with pytest.raises(ValueError, match="train must be between 1 and 9, got 10"):
        checks.split(rows, truth, 10)


def test_batches_follow_each_other() -> None:
    rows = [[float(i)] for i in range(5)]
    assert checks.batches(rows, [2, 1]) == [rows[:2], rows[2:3]]
    with pytest.raises(ValueError, match="at most 5, got 6"):
        checks.batches(rows, [2, 4])


def test_unique_names_differ_and_keep_their_prefix() -> None:
    first, second = checks.unique_name("a"), checks.unique_name("a")
    assert first != second
    assert first.startswith("a-")


def test_score_finds_about_the_share_that_is_there() -> None:
    found = score(rows=400)
    assert found == score(rows=400)
    assert found["count"] == pytest.approx(20, abs=12)
    assert found["rate"] == found["count"] / 400
    with pytest.raises(ValueError, match="rows must be at least 1, got 0"):
        score(rows=0)


def test_every_python_name_in_the_case_files_exists() -> None:
    named = {
        name for path in sorted((ROOT / "cases").glob("*.yaml")) for name in python_names(path)
    }
    assert len(named) > 10
    for name in named:
        module, _, function = name.partition(":")
        assert callable(getattr(import_module(module), function)), name


def python_names(path: Path) -> Iterator[str]:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("python"), str):
                yield value["python"]
            for item in value.values():
                yield from walk(item)
        elif isinstance(value, list):
            for item in value:
                yield from walk(item)

    yield from walk(yaml.safe_load(path.read_text()))


# A layer may import itself and what stands to its right.
LAYERS = ["api", "infrastructure", "application", "domain"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_stands_below_it(layer: str) -> None:
    allowed = set(LAYERS[LAYERS.index(layer) :])
    for path in (ROOT / layer).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                if parts[:2] == ["examples", "anomaly"]:
                    assert parts[2] in allowed, f"{path.name} imports {node.module}"
