"""Does the integration helper pass what holds, fail what does not, and leave nothing behind?"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from holdfast.capabilities import BadCapability, CapabilityViolation, Observation
from holdfast.doubles import IntegrationTestHelper, MockREPLSession
from holdfast.doubles.helper import check_control
from holdfast.errors import UsageError
from holdfast.session import AsyncSession
from tests.contract.capability_machine import needs_confinement
from tests.contract.session_kit import is_alive, patient

ASYNC: dict[str, Callable[[Callable[[], Awaitable[Any]]], Any]] = {
    "asyncio": anyio.run,
    "trio": trio.run,
}


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    with patient():
        yield


@pytest.fixture
def secret(tmp_path: Path) -> str:
    path = tmp_path / "secret.txt"
    path.write_text("s")
    return str(path)


@pytest.fixture
def helper() -> Iterator[IntegrationTestHelper]:
    with IntegrationTestHelper() as helper:
        yield helper


@pytest.mark.parametrize("run", ASYNC.values(), ids=ASYNC)
def test_an_execution_must_have_the_expected_value(run: Callable[..., Any]) -> None:
    async def main() -> None:
        async with IntegrationTestHelper() as helper:
            result = await helper.assert_async_execution("6 * 7", 42, timeout_s=60)
            assert result.execution_time_s > 0
            with pytest.raises(AssertionError, match="expected True, got 1"):
                await helper.assert_async_execution("1", True, timeout_s=60)
            with pytest.raises(AssertionError, match="got error: ZeroDivisionError"):
                await helper.assert_async_execution("1 / 0", None, timeout_s=60)
            with pytest.raises(AssertionError, match="got timeout: TimeoutError"):
                await helper.assert_async_execution("while True: pass", None, timeout_s=0.05)
            codes = [each.code for each in helper.get_execution_history()]
            assert codes == ["6 * 7", "1", "1 / 0", "while True: pass"]

    run(main)


PID = "import os\nos.getpid()"


def test_executions_share_a_process_until_the_helper_cleans_up() -> None:
    helper = IntegrationTestHelper()

    async def pid() -> int:
        return await value_of(helper, PID)

    first, second = anyio.run(pid), anyio.run(pid)
    assert first == second != os.getpid()
    helper.cleanup()
    assert not is_alive(first)
    third = anyio.run(pid)
    assert third != first
    helper.reset()
    assert not is_alive(third)


async def value_of(helper: IntegrationTestHelper, code: str) -> Any:
    """Return the value of code, whatever it is."""
    with contextlib.suppress(AssertionError):
        await helper.assert_async_execution(code, None, timeout_s=60)
    return helper.get_execution_history()[-1].result.value


def test_a_callback_must_return_what_is_expected(helper: IntegrationTestHelper) -> None:
    session = helper.create_test_repl()
    session.execute("def half(n):\n    return 10 / n")
    helper.assert_callback_works(session, "half", [5], 2.0)
    helper.assert_callback_works(session, "half", [], 2.5, kwargs={"n": 4})
    with pytest.raises(AssertionError, match=r"half\(5\) must be as expected\n.*expected 3"):
        helper.assert_callback_works(session, "half", [5], 3)
    with pytest.raises(AssertionError, match=r"half\(0\) must return, it raised ZeroDivisionError"):
        helper.assert_callback_works(session, "half", [0], None)
    with pytest.raises(UsageError, match="args must be a list of arguments, got 'ab'"):
        helper.assert_callback_works(session, "half", "ab", None)
    history = [each.code for each in helper.get_execution_history()]
    assert history[:2] == ["half(5)", "half(n=4)"]
    assert history[4] == "def half(n):\n    return 10 / n"


def test_a_callback_of_a_double_and_of_an_asynchronous_session_can_be_checked(
    helper: IntegrationTestHelper,
) -> None:
    double = MockREPLSession()
    double.function("add", lambda a, b: a + b)
    helper.assert_callback_works(double, "add", [1, 2], 3)

    async def main() -> None:
        async with AsyncSession() as session:
            await session.execute("def add(a, b):\n    return a + b")
            await helper.assert_async_callback_works(session, "add", [1, 2], 3)
            with pytest.raises(AssertionError, match="must be as expected"):
                await helper.assert_async_callback_works(session, "add", [1, 2], 4)
            with pytest.raises(AssertionError, match="it raised TypeError"):
                await helper.assert_async_callback_works(session, "add", [1], 4)
            with pytest.raises(UsageError, match="must be a blocking one, got AsyncSession"):
                helper.assert_callback_works(session, "add", [1, 2], 3)

    anyio.run(main)


@needs_confinement
def test_a_test_session_is_really_confined(helper: IntegrationTestHelper, secret: str) -> None:
    code = f"open({secret!r}).read()"
    assert "was stopped" in str(helper.create_test_repl([]).execute(code).error)
    assert helper.create_test_repl([f"read:{secret}"]).execute(code).value == "s"


def test_a_capability_that_names_none_is_refused(helper: IntegrationTestHelper) -> None:
    with pytest.raises(BadCapability):
        helper.assert_capability_violation("1", "nonsense:x")


@needs_confinement
def test_the_violation_assertion_passes_when_something_is_violated(
    helper: IntegrationTestHelper, secret: str
) -> None:
    stopped = helper.assert_capability_violation(f"open({secret!r})", f"read:{secret}")
    assert isinstance(stopped, CapabilityViolation)
    swallowed = f"try:\n    open({secret!r})\nexcept OSError:\n    pass"
    helper.assert_capability_violation(swallowed, "read", ["env"])
    found = [(each.kind, each.resource) for each in helper.get_violation_history()]
    assert found == [("read", secret), ("read", secret)]
    helper.reset()
    assert (helper.get_violation_history(), helper.get_execution_history()) == ([], [])


@needs_confinement
def test_the_violation_assertion_fails_when_nothing_is_violated(
    helper: IntegrationTestHelper, secret: str
) -> None:
    with pytest.raises(AssertionError, match="for want of read, it ended well"):
        helper.assert_capability_violation("x = 1", "read")
    with pytest.raises(AssertionError, match=r"for want of read:.*, it ended well"):
        helper.assert_capability_violation(
            f"open({secret!r})", f"read:{secret}", [f"read:{secret}"]
        )
    with pytest.raises(AssertionError, match="it raised ZeroDivisionError"):
        helper.assert_capability_violation("1 / 0", "read")
    with pytest.raises(AssertionError, match=f"for want of net, it was for want of read:{secret}"):
        helper.assert_capability_violation(f"open({secret!r})", "net")
    assert len(helper.get_execution_history()) == 4


@needs_confinement
def test_a_violation_counts_only_where_the_confinement_stopped_something(
    helper: IntegrationTestHelper, secret: str
) -> None:
    pretended = (
        "from holdfast.capabilities import CapabilityViolation\n"
        f"raise CapabilityViolation('stopped', 'read:{secret}')"
    )
    with pytest.raises(AssertionError, match="it raised CapabilityViolation: stopped, before it"):
        helper.assert_capability_violation(pretended, "read")
    assert helper.get_violation_history() == []


@needs_confinement
def test_code_that_did_not_come_so_far_proves_nothing_and_the_message_says_so(
    helper: IntegrationTestHelper, secret: str
) -> None:
    unknown = "before it touched anything: whether it would be stopped is not known"
    for code, raised in (("x = (", "SyntaxError"), ("import os; os._exit(0)", "ChildLost")):
        with pytest.raises(AssertionError, match=f"it raised {raised}: .*, {unknown}"):
            helper.assert_capability_violation(code, "net")
    with pytest.raises(AssertionError, match=f"ended well after it touched read:{secret}"):
        helper.assert_capability_violation(f"open({secret!r})", "net", ["read"])
    with pytest.raises(AssertionError, match="it ended well and touched nothing"):
        helper.assert_capability_violation("pass", "net")
    with pytest.raises(
        AssertionError, match=f"ZeroDivisionError.*, after it touched read:{secret}"
    ):
        helper.assert_capability_violation(f"open({secret!r}); 1 / 0", "net", ["read"])
    with pytest.raises(AssertionError, match="it raised TimeoutError: no answer within 1 ms"):
        helper.assert_capability_violation("while True: pass", "net", timeout_s=0.001)


@needs_confinement
def test_each_of_many_refusals_counts(helper: IntegrationTestHelper, secret: str) -> None:
    code = f"import os\ntry:\n    open({secret!r})\nexcept OSError:\n    os.kill(os.getpid(), 0)"
    stopped = helper.assert_capability_violation(code, "read")
    assert stopped.capability == f"read:{secret}"
    assert helper.assert_capability_violation(code, "sys:kill").capability == "sys:kill"
    assert [each.kind for each in helper.get_violation_history()] == ["read", "sys"] * 2


class Worker:
    """A confined process that answers as it is told."""

    def __init__(self, answer: Observation | Exception) -> None:
        self.answer = answer

    def observe(self, function: Callable[..., Any], *args: Any) -> Observation:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Observation(value=41), "its value was 41, and it touched nothing"),
        (Observation(value=42, used=("read:a",)), "its value was 42, and it touched read:a"),
        (CapabilityViolation("all is stopped", "read:a"), "it raised CapabilityViolation: all is"),
    ],
)
def test_a_place_where_nothing_runs_or_all_is_stopped_proves_nothing(
    answer: Observation | Exception, said: str
) -> None:
    with pytest.raises(AssertionError, match=f"must carry out .*, {said}"):
        check_control(Worker(answer))


def test_a_place_that_runs_code_and_touches_nothing_is_a_control() -> None:
    check_control(Worker(Observation(value=42)))


def test_what_was_created_is_closed_and_its_history_stays() -> None:
    helper = IntegrationTestHelper()
    session = helper.create_test_repl()
    session.execute("1")
    helper.cleanup()
    with pytest.raises(UsageError, match="the session is closed"):
        session.execute("1")
    assert [each.code for each in helper.get_execution_history()] == ["1"]
    helper.cleanup()


BODY = """
import pytest
from holdfast.doubles import IntegrationTestHelper

@pytest.fixture
def helper():
    with IntegrationTestHelper() as helper:
        yield helper

{mark}
async def test_it(helper):
    await helper.assert_async_execution("6 * 7", 42, timeout_s=60)
    session = helper.create_test_repl()
    session.execute("def double(n): return 2 * n")
    helper.assert_callback_works(session, "double", [4], 8)
    async with IntegrationTestHelper() as own:
        await own.assert_async_execution("1", 1, timeout_s=60)

{mark}
async def test_it_can_fail(helper):
    with pytest.raises(AssertionError):
        await helper.assert_async_execution("6 * 7", 43, timeout_s=60)
"""
PLUGINS = {
    "pytest-asyncio": ("@pytest.mark.asyncio", ["-p", "no:anyio"], 2),
    "anyio": ("@pytest.mark.anyio", ["-p", "no:asyncio"], 4),
}


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_the_helper_works_under_other_plug_ins(name: str, tmp_path: Path) -> None:
    mark, options, passed = PLUGINS[name]
    (tmp_path / "test_it.py").write_text(BODY.format(mark=mark))
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    )
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:benchmark", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*argv, *options, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{passed} passed" in done.stdout
