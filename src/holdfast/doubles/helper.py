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

__all__ = ["IntegrationTestHelper"]


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
        """Run code (or a function) in a process of its own; return its `ExecutionResult`.

        Raises:
            AssertionError: it did not end well within `timeout_s`, or its value is another
                than `expected_result` (true is not 1, 1 is 1.0).
        """
        make = load_place("holdfast.session:AsyncExecutor")
        async with make(workers=1, capabilities=capabilities) as executor:
            result = await executor.execute(code, timeout_s)
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
    ) -> Any:
        """Run code that may use `available_capabilities`; it must be stopped at what it lacks.

        Returns the `CapabilityViolation`. Code that swallows it was stopped all the same.

        Raises:
            AssertionError: nothing was stopped, or it was for another capability.
            CannotEnforce: this machine cannot hold code to capabilities.
            BadCapability: a capability names none.
        """
        kind = load_place("holdfast.capabilities:CapabilityViolation")
        parse = load_place("holdfast.capabilities:parse_capability")
        parse(required_capability)
        enforce = load_place("holdfast.capabilities:enforce")
        try:
            # The code as its own main program: nothing of this one is in its names.
            enforce(exec, code, {"__name__": "__main__"}, allow=tuple(available_capabilities))
        except kind as violation:
            self._keep(code, None, None, violation)
            used_kind, resource = parse(violation.capability)
            self._manager.record_violation(used_kind, resource, "stopped")
            required = load_place("holdfast.capabilities:CapabilityManager")([required_capability])
            if not required.has_capability(used_kind, resource):
                raise AssertionError(
                    f"the code must be stopped for want of {required_capability}, "
                    f"it was for want of {violation.capability}"
                ) from violation
            return violation
        except (UsageError, load_place("holdfast.capabilities:CannotEnforce")):
            raise  # nothing was run, so nothing is known
        except Exception as error:
            raise self._unstopped(code, required_capability, error) from error
        raise self._unstopped(code, required_capability, None)

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
        """End every session with all that it started; the histories stay."""
        for each in self._sessions:
            each.close()

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

    def _unstopped(self, code: str, required: str, error: Exception | None) -> AssertionError:
        self._keep(code, None, None, error)
        ended = "ended well" if error is None else f"raised {type(error).__name__}: {error}"
        return AssertionError(f"the code must be stopped for want of {required}, it {ended}")


def _shown(name: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> str:
    if isinstance(args, str | bytes):
        raise UsageError(f"args must be a list of arguments, got {args!r}")
    given = [*map(repr, args), *(f"{key}={value!r}" for key, value in (kwargs or {}).items())]
    return f"{name}({', '.join(given)})"


def _assert_equal(what: str, expected: Any, observed: Any) -> None:
    if difference := diff_values(expected, observed):
        raise AssertionError(f"{what} must be as expected\n{difference}")
