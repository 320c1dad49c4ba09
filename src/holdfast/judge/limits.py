"""Does a measurement keep its limit? `timer.NAME`, `loop_lag.FIGURE`, and every family of measurements like them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from holdfast.judge.component import FactExpectation
from holdfast.judge.param import parse_bound
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Need
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import Limit, UnitKind, format_duration, format_quantity, format_share

__all__ = ["LOOP_LAG", "TIMER", "Family"]


def _nothing(evidence: Evidence) -> str:
    del evidence
    return ""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The limits on all measurements below one name, `FAMILY.REST`.

    `units` gives the unit by the last part of the name, with "" for every other one;
    `figure` is what is meant where the name ends before it. Without a unit for "" there
    are no other names. `told` says more of what was measured, and `why` where to look when a
    limit is not kept, for the end of the finding. `too_long` says why durations are longer than
    they would have been: what that could explain is undecided.
    """

    name: str
    units: Mapping[str, UnitKind]
    figure: str = ""
    surround: tuple[Surround, ...] = ()
    absent: str = "nothing of that name was measured"
    told: Callable[[Evidence], str] = _nothing
    why: Callable[[Evidence], str] = _nothing
    too_long: Callable[[Evidence], str] = _nothing

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the limits of this family."""
        what = "NAME" if "" in self.units else "|".join(self.units)
        return {"type": "string", "description": f"a limit on a measurement {self.name}.{what}"}

    def named(self, rest: str) -> FactExpectation:
        """Return the expectation on one measurement.

        Raises:
            BadParams: it names none.
        """
        if not rest:
            raise BadParams(
                f"{self.name} must be followed by a name, got none",
                hint=f"for example {{{self.name}.{self._example()}: '< 2s'}}",
            )
        if "" not in self.units and rest not in self.units:
            raise BadParams(
                f"no such figure {rest!r} of {self.name}{did_you_mean(rest, self.units)}",
                hint=f"known: {', '.join(self.units)}",
            )
        measurement, unit = self._measurement(f"{self.name}.{rest}")

        def prepare(raw: Any) -> Limit:
            hint = "for example '< 2s'" if unit == "duration" else "for example '< 100'"
            return parse_bound(raw, what=f"{self.name}.{rest}", unit=unit, hint=hint)

        def decide(limit: Limit, evidence: Evidence) -> Finding:
            return self._judge(limit, measurement, evidence)

        def wants(params: Any) -> Iterable[Need]:
            del params
            return self.surround

        return FactExpectation(
            form={"type": "string", "description": f"a limit on {measurement}"},
            prepare=prepare,
            decide=decide,
            requires=frozenset(),
            wants=wants,
        )

    def _example(self) -> str:
        return "NAME" if "" in self.units else next(iter(self.units))

    def _measurement(self, full: str) -> tuple[str, UnitKind]:
        last = full.rpartition(".")[2]
        if last in self.units:
            return full, self.units[last]
        figure = f".{self.figure}" if self.figure else ""
        return f"{full}{figure}", self.units.get("", "number")

    def _judge(self, limit: Limit, measurement: str, evidence: Evidence) -> Finding:
        value = evidence.measurements.get(measurement)
        if value is None:
            near = did_you_mean(measurement, tuple(evidence.measurements))
            return undecided(f"{measurement}: {self.absent}{near}", expected=limit.text)
        shown = format_quantity(value, limit.unit_kind)
        message = f"{measurement} was {shown} (limit {limit.text}){self.told(evidence)}"
        doubt = self.too_long(evidence)
        is_sure = limit.unit_kind == "number" or (limit.op in {"<", "<="} and limit.holds(value))
        if doubt and not is_sure:
            return undecided(f"{message}; {doubt}", expected=limit.text, observed=value)
        if limit.holds(value):
            return passed(message, expected=limit.text, observed=value)
        return failed(f"{message}{self.why(evidence)}", expected=limit.text, observed=value)


def _bottleneck(evidence: Evidence) -> str:
    """Name the timer that the end of the call waited for longest."""
    places: Any = evidence.facts.get("timers")
    if not places:
        return ""
    worst = max(places, key=lambda place: place.get("critical_s", 0.0))
    if not worst.get("critical_s"):
        return ""
    waited = f"{format_duration(worst['critical_s'])} ({format_share(worst['critical_share'])})"
    return f"; the end of the call waited for {' > '.join(worst['path'])} longest: {waited}"


def _traced(evidence: Evidence) -> str:
    if not evidence.facts.get("timers_traced"):
        return ""
    return "memory was traced meanwhile, which makes it take several times as long"


def _looks(evidence: Evidence) -> str:
    return f" over {evidence.measurements.get('loop_lag.count', 0.0):,.0f} looks"


def _blocker(evidence: Evidence) -> str:
    """Name what blocked the loop longest."""
    blocked: Any = evidence.facts.get("loop_lag")
    if not blocked or not blocked[0].get("place"):
        return ""
    worst = blocked[0]
    return f"; blocked for {format_duration(worst['lag_s'])} by {worst['place']}"


TIMER = Family(
    name="timer",
    units={
        "count": "number",
        "": "duration",
        "mean": "duration",
        "min": "duration",
        "max": "duration",
        "p95": "duration",
    },
    figure="max",
    absent="no timer of that name ran",
    why=_bottleneck,
    too_long=_traced,
)
LOOP_LAG = Family(
    name="loop_lag",
    units={"max": "duration", "p99": "duration", "p50": "duration", "count": "number"},
    absent="nothing measured the lag of a loop; loop_lag: {} as a key of the case does",
    told=_looks,
    why=_blocker,
)
