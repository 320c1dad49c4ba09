"""How are timings shown, with what failed beside them?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from holdfast.cli.repl_show import table
from holdfast.stats.percentiles import Summary, summary
from holdfast.text.format import format_duration, format_number, format_share

__all__ = ["Timing", "timing_of", "timing_rows", "timing_text"]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What so many executions took; those that failed are counted and not timed."""

    iterations: int
    warmup: int
    failed: int
    first_failure: str = ""
    times: Summary | None = None

    @property
    def cv(self) -> float | None:
        """The standard deviation as a share of the mean."""
        if self.times is None or self.times.n < 2 or not self.times.mean:
            return None
        return self.times.stdev / self.times.mean


def timing_of(
    times_s: Sequence[float], *, warmup: int, failed: int = 0, first_failure: str = ""
) -> Timing:
    """Sum executions up: the times of those that succeeded, the number of those that failed."""
    return Timing(
        iterations=len(times_s) + failed,
        warmup=warmup,
        failed=failed,
        first_failure=first_failure,
        times=summary(times_s) if times_s else None,
    )


def timing_rows(timing: Timing, *, tail: Sequence[str] = ("p95",)) -> list[tuple[str, str]]:
    """Return the rows of a table; `tail` are the percentiles to show."""
    rows = [
        ("iterations", f"{timing.iterations:,} (and {timing.warmup:,} before, not counted)"),
        ("failed", f"{timing.failed:,}{_first(timing)}"),
    ]
    times = timing.times
    if times is None:
        return rows
    rows += [
        ("mean", format_duration(times.mean)),
        ("median", format_duration(times.p50)),
        # One value has no spread, which is not the same as a spread of nothing.
        ("sd", format_duration(times.stdev) if times.n > 1 else "not known from one"),
        ("min", format_duration(times.min)),
        ("max", format_duration(times.max)),
    ]
    rows += [(name, format_duration(getattr(times, name))) for name in tail]
    cv = timing.cv
    return [*rows, ("CV", "not known from one" if cv is None else format_share(cv, digits=3))]


def timing_text(timing: Timing) -> str:
    """Return the table of a benchmark at the prompt."""
    return table(timing_rows(timing))


def _first(timing: Timing) -> str:
    if not timing.failed:
        return ""
    share = format_share(timing.failed / timing.iterations)
    return f" ({share} of {format_number(timing.iterations)}), the first: {timing.first_failure}"
