"""Do completion, timing and what is carried over answer as they should?"""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.repl_carry import definitions_of
from holdfast.cli.repl_probe import benchmark_code, callback_code, wants_loop
from holdfast.cli.repl_timing import timing_of, timing_rows
from holdfast.cli.repl_words import complete_line
from holdfast.errors import UsageError


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        (".gr", -3, [".grant"]),
        (".grant r", -1, ["read", "run"]),
        (".help be", -2, ["benchmark"]),
        ("x = pri", -3, ["price", "print"]),
        (".benchmark pric", -4, ["price"]),
        ("x.pri", 0, []),
        ("1 + ", 0, []),
    ],
)
def test_a_word_is_completed_where_it_stands(text: str, start: int, words: list[str]) -> None:
    assert complete_line(text, ["print", "price", "x"]) == (start, words)


def test_a_file_is_completed_after_load(tmp_path: Path) -> None:
    (tmp_path / "one.repl").touch()
    (tmp_path / "only").mkdir()
    text = f"{tmp_path}/on"
    assert complete_line(f".load {text}", []) == (
        -len(text),
        [f"{tmp_path}/one.repl", f"{tmp_path}/only/"],
    )


def test_failures_are_counted_and_not_timed() -> None:
    timing = timing_of([1.0, 3.0], warmup=5, failed=2, first_failure="ValueError: no")
    assert dict(timing_rows(timing)) == {
        "iterations": "4 (and 5 before, not counted)",
        "failed": "2 (50 % of 4), the first: ValueError: no",
        "mean": "2 s",
        "median": "2 s",
        "sd": "1.41 s",
        "min": "1 s",
        "max": "3 s",
        "p95": "2.9 s",
        "CV": "70.7 %",
    }


def test_no_figure_is_made_up_where_nothing_succeeded_or_one_did() -> None:
    assert [name for name, _ in timing_rows(timing_of([], warmup=0, failed=3))] == [
        "iterations",
        "failed",
    ]
    assert dict(timing_rows(timing_of([1.0], warmup=0)))["sd"] == "not known from one"


def test_definitions_are_functions_classes_and_imports() -> None:
    code = "import os.path, json as j\nx = 1\n@d\ndef f(): pass\nclass C: pass\nawait f()"
    assert [names for names, _ in definitions_of(code)] == [("os", "j"), ("f",), ("C",)]


def test_code_that_awaits_is_told_from_code_that_does_not() -> None:
    assert wants_loop("await x")
    assert not wants_loop("async def f(): await x")
    assert "async def __holdfast" not in benchmark_code("f()", iterations=1, warmup=0)


def test_code_that_is_no_python_is_refused_before_it_is_timed() -> None:
    with pytest.raises(UsageError, match="the code must be Python"):
        wants_loop("1 +")


def test_a_callback_needs_the_name_of_a_function() -> None:
    assert callback_code("shop.price")[0] == "shop_price_callback"
    with pytest.raises(UsageError, match="must have the name of a function"):
        callback_code("f()")
