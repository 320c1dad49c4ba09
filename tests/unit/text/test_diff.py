from __future__ import annotations

import pytest

from holdfast.text.diff import diff_values, equal_values


@pytest.mark.parametrize(
    ("expected", "observed"),
    [
        (1, 1.0),
        ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ((1, 2), [1, 2]),
        ("x\n", "x\n"),
        (True, True),
    ],
)
def test_equal_values_have_no_diff(expected: object, observed: object) -> None:
    assert diff_values(expected, observed) == ""
    assert equal_values(expected, observed)


@pytest.mark.parametrize(
    ("expected", "observed", "text"),
    [
        (True, 1, "$: expected True, got 1"),
        (0, False, "$: expected 0, got False"),
        (None, 0, "$: expected None, got 0"),
        ("1", 1, "$: expected '1', got 1"),
        (b"a", "a", "$: expected b'a', got 'a'"),
        ({"a": 1}, {}, "$.a: expected 1, got nothing"),
        ({}, {"a b": 1}, "$['a b']: expected nothing, got 1"),
        ({"a": [{"n": 2}]}, {"a": [{"n": 3}]}, "$.a[0].n: expected 2, got 3"),
        ([1, 2], [1], "$: expected 2 items, got 1\n$[1]: expected 2, got nothing"),
        ([1], [1, 2], "$: expected 1 items, got 2\n$[1]: expected nothing, got 2"),
        ({"a": 1}, [1], "$: expected {'a': 1}, got [1]"),
        ({}, [], "$: expected {}, got []"),
    ],
)
def test_a_difference_is_named_by_its_path(expected: object, observed: object, text: str) -> None:
    assert text == diff_values(expected, observed)
    assert not equal_values(expected, observed)


def test_five_differences_are_shown_and_the_rest_is_counted() -> None:
    lines = diff_values(list(range(8)), [None] * 8).splitlines()

    assert len(lines) == 6
    assert lines[-1] == "and 3 other differences"


def test_counting_ends_at_a_thousand() -> None:
    text = diff_values([0] * 5000, [1] * 5000)

    assert text.endswith("and 995 or more other differences")


def test_texts_of_several_lines_become_a_unified_diff() -> None:
    before = "".join(f"line {n}\n" for n in range(10))

    assert diff_values({"a": before}, {"a": before.replace("line 5", "line five")}) == (
        "$.a: texts differ\n"
        "  from line 3:\n"
        "   line 2\n"
        "   line 3\n"
        "   line 4\n"
        "  -line 5\n"
        "  +line five\n"
        "   line 6\n"
        "   line 7\n"
        "   line 8"
    )


def test_lines_that_look_like_a_header_of_a_diff_are_shown() -> None:
    text = diff_values("-- a\n@@ b\n", "++ a\n@@ c\n")

    assert [line.strip() for line in text.splitlines()[2:]] == ["--- a", "-@@ b", "+++ a", "+@@ c"]


def test_a_missing_newline_and_a_carriage_return_are_visible() -> None:
    assert "-a  (no newline at the end)" in diff_values("a", "a\n")
    assert "+a\\r" in diff_values("a\n", "a\r\n")


def test_a_long_diff_of_lines_is_cut() -> None:
    text = diff_values("a\n" * 500, "b\n" * 500 + "c" * 1000)

    assert len(text.splitlines()) == 33
    assert text.splitlines()[-1] == "  ... 370 more lines"


def test_a_long_line_is_cut() -> None:
    assert max(map(len, diff_values("a\n", "b" * 1000 + "\n").splitlines())) < 200


def test_a_long_value_is_cut_and_shown_where_it_differs() -> None:
    text = diff_values("a" * 200 + "x" + "b" * 200, "a" * 200 + "y" + "b" * 200)

    assert text.startswith("$: expected ...'aaaaaaaaaaaaaaaaaaaaxbbbb")
    assert text.endswith("(from character 180)")
    assert len(text) < 300
    assert diff_values("x" + "a" * 90, 1) == f"$: expected 'x{'a' * 79}'... (91 long), got 1"


def test_a_large_value_is_not_written_out() -> None:
    assert len(diff_values(None, {"k": list(range(100_000))})) < 200
    assert len(diff_values(None, {"key" * 9: "v" * 70, "other" * 9: "w" * 70})) < 200
