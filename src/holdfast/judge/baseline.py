"""What does a stored baseline say of a target, and how far can it be trusted?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.text.format import format_share

__all__ = ["judge_baseline"]

WRITE = "write it with `holdfast run --update`, or `holdfast bench --save-baseline`"
ADD = "add one with `holdfast run --update`, or `holdfast bench --save-baseline`"
WRITES = "it is written from this run; run again to compare with it"
ADDS = "this run's own is added; run again to compare with it"
NARROW = "more sittings, hours or days apart, narrow that; `than: REVISION` measures both now"


def judge_baseline(compare: Any, fact: Mapping[str, Any], rules: Any) -> Finding:
    """Judge what was measured by the baseline that stands beside it.

    `compare` is the component that compares. With `--update` a slow-down is undecided: what was
    measured takes the place of what it was compared with.
    """
    held = compare.hold(fact, rules)
    if held.ratio is None:
        return undecided(_not_compared(fact, held))
    expected = f"ratio below {1 + rules.slower:g}"
    names = ("ratio", "low", "high", "margin")
    observed = {name: round(getattr(held, name), 4) for name in names}
    told = f"{_measured(held, rules)}; {held.trust}"
    if held.status == "fine":
        return passed(told, expected=expected, observed=observed)
    if held.status == "undecided":
        return undecided(f"{told}; {_cure(held)}", expected=expected, observed=observed)
    if fact["update"]:
        told = f"{told}; {fact['file']} is replaced by this run; run again to compare with it"
        return undecided(told, expected=expected, observed=observed)
    return failed(told, expected=expected, observed=observed)


def _measured(held: Any, rules: Any) -> str:
    """Say what was measured and what that proves."""
    took = f"took {held.ratio:.3f} times as long as in its baseline ({_clock(held)})"
    floor, limit = format_share(rules.floor), format_share(rules.slower)
    if held.status == "fine":
        return f"{took}, at most {held.high:.3f} times is left open (limit {limit})"
    if held.status == "slower":
        return f"{took}, at least {held.low:.3f} times is proven (more than {floor} is slower)"
    if held.reason:
        return f"{took}, but {held.reason}"
    return (
        f"{took}, which leaves {held.low:.3f} to {held.high:.3f} open: neither that it is slower,"
        f" by more than {floor}, nor that it stays below {limit} is proven"
    )


def _cure(held: Any) -> str:
    if held.is_noisy:
        apart = format_share(held.launch_sd, digits=2)
        return f"the launches of now are {apart} apart: measure again on a quieter machine"
    return NARROW


def _clock(held: Any) -> str:
    if held.clock == "wall":
        return "wall time"
    return "CPU time beside the reference loop" if held.is_normalised else "CPU time"


def _not_compared(fact: Mapping[str, Any], held: Any) -> str:
    """Say why there is nothing to compare with, and what helps."""
    name, is_new = f"baseline {fact['file']}", fact["update"]
    if held.differs:
        count = len(fact["sittings"])
        which = "its one sitting" if count == 1 else f"the nearest of its {count} sittings"
        unlike = "; ".join(held.differs)
        cure = ADDS if is_new else ADD
        return f"{name} cannot be compared with: of {which}, {unlike}; {cure}"
    state = "holds no sitting" if fact["exists"] else "does not exist"
    return f"{name} {state}; {WRITES if is_new else WRITE}"
