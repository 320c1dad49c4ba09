"""What of an earlier stretch of a run still holds, and what needs no attempt at all?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.assembly.books import Kept, open_books
from holdfast.assembly.books import _changes as changes
from holdfast.assembly.ground import describe_ground
from holdfast.assembly.request import Request
from holdfast.errors import UsageError
from holdfast.model.case import Case, Requires, Suite, Target, Waiver
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow
from holdfast.ports import PlannedRow
from holdfast.settings import ServiceSettings, Settings
from tests.unit.assembly.test_secrecy import place

TARGET = Target(kind="python", spec={})


class Store:
    """A store that holds one run with results."""

    def __init__(
        self, *results: Result, row: RunRow | None = None, cached: dict[str, Any] | None = None
    ) -> None:
        self._results = results
        self._row = row or RunRow(id="r1", seed=7, started="")
        self._cached = cached or {}
        self.left: dict[str, tuple[Attempt, ...]] = {}

    def runs(self, limit: int = 50) -> tuple[RunRow, ...]:
        return (self._row,)

    def run(self, ref: str) -> RunRow:
        return self._row

    def results(self, run_id: str) -> Iterator[tuple[PlannedRow, Result]]:
        for index, result in enumerate(self._results):
            yield (
                PlannedRow(index=index, suite=result.suite, id=result.id, key=f"key-{result.id}"),
                result,
            )

    def unfinished(self, run_id: str) -> Iterator[tuple[PlannedRow, tuple[Attempt, ...]]]:
        for name, attempts in self.left.items():
            yield PlannedRow(index=99, suite="s", id=name, key=f"key-{name}"), attempts

    def cached_many(self, keys: Any) -> dict[str, Any]:
        return {key: self._cached[key] for key in keys if key in self._cached}


class Empty(Store):
    def runs(self, limit: int = 50) -> tuple[RunRow, ...]:
        return ()


def planned(
    index: int, name: str, *, key: str = "", needs: tuple[int, ...] = (), **options: Any
) -> PlannedCase:
    case = Case(suite="s", id=name, target=TARGET, **options)
    return PlannedCase(index=index, case=case, key=key or f"key-{name}", needs=needs)


def result(name: str, status: Any = "passed", skip_kind: Any = "") -> Result:
    return Result(suite="s", id=name, status=status, skip_kind=skip_kind)


def keep(store: Store, *cases: PlannedCase, suite: Suite | None = None, **options: Any) -> Kept:
    request = Request(settings=Settings(**options), resume="last")
    work = place({})
    books = open_books(request, store, work)  # type: ignore[arg-type]
    return books.keep(
        request, Plan(cases=cases, suites={"s": suite or Suite(name="s")}), store, work
    )  # type: ignore[arg-type]


def test_results_of_the_same_content_are_kept_wherever_they_stand_now() -> None:
    kept = keep(
        Store(result("a"), result("b", "failed")), planned(0, "b"), planned(1, "c"), planned(2, "a")
    )
    assert {index: each.id for index, each in kept.earlier.items()} == {0: "b", 2: "a"}
    assert kept.fresh == {}


def test_a_case_that_changed_runs_again() -> None:
    assert keep(Store(result("a")), planned(0, "a", key="other")).earlier == {}


@pytest.mark.parametrize("kind", ["need", "interrupt", "budget", "fail-fast", "stop", "requires"])
def test_what_a_stop_left_undone_is_done_now(kind: str) -> None:
    assert keep(Store(result("a", "skipped", kind)), planned(0, "a")).earlier == {}


@pytest.mark.parametrize("kind", ["author", "xfail"])
def test_what_its_author_skipped_stays_skipped(kind: str) -> None:
    assert set(keep(Store(result("a", "skipped", kind)), planned(0, "a")).earlier) == {0}


def test_needs_on_a_service_that_is_a_new_one_run_again_along_the_chain() -> None:
    store = Store(result("a"), result("b"), result("d"))
    cases = [
        planned(0, "a"),
        planned(1, "b", needs=(0,)),
        planned(2, "c", needs=(1,)),
        planned(3, "d"),
    ]
    assert set(keep(store, *cases).earlier) == {0, 1, 3}
    started = {"services": {"api": ServiceSettings(command="serve")}}
    running = {"services": {"api": ServiceSettings(url="http://127.0.0.1:1")}}
    using = Suite(name="s", services=("api",))
    assert set(keep(store, *cases, suite=using, **started).earlier) == {3}
    assert set(keep(store, *cases, suite=using, **running).earlier) == {0, 1, 3}
    assert set(keep(store, *cases, **started).earlier) == {0, 1, 3}


def tried(n: int, status: Any, **more: Any) -> Attempt:
    return Attempt(n=n, status=status, started_s=0.0, duration_s=0.0, **more)


def test_attempts_without_a_result_are_kept_for_the_case_that_runs_again() -> None:
    store = Store()
    store.left = {
        "a": (tried(1, "failed"), tried(2, "lost", counts=False)),
        "gone": (tried(1, "lost"),),
    }
    kept = keep(store, planned(4, "a"), planned(5, "b"))
    assert [(each.n, each.status) for each in kept.attempts[4]] == [(1, "failed"), (2, "lost")]
    assert set(kept.attempts) == {4}


def test_attempts_of_a_need_that_runs_again_stay_but_use_up_no_retry() -> None:
    store = Store(msgspec.structs.replace(result("a"), attempts=(tried(1, "passed"),)))
    services = {"services": {"api": ServiceSettings(command="serve")}}
    cases = [planned(0, "a"), planned(1, "b", needs=(0,))]
    kept = keep(store, *cases, suite=Suite(name="s", services=("api",)), **services)
    assert [(each.n, each.counts) for each in kept.attempts[0]] == [(1, False)]


def test_attempts_before_a_stop_are_kept() -> None:
    stopped = msgspec.structs.replace(
        result("a", "skipped", "interrupt"), attempts=(tried(1, "failed"),)
    )
    assert keep(Store(stopped), planned(0, "a")).attempts == {0: [tried(1, "failed")]}


def test_what_its_author_skips_or_this_machine_cannot_do_needs_no_attempt() -> None:
    kept = keep(
        Store(),
        planned(0, "a", skip=Waiver(reason="not now")),
        planned(1, "b", requires=Requires(memory_bytes=10**18)),
        planned(2, "c", requires=Requires(disk_bytes=10**18)),
        planned(3, "d", requires=Requires(cpus=100_000)),
        planned(4, "e", requires=Requires(memory_bytes=1, disk_bytes=1, cpus=0.5)),
    )
    assert {index: each.skip_kind for index, each in kept.fresh.items()} == {
        0: "author",
        1: "requires",
        2: "requires",
        3: "requires",
    }
    assert kept.fresh[1].reason.startswith(
        "requires memory 1,000,000,000,000,000,000, this machine has "
    )
    assert kept.all() == kept.fresh


def test_a_cached_result_is_taken_only_when_that_was_asked_for_and_names_its_run() -> None:
    row = RunRow(
        id="r0", seed=7, started="", environment={"ground": describe_ground(place({}).root)}
    )
    store = Store(row=row, cached={"key-a": ("r0", result("a"))})
    same = msgspec.structs.replace(planned(0, "a"), has_templates=False)
    assert keep(store, same).fresh == {}
    assert keep(store, same, cached=True).fresh[0].cached_from == "r0"


def test_a_run_goes_on_with_its_own_seed() -> None:
    books = open_books(Request(settings=Settings(), resume="last"), Store(), place({}))  # type: ignore[arg-type]
    assert (books.run_id, books.seed) == ("r1", 7)
    with pytest.raises(UsageError, match="--seed must be 7"):
        open_books(Request(settings=Settings(seed=8), resume="last"), Store(), place({}))  # type: ignore[arg-type]


def test_going_on_without_any_run_is_a_new_one() -> None:
    books = open_books(Request(settings=Settings(seed=3), resume="last"), Empty(), place({}))  # type: ignore[arg-type]
    assert books.earlier is None
    assert books.seed == 3
    assert books.run_id != "r1"


@pytest.mark.parametrize(
    ("finished", "stopped", "is_over"),
    [("", "", False), ("2026-01-31", "interrupted", False), ("2026-01-31", "", True)],
)
def test_only_a_run_that_was_not_stopped_is_finished(
    finished: str, stopped: str, is_over: bool, tmp_path: Path
) -> None:
    row = RunRow(id="r1", seed=7, started="", finished=finished, stopped=stopped)
    books = open_books(Request(settings=Settings(), resume="last"), Store(row=row), place({}))  # type: ignore[arg-type]
    assert books.is_finished == is_over


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (("abc", False), ("abc", False), ""),
        (("abc", True), ("abc", True), "the tree has changes that are in no commit"),
        (
            ("a" * 40, False),
            ("b" * 40, True),
            f"the commit changed from {'a' * 12} to {'b' * 12} since this run began",
        ),
        (("", False), ("b", False), "the commit changed from none to b since this run began"),
    ],
)
def test_what_changed_of_the_code_since_an_earlier_stretch_is_said(
    before: tuple[str, bool], now: tuple[str, bool], said: str
) -> None:
    rows = [RunRow(id="r1", seed=7, started="", commit=c, dirty=d) for c, d in (before, now)]
    assert changes(*rows) == said
