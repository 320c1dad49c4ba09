"""Do the doubles keep, count, delay, fail and forget as they were told?"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

import holdfast
from holdfast.doubles import (
    Answer,
    MockAsyncExecutor,
    MockCapabilityManager,
    MockExecutionResult,
    MockREPLSession,
    Unscripted,
)
from holdfast.errors import UsageError
from holdfast.model.turn import ExecutionResult
from holdfast.process.page import open_page


def with_executor(main: Callable[[MockAsyncExecutor], Awaitable[Any]], **options: Any) -> Any:
    async def whole() -> Any:
        async with MockAsyncExecutor(**options) as executor:
            return await main(executor)

    return anyio.run(whole)


def test_the_names_of_the_records_are_the_real_types() -> None:
    assert MockExecutionResult is ExecutionResult
    assert holdfast.doubles.MockCapabilityViolation is holdfast.capabilities.Violation
    assert "MockREPLSession" in dir(holdfast.doubles)
    with pytest.raises(AttributeError, match="no attribute 'MockNothing'"):
        holdfast.doubles.MockNothing  # noqa: B018


def test_an_executor_raises_for_what_nothing_scripts_and_keeps_that() -> None:
    async def main(executor: MockAsyncExecutor) -> None:
        executor.script("6 * 7", 42)
        with pytest.raises(Unscripted, match=r"the nearest scripted call is '6 \* 7'"):
            await executor.execute("6 * 8")
        await executor.execute("6 * 7", timeout_s=2)
        last = executor.get_last_execution()
        assert last is not None
        assert (last.n, last.code, last.timeout_s, last.result.value) == (2, "6 * 7", 2, 42)
        assert isinstance(executor.executions[0].exception, Unscripted)
        assert executor.get_execution_count() == 2
        assert executor.get_execution_count("6 * 7") == 1
        assert executor.get_execution_count(test_an_executor_fails_on_demand) == 0

    with_executor(main)


def test_an_executor_fails_on_demand() -> None:
    async def main(executor: MockAsyncExecutor) -> list[Any]:
        executor.script("1", 1)
        executor.should_fail = True
        first = await executor.execute("anything")
        executor.should_fail = OSError("full")
        second = await executor.execute("1")
        return [first.success, first.error.type, str(second.error)]

    assert with_executor(main) == [False, "RuntimeError", "OSError: full"]


def test_a_delay_obeys_the_limit() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def main(executor: MockAsyncExecutor) -> list[str]:
        executor.script("1", Answer(value=1, delay_s=5))
        found = [await executor.execute("1", timeout_s=limit) for limit in (6, 5, 0.5)]
        assert [each.execution_time_s for each in found] == [5, 5, 0.5]
        return [each.status for each in found]

    assert with_executor(main, sleep=sleep) == ["ok", "timeout", "timeout"]
    assert waited == [5, 5, 0.5]


def test_what_takes_longer_is_overtaken() -> None:
    ended: list[str] = []

    async def main(executor: MockAsyncExecutor) -> None:
        executor.script("slow", Answer(delay_s=0.02))
        executor.script("fast", None)

        async def one(code: str) -> None:
            await executor.execute(code)
            ended.append(code)

        async with anyio.create_task_group() as group:
            group.start_soon(one, "slow")
            group.start_soon(one, "fast")

    with_executor(main)
    assert ended == ["fast", "slow"]


def test_code_that_never_ends_needs_a_limit() -> None:
    session = MockREPLSession(timeout_s=None)
    session.script("loop()", Answer(status="timeout"))
    with pytest.raises(UsageError, match="must have a limit, got timeout_s=None"):
        session.execute("loop()")


def test_an_executor_is_reset_altogether() -> None:
    async def main(executor: MockAsyncExecutor) -> None:
        executor.script("1", 1)
        await executor.execute("1")
        executor.should_fail = True
        await executor.close()
        executor.reset()
        assert (executor.executions, executor.get_last_execution()) == ([], None)
        with pytest.raises(Unscripted, match="nothing is scripted"):
            await executor.execute("1")

    with_executor(main)


def test_scripted_code_is_held_to_the_capabilities() -> None:
    session = MockREPLSession(capabilities=["read:/data"])
    session.script("peek()", Answer(value=1, uses=("read:/data/a",)))
    session.script("steal()", Answer(value=1, uses=("read:/etc/passwd",)))
    assert session.execute("peek()").value == 1
    turn = session.execute("steal()")
    assert turn.error is not None
    assert turn.error.type.endswith("CapabilityViolation")
    with pytest.raises(holdfast.capabilities.CapabilityViolation):
        session.call("steal")
    free = MockREPLSession()
    free.script("steal()", Answer(value=1, uses=("read:/etc/passwd",)))
    assert free.execute("steal()").value == 1


def test_a_session_keeps_calls_turns_and_names() -> None:
    waited: list[float] = []
    session = MockREPLSession(sleep=waited.append)
    session.function("add", lambda a, b=0: a + b)
    session.script(re.compile(r"x = (\d+)"), int)
    session.script("late()", Answer(delay_s=40, stdout="begun\n"))
    assert session.call("add", 1, b=2) == 3
    assert session.execute("add(2, b=3)").value == 5
    assert session.execute("x = 12").value == 12
    with pytest.raises(TimeoutError, match="must end within 30 s; it was interrupted"):
        session.call("late")
    assert waited == [30]
    assert session.history[-1].stdout == "begun\n"
    with pytest.raises(Unscripted, match="the nearest scripted call is 'add'"):
        session.execute("ad")
    with pytest.raises(Unscripted):
        session.call("zzz")
    with pytest.raises(TypeError):
        session.call("add")
    first, late, unknown, wrong = session.function_calls
    assert (first.name, first.args, first.kwargs, first.result) == ("add", (1,), {"b": 2}, 3)
    assert isinstance(late.exception, TimeoutError)
    assert isinstance(unknown.exception, Unscripted)
    assert isinstance(wrong.exception, TypeError)
    assert session.get_execution_count() == 7
    assert session.get_execution_count("add(1, b=2)") == 1
    last = session.get_last_execution()
    assert last is not None
    assert last.code == "add()"


@pytest.mark.parametrize("code", ["f(x)", "f(*[1])", "f(**{})", "f", "f(", "g(1)"])
def test_code_that_is_no_call_with_literals_is_not_guessed(code: str) -> None:
    session = MockREPLSession()
    session.function("f", lambda *args, **kwargs: 1)
    with pytest.raises(Unscripted):
        session.execute(code)


def test_a_session_is_reset_altogether() -> None:
    session = MockREPLSession()
    session.script("1", 1)
    session.function("f", lambda: 1)
    session.assign(x=1)
    session.call("f")
    session.should_fail = True
    assert session.execute("1").status == "error"
    session.reset()
    assert session.python_namespace == {}
    assert (session.history, session.function_calls, session.should_fail) == ([], [], False)
    for code in ("1", "f()"):
        with pytest.raises(Unscripted):
            session.execute(code)
    session.cleanup()
    with pytest.raises(UsageError, match="the session is closed"):
        session.execute("1")


def test_a_name_that_is_none_is_refused() -> None:
    session = MockREPLSession()
    with pytest.raises(UsageError, match="must be a Python identifier, got 'a b'"):
        session.function("a b", int)
    with pytest.raises(UsageError, match="must be a Python identifier"):
        session.call("a\nb")
    with pytest.raises(UsageError, match="workers must be"):
        MockAsyncExecutor(workers=0)


def test_a_manager_answers_what_is_scripted_and_keeps_who_asked() -> None:
    manager = MockCapabilityManager(["net"])
    manager.script("net:example.org", False, True)
    manager.script(re.compile("env:.*"), LookupError("gone"))
    assert [manager.has_capability("net", "example.org") for _ in range(2)] == [False, True]
    with pytest.raises(LookupError):
        manager.has_capability("env", "HOME")
    manager.should_fail = True
    with pytest.raises(holdfast.capabilities.CapabilityViolation):
        manager.require("net", "other.org", "connect")
    manager.should_fail = OSError("down")
    with pytest.raises(OSError, match="down"):
        manager.has_capability("net")
    assert manager.get_execution_count() == 3
    assert manager.get_execution_count("net:example.org") == 2
    assert [each.result for each in manager.function_calls] == [False, True, False]
    last = manager.get_last_execution()
    assert last is not None
    assert last.args == ("net", "other.org")
    manager.reset()
    assert not manager.has_capability("net")
    assert (manager.get_execution_count(), manager.audit_log) == (1, ())
    with pytest.raises(UsageError, match="an answer must be True, False or an exception, got 1"):
        manager.script("net", 1)  # type: ignore[arg-type]


def call_on_a_page(standing: str) -> tuple[dict[str, Any], list[str]]:
    """Use a double twice in a call of its own; return what it wrote on the page."""

    def call() -> tuple[dict[str, Any], list[str]]:
        page = open_page()
        session = MockREPLSession()
        session._standing = standing or session._standing
        session.script("1", 1)
        session.execute("1")
        session.execute("1")
        return page.values, page.notes

    return contextvars.Context().run(call)


def test_a_verified_double_assumes_nothing() -> None:
    assert call_on_a_page("") == ({}, [])


def test_an_unverified_double_makes_the_result_assumed_once() -> None:
    assert call_on_a_page("it was never verified") == (
        {"assumed": ["it was never verified"]},
        ["assumed: it was never verified"],
    )


def test_a_callback_that_nothing_scripts_is_no_answer_for_its_default() -> None:
    with MockREPLSession() as session:
        forgiving = session.callback("total", default=0)
        with pytest.raises(Unscripted, match="a call must be scripted"):
            forgiving(1)
        session.script("total(1)", ValueError("no"))
        assert forgiving(1) == 0
