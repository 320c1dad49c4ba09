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


def test_the_tree_is_indented_longest_first_and_the_bottleneck_marked() -> None:
    lines = list(
        timer_lines(
            [
                place(["query"], 1.0, 1.0),
                place(["parse", "split"], 2.5, 2.5),
                place(["parse"], 3.0, 0.5),
            ]
        )
    )
    assert lines == [
        "    total       self  share   count  timer",
        "      3 s     500 ms    12%       2  parse",
        "    2.5 s      2.5 s    62%       2    split  <- most of the time",
        "      1 s        1 s    25%       2  query",
    ]


def test_no_timer_leaves_no_line() -> None:
    assert list(timer_lines([])) == []
