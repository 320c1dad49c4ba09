"""What is a child asked, one thing after the other, to tell whether a target leaks?

First to count. Only where something grows: which lines of Python allocate it, under
tracemalloc; and where those do not hold what grows, which lines lead to C code that does,
under memray.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.leak_child import Answer
from holdfast.measure.leak_count import Counted, LeakRequest
from holdfast.measure.leak_sites import Sites
from holdfast.model.leak import ChannelGrowth, LeakReport, LeakSite

__all__ = ["NOT_SEEN", "NO_LINE", "NO_MEMRAY", "TargetFailed", "is_unexplained", "leak_steps"]

# Where the lines of Python hold less than this share of what grows, C code is asked for the rest;
# where they hold less than half, and nobody is found, that is said.
EXPLAINED = 0.8
HALF = 0.5
NO_LINE = "no line of Python code allocates what stays: it is held by C code or by the system"
NO_MEMRAY = (
    "no line of Python code accounts for the memory that grows: C code holds it; memray would name"
    " the line that calls it (pip install 'holdfast[memray]')"
)
NOT_SEEN = (
    "no line of Python code accounts for the memory that grows, and memray saw no call of C code"
    " that does: it came through a pointer looked up by hand, or the allocator keeps it"
)


LOST = "the lines that allocate it were not found out: "


class TargetFailed(UsageError):
    """The target raised while it was called; nothing can be said of leaks."""

    def __init__(self, answer: Answer) -> None:
        line = answer.error.strip().partition("\n")[0]
        raised = f"{answer.error_type}: {line}"
        message = f"call {answer.calls + 1} of the target raised {raised}"
        if not answer.is_set_up:
            message = f"the target must be a function that can be imported, got {raised}"
        super().__init__(
            message, hint="" if not answer.is_set_up else "a target must work again and again"
        )
        self.answer = answer


def leak_steps(request: LeakRequest) -> Generator[LeakRequest, Answer, LeakReport]:
    """Yield what a child must be asked, be sent its answer, and return the report.

    What goes wrong while lines are sought takes nothing from what was counted.

    Raises:
        TargetFailed: the target raised while it was counted.
    """
    answer = yield request
    counted = _checked(answer).counted or Counted(calls=0, channels=())
    leaking = any(each.status == "leaks" for each in counted.channels)
    growing = any(each.status == "growing" for each in counted.channels)
    sites: tuple[LeakSite, ...] = ()
    notes: tuple[str, ...] = ()
    if (leaking or growing) and request.confirm:
        traced = msgspec.structs.replace(request, phase="sites", iterations=counted.first)
        found = _found((yield traced))
        sites = found.sites
        if found.lost:
            notes = (LOST + found.lost,)
        elif is_unexplained(counted.channels, sites, share=EXPLAINED):
            found = _found((yield msgspec.structs.replace(traced, phase="native")))
            if not found.sites and is_unexplained(counted.channels, sites, share=HALF):
                notes = (_why_none(found),)
            sites = _by_size(*sites, *found.sites)
        elif leaking and not sites:
            notes = (NO_LINE,)
    return LeakReport(
        status="leaks" if leaking else "undecided" if growing else "clean",
        calls=counted.calls,
        channels=counted.channels,
        sites=sites,
        notes=notes,
    )


def is_unexplained(
    channels: Sequence[ChannelGrowth], sites: Sequence[LeakSite], *, share: float
) -> bool:
    """Tell whether the lines found hold less than that share of the memory that grows."""
    growing = {each.name: each.per_call for each in channels if each.status in {"leaks", "growing"}}
    # The heap of C is the closer of the two: pages come and go in lumps.
    per_call = growing.get("heap") or growing.get("rss") or 0.0
    return sum(site.bytes_per_call for site in sites) < share * per_call


def _by_size(*sites: LeakSite) -> tuple[LeakSite, ...]:
    return tuple(sorted(sites, key=lambda site: -site.bytes_per_call))


def _why_none(found: Sites) -> str:
    if found.lost:
        return LOST + found.lost
    return NO_MEMRAY if found.missing else NOT_SEEN


def _found(answer: Answer) -> Sites:
    """Return the lines, or why there are none."""
    if answer.error_type:
        return Sites(lost=TargetFailed(answer).message)
    return answer.sites or Sites()


def _checked(answer: Answer) -> Answer:
    if answer.error_type:
        raise TargetFailed(answer)
    return answer
