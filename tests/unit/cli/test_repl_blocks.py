"""Where does one piece of input end?"""

from __future__ import annotations

import pytest

from holdfast.cli.repl_blocks import Block, is_complete, read_blocks

SCRIPT = '''\
# a comment

x = (1,
.5)
.caps
def f():

    return 1

@d
def g(): pass
if x:
  1
# between
else:
  2
s = """
.exit
"""
.benchmark for i in x:
    pass --iterations 3
match x:
    case 1:
        2
    case 2:
        3
match = 1
y = 1 + \\
  2
z'''


def test_a_script_falls_into_statements_and_commands() -> None:
    assert list(read_blocks(SCRIPT.split("\n"))) == [
        Block(3, "x = (1,\n.5)"),
        Block(5, ".caps"),
        Block(6, "def f():\n\n    return 1"),
        Block(10, "@d\ndef g(): pass"),
        Block(12, "if x:\n  1\n# between\nelse:\n  2"),
        Block(17, 's = """\n.exit\n"""'),
        Block(20, ".benchmark for i in x:\n    pass --iterations 3"),
        Block(22, "match x:\n    case 1:\n        2\n    case 2:\n        3"),
        Block(27, "match = 1"),
        Block(28, "y = 1 + \\\n  2"),
        Block(30, "z"),
    ]


def test_a_simple_statement_does_not_wait_for_the_next_line() -> None:
    lines = iter(["a = 1", "b = 2"])
    assert next(read_blocks(lines)) == Block(1, "a = 1")
    assert next(lines) == "b = 2"


def test_what_is_incomplete_at_the_end_is_not_lost() -> None:
    assert list(read_blocks(["f(1,", ""])) == [Block(1, "f(1,")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1; b = 2",
        "for i in x:\n  1\n",
        "await x",
        "a b",
        "x = 'a",
        "if 1: 2\n",
        ".caps (",
        ".benchmark a --iterations 10",
    ],
)
def test_what_is_whole_is_carried_out(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize(
    "text", ["for i in x:", "for i in x:\n  1", "f(", "'''a", "if 1: 2", "@d", ".leak f(", "a = \\"]
)
def test_what_is_not_whole_waits_for_more(text: str) -> None:
    assert not is_complete(text)
