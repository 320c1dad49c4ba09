"""Is a transcript read and compared as doctest does, with ELLIPSIS on?"""

from __future__ import annotations

import pytest

from holdfast.errors import ProblemsError
from holdfast.session.protocol import Turn, TurnError
from holdfast.session.transcript import compare, parse_transcript


def one(text: str) -> tuple[str, str, str | None]:
    (example,) = parse_transcript(text)
    return example.code, example.expected, example.raises


def test_an_example_has_its_line_its_code_and_what_it_shows() -> None:
    first, second = parse_transcript("text\n\n>>> if x:\n...     y\n1\n2\n\n>>> z\n")
    assert (first.line, first.code, first.expected) == (3, "if x:\n    y\n", "1\n2\n")
    assert (second.line, second.code, second.expected) == (8, "z\n", "")
    assert (
        one(">>> f()\nTraceback (most recent call last):\n  ...\nKeyError: 1\n")[2]
        == "KeyError: 1\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "t.txt:1: a transcript must have a line that begins with '>>> ', got none"),
        ("\n>>>x\n", "t.txt:2: lacks blank after >>>: '>>>x'"),
        (">>> x # doctest: +NO\n", "t.txt:1: has an invalid option: '+NO'"),
    ],
)
def test_what_cannot_be_read_has_its_line(text: str, problem: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        parse_transcript(text, "t.txt")
    assert str(caught.value.problems[0]) == problem


def test_prompts_of_other_programs_are_read_too() -> None:
    text = "$ for i in 1\n> do echo $i\n> done\n1\n$ x\n"
    first, second = parse_transcript(text, prompt="$ ", continuation="> ")
    assert (first.code, first.expected) == ("for i in 1\ndo echo $i\ndone\n", "1\n")
    assert second.code == "x\n"


@pytest.mark.parametrize(
    ("expected", "stdout", "holds"),
    [
        ("1\n", "1\n", True),
        ("1\n", "2\n", False),
        ("", "1\n", False),
        ("a...z\n", "abcz\n", True),
        ("<BLANKLINE>\n", "\n", True),
        ("a  b\n", "a b\n", False),
    ],
)
def test_what_is_shown_is_compared(expected: str, stdout: str, holds: bool) -> None:
    (example,) = parse_transcript(f">>> x\n{expected}")
    mismatch = compare(example, Turn(status="ok", stdout=stdout))
    assert (mismatch is None) is holds
    if mismatch is not None:
        assert str(mismatch) == f"1: 'x' must show {expected!r}, got {stdout!r}"


def test_a_directive_counts_for_its_example_alone() -> None:
    text = ">>> x  # doctest: +NORMALIZE_WHITESPACE, -ELLIPSIS\na  ...\n>>> y\na  b\n>>> z # doctest: +SKIP\n1\n"
    first, second, third = parse_transcript(text)
    assert compare(first, Turn(status="ok", stdout="a ...\n")) is None
    assert compare(first, Turn(status="ok", stdout="a b\n")) is not None
    assert compare(second, Turn(status="ok", stdout="a b\n")) is not None
    assert (first.is_skipped, third.is_skipped) == (False, True)


@pytest.mark.parametrize(
    ("last", "directive", "error", "holds"),
    [
        ("KeyError: 'a'", "", TurnError(type="KeyError", message="'a'"), True),
        ("KeyError: ...", "", TurnError(type="KeyError", message="'a'"), True),
        ("KeyError: 'b'", "", TurnError(type="KeyError", message="'a'"), False),
        ("ValueError", "", TurnError(type="ValueError"), True),
        ("KeyError: b", "+IGNORE_EXCEPTION_DETAIL", TurnError(type="own.KeyError", message="a"), True),
        ("Other: b", "+IGNORE_EXCEPTION_DETAIL", TurnError(type="KeyError", message="a"), False),
    ],
)  # fmt: skip
def test_an_exception_is_compared_by_its_last_line(
    last: str, directive: str, error: TurnError, holds: bool
) -> None:
    comment = f"  # doctest: {directive}" if directive else ""
    (example,) = parse_transcript(f">>> x{comment}\nTraceback (most recent call last):\n{last}\n")
    assert (compare(example, Turn(status="error", error=error)) is None) is holds


@pytest.mark.parametrize("status", ["timeout", "crash", "incomplete"])
def test_a_turn_that_did_not_end_by_itself_never_holds(status: str) -> None:
    (example,) = parse_transcript(">>> x\nTraceback (most recent call last):\nKeyError\n")
    turn = Turn(status=status, error=TurnError(type="KeyError"))  # type: ignore[arg-type]
    mismatch = compare(example, turn)
    assert mismatch is not None
    assert mismatch.got == f"{status}: KeyError\n"
