"""How does a case ask for a comparison, and what does it get? Plain data, there and back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.aa_selftest import SelfTest
from holdfast.measure.baseline import Sitting, Stored
from holdfast.measure.baseline_verdict import Held, hold_against
from holdfast.measure.compare_versions import rules_of
from holdfast.measure.verdict import Comparison, Launch, Rules, conclude
from holdfast.measure.version import Version, as_version
from holdfast.text.suggest import did_you_mean
from holdfast.text.units import parse_duration, parse_share

__all__ = ["BASELINE", "COMPARE", "STORED", "Answer", "CompareCase", "Request", "VersionForm"]

BASELINE = "baseline"
# What the plan knows of the file, put beside the name before the run.
STORED = "stored"
KEYS = ("than", "by", "floor", "alpha", "unit", "budget", "launches", "concurrency", "aa")


class VersionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `Version` that can be written in a case file."""

    target: str = ""
    command: tuple[str, ...] = ()
    kwargs: dict[str, Any] = {}
    concurrency: int = 1
    revision: str = ""
    folder: str = ""
    python: str = ""
    install: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    env: dict[str, str] = {}

    def version(self) -> Version:
        """Return the version that it describes."""
        fields: dict[str, Any] = {**msgspec.structs.asdict(self), "target": self.target or None}
        return Version(**fields)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is asked: to compare both versions, or one with itself (`aa` times), or to measure one."""

    new: VersionForm
    base: VersionForm = VersionForm()
    rules: Rules
    budget_s: float
    launches: int
    seed: int
    root: str = ""
    aa: int = 0
    is_sitting: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child answers."""

    comparison: Comparison | None = None
    self_test: SelfTest | None = None
    sitting: Sitting | None = None


class CompareCase:
    """What the driver `paired` and the expectation `not_slower` need of this package."""

    argv = (sys.executable, "-m", "holdfast.measure.compare_child")

    def check(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a comparison, complete, as plain data.

        Raises:
            UsageError: they cannot mean anything.
        """
        for key in raw:
            if key not in KEYS:
                raise UsageError(
                    f"no such key {key!r}{did_you_mean(str(key), KEYS)}",
                    hint=f"known: {', '.join(KEYS)}",
                )
        times = _whole(raw, "aa", 0, least=0)
        than = _than(raw.get("than"), is_needed=not times)
        rules = self.rules(raw)
        return {
            "than": than,
            "by": rules.slower,
            "floor": rules.floor,
            "alpha": rules.alpha,
            "unit": rules.unit,
            "budget": _seconds(raw.get("budget", 2.0)),
            "launches": _whole(raw, "launches", 3, least=2),
            "concurrency": _whole(raw, "concurrency", 1, least=1),
            "aa": times,
        }

    def rules(self, raw: Mapping[str, Any]) -> Rules:
        """Return what must be proven.

        Raises:
            UsageError: the limits cannot mean anything.
        """
        floor = raw.get("floor")
        return rules_of(
            slower=_share(raw.get("by", 0.05), "by"),
            floor=None if floor is None else _share(floor, "floor"),
            alpha=_share(raw.get("alpha", 0.01), "alpha"),
            unit=raw.get("unit", "auto"),
        )

    def encode(
        self, new: Mapping[str, Any], options: Mapping[str, Any], *, root: str, seed: int
    ) -> bytes:
        """Return what the child reads; `new` are the fields of the version that the case names.

        Raises:
            UsageError: the versions cannot mean anything.
        """
        fields = {**new, "concurrency": options["concurrency"]}
        than: dict[str, Any] = options["than"]
        is_sitting = BASELINE in than
        base: dict[str, Any] = {} if is_sitting else {**fields, **than}
        if than.get("command"):
            base.pop("target", None)
        elif than.get("target"):
            base.pop("command", None)
        request = Request(
            new=msgspec.convert(fields, VersionForm),
            base=msgspec.convert(base, VersionForm),
            rules=self.rules(options),
            budget_s=options["budget"],
            launches=options["launches"],
            seed=seed,
            root=root,
            aa=options["aa"],
            is_sitting=is_sitting,
        )
        for form in (request.new,) if is_sitting else (request.new, request.base):
            as_version(form.version())
        return msgspec.json.encode(request)

    def read(self, stdout: bytes) -> dict[str, Any] | None:
        """Return what the child answered as plain data, or None where it died without an answer."""
        try:
            return msgspec.to_builtins(msgspec.json.decode(stdout, type=Answer))
        except msgspec.DecodeError:
            return None

    def stored(self, options: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what is known of the baseline that options name, None where they name a version."""
        than: Mapping[str, Any] = options["than"]
        if BASELINE not in than:
            return None
        unknown: dict[str, Any] = {"file": "", "exists": False, "update": False, "sittings": []}
        return {"name": than[BASELINE], **unknown, **than.get(STORED, {})}

    def hold(self, fact: Mapping[str, Any], rules: Rules) -> Held:
        """Judge a sitting by the baseline that stands beside it, by the limits given."""
        now = msgspec.convert(fact["now"], Sitting)
        return hold_against(now, msgspec.convert(fact, Stored).sittings, rules)

    def conclude(self, fact: Mapping[str, Any], rules: Rules) -> Comparison:
        """Judge the stored pairs of a comparison by the limits given."""
        stored = msgspec.convert(fact, Comparison)
        if stored.status == "error":
            return stored
        return conclude(msgspec.convert(fact["launches"], tuple[Launch, ...]), rules)


def _than(raw: Any, *, is_needed: bool) -> dict[str, Any]:
    if raw is None and not is_needed:
        return {}
    if raw == BASELINE:
        return {BASELINE: ""}
    if isinstance(raw, str) and raw:
        # A name of git holds no colon, and a function always does.
        return {"target": raw} if ":" in raw else {"revision": raw}
    if not isinstance(raw, Mapping) or not raw:
        raise UsageError(
            f"than must name the version to compare with, got {raw!r:.60}",
            hint="a git revision, a 'module:function', 'baseline', or an object with revision, python, install",
        )
    given = cast("Mapping[str, Any]", raw)
    if BASELINE in given:
        return {BASELINE: _baseline(given)}
    try:
        msgspec.convert(given, VersionForm)
    except msgspec.ValidationError as error:
        raise UsageError(f"than cannot be read: {error}") from error
    return dict(given)


def _baseline(given: Mapping[str, Any]) -> str:
    """Return the name of a baseline."""
    name = given[BASELINE]
    if len(given) > 1 or not isinstance(name, str) or not name:
        raise UsageError(
            f"than must name a baseline by a text and nothing besides, got {dict(given)!r:.80}",
            hint="than: baseline, or than: {baseline: NAME} where cases share one",
        )
    return name


def _share(raw: Any, name: str) -> float:
    try:
        return parse_share(raw)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error


def _seconds(raw: Any) -> float:
    try:
        seconds = parse_duration(raw)
    except ValueError as error:
        raise UsageError(f"budget: {error}") from error
    if seconds <= 0:
        raise UsageError(f"budget must be above 0, got {raw!r}")
    return seconds


def _whole(raw: Mapping[str, Any], name: str, default: int, *, least: int) -> int:
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return value


COMPARE = CompareCase()
