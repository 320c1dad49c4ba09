"""What stands in for an executor, and starts no process?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.lowlevel

from holdfast.doubles.call_log import CallLog
from holdfast.doubles.play import Played, check_limit, failure_of, play, read_options
from holdfast.doubles.records import MockExecutionRecord
from holdfast.doubles.script import Answer, Script, name_function
from holdfast.doubles.standing import assume, standing_of
from holdfast.errors import UsageError
from holdfast.model.turn import ExecutionResult
from holdfast.registry import load_place

__all__ = ["MockAsyncExecutor"]


class MockAsyncExecutor:
    """An `AsyncExecutor` that answers what `script` says, and raises for everything else.

    `should_fail` (True, or the exception) makes every execution fail. The last 1,000
    executions are kept, the count is exact. A delay is waited for with `sleep`.

    >>> async def answer() -> int:
    ...     async with MockAsyncExecutor() as executor:
    ...         executor.script("6 * 7", 42)
    ...         return (await executor.execute("6 * 7")).value
    >>> anyio.run(answer)
    42
    """

    def __init__(
        self,
        *,
        workers: int = 4,
        capabilities: Sequence[str] | None = None,
        timeout_s: float | None = 30.0,
        memory_bytes: int | None = None,
        cpu_s: float | None = None,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[Any]] = anyio.sleep,
    ) -> None:
        if type(workers) is not int or workers < 1:
            raise UsageError(f"workers must be a number of at least 1, got {workers!r}")
        self._timeout_s = read_options(capabilities, memory_bytes, cpu_s, timeout_s)
        self._capabilities = capabilities
        self._room = load_place("holdfast.session.awaiting:Room")(workers)
        self._sleep = sleep
        self._is_closed = False
        self._script = Script(seed=seed)
        self._log: CallLog[MockExecutionRecord] = CallLog()
        self._standing = standing_of("MockAsyncExecutor")
        self.script = self._script.on
        self.should_fail: bool | BaseException = False

    async def execute(
        self, code: str | Callable[[], Any], timeout_s: float | None = None
    ) -> ExecutionResult:
        """Answer what is scripted for a text or a function; see `AsyncExecutor.execute`.

        Raises:
            Unscripted: nothing is scripted for it.
            UsageError: the executor is closed, or an argument cannot mean anything.
        """
        limit = self._timeout_s if timeout_s is None else check_limit(timeout_s)
        if not isinstance(code, str) and not callable(code):
            raise UsageError(f"code must be a text or a function, got {type(code).__name__}")
        text = code if isinstance(code, str) else name_function(code)
        assume(self._standing)
        try:
            async with self._room.enter():
                result = await self._carry_out(text, limit)
        except BaseException as error:
            self._keep(text, timeout_s, exception=error)
            raise
        self._keep(text, timeout_s, result=result)
        return result

    async def _carry_out(self, text: str, limit_s: float | None) -> ExecutionResult:
        if self._is_closed:
            raise UsageError("the executor is closed", hint="open another one")
        if self.should_fail:
            answer, compute = Answer(error=failure_of(self.should_fail)), None
        else:
            answer, compute = self._script.find(text)
        played = play(
            answer, compute, timeout_s=limit_s, capabilities=self._capabilities, kills=True
        )
        if played.wait_s:
            await self._sleep(played.wait_s)
        else:
            await anyio.lowlevel.checkpoint()
        return _read(answer, played)

    def get_execution_count(self, code: str | Callable[[], Any] | None = None) -> int:
        """Return how many executions there were, of one code or of all."""
        if code is None:
            return self._log.total
        return self._log.count_of(code if isinstance(code, str) else name_function(code))

    def get_last_execution(self) -> MockExecutionRecord | None:
        """Return the latest execution."""
        return self._log.last

    @property
    def executions(self) -> list[MockExecutionRecord]:
        """The last 1,000 executions, oldest first."""
        return list(self._log)

    def reset(self) -> None:
        """Forget scripts, executions and `should_fail`; a closed one is open again."""
        self._script.clear()
        self._log.clear()
        self._is_closed = False
        self.should_fail = False

    async def close(self) -> None:
        """Refuse what is asked from now on."""
        self._is_closed = True

    def close_blocking(self) -> None:
        """Refuse what is asked from now on, without being awaited."""
        self._is_closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _keep(
        self,
        text: str,
        timeout_s: float | None,
        *,
        result: ExecutionResult | None = None,
        exception: BaseException | None = None,
    ) -> None:
        self._log.add(
            text,
            MockExecutionRecord(
                n=self._log.total + 1,
                code=text,
                timeout_s=timeout_s,
                result=result,
                exception=exception,
            ),
        )


def _read(answer: Answer, played: Played) -> ExecutionResult:
    return ExecutionResult(
        success=played.status == "ok",
        value=played.value,
        error=played.error,
        execution_time_s=played.wait_s,
        status=played.status,
        stdout=answer.stdout,
        stderr=answer.stderr,
    )
