"""Does an executor run code side by side, each within its time, on every event loop?"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio
import uvloop

from holdfast.errors import UsageError
from holdfast.session import AsyncExecutor, AsyncSession, ExecutionResult, Opaque
from holdfast.session.protocol import ExecutorPort
from tests.contract.session_kit import is_alive, patient, public_methods

Main = Callable[[], Awaitable[Any]]


def on_asyncio(main: Main) -> Any:
    async def run() -> Any:
        return await main()

    return asyncio.run(run())


def on_uvloop(main: Main) -> Any:
    async def run() -> Any:
        return await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


RUNNERS: dict[str, Callable[[Main], Any]] = {
    "asyncio": on_asyncio,
    "uvloop": on_uvloop,
    "trio": trio.run,
}


@pytest.fixture(autouse=True, scope="module")
def warmed_up() -> Iterator[None]:
    """Let uvloop open the pipe that it keeps for the life of a process."""
    on_uvloop(anyio.lowlevel.checkpoint)
    with patient():
        yield


@pytest.fixture(params=sorted(RUNNERS))
def run(request: pytest.FixtureRequest) -> Callable[[Main], Any]:
    return RUNNERS[request.param]


def with_executor(
    run: Callable[[Main], Any], main: Callable[[AsyncExecutor], Awaitable[Any]], **options: Any
) -> Any:
    async def whole() -> Any:
        async with AsyncExecutor(**options) as executor:
            return await main(executor)

    return run(whole)


def answer() -> int:
    return 42


def test_code_and_callables_leave_a_result(run: Callable[[Main], Any]) -> None:
    base = 20

    async def later() -> int:
        await asyncio.sleep(0)
        return base + 1

    async def main(executor: AsyncExecutor) -> list[ExecutionResult]:
        return [
            await executor.execute("import sys\nprint('hi')\n6 * 7"),
            await executor.execute("result = 3\nx = 4"),
            await executor.execute("x"),
            await executor.execute(answer),
            await executor.execute(lambda: (base, {"a"})),
            await executor.execute(later),
            await executor.execute(functools.partial(pow, 2, 5)),
            await executor.execute(object),
            await executor.execute("def f():"),
        ]

    found = with_executor(run, main, workers=1)
    values = [each.value for each in found]
    assert values[:2] == [42, 3]
    assert values[3:7] == [42, (20, {"a"}), 21, 32]
    assert isinstance(values[7], Opaque)
    assert [each.success for each in found] == [True, True, False, *[True] * 5, False]
    assert (found[0].stdout, found[0].error) == ("hi\n", None)
    assert found[0].execution_time_s > 0
    assert found[2].error is not None
    assert found[2].error.type == "NameError"
    assert found[8].status == "incomplete"


def test_what_the_code_does_is_in_the_result_and_never_raised() -> None:
    def fail() -> None:
        raise LookupError("gone")

    async def main(executor: AsyncExecutor) -> list[ExecutionResult]:
        return [await executor.execute(code) for code in ("1 / 0", "import os; os._exit(2)", fail)]

    division, crash, lookup = with_executor(on_asyncio, main, workers=1)
    assert (division.success, str(division.error)) == (False, "ZeroDivisionError: division by zero")
    assert (crash.success, crash.status) == (False, "crash")
    assert (lookup.success, str(lookup.error)) == (False, "LookupError: gone")


def test_no_more_run_at_once_than_there_are_workers(
    run: Callable[[Main], Any], tmp_path: Path
) -> None:
    """Each waits until it has seen as many others as there are workers; one more would be seen too."""
    code = f"""
import os, pathlib, time
folder = pathlib.Path({str(tmp_path)!r})
(folder / str(os.getpid())).touch()
end = time.monotonic() + 20
while len(list(folder.iterdir())) < 2 and time.monotonic() < end: time.sleep(0.01)
os.getpid(), len(list(folder.iterdir()))
"""

    async def main(executor: AsyncExecutor) -> list[Any]:
        found: list[Any] = []

        async def one() -> None:
            found.append((await executor.execute(code)).value)

        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(one)
        return found

    found = with_executor(run, main, workers=2)
    assert len(found) == 6
    assert len({pid for pid, _ in found}) == 2
    assert {seen for _, seen in found} == {2}


def test_one_that_passes_its_limit_is_killed_and_its_worker_replaced(
    run: Callable[[Main], Any],
) -> None:
    async def main(executor: AsyncExecutor) -> tuple[Any, ...]:
        first = (await executor.execute("import os\nos.getpid()")).value
        late = await executor.execute("while True: pass", timeout_s=0.2)
        gone = is_alive(first)
        second = (await executor.execute("import os\nos.getpid()")).value
        return first, late, gone, second

    first, late, was_alive, second = with_executor(run, main, workers=1)
    assert (late.success, late.status, late.value) == (False, "timeout", None)
    assert str(late.error) == (
        "TimeoutError: the code must end within 200 ms; it was killed with all that it started"
    )
    assert not was_alive
    assert second != first


def test_one_whose_caller_is_cancelled_is_stopped_before_the_cancellation_goes_on(
    run: Callable[[Main], Any], tmp_path: Path
) -> None:
    place = tmp_path / "pid"
    code = f"import os, time\nopen({str(place)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"

    async def main(executor: AsyncExecutor) -> tuple[bool, int]:
        async with anyio.create_task_group() as group:
            group.start_soon(executor.execute, code)
            while not (place.exists() and place.read_text()):  # noqa: ASYNC110 - a file of another process
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        return is_alive(int(place.read_text())), (await executor.execute("2")).value

    assert with_executor(run, main, workers=1) == (False, 2)


def test_a_cancelled_turn_of_a_session_keeps_names_and_history(run: Callable[[Main], Any]) -> None:
    async def main() -> tuple[Any, ...]:
        async with AsyncSession() as session:
            await session.execute("x = 5")
            with anyio.move_on_after(0.2):
                await session.execute("import time\ntime.sleep(600)")
            after = await session.execute("x")
            return after.value, [(turn.status, turn.names_kept) for turn in session.history]

    assert run(main) == (5, [("ok", True), ("timeout", True), ("ok", True)])


def test_turns_of_one_session_follow_one_another(run: Callable[[Main], Any]) -> None:
    async def main() -> int:
        async with AsyncSession() as session:
            await session.execute("x = 0")
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(
                        session.execute, "y = x\nimport time\ntime.sleep(0.01)\nx = y + 1"
                    )
            return (await session.namespace)["x"]

    assert run(main) == 5


def test_an_asynchronous_callback_may_have_an_asynchronous_handler() -> None:
    async def handle(error: Exception) -> str:
        await anyio.lowlevel.checkpoint()
        return type(error).__name__

    async def main() -> list[Any]:
        async with AsyncSession() as session:
            await session.execute("def half(n):\n    return 10 / n")
            return [
                await session.callback("half")(5),
                await session.callback("half", error_handler=handle)(0),
                await session.callback("half", error_handler=str)(0),
                await session.callback("half", default=None)(0),
                repr(session.callback("half")),
            ]

    assert anyio.run(main) == [
        2.0,
        "ZeroDivisionError",
        "division by zero",
        None,
        "<callback half>",
    ]


def test_one_executor_serves_one_loop_after_another() -> None:
    executor = AsyncExecutor(workers=1)

    async def pid() -> int:
        return (await executor.execute("import os\nos.getpid()")).value

    pids = {runner(pid) for runner in RUNNERS.values()}
    assert len(pids) == 1
    on_asyncio(executor.close)
    assert not is_alive(pids.pop())


def test_a_closed_executor_refuses_and_says_so() -> None:
    async def main() -> None:
        executor = AsyncExecutor()
        await executor.close()
        with pytest.raises(UsageError, match="the executor is closed"):
            await executor.execute("1")

    on_asyncio(main)


def test_an_executor_that_closes_waits_for_nobody_and_keeps_no_process() -> None:
    async def main() -> ExecutionResult:
        executor = AsyncExecutor(workers=1)
        await executor.execute("1")
        running = asyncio.ensure_future(executor.execute("import time\ntime.sleep(0.3)\n7"))
        await asyncio.sleep(0.1)
        await executor.close()
        return await running

    assert on_asyncio(main).value == 7


@pytest.mark.parametrize(
    ("code", "message"),
    [(3, "code must be a text or a function, got int"), (threading.Lock().acquire, "must be picklable")],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(code: Any, message: str) -> None:
    async def main(executor: AsyncExecutor) -> None:
        with pytest.raises(UsageError, match=message):
            await executor.execute(code)

    with_executor(on_asyncio, main)


@pytest.mark.parametrize("workers", [0, 1.5, True])
def test_workers_must_be_a_number_of_at_least_one(workers: Any) -> None:
    with pytest.raises(UsageError, match="workers must be a number of at least 1"):
        AsyncExecutor(workers=workers)


def test_an_executor_has_the_methods_of_its_protocol_with_the_same_parameters() -> None:
    assert public_methods(AsyncExecutor) == public_methods(ExecutorPort)
