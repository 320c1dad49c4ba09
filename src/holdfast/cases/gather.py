"""Do the suites of all files fit together: their names, and what their cases wait for?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from holdfast.cases.document import Fault, Place, Source
from holdfast.cases.needs import find_circle, resolve
from holdfast.cases.normalise import Builder
from holdfast.model.case import Case, Suite

__all__ = ["Gathered", "gather"]


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What was built from one file; Python files may share a suite, as their ids name the module."""

    source: Source
    is_python: bool = False
    builder: Builder


def gather(files: Sequence[Gathered]) -> tuple[dict[str, Suite], tuple[Case, ...]]:
    """Join the suites; what does not fit is added to the faults of the file that says it."""
    suites: dict[str, Suite] = {}
    owners: dict[str, Gathered] = {}
    for each in files:
        suite = each.builder.suite
        first = suites.setdefault(suite.name, suite)
        owner = owners.setdefault(suite.name, each)
        if owner is not each and not (owner.is_python and each.is_python):
            message = f"a suite's name must be unique in the run, got {suite.name!r} also in {first.source}"
            hint = "give one of them another name: `suite: ...`"
            each.builder.faults.append(Fault(("suite",), message, hint))
    if any(each.builder.afters for each in files):
        _resolve(files)
    if len(files) == 1:
        return suites, tuple(files[0].builder.cases)
    return suites, tuple(case for each in files for case in each.builder.cases)


def _resolve(files: Iterable[Gathered]) -> None:
    known: dict[str, None] = {}
    variants: dict[str, list[str]] = {}
    for each in files:
        known.update(dict.fromkeys(case.full_id for case in each.builder.cases))
        suite = each.builder.suite.name
        variants.update({f"{suite}/{base}": ids for base, ids in each.builder.bases.items()})
    places: dict[str, tuple[Builder, Place]] = {}
    waiting: list[Case] = []
    for each in files:
        builder = each.builder
        for index, after, place in builder.afters:
            case = builder.cases[index]
            needs = resolve(after, case.suite, known, variants, own=case.full_id)
            for at, message in needs.unknown:
                builder.faults.append(Fault((*place, at), message))
            case = builder.cases[index] = msgspec.structs.replace(case, after=needs.full_ids)
            waiting.append(case)
            places[case.full_id] = (builder, place)
    for circle in find_circle(waiting):
        builder, place = places[circle[0]]
        message = f"'after' must not go round in a circle, got {' -> '.join(circle)}"
        builder.faults.append(Fault(place, message))
