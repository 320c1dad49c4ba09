"""How does a test of what runs code say in one line what must hold?"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from holdfast.doubles.call_log import CallLog
from holdfast.doubles.records import MockExecutionRecord
from holdfast.errors import UsageError
from holdfast.registry import load_place
from holdfast.text.diff import diff_values

__all__ = ["IntegrationTestHelper", "check_control"]

CONTROL_S = 30.0
_CONTROL = "the confined process must carry out `6 * 7` and touch nothing"


class IntegrationTestHelper:
    """Real sessions and executors for a test, its assertions, and a record of both.

    Everything is stopped when the context ends, blocking or asynchronous.
    `capabilities=None` confines nothing, as everywhere; a list grants what it names and
    nothing else, held by the kernel.

    >>> with IntegrationTestHelper() as helper:
    ...     session = helper.create_test_repl()
    ...     session.execute("def double(n): return 2 * n").status
    ...     helper.assert_callback_works(session, "double", [21], 42)
    'ok'
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: list[Any] = []
        self._executors: dict[tuple[str, ...] | None, Any] = {}
        self._log: CallLog[MockExecutionRecord] = CallLog()
        self._manager: Any = load_place("holdfast.capabilities:CapabilityManager")()

    def create_test_repl(self, capabilities: Sequence[str] | None = None) -> Any:
        """Open a real `Session`, confined to `capabilities`; it is closed by `cleanup`.

        Raises:
            CannotEnforce: this machine cannot confine it.
            BadCapability: a capability names none.
        """
        session = load_place("holdfast.session:Session")(capabilities=capabilities)
        with self._lock:
            self._sessions.append(session)
        # It starts now, so that what cannot be confined is refused here.
        return session.__enter__()

    async def assert_async_execution(
        self,
        code: Any,
        expected_result: Any,
        timeout_s: float = 5.0,
        capabilities: Sequence[str] | None = None,
    ) -> Any:
        """Run code (or a function) in another process; return its `ExecutionResult`.

        It begins without names. The process is used again by the next assertion with the
        same capabilities; one that passes its limit is killed and replaced.

        Raises:
            AssertionError: it did not end well within `timeout_s`, or its value is another
                than `expected_result` (true is not 1, 1 is 1.0).
        """
        result = await self._executor(capabilities).execute(code, timeout_s)
        self._keep(code if isinstance(code, str) else repr(code), timeout_s, result)
        if not result.success:
            told = f": {result.error}" if result.error is not None else ""
            raise AssertionError(f"the code must have a value, got {result.status}{told}")
        _assert_equal("the value", expected_result, result.value)
        return result

    def assert_callback_works(
        self,
        session: Any,
        name: str,
        args: Sequence[Any],
        expected_result: Any,
        *,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Call a function of a session through its callback.

        Raises:
            AssertionError: it raised, or returned something else.
            UsageError: the session is asynchronous; see `assert_async_callback_works`.
        """
        shown = _shown(name, args, kwargs)
        try:
            value = session.callback(name)(*args, **(kwargs or {}))
        except Exception as error:
            raise self._broken(shown, error) from error
        if inspect.isawaitable(value):
            getattr(value, "close", lambda: None)()
            raise UsageError(
                f"the session must be a blocking one, got {type(session).__name__}",
                hint="await assert_async_callback_works(...)",
            )
        self._keep(shown, None, value)
        _assert_equal(shown, expected_result, value)

    async def assert_async_callback_works(
        self,
        session: Any,
        name: str,
        args: Sequence[Any],
        expected_result: Any,
        *,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Call a function of an asynchronous session through its callback.

        Raises:
            AssertionError: it raised, or returned something else.
        """
        shown = _shown(name, args, kwargs)
        try:
            value = session.callback(name)(*args, **(kwargs or {}))
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            raise self._broken(shown, error) from error
        self._keep(shown, None, value)
        _assert_equal(shown, expected_result, value)

    def assert_capability_violation(
        self,
        code: str,
        required_capability: str,
        available_capabilities: Sequence[str] = (),
        *,
        timeout_s: float = 30.0,
    ) -> Any:
        """Run code that may use `available_capabilities`; it must be stopped at what it lacks.

        Returns the `CapabilityViolation`. Code that swallows it was stopped all the same.
        Before, the same process must carry out code that touches nothing: a place where
        nothing runs stops everything. A violation counts if the confinement saw it; one
        that the code raises by itself, or an error on the way, does not.

        Raises:
            AssertionError: nothing was stopped, or it was for another capability; the
                message says what was touched before.
            CannotEnforce: this machine cannot hold code to capabilities.
            BadCapability: a capability names none.
        """
        parse = load_place("holdfast.capabilities:parse_capability")
        parse(required_capability)
        required = load_place("holdfast.capabilities:CapabilityManager")([required_capability])
        make = load_place("holdfast.capabilities:ConfinedWorker")
        with make(tuple(available_capabilities), timeout_s=timeout_s) as worker:
            # A short limit is meant for the code; the first call also waits for the start.
            worker.timeout_s = max(timeout_s, CONTROL_S)
            check_control(worker)
            worker.timeout_s = timeout_s
            error = _run_confined(worker, code)
            touched = worker.touched
        self._keep(code, None, None, error)
        for each in touched.undeclared:
            self._manager.record_violation(*parse(each), "stopped")
        if not touched.undeclared:
            raise AssertionError(_unstopped(required_capability, error, touched.used))
        wanted = [each for each in touched.undeclared if required.has_capability(*parse(each))]
        if not wanted:
            raise AssertionError(
                f"the code must be stopped for want of {required_capability}, "
                f"it was for want of {', '.join(touched.undeclared[:5])}"
            ) from error
        if getattr(error, "capability", "") in wanted:
            return error
        kind = load_place("holdfast.capabilities:CapabilityViolation")
        return kind(f"{wanted[0]} was stopped, and the code went on", wanted[0])

    def get_execution_history(self) -> list[MockExecutionRecord]:
        """Return what the assertions ran, and then the turns of every session."""
        asserted = list(self._log)
        turns = [turn for each in self._sessions for turn in each.history]
        return [
            *asserted,
            *(
                MockExecutionRecord(n=n, code=turn.code, result=turn, context="session")
                for n, turn in enumerate(turns, start=self._log.total + 1)
            ),
        ]

    def get_violation_history(self) -> list[Any]:
        """Return every violation that an assertion found."""
        return list(self._manager.violations)

    def cleanup(self) -> None:
        """End every session and executor with all that they started; the histories stay."""
        for each in self._sessions:
            each.close()
        with self._lock:
            executors, self._executors = self._executors, {}
        for each in executors.values():
            each.close_blocking()

    def reset(self) -> None:
        """End every session and forget the histories."""
        self.cleanup()
        with self._lock:
            self._sessions.clear()
        self._log.clear()
        self._manager.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cleanup()

    def _executor(self, capabilities: Sequence[str] | None) -> Any:
        """Return the executor whose processes are held to these capabilities."""
        made = load_place("holdfast.session:AsyncExecutor")(capabilities=capabilities)
        with self._lock:
            return self._executors.setdefault(
                None if capabilities is None else tuple(capabilities), made
            )

    def _keep(self, code: str, timeout_s: float | None, result: Any, exception: Any = None) -> None:
        record = MockExecutionRecord(
            n=self._log.total + 1,
            code=code,
            timeout_s=timeout_s,
            result=result,
            exception=exception,
        )
        self._log.add(code, record)

    def _broken(self, shown: str, error: Exception) -> AssertionError:
        self._keep(shown, None, None, error)
        return AssertionError(f"{shown} must return, it raised {type(error).__name__}: {error}")


def _shown(name: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> str:
    if isinstance(args, str | bytes):
        raise UsageError(f"args must be a list of arguments, got {args!r}")
    given = [*map(repr, args), *(f"{key}={value!r}" for key, value in (kwargs or {}).items())]
    return f"{name}({', '.join(given)})"


def _assert_equal(what: str, expected: Any, observed: Any) -> None:
    if difference := diff_values(expected, observed):
        raise AssertionError(f"{what} must be as expected\n{difference}")


def check_control(worker: Any) -> None:
    """See that a confined process carries out code, and that this alone touches nothing.

    Raises:
        AssertionError: it does not, so that what it stops proves nothing.
    """
    try:
        seen = worker.observe(eval, "6 * 7")  # noqa: S307 - our own text
    except (UsageError, load_place("holdfast.capabilities:CannotEnforce")):
        raise  # nothing was run, so nothing is known
    except Exception as error:
        told = f"it raised {type(error).__name__}: {error}"
        raise AssertionError(f"{_CONTROL}, {told}") from error
    if seen.value != 42 or seen.used:
        told = f"its value was {seen.value!r}, and it touched {', '.join(seen.used) or 'nothing'}"
        raise AssertionError(f"{_CONTROL}, {told}")


def _run_confined(worker: Any, code: str) -> Exception | None:
    """Run code as its own main program: nothing of this one is in its names; return what it raised."""
    try:
        worker.call(exec, code, {"__name__": "__main__"})
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the code raises is what is asked about
        return error
    return None


def _unstopped(required: str, error: Exception | None, used: Sequence[str]) -> str:
    """Say how code ended that was not stopped, and how far it came."""
    must = f"the code must be stopped for want of {required}, it"
    touched = ", ".join(used[:5])
    if error is None:
        return (
            f"{must} ended well{f' after it touched {touched}' if used else ' and touched nothing'}"
        )
    raised = f"raised {type(error).__name__}: {error}"
    if used:
        return f"{must} {raised}, after it touched {touched}"
    return f"{must} {raised}, before it touched anything: whether it would be stopped is not known"
