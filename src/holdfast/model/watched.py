"""What did a run watch besides its cases, and what was out of line?"""

from __future__ import annotations

import msgspec

__all__ = ["Anomaly", "Watched"]


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """A case that took far longer than it did before; nobody's verdict, a place to look.

    `usual_s` is the median of its last `runs` passed runs, `score` how many robust standard
    deviations of the logarithm lie between. `is_over` is false where it was told while it ran:
    `duration_s` is then what had passed.
    """

    case: str
    duration_s: float
    usual_s: float
    score: float
    runs: int
    is_over: bool = True


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What watching the processes of a run cost, how much of it was seen, and what stood out.

    `asked_hz` is 0 where nothing was watched; `reason` says why. `share` is the watching's own
    use of one core. `missing` names what could not be read here, and why; `peak_bytes` the most
    that each was seen to hold, by the kernel's mark where it keeps one. `judged` cases had
    enough of a past; `unusual` of them stood out, the farthest of which are the `anomalies`.
    """

    asked_hz: float = 0.0
    achieved_hz: float = 0.0
    share: float = 0.0
    reason: str = ""
    missing: dict[str, str] = {}
    peak_bytes: dict[str, int] = {}
    judged: int = 0
    unusual: int = 0
    anomalies: tuple[Anomaly, ...] = ()
