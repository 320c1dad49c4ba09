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
NARROW = "more sittings, hours or days apart, narrow it; `than: REVISION` measures both now"


def judge_baseline(compare: Any, fact: Mapping[str, Any], rules: Any) -> Finding:
    """Judge what was measured by the baseline that stands beside it.

    `compare` is the component that compares. With `--update` a slow-down is undecided: what was
    measured takes the place of what it was compared with.
    """
    held = compare.hold(fact, rules)
    expected = {"by": rules.slower, "floor": rules.floor}
    if held.ratio is None:
        return undecided(_not_compared(fact, held), expected=expected)
    observed = {name: getattr(held, name) for name in ("ratio", "low", "high", "margin")}
    took = f"took {held.ratio:.3f} times as long as in its baseline"
    if held.status == "fine":
        proven = f"at most {held.high:.3f} times is left open (limit {format_share(rules.slower)})"
    elif held.status == "slower":
        floor = format_share(rules.floor)
        proven = f"at least {held.low:.3f} times is proven (more than {floor} is slower)"
    else:
        proven = held.reason
    told = f"{took}, {proven} ({_clock(held)}); {held.trust}"
    if held.status == "fine":
        return passed(told, expected=expected, observed=observed)
    if held.status == "undecided":
        return undecided(f"{told}; {NARROW}", expected=expected, observed=observed)
    if fact["update"]:
        told = f"{told}; {fact['file']} is replaced by this run; run again to compare with it"
        return undecided(told, expected=expected, observed=observed)
    return failed(told, expected=expected, observed=observed)


def _clock(held: Any) -> str:
    if held.clock == "wall":
        return "wall time"
    return "CPU time, in reference loops" if held.is_normalised else "CPU time"


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
