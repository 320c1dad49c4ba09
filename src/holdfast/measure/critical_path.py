"""Which timers did the end of a call wait for? The longest chain, where parts ran side by side.

Looking back from the end, time belongs to the part that was the last to finish, back to its
start; there whoever started it was at work, or waited for the part that was the last to
finish until then; and so on to the beginning. Whatever else ran meanwhile could have been
slower without anybody waiting for it. The seconds of the path add up to the whole time.

The rule is that of CRISP (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale
Microservice Architectures", USENIX ATC 2022). Here it is followed while the call runs: each
stretch remembers how far its starter had come when it began, so that what is kept grows with
the stretches that are open, not with those that were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

__all__ = ["Path", "Stretch"]

Place = TypeVar("Place")


class Path(Generic[Place]):
    """The critical path of a stretch, from its start to `until`: seconds by place."""

    __slots__ = ("seconds", "until")

    def __init__(self, until: float, seconds: Mapping[Place, float]) -> None:
        self.until = until
        self.seconds = seconds


class Stretch(Generic[Place]):
    """One run of a timer, or the whole call, which has no `outer`.

    Stretches begin and end in the order of their times, all by one clock. `path` is the
    critical path up to the end of the last part that ended.
    """

    __slots__ = ("before", "is_over", "outer", "path", "place", "started")

    def __init__(self, place: Place, started: float, outer: Stretch[Place] | None = None) -> None:
        # Whoever is over does not wait: what begins later is a part of the one around it.
        while outer is not None and outer.is_over:
            outer = outer.outer
        self.place = place
        self.started = started
        self.outer = outer
        # What ends after this began did so beside it.
        self.before = outer.path if outer is not None else None
        self.path: Path[Place] = Path(started, {})
        self.is_over = False

    def end(self, at: float) -> None:
        """End it: the nearest one around it that is still open has waited for it."""
        self.is_over = True
        total = dict(self.path.seconds)
        _add(total, self.place, at - self.path.until)
        inner = self
        while inner.outer is not None and inner.before is not None:
            outer, before = inner.outer, inner.before
            # The larger one is copied: after many small parts that is what came before.
            later, total = total, dict(before.seconds)
            for place, seconds in later.items():
                _add(total, place, seconds)
            _add(total, outer.place, inner.started - before.until)
            if not outer.is_over:
                outer.path = Path(at, total)
                return
            # Its starter ended without it; whoever started that one may have waited.
            inner = outer


def _add(total: dict[Place, float], place: Place, seconds: float) -> None:
    if seconds > 0:
        total[place] = total.get(place, 0.0) + seconds
