"""What does the monitor cost, and does it take the samples that were asked for?

Rules, set before the final measurement:
- Cost: a target that holds 500 MB and 200,000 objects and sleeps, watched at 10 Hz by a `Monitor`
  in another process; CPU seconds of the monitor's process after its start, per second, in percent
  of a core. Required: at most 1 % in every repetition.
- Rate: a target that computes without a pause, watched at 10 Hz from a program that itself computes
  without a pause; samples taken per sample due. Required: at least 95 % in every repetition.
- The rival is psutil in a thread of the program, with the same rate and a full sample each time: its
  thread's CPU in the first, its samples in the second.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import psutil

from benchmarks.figure import Figure, Outcome, Requirement, Sample, Size
from holdfast.measure import Monitor

__all__ = ["measure"]

HZ = 10.0
LARGE = "import sys; a = b'x' * 500_000_000; b = [object() for _ in range(200_000)]; print(flush=True); sys.stdin.read()"
BUSY = "import sys; print(flush=True)\nwhile True: sum(range(1000))"
# (repetitions, seconds of each)
SIZES: dict[Size, tuple[int, float]] = {"report": (5, 20.0), "tune": (3, 8.0), "quick": (1, 1.0)}


class _Rival:
    """psutil in a thread of this program."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.samples = 0
        self.cpu_s = 0.0

    def _run(self) -> None:
        due = time.monotonic()
        while not self._is_over.wait(max(due - time.monotonic(), 0.0)):
            with self._process.oneshot():
                self._process.cpu_percent()
                self._process.memory_full_info()
                self._process.num_threads()
                self._process.num_fds()
                self._process.num_ctx_switches()
            self.samples += 1
            due = max(due + 1 / HZ, time.monotonic())
        self.cpu_s = time.thread_time()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def measure(size: Size, folder: Path) -> Outcome:
    """Watch a large target and a busy one; `folder` is not needed."""
    del folder
    times, lasts_s = SIZES[size]
    costs, rates, samples = _repeat(times, lasts_s)
    return Outcome(
        figures=(
            _figure(
                "cost at 10 Hz, target of 500 MB",
                "% of a core",
                pairs=costs,
                required=Requirement(limit=1.0, by="worst"),
            ),
            _figure(
                "samples taken beside busy Python",
                "% of those due",
                pairs=rates,
                required=Requirement(limit=95.0, by="worst", at_most=False),
            ),
        ),
        samples=samples,
    )


def _repeat(
    times: int, lasts_s: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], dict[str, tuple[Sample, ...]]]:
    costs: list[tuple[float, float]] = []
    rates: list[tuple[float, float]] = []
    samples: dict[str, tuple[Sample, ...]] = {"large": (), "busy": ()}
    for _ in range(times):
        with _target(LARGE) as large:
            with Monitor(large.pid, hz=HZ) as monitor:
                time.sleep(lasts_s)
            with _Rival(large.pid) as rival:
                time.sleep(lasts_s)
            large.kill()
        assert monitor.cost is not None
        costs.append((100 * monitor.cost.share, 100 * rival.cpu_s / lasts_s))
        with _target(BUSY) as busy:
            with Monitor(busy.pid, hz=HZ) as beside:
                _compute(lasts_s)
            with _Rival(busy.pid) as rival:
                _compute(lasts_s)
            busy.kill()
        rates.append((100 * beside.rate / HZ, 100 * rival.samples / (lasts_s * HZ)))
        for name, each in (("large", monitor), ("busy", beside)):
            assert each.cost is not None
            values = {"cost_share": each.cost.share, "rate_hz": each.rate}
            taken = Sample(wall_s=lasts_s, cpu_s=each.cost.cpu_s, values=values)
            samples[name] = (*samples[name], taken)
    return costs, rates, samples


def _target(code: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _compute(lasts_s: float) -> None:
    end = time.monotonic() + lasts_s
    while time.monotonic() < end:
        sum(range(1000))


def _figure(
    what: str, unit: str, *, pairs: list[tuple[float, float]], required: Requirement
) -> Figure:
    return Figure(
        name="monitor",
        what=what,
        unit=unit,
        reached=tuple(mine for mine, _ in pairs),
        required=required,
        rival="psutil in a thread",
        rival_reached=tuple(other for _, other in pairs),
        ratio=tuple(mine / other for mine, other in pairs),
    )
