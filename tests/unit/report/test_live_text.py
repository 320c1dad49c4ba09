from __future__ import annotations

import pytest

from holdfast.report.live_text import LiveState, live_lines
from holdfast.report.paint import plain
from holdfast.report.tally_line import Progress, bar
from tests.unit.report.runs import result


def drawn(
    state: LiveState, doing: dict[str, str] | None = None, used: dict[str, float] | None = None
) -> list[str]:
    return live_lines(state, doing or {}, used or {}, now_s=10.0, width=80, paint=plain)


def state(planned: int = 4) -> LiveState:
    made = LiveState()
    made.progress = Progress(planned)
    return made


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [(0, 3, "......"), (1, 3, "##...."), (3, 3, "######"), (999, 1000, "#####."), (0, 0, "######")],
)
def test_a_bar_is_full_only_when_all_is_done(done: int, total: int, expected: str) -> None:
    assert expected == bar(done, total, 6)


def test_the_last_line_says_how_far_the_run_is() -> None:
    made = state()
    made.progress.add(result())
    made.progress.add(result(status="failed"))
    assert drawn(made) == ["#" * 15 + "." * 15 + "  2/4  1 passed, 1 failed  10 s"]


def test_what_runs_is_shown_longest_first_with_its_worker() -> None:
    made = state()
    made.running = {f"s/c{n}": (f"w-{n}", float(n)) for n in range(10)}
    lines = drawn(made)
    assert lines[0] == "  runs  w-0         s/c0  10 s"
    assert lines[8] == "  and 2 more run"
    assert len(lines) == 10


def test_a_worker_that_says_what_it_does_is_shown_where_no_case_runs() -> None:
    assert drawn(state(), {"w-1": "starting\nup"})[0] == "  runs  w-1         starting..."


def test_each_suite_has_a_bar_and_those_under_way_come_first() -> None:
    made = state()
    made.suites = {f"s{n}": [0, 2, 0] for n in range(9)} | {"done": [2, 2, 1], "now": [1, 2, 1]}
    lines = drawn(made)
    assert lines[0].split() == ["now", "#######........", "1/2", "1", "not", "passed"]
    assert lines[8] == "  and 3 more suites"


def test_a_single_suite_has_no_bar_of_its_own() -> None:
    made = state()
    made.suites = {"s": [0, 4, 0]}
    assert len(drawn(made)) == 1


def test_the_last_failures_are_shown() -> None:
    made = state()
    made.failures = [f"failed s/c{n}" for n in range(6)]
    assert drawn(made)[:4] == [f"  last  failed s/c{n}" for n in range(2, 6)]


def test_names_cannot_command_the_terminal() -> None:
    made = state()
    made.running = {"s/\x1b[2J": ("w\x07", 0.0)}
    made.suites = {"\x1b[0m": [0, 1, 0], "b": [0, 1, 0]}
    assert not set("".join(drawn(made))) & {"\x1b", "\x07"}


def test_what_the_processes_use_is_one_line() -> None:
    used = {
        "rss_bytes.host": 30e6,
        "rss_bytes.worker-1": 120e6,
        "cpu.host": 0.25,
        "cpu.worker-1": 1.0,
    }
    lines = drawn(state(), used={**used, "cases_in_flight": 3.0, "asyncio_tasks": 21.0})
    assert lines[0] == "  uses  1.2 cores, 143 MiB (most: worker-1 114 MiB), 3 in flight, 21 tasks"


def test_a_run_that_nobody_watches_has_no_such_line() -> None:
    assert not any("uses" in line for line in drawn(state(), used={"cases_in_flight": 3.0}))
