"""How is what was measured for a baseline shown, and where is it kept?"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

import msgspec

from holdfast.cli.workplace import read_settings, workplace
from holdfast.measure.baseline import Sitting
from holdfast.measure.baseline_file import keep_measured
from holdfast.measure.baseline_verdict import hold_against
from holdfast.measure.verdict import Rules
from holdfast.text.format import format_duration, format_share

__all__ = ["keep_sitting", "sitting_lines"]


def keep_sitting(fact: Mapping[str, Any]) -> str:
    """Add what was measured to the baseline of the target; say what became of it.

    Raises:
        UsageError: the file cannot be written.
    """
    path = workplace(read_settings({})).root / fact["file"]
    return f"baseline: {fact['file']}, {keep_measured(path, fact)}"


def sitting_lines(fact: Mapping[str, Any]) -> list[str]:
    """Say what was measured, and what speaks for or against trusting it."""
    now = msgspec.convert(fact["now"], Sitting)
    held = hold_against(now, (), msgspec.convert(fact["rules"], Rules))
    stalled = [each.stalled for each in now.launches if each.stalled is not None]
    short = f", CPU short {max(stalled):.0%} of the time" if stalled else ""
    loop_s = median(each.cpu.reference_s for each in now.launches)
    return [
        f"{format_duration(held.now_s)} per call"
        f" ({'CPU' if held.clock == 'cpu' else 'wall'} time), beside"
        f" {format_duration(loop_s)} for the reference loop; {len(now.launches)} launches apart by"
        f" {format_share(held.launch_sd, digits=2)}{short}"
    ]
