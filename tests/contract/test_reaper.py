"""Does every process of a run end, however holdfast, the reaper or the process itself ends?"""

# ruff: noqa: ASYNC110, ASYNC230 - the null device does not block
from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import InternalError
from holdfast.process.reaper_client import Reaper, Spawned, SpawnFailed, describe_exit
from tests.contract.executor_kit import carriers

PYTHON = [sys.executable, "-I", "-S", "-c"]

# Starts `sleep 62` in the same group, in a session of its own, and as a daemon without a parent.
FAMILY = """
import os, subprocess, sys, time
subprocess.Popen(["sleep", "62"])
subprocess.Popen(["sleep", "62"], start_new_session=True)
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "62"])
    os._exit(0)
os.wait()
os.close(write)
os.read(read, 1)  # until the daemon has become its program
os.write(1, b"ready")
if "end" in sys.argv:
    sys.exit(0)
time.sleep(62)
"""


def run(use: Callable[[Reaper], Awaitable[Any]], *, run_id: str = "") -> Any:
    """Use a reaper, then look whether it left anything; returns what `use` returned."""
    run_id = run_id or f"reaper-{os.urandom(4).hex()}"

    async def main() -> Any:
        reaper = Reaper(run_id)
        try:
            async with asyncio.timeout(30):
                return await use(reaper)
        finally:
            reaper.close()

    found = asyncio.run(main())
    assert alive(run_id) == []
    return found


def alive(run_id: str) -> list[str]:
    return carriers(f"HOLDFAST_RUN={run_id}")


async def spawn(reaper: Reaper, *argv: str, **fds: int) -> Spawned:
    table = {int(name[2:]): fd for name, fd in fds.items()}
    return await reaper.spawn(argv, env=reaper.environment(), fds=table)


async def family(reaper: Reaper, *words: str) -> Spawned:
    """Start a program with descendants that hide in three ways, and wait until all are there."""
    read, write = os.pipe()
    spawned = await spawn(reaper, *PYTHON, FAMILY, *words, fd1=write)
    os.close(write)
    with os.fdopen(read, "rb", 0) as pipe:
        assert await asyncio.to_thread(pipe.read, 5) == b"ready"
    return spawned


def sleepers(reaper: Reaper) -> int:
    return sum("sleep 62" in name for name in alive(reaper.run_id))


async def until_there(reaper: Reaper, count: int) -> None:
    """Wait until so many have their name: a program is there a moment before its command line is."""
    while sleepers(reaper) != count:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("pass", 0, "exit 0"),
        ("import sys; sys.exit(3)", 3, "exit 3"),
        ("import os; os.kill(os.getpid(), 9)", -9, "signal 9 (SIGKILL)"),
    ],
)
def test_the_way_in_which_a_process_ended_is_told(code: str, status: int, text: str) -> None:
    async def use(reaper: Reaper) -> int:
        spawned = await spawn(reaper, *PYTHON, code)
        return await spawned.wait()

    found = run(use)
    assert found == status
    assert describe_exit(found) == text


def test_a_signal_without_a_name_is_shown_by_its_number() -> None:
    assert describe_exit(-63) == "signal 63 (unknown)"


@pytest.mark.parametrize(
    ("argv", "number"),
    [
        (["/no/such/program"], errno.ENOENT),
        (["/etc/passwd"], errno.EACCES),
        (["echo", "a\0b"], errno.EINVAL),
    ],
)
def test_a_program_that_cannot_be_executed_says_why(argv: list[str], number: int) -> None:
    async def use(reaper: Reaper) -> None:
        with pytest.raises(SpawnFailed) as caught:
            await spawn(reaper, *argv)
        assert caught.value.errno == number
        assert caught.value.filename == argv[0]

    run(use)


def test_a_missing_folder_is_a_failed_start() -> None:
    async def use(reaper: Reaper) -> None:
        with pytest.raises(SpawnFailed):
            await reaper.spawn(["true"], env=reaper.environment(), cwd="/no/such/folder")

    run(use)


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 8, 9, 20])
def test_a_program_has_exactly_the_descriptors_that_it_was_given(number: int) -> None:
    list_them = f"import os; os.write({number}, repr(sorted(map(int, os.listdir('/proc/self/fd')))).encode())"

    async def use(reaper: Reaper) -> list[int]:
        read, write = os.pipe()
        spawned = await spawn(reaper, *PYTHON, list_them, **{f"fd{number}": write})
        os.close(write)
        await spawned.wait()
        with os.fdopen(read, "rb", 0) as pipe:
            return eval(pipe.read())

    listing = run(use)
    # One more is the listing itself.
    assert {0, 1, 2, number} <= set(listing)
    assert len(listing) == 5


def test_a_failed_start_with_descriptors_at_low_numbers_is_still_told() -> None:
    async def use(reaper: Reaper) -> None:
        for number in range(3, 12):
            with Path(os.devnull).open("rb") as null, pytest.raises(SpawnFailed):
                await spawn(reaper, "/no/such/program", **{f"fd{number}": null.fileno()})

    run(use)


def test_standard_streams_that_were_not_given_are_the_null_device() -> None:
    async def use(reaper: Reaper) -> int:
        code = "import os, sys; sys.exit(os.read(0, 1) != b'' or os.write(1, b'x') != 1)"
        return await (await spawn(reaper, *PYTHON, code)).wait()

    assert run(use) == 0


def test_more_starts_at_once_than_the_socket_holds_answers_do_not_block() -> None:
    async def use(reaper: Reaper) -> list[int]:
        started = await asyncio.gather(*(spawn(reaper, "true") for _ in range(250)))
        return list(await asyncio.gather(*(each.wait() for each in started)))

    assert run(use) == [0] * 250


@pytest.mark.parametrize("words", [(), ("end",)])
def test_killing_a_tree_kills_what_left_its_group_its_session_and_its_parent(
    words: tuple[str, ...],
) -> None:
    async def use(reaper: Reaper) -> int:
        other = await spawn(reaper, "sleep", "62")
        spawned = await family(reaper, *words)
        if words:
            # Its pid may be another process's by then: only the cookie leads to what it started.
            assert await spawned.wait() == 0
        await until_there(reaper, 4)
        killed = await spawned.kill_tree()
        await spawned.wait()
        # What was killed is gone a moment later; the other one stays.
        await until_there(reaper, 1)
        await other.kill_tree()
        return killed

    killed = run(use)
    assert killed == (3 if words else 4)


def test_a_signal_reaches_the_process_alone() -> None:
    async def use(reaper: Reaper) -> tuple[int, int]:
        spawned = await family(reaper)
        await until_there(reaper, 3)
        spawned.signal(signal.SIGTERM)
        return await spawned.wait(), sleepers(reaper)

    assert run(use) == (-signal.SIGTERM, 3)


def test_closing_ends_everything() -> None:
    async def use(reaper: Reaper) -> str:
        await family(reaper)
        await until_there(reaper, 3)
        return reaper.run_id

    assert alive(run(use)) == []


def test_a_start_whose_asker_was_cancelled_does_not_stay() -> None:
    async def use(reaper: Reaper) -> int:
        task = asyncio.create_task(spawn(reaper, "sleep", "62"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        # Answers come in the order of the requests: after this one, the first has its process.
        await (await spawn(reaper, "true")).wait()
        await (await spawn(reaper, "true")).wait()
        return sleepers(reaper)

    assert run(use) == 0


def test_what_a_reaper_that_was_killed_left_is_killed_and_everyone_is_told() -> None:
    async def use(reaper: Reaper) -> None:
        told: list[str] = []
        reaper.on_lost = lambda: told.append("lost")
        spawned = await family(reaper)
        os.kill(reaper._process.pid, signal.SIGKILL)
        with pytest.raises(InternalError, match="the reaper is gone"):
            await spawned.wait()
        with pytest.raises(InternalError, match="the reaper is gone"):
            await spawn(reaper, "true")
        with pytest.raises(InternalError):
            await spawned.kill_tree()
        assert told == ["lost"]
        await until_there(reaper, 0)

    run(use)


HOLDER = """
import asyncio, os, sys
sys.path[:0] = {path!r}
from tests.contract.test_reaper import family
from holdfast.process.reaper_client import Reaper

async def main():
    reaper = Reaper({run_id!r})
    await family(reaper)
    print(1, flush=True)
    os.kill(os.getpid(), {number})

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_nothing_runs_on_after_the_parent_was_killed(number: int) -> None:
    run_id = f"killed-{os.urandom(4).hex()}"
    program = HOLDER.format(path=sys.path, run_id=run_id, number=int(number))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "1\n"
    assert done.returncode == -number
    assert wait_until_none(run_id) == []


def wait_until_none(run_id: str) -> list[str]:
    """Wait until no process of a run is left, at most the three seconds that are promised."""
    pause = subprocess.Popen(["sleep", "3"])
    try:
        while (left := alive(run_id)) and pause.poll() is None:
            pass
        return left
    finally:
        pause.kill()
        pause.wait()


def test_a_run_inside_of_a_run_ends_with_the_outer_one() -> None:
    inner_id = f"inner-{os.urandom(4).hex()}"
    program = (
        HOLDER.format(path=sys.path, run_id=inner_id, number=0) + "\nimport time; time.sleep(62)"
    )
    # The inner holdfast lives on: its own reaper does not end.
    program = program.replace(
        "asyncio.run(main())", "asyncio.new_event_loop().run_until_complete(main())"
    )

    async def use(reaper: Reaper) -> str:
        read, write = os.pipe()
        await spawn(reaper, sys.executable, "-c", program, fd1=write)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            assert await asyncio.to_thread(pipe.read, 2) == b"1\n"
        return reaper.run_id

    outer_id = run(use)
    assert alive(f"{outer_id},{inner_id}") == []


def test_an_inner_run_does_not_end_the_outer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def outer(reaper: Reaper) -> None:
        spawned = await spawn(reaper, "sleep", "62")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOLDFAST_RUN", reaper.run_id)
            inner = Reaper("inner-run")
            assert inner.environment()["HOLDFAST_RUN"] == f"{reaper.run_id},inner-run"
            await spawn(inner, "sleep", "63")
            inner.close()
        await until_there(reaper, 1)
        await spawned.kill_tree()

    run(outer)
