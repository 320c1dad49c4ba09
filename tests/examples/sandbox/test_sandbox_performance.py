"""Eleven examples: what deciding costs, what stays of it, and what it is limited to. No time is asserted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

import holdfast
from examples.sandbox import speed
from examples.sandbox.engine import RuleEngine
from holdfast.measure import (
    CallbackOverhead,
    PerformanceResult,
    PerformanceTester,
    compare,
    leakcheck,
)
from holdfast.parallel import execute
from holdfast.session import AsyncExecutor, Session
from tests.examples.sandbox.rulebook import BOOK, ORDER, RULES, order, rule

SPEED = "examples.sandbox.speed"
# Wide limits: what is found does not depend on the machine's mood.
FAR: dict[str, Any] = {"slower": 0.7, "floor": 0.2, "budget_s": 2.0, "launches": 2}


@pytest.fixture(autouse=True, scope="module")
def warmed_up() -> None:
    """Let uvloop open the pipe that it keeps for the life of a process."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.sleep(0))


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One interpreter for the examples that are not about how it ends."""
    with Session(memory_bytes=200_000_000) as session:
        yield session


def decide_case(limit: str) -> dict[str, Any]:
    return {
        "id": "decide",
        "python": "examples.sandbox.checks:decide",
        "with": {"order": ORDER, "book": str(BOOK)},
        "expect": [{"timer.decide": limit}],
    }


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the store of a run."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOLDFAST_STORE", "HOLDFAST_SLOTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    return tmp_path


def test_many_orders_take_one_turn_together_and_as_many_as_there_are_rules_each(
    session: Session,
) -> None:
    engine, orders = RuleEngine(session, RULES), [order(price) for price in range(50)]
    before = len(session.history)
    together = engine.decide_all(orders)
    assert len(session.history) - before == 1
    assert [engine.decide(each) for each in orders] == together
    assert len(session.history) - before == 1 + len(orders) * len(RULES)


def test_a_benchmark_counts_the_calls_that_fail_and_leaves_them_out(session: Session) -> None:
    session.execute("def is_odd(n):\n    return n % 2 == 1 or 1 / 0")
    tester, numbers = PerformanceTester(), iter(range(40))

    async def ask() -> tuple[PerformanceResult, CallbackOverhead]:
        mixed = await tester.benchmark_async_execution(
            lambda: session.call("is_odd", next(numbers)), iterations=40
        )
        callback = session.callback("is_odd")
        return mixed, await tester.benchmark_callback_overhead(callback, args=[1], iterations=30)

    mixed, overhead = asyncio.run(ask())
    assert (mixed.iterations, mixed.failed) == (40, 20)
    assert (overhead.callback.failed, overhead.baseline.failed) == (0, 0)
    summary = tester.get_metrics_summary()
    assert (summary.calls, summary.failed) == (70, 20)


def test_an_executor_has_no_more_processes_than_workers() -> None:
    async def ask() -> set[int]:
        async with AsyncExecutor(workers=2) as executor:
            code = "import os; os.getpid()"
            results = await asyncio.gather(*(executor.execute(code) for _ in range(12)))
            return {each.value for each in results}

    assert 1 <= len(asyncio.run(ask())) <= 2


def test_a_rule_that_eats_memory_is_told_so_and_the_session_goes_on(session: Session) -> None:
    greedy = rule("is_greedy", "return len(bytearray(10 ** 10)) > 0")
    decision = RuleEngine(session, [greedy, *RULES]).decide(ORDER)
    assert [each.status for each in decision.verdicts] == ["unclear", *["accepted"] * 3]
    assert decision.verdicts[0].reason.startswith("MemoryError")


def test_a_turn_for_each_rule_is_proven_slower_than_one_turn_for_all() -> None:
    assert compare(f"{SPEED}:in_one_turn", f"{SPEED}:turn_by_turn", **FAR).status == "slower"


def test_the_same_way_is_not_found_slower_than_itself() -> None:
    assert compare(f"{SPEED}:in_one_turn", f"{SPEED}:in_one_turn", **FAR).status != "slower"


def test_no_descriptor_thread_or_file_stays_of_a_session_that_is_closed() -> None:
    report = leakcheck(f"{SPEED}:anew", iterations=120, channels=["fds", "threads", "files"])
    assert report.status == "clean"


def test_a_session_that_is_never_reset_keeps_every_turn() -> None:
    report = leakcheck(f"{SPEED}:status_of", iterations=120, channels=["blocks"])
    assert report.status == "leaks"
    assert any("session" in site.place for site in report.sites)


def test_orders_decided_side_by_side_are_decided_as_in_a_loop() -> None:
    prices = range(0, 2000, 100)
    found = execute(speed.status_of, prices, executor="process", n_jobs=2)
    assert found == [speed.status_of(price) for price in prices]
    assert set(found) == {"accepted", "refused"}


def test_timers_tell_where_the_time_of_a_case_went(somewhere: Path) -> None:
    run = holdfast.run(decide_case("< 20s"))
    (result,) = run.results
    assert (run.verdict, result.status) == ("passed", "passed")
    counts = {name: result.measurements.get(f"timer.{name}.count") for name in ("read", "decide")}
    assert counts == {"read": 1, "decide": 1}


def test_a_limit_that_is_passed_fails_the_case_and_names_the_figure(somewhere: Path) -> None:
    run = holdfast.run(decide_case("< 1us"))
    (finding,) = run.results[0].findings
    assert (run.verdict, finding.status) == ("failed", "failed")
    assert "timer.decide" in finding.message
