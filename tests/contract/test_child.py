"""Does a command under the reaper get its input and give its output, and is it ended on every way out?"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper, Spawned, SpawnFailed
from tests.contract.test_reaper import run


def test_a_child_gets_its_input_and_gives_its_output(tmp_path: Path) -> None:
    async def use(reaper: Reaper) -> tuple[bytes, bytes, int]:
        child = await spawn_child(
            reaper,
            ["sh", "-c", "cat; echo $WORD >&2; pwd >&2"],
            env={"WORD": "w"},
            cwd=str(tmp_path),
            stdin_data=b"in" * 100_000,
        )
        out, err = await asyncio.gather(read_all(child, 1), read_all(child, 2))
        status = await child.wait()
        child.close()
        return out, err, status

    out, err, status = run(use)
    assert out == b"in" * 100_000
    assert err.decode().split() == ["w", str(tmp_path)]
    assert status == 0


async def read_all(child: Any, fd: int) -> bytes:
    chunks = []
    while chunk := await child.read(fd):
        chunks.append(chunk)
    return b"".join(chunks)


def test_a_child_that_cannot_start_leaves_no_descriptor() -> None:
    async def use(reaper: Reaper) -> None:
        with pytest.raises(SpawnFailed):
            await spawn_child(reaper, ["/no/such/program"], env={}, stdin_data=b"x")

    run(use)


def test_a_child_that_does_not_read_its_input_is_no_error() -> None:
    async def use(reaper: Reaper) -> int:
        child = await spawn_child(reaper, ["true"], env={}, stdin_data=b"x" * 1_000_000)
        status = await child.wait()
        child.close()
        return status

    assert run(use) == 0


def test_a_child_that_was_started_for_someone_who_was_cancelled_is_ended() -> None:
    async def main(reaper: Reaper) -> int:
        started: list[Spawned] = []

        class Cancelling:
            """A reaper whose client is cancelled in the moment in which its child has started."""

            environment = reaper.environment

            async def spawn(self, *args: Any, **options: Any) -> Spawned:
                started.append(await reaper.spawn(*args, **options))
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                return started[0]

        client = cast("Reaper", Cancelling())
        call = asyncio.create_task(spawn_child(client, ["sleep", "600"], env={}, stdin_data=b"x"))
        with pytest.raises(asyncio.CancelledError):
            await call
        return await asyncio.wait_for(started[0].wait(), 10)

    assert run(main) == -signal.SIGKILL
