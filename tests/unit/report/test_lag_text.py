from __future__ import annotations

from holdfast.report.lag_text import lag_lines


def test_each_late_turn_has_its_place_and_its_stack() -> None:
    blocked = [
        {"lag_s": 0.25, "place": "shop.py:7 (total)", "stack": "  File shop.py\n    sum(x)\n"},
        {"lag_s": 0.06, "stack": ""},
    ]
    assert list(lag_lines(blocked)) == [
        "250 ms late, blocked by shop.py:7 (total)",
        "  |   File shop.py",
        "  |     sum(x)",
        "60 ms late, blocked by a place that was not seen",
    ]


def test_a_loop_that_always_turned_says_so() -> None:
    assert list(lag_lines([])) == ["never late beyond the threshold"]


def test_a_stack_cannot_paint_the_terminal() -> None:
    [_, line] = lag_lines([{"lag_s": 1.0, "place": "a\x1b[2Jb", "stack": "x\x1b[31m"}])
    assert "\x1b" not in line
    assert "\x1b" not in next(iter(lag_lines([{"lag_s": 1.0, "place": "a\x1b[2Jb"}])))
