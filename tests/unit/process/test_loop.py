"""Does a run's loop leave the process as it found it?"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
from typing import Any

import pytest

from holdfast.errors import Interrupted
from holdfast.process import loop as loop_module
from holdfast.process.loop import GC_THRESHOLD, frozen_heap, run_loop


@pytest.fixture(autouse=True, scope="module")
def has_had_a_loop() -> None:
    """Make the descriptors that the first loop of a process opens for good."""
    run_loop(asyncio.sleep(0))


async def look() -> tuple[int, Any]:
    return gc.get_threshold()[0], type(asyncio.get_running_loop()).__module__


def test_a_run_collects_rarely_and_others_as_before() -> None:
    before = gc.get_threshold()
    threshold, _ = run_loop(look())
    assert threshold == GC_THRESHOLD
    assert gc.get_threshold() == before


def test_the_faster_loop_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_loop(look())[1] == ("uvloop" if importlib.util.find_spec("uvloop") else "asyncio")
    monkeypatch.setattr(loop_module.importlib.util, "find_spec", lambda name: None)
    assert run_loop(look())[1].startswith("asyncio")


def test_a_cancelled_run_was_interrupted_and_an_error_is_its_own() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def failed() -> None:
        raise KeyError("x")

    before = gc.get_threshold()
    with pytest.raises(Interrupted):
        run_loop(cancelled())
    with pytest.raises(KeyError):
        run_loop(failed())
    assert gc.get_threshold() == before


def test_a_frozen_heap_thaws_on_every_way_out() -> None:
    with frozen_heap():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    with pytest.raises(KeyError), frozen_heap():
        raise KeyError("x")
    assert gc.get_freeze_count() == 0
