"""Does the loop's lag show, with what blocked it, and is nothing left behind?"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from holdfast.measure import LoopLag
from holdfast.measure.loop_lag import MOST_MISSED, looks_within
from holdfast.model.evidence import Evidence
from holdfast.process.page import close_page, open_page

# Many looks long, so that a busy machine cannot miss all of them.
BLOCK_S = 0.5


def blocks_the_loop() -> None:
    time.sleep(BLOCK_S)


async def blocked() -> LoopLag:
    with LoopLag(period_s=0.002, threshold_s=0.02) as lag:
        await asyncio.sleep(0.02)
        blocks_the_loop()
        await asyncio.sleep(0.02)
    return lag


def test_what_blocks_a_loop_is_named() -> None:
    lag = asyncio.run(blocked())
    assert lag.max_s >= 0.02
    assert lag.p50_s <= lag.p99_s <= lag.max_s
    assert any("blocks_the_loop" in each.stack for each in lag.blocked)
    assert [each.lag_s for each in lag.blocked] == sorted(
        (each.lag_s for each in lag.blocked), reverse=True
    )


def test_a_block_until_the_very_end_counts() -> None:
    async def main() -> LoopLag:
        with LoopLag(period_s=0.002, threshold_s=0.02) as lag:
            blocks_the_loop()
        return lag

    lag = asyncio.run(main())
    assert lag.count == 1
    assert "blocks_the_loop" in lag.blocked[0].stack


def test_the_lag_becomes_a_measurement_of_the_call() -> None:
    page = open_page(is_alone=True)
    lag = asyncio.run(blocked())
    evidence = close_page(page, Evidence())
    assert evidence.measurements["loop_lag.max"] == lag.max_s
    assert evidence.measurements["loop_lag.count"] == lag.count
    assert evidence.facts["loop_lag"][0]["lag_s"] == lag.blocked[0].lag_s


def test_a_loop_that_was_never_asked_has_no_lag() -> None:
    async def main() -> LoopLag:
        with LoopLag(period_s=60) as lag:
            await asyncio.sleep(0)
        return lag

    lag = asyncio.run(main())
    assert (lag.count, lag.p50_s, lag.p99_s, lag.max_s, lag.blocked) == (0, 0.0, 0.0, 0.0, ())


def test_looks_that_were_due_while_it_was_blocked_count() -> None:
    assert looks_within(0.004, 0.01) == [0.004]
    assert looks_within(0.25, 0.1) == pytest.approx([0.25, 0.15, 0.05])
    assert len(looks_within(3600.0, 0.001)) <= MOST_MISSED + 1


def test_a_loop_that_is_blocked_most_of_the_time_is_late_most_of_the_time() -> None:
    lag = asyncio.run(blocked())
    # Half a second of half a second and a little: half of it, less what a busy machine takes.
    assert lag.p50_s > 0.1
    assert lag.count < 50


def test_without_a_running_loop_it_cannot_begin() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"), LoopLag():
        pass


@pytest.mark.parametrize("period_s", [0, -1, "1"])
def test_a_period_that_means_nothing_is_refused(period_s: Any) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        LoopLag(period_s=period_s)
