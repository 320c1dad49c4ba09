"""Is the critical path that of hand-worked examples?"""

from __future__ import annotations

from holdfast.measure.critical_path import Stretch


def began(name: str, at: float, outer: Stretch[str] | None = None) -> Stretch[str]:
    return Stretch(name, at, outer)


def seconds(whole: Stretch[str]) -> dict[str, float]:
    assert whole.path is not None
    return whole.path.seconds


def test_parts_one_after_the_other_all_count_and_so_do_the_gaps() -> None:
    whole = began("whole", 0)
    first = began("first", 1, whole)
    first.end(4)
    second = began("second", 5, whole)
    second.end(9)
    assert seconds(whole) == {"whole": 2, "first": 3, "second": 4}
    assert whole.path is not None
    assert whole.path.until == 9


def test_of_parts_side_by_side_the_last_to_finish_counts() -> None:
    whole = began("whole", 0)
    gather = began("gather", 1, whole)
    short, long = began("short", 1, gather), began("long", 1, gather)
    short.end(4)
    long.end(9)
    gather.end(10)
    assert seconds(whole) == {"whole": 1, "long": 8, "gather": 1}


def test_before_a_late_start_whoever_started_it_was_at_work() -> None:
    # `early` ran beside: had it been shorter, nothing would have ended sooner.
    whole = began("whole", 0)
    early = began("early", 0, whole)
    late = began("late", 5, whole)
    early.end(10)
    late.end(12)
    assert seconds(whole) == {"whole": 5, "late": 7}


def test_the_chain_goes_on_before_the_start_of_the_last_one() -> None:
    whole = began("whole", 0)
    short, long = began("short", 0, whole), began("long", 0, whole)
    short.end(4)
    long.end(6)
    after = began("after", 6, whole)
    after.end(8)
    assert seconds(whole) == {"long": 6, "after": 2}


def test_what_began_together_goes_back_to_the_same_moment() -> None:
    whole = began("whole", 0)
    began("first", 0, whole).end(2)
    long, short = began("long", 2, whole), began("short", 2, whole)
    short.end(4)
    long.end(5)
    assert seconds(whole) == {"first": 2, "long": 3}


def test_a_part_that_outlives_its_starter_is_waited_for_by_the_one_around() -> None:
    whole = began("whole", 0)
    starter = began("starter", 1, whole)
    work = began("work", 2, starter)
    starter.end(3)
    work.end(10)
    assert seconds(whole) == {"whole": 1, "starter": 1, "work": 8}


def test_a_part_that_begins_after_the_end_of_its_starter_belongs_to_the_one_around() -> None:
    whole = began("whole", 0)
    starter = began("starter", 0, whole)
    starter.end(2)
    work = began("work", 5, starter)
    work.end(9)
    assert seconds(whole) == {"starter": 2, "whole": 3, "work": 4}


def test_a_part_that_nobody_saw_end_does_not_count() -> None:
    whole = began("whole", 0)
    began("for ever", 1, whole)
    part = began("part", 2, whole)
    part.end(3)
    assert seconds(whole) == {"whole": 2, "part": 1}


def test_what_went_on_beside_an_open_part_is_not_lost_when_that_ends() -> None:
    whole = began("whole", 0)
    starter = began("starter", 0, whole)
    escaped = began("escaped", 1, starter)
    starter.end(2)
    for start in (2, 4, 6):
        began("part", start, whole).end(start + 1)
    assert seconds(whole) == {"starter": 2, "part": 3, "whole": 2}
    escaped.end(8)
    assert seconds(whole) == {"starter": 1, "escaped": 7}
    began("part", 8, whole).end(9)
    assert seconds(whole) == {"starter": 1, "escaped": 7, "part": 1}


def test_own_time_is_that_in_which_no_part_was_open() -> None:
    whole = began("whole", 0)
    outer = began("outer", 1, whole)
    first, second = began("first", 2, outer), began("second", 3, outer)
    inner = began("inner", 3, second)
    assert first.end(5) == 3
    assert second.end(6) == 0
    # It goes on within `outer`, though not within the one that started it.
    assert inner.end(8) == 5
    began("third", 9, outer).end(10)
    assert outer.end(12) == 4
