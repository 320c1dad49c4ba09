"""In which order are the cases offered, and what does each wait for?"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping, Sequence

import msgspec

from holdfast.model import codec
from holdfast.model.case import Case, Suite
from holdfast.model.plan import Deselected, Plan, PlannedCase, Resource

__all__ = ["build_plan", "case_key"]

# Without any history every case counts the same; the number only has to be positive.
UNKNOWN_S = 1.0


def build_plan(
    cases: Sequence[Case],
    *,
    suites: Mapping[str, Suite],
    resources: Mapping[str, Resource],
    durations: Mapping[str, float],
    seed: int,
    key: bytes,
    deselected: Sequence[Deselected] = (),
    needed: int = 0,
) -> Plan:
    """Order cases by priority, then by longest remaining path, needs first.

    `durations` are expected seconds by full id; unknown ones count as the 75th
    percentile of their suite. A case lends its priority to what it needs. Ties
    keep the order of the source, so that the same input gives the same plan.
    """
    expected = _expected(cases, durations)
    needs = _needs(cases)
    if any(needs):
        path, priority = _along_chains(cases, needs, expected)
        order = sorted(range(len(cases)), key=lambda i: (-priority[i], -path[i], i))
    else:
        path = expected
        order = sorted(range(len(cases)), key=lambda i: (-cases[i].priority, -path[i]))
    place = {old: new for new, old in enumerate(order)}
    planned = tuple(
        _place(
            cases[old],
            new,
            old,
            key=key,
            seed=seed,
            expected=expected,
            path=path,
            needs=needs,
            place=place,
        )
        for new, old in enumerate(order)
    )
    return Plan(
        cases=planned,
        suites=dict(suites),
        resources=dict(resources),
        deselected=tuple(deselected),
        needed=needed,
        has_history=bool(durations),
    )


def case_key(case: Case, key: bytes) -> str:
    """Return what identifies a case's content across runs, without giving the content away.

    The place in the file is left out: moving a case does not change it.
    """
    return _hash(_content(case), key)


def _content(case: Case) -> bytes:
    return codec.encode(msgspec.structs.replace(case, source="", base=""))


def _hash(content: bytes, key: bytes) -> str:
    return hashlib.blake2b(content, key=key[:64], digest_size=16).hexdigest()


def _place(
    case: Case,
    new: int,
    old: int,
    *,
    key: bytes,
    seed: int,
    expected: Sequence[float],
    path: Sequence[float],
    needs: Sequence[tuple[int, ...]],
    place: Mapping[int, int],
) -> PlannedCase:
    content = _content(case)
    return PlannedCase(
        index=new,
        case=case,
        key=_hash(content, key),
        needs=tuple(sorted(place[need] for need in needs[old])) if needs[old] else (),
        expected_s=expected[old],
        path_s=path[old],
        seed=_case_seed(seed, case),
        has_templates=b"{" in content,
    )


def _case_seed(seed: int, case: Case) -> int:
    if case.seed is not None:
        return case.seed
    name = f"{seed}:{case.suite}/{case.id}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=4).digest(), "big")


def _expected(cases: Sequence[Case], durations: Mapping[str, float]) -> list[float]:
    if not durations:
        return [UNKNOWN_S] * len(cases)
    by_suite: dict[str, list[float]] = {}
    known = [durations.get(case.full_id) for case in cases]
    for case, duration_s in zip(cases, known, strict=True):
        if duration_s is not None:
            by_suite.setdefault(case.suite, []).append(duration_s)
    usual = {suite: _third_quartile(values) for suite, values in by_suite.items()}
    anywhere = _third_quartile([value for values in by_suite.values() for value in values])
    return [
        max(duration_s if duration_s is not None else usual.get(case.suite, anywhere), 1e-6)
        for case, duration_s in zip(cases, known, strict=True)
    ]


def _third_quartile(values: Sequence[float]) -> float:
    if len(values) < 2:
        return values[0] if values else UNKNOWN_S
    return statistics.quantiles(values, n=4, method="inclusive")[2]


def _needs(cases: Sequence[Case]) -> list[tuple[int, ...]]:
    if not any(case.after for case in cases):
        return [()] * len(cases)
    index = {case.full_id: i for i, case in enumerate(cases)}
    return [tuple(index[need] for need in case.after if need in index) for case in cases]


def _along_chains(
    cases: Sequence[Case], needs: Sequence[tuple[int, ...]], expected: Sequence[float]
) -> tuple[list[float], list[int]]:
    """Return each case's longest remaining path and the highest priority that waits on it."""
    waiting: list[list[int]] = [[] for _ in cases]
    for i, wanted in enumerate(needs):
        for need in wanted:
            waiting[need].append(i)
    path = list(expected)
    priority = [case.priority for case in cases]
    open_count = [len(dependents) for dependents in waiting]
    done = [i for i, count in enumerate(open_count) if count == 0]
    while done:
        i = done.pop()
        if waiting[i]:
            path[i] = expected[i] + max(path[dependent] for dependent in waiting[i])
            priority[i] = max(priority[i], *(priority[dependent] for dependent in waiting[i]))
        for need in needs[i]:
            open_count[need] -= 1
            if open_count[need] == 0:
                done.append(need)
    return path, priority
