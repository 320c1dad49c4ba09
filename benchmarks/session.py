"""How long does a turn of a session take, in a process of its own and in this one?

Rules, set before the first measurement:
- a turn is `x = 1\\nx + 1`: a statement and a value, compiled, run, its output caught, its value
  handed back. Each value is checked.
- sides, in turn: `Session()`, `Session(in_process=True)`, `AsyncSession()` on asyncio's own loop,
  the same lines pushed to the standard library's `code.InteractiveConsole` (which catches no
  output and has no limit), and Python's own prompt through pexpect without its delay.
- Counted: wall time of N turns of one open session over N; its start is not counted.
- Required: the median of a process turn is at most 1 ms, of an in-process turn at most 0.3 ms.
"""

from __future__ import annotations

import asyncio
import code
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pexpect.replwrap

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from benchmarks.measure import NotMeasured
from benchmarks.sitting import Side, pairwise, take_turns
from holdfast.session import AsyncSession, Session

__all__ = ["measure"]

TURN = "x = 1\nx + 1"


class _Sizes(msgspec.Struct, frozen=True, kw_only=True):
    turns: int
    repetitions: int
    warm_ups: int = 1


SIZES: dict[Size, _Sizes] = {
    "report": _Sizes(turns=2_000, repetitions=7),
    "tune": _Sizes(turns=1_000, repetitions=3),
    "quick": _Sizes(turns=5, repetitions=1, warm_ups=0),
}
PROCESS = Requirement(limit=1.0)
IN_PROCESS = Requirement(limit=0.3)


def measure(size: Size, folder: Path) -> Outcome:
    """Measure at one size, in a folder of its own."""
    sizes = SIZES[size]
    n = sizes.turns
    sides: dict[str, Side] = {
        "process": lambda _: _ours(n, in_process=False),
        "in-process": lambda _: _ours(n, in_process=True),
        "async": lambda _: asyncio.run(_awaited(n)),
        "console": lambda _: _console(n),
        "pexpect": lambda _: _pexpect(n),
    }
    samples = take_turns(
        "session", sides, folder, repetitions=sizes.repetitions, warm_ups=sizes.warm_ups
    )
    taken = {side: tuple(each.wall_s * 1e3 / n for each in samples[side]) for side in samples}

    def figure(side: str, what: str, rival: str, required: Requirement | None) -> Figure:
        return Figure(
            name="session",
            what=what,
            unit="ms",
            reached=taken[side],
            required=required,
            rival=RIVALS[rival],
            rival_reached=taken[rival],
            ratio=pairwise(taken[side], taken[rival]),
        )

    return Outcome(
        figures=(
            figure("process", "a turn in a process of its own", "pexpect", PROCESS),
            figure("in-process", "a turn in this process", "console", IN_PROCESS),
            figure("async", "an awaited turn", "pexpect", None),
        ),
        samples=samples,
    )


RIVALS = {"pexpect": "Python's prompt by pexpect", "console": "`InteractiveConsole.push`"}


def _ours(turns: int, *, in_process: bool) -> Sample:
    with Session(in_process=in_process) as session:
        return _timed(turns, lambda: session.execute(TURN).value == 2)


async def _awaited(turns: int) -> Sample:
    async with AsyncSession() as session:
        await session.execute(TURN)
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(turns):
            if (await session.execute(TURN)).value != 2:
                raise NotMeasured("a turn must have the value 2")
        return Sample(wall_s=time.perf_counter() - start, cpu_s=time.process_time() - cpu)


def _console(turns: int) -> Sample:
    shown: list[object] = []
    before, sys.displayhook = sys.displayhook, shown.append
    try:
        console = code.InteractiveConsole()

        def turn() -> bool:
            for line in TURN.split("\n"):
                console.push(line)
            return shown.pop() == 2

        return _timed(turns, turn)
    finally:
        sys.displayhook = before


def _pexpect(turns: int) -> Sample:
    # Python 3.13 has a prompt with colours and escape codes; the plain one is faster too.
    environment = {"TERM": "dumb", "PYTHON_COLORS": "0", "PYTHON_BASIC_REPL": "1"}
    child = pexpect.spawn(sys.executable, ["-q"], echo=False, encoding="utf-8", env=environment)
    child.delaybeforesend = None
    child.expect_exact(">>> ")

    def turn() -> bool:
        for line in TURN.split("\n"):
            child.sendline(line)
            child.expect_exact(">>> ")
        return child.before.strip() == "2"

    try:
        return _timed(turns, turn)
    finally:
        child.close(force=True)


def _timed(turns: int, turn: Callable[[], bool]) -> Sample:
    turn()
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(turns):
        if not turn():
            raise NotMeasured("a turn must have the value 2")
    return Sample(wall_s=time.perf_counter() - start, cpu_s=time.process_time() - cpu)
