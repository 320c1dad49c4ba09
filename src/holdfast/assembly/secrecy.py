"""Which values must never leave the run, and how are they taken out of what is kept?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from holdfast.assembly.request import Workplace
from holdfast.model import codec
from holdfast.model.case import Case, Suite
from holdfast.model.plan import Plan
from holdfast.text.redact import Redactor, secrets_in

__all__ = ["Secrecy"]


class Secrecy:
    """Takes known secrets out of values: those of the environment and those written into the plan's headers."""

    def __init__(self, place: Workplace, plan: Plan | None = None) -> None:
        known = dict(place.secrets)
        if plan is not None:
            known.update(_written_in(plan))
        self._redactor = Redactor(known, place.key) if known else None

    @property
    def is_needed(self) -> bool:
        """Whether there is any secret."""
        return self._redactor is not None

    def evidence(self, raw: bytes) -> bytes:
        """Return encoded evidence without secrets; the same object where it holds none."""
        redactor = self._redactor
        if redactor is None or not redactor.touches(raw):
            return raw
        return codec.encode(redactor.value(msgspec.msgpack.decode(raw)))

    def plain(self, value: Any) -> Any:
        """Return plain data without secrets."""
        return value if self._redactor is None else self._redactor.value(value)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return text if self._redactor is None else self._redactor.text(text)

    def plan(self, plan: Plan) -> Plan:
        """Return a plan whose cases may be stored."""
        if self._redactor is None:
            return plan
        cases = tuple(
            msgspec.structs.replace(planned, case=self._value(planned.case, Case))
            for planned in plan.cases
        )
        suites = {name: self._value(suite, Suite) for name, suite in plan.suites.items()}
        return msgspec.structs.replace(plan, cases=cases, suites=suites)

    def _value(self, value: Any, kind: Any) -> Any:
        raw = codec.encode(value)
        clean = self.evidence(raw)
        return value if clean is raw else codec.decode(clean, kind)


def _written_in(plan: Plan) -> dict[str, str]:
    """Return the secrets that authors wrote into headers, by name; templates are none."""
    found: dict[str, str] = {}
    for planned in plan.cases:
        case = planned.case
        specs = [case.target.spec]
        if case.steps or case.teardown:
            specs += [step.target.spec for step in (*case.steps, *case.teardown)]
        for spec in specs:
            headers = spec.get("headers")
            if isinstance(headers, dict):
                texts = {
                    str(name): str(value)
                    for name, value in cast("Mapping[Any, Any]", headers).items()
                }
                for name, value in secrets_in(texts).items():
                    if "{" not in value:
                        found[f"{name} of {case.full_id}"] = value
    return found
