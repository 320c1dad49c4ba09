"""What does a line of the prompt ask for?"""

from __future__ import annotations

import pytest

from holdfast.cli.repl_dots import HANDLERS
from holdfast.cli.repl_grammar import COMMANDS, Code, Dot, parse_line
from holdfast.errors import UsageError


@pytest.mark.parametrize(
    "text", ["a = 1; b = 2", ".5 + 1", "...", "x = '.caps'", " .caps", "a --iterations"]
)
def test_what_begins_with_no_command_is_code(text: str) -> None:
    assert parse_line(text) == Code(text)


@pytest.mark.parametrize(
    ("rest", "code", "iterations", "warmup"),
    [
        ("a = 1; b = a --iterations 10", "a = 1; b = a", 10, 10),
        ("a = 1; result = a", "a = 1; result = a", 100, 10),
        ("--iterations 5 --warmup 0 x = 1", "x = 1", 5, 0),
        ("x --iterations=1_000", "x", 1000, 10),
        ("x --warmup 3 --iterations 4  # why", "x# why", 4, 3),
        ("s = '--iterations 5'", "s = '--iterations 5'", 100, 10),
        ("x # --iterations 5", "x # --iterations 5", 100, 10),
        ("x --y", "x --y", 100, 10),
        ("x - - iterations", "x - - iterations", 100, 10),
        ("for i in y:\n    z(i) --iterations 7", "for i in y:\n    z(i)", 7, 10),
        ("f('unclosed", "f('unclosed", 100, 10),
    ],
)
def test_options_stand_at_the_ends_of_code(
    rest: str, code: str, iterations: int, warmup: int
) -> None:
    options = {"iterations": iterations, "warmup": warmup}
    assert parse_line(f".benchmark {rest}") == Dot(name="benchmark", code=code, options=options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".grnt read", "no such command '.grnt'; did you mean '.grant'?"),
        (".benchmark", ".benchmark must have code"),
        (".benchmark --iterations 5", ".benchmark must have code"),
        (".benchmark x --iteration 5", "no option '--iteration'; did you mean '--iterations'?"),
        (".benchmark x --iterations", "from 1 to 1,000,000, got ''"),
        (".benchmark x --iterations ten", "from 1 to 1,000,000, got 'ten'"),
        (".benchmark x --iterations 0", "from 1 to 1,000,000, got '0'"),
        (".benchmark x --iterations -3", "got '-3'"),
        (".benchmark x --warmup 2000000", "from 0 to 1,000,000, got '2000000'"),
        (".leak x --warmup 3", "no option '--warmup'"),
        (".grant", ".grant must have at least one argument, got 0"),
        (".caps all", ".caps must have no argument, got 1"),
        (".callback f g", ".callback must have one argument, got 2"),
        (".help a b", ".help must have at most one argument, got 2"),
        (".load 'x", "must be words as in a shell"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_cure(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_words_are_split_as_in_a_shell() -> None:
    assert parse_line(".grant 'read:a b' net # both") == Dot(
        name="grant", words=("read:a b", "net")
    )


def test_every_command_has_a_handler() -> None:
    assert set(HANDLERS) == set(COMMANDS)
