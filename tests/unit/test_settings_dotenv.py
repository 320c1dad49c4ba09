from pathlib import Path

import pytest

from holdfast.errors import Problem
from holdfast.settings.dotenv import parse_dotenv, read_dotenv

HINT = 'quote a value of several lines or with quotes: NAME="value"'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=1", "1"),
        ("A = 1  ", "1"),
        ("export A=1", "1"),
        ("  A=a b", "a b"),
        ("A=", ""),
        ("A=1 # one", "1"),
        ("A= # nothing", ""),
        ("A=a#b", "a#b"),
        ("A='a # b' # c", "a # b"),
        ("A='a\\nb'", "a\\nb"),
        ('A="a\\nb\\t\\"c\\" \\\\ \\$ \\d"', 'a\nb\t"c" \\ $ \\d'),
        ('A="a\nb"', "a\nb"),
        ("A='a\nb'", "a\nb"),
        ("A=${B}", "${B}"),
        ("A=1\r\n", "1"),
        ('A="1"\r\n', "1"),
        ("A=x=y", "x=y"),
    ],
)
def test_a_value_is_read_as_it_is_written(text: str, value: str) -> None:
    found, problems = parse_dotenv(text)
    assert ({"A": value}, []) == ({name: each for name, (each, _) in found.items()}, problems)


def test_each_name_has_its_line_and_the_last_one_counts() -> None:
    found, problems = parse_dotenv("# a\n\nA=1\nB='x\ny'\n  # b\nA=2\nC=3")
    assert (found, problems) == ({"A": ("2", 7), "B": ("x\ny", 4), "C": ("3", 8)}, [])


@pytest.mark.parametrize("line", ["secret", "1A=2", "A='x", 'A="x', "A='x' y", "A B=1", "=1"])
def test_a_line_that_sets_nothing_is_refused_without_showing_it(line: str) -> None:
    found, problems = parse_dotenv(f"X=1\n{line}\nY=2\n")
    assert [Problem(".env", 2, 1, "a line must be NAME=value", HINT)] == problems
    assert found == {"X": ("1", 1), "Y": ("2", 3)}


def test_no_file_sets_nothing(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env", ".env") == ({}, [])


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"A=\xe9\n")

    assert [Problem("x", 0, 0, "the file must be UTF-8")] == read_dotenv(tmp_path / "latin", "x")[1]
    (problem,) = read_dotenv(tmp_path, "x")[1]
    assert problem.message == "the file cannot be read: Is a directory"
