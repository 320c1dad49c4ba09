"""Is a snapshot compared with what was approved, and written only when asked for?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.assembly.snapshots import fill_snapshots, refuse_under_ci, write_snapshots
from holdfast.errors import ProblemsError, UsageError
from holdfast.model.case import Case, Expect, Step, Target
from holdfast.model.evidence import CaseError, Evidence, StepEvidence
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.ports import PlannedRow

SNAPSHOT = Expect("snapshot")


def case(base: Path, *expect: Expect, steps: tuple[Step, ...] = (), name: str = "a") -> Case:
    target = Target(kind="steps" if steps else "python", spec={})
    return Case(suite="web", id=name, target=target, expect=expect, steps=steps, base=str(base))


def step(*expect: Expect) -> Step:
    return Step(target=Target(kind="python", spec={}), expect=expect)


def approve(base: Path, name: str, text: str) -> Path:
    path = base / "snapshots" / "web" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def filled(one: Case, *, update: bool = False) -> Case:
    (made,) = fill_snapshots([one], update=update)
    return made


class Store:
    """Holds what one attempt of each case left."""

    def __init__(self, *left: Evidence | None) -> None:
        self.left = left

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        for index in range(len(self.left)):
            attempt = Attempt(n=1, status="passed", started_s=0.0, duration_s=0.0)
            yield (
                PlannedRow(index=index, suite="web", id="a", key=""),
                Result(suite="web", id="a", status="passed", attempts=(attempt,)),
            )

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        assert n == 1
        return self.left[index]


def write(one: Case, *left: Evidence | None) -> tuple[str, ...]:
    plan = Plan(cases=(PlannedCase(index=0, case=one, key=""),), suites={})
    return write_snapshots("r", plan, Store(*left))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_nothing_is_approved_under_ci(value: str) -> None:
    with pytest.raises(UsageError, match="--update must not be given under CI"):
        refuse_under_ci({"CI": value})


@pytest.mark.parametrize("env", [{}, {"CI": ""}, {"CI": "0"}, {"CI": "False"}])
def test_elsewhere_it_is(env: dict[str, str]) -> None:
    assert refuse_under_ci(env) is None


def test_a_case_without_a_snapshot_stays_the_same_object(tmp_path: Path) -> None:
    one = case(tmp_path, Expect("equals", 1))
    assert filled(one) is one


def test_the_approved_value_goes_into_the_expectation(tmp_path: Path) -> None:
    approve(tmp_path, "a", '{"n": 1}')
    one = filled(case(tmp_path, Expect("completes"), SNAPSHOT))
    assert one.expect[0] == Expect("completes")
    assert one.expect[1].params == {
        "file": "snapshots/web/a.json",
        "stored": {"n": 1},
        "exists": True,
        "update": False,
    }


def test_a_snapshot_may_have_a_name_of_its_own_and_a_step_has_its_number(tmp_path: Path) -> None:
    one = filled(
        case(tmp_path, Expect("snapshot", "x/../y"), steps=(step(), step(SNAPSHOT))), update=True
    )
    assert one.expect[0].params["file"] == "snapshots/web/x%2F..%2Fy.json"
    assert one.steps[1].expect[0].params["file"] == "snapshots/web/a.2.json"
    assert one.steps[1].expect[0].params["update"] is True
    assert not one.steps[1].expect[0].params["exists"]


def test_all_snapshots_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    paths = [approve(tmp_path, name, "{\n oops") for name in "ab"]
    cases = [case(tmp_path, SNAPSHOT, name=name) for name in "ab"]
    with pytest.raises(ProblemsError) as caught:
        fill_snapshots(cases, update=False)
    assert [(each.path, each.line) for each in caught.value.problems] == [
        (str(path), 2) for path in paths
    ]
    assert "a snapshot must be JSON" in caught.value.problems[0].message


def test_a_missing_or_other_value_is_written_and_an_equal_one_is_left(tmp_path: Path) -> None:
    one = filled(case(tmp_path, SNAPSHOT, Expect("completes")), update=True)
    assert write(one, Evidence(value={"b": 1, "ä": 2})) == ("snapshots/web/a.json",)
    path = tmp_path / "snapshots/web/a.json"
    assert path.read_text(encoding="utf-8") == '{\n  "b": 1,\n  "ä": 2\n}\n'
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]
    again = filled(case(tmp_path, SNAPSHOT), update=True)
    assert write(again, Evidence(value={"ä": 2, "b": 1})) == ()
    assert write(again, Evidence(value=3)) == ("snapshots/web/a.json",)
    assert json.loads(path.read_text()) == 3


@pytest.mark.parametrize(
    "left",
    [
        None,
        Evidence(has_value=False),
        Evidence(value=1, error=CaseError(kind="exception", message="x")),
        Evidence(value={"$type": "opaque", "type": "x.Y", "repr": "Y()"}),
    ],
)
def test_what_is_not_known_whole_is_not_approved(tmp_path: Path, left: Any) -> None:
    assert write(filled(case(tmp_path, SNAPSHOT), update=True), left) == ()
    assert list(tmp_path.iterdir()) == []


def test_each_step_writes_its_own(tmp_path: Path) -> None:
    one = filled(case(tmp_path, steps=(step(SNAPSHOT), step(SNAPSHOT))), update=True)

    def done(phase: Any, left: Evidence) -> StepEvidence:
        return StepEvidence(name="", phase=phase, evidence=left)

    left = Evidence(
        has_value=False,
        steps=(
            done("before_each", Evidence(value="no step of the case")),
            done("step", Evidence(value="first")),
            done("step", Evidence(has_value=False)),
        ),
    )
    assert write(one, left) == ("snapshots/web/a.1.json",)
    assert json.loads((tmp_path / "snapshots/web/a.1.json").read_text()) == "first"


def test_a_case_without_a_snapshot_writes_nothing(tmp_path: Path) -> None:
    assert write(case(tmp_path, Expect("completes")), Evidence(value=1)) == ()
