"""Which cases did a program hand over itself, and do they fit the others?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from holdfast.assembly.request import Given, Workplace
from holdfast.cases.case_file import Loaded
from holdfast.cases.context import Context
from holdfast.cases.document import Fault, Source
from holdfast.cases.gather import Gathered, gather
from holdfast.cases.normalise import Builder
from holdfast.cases.template_check import TemplateCheck
from holdfast.errors import Problem, ProblemsError
from holdfast.model.case import Case, Suite
from holdfast.settings import Settings
from holdfast.text.suggest import did_you_mean

__all__ = ["add_given"]


def add_given(loaded: Loaded, given: Given, settings: Settings, place: Workplace) -> Loaded:
    """Add what a program handed over to what was read from files.

    `after` of a document names cases of the documents, that of a `Case` any full id.

    Raises:
        ProblemsError: everything that is wrong with it.
    """
    suites, cases, notes = _from_documents(given, settings, place)
    problems = [
        Problem("", 0, 0, f"a suite's name must be unique in the run, got {name!r} twice")
        for name in sorted(loaded.suites.keys() & suites.keys())
    ]
    suites = {**loaded.suites, **suites}
    for case in given.cases:
        suites.setdefault(case.suite, Suite(name=case.suite))
    every = (*loaded.cases, *cases, *given.cases)
    problems += _misfits(every, given.cases)
    if problems:
        raise ProblemsError(problems)
    return Loaded(suites=suites, cases=every, notes=(*loaded.notes, *notes))


def _misfits(every: Iterable[Case], given: Iterable[Case]) -> Iterable[Problem]:
    """Say what is wrong with `Case` values, which no reader has checked."""
    known: set[str] = set()
    for case in every:
        if case.full_id in known:
            yield Problem(
                "", 0, 0, f"an id must be unique in its suite, got {case.full_id!r} twice"
            )
        known.add(case.full_id)
    for case in given:
        for need in case.after:
            if need not in known:
                offer = did_you_mean(need, known - {case.full_id})
                message = f"{case.full_id}: 'after' must name a case, got {need!r}{offer}"
                yield Problem("", 0, 0, message, "a Case names its needs by full id: suite/id")


def _from_documents(
    given: Given, settings: Settings, place: Workplace
) -> tuple[dict[str, Suite], tuple[Case, ...], list[str]]:
    if not given.documents:
        return {}, (), []
    today = place.clock.wall().date().isoformat()
    context = Context(registry=place.registry, settings=settings, env=place.env, today=today)
    gathered = [
        Gathered(
            source=Source(path=name, text="", format="json"),
            builder=_build(context, name, document, place),
        )
        for name, document in given.documents
    ]
    suites, cases = gather(gathered)
    problems = [
        # The place is no file, and must not be counted as one.
        Problem("", 0, 0, f"{_place(each.source.path, fault)}: {fault.message}", fault.hint)
        for each in gathered
        for fault in each.builder.faults
    ]
    if problems:
        raise ProblemsError(problems)
    return suites, cases, [note for each in gathered for note in each.builder.notes]


def _build(context: Context, name: str, document: Mapping[str, Any], place: Workplace) -> Builder:
    builder = Builder(
        context,
        path=name,
        base=str(place.root),
        templates=TemplateCheck(base=place.root, env=place.env, parse=_as_it_is),
        read_rows=partial(_no_rows, place.root),
    )
    try:
        plain = msgspec.to_builtins(dict(document), str_keys=True)
    except (TypeError, ValueError) as error:
        builder.faults.append(Fault((), f"it must be plain data, as in a case file: {error}"))
        return builder
    head = {key: value for key, value in plain.items() if key != "cases"}
    builder.open_suite(head, default_name="cases")
    raw = plain.get("cases")
    if not isinstance(raw, list):
        message = f"it must have a list of cases below 'cases', got {raw!r:.80}"
        builder.faults.append(Fault(("cases",), message))
        return builder
    for index, each in enumerate(cast("list[Any]", raw)):
        builder.add(each, 0, ("cases", index))
    return builder


def _place(name: str, fault: Fault) -> str:
    """Write a place as Python would: `cases[0].expect[1]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.place]
    return f"{name}{''.join(parts)}"


def _as_it_is(path: Path) -> str:
    """A file that cannot be parsed is found when the case runs."""
    del path
    return ""


def _no_rows(root: Path, text: str) -> str:
    return f"'file' must stand in a case file below {root.name}, give the values themselves, got {text!r}"
