"""How is a plan told to people: what was measured, what bound it, what it cost?"""

from __future__ import annotations

import math
from typing import Protocol

from holdfast.parallel.profile import Decision, ExecutorName, Profile
from holdfast.parallel.verdict import Equality
from holdfast.text.format import format_bytes, format_duration, format_number, format_share

__all__ = ["Explained", "explain"]

SHOWN = 8


class Explained(Protocol):
    """What is told of a plan."""

    @property
    def n_jobs(self) -> int: ...
    @property
    def chunksize(self) -> int: ...
    @property
    def executor(self) -> ExecutorName: ...
    @property
    def reason(self) -> str: ...
    @property
    def estimated_speedup(self) -> float: ...
    @property
    def speedup_interval(self) -> tuple[float, float]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def decisions(self) -> tuple[Decision, ...]: ...
    @property
    def equality(self) -> Equality | None: ...


def explain(plan: Explained) -> str:
    """Tell a plan in lines of text."""
    profile = plan.profile
    lines = [_headline(plan)]
    if profile.measured.items:
        lines.append(_measured(profile))
    if profile.bound:
        lines.append(
            f"cores: at most {profile.cores} workers, bound by {profile.bound}; "
            f"start by {profile.start_method}: {profile.start_reason}"
        )
    decisions = plan.decisions[:SHOWN]
    lines.extend(_decision(decision) for decision in decisions)
    if len(plan.decisions) > SHOWN:
        lines.append(f"... and {len(plan.decisions) - SHOWN} more decisions")
    if profile.total_s:
        lines.extend(_outcome(profile))
    if plan.equality is not None:
        index = "" if plan.equality.index is None else f" at item {plan.equality.index}"
        lines.append(f"equality: {plan.equality.status}{index}; {plan.equality.detail}")
    lines.extend(f"warning: {warning}" for warning in plan.warnings)
    return "\n".join(lines)


def _headline(plan: Explained) -> str:
    if plan.executor == "serial":
        return f"serial: {plan.reason}"
    low, high = plan.speedup_interval
    speedup = f"{plan.estimated_speedup:.2f}x [{low:.2f}, {high:.2f}]"
    return (
        f"{plan.executor} with {plan.n_jobs} workers, {plan.chunksize} items at once, "
        f"speedup {speedup}: {plan.reason}"
    )


def _measured(profile: Profile) -> str:
    seen = profile.measured
    parts = [
        f"measured: {format_duration(seen.item_s)} per item over {format_number(seen.items)} items",
        f"spread {format_share(seen.spread)}",
        f"idle {format_share(seen.idle_share)}",
    ]
    if seen.queued_share > 0.05:
        parts.append(f"queueing for a core {format_share(seen.queued_share)}")
    if seen.in_bytes or seen.out_bytes:
        parts.append(f"in {format_bytes(seen.in_bytes)}, out {format_bytes(seen.out_bytes)}")
    if seen.threads_gain is not None:
        parts.append(f"two threads kept {seen.threads_gain:.2f} cores busy")
    return ", ".join(parts)


def _decision(decision: Decision) -> str:
    when = f"after {format_number(decision.at_items)} items, {format_duration(decision.at_s)}"
    ahead = ""
    if decision.predicted_s is not None and decision.serial_s is not None:
        ahead = (
            f" (expected {format_duration(decision.predicted_s)}, "
            f"serial {format_duration(decision.serial_s)})"
        )
    return f"{when}: {decision.executor} x {decision.workers}: {decision.reason}{ahead}"


def _outcome(profile: Profile) -> list[str]:
    parts = [f"took {format_duration(profile.total_s)}"]
    # What takes less is over before it could have been done better.
    if profile.regret is not None and profile.total_s >= 0.01:
        parts.append(f"{profile.regret:.2f}x of the best")
    if profile.serial_estimate_s is not None:
        parts.append(f"serial would have taken {format_duration(profile.serial_estimate_s)}")
    overheads = (
        f"overheads: start {format_duration(profile.start_s)}, "
        f"bytes {format_duration(profile.bytes_s)}, "
        f"dispatch {format_duration(profile.dispatch_s)}, "
        f"deciding {format_duration(profile.deciding_s)}; "
        f"serial share {format_share(profile.serial_share)}"
    )
    if math.isfinite(profile.amdahl_ceiling):
        overheads += f", so at most {profile.amdahl_ceiling:.1f}x with any number of workers"
    lost = f"{profile.lost_workers} workers were lost and replaced"
    return [", ".join(parts), overheads, *([lost] if profile.lost_workers else [])]
