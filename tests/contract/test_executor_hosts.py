"""What do many calls in one host owe each other?"""

from __future__ import annotations

import asyncio

from holdfast.execute.pool import Pool
from holdfast.model.evidence import Evidence
from holdfast.process.reaper_client import Reaper
from tests.contract.executor_kit import error_of, later, run_with_pool, tags


def test_the_prints_of_concurrent_calls_do_not_mix() -> None:
    texts = ["abcdef", "ghijkl", "mnopqr"]

    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [pool.call(later("prints_async", text=text)) for text in texts]
        return list(await asyncio.gather(*calls))

    for text, evidence in zip(texts, run_with_pool(use), strict=True):
        assert evidence.stdout is not None
        assert evidence.stdout.text == f"{text}\ufffd\nthread\n"
        assert evidence.stderr is not None
        assert evidence.stderr.text == text.upper()


def test_a_host_that_dies_under_many_accuses_none_of_them() -> None:
    async def use(pool: Pool, _: Reaper) -> tuple[list[Evidence], Evidence]:
        waiting = [pool.call(later("waits", seconds=60.0)) for _ in range(3)]
        together = await asyncio.gather(*waiting, pool.call(later("exits_async", code=3)))
        return list(together), await pool.call(later("value_async"))

    together, after = run_with_pool(use)
    assert [tags(evidence) for evidence in together] == [("shared",)] * 4
    assert {error_of(evidence)[2] for evidence in together} == {"host ended with exit 3 (one of 4)"}
    assert after.value == {"n": 1, "text": ""}
    assert after.worker == "host"


def test_calls_that_share_a_host_with_one_that_is_killed_are_lost_and_not_guilty() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [later("waits", seconds=60.0), later("swallows_cancellation", timeout_s=0.2)]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    innocent, guilty = run_with_pool(use)
    assert tags(innocent) == ("lost",)
    assert error_of(innocent)[0] == "crash"
    assert "killed because of another case" in error_of(innocent)[2]
    assert error_of(guilty)[0] == "timeout"
    assert tags(guilty) == ()


def test_the_call_that_blocks_the_loop_is_named_and_the_others_get_their_time_back() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [
            later("waits", seconds=60.0, timeout_s=0.5),
            later("blocks", seconds=60.0, timeout_s=2.0),
        ]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    waiting, blocking = run_with_pool(use)
    assert error_of(blocking) == (
        "timeout",
        "",
        "no end within 2 s: it blocked the event loop",
    )
    assert "in blocks" in (blocking.error.traceback if blocking.error else "")
    assert tags(waiting) == ("lost",)


def test_who_shares_a_host_whose_interpreter_is_held_runs_again() -> None:
    async def use(pool: Pool, _: Reaper) -> list[Evidence]:
        calls = [later("waits", seconds=60.0), later("holds_the_interpreter_async", timeout_s=0.2)]
        return list(await asyncio.gather(*(pool.call(each) for each in calls)))

    assert [tags(evidence) for evidence in run_with_pool(use)] == [("shared",), ("shared",)]
