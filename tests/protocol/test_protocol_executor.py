"""Eight promises of an executor, held by the real one and by its double, or by the double alone."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from holdfast.doubles import Answer, MockAsyncExecutor, Unscripted
from holdfast.session import AsyncExecutor, ExecutionResult

OUTPUT = "print('hi')\n6 * 7"
LOOP = "while True: pass"


@pytest.fixture(scope="module")
def real() -> dict[str, ExecutionResult]:
    """What the real one answers, in one process."""

    async def ask() -> dict[str, ExecutionResult]:
        async with AsyncExecutor(workers=1) as executor:
            limits = {OUTPUT: None, "1 / 0": None, LOOP: 0.05}
            return {code: await executor.execute(code, limits[code]) for code in limits}

    return anyio.run(ask)


@pytest.fixture
def double() -> MockAsyncExecutor:
    return MockAsyncExecutor(workers=1, sleep=no_sleep)


async def no_sleep(seconds: float) -> None:
    """Let time pass that nobody waits for."""


def execute(executor: Any, code: str, timeout_s: float | None = None) -> ExecutionResult:
    return anyio.run(executor.execute, code, timeout_s)


def told(result: ExecutionResult) -> tuple[Any, ...]:
    return result.success, result.status, result.value, result.stdout, str(result.error or "")


def test_code_leaves_its_value_and_its_output(
    real: dict[str, ExecutionResult], double: MockAsyncExecutor
) -> None:
    double.script(OUTPUT, Answer(value=42, stdout="hi\n"))
    found = told(execute(double, OUTPUT))
    assert found == (True, "ok", 42, "hi\n", "")
    assert told(real[OUTPUT]) == found


def test_what_the_code_raises_is_in_the_result_and_is_never_raised(
    real: dict[str, ExecutionResult], double: MockAsyncExecutor
) -> None:
    double.script("1 / 0", ZeroDivisionError("division by zero"))
    found = told(execute(double, "1 / 0"))
    assert found == (False, "error", None, "", "ZeroDivisionError: division by zero")
    assert told(real["1 / 0"]) == found


def test_a_limit_stops_what_takes_longer(
    real: dict[str, ExecutionResult], double: MockAsyncExecutor
) -> None:
    double.script(LOOP, Answer(value=1, delay_s=10))
    found = told(execute(double, LOOP, 0.05))
    assert found[:3] == (False, "timeout", None)
    assert told(real[LOOP]) == found


def test_a_misspelt_argument_is_refused_and_not_swallowed(double: MockAsyncExecutor) -> None:
    for executor in (AsyncExecutor(), double):
        with pytest.raises(TypeError, match="timeout"):
            getattr(executor, "execute")("1", timeout=1)  # noqa: B009 - no type checker lets it pass


def test_each_execution_is_kept_with_its_code_its_limit_and_its_result(
    double: MockAsyncExecutor,
) -> None:
    double.script("a", 1)
    execute(double, "a", 2.5)
    execute(double, "a")
    first, last = double.executions
    assert (first.n, first.code, first.timeout_s, first.result.value) == (1, "a", 2.5, 1)
    assert double.get_last_execution() == last
    assert (last.n, last.timeout_s) == (2, None)


def test_executions_are_counted_in_all_and_by_their_code(double: MockAsyncExecutor) -> None:
    double.script("a", 1)
    double.script("b", OSError("full"))
    for code in ("a", "b", "a"):
        execute(double, code)
    with pytest.raises(Unscripted, match="got 'c'"):
        execute(double, "c")
    counts = [double.get_execution_count(code) for code in ("a", "b", "c", "d", None)]
    assert counts == [2, 1, 1, 0, 4]


def test_failures_come_when_they_are_told_to(double: MockAsyncExecutor) -> None:
    double.script("a", 1, fail_on={2: OSError("full")})
    found = [execute(double, "a").success for _ in range(3)]
    double.should_fail = ConnectionError("gone")
    down = execute(double, "a")
    double.should_fail = False
    assert [*found, execute(double, "a").success] == [True, False, True, True]
    assert (down.success, str(down.error)) == (False, "ConnectionError: gone")


def test_a_reset_forgets_scripts_executions_and_failures(double: MockAsyncExecutor) -> None:
    double.script("a", 1)
    execute(double, "a")
    double.should_fail = True
    double.reset()
    assert (double.executions, double.get_execution_count(), double.should_fail) == ([], 0, False)
    with pytest.raises(Unscripted, match="nothing is scripted"):
        execute(double, "a")
