"""How do authored targets, expectations and steps become values of the model?"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any, cast

import msgspec

from holdfast.cases.authored import CaseForm, StepForm
from holdfast.cases.context import Context
from holdfast.cases.document import Fault, Place
from holdfast.cases.expect_files import (
    fill_expectation,
    inline_schemas,
    may_name_schemas,
    names_of_run,
)
from holdfast.cases.expectations import Checked
from holdfast.cases.reading import read_duration
from holdfast.cases.surround import Wanted
from holdfast.cases.template_check import TemplateCheck
from holdfast.cases.validate import convert
from holdfast.model.case import Expect, Step, Target, Until

__all__ = ["Parts"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# What says how a call must end: where one is named, nothing is implied.
_ENDINGS = frozenset({"exit_code", "status", "raises"})
_UNSET = msgspec.UNSET


class Parts:
    """Builds the parts of the cases of one file; what is wrong goes to `faults`.

    `files` collects the `file:` templates of the case that is being built, `wanted` what
    its expectations want around the call. Templates are looked at only where the text holds any (`has_templates`).
    """

    def __init__(
        self,
        context: Context,
        templates: TemplateCheck,
        faults: list[Fault],
        *,
        has_templates: bool,
    ) -> None:
        self._context = context
        self._templates = templates
        self._has_templates = has_templates
        self.faults = faults
        self.files: list[str] = []
        self.wanted: list[Wanted] = []

    def target(self, form: CaseForm | StepForm, raw: Any, place: Place) -> Target | None:
        """Return the one target that is named, or None where there is not exactly one."""
        found = [
            (name, value)
            for attribute, name in self._context.forms.targets
            if (value := getattr(form, attribute, _UNSET)) is not _UNSET
        ]
        if len(found) != 1:
            self._not_one(form, raw, place, found)
            self._check_rest(form, place, found)
            return None
        kind, value = found[0]
        if kind == "steps":
            self._refuse_with(form, place)
            return Target(kind=kind, spec={})
        target = self._context.targets.build(kind, value, (*place, kind), self.faults)
        if not self._context.targets.kind(kind).takes_with:
            self._refuse_with(form, place)
            return target
        return Target(kind=kind, spec=self._with(form, target.spec, place))

    def _refuse_with(self, form: CaseForm | StepForm, place: Place) -> None:
        if form.with_ is not None:
            hint = "`with` holds the arguments of `python`"
            self.faults.append(Fault((*place, "with"), "this target takes no 'with'", hint))

    def _with(
        self, form: CaseForm | StepForm, spec: dict[str, Any], place: Place
    ) -> dict[str, Any]:
        """Put the sibling key `with` into a target that takes arguments."""
        if form.with_ is None:
            return spec if "with" in spec else {**spec, "with": {}}
        if "with" in spec:
            self.faults.append(Fault((*place, "with"), "'with' must be given once, got it twice"))
        return {**spec, "with": form.with_}

    def _not_one(
        self, form: CaseForm | StepForm, raw: Any, place: Place, found: list[tuple[str, Any]]
    ) -> None:
        names = [
            name for attribute, name in self._context.forms.targets if hasattr(form, attribute)
        ]
        what = "a step" if isinstance(form, StepForm) else "a case"
        if found:
            given = [name for name in cast("dict[str, Any]", raw) if name in dict(found)]
            message = f"{what} must have one target, got {' and '.join(given)}"
            self.faults.append(Fault((*place, given[1]), message))
        elif isinstance(raw, dict) and not self._has_unknown_key(raw, place):
            known = ", ".join(names)
            self.faults.append(Fault(place, f"{what} must have a target: one of {known}"))

    def _check_rest(
        self, form: CaseForm | StepForm, place: Place, found: list[tuple[str, Any]]
    ) -> None:
        """Check what can be checked without a target, so that all problems are told at once."""
        names = set(self._context.names)
        for kind, value in found:
            if kind != "steps":
                self._context.targets.build(kind, value, (*place, kind), self.faults)
            elif isinstance(value, list):
                self.steps(cast("list[Any]", value), (*place, kind), names)
        for index, raw in enumerate(form.expect):
            self.check_expect(raw, (*place, "expect", index), names, is_filled=True)

    def _has_unknown_key(self, raw: Any, place: Place) -> bool:
        """A misspelt target was reported already."""
        depth = len(place) + 1
        return any(len(fault.place) == depth and fault.place[:-1] == place for fault in self.faults)

    def check_templates(
        self, value: Any, place: Place, names: AbstractSet[str], *, whole_only: bool = False
    ) -> None:
        """Check the templates inside plain data."""
        if self._has_templates:
            self.files += self._templates.check(
                value, place, self.faults, names=names, whole_only=whole_only
            )

    def expect(
        self,
        raws: list[Any],
        place: Place,
        *,
        kind: str,
        names: AbstractSet[str],
        is_step: bool = False,
        is_filled: bool = False,
    ) -> tuple[Expect, ...]:
        """Return checked expectations with those that the target implies.

        A case without any stays without: that is undecided. A step always has the implied ones.
        Where a step fills its templates in as it runs (`is_filled`), they are left as they are.
        """
        if not raws and not is_step:
            return ()
        about = self._context.targets.kind(kind)
        produces = about.produces
        expects: list[Expect] = []
        named: set[str] = set()
        for index, raw in enumerate(raws):
            at = (*place, index)
            checked = self.check_expect(raw, at, names, is_filled=is_filled)
            if checked is None:
                continue
            expects.append(checked.expect)
            named |= checked.names
            if checked.around:
                self._want(checked, at, is_step=is_step or is_filled)
            if checked.needs <= produces:
                continue
            for name, requires in checked.requires.items():
                if not requires <= produces:
                    self._cannot_judge(name, requires - produces, kind, raw=raw, place=at)
        if about.implied and not named & _ENDINGS:
            return (*about.implied, *expects)
        return tuple(expects)

    def _want(self, checked: Checked, place: Place, *, is_step: bool) -> None:
        name = checked.expect.name
        if is_step:
            message = f"{name!r} must stand at a case: it is about the whole call, not about a step"
            self.faults.append(Fault(place, message))
            return
        self.wanted += [(each, name, place) for each in checked.around]

    def check_expect(
        self, raw: Any, place: Place, names: AbstractSet[str], *, is_filled: bool
    ) -> Checked | None:
        """Read the files that an expectation names, fill in what is known by now, and check it."""
        check = self._context.expectations.check
        has_schemas = may_name_schemas(raw)
        if not self._has_templates and not has_schemas:
            return check(raw, place, self.faults)
        problems = len(self.faults)
        self.check_templates(raw, place, names, whole_only=True)
        if not is_filled and self._has_templates and len(self.faults) == problems:
            raw = self._fill(raw, place)
        if has_schemas:
            # After the templates of the case file: what a file holds is never one.
            base = self._templates.base
            raw, files = inline_schemas(raw, base, place, self.faults, escaped=is_filled)
            self._templates.keep_files(files)
            self.files += files
        # A schema that could not be read is one problem, not two.
        if len(self.faults) > problems:
            return None
        return check(raw, place, self.faults, is_final=not is_filled)

    def _fill(self, raw: Any, place: Place) -> Any:
        """Fill in what is known before the run; a name that only a run knows is a problem."""
        late = names_of_run(raw)
        if not late:
            return fill_expectation(raw, base=self._templates.base, env=self._templates.env)
        message = (
            f"an expectation of a case must not name what only a step knows, got {{{late[0]}}}"
        )
        hint = "put the expectation into the step; a brace is written as {{"
        self.faults.append(Fault(place, message, hint))
        return raw

    def _cannot_judge(
        self, name: str, lacking: AbstractSet[str], kind: str, *, raw: Any, place: Place
    ) -> None:
        at = (*place, name) if isinstance(raw, dict) and name in raw else place
        produces = ", ".join(sorted(self._context.targets.kind(kind).produces))
        message = (
            f"{name!r} needs {', '.join(sorted(lacking))}, which a {kind} target does not produce"
        )
        self.faults.append(Fault(at, message, f"a {kind} target produces {produces}"))

    def steps(self, raws: list[Any], place: Place, names: set[str]) -> tuple[Step, ...]:
        """Return the steps of one list; what they save is added to `names`."""
        built = [self._step(raw, (*place, index), names) for index, raw in enumerate(raws)]
        return tuple(step for step in built if step is not None)

    def _step(self, raw: Any, place: Place, names: set[str]) -> Step | None:
        form = convert(raw, self._context.forms.step, place, self.faults)
        if form is None:
            return None
        target = self.target(form, raw, place)
        if target is None:
            names.update(form.save)
            return None
        at = (*place, target.kind)
        self.check_templates(_of_target(raw, target), at, names)
        if form.with_:
            self.check_templates(form.with_, (*place, "with"), names)
        kind = target.kind
        expect = self.expect(
            form.expect, (*place, "expect"), kind=kind, names=names, is_step=True, is_filled=True
        )
        until = self._until(form, place, kind, names)
        for name, source in form.save.items():
            self._check_save(name, source, (*place, "save", name))
        names.update(form.save)
        return Step(
            target=target,
            name=form.name,
            expect=expect,
            save=form.save,
            until=until,
            timeout_s=read_duration(form.timeout, (*place, "timeout"), self.faults, positive=True),
        )

    def _until(
        self, form: StepForm, place: Place, kind: str, names: AbstractSet[str]
    ) -> Until | None:
        until = form.until
        if until is None:
            return None
        at = (*place, "until")
        if not until.expect:
            message = "'until' must have an expectation, got an empty list"
            self.faults.append(Fault((*at, "expect"), message))
        expect = self.expect(until.expect, (*at, "expect"), kind=kind, names=names, is_filled=True)
        return Until(
            expect=expect,
            every_s=read_duration(until.every, (*at, "every"), self.faults, positive=True) or 0.2,
            within_s=read_duration(until.within, (*at, "within"), self.faults, positive=True)
            or 10.0,
        )

    def _check_save(self, name: str, source: str, place: Place) -> None:
        if not _NAME.fullmatch(name) or name in {"env", "file"}:
            hint = "a saved name starts with a letter; it is used as {name}"
            message = f"a saved name must be letters, digits, '_' and '-', got {name!r}"
            self.faults.append(Fault(place, message, hint))
        if not source:
            self.faults.append(Fault(place, f"{name!r} must say what to save, got an empty text"))
        if source.startswith("$") and self._context.registry.has("expectation", "json_path"):
            # The one place that knows what a JSONPath may be.
            self._context.expectations.check({"json_path": source}, place, self.faults)


def _of_target(raw: Any, target: Target) -> Any:
    return cast("dict[str, Any]", raw).get(target.kind) if isinstance(raw, dict) else target.spec
