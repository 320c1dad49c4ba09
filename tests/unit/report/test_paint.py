from __future__ import annotations

import pytest

from holdfast.report.paint import ansi, choose_reporter, plain, wants_colour


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_follow_the_terminal_and_the_environment(
    environment: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert expected == wants_colour(environment, is_terminal=is_terminal)


@pytest.mark.parametrize(
    ("environment", "facts", "expected"),
    [
        ({}, {}, "live"),
        ({}, {"is_terminal": False}, "plain"),
        ({"CI": "true"}, {}, "plain"),
        ({"NO_COLOR": "1"}, {}, "plain"),
        ({"TERM": "dumb"}, {}, "plain"),
        ({}, {"verbose": True}, "plain"),
        ({}, {"progress": False}, "plain"),
        ({}, {"quiet": True}, "quiet"),
        ({"CI": "1"}, {"quiet": True, "is_terminal": False}, "quiet"),
    ],
)
def test_the_live_view_is_only_for_a_terminal_that_someone_watches(
    environment: dict[str, str], facts: dict[str, bool], expected: str
) -> None:
    told = {"is_terminal": True, "quiet": False, "verbose": False, "progress": True, **facts}
    assert expected == choose_reporter(environment, **told)


def test_paint_colours_known_styles_and_leaves_the_rest() -> None:
    assert ansi("word", "failed") == "\x1b[31mword\x1b[0m"
    assert [ansi("word", "strange"), ansi("", "failed"), plain("word", "failed")] == [
        "word",
        "",
        "word",
    ]
