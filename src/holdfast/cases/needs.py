"""Which cases does `after` mean, and do they go round in a circle?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from holdfast.model.case import Case
from holdfast.text.suggest import did_you_mean

__all__ = ["Needs", "find_circle", "resolve"]


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """The full ids that a case waits for, and the authored ids that name nothing: (index, message)."""

    full_ids: tuple[str, ...]
    unknown: tuple[tuple[int, str], ...] = ()


def resolve(
    after: Sequence[str],
    suite: str,
    known: Mapping[str, object],
    variants: Mapping[str, Sequence[str]],
    *,
    own: str = "",
) -> Needs:
    """Find the full ids of authored ones: of the same suite first, else `suite/id`.

    `variants` leads from the full id of a case with `foreach` to those of its variants.
    `own` is the full id of the case that waits: it is never offered as the nearest one.
    """
    found: dict[str, None] = {}
    unknown: list[tuple[int, str]] = []
    for index, name in enumerate(after):
        for full in (f"{suite}/{name}", name):
            if full in known:
                found[full] = None
                break
            if full in variants:
                found.update(dict.fromkeys(variants[full]))
                break
        else:
            unknown.append((index, _message(name, suite, (*known, *variants), own)))
    return Needs(full_ids=tuple(found), unknown=tuple(unknown))


def find_circle(cases: Iterable[Case]) -> list[tuple[str, ...]]:
    """Return each circle of `after` once, as full ids, the first one repeated at the end."""
    needs = {case.full_id: case.after for case in cases if case.after}
    state: dict[str, bool] = {}
    circles: list[tuple[str, ...]] = []
    for start in needs:
        if start not in state:
            _walk(start, needs, state, circles)
    return circles


def _walk(
    start: str,
    needs: Mapping[str, Sequence[str]],
    state: dict[str, bool],
    circles: list[tuple[str, ...]],
) -> None:
    """Go depth first without recursion; `state` is True while a case is on the way."""
    way: list[str] = [start]
    open_ends = [iter(needs.get(start, ()))]
    state[start] = True
    while way:
        need = next(open_ends[-1], None)
        if need is None:
            state[way.pop()] = False
            open_ends.pop()
        elif need not in state:
            state[need] = True
            way.append(need)
            open_ends.append(iter(needs.get(need, ())))
        elif state[need]:
            circles.append((*way[way.index(need) :], need))


def _message(name: str, suite: str, known: Sequence[str], own: str) -> str:
    prefix = f"{suite}/"
    near = [full.removeprefix(prefix) for full in known if full.startswith(prefix) and full != own]
    return f"no such case {name!r}{did_you_mean(name, near)}"
