"""Which behaviour do the real things and their doubles share? Checks that run on either."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from holdfast.capabilities import BadCapability, CapabilityManager, CapabilityViolation
from holdfast.doubles import Answer, MockAsyncExecutor, MockCapabilityManager, MockREPLSession
from holdfast.errors import UsageError
from holdfast.session import AsyncExecutor, Opaque, Session, SessionCrash

__all__ = [
    "EXECUTOR_CHECKS",
    "MANAGER_CHECKS",
    "SESSION_CHECKS",
    "double_executor",
    "double_manager",
    "double_session",
    "real_executor",
    "real_manager",
    "real_session",
]

HALVE = "def half(n):\n    return 10 / n"


class Thing:
    def __repr__(self) -> str:
        return "<thing>"


def refused(call: Any, *args: Any, kind: type[Exception] = UsageError, **kwargs: Any) -> str:
    """Return what is said when a call is refused."""
    try:
        call(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")


async def refused_async(call: Any, *args: Any) -> str:
    try:
        await call(*args)
    except UsageError as error:
        return str(error)
    raise AssertionError("it was not refused")


# --- executor -------------------------------------------------------------------


@contextlib.asynccontextmanager
async def real_executor() -> AsyncIterator[Any]:
    async with AsyncExecutor(workers=1) as executor:
        yield executor


@contextlib.asynccontextmanager
async def double_executor() -> AsyncIterator[Any]:
    async with MockAsyncExecutor(workers=1) as executor:
        executor.script("6 * 7", 42)
        executor.script("print('hi')\n(1, [2])", Answer(value=(1, [2]), stdout="hi\n"))
        executor.script("1 / 0", ZeroDivisionError("division by zero"))
        executor.script("while True: pass", Answer(status="timeout"))
        executor.script("import os; os._exit(2)", Answer(status="crash"))
        executor.script("def f():", Answer(status="incomplete"))
        executor.script(answer, 42)
        yield executor


def answer() -> int:
    return 42


async def leaves_a_value(executor: Any) -> None:
    result = await executor.execute("6 * 7")
    found = (result.success, result.value, result.error, result.status, result.stdout)
    assert found == (True, 42, None, "ok", "")
    assert result.execution_time_s >= 0


async def leaves_output_and_plain_values(executor: Any) -> None:
    result = await executor.execute("print('hi')\n(1, [2])")
    assert (result.value, result.stdout, result.stderr) == ((1, [2]), "hi\n", "")


async def runs_functions(executor: Any) -> None:
    assert (await executor.execute(answer)).value == 42


async def puts_an_error_into_the_result(executor: Any) -> None:
    result = await executor.execute("1 / 0")
    assert (result.success, result.value, result.status) == (False, None, "error")
    assert str(result.error) == "ZeroDivisionError: division by zero"


async def stops_at_the_limit(executor: Any) -> None:
    result = await executor.execute("while True: pass", timeout_s=0.05)
    assert (result.success, result.status, result.error.type) == (False, "timeout", "TimeoutError")
    said = "the code must end within 50 ms; it was killed with all that it started"
    assert result.error.message == said


async def tells_a_crash_and_an_incomplete_input(executor: Any) -> None:
    assert (await executor.execute("import os; os._exit(2)")).status == "crash"
    result = await executor.execute("def f():")
    assert (result.success, result.status) == (False, "incomplete")
    assert (await executor.execute("6 * 7")).value == 42


async def refuses_what_it_cannot_run(executor: Any) -> None:
    said = "code must be a text or a function, got int"
    assert await refused_async(executor.execute, 3) == said
    for limit in (0, -1, float("nan"), True):
        assert "timeout_s must be" in await refused_async(executor.execute, "6 * 7", limit)


async def refuses_when_it_is_closed(executor: Any) -> None:
    await executor.close()
    assert "the executor is closed" in await refused_async(executor.execute, "6 * 7")


async def is_closed_without_being_awaited(executor: Any) -> None:
    await executor.execute("6 * 7")
    executor.close_blocking()
    assert "the executor is closed" in await refused_async(executor.execute, "6 * 7")


EXECUTOR_CHECKS = [
    leaves_a_value,
    leaves_output_and_plain_values,
    runs_functions,
    puts_an_error_into_the_result,
    stops_at_the_limit,
    tells_a_crash_and_an_incomplete_input,
    refuses_what_it_cannot_run,
    refuses_when_it_is_closed,
    is_closed_without_being_awaited,
]


# --- session --------------------------------------------------------------------


@contextlib.contextmanager
def real_session() -> Iterator[Any]:
    with Session(timeout_s=60) as session:
        yield session


@contextlib.contextmanager
def double_session() -> Iterator[Any]:
    with MockREPLSession(timeout_s=60) as session:
        session.script("x = 6", Answer(names={"x": 6}))
        session.script("x * 7", 42)
        session.script(HALVE, Answer(names={"half": Opaque("function", "<function half>")}))
        session.function("half", lambda n: 10 / n)
        session.script("1 / 0", ZeroDivisionError("division by zero"))
        session.script("if True:", Answer(status="incomplete"))
        session.script("import os; os._exit(3)", Answer(status="crash"))
        session.script("die()", Answer(status="crash"))
        session.script("import os\ndef die():\n    os._exit(3)", None)
        session.script(
            "class Thing:\n    def __repr__(self):\n        return '<thing>'\n[Thing()]", [Thing()]
        )
        session.script("half(0.5)", 20.0)
        yield session


def remembers_names(session: Any) -> None:
    assert session.execute("x = 6").value is None
    turn = session.execute("x * 7")
    assert (turn.status, turn.value, turn.names_kept, turn.code) == ("ok", 42, True, "x * 7")
    assert session.namespace["x"] == 6


def assigns_names(session: Any) -> None:
    session.assign({"x": 1}, y=[2])
    assert (session.namespace["x"], session.namespace["y"]) == (1, [2])
    assert "must be a Python identifier" in refused(session.assign, {"a b": 1})
    assert "hint: make the value inside" in refused(session.assign, x=object())


def calls_and_raises_what_the_function_raises(session: Any) -> None:
    session.execute(HALVE)
    assert session.call("half", 5) == 2.0
    assert session.call("half", n=4) == 2.5
    assert refused(session.call, "half", 0, kind=ZeroDivisionError).startswith("division by zero")
    assert "hint: make the value inside" in refused(session.call, "half", object())
    assert "whose content stayed" in refused(session.call, "half", Opaque("a.B", "<b>"))


def hands_out_callbacks(session: Any) -> None:
    session.execute(HALVE)
    assert session.callback("half")(5) == 2.0
    assert session.callback("half", default=None)(0) is None
    assert (
        session.callback("half", error_handler=lambda e: type(e).__name__)(0) == "ZeroDivisionError"
    )
    assert repr(session.callback("half")) == "<callback half>"


def puts_errors_into_the_turn(session: Any) -> None:
    turn = session.execute("1 / 0")
    assert (turn.status, turn.value) == ("error", None)
    assert str(turn.error) == "ZeroDivisionError: division by zero"
    assert session.execute("if True:").status == "incomplete"


def goes_on_after_a_crash(session: Any) -> None:
    session.execute("x = 6")
    turn = session.execute("import os; os._exit(3)")
    assert (turn.status, turn.names_kept) == ("crash", False)
    assert "x" not in session.namespace
    assert session.execute("x = 6").status == "ok"
    assert [each.status for each in session.history] == ["ok", "crash", "ok"]


def raises_a_crash_of_a_call(session: Any) -> None:
    session.execute("import os\ndef die():\n    os._exit(3)")
    refused(session.call, "die", kind=SessionCrash)


def shows_objects_by_their_repr(session: Any) -> None:
    code = "class Thing:\n    def __repr__(self):\n        return '<thing>'\n[Thing()]"
    (thing,) = session.execute(code).value
    assert (type(thing), thing.repr) == (Opaque, "<thing>")


def keeps_calls_in_its_history_as_text(session: Any) -> None:
    session.execute(HALVE)
    session.call("half", 0.5)
    assert [each.code for each in session.history] == [HALVE, "half(0.5)"]


def begins_anew_when_reset(session: Any) -> None:
    session.execute("x = 6")
    session.reset()
    assert session.history == []
    assert "x" not in session.namespace


def refuses_what_means_nothing(session: Any) -> None:
    assert refused(session.execute, 3) == "code must be a text, got int"
    assert "timeout_s must be" in refused(session.execute, "x = 6", 0)
    session.close()
    assert "the session is closed" in refused(session.execute, "x = 6")
    assert "the session is closed" in refused(lambda: session.namespace)
    assert "the session is closed" in refused(session.reset)


SESSION_CHECKS = [
    remembers_names,
    assigns_names,
    calls_and_raises_what_the_function_raises,
    hands_out_callbacks,
    puts_errors_into_the_turn,
    goes_on_after_a_crash,
    raises_a_crash_of_a_call,
    shows_objects_by_their_repr,
    keeps_calls_in_its_history_as_text,
    begins_anew_when_reset,
    refuses_what_means_nothing,
]


# --- capability manager ---------------------------------------------------------


def real_manager() -> Any:
    return CapabilityManager(["read:/data"])


def double_manager() -> Any:
    manager = MockCapabilityManager()
    manager.script("read:/data/a", True)
    manager.script("read:/etc/passwd", False)
    manager.grant("read:/data")
    return manager


def denies_what_is_not_granted(manager: Any) -> None:
    assert manager.has_capability("read", "/data/a")
    assert not manager.has_capability("read", "/etc/passwd")
    assert not manager.has_capability("net")
    assert "no such" in refused(manager.has_capability, "nonsense", kind=BadCapability)


def grants_and_revokes(manager: Any) -> None:
    manager.grant("net:*.example.org")
    assert manager.has_capability("net", "a.example.org:80")
    manager.revoke("net:b.example.org")
    assert not manager.has_capability("net", "b.example.org:80")
    assert manager.granted() == ("read:/data",)


def keeps_contexts_apart(manager: Any) -> None:
    manager.set_context("session")
    assert manager.get_context() == "session"
    assert not manager.has_capability("read", "/data/b")
    assert manager.has_capability("read", "/data/b", context="default")
    manager.clear_context()
    assert (manager.get_context(), manager.contexts) == ("default", ("default", "session"))


def nests_without_giving_more(manager: Any) -> None:
    with manager.nested("callback", ["read:/data/x"]) as name:
        assert (name, manager.get_context()) == ("default/callback", "default/callback")
        assert not manager.has_capability("read", "/data/b")
        refused(manager.grant, "net", kind=CapabilityViolation)


def records_violations(manager: Any) -> None:
    said = refused(manager.require, "read", "/etc/passwd", "peek", kind=CapabilityViolation)
    assert said == (
        "context 'default' must have read:/etc/passwd to peek\n"
        "hint: grant it: grant('read:/etc/passwd')"
    )
    manager.require("read", "/data/a")
    (violation,) = manager.violations
    assert (violation.kind, violation.resource, violation.operation) == (
        "read",
        "/etc/passwd",
        "peek",
    )
    manager.record_violation("net", "example.org")
    assert [each.kind for each in manager.violations] == ["read", "net"]
    assert [each.action for each in manager.audit_log][-2:] == ["violation", "violation"]


def refuses_whatever_is_granted(manager: Any) -> None:
    said = refused(
        manager.refuse,
        "read",
        "/data/a",
        "peek",
        kind=CapabilityViolation,
        reason="nobody agreed",
    )
    assert said == "read:/data/a was refused in context 'default' to peek: nobody agreed"
    (violation,) = manager.violations
    assert (violation.resource, violation.operation) == ("/data/a", "peek")
    assert manager.has_capability("read", "/data/a")


def forgets_when_reset(manager: Any) -> None:
    manager.set_context("other")
    manager.record_violation("net")
    manager.reset()
    assert (manager.violations, manager.contexts, manager.granted()) == ((), ("default",), ())
    assert manager.get_context() == "default"


MANAGER_CHECKS = [
    denies_what_is_not_granted,
    grants_and_revokes,
    keeps_contexts_apart,
    nests_without_giving_more,
    records_violations,
    refuses_whatever_is_granted,
    forgets_when_reset,
]
