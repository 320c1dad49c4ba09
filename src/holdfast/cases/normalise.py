"""Which cases and which suite does one authored file stand for?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar, cast

import msgspec

from holdfast.cases.authored import CaseForm, DefaultsForm, RequiresForm, SuiteForm
from holdfast.cases.context import Context
from holdfast.cases.document import Fault, Place
from holdfast.cases.foreach import read_matrix, variants
from holdfast.cases.parts import Parts
from holdfast.cases.reading import read_duration, read_requires, read_retries, read_waiver
from holdfast.cases.surround import exclusive_uses, read_surround
from holdfast.cases.template_check import TemplateCheck
from holdfast.cases.validate import convert, shown
from holdfast.model import codec
from holdfast.model.case import Case, Expect, Step, Suite, Target
from holdfast.text.suggest import did_you_mean

__all__ = ["Builder"]

Chosen = TypeVar("Chosen")

_NOTHING = DefaultsForm()
# What every case may have; most cases of a large file have none of it.
_COMMON = frozenset({*DefaultsForm.__struct_encode_fields__, "name", "description"}) - {"expect"}
# So many different cases are remembered, each up to so many bytes: enough for generated files,
# whose cases differ in little more than their ids.
_REMEMBERED = 4_096
_SHAPE_BYTES = 2_048


class Builder:
    """Builds the suite and the cases of one source; everything wrong is in `faults`.

    `afters` are (index of the case, the authored ids, their place) and `bases` the full
    ids of the variants of a case with `foreach`; both are resolved over all files.
    `lines` are those of the authored cases, where the caller knows no better places.
    """

    def __init__(
        self,
        context: Context,
        *,
        path: str,
        base: str,
        templates: TemplateCheck,
        read_rows: Callable[[str], Any],
        has_templates: bool = True,
    ) -> None:
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.cases: list[Case] = []
        self.afters: list[tuple[int, list[str], Place]] = []
        self.bases: dict[str, list[str]] = {}
        self.lines: list[int] = []
        self.suite = Suite(name="")
        self._context = context
        self._path = path
        self._base = base
        self._templates = templates
        self._read_rows = read_rows
        self._parts = Parts(context, templates, self.faults, has_templates=has_templates)
        self._defaults: DefaultsForm | None = None
        self._ids: set[str] = set()
        self._saved: set[str] = set()
        self._default_expect: tuple[list[Any], Place] = ([], ())
        self._may_remember = not has_templates
        # The fields of a case by all that its author wrote but the id.
        self._built: dict[bytes, dict[str, Any]] = {}

    def open_suite(self, head: dict[str, Any], *, default_name: str) -> None:
        """Read everything of the top level but the cases."""
        form = convert(head, SuiteForm, (), self.faults) or SuiteForm()
        name = form.suite or default_name
        if not _is_plain(name) or "/" in name:
            message = f"a suite's name must be one line without '/', got {name!r}"
            self.faults.append(Fault(("suite",), message))
        for index, service in enumerate(form.services):
            if service not in self._context.services:
                offer = did_you_mean(service, self._context.services)
                hint = f"declare it in the settings: [services.{service}]"
                message = f"no such service {service!r}{offer}"
                self.faults.append(Fault(("services", index), message, "" if offer else hint))
        self._defaults = form.defaults
        each: set[str] = set(self._context.names)
        before_each = self._parts.steps(form.before_each, ("before_each",), each)
        self._saved = each
        self.suite = Suite(
            name=name,
            source=self._path,
            description=form.description,
            services=tuple(form.services),
            before=self._parts.steps(form.before, ("before",), set(self._context.names)),
            before_each=before_each,
            after_each=self._parts.steps(form.after_each, ("after_each",), set(each)),
            after_all=self._parts.steps(form.after_all, ("after_all",), set(self._context.names)),
        )
        self._check_defaults()

    def _check_defaults(self) -> None:
        """Check the defaults once, so that their problems are not told for every case."""
        if self._defaults is None:
            return
        at: Place = ("defaults",)
        problems = len(self.faults)
        for index, raw in enumerate(self._defaults.expect):
            self._parts.check_expect(raw, (*at, "expect", index), self._saved, is_filled=True)
        self._common(CaseForm(), at, self._defaults)
        if len(self.faults) > problems:
            self._defaults = None

    def add(self, raw: Any, line: int, place: Place) -> None:
        """Build the case, or the cases where it has `foreach`."""
        if not isinstance(raw, dict) or "foreach" not in raw:
            shape = _shape_of(raw) if self._may_remember else b""
            fields = self._built.get(shape)
            if fields is None:
                self._one(raw, line, place, shape=shape)
            else:
                name: str = cast("dict[str, Any]", raw)["id"]
                self._append(self._id(name, "", place), fields, line)
            return
        authored = cast("dict[str, Any]", raw)
        problems = len(self.faults)
        at = (*place, "foreach")
        axes = read_matrix(authored["foreach"], at, self.faults, read_rows=self._read_rows)
        if len(self.faults) > problems or not axes:
            rest = {key: value for key, value in authored.items() if key != "foreach"}
            convert(rest, self._context.forms.case, place, self.faults)
            return
        ids: list[str] = []
        for variant in variants(authored, axes):
            case = self._one(variant.raw, line, place, suffix=variant.suffix, matrix=variant.matrix)
            if len(self.faults) > problems:
                return
            if case is not None:
                ids.append(case.full_id)
        self.bases[str(authored.get("id"))] = ids

    def _one(
        self,
        raw: Any,
        line: int,
        place: Place,
        *,
        suffix: str = "",
        matrix: dict[str, Any] | None = None,
        shape: bytes = b"",
    ) -> Case | None:
        parts = self._parts
        told = len(self.faults), len(self.notes)
        parts.files.clear()
        parts.wanted.clear()
        form = convert(raw, self._context.forms.case, place, self.faults)
        if form is None:
            return None
        if not form.id and ("id" not in raw or raw["id"] == ""):
            self.faults.append(Fault(place, "a case must have an 'id'"))
        case_id = self._id(form.id, suffix, place)
        fields: dict[str, Any] = {}
        if self._defaults is not None or not _COMMON.isdisjoint(raw):
            fields = self._common(form, place, self._defaults)
        target = parts.target(form, raw, place)
        if target is None:
            # Others may still wait for it: that is no problem of theirs.
            target = Target(kind="", spec={})
        else:
            fields.update(self._exercise(form, raw, target, place))
        if target.kind and (parts.wanted or not self._context.around.isdisjoint(raw)):
            fields.update(
                self._surround(form, raw, place, kind=target.kind, uses=fields.get("uses", {}))
            )
        if form.after:
            self.afters.append((len(self.cases), form.after, (*place, "after")))
        if matrix:
            fields["matrix"] = matrix
        if parts.files:
            fields["fingerprint"] = self._templates.fingerprint(parts.files)
        fields["target"] = target
        is_whole = (len(self.faults), len(self.notes)) == told and not (form.after or parts.files)
        if shape and is_whole and len(self._built) < _REMEMBERED:
            self._built[shape] = fields
        return self._append(case_id, fields, line)

    def _append(self, case_id: str, fields: dict[str, Any], line: int) -> Case:
        case = Case(
            suite=self.suite.name,
            id=case_id,
            source=f"{self._path}:{line}" if line else self._path,
            base=self._base,
            **fields,
        )
        self.cases.append(case)
        return case

    def _exercise(
        self, form: CaseForm, raw: dict[str, Any], target: Target, place: Place
    ) -> dict[str, Any]:
        """Build what is called and what must be true of it."""
        parts = self._parts
        fields: dict[str, Any] = {}
        names: AbstractSet[str] = self._saved
        if target.kind == "steps":
            names = set(self._saved)
            fields["steps"] = self._steps(raw.get("steps"), (*place, "steps"), names)
            fields["teardown"] = parts.steps(form.teardown, (*place, "teardown"), set(names))
        else:
            if form.teardown:
                hint = "write the case as `steps`, or use `after_each` of the suite"
                at = (*place, "teardown")
                self.faults.append(
                    Fault(at, "only a case with 'steps' may have a 'teardown'", hint)
                )
            parts.check_templates(raw[target.kind], (*place, target.kind), names)
            if form.with_:
                parts.check_templates(form.with_, (*place, "with"), names)
        defaults = self._defaults.expect if self._defaults else ()
        expect = parts.expect(form.expect, (*place, "expect"), kind=target.kind, names=names)
        if defaults:
            expect = self._with_default_expect(form, place, target.kind, names)
        if expect:
            fields["expect"] = expect
        return fields

    def _surround(
        self,
        form: CaseForm,
        raw: dict[str, Any],
        place: Place,
        *,
        kind: str,
        uses: dict[str, int],
    ) -> dict[str, Any]:
        """Read what surrounds the call; what measures takes all of the machine, unless it shares it."""
        surround = read_surround(
            raw,
            self._parts.wanted,
            kind=kind,
            place=place,
            context=self._context,
            faults=self.faults,
        )
        if not form.share:
            uses = exclusive_uses(surround, uses, self._context)
        return {"surround": surround, "share": form.share, "uses": uses}

    def _with_default_expect(
        self, form: CaseForm, place: Place, kind: str, names: AbstractSet[str]
    ) -> tuple[Expect, ...]:
        """Put the expectations of the defaults in front; implied ones are decided over all."""
        defaults = self._defaults.expect if self._defaults else []
        count = len(self.faults)
        expect = self._parts.expect(
            [*defaults, *form.expect], (*place, "expect"), kind=kind, names=names
        )
        added = self.faults[count:]
        del self.faults[count:]
        for fault in added:
            # Places are those of the joined list: the first ones lie in the defaults.
            index = fault.place[len(place) + 1]
            if isinstance(index, int) and index < len(defaults):
                inner = fault.place[len(place) + 1 :]
                where = ("defaults", "expect", *inner)
                self.faults.append(Fault(where, fault.message, fault.hint))
        return expect

    def _steps(self, raw: Any, place: Place, names: set[str]) -> tuple[Step, ...]:
        if not isinstance(raw, list) or not raw:
            message = f"'steps' must be a list of at least one step, got {shown(raw)}"
            self.faults.append(Fault(place, message))
            return ()
        return self._parts.steps(cast("list[Any]", raw), place, names)

    def _id(self, written: str, suffix: str, place: Place) -> str:
        if not written:
            return ""
        case_id = written + suffix
        at = (*place, "id")
        if not written.isprintable() or written != written.strip():
            message = f"an id must be one line of text without spaces around it, got {written!r}"
            self.faults.append(Fault(at, message))
        if case_id in self._ids:
            self.faults.append(
                Fault(at, f"an id must be unique in its suite, got {case_id!r} twice")
            )
        self._ids.add(case_id)
        return case_id

    def _common(
        self, form: CaseForm, place: Place, defaults: DefaultsForm | None
    ) -> dict[str, Any]:
        """Read what every case may have; only what differs from the model's own default."""
        base = defaults or _NOTHING
        fields: dict[str, Any] = {}
        if form.name:
            fields["name"] = form.name
        if form.description:
            fields["description"] = form.description
        if form.tags or base.tags:
            fields["tags"] = tuple(dict.fromkeys([*base.tags, *form.tags]))
        if (priority := _first(form.priority, base.priority)) is not None:
            fields["priority"] = priority
        if form.uses or base.uses:
            fields["uses"] = self._uses({**base.uses, **form.uses}, form, place)
        if form.requires or base.requires:
            requires = _merged(form.requires, base.requires)
            fields["requires"] = read_requires(requires, (*place, "requires"), self.faults)
        if (timeout := _first(form.timeout, base.timeout)) is not None:
            at = (*place, "timeout")
            fields["timeout_s"] = read_duration(timeout, at, self.faults, positive=True)
        if (retries := _first(form.retries, base.retries)) is not None:
            fields["retries"] = read_retries(retries, (*place, "retries"), self.faults)
        if (severity := _first(form.severity, base.severity)) is not None:
            fields["severity"] = severity
        if (enabled := _first(form.enabled, base.enabled)) is not None:
            fields["enabled"] = enabled
        if (seed := _first(form.seed, base.seed)) is not None:
            fields["seed"] = seed
        self._waive(fields, form, base, place)
        return fields

    def _waive(
        self, fields: dict[str, Any], form: CaseForm, base: DefaultsForm, place: Place
    ) -> None:
        for name in ("skip", "xfail"):
            own = getattr(form, name)
            raw = _first(own, getattr(base, name))
            if raw is None:
                continue
            waiver, note = read_waiver(raw, (*place, name), self.faults, today=self._context.today)
            fields[name] = waiver
            if note and (own is not None or not form.id):
                self.notes.append(f"{self._path}: {form.id or 'defaults'}: {note}")

    def _uses(self, uses: dict[str, int], form: CaseForm, place: Place) -> dict[str, int]:
        permits = self._context.permits
        for name, count in uses.items():
            at = (*place, "uses", name)
            if name not in permits:
                offer = did_you_mean(name, permits)
                hint = f"declare it in the settings: [resources] {name} = 1"
                self.faults.append(Fault(at, f"no such resource {name!r}{offer}", hint))
            elif count < 1:
                self.faults.append(Fault(at, f"{name!r} must be at least 1 permit, got {count}"))
            elif count > permits[name]:
                message = f"{name!r} must be at most {permits[name]}, got {count}: the case could never run"
                self.faults.append(Fault(at, message))
        return uses


def _first(value: Chosen | None, otherwise: Chosen | None) -> Chosen | None:
    return otherwise if value is None else value


def _merged(form: RequiresForm | None, base: RequiresForm | None) -> RequiresForm:
    if form is None or base is None:
        return form or base or RequiresForm()
    given = {name: value for name, value in msgspec.structs.asdict(form).items() if value}
    return msgspec.structs.replace(base, **given)


def _is_plain(text: str) -> bool:
    return bool(text) and text.isprintable() and text == text.strip()


def _shape_of(raw: Any) -> bytes:
    """Return all that a case says but its id, "" where that is too much to remember."""
    if type(raw) is not dict:
        return b""
    rest = cast("dict[str, Any]", raw).copy()
    name = rest.pop("id", None)
    if type(name) is not str or not name:
        return b""
    try:
        shape = codec.encode(rest)
    except (TypeError, ValueError, OverflowError, RecursionError):
        # Not plain data; the forms say what is wrong with it.
        return b""
    return shape if len(shape) <= _SHAPE_BYTES else b""
