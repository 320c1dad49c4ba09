"""Does the probe `loop_lag` measure the loop of the call alone, and name what blocked it?"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.execute.surrounded import call_surrounded
from holdfast.measure.monitor_child import CallRequest, LagRequest, carry_out
from holdfast.model.case import Case, Surround, Target
from holdfast.model.evidence import Evidence
from holdfast.ports import BadParams
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from tests.contract.target_kit import REGISTRY, context

PROBE = REGISTRY.load("probe", "loop_lag")
LAG = Surround(kind="probe", name="loop_lag", params={"period": "2ms", "threshold": "20ms"})
MONITOR = Surround(kind="probe", name="monitor", params={"hz": 50})
# Many looks long, so that a busy machine cannot miss all of them.
CODE = """
import asyncio, os, time

async def blocks(seconds):
    await asyncio.sleep(0.01)
    time.sleep(seconds)
    await asyncio.sleep(0.01)
    return os.getpid()

async def fails():
    raise ValueError("no")

def plain():
    return 1
"""


@pytest.fixture
def module(tmp_path: Path) -> str:
    path = tmp_path / "lagging_code.py"
    path.write_text(CODE)
    return str(path)


def call(ref: str, kwargs: dict[str, Any], *around: Surround) -> Evidence:
    spec = {"ref": ref, "with": kwargs}
    case = Case(suite="s", id="c", target=Target(kind="python", spec=spec), surround=around)

    async def main() -> Evidence:
        reaper = Reaper(f"test-loop-lag-{os.getpid()}")
        reaper.attach(asyncio.get_running_loop())
        try:
            held = context(case=case, spawn=partial(spawn_child, reaper), timeout_s=30.0)
            return await call_surrounded(REGISTRY.load("target", "python"), spec, held)
        finally:
            reaper.close()

    return asyncio.run(main())


@pytest.mark.parametrize("around", [(LAG,), (LAG, MONITOR), (MONITOR, LAG)])
def test_what_blocks_the_loop_of_a_call_is_measured_and_named(
    module: str, around: tuple[Surround, ...]
) -> None:
    evidence = call(f"{module}:blocks", {"seconds": 0.4}, *around)
    assert evidence.value != os.getpid()
    assert evidence.measurements["loop_lag.max"] > 0.02
    assert evidence.measurements["loop_lag.count"] >= 1
    stacks = {each["place"]: each["stack"] for each in evidence.facts["loop_lag"]}
    assert "time.sleep(seconds)" in stacks[f"{module}:6 (blocks)"]
    assert ("monitor" in evidence.facts) == (MONITOR in around)


def carried_out(ref: str, kwargs: dict[str, Any]) -> Evidence:
    lag = LagRequest(period_s=0.01, threshold_s=0.05)
    request = CallRequest(ref=ref, kwargs=kwargs, seed=0, root="", lag=lag)
    return carry_out(request).evidence


def test_a_call_that_raises_is_told_as_ever_with_its_lag(module: str) -> None:
    evidence = carried_out(f"{module}:fails", {})
    assert evidence.error is not None
    assert (evidence.error.kind, evidence.error.type) == ("exception", "ValueError")
    assert "loop_lag.count" in evidence.measurements


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        ("plain", {}, "loop_lag must have a coroutine function"),
        ("blocks", {"second": 1}, "missing a required argument: 'seconds'"),
    ],
)
def test_what_has_no_loop_to_measure_was_never_called(
    module: str, name: str, kwargs: dict[str, Any], message: str
) -> None:
    evidence = carried_out(f"{module}:{name}", kwargs)
    assert evidence.error is not None
    assert evidence.error.kind == "setup"
    assert message in evidence.error.message


def test_a_call_that_a_condition_makes_is_refused(module: str) -> None:
    params: dict[str, Any] = {"allow": [], "mode": "observe"}
    other = Surround(kind="condition", name="capabilities", params=params)
    evidence = call(f"{module}:blocks", {"seconds": 0}, other, LAG)
    assert evidence.error is not None
    assert evidence.error.kind == "setup"
    assert "loop_lag must make the call itself, got 'capabilities'" in evidence.error.message


def test_its_parameters_have_defaults() -> None:
    assert PROBE.check(None) == {"period": "10ms", "threshold": "50ms"}
    assert PROBE.check({"threshold": "1s"}) == {"period": "10ms", "threshold": "1s"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"perod": "1ms"}, "no such key 'perod' in loop_lag; did you mean 'period'?"),
        ({"period": "0s"}, "period must be a duration above 0, got '0s'"),
        ({"period": 10}, "period must be a duration above 0, got 10"),
        ({"threshold": "5 KB"}, "KB"),
        ([1], "loop_lag must be an object"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(raw: Any, message: str) -> None:
    with pytest.raises(BadParams, match=message.replace("?", r"\?")):
        PROBE.check(raw)
