"""Which of the loaded cases run, and why not the others?"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from holdfast.cases.expression import parse_expression
from holdfast.errors import UsageError
from holdfast.model.case import Case
from holdfast.model.plan import Deselected
from holdfast.text.suggest import did_you_mean

__all__ = ["Selected", "Selection", "select"]

QUICK = 2
_GLOB = frozenset("*?")

Rule = Callable[[Case], str]


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. Every part narrows down; an empty one asks for nothing.

    `ids` are `suite/id`, `id` (with `foreach`: all its variants) or patterns with `*`
    and `?`. `only` are full ids (`--rerun-failed`, `--only-errors`) and `only_reason`
    is what is said of every other case. `per_suite` keeps the first cases of each suite.
    """

    tags: str = ""
    text: str = ""
    ids: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    per_suite: int = 0
    exclude_slow: bool = False
    include_stress: bool = False
    security: bool = True
    only: frozenset[str] | None = None
    only_reason: str = "passed in the earlier run"


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The cases in their order, how many of them are only needed by others, and the rest."""

    cases: tuple[Case, ...]
    needed: int = 0
    deselected: tuple[Deselected, ...] = ()


def select(cases: Sequence[Case], selection: Selection) -> Selected:
    """Apply a selection; the needs of a selected case are selected too.

    A disabled case never runs and one tagged `stress` only with `include_stress`; nor
    does what needs them.

    Raises:
        UsageError: an expression cannot be read, or a suite or id does not exist.
    """
    rules = _rules(cases, selection)
    barred = _barred(cases, include_stress=selection.include_stress, security=selection.security)
    reasons: dict[str, str] = {}
    taken: dict[str, int] = {}
    chosen: set[str] = set()
    for case in cases:
        full = case.full_id
        reason = barred.get(full, "") or next(filter(None, (rule(case) for rule in rules)), "")
        if not reason and selection.per_suite:
            taken[case.suite] = taken.get(case.suite, 0) + 1
            if taken[case.suite] > selection.per_suite:
                reason = f"not among the first {selection.per_suite} of its suite"
        if reason:
            reasons[full] = reason
        else:
            chosen.add(full)
    if not reasons:
        return Selected(cases=tuple(cases))
    wanted = _with_needs(cases, chosen)
    return Selected(
        cases=tuple(case for case in cases if case.full_id in wanted),
        needed=len(wanted) - len(chosen),
        deselected=tuple(
            Deselected(case.suite, case.id, reasons[case.full_id])
            for case in cases
            if case.full_id not in wanted
        ),
    )


def _rules(cases: Sequence[Case], selection: Selection) -> list[Rule]:
    """Return one rule per part that was asked for; each gives the reason against a case, or ""."""
    rules: list[Rule] = []
    if selection.suites:
        _check_suites(cases, selection.suites)
        suites = frozenset(selection.suites)
        rules.append(lambda case: "" if case.suite in suites else "not in a chosen suite")
    if selection.ids:
        named = _named(cases, selection.ids)
        rules.append(lambda case: "" if case.full_id in named else "not named")
    if selection.only is not None:
        only, reason = selection.only, selection.only_reason
        rules.append(lambda case: "" if case.full_id in only else reason)
    if selection.exclude_slow:
        rules.append(lambda case: "tagged slow (--exclude-slow)" if "slow" in case.tags else "")
    if selection.tags:
        by_tag = parse_expression(selection.tags, option="-m")
        said = f"-m {selection.tags!r} does not hold"
        rules.append(lambda case: "" if by_tag(case.tags.__contains__) else said)
    if selection.text:
        by_text = parse_expression(selection.text, option="-k")
        told = f"-k {selection.text!r} does not hold"
        rules.append(lambda case: "" if by_text(_contains(case)) else told)
    return rules


def _contains(case: Case) -> Callable[[str], bool]:
    within = case.full_id.casefold()
    return lambda text: text.casefold() in within


def _check_suites(cases: Iterable[Case], suites: Iterable[str]) -> None:
    known = {case.suite for case in cases}
    for suite in suites:
        if suite not in known:
            hint = f"known: {', '.join(sorted(known)[:5]) or 'none'}"
            raise UsageError(f"no such suite {suite!r}{did_you_mean(suite, known)}", hint=hint)


def _named(cases: Sequence[Case], ids: Iterable[str]) -> AbstractSet[str]:
    named: set[str] = set()
    for wanted in ids:
        found = {case.full_id for case in cases if _is_named(case, wanted)}
        if not found:
            known = [case.full_id if "/" in wanted else case.id for case in cases]
            hint = "`holdfast list` shows the ids"
            raise UsageError(f"no such case {wanted!r}{did_you_mean(wanted, known)}", hint=hint)
        named |= found
    return named


def _is_named(case: Case, wanted: str) -> bool:
    full = case.full_id
    if wanted in {case.id, full}:
        return True
    if case.matrix and f"{wanted}[" in {case.id[: len(wanted) + 1], full[: len(wanted) + 1]}:
        return True
    if _GLOB.isdisjoint(wanted):
        return False
    # Brackets are part of ids, not of the pattern.
    pattern = wanted.replace("[", "[[]")
    return fnmatch.fnmatchcase(case.id, pattern) or fnmatch.fnmatchcase(full, pattern)


def _barred(cases: Sequence[Case], *, include_stress: bool, security: bool) -> dict[str, str]:
    """Return what cannot run at all, with the reason: by itself or through what it needs."""
    barred: dict[str, str] = {}
    for case in cases:
        if not case.enabled:
            barred[case.full_id] = "disabled"
        elif not include_stress and "stress" in case.tags:
            barred[case.full_id] = "tagged stress (runs with --include-stress)"
        elif not security and "security" in case.tags:
            barred[case.full_id] = "tagged security (the setting `security` is off)"
    waiting: dict[str, list[str]] = {}
    for case in cases:
        for need in case.after:
            waiting.setdefault(need, []).append(case.full_id)
    spread = list(barred)
    while spread:
        need = spread.pop()
        for full in waiting.get(need, ()):
            if full not in barred:
                barred[full] = f"needs {need}, which is not run: {barred[need]}"
                spread.append(full)
    return barred


def _with_needs(cases: Iterable[Case], chosen: AbstractSet[str]) -> set[str]:
    needs = {case.full_id: case.after for case in cases if case.after}
    wanted = set(chosen)
    open_ends = list(chosen)
    while open_ends:
        for need in needs.get(open_ends.pop(), ()):
            if need not in wanted:
                wanted.add(need)
                open_ends.append(need)
    return wanted
