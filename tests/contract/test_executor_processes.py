"""What becomes of the processes of a pool, and of what they started?"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import InternalError
from holdfast.execute.pool import Pool
from holdfast.model.evidence import Evidence
from holdfast.process.reaper_client import Reaper
from tests.contract.executor_kit import (
    ROOT,
    call,
    error_of,
    later,
    left_of,
    ref,
    run_with_pool,
    tags,
    validator,
)


@pytest.mark.parametrize("new_session", [False, True])
def test_a_child_is_killed_with_the_worker_that_started_it(new_session: bool) -> None:
    async def use(pool: Pool, reaper: Reaper) -> tuple[Evidence, list[str]]:
        evidence = await pool.call(call("leaves_child", new_session=new_session, timeout_s=0.5))
        return evidence, await left_of(f"HOLDFAST_SPAWN={reaper.run_id}.")

    evidence, left = run_with_pool(use)
    assert error_of(evidence)[0] == "timeout"
    assert left == []


def test_a_child_does_not_outlive_the_worker_that_crashed() -> None:
    async def use(pool: Pool, reaper: Reaper) -> tuple[Evidence, list[str]]:
        evidence = await pool.call(call("crashes_with_child"))
        return evidence, await left_of(f"HOLDFAST_SPAWN={reaper.run_id}.")

    evidence, left = run_with_pool(use)
    assert error_of(evidence)[0] == "crash"
    assert left == []


def test_a_worker_serves_one_call_after_another_until_memory_runs_out() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Any]:
        first = await pool.call(call("pid"))
        second = await pool.call(call("pid"))
        await pool.call(call("out_of_memory"))
        third = await pool.call(call("pid"))
        return [first.value, second.value, third.value]

    first, second, third = run_with_pool(use)
    assert first == second
    assert third != second


def test_calls_that_hold_no_workers_place_share_as_many_processes_as_there_are_workers() -> None:
    async def use(pool: Pool, _: Reaper) -> set[str]:
        done = await asyncio.gather(*(pool.call(call("pid")) for _ in range(6)))
        return {evidence.worker for evidence in done}

    assert run_with_pool(use, workers=2) <= {"spare-1", "spare-2"}


def test_a_worker_keeps_its_name_when_its_process_is_replaced() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Any]:
        first = await pool.call(call("pid", worker="worker-7"))
        lost = await pool.call(call("exits", code=3, worker="worker-7"))
        third = await pool.call(call("pid", worker="worker-7"))
        return [first, lost, third]

    first, lost, third = run_with_pool(use)
    assert [each.worker for each in (first, lost, third)] == ["worker-7"] * 3
    assert first.value != third.value
    assert error_of(lost)[0] == "crash"


def test_a_pool_says_what_each_process_is_doing(tmp_path: Path) -> None:
    signal_file = tmp_path / "go"

    async def use(pool: Pool, _: Reaper) -> Any:
        await pool.warm()
        calls = [pool.call(later("waits_for", path=str(signal_file))) for _ in range(2)]
        tasks = [asyncio.ensure_future(each) for each in calls]
        await asyncio.sleep(0)
        during = dict(pool.doing())
        signal_file.touch()
        await asyncio.gather(*tasks)
        return during, dict(pool.doing())

    assert run_with_pool(use) == ({"host": f"{ref('waits_for')} (+1 more)"}, {"host": "idle"})


def test_a_cancelled_call_ends_with_its_process() -> None:
    async def use(pool: Pool, _: Reaper) -> Any:
        first = await pool.call(call("pid"))
        task = asyncio.create_task(pool.call(call("endless", timeout_s=None)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        second = await pool.call(call("pid"))
        return first.value, second.value

    first, second = run_with_pool(use, workers=1)
    assert first != second


def test_a_file_is_collected_in_a_process_of_its_own(tmp_path: Path) -> None:
    fine, bad = tmp_path / "fine_cases.py", tmp_path / "bad_cases.py"
    fine.write_text("import holdfast\n@holdfast.case\ndef one():\n    'Be one.'\n")
    bad.write_text("import os; os._exit(3)")

    async def use(pool: Pool, _: Reaper) -> Any:
        return await asyncio.gather(pool.collect(str(fine)), pool.collect(str(bad)))

    found, failed = run_with_pool(use)
    assert [(each["qualname"], each["lane"], each["doc"]) for each in found.functions] == [
        ("one", "sync", "Be one.")
    ]
    assert found.error == ""
    assert "ended with exit 3" in failed.error


def test_an_import_without_end_is_told_and_then_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "endless_import.py").write_text("while True: pass")
    path = str(tmp_path / "endless_import.py")
    monkeypatch.setattr("holdfast.execute.watch.SLOW_IMPORT_S", 0.01)
    monkeypatch.setattr("holdfast.execute.pool.COLLECT_S", 0.5)

    async def use(pool: Pool, _: Reaper) -> Any:
        return await pool.collect(path), await pool.resolve([f"{path}:f"])

    found, lanes = run_with_pool(use)
    assert "no end within 0.5 s" in found.error
    assert lanes == {f"{path}:f": "sync"}
    assert [
        record.getMessage() for record in caplog.records if record.name == "holdfast.import"
    ] == [
        f"{path} is still being imported after 0.01 s (it is ended after 0.5 s)",
        f"{path}:f is still being imported after 0.01 s (it is ended after 0.5 s)",
    ]


def test_a_process_that_cannot_start_is_tried_three_times_and_then_reported(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit(9)")

    async def main() -> Any:
        reaper = Reaper(f"contract-{os.urandom(4).hex()}")
        pool = Pool(reaper, workers=1, root=ROOT)
        try:
            for _ in range(3):
                evidence = await pool.call(call("pid"))
                assert error_of(evidence)[0] == "internal"
            await pool.call(call("pid"))
        finally:
            await pool.close()
            reaper.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(InternalError, match="3 processes in a row"):
            asyncio.run(main())


def test_a_call_whose_reaper_was_killed_ends_and_the_next_one_is_refused() -> None:
    async def use(pool: Pool, reaper: Reaper) -> Any:
        await pool.call(call("pid"))
        task = asyncio.create_task(pool.call(call("endless", timeout_s=None)))
        await asyncio.sleep(0)
        os.kill(reaper._process.pid, signal.SIGKILL)
        evidence = await task
        with pytest.raises(InternalError, match="the reaper is gone"):
            await pool.call(later("value_async"))
        return evidence, await left_of(f"HOLDFAST_RUN={reaper.run_id}")

    evidence, left = run_with_pool(use)
    assert error_of(evidence)[2].startswith("spare-1 was lost together with the reaper")
    assert left == []


def test_validators_without_a_host_are_lost_with_their_call() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        judged = pool.call(call("value_async", [validator("ends_process")], lane="async"))
        return list(await asyncio.gather(judged, pool.call(later("waits", seconds=60.0))))

    assert [tags(evidence) for evidence in run_with_pool(use)] == [("shared",), ("shared",)]
