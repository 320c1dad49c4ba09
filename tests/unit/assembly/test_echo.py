import io
from collections.abc import Mapping
from pathlib import Path

from holdfast.assembly.echo import MAX_LINE, Echo
from holdfast.assembly.request import Workplace
from holdfast.assembly.secrecy import Secrecy
from holdfast.builtin import COMPONENTS
from holdfast.clock import SystemClock
from holdfast.registry import Registry

SECRET = "correct-horse-battery"


def made(secrets: Mapping[str, str]) -> tuple[Echo, io.StringIO]:
    place = Workplace(
        registry=Registry(COMPONENTS),
        clock=SystemClock(),
        root=Path(),
        env={},
        secrets=secrets,
        key=b"k" * 32,
    )
    stream = io.StringIO()
    return Echo(Secrecy(place), stream), stream


def test_a_secret_that_comes_in_two_pieces_is_not_shown() -> None:
    echo, stream = made({"API_TOKEN": SECRET})
    one, other = echo("worker-1"), echo("worker-2")

    one(b"it is correct-ho")
    other(b"hello\n")
    one(b"rse-battery, you see\nand")

    shown = stream.getvalue()
    assert shown.startswith("hello\nit is [redacted ")
    assert shown.endswith(", you see\n")
    assert SECRET not in shown
    echo.close()
    assert stream.getvalue() == f"{shown}and"


def test_a_line_without_end_is_shown_in_pieces_and_bytes_that_are_no_text_too() -> None:
    echo, stream = made({})
    take = echo("worker-1")

    take(b"x" * MAX_LINE)
    assert stream.getvalue() == ""
    take(b"\xff")
    echo.close()

    assert stream.getvalue() == "x" * MAX_LINE + "\N{REPLACEMENT CHARACTER}"
