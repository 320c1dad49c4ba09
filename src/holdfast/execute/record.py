"""What did drivers, conditions and probes note during one attempt?"""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.model.evidence import Event, Evidence, Series
from holdfast.ports import Clock
from holdfast.stats.percentiles import summary

__all__ = ["AttemptRecorder"]

# What a measurement of several samples is summed up to.
_FIGURES = ("mean", "min", "max", "p50", "p95", "p99")


class AttemptRecorder:
    """Keeps what is noted, in order, and adds it to the evidence at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.now()
        self._events: list[Event] = []
        self._samples: dict[str, list[float]] = {}
        self._series: dict[str, Series] = {}
        self._values: dict[str, Any] = {}

    def event(self, name: str, **facts: Any) -> None:
        """Note that something happened, now."""
        self._events.append(Event(name=name, at_s=self._clock.now() - self._started, facts=facts))

    def sample(self, name: str, value: float) -> None:
        """Add one number to a measurement."""
        self._samples.setdefault(name, []).append(value)

    def series(self, name: str, at_s: float, value: float) -> None:
        """Add one point to a series."""
        series = self._series.get(name)
        if series is None:
            series = self._series[name] = Series(at_s=[], values=[])
        series.at_s.append(at_s)
        series.values.append(value)

    def value(self, name: str, value: Any) -> None:
        """Keep plain data as a fact."""
        self._values[name] = value

    def added_to(self, evidence: Evidence) -> Evidence:
        """Return the evidence with everything that was noted."""
        return msgspec.structs.replace(
            evidence,
            facts={**evidence.facts, **self._values},
            measurements={**evidence.measurements, **self._measurements()},
            series={**evidence.series, **self._series},
            events=(*evidence.events, *self._events),
        )

    def _measurements(self) -> dict[str, float]:
        """Sum samples up; a single one stands for itself."""
        found: dict[str, float] = {}
        for name, values in self._samples.items():
            if len(values) == 1:
                found[name] = values[0]
                continue
            spread = summary(values)
            found[f"{name}.count"] = len(values)
            for figure in _FIGURES:
                found[f"{name}.{figure}"] = getattr(spread, figure)
        return found
