"""Does shortening what is off the critical path change nothing, and what is on it, everything?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.measure.critical_path import Stretch

# A program: seconds of a leaf, or parts one after the other, or parts side by side.
Program = Any
LEAF = st.integers(min_value=2, max_value=9)
PROGRAM = st.recursive(
    LEAF,
    lambda inner: st.tuples(
        st.sampled_from(["then", "beside"]), st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def timed(program: Program, at: int, name: tuple[int, ...], events: list[Any]) -> int:
    """Note when everything begins and ends; return the end of the whole."""
    # At one moment ends come first, the innermost before all; then beginnings, from the outermost.
    events.append((at, 1, len(name), name))
    if isinstance(program, int):
        end = at + program
    else:
        kind, parts = program
        end = at
        for number, part in enumerate(parts):
            begin = end if kind == "then" else at
            end = max(end, timed(part, begin, (*name, number), events))
    events.append((end, 0, -len(name), name))
    return end


def critical_path(program: Program) -> tuple[int, dict[tuple[int, ...], float]]:
    """Return how long the program takes, and its critical path."""
    events: list[Any] = []
    lasts = timed(program, 0, (0,), events)
    whole: Stretch[tuple[int, ...]] = Stretch((), 0)
    found: dict[tuple[int, ...], Stretch[tuple[int, ...]]] = {(): whole}
    for at, is_begin, _, name in sorted(events):
        if is_begin:
            found[name] = Stretch(name, at, found[name[:-1]])
        else:
            found[name].end(at)
    return lasts, dict(whole.path.seconds) if whole.path else {}


def leaves(program: Program, name: tuple[int, ...] = (0,)) -> Sequence[tuple[int, ...]]:
    if isinstance(program, int):
        return [name]
    return [
        leaf for number, part in enumerate(program[1]) for leaf in leaves(part, (*name, number))
    ]


def changed(program: Program, name: tuple[int, ...], by: int) -> Program:
    """Return the program with one leaf that takes longer or shorter."""
    if isinstance(program, int):
        return program + by
    kind, parts = program
    number = name[1]
    return kind, [
        changed(part, name[1:], by) if index == number else part for index, part in enumerate(parts)
    ]


@given(PROGRAM)
def test_the_path_adds_up_to_the_time_of_the_whole(program: Program) -> None:
    lasts, path = critical_path(program)
    assert sum(path.values()) == lasts


@given(PROGRAM, st.data())
def test_only_what_is_on_the_path_is_waited_for(program: Program, data: st.DataObject) -> None:
    lasts, path = critical_path(program)
    leaf = data.draw(st.sampled_from(leaves(program)))
    if leaf in path:
        assert critical_path(changed(program, leaf, 1))[0] == lasts + 1
    else:
        assert critical_path(changed(program, leaf, -1))[0] == lasts
