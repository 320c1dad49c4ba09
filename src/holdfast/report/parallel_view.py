"""What is shown of parallel maps? The stored values, as a reader of them needs them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

__all__ = [
    "PARTS",
    "ComparedView",
    "EntryView",
    "EqualityView",
    "PlanView",
    "Share",
    "TunedView",
    "ValidatedView",
    "read_view",
    "shares",
    "times_text",
]

T = TypeVar("T")

PARTS = ("work", "start", "bytes", "dispatch", "deciding", "idle")


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, as it is stored."""

    executor: str = "serial"
    n_jobs: int = 1
    chunksize: int = 1
    reason: str = ""
    estimated_speedup: float = 1.0
    speedup_interval: tuple[float, float] = (1.0, 1.0)
    items: int | None = None
    warnings: tuple[str, ...] = ()
    total_s: float = 0.0
    calls_s: float = 0.0
    start_s: float = 0.0
    bytes_s: float = 0.0
    dispatch_s: float = 0.0
    deciding_s: float = 0.0
    serial_share: float = 1.0
    cores: int = 1
    start_method: str = ""
    explained: str = ""


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy of a comparison or a search."""

    name: str
    executor: str
    n_jobs: int | None = None
    chunksize: int | None = None
    times_s: tuple[float, ...] = ()
    median_s: float | None = None
    speedup: float | None = None
    low: float | None = None
    high: float | None = None
    regret: float | None = None
    error: str = ""
    differs: str = ""
    plan: PlanView | None = None


class ComparedView(msgspec.Struct, frozen=True, kw_only=True):
    """Strategies side by side, the fastest first; `amdahl` are (workers, speedup)."""

    func: str
    items: int
    rounds: int
    cores: int
    entries: tuple[EntryView, ...]
    best: str
    amdahl: tuple[tuple[int, float], ...] = ()


class TunedView(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found."""

    func: str
    items: int
    cores: int
    rounds: int
    tried: int
    planned: int
    best: str
    entries: tuple[EntryView, ...]
    best_s: float | None = None
    regret: float | None = None
    bound_s: float | None = None
    best_over_bound: float | None = None


class EqualityView(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on equality."""

    status: str
    index: int | None = None
    serial: Any = None
    parallel: Any = None
    detail: str = ""
    compared: int = 0


class ValidatedView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan's prediction beside what was measured."""

    func: str
    items: int
    rounds: int
    strategy: str
    plan: PlanView
    serial_s: float
    parallel_s: float
    measured: float
    measured_interval: tuple[float, float]
    equality: EqualityView
    predicted: float | None = None
    predicted_interval: tuple[float, float] | None = None
    is_within: bool | None = None
    accuracy: float | None = None
    grade: str = ""
    proof: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the time of a map."""

    part: str
    seconds: float
    share: float


def read_view(value: Any, kind: type[T]) -> T:
    """Read a stored value.

    Raises:
        msgspec.ValidationError: it is something else.
    """
    return msgspec.convert(value, kind, strict=False)


def times_text(ratio: float | None) -> str:
    """Show a ratio, also a very small or a very large one.

    >>> times_text(1.926), times_text(0.0042), times_text(2532.1)
    ('1.93x', '0.0042x', '2,532x')
    """
    if ratio is None:
        return ""
    if ratio >= 100:
        return f"{ratio:,.0f}x"
    return f"{ratio:.2f}x" if ratio >= 0.1 else f"{ratio:.2g}x"


def shares(entry: EntryView) -> tuple[Share, ...]:
    """Return where the time of a strategy went, as shares that add up to one.

    Work is what the function took, spread over the workers; `idle` what is left: waiting
    for the last worker, and whatever was not measured.
    """
    total = entry.median_s or 0.0
    plan = entry.plan
    if plan is None or total <= 0:
        return (Share(part="work", seconds=total, share=1.0),) if total > 0 else ()
    spent = [
        plan.calls_s / max(1, plan.n_jobs if plan.executor != "serial" else 1),
        plan.start_s,
        plan.bytes_s,
        plan.dispatch_s,
        plan.deciding_s,
    ]
    known = sum(spent)
    # Parts overlap: bytes travel while others work. What is more than there was is cut evenly.
    factor = min(1.0, total / known) if known else 1.0
    spent = [seconds * factor for seconds in spent]
    spent.append(max(0.0, total - sum(spent)))
    return tuple(
        Share(part=part, seconds=seconds, share=seconds / total)
        for part, seconds in zip(PARTS, spent, strict=True)
    )
