"""Who is told of a result, and when?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from holdfast.execute.journal import FLUSH_RESULTS, Journal
from holdfast.model.plan import PlannedCase
from holdfast.model.result import Attempt, Result
from tests.unit.execute.running import Loop, Reporter, Store, broken, case, fine

PLANNED = PlannedCase(index=0, case=case("a"), key="")
PASSED = Result(suite="s", id="a", status="passed")


class Raising(Reporter):
    def case_finished(self, case: Any, result: Any) -> None:
        raise ValueError("bad reporter")

    def event(self, name: str, facts: Any) -> None:
        raise ValueError("bad reporter")


def in_loop(use: Callable[[], Any]) -> None:
    async def main() -> None:
        done = use()
        if asyncio.iscoroutine(done):
            await done

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())


def attempt(error: Any = None) -> Attempt:
    return Attempt(n=1, status="passed", started_s=0.0, duration_s=0.0, error=error)


def test_nobody_is_told_before_it_is_durable() -> None:
    store = Store()
    reporter = Reporter(store)
    journal = Journal(store, "run", [reporter])  # type: ignore[arg-type, list-item]

    async def use() -> None:
        journal.start(PLANNED, 1, 0.0, "")
        journal.end_attempt(PLANNED, attempt(), fine())
        journal.end_case(PLANNED, PASSED)
        assert reporter.told == [("case_started", "a")]
        assert store.durable == []
        await asyncio.sleep(0.1)
        assert reporter.told[-1] == ("case_finished", "a", "passed")
        assert len(store.durable) == 3

    in_loop(use)


def test_many_results_are_made_durable_without_waiting() -> None:
    store = Store()
    journal = Journal(store, "run", [])

    def use() -> None:
        for _ in range(FLUSH_RESULTS):
            assert store.durable == []
            journal.end_case(PLANNED, PASSED)
        assert len(store.durable) == FLUSH_RESULTS

    in_loop(use)


def test_a_crash_is_durable_at_once_with_the_result_that_it_decides() -> None:
    store = Store()
    journal = Journal(store, "run", [])  # type: ignore[arg-type]

    async def use() -> None:
        evidence = broken("crash")
        journal.end_attempt(PLANNED, attempt(evidence.error), evidence)
        journal.end_case(PLANNED, PASSED)
        assert store.durable == []
        await asyncio.sleep(0)
        assert len(store.durable) == 2

    in_loop(use)


def test_what_a_reporter_raises_is_counted_and_the_others_are_told() -> None:
    store = Store()
    good = Reporter(store)
    journal = Journal(store, "run", [Raising(), good])  # type: ignore[arg-type, list-item]

    def use() -> None:
        journal.end_case(PLANNED, PASSED)
        journal.event("note", {})
        journal.flush()

    in_loop(use)
    assert good.told == [("event", "note"), ("case_finished", "a", "passed")]
    assert sum(journal.trouble().values()) == 2
    assert all("ValueError: bad reporter" in text for text in journal.trouble())


def test_a_timed_flush_that_cannot_write_is_told_and_shows_nothing() -> None:
    store = Store(fails="flush")
    reporter, failures = Reporter(), []
    journal = Journal(store, "run", [reporter])  # type: ignore[arg-type, list-item]
    journal.on_failure = failures.append

    async def use() -> None:
        journal.end_case(PLANNED, PASSED)
        await asyncio.sleep(0.2)

    in_loop(use)
    assert [str(error) for error in failures] == ["no space left"]
    assert reporter.told == []


def test_the_begin_and_the_end_of_a_run_are_told() -> None:
    reporter = Reporter()
    journal = Journal(Store(), "run", [reporter])  # type: ignore[arg-type, list-item]
    journal.run_started(None, None)  # type: ignore[arg-type]
    journal.run_finished(None)  # type: ignore[arg-type]
    assert reporter.told == [("run_started",), ("run_finished",)]
