"""Which process is killed when nothing is heard of it, and because of whom?"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from holdfast.errors import InternalError
from holdfast.execute import watch
from holdfast.execute.outlook import StopRules
from holdfast.execute.watch import SILENT_S, START_S, Watch
from holdfast.execute.wire import Cancel
from holdfast.model.result import Result

NOW = 1_000.0


class Host:
    """A host process as far as a watch looks at it."""

    def __init__(self, *flights: Any, **options: Any) -> None:
        self.name = "host"
        self.lane = "async"
        self.is_usable = True
        self.is_ready = True
        self.last_heard = NOW
        self.blocked_by = 0
        self.in_flight = dict(enumerate(flights, 1))
        self.sent: list[Any] = []
        self.channel = SimpleNamespace(send=self.sent.append)
        self.signals: list[int] = []
        self.spawned = SimpleNamespace(signal=self.signals.append, kill_tree=self.kill_tree)
        self.killed_for = -1
        self.kill_reason = ""
        self.is_dead = False
        self.reaper_is_gone = False
        for name, value in options.items():
            setattr(self, name, value)

    def drain(self) -> None:
        """Nothing is under way."""

    async def kill_tree(self) -> None:
        if self.reaper_is_gone:
            raise InternalError("the reaper is gone")
        self.is_dead = True


def flight(deadline: float | None = None, *, is_cancelled: bool = False) -> Any:
    return SimpleNamespace(deadline=deadline, timeout_s=2.0, is_cancelled=is_cancelled)


@pytest.fixture(autouse=True)
def knows_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "monotonic", lambda: NOW)
    monkeypatch.setattr(watch, "STACKS_GRACE_S", 0.0)


def check(host: Any) -> Host:
    async def main() -> None:
        guard = Watch()
        guard.check(host)
        await guard.close()

    asyncio.run(main())
    return host


@pytest.mark.parametrize(
    "host",
    [
        Host(),
        Host(flight(NOW - 1), is_usable=False),
        Host(flight(), is_usable=False, is_ready=False, last_heard=0.0),
        Host(is_ready=False, last_heard=0.0),
        Host(flight(), flight(NOW)),
        Host(flight(), is_ready=False, last_heard=NOW - START_S),
        Host(flight(), last_heard=0.0),
        Host(flight(), flight(), lane="sync", last_heard=0.0),
    ],
)
def test_who_is_within_its_time_is_left_alone(host: Host) -> None:
    check(host)
    assert (host.is_dead, host.sent) == (False, [])


def test_a_process_that_does_not_start_is_killed_for_nobody() -> None:
    host = check(Host(flight(), is_ready=False, last_heard=NOW - START_S - 1))
    assert (host.is_dead, host.killed_for) == (True, 0)
    assert host.kill_reason == "host was not ready within 60 s"
    assert len(host.signals) == 1


def test_a_host_that_is_silent_under_many_is_killed_for_nobody() -> None:
    host = check(Host(flight(), flight(), last_heard=NOW - SILENT_S - 1))
    assert (host.is_dead, host.killed_for) == (True, 0)
    assert host.kill_reason == "host gave no sign of life for 30 s"


def test_a_worker_is_killed_and_a_coroutine_first_cancelled() -> None:
    worker = check(Host(flight(NOW - 1), lane="sync"))
    assert (worker.killed_for, worker.kill_reason) == (1, "no end within 2 s")
    host = check(Host(flight(NOW - 1)))
    assert (host.is_dead, host.sent) == (False, [Cancel(1)])
    assert host.in_flight[1].is_cancelled
    assert host.in_flight[1].deadline > NOW


@pytest.mark.parametrize(
    ("host", "killed_for", "words"),
    [
        (Host(flight(NOW - 1, is_cancelled=True)), 1, "it did not end when it was cancelled"),
        (
            Host(flight(NOW - 1, is_cancelled=True), last_heard=NOW - 5),
            1,
            "it blocked the event loop",
        ),
        (
            Host(flight(NOW - 1, is_cancelled=True), flight(), blocked_by=1),
            1,
            "it blocked the event loop",
        ),
        (
            Host(flight(NOW - 1, is_cancelled=True), flight(), last_heard=NOW - 5),
            0,
            "the event loop of host did not turn for 5.0 s",
        ),
    ],
)
def test_a_cancelled_call_that_goes_on_costs_its_host(
    host: Host, killed_for: int, words: str
) -> None:
    check(host)
    assert host.is_dead
    assert host.killed_for == killed_for
    assert words in host.kill_reason


def test_the_clock_of_a_call_stands_still_while_another_blocks_the_loop() -> None:
    host = check(Host(flight(NOW - 1), flight(), blocked_by=2))
    assert (host.is_dead, host.sent) == (False, [])


def test_a_host_that_is_gone_with_its_reaper_needs_no_kill() -> None:
    host = check(Host(flight(NOW - 1), lane="sync", reaper_is_gone=True))
    assert not host.is_dead


def test_failures_and_errors_stop_a_run_and_others_do_not() -> None:
    rules = StopRules(max_failures=2)
    said = [
        rules.broken_by(Result(suite="s", id="a", status=status))  # type: ignore[arg-type]
        for status in ("failed", "passed", "undecided", "skipped", "error")
    ]
    assert said == ["", "", "", "", "2 failures stopped the run"]
    first = StopRules(max_failures=1)
    failed = Result(suite="s", id="a", status="failed")
    assert first.broken_by(failed) == "the first failure stopped the run"
    assert StopRules().broken_by(failed) == ""
