"""How are authored quantities, waivers and retries read into their values?"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any, TypeVar

from holdfast.cases.authored import BackoffForm, Quantity, RequiresForm, WaiverForm
from holdfast.cases.document import Fault, Place
from holdfast.cases.validate import shown
from holdfast.model.case import Requires, Retries, Waiver
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import parse_bytes, parse_duration

__all__ = ["read_duration", "read_requires", "read_retries", "read_waiver"]

Value = TypeVar("Value")

_OUTCOMES = ("connection", "crash", "error", "failed", "timeout")
_STATUS = re.compile(r"status [1-5]\d\d(?:/[1-5]\d\d)*")
# Beyond this, a case that never passes holds a run for ever.
_MOST_RETRIES = 1000


def read_duration(
    raw: Quantity | None, place: Place, faults: list[Fault], *, positive: bool = False
) -> float | None:
    """Read seconds; None stays None."""
    if raw is None:
        return None
    seconds = _read(parse_duration, raw, place, faults, otherwise=0.0)
    if positive and not seconds and not any(fault.place == place for fault in faults):
        faults.append(Fault(place, f"{place[-1]!r} must be more than 0, got {shown(raw)}"))
    return seconds


def read_requires(form: RequiresForm | None, place: Place, faults: list[Fault]) -> Requires:
    """Read what the machine must have free."""
    if form is None:
        return Requires()
    if form.cpus < 0:
        message = f"'cpus' must not be negative, got {shown(form.cpus)}"
        faults.append(Fault((*place, "cpus"), message))
    return Requires(
        memory_bytes=_read(parse_bytes, form.memory, (*place, "memory"), faults, otherwise=0),
        disk_bytes=_read(parse_bytes, form.disk, (*place, "disk"), faults, otherwise=0),
        cpus=float(form.cpus),
    )


def read_retries(raw: int | BackoffForm | None, place: Place, faults: list[Fault]) -> Retries:
    """Read a number of retries, or how they are made."""
    if raw is None:
        return Retries()
    form = raw if isinstance(raw, BackoffForm) else BackoffForm(times=raw)
    at = (*place, "times") if isinstance(raw, BackoffForm) else place
    if not 0 <= form.times <= _MOST_RETRIES:
        message = f"{at[-1]!r} must lie between 0 and {_MOST_RETRIES}, got {form.times}"
        faults.append(Fault(at, message))
    factor = form.factor
    if isinstance(factor, (str, bool)) or factor < 1:
        faults.append(
            Fault(
                (*place, "factor"), f"'factor' must be a number of at least 1, got {shown(factor)}"
            )
        )
        factor = 1.0
    outcomes: list[str] = []
    for index, outcome in enumerate(form.on):
        outcomes.extend(_outcomes(outcome, (*place, "on", index), faults))
    return Retries(
        times=form.times,
        on=tuple(outcomes),
        backoff_s=_read(parse_duration, form.backoff, (*place, "backoff"), faults, otherwise=0.0),
        factor=float(factor),
    )


def read_waiver(
    raw: bool | str | WaiverForm | None,  # noqa: FBT001 - it is authored, not an option
    place: Place,
    faults: list[Fault],
    *,
    today: str,
) -> tuple[Waiver | None, str]:
    """Read a `skip` or `xfail`; one that expired is none, and the second answer says so."""
    if raw is None or raw is False:
        return None, ""
    if isinstance(raw, WaiverForm):
        if not raw.reason:
            faults.append(Fault((*place, "reason"), "'reason' must say why, got an empty text"))
        if not raw.until:
            return Waiver(reason=raw.reason), ""
        if not _is_date(raw.until):
            message = f"'until' must be a date such as 2026-12-31, got {shown(raw.until)}"
            faults.append(Fault((*place, "until"), message))
            return None, ""
        if raw.until < today:
            return (
                None,
                f"{place[-1]} ({raw.reason}) expired on {raw.until}: it does not apply any more",
            )
        return Waiver(reason=raw.reason, until=raw.until), ""
    if raw == "":
        faults.append(Fault(place, f"{place[-1]!r} must say why, got an empty text"))
    return Waiver(reason=raw if isinstance(raw, str) else f"{place[-1]} without a reason"), ""


def _read(
    parse: Callable[[Any], Value],
    raw: Any,
    place: Place,
    faults: list[Fault],
    *,
    otherwise: Value,
) -> Value:
    try:
        return parse(raw)
    except ValueError as error:
        faults.append(Fault(place, f"{place[-1]!r}: {error}"))
        return otherwise


def _outcomes(outcome: str, place: Place, faults: list[Fault]) -> list[str]:
    """Spell out `status 429/503` as two."""
    if outcome in _OUTCOMES:
        return [outcome]
    if _STATUS.fullmatch(outcome):
        return [f"status {code}" for code in outcome.removeprefix("status ").split("/")]
    known = f"{', '.join(_OUTCOMES)} or 'status 503'"
    message = (
        f"an item of 'on' must be one of {known}, got {outcome!r}{did_you_mean(outcome, _OUTCOMES)}"
    )
    faults.append(Fault(place, message))
    return []


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False
