"""Is the tree of timers readable, with the bottleneck marked?"""

from __future__ import annotations

from typing import Any

from holdfast.report.timers_text import timer_lines


def place(path: list[str], total_s: float, self_s: float, **more: Any) -> dict[str, Any]:
    return {
        "path": path,
        "total_s": total_s,
        "self_s": self_s,
        "share": self_s / 4,
        "count": 2,
        **more,
    }


def waited(seconds: float) -> dict[str, float]:
    return {"critical_s": seconds, "critical_share": seconds / 4}


def test_the_tree_is_indented_longest_first_and_the_bottleneck_marked() -> None:
    lines = list(
        timer_lines(
            [
                place(["query"], 1.0, 1.0, **waited(1.0)),
                place(["parse", "split"], 2.5, 2.5, **waited(2.5)),
                place(["parse"], 3.0, 0.5, **waited(0.5)),
            ]
        )
    )
    assert lines == [
        "    total       self  share  waited   count  timer",
        "      3 s     500 ms    12%     12%       2  parse",
        "    2.5 s      2.5 s    62%     62%       2    split  <- bottleneck",
        "      1 s        1 s    25%     25%       2  query",
    ]


def test_the_bottleneck_is_what_was_waited_for_not_what_took_most() -> None:
    lines = list(
        timer_lines(
            [
                place(["beside"], 3.0, 3.0, **waited(0.0)),
                place(["last"], 2.0, 2.0, **waited(2.0)),
            ]
        )
    )
    assert lines[1].endswith("beside")
    assert lines[2].endswith("last  <- bottleneck")
    assert lines[3] == "                                50%          outside of timers"


def test_a_tree_of_an_earlier_version_marks_the_most_own_time() -> None:
    lines = list(timer_lines([place(["a"], 3.0, 1.0), place(["a", "b"], 2.0, 2.0)]))
    assert lines[2].endswith("b  <- bottleneck")
    assert len(lines) == 3


def test_no_timer_leaves_no_line() -> None:
    assert list(timer_lines([])) == []


def test_what_ran_within_a_timer_that_never_ended_is_shown_with_its_place() -> None:
    lines = list(timer_lines([place(["open", "inner"], 1.0, 1.0), place(["a"], 2.0, 2.0)]))
    assert [line.rpartition("  ")[2] for line in lines[1:]] == ["<- bottleneck", "open > inner"]
