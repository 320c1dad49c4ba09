"""Is the regret of parallel maps worked out as its rules say? No timing is asserted."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from benchmarks.figure import is_met
from benchmarks.measure import NotMeasured
from benchmarks.parallel import cell, passes, regret
from benchmarks.parallel.contenders import RIVALS
from benchmarks.parallel.grid import points
from benchmarks.parallel.passes import Cell, Passes, Sizes, Table, take_passes
from benchmarks.parallel.policy import SEEDS, policy_figures
from benchmarks.parallel.reference import Reading, Reference, reference
from benchmarks.parallel.workloads import FAMILIES, Workload

ONCE = Sizes(repetitions=1, whole=1, retries=0, points=2)
CALM = Reading(one_s=0.01, all_s=0.01)
LAMBDA = FAMILIES["quick"][0]


class Steady(Reference):
    """A machine that is never slower than before."""

    def __init__(self) -> None:
        super().__init__([])

    def read(self) -> Reading:
        return CALM


def cells(*seconds: float, checksum: int = 1, problem: str = "") -> list[Cell]:
    return [Cell(seconds=each, checksum=checksum, problem=problem) for each in seconds]


def table(**changes: list[Cell]) -> Table:
    found = {"holdfast": cells(3.0, 1.1, 1.1), "serial": cells(2.0, 2.0, 2.0)}
    found |= {"process:2:1": cells(1.0, 1.2, 0.9), "Pool.map": cells(2.0, 2.0, 3.0)}
    found |= {rival: cells(4.0, 4.0, 4.0) for rival in RIVALS[1:]}
    return found | changes


def test_both_families_have_the_same_fourteen_kinds_and_share_no_map() -> None:
    reported, tuned = FAMILIES["report"], FAMILIES["tune"]
    assert [each.kind for each in reported] == [each.kind for each in tuned]
    assert len({each.kind for each in reported}) == 14
    assert not {each.title for each in reported} & {each.title for each in tuned}
    assert not set(SEEDS["report"]) & set(SEEDS["tune"])


@pytest.mark.parametrize("size", FAMILIES)
def test_a_workload_makes_as_many_items_as_it_says(size: str) -> None:
    for workload in FAMILIES[size]:
        if workload.kind != "1 MB in":  # its title says how much memory that is
            assert sum(1 for _ in workload.items.make()) == workload.items.count


@pytest.mark.parametrize("workload", FAMILIES["tune"], ids=lambda each: each.kind)
def test_a_grid_begins_with_serial_and_holds_no_point_twice(workload: Workload) -> None:
    grid = points(workload, 2)
    assert grid[0] == "serial"
    assert len(set(grid)) == len(grid) >= 8
    assert {each.split(":")[0] for each in grid} == {"serial", "thread", "process"}
    most_threads = max(int(each.split(":")[1]) for each in grid if each.startswith("thread"))
    assert most_threads == (128 if workload.waits else 4)
    assert workload.nests == any(each.count(":") == 3 for each in grid)


@pytest.mark.parametrize("side", ["holdfast", "serial", "thread:2:5", "process:2:5", "joblib"])
def test_a_cell_gives_the_checksum_of_the_serial_results(side: str) -> None:
    answer = passes.measure_cell("quick", "lambda", side, limit_s=60.0)
    expected = cell.main("quick", "lambda", "serial")
    assert (answer.problem, answer.checksum) == ("", expected["checksum"])
    assert expected["count"] == LAMBDA.items.count


def test_a_side_that_cannot_do_it_says_why() -> None:
    answer = passes.measure_cell("quick", "lambda", "Pool.map", limit_s=60.0)
    assert "pickle local object" in answer.problem


def test_a_cell_that_takes_too_long_counts_as_the_limit() -> None:
    answer = passes.measure_cell("quick", "lambda", "serial", limit_s=0.001)
    assert (answer.seconds, answer.is_cut) == (0.001, True)


def test_the_reference_job_runs_on_one_core_and_on_all() -> None:
    with reference(2) as job:
        reading = job.read()
    assert reading.one_s > 0
    assert reading.all_s > 0
    slower = Reading(one_s=0.02, all_s=0.03)
    assert slower.slower_than(CALM) == 3


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        ([Cell(seconds=1.0)], 1.0),
        ([Cell(seconds=1.0, foreign=0.2), Cell(seconds=2.0)], 2.0),
        ([Cell(seconds=n, foreign=1 / n) for n in (1.0, 4.0, 3.0, 2.0)], 4.0),
        ([Cell(seconds=1.0, foreign=0.2, problem="no")], 1.0),
        ([Cell(seconds=1.0, foreign=0.2, is_cut=True)], 1.0),
    ],
)
def test_a_disturbed_cell_is_measured_again_and_the_calmest_counts(
    tries: list[Cell], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(tries)
    monkeypatch.setattr(Passes, "_once", lambda *_: left.pop(0))
    sizes = Sizes(repetitions=1, whole=1, retries=3)
    assert Passes("quick", sizes, Steady(), 2).take(LAMBDA, "serial").seconds == expected
    assert left == []


def test_a_machine_that_got_slower_disturbs_the_cells_on_both_sides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = msgspec.structs.replace(CALM, all_s=0.02)
    readings: Iterator[Reading] = iter([*[CALM] * 20, slow, CALM, CALM])
    job = Steady()
    monkeypatch.setattr(job, "read", lambda: next(readings))
    monkeypatch.setattr(passes, "measure_cell", lambda *_, **__: Cell(seconds=1.0, cpu_s=1e9))
    taken = Passes("quick", ONCE, job, 2)
    assert [taken.take(LAMBDA, "serial").slowed for _ in range(3)] == [2.0, 2.0, 1.0]


def test_what_lost_clearly_was_cut_or_failed_takes_no_part_in_later_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = points(LAMBDA, 2)[:4]
    speed = dict.fromkeys(grid, 1.5) | {grid[0]: 1.0, grid[1]: 1.25}
    asked: list[list[str]] = [[]]

    def take(self: Passes, workload: Workload, side: str) -> Cell:
        del self, workload
        asked[-1].append(side)
        if side == "Pool.map":
            return Cell(seconds=6.0, problem="no")
        return Cell(seconds=speed.get(side, 1.0), is_cut=side == "mpire")

    monkeypatch.setattr(Passes, "take", take)
    sizes = Sizes(repetitions=3, whole=2, retries=0, points=4)
    tables = take_passes(Passes("quick", sizes, Steady(), 2), [LAMBDA])
    counts = {side: len(taken) for side, taken in tables["lambda"].items()}
    expected = dict.fromkeys(["holdfast", "ProcessPoolExecutor", "joblib", *grid[:2]], 3)
    assert counts == expected | dict.fromkeys(grid[2:], 2) | {"Pool.map": 1, "mpire": 1}


def test_regret_is_the_median_over_the_least_median_of_the_grid() -> None:
    assert regret.regrets({"a": table()}, "holdfast") == {"a": pytest.approx(1.1)}
    assert regret.regrets({"a": table()}, "Pool.map") == {"a": 2.0}


def test_a_point_that_left_early_is_not_the_best() -> None:
    early = {"process:4:1": cells(0.1, 0.1)}
    assert regret.regrets({"a": table(**early)}, "holdfast") == {"a": pytest.approx(1.1)}


def test_a_rival_without_the_serial_results_has_no_regret_and_one_cut_has_the_limit() -> None:
    wrong = table(joblib=cells(1.0, checksum=2), mpire=cells(1.0, problem="no"))
    wrong["Pool.map"] = [Cell(seconds=6.0, is_cut=True)]
    assert regret.regrets({"a": wrong}, "joblib") == {}
    assert regret.regrets({"a": wrong}, "mpire") == {}
    assert regret.regrets({"a": wrong}, "Pool.map") == {"a": 6.0}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (cells(1.0, checksum=2), "the results differ"),
        (cells(1.0, problem="ValueError: no"), "ValueError: no"),
        ([Cell(seconds=6.0, is_cut=True)], "it took too long"),
    ],
)
def test_wrong_results_of_holdfast_are_not_measured(broken: list[Cell], told: str) -> None:
    with pytest.raises(NotMeasured, match=f"lambda: holdfast must give .* got: {told}"):
        regret.as_outcome("quick", [LAMBDA], {"lambda": table(holdfast=broken)})


def test_the_outcome_holds_both_totals_a_line_per_workload_and_all_cells() -> None:
    other = msgspec.structs.replace(LAMBDA, kind="b")
    tables = {"lambda": table(), "b": table(holdfast=cells(2.0, 2.0, 2.0))}
    outcome = regret.as_outcome("quick", [LAMBDA, other], tables)
    mean, *_, worst = outcome.figures[:5]
    assert mean.reached == (pytest.approx((1.1 * 2.0) ** 0.5),)
    assert (mean.rival_reached, worst.reached) == ((pytest.approx(2.0),), (2.0,))
    assert [is_met(mean, "report"), is_met(worst, "report")] == [False, False]
    assert [figure.what for figure in outcome.figures[8:10]] == [f"regret, {LAMBDA.title}"] * 2
    assert outcome.figures[8].reached == (pytest.approx(3.0), pytest.approx(1.1), 1.1)
    assert outcome.samples["holdfast"][1].values == {"lambda": 1.1, "b": 2.0, "disturbed cells": 0}
    assert outcome.samples["grid"][2].values["lambda, process:2:1"] == 0.9


def test_what_only_holdfast_can_do_is_left_out_of_the_ratio_to_a_rival() -> None:
    other = msgspec.structs.replace(LAMBDA, kind="b")
    failed = table(joblib=cells(1.0, problem="no"), holdfast=cells(9.0))
    outcome = regret.as_outcome("quick", [LAMBDA, other], {"lambda": table(), "b": failed})
    joblib = next(each for each in outcome.figures if each.rival.startswith("joblib"))
    assert joblib.rival == "joblib (1 without a right result)"
    assert joblib.ratio == (pytest.approx(1.1 / 4.0),)


def test_the_rule_for_chunks_meets_what_is_required_of_it_and_beats_a_fixed_size() -> None:
    for figure in policy_figures("quick"):
        assert is_met(figure, "report")
        assert max(figure.ratio) < 1
