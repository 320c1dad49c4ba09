from __future__ import annotations

import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.report.clean import clean, clean_lines, one_line, quoted_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("größe 大きい", "größe 大きい"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("bell\x07", "bell\\x07"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, expected: str) -> None:
    assert expected == clean(text)


def test_lines_and_tabs_of_a_longer_text_stay() -> None:
    assert clean_lines("a\r\nb\tc\x1b[0m\rd") == "a\nb\tc\\x1b[0m\\rd"


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = {unicodedata.category(char) for char in clean(text)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert clean(clean(text)) == clean(text)


def test_a_line_is_cut_at_its_end_or_width() -> None:
    assert one_line("short", 10) == "short"
    assert one_line("first\nsecond", 10) == "first..."
    assert one_line("much too long", 8) == "much..."


@pytest.mark.parametrize(
    "case_id", ["s/a", "s/a b[n=1,x='y']", 's/"q"', "s/$HOME`id`!", "s/it's $1"]
)
def test_a_shell_reads_a_quoted_id_as_it_was(case_id: str) -> None:
    assert shlex.split(quoted_id(case_id)) == [case_id]


def test_a_plain_id_is_put_in_double_quotes() -> None:
    assert quoted_id("sums/adds") == '"sums/adds"'
