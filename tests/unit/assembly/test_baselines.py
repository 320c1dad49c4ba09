"""Is a baseline put into the plan before a run, and written after it only from what was measured?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.assembly.baselines import fill_baselines, write_baselines
from holdfast.errors import ProblemsError
from holdfast.measure.baseline import Sitting
from holdfast.measure.baseline_file import add_sitting, read_baseline
from holdfast.measure.verdict import Rules
from holdfast.model.case import Case, Surround, Target
from holdfast.model.evidence import Evidence
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.ports import PlannedRow
from tests.unit.measure.sittings import sitting_of

RULES = Rules(slower=0.05, floor=0.025, alpha=0.01)


def case(base: Path, name: str = "total", than: Any = None, driver: str = "paired") -> Case:
    params = {"than": {"baseline": ""} if than is None else than, "by": 0.05}
    return Case(
        suite="shop",
        id=name,
        target=Target(kind="python", spec={}),
        surround=(
            Surround(kind="probe", name="monitor", params={"hz": 10}),
            Surround(kind="driver", name=driver, params=params),
        ),
        base=str(base),
    )


def than_of(one: Case) -> dict[str, Any]:
    return one.surround[1].params["than"]


class Store:
    """Holds what the last of two attempts of each case left."""

    def __init__(self, *left: Evidence | None) -> None:
        self.left = left

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        attempts = tuple(
            Attempt(n=n, status="passed", started_s=0.0, duration_s=0.0) for n in (1, 2)
        )
        for index in range(len(self.left)):
            yield (
                PlannedRow(index=index, suite="shop", id="a", key=""),
                Result(suite="shop", id="a", status="passed", attempts=attempts),
            )

    def evidence(self, run_id: str, index: int, n: int) -> Evidence | None:
        assert n == 2
        return self.left[index]


def write(store: Store, *cases: Case) -> tuple[str, ...]:
    planned = tuple(PlannedCase(index=at, case=one, key="") for at, one in enumerate(cases))
    return write_baselines("r", Plan(cases=planned, suites={}), store)  # type: ignore[arg-type]


def measured(one: Case) -> Evidence:
    fact = {
        **than_of(one)["stored"],
        "now": msgspec.to_builtins(sitting_of()),
        "rules": msgspec.to_builtins(RULES),
    }
    return Evidence(has_value=False, facts={"baseline": fact})


def test_cases_without_a_baseline_stay_the_same_objects(tmp_path: Path) -> None:
    plain = Case(suite="shop", id="plain", target=Target(kind="python", spec={}))
    others = [plain, case(tmp_path, than={"revision": "main"}), case(tmp_path, driver="leak")]
    assert all(
        made is one for made, one in zip(fill_baselines(others, update=False), others, strict=True)
    )
    assert write(Store(None, None, None), *others) == ()


def test_what_the_file_holds_goes_into_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "shop" / "total.json"
    (one,) = fill_baselines([case(tmp_path)], update=True)
    stored = {"file": "baselines/shop/total.json", "exists": False, "update": True, "sittings": []}
    assert than_of(one) == {"baseline": "", "stored": stored}
    assert one.surround[1].params["by"] == 0.05
    add_sitting(path, sitting_of(), RULES)
    (one,) = fill_baselines([case(tmp_path)], update=False)
    assert msgspec.convert(than_of(one)["stored"]["sittings"], list[Sitting]) == [sitting_of()]


def test_a_name_is_a_file_of_its_own(tmp_path: Path) -> None:
    (one,) = fill_baselines([case(tmp_path, than={"baseline": "sums"})], update=False)
    assert than_of(one)["stored"]["file"] == "baselines/shop/sums.json"


def test_files_that_are_no_baselines_are_named_at_once_and_nothing_is_run(tmp_path: Path) -> None:
    folder = tmp_path / "baselines" / "shop"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text('{"format": "holdfast-baseline/7"}')
    with pytest.raises(ProblemsError) as caught:
        fill_baselines([case(tmp_path, "a"), case(tmp_path, "b")], update=False)
    told = str(caught.value)
    assert f"{folder / 'a.json'}: a baseline must be readable as such" in told
    assert "got 'holdfast-baseline/7'" in told
    assert "2 problems in 2 files; nothing was run" in told


def test_what_a_run_measured_is_added_and_told(tmp_path: Path) -> None:
    cases = fill_baselines([case(tmp_path, "a"), case(tmp_path, "b")], update=True)
    assert write(Store(measured(cases[0]), None), *cases) == (
        "baselines/shop/a.json: 1 sitting of this host class and interpreter",
    )
    found = read_baseline(tmp_path / "baselines" / "shop" / "a.json")
    assert found is not None
    assert found.sittings == (sitting_of(),)
    assert not (tmp_path / "baselines" / "shop" / "b.json").exists()


def test_other_cases_of_the_run_are_passed_over(tmp_path: Path) -> None:
    plain = Case(suite="shop", id="plain", target=Target(kind="python", spec={}))
    (one,) = fill_baselines([case(tmp_path)], update=True)
    assert len(write(Store(None, measured(one)), plain, one)) == 1


def test_what_could_not_be_measured_is_not_written(tmp_path: Path) -> None:
    cases = fill_baselines([case(tmp_path)], update=True)
    assert write(Store(Evidence(has_value=False)), *cases) == ()


def test_cases_that_share_a_baseline_both_add_to_it(tmp_path: Path) -> None:
    given = [case(tmp_path, name, {"baseline": "sums"}) for name in ("a", "b")]
    cases = fill_baselines(given, update=True)
    told = write(Store(*map(measured, cases)), *cases)
    assert [each.partition(": ")[2][:9] for each in told] == ["1 sitting", "2 sitting"]
