"""How long does an event loop keep its tasks waiting, and what blocked it?"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, Self

import msgspec

from holdfast.clock import monotonic, seeded
from holdfast.measure.given import is_above_0
from holdfast.process.page import Page, current_page
from holdfast.stats.percentiles import percentile

__all__ = ["Blocked", "LoopLag"]

# Frames nearest to what blocked; the rest is the way there.
DEPTH = 12
MOST_STACKS = 5
# More than so many for one lag change no percentile that can be told.
MOST_MISSED = 10_000
_FIGURES = ("p50", "p99", "max")


class Blocked(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the loop came late, and what its thread was doing then: `place` is the innermost line."""

    lag_s: float
    stack: str
    place: str = ""


def looks_within(lag_s: float, period_s: float) -> list[float]:
    """Return the lag that was seen, and those of the looks that were due while it lasted.

    Leaving these out is coordinated omission (G. Tene, "How NOT to Measure Latency", 2013): a
    loop that is blocked most of the time would be asked only in between.

    >>> looks_within(0.5, 0.25)
    [0.5, 0.25, 0.0]
    """
    step_s = max(period_s, lag_s / MOST_MISSED)
    return [lag_s - n * step_s for n in range(int(lag_s / step_s) + 1)]


class LoopLag:
    """Measure how late the running loop is, and see what keeps it.

    Every `period_s` on average (jittered, so that nothing that blocks in a rhythm hides
    between two looks) the loop is asked to call back; how late it does is the lag. A loop that is
    blocked cannot be asked meanwhile: the looks that were due then count with the lag that each
    would have seen, so that the percentiles are those of work that becomes due at any moment. When
    it is later than `threshold_s`, the stack of its thread is kept, for the five longest. Inside a case,
    `loop_lag.p50`, `.p99` and `.max` become measurements.

    >>> async def main():
    ...     with LoopLag() as lag:
    ...         await asyncio.sleep(0.05)
    ...     return lag.max_s
    >>> asyncio.run(main()) >= 0
    True

    Raises, when it is entered:
        RuntimeError: no loop runs here.
    """

    def __init__(self, *, period_s: float = 0.01, threshold_s: float = 0.05, seed: int = 0) -> None:
        if not is_above_0(period_s) or not is_above_0(threshold_s):
            got = f"{period_s!r:.60} and {threshold_s!r:.60}"
            raise ValueError(f"period_s and threshold_s must be above 0, got {got}")
        self._period_s = period_s
        self._threshold_s = threshold_s
        self._random = seeded(seed, "loop_lag")
        self._lags: list[float] = []
        self._looks = 0
        self._blocked: list[Blocked] = []
        self._stack = self._place = ""
        self._due = 0.0
        self._is_over = threading.Event()
        self._loop: Any = None
        self._timer: Any = None
        self._watchdog: threading.Thread | None = None
        self._thread_id = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._is_over.clear()
        self._arm()
        self._watchdog = threading.Thread(target=self._look, name="holdfast-loop-lag", daemon=True)
        self._watchdog.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        # What blocked until now would never be told: the call that was due comes no more.
        if monotonic() > self._due:
            self._count(monotonic())
        self._is_over.set()
        if self._watchdog is not None:
            self._watchdog.join()
        page = current_page()
        if page is not None:
            self._write(page)

    @property
    def count(self) -> int:
        """How often the loop was asked."""
        return self._looks

    @property
    def p50_s(self) -> float:
        """The lag that half of the time was not exceeded, in seconds; 0 without any look."""
        return percentile(self._lags, 50) if self._lags else 0.0

    @property
    def p99_s(self) -> float:
        """The lag that 99 % of the time was not exceeded, in seconds; 0 without any look."""
        return percentile(self._lags, 99) if self._lags else 0.0

    @property
    def max_s(self) -> float:
        """The longest lag, in seconds; it shows what a mean hides."""
        return max(self._lags, default=0.0)

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """The longest lags beyond the threshold with what the loop was doing, the worst first."""
        return tuple(self._blocked)

    def _arm(self) -> None:
        delay = self._period_s * self._random.uniform(0.5, 1.5)
        self._due = monotonic() + delay
        self._timer = self._loop.call_later(delay, self._called)

    def _called(self) -> None:
        self._count(monotonic())
        self._arm()

    def _count(self, now: float) -> None:
        lag = max(now - self._due, 0.0)
        self._looks += 1
        self._lags += looks_within(lag, self._period_s)
        stack, place = self._stack, self._place
        self._stack = self._place = ""
        if lag > self._threshold_s and stack:
            worst = [*self._blocked, Blocked(lag_s=lag, stack=stack, place=place)]
            self._blocked = sorted(worst, key=lambda each: -each.lag_s)[:MOST_STACKS]

    def _look(self) -> None:
        """Look at the loop's thread, from a thread of its own, again whenever a lag has doubled.

        The last look counts: it falls into the second half of the lag. The first may have come
        when a busy machine, not yet what blocks, kept the loop waiting.
        """
        seen = next_s = 0.0
        while not self._is_over.wait(self._threshold_s / 4):
            due = self._due
            if due != seen:
                seen, next_s = due, self._threshold_s / 2
            late_s = monotonic() - due
            if late_s > next_s:
                next_s = 2 * late_s
                frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - documented
                if frame is not None:
                    code = frame.f_code
                    self._place = f"{code.co_filename}:{frame.f_lineno} ({code.co_qualname})"
                    self._stack = "".join(traceback.format_stack(frame)[-DEPTH:])

    def _write(self, page: Page) -> None:
        page.measurements["loop_lag.count"] = float(self.count)
        # A loop that was never asked has no lag: none is not the same as 0.
        for figure in _FIGURES if self.count else ():
            page.measurements[f"loop_lag.{figure}"] = getattr(self, f"{figure}_s")
        page.values["loop_lag"] = [msgspec.to_builtins(each) for each in self.blocked]
