from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.cli.parallel_plan import SavedPlan, load_plan, save_entry, save_plan
from holdfast.errors import UsageError
from holdfast.report.parallel_view import EntryView, PlanView


def written(tmp_path: Path, **more: Any) -> str:
    plan = SavedPlan(**{"func": "m:f", "executor": "process", "n_jobs": 2, "chunksize": 7, **more})
    path = tmp_path / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    return str(path)


def test_a_plan_is_read_as_it_was_saved(tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    save_plan(PlanView(executor="thread", n_jobs=8, chunksize=3, items=9), "m:f", path)
    plan = load_plan(path, "m:f")
    assert (plan.executor, plan.n_jobs, plan.chunksize, plan.items) == ("thread", 8, 3, 9)
    assert plan.strategy == "thread:8:3"


def test_the_best_of_a_search_is_a_plan_as_well(tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    save_entry(EntryView(name="thread:8", executor="thread", n_jobs=8), "m:f", path, reason="best")
    assert load_plan(path, "m:f").strategy == "thread:8"


@pytest.mark.parametrize("executor", ["serial", "auto"])
def test_a_plan_without_workers_is_the_bare_name(executor: str) -> None:
    assert SavedPlan(func="m:f", executor=executor).strategy == executor


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"func": "m:g"}, "this is a plan for 'm:g', got 'm:f'"),
        ({"format": "other/2"}, "format must be 'holdfast-plan/1', got 'other/2'"),
        ({"executor": "proces"}, "no such executor 'proces'; did you mean 'process'?"),
        ({"n_jobs": 0}, "n_jobs and chunksize must be at least 1, got 0 and 7"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, more: Any, words: str
) -> None:
    path = written(tmp_path, **more)
    with pytest.raises(UsageError) as caught:
        load_plan(path, "m:f")
    assert caught.value.message.startswith(f"{path}: ")
    assert words in caught.value.message


def test_what_is_no_plan_is_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    for name in (str(path), str(tmp_path / "none.json")):
        with pytest.raises(UsageError) as caught:
            load_plan(name, "m:f")
        assert "--save PATH" in caught.value.hint
