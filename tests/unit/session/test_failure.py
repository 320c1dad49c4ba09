"""Is an exception of a session raised here as what it was, and without its code?"""

from __future__ import annotations

import pytest

from holdfast.errors import UsageError
from holdfast.session.failure import Raised, RemoteError, describe, rebuild, take_apart
from holdfast.session.protocol import TurnError
from holdfast.session.values import encode_value


class Known(Exception):
    """A class that this process knows; its constructor has an effect."""

    made = 0

    def __init__(self, code: int, *, why: str) -> None:
        super().__init__(code)
        Known.made += 1
        self.why = why


def raised_by(error: BaseException) -> BaseException:
    """Return the exception with a traceback."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        fail()
    return caught.value


def again(error: BaseException) -> Exception:
    error = raised_by(error)
    return rebuild(take_apart(error), describe(error))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a", 2),
        KeyError("k"),
        ZeroDivisionError("division by zero"),
        FileNotFoundError(2, "No such file", "/x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ],
)
def test_a_built_in_exception_is_itself(error: Exception) -> None:
    made = again(error)
    assert type(made) is type(error)
    assert (made.args, str(made)) == (error.args, str(error))


def test_a_class_that_is_known_here_is_used_without_its_constructor() -> None:
    error = Known(7, why="late")
    count = Known.made
    made = again(error)
    assert type(made) is Known
    assert (made.args, made.why, Known.made) == ((7,), "late", count)
    assert any("in the session:" in note for note in made.__notes__)


def test_a_class_that_is_not_known_gets_a_stand_in_with_its_name_and_base() -> None:
    kinds = (
        ("absent.module", "Order.Error"),
        ("builtins", "LookupError"),
        ("builtins", "Exception"),
    )
    raised = Raised(kinds, encode_value(["x"]), encode_value({"code": 4, "__class__": 1}))
    made = rebuild(raised, TurnError(type="absent.module.Order.Error", message="x"))
    assert isinstance(made, LookupError)
    assert isinstance(made, RemoteError)
    assert (type(made).__name__, type(made).__module__) == ("Error", "absent.module")
    assert (str(made), vars(made)["code"]) == ("x", 4)
    assert not hasattr(made, "__notes__")


@pytest.mark.parametrize(
    "kinds",
    [
        (("builtins", "SystemExit"),),
        (("__main__", "Own"), ("builtins", "Exception")),
        (("os", "system"),),
        (("absent", "X"), ("builtins", "UnicodeDecodeError")),
    ],
)
def test_what_could_end_or_mislead_this_process_becomes_a_remote_error(
    kinds: tuple[tuple[str, str], ...],
) -> None:
    made = rebuild(
        Raised(kinds, encode_value([3]), encode_value({})), TurnError(type="X", message="3")
    )
    assert isinstance(made, RemoteError)
    assert "3" in str(made)


def test_a_group_leaves_its_text() -> None:
    made = again(ExceptionGroup("several", [ValueError(1)]))
    assert isinstance(made, RemoteError)
    assert "several (1 sub-exception)" in str(made)


def test_arguments_that_cannot_travel_leave_the_text() -> None:
    made = again(ValueError(object))
    assert isinstance(made, ValueError)
    assert str(made) == "<class 'object'>"


class Unsayable(Exception):
    def __str__(self) -> str:
        raise SystemExit


def test_an_exception_that_cannot_be_shown_is_described_all_the_same() -> None:
    told = describe(raised_by(Unsayable()))
    assert told.message == "(its __str__ raised SystemExit)"
    assert "Unsayable" in told.type
    assert told.traceback


def test_an_interrupt_during_a_str_is_passed_on() -> None:
    class Slow(Exception):
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe(Slow())


def test_long_texts_are_cut() -> None:
    told = describe(raised_by(ValueError("x" * 100_000)))
    assert len(told.message) == 4_003
    assert "characters cut" in told.traceback
    assert len(told.traceback) < 21_000


def test_causes_and_groups_are_told_too() -> None:
    cause = raised_by(KeyError("first"))
    error = raised_by(ExceptionGroup("both", [ValueError("second")]))
    error.__cause__ = cause
    shown = describe(error).traceback
    assert "KeyError: 'first'" in shown
    assert "ValueError: second" in shown


def test_an_error_reads_as_a_text() -> None:
    error = TurnError(type="KeyError", message="'k'")
    assert str(error) == "KeyError: 'k'"
    assert "KeyError" in error
    assert "Value" not in error
    assert str(TurnError(type="MemoryError")) == "MemoryError"


def test_errors_of_holdfast_keep_their_hint() -> None:
    made = again(UsageError("no", hint="do that"))
    assert isinstance(made, UsageError)
    assert made.hint == "do that"
