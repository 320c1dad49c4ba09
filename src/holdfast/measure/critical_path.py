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

from typing import Generic, TypeVar

__all__ = ["Path", "Stretch"]

Place = TypeVar("Place")


class Path(Generic[Place]):
    """The critical path of a stretch, from its start to `until`: seconds by place."""

    __slots__ = ("seconds", "until")

    def __init__(self, until: float, seconds: dict[Place, float]) -> None:
        self.until = until
        self.seconds = seconds

    def add(self, place: Place, seconds: float) -> None:
        """Add time to a place."""
        if seconds > 0:
            self.seconds[place] = self.seconds.get(place, 0.0) + seconds


class Stretch(Generic[Place]):
    """One run of a timer, or the whole call, which has no `outer`.

    Stretches begin and end in the order of their times, all by one clock. `outer` is the
    nearest one around it that was open when it began, `path` the critical path up to the end
    of the last part that ended, None before there is one; `inner` counts the parts, at any
    depth, that are open.
    """

    __slots__ = (
        "before",
        "covered_from",
        "covered_s",
        "inner",
        "is_over",
        "outer",
        "path",
        "place",
        "started",
    )

    def __init__(self, place: Place, started: float, outer: Stretch[Place] | None = None) -> None:
        # Whoever is over does not wait: what begins later is a part of the one around it.
        while outer is not None and outer.is_over:
            outer = outer.outer
        self.place = place
        self.started = started
        self.outer: Stretch[Place] | None = outer
        self.path: Path[Place] | None = None
        # What ends after this began did so beside it.
        self.before: Path[Place] | None = outer.path if outer is not None else None
        self.is_over = False
        self.inner = 0
        self.covered_from = 0.0
        self.covered_s = 0.0
        while outer is not None:
            if not outer.is_over:
                if not outer.inner:
                    outer.covered_from = started
                outer.inner += 1
            outer = outer.outer

    def end(self, at: float) -> float:
        """End it; return how long it was open while no part of it was."""
        self.is_over = True
        own = at - self.started - self.covered_s
        if self.inner:
            own -= at - self.covered_from
        around = self.outer
        while around is not None:
            if not around.is_over:
                around.inner -= 1
                if not around.inner:
                    around.covered_s += at - around.covered_from
            around = around.outer
        self._hand_on(at)
        return max(own, 0.0)

    def _hand_on(self, at: float) -> None:
        """Make its path a part of that of the nearest one around it that is still open."""
        outer = self.outer
        if outer is None:
            return
        if not outer.inner and not outer.is_over:
            # Nobody else has to go back to where it began: one after the other is the common case.
            path = outer.path = self._prefix(outer, copy=False)
            self._add_to(path, at)
            return
        path = self._prefix(outer, copy=True)
        self._add_to(path, at)
        while outer.is_over and outer.outer is not None:
            # Its starter ended without it; whoever started that one may have waited.
            starter, outer = outer, outer.outer
            later, path = path, starter._prefix(outer, copy=True)  # noqa: SLF001 - of its own class
            for place, seconds in later.seconds.items():
                path.add(place, seconds)
        path.until = at
        outer.path = path

    def _prefix(self, outer: Stretch[Place], *, copy: bool) -> Path[Place]:
        """Return the path of the one around it from that one's start to its own."""
        before = self.before or Path(outer.started, {})
        path = Path(before.until, dict(before.seconds)) if copy else before
        path.add(outer.place, self.started - path.until)
        path.until = self.started
        return path

    def _add_to(self, path: Path[Place], at: float) -> None:
        """Add its own path, from its start to its end."""
        began = self.started
        if self.path is not None:
            for place, seconds in self.path.seconds.items():
                path.add(place, seconds)
            began = self.path.until
        path.add(self.place, at - began)
        path.until = at
