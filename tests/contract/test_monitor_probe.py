"""Does the probe `monitor` watch the process that the call is, and say what its figures are worth?"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from holdfast.execute.surrounded import call_surrounded
from holdfast.measure.monitor_child import CallRequest, carry_out
from holdfast.model.case import Case, Surround, Target
from holdfast.model.evidence import Evidence
from holdfast.ports import BadParams
from holdfast.process.child import spawn_child
from holdfast.process.reaper_client import Reaper
from tests.contract.target_kit import REGISTRY, context

PROBE = REGISTRY.load("probe", "monitor")
CODE = """
import os, sys, time
kept = []

def peak(megabytes):
    return len(b"x" * (megabytes * 1_000_000))

def grow(megabytes):
    kept.append(b"x" * (megabytes * 1_000_000))

async def say(text):
    print(text)
    return os.getpid()

def fail():
    raise ValueError("no")

def crash():
    os._exit(3)

def hang():
    time.sleep(60)
"""


@pytest.fixture
def module(tmp_path: Path) -> str:
    path = tmp_path / "watched_code.py"
    path.write_text(CODE)
    return str(path)


def call(kind: str, spec: dict[str, Any], *more: Surround, timeout_s: float = 30.0) -> Evidence:
    around = (Surround(kind="probe", name="monitor", params={"hz": 100}), *more)
    case = Case(suite="s", id="c", target=Target(kind=kind, spec=spec), surround=around)

    async def main() -> Evidence:
        reaper = Reaper(f"test-monitor-{os.getpid()}")
        reaper.attach(asyncio.get_running_loop())
        try:
            spawn = partial(spawn_child, reaper)
            held = context(case=case, spawn=spawn, timeout_s=timeout_s)
            return await call_surrounded(REGISTRY.load("target", kind), spec, held)
        finally:
            reaper.close()

    return asyncio.run(main())


def test_the_peak_of_a_python_call_is_counted_by_the_kernel(module: str) -> None:
    evidence = call("python", {"ref": f"{module}:peak", "with": {"megabytes": 70}})
    assert evidence.value == 70_000_000
    assert evidence.measurements["peak_rss"] > 70_000_000
    assert evidence.measurements["rss_growth"] < 35_000_000
    assert (evidence.facts["monitor"]["peak_by"], evidence.facts["monitor"]["growth_by"]) == (
        "kernel",
        "call",
    )


def test_what_a_call_keeps_is_growth(module: str) -> None:
    evidence = call("python", {"ref": f"{module}:grow", "with": {"megabytes": 70}})
    assert 60_000_000 < evidence.measurements["rss_growth"] < 80_000_000


def test_a_coroutine_function_is_called_in_a_process_of_its_own(module: str) -> None:
    evidence = call("python", {"ref": f"{module}:say", "with": {"text": "hello"}})
    assert evidence.value != os.getpid()
    assert evidence.facts["monitor"]["pids"] == [evidence.value]
    assert evidence.stdout is not None
    assert evidence.stdout.text == "hello\n"


@pytest.mark.parametrize(
    ("name", "kind", "timeout_s"),
    [("fail", "exception", 30.0), ("crash", "crash", 30.0), ("hang", "timeout", 1.0)],
)
def test_a_call_that_ends_badly_is_told_as_ever(
    module: str, name: str, kind: str, timeout_s: float
) -> None:
    evidence = call("python", {"ref": f"{module}:{name}"}, timeout_s=timeout_s)
    assert evidence.error is not None
    assert evidence.error.kind == kind
    assert "monitor" in evidence.facts


def test_a_command_is_watched_with_all_that_it_starts() -> None:
    inner = "import time; time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    evidence = call("command", {"argv": [sys.executable, "-c", code]})
    fact = evidence.facts["monitor"]
    assert (fact["processes"], fact["peak_by"]) == (2, "samples")
    assert len(fact["ended"]) == 2
    assert fact["samples"] > 1
    assert max(evidence.series["processes"].values) == 2
    names = {name.partition(".")[0] for name in evidence.series}
    assert {"rss_bytes", "threads", "cpu", "uss_bytes", "fds"} <= names
    assert evidence.measurements["peak_rss"] == max(
        evidence.measurements["peak_rss"], *evidence.series["rss_bytes"].values
    )


def test_the_peak_of_a_command_that_starts_nothing_is_counted_by_the_kernel() -> None:
    # Too short a spike for the samples, and over when they stop.
    code = "b = bytearray(80_000_000); b[::4096] = b'x' * len(b[::4096])"
    evidence = call("command", {"argv": [sys.executable, "-S", "-c", code]})
    assert evidence.facts["monitor"]["peak_by"] == "ended"
    assert 80_000_000 < evidence.measurements["peak_rss"] < 160_000_000


def test_under_a_condition_the_call_is_the_conditions() -> None:
    other = Surround(kind="condition", name="capabilities", params={"allow": [], "mode": "observe"})
    evidence = call("python", {"ref": "os:getpid"}, other)
    assert evidence.value == evidence.facts["monitor"]["pids"][0]
    assert evidence.facts["monitor"]["growth_by"] == "samples"
    assert "capabilities" in evidence.facts


def test_the_memory_before_and_after_a_call_is_told(module: str) -> None:
    paths = list(sys.path)
    request = CallRequest(ref="os.path:basename", kwargs={"p": "a/b"}, seed=0, root="somewhere")
    answer = carry_out(request)
    assert sys.path[0] == "somewhere"
    sys.path[:] = paths
    assert answer.evidence.value == "b"
    assert answer.before_bytes is not None
    assert answer.after_bytes is not None
    assert answer.peak_bytes is not None
    assert 0 < answer.before_bytes <= answer.peak_bytes + 1_000_000


def test_a_function_that_is_not_there_was_never_called() -> None:
    evidence = call("python", {"ref": "os:nothing_of_the_kind"})
    assert evidence.error is not None
    assert evidence.error.kind == "setup"


def test_the_rate_has_a_default() -> None:
    assert PROBE.check(None) == {"hz": 10}
    assert PROBE.check({"hz": 0.5}) == {"hz": 0.5}


@pytest.mark.parametrize("raw", [{"hz": 0}, {"hz": True}, {"hz": "10"}, {"rate": 1}, [1], 10])
def test_parameters_that_mean_nothing_are_refused(raw: Any) -> None:
    with pytest.raises(BadParams):
        PROBE.check(raw)
