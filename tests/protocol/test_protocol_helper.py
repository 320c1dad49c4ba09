"""Seventeen promises of the integration helper: what it asserts can hold and can fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from holdfast.capabilities import BadCapability, CapabilityViolation
from holdfast.doubles import IntegrationTestHelper, MockREPLSession
from holdfast.errors import UsageError
from holdfast.session import AsyncSession, Session
from tests.contract.capability_machine import needs_confinement

LIMIT_S = 60.0
DEFINITIONS = "def double(n):\n    return 2 * n\ndef fail():\n    raise LookupError('gone')"


@pytest.fixture
def helper() -> Iterator[IntegrationTestHelper]:
    with IntegrationTestHelper() as helper:
        yield helper


@pytest.fixture
def repl(real_session: Session) -> Session:
    """A real session in which `double` and `fail` are defined."""
    real_session.execute(DEFINITIONS)
    return real_session


@pytest.fixture(scope="module")
def running() -> Iterator[IntegrationTestHelper]:
    """A helper whose executor runs already."""
    with IntegrationTestHelper() as helper:
        run(helper, "None", None)
        yield helper


@pytest.fixture
def scripted() -> MockREPLSession:
    session = MockREPLSession()
    session.function("double", lambda n: 2 * n)
    return session


@pytest.fixture
def secret(tmp_path: Path) -> str:
    path = tmp_path / "secret.txt"
    path.write_text("hush")
    return str(path)


def run(
    helper: IntegrationTestHelper, code: str, expected: object, timeout_s: float = LIMIT_S
) -> None:
    async def main() -> None:
        await helper.assert_async_execution(code, expected, timeout_s=timeout_s)

    anyio.run(main)


# --- sessions ---------------------------------------------------------------------


def test_a_session_is_a_process_that_remembers_until_the_helper_leaves() -> None:
    with IntegrationTestHelper() as helper:
        session = helper.create_test_repl()
        session.execute("import os\nkept = os.getpid()")
        pid = session.execute("kept").value
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(UsageError, match="the session is closed"):
        session.execute("kept")
    assert [each.result.value for each in helper.get_execution_history()] == [None, pid]


@needs_confinement
def test_a_session_is_held_to_its_capabilities(helper: IntegrationTestHelper, secret: str) -> None:
    session = helper.create_test_repl(capabilities=["env:HOME"])
    assert "was stopped" in str(session.execute(f"open({secret!r}).read()").error)
    assert session.execute("1 + 1").value == 2


def test_a_capability_that_names_none_runs_nothing(helper: IntegrationTestHelper) -> None:
    with pytest.raises(BadCapability, match="'fly'"):
        helper.assert_capability_violation("1 + 1", "fly")
    assert helper.get_execution_history() == []


# --- executions -------------------------------------------------------------------


def test_an_execution_that_has_the_value_passes(running: IntegrationTestHelper) -> None:
    run(running, "kept = 6\nkept * 7", 42)
    run(running, "'kept' in globals()", False)
    assert [each.code for each in running.get_execution_history()[-2:]] == [
        "kept = 6\nkept * 7",
        "'kept' in globals()",
    ]


def test_an_execution_that_has_another_value_fails(running: IntegrationTestHelper) -> None:
    with pytest.raises(AssertionError, match=r"the value must be as expected\n.*expected True"):
        run(running, "1", True)


def test_an_execution_that_raises_fails_and_names_the_error(running: IntegrationTestHelper) -> None:
    with pytest.raises(AssertionError, match="got error: ZeroDivisionError: division by zero"):
        run(running, "1 / 0", None)


def test_an_execution_that_passes_its_limit_fails(helper: IntegrationTestHelper) -> None:
    with pytest.raises(AssertionError, match="got timeout: TimeoutError"):
        run(helper, "while True: pass", None, timeout_s=0.05)


# --- callbacks --------------------------------------------------------------------


def test_a_callback_that_returns_the_value_passes(
    helper: IntegrationTestHelper, repl: Session, scripted: MockREPLSession
) -> None:
    for session in (repl, scripted):
        helper.assert_callback_works(session, "double", [21], 42)
        helper.assert_callback_works(session, "double", [], 42, kwargs={"n": 21})


def test_a_callback_that_returns_another_value_fails(
    helper: IntegrationTestHelper, repl: Session, scripted: MockREPLSession
) -> None:
    for session in (repl, scripted):
        with pytest.raises(AssertionError, match=r"double\(21\) must be as expected\n.*43"):
            helper.assert_callback_works(session, "double", [21], 43)


def test_a_callback_that_raises_fails(helper: IntegrationTestHelper, repl: Session) -> None:
    with pytest.raises(AssertionError, match="must return, it raised LookupError: gone"):
        helper.assert_callback_works(repl, "fail", [], None)


def test_a_session_that_must_be_awaited_is_refused_where_nothing_awaits(
    helper: IntegrationTestHelper,
) -> None:
    with pytest.raises(UsageError, match="must be a blocking one, got AsyncSession"):
        helper.assert_callback_works(AsyncSession(), "double", [21], 42)


# --- violations -------------------------------------------------------------------


@needs_confinement
def test_code_that_is_stopped_passes(helper: IntegrationTestHelper, secret: str) -> None:
    found = helper.assert_capability_violation(f"open({secret!r})", f"read:{secret}")
    assert isinstance(found, CapabilityViolation)


@needs_confinement
def test_code_that_nothing_stops_fails(helper: IntegrationTestHelper) -> None:
    with pytest.raises(AssertionError, match="must be stopped for want of read, it ended well"):
        helper.assert_capability_violation("1 + 1", "read")


@needs_confinement
def test_code_that_may_do_it_fails(helper: IntegrationTestHelper, secret: str) -> None:
    with pytest.raises(AssertionError, match="it ended well"):
        helper.assert_capability_violation(
            f"open({secret!r}).close()", f"read:{secret}", [f"read:{secret}"]
        )


# --- records ----------------------------------------------------------------------


def test_the_history_has_what_was_asserted_with_its_results(
    helper: IntegrationTestHelper, scripted: MockREPLSession
) -> None:
    helper.assert_callback_works(scripted, "double", [21], 42)
    with pytest.raises(UsageError, match="args must be a list of arguments"):
        helper.assert_callback_works(scripted, "double", "ab", 42)
    (record,) = helper.get_execution_history()
    assert (record.n, record.code, record.result) == (1, "double(21)", 42)


@needs_confinement
def test_the_violations_are_kept_until_a_reset(helper: IntegrationTestHelper, secret: str) -> None:
    helper.assert_capability_violation(f"open({secret!r})", "read")
    (violation,) = helper.get_violation_history()
    # What lies in the working folder is named by its place there.
    assert (violation.kind, Path(violation.resource).resolve()) == ("read", Path(secret).resolve())
    helper.reset()
    assert (helper.get_violation_history(), helper.get_execution_history()) == ([], [])


def test_the_context_may_be_asynchronous(scripted: MockREPLSession) -> None:
    async def main() -> list[str]:
        async with IntegrationTestHelper() as helper:
            helper.assert_callback_works(scripted, "double", [21], 42)
            return [each.code for each in helper.get_execution_history()]

    assert anyio.run(main) == ["double(21)"]
