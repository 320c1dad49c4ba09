"""Eleven promises of a session, held by the real one and by its double, or by the double alone."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.doubles import Answer, MockREPLSession, Unscripted
from holdfast.errors import UsageError
from holdfast.session import Opaque, Session, Turn

DOUBLE = "def double(n):\n    return 2 * n"


@pytest.fixture
def real(real_session: Session) -> Session:
    return real_session


@pytest.fixture
def double() -> MockREPLSession:
    """A session in which `double` is defined, in words and as a function."""
    session = MockREPLSession()
    session.script(DOUBLE, Answer(names={"double": Opaque("function", "<function double>")}))
    session.function("double", lambda n: 2 * n)
    return session


def told(turn: Turn) -> tuple[Any, ...]:
    return turn.status, turn.value, turn.stdout, str(turn.error or ""), turn.names_kept


def test_a_turn_has_the_value_of_its_last_expression(
    real: Session, double: MockREPLSession
) -> None:
    double.script("x = 6\nx * 7", 42)
    found = told(double.execute("x = 6\nx * 7"))
    assert found == ("ok", 42, "", "", True)
    assert told(real.execute("x = 6\nx * 7")) == found


def test_an_error_is_in_the_turn_and_what_was_written_before_it_too(
    real: Session, double: MockREPLSession
) -> None:
    code = "print('begun')\n{}['key']"
    double.script(code, Answer(error=KeyError("key"), stdout="begun\n"))
    found = told(double.execute(code))
    assert found == ("error", None, "begun\n", "KeyError: 'key'", True)
    assert told(real.execute(code)) == found


def test_a_function_gets_the_arguments_that_the_code_gives_it(
    real: Session, double: MockREPLSession
) -> None:
    for session in (real, double):
        session.execute(DOUBLE)
        assert session.execute("double(5)").value == 10
        assert session.call("double", 5) == session.call("double", n=5) == 10
        assert session.callback("double")(5) == 10


def test_a_call_is_kept_with_its_arguments_and_what_it_returned(double: MockREPLSession) -> None:
    double.call("double", 5)
    double.call("double", n=6)
    first, last = double.function_calls
    assert (first.name, first.args, first.kwargs, first.result) == ("double", (5,), {}, 10)
    assert (last.args, last.kwargs, last.result) == ((), {"n": 6}, 12)


def test_a_definition_is_no_call(real: Session, double: MockREPLSession) -> None:
    for session in (real, double):
        turn = session.execute(DOUBLE)
        assert (turn.status, turn.value) == ("ok", None)
        assert session.history[-1].code == DOUBLE
    assert double.function_calls == []


def test_names_go_in_and_out(real: Session, double: MockREPLSession) -> None:
    for session in (real, double):
        session.assign({"a": 1}, b=[2])
        assert {name: session.namespace[name] for name in ("a", "b")} == {"a": 1, "b": [2]}
        with pytest.raises(UsageError, match="must be a Python identifier"):
            session.assign({"a b": 1})
    assert double.python_namespace == {"a": 1, "b": [2]}


def test_a_call_that_nothing_scripts_is_refused_and_no_answer_made_up(
    double: MockREPLSession,
) -> None:
    with pytest.raises(Unscripted, match="the nearest scripted call is 'double'"):
        double.call("duble", 5)
    with pytest.raises(Unscripted, match=r"got 'validate_order\(\{\}\)'"):
        double.call("validate_order", {})


def test_turns_are_counted_in_all_and_by_their_code(double: MockREPLSession) -> None:
    double.execute("double(5)")
    double.call("double", 5)
    double.execute("double(6)")
    assert double.get_execution_count() == 3
    assert double.get_execution_count("double(5)") == 2
    last = double.get_last_execution()
    assert last is not None
    assert (last.n, last.code, last.result.value) == (3, "double(6)", 12)


def test_everything_fails_until_that_is_taken_back(double: MockREPLSession) -> None:
    double.should_fail = OSError("gone")
    assert str(double.execute("double(5)").error) == "OSError: gone"
    with pytest.raises(OSError, match="gone"):
        double.call("double", 5)
    double.should_fail = False
    assert double.call("double", 5) == 10


def test_a_reset_forgets_names_scripts_turns_and_calls(double: MockREPLSession) -> None:
    double.assign(a=1)
    double.call("double", 5)
    double.should_fail = True
    double.reset()
    assert (double.python_namespace, double.history, double.function_calls) == ({}, [], [])
    assert (double.should_fail, double.get_execution_count()) == (False, 0)
    for code in (DOUBLE, "double(5)"):
        with pytest.raises(Unscripted):
            double.execute(code)


def test_a_closed_session_refuses_and_says_so(double: MockREPLSession) -> None:
    double.cleanup()
    never_opened = Session()
    never_opened.close()
    for session in (never_opened, double):
        with pytest.raises(UsageError, match="the session is closed"):
            session.execute("1")
