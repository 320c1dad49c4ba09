"""Does a measurement keep its limit? `timer.NAME`, and every family of measurements like it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from holdfast.judge.component import FactExpectation
from holdfast.judge.param import parse_bound
from holdfast.model.case import Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.ports import BadParams, Need
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import Limit, UnitKind, format_quantity

__all__ = ["TIMER", "Family"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The limits on all measurements below one name, `FAMILY.REST`.

    `units` gives the unit by the last part of the name, with "" for every other one;
    `figure` is what is meant where the name ends before it.
    """

    name: str
    units: Mapping[str, UnitKind]
    figure: str = ""
    surround: tuple[Surround, ...] = ()
    absent: str = "nothing of that name was measured"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the limits of this family."""
        return {"type": "string", "description": f"a limit on a measurement {self.name}.NAME"}

    def named(self, rest: str) -> FactExpectation:
        """Return the expectation on one measurement.

        Raises:
            BadParams: it names none.
        """
        if not rest:
            raise BadParams(
                f"{self.name} must be followed by a name, got none",
                hint=f"for example {{{self.name}.NAME: '< 2s'}}",
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
        message = f"{measurement} was {shown} (limit {limit.text})"
        if limit.holds(value):
            return passed(message, expected=limit.text, observed=value)
        return failed(message, expected=limit.text, observed=value)


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
)
