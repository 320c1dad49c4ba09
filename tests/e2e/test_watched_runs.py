"""Is every run watched: its processes, its tasks, and cases that take longer than they used to?"""

from __future__ import annotations

import os
from typing import Any

import pytest

from holdfast.builtin import COMPONENTS
from holdfast.measure.monitor import Monitor
from holdfast.model.run import RunRow
from holdfast.ports import Store
from holdfast.registry import Registry
from holdfast.store.open import open_store
from tests.e2e.project import Project, command, python

CODE = """
import asyncio, pathlib, time
def hold(mb, seconds=1.2):
    kept = bytearray(mb * 1_000_000)
    time.sleep(seconds)
    return len(kept)
async def gather(n):
    await asyncio.gather(*(asyncio.sleep(1.2) for _ in range(n)))
def as_told():
    time.sleep(float(pathlib.Path("seconds").read_text()))
"""


def last(project: Project) -> tuple[RunRow, Any]:
    place: dict[str, Any] = {"registry": Registry(COMPONENTS), "root": project.folder}
    store: Store = open_store("sqlite:///.holdfast/holdfast.db", **place)
    try:
        row = store.run("last")
        return row, store.series(row.id)
    finally:
        store.close()


@pytest.fixture
def watched(project: Project) -> Project:
    project.write("m.py", CODE)
    return project


def test_a_run_leaves_what_each_of_its_processes_used(watched: Project) -> None:
    holds = python("holds", "m:hold", **{"with": {"mb": 80}})
    gathers = python("gathers", "m:gather", **{"with": {"n": 30}})
    sleeps = command("sleeps", ["sleep", "1.2"])
    watched.suite("s", [holds, gathers, sleeps])
    ended, _ = watched.run("s.json")
    assert ended.code == 0, ended.out
    row, series = last(watched)
    assert row.watched.asked_hz == 10.0
    assert row.watched.reason == ""
    assert 0 < row.watched.share < 0.5
    assert {"holdfast", "host", "worker-1", "commands"} <= set(row.watched.peak_bytes)
    assert row.watched.peak_bytes["worker-1"] > 80e6 > row.watched.peak_bytes["host"]
    assert max(series["rss_bytes.worker-1"].values) > 80e6
    assert max(series["cases_in_flight"].values) == 3.0
    assert max(series["asyncio_tasks"].values) >= 30.0
    assert {"cpu.holdfast", "threads.host", "fds.worker-1"} <= set(series)
    assert "cpu.reaper" not in series
    for each in series.values():
        assert len(each.at_s) == len(each.values)
        assert each.at_s == sorted(each.at_s)
        assert 0 <= each.at_s[0] < each.at_s[-1] + 1e-9 < row.duration_s + 1


def test_a_run_may_go_unwatched_and_says_why(watched: Project) -> None:
    watched.suite("s", [python("holds", "m:hold", **{"with": {"mb": 1}})])
    ended, _ = watched.run("s.json", HOLDFAST_MONITOR="false")
    assert ended.code == 0, ended.out
    row, series = last(watched)
    assert (row.watched.asked_hz, row.watched.reason, series) == (0.0, "monitor = false", {})


def test_a_run_that_is_over_at_once_is_not_worth_a_monitor(
    watched: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.assembly.watching.START_AFTER_S", 60.0)
    watched.suite("s", [command("quick")])
    ended, _ = watched.quick_run("s.json")
    assert ended.code == 0, ended.out
    row, series = last(watched)
    assert row.watched.asked_hz == 0.0
    assert "over within" in row.watched.reason
    assert series == {}


def test_a_case_that_takes_longer_than_it_used_to_is_told_and_kept(watched: Project) -> None:
    watched.suite("s", [python("varies", "m:as_told")])
    watched.write("seconds", "0.05")
    for _ in range(8):
        ended, _ = watched.quick_run("s.json")
        assert "usually" not in ended.out
    watched.write("seconds", "1.6")
    ended, _ = watched.run("s.json")
    # A place to look, no verdict: the case passed.
    assert ended.code == 0
    assert "note: s/varies has taken" in ended.out
    assert "(its last 8 runs)" in ended.out
    row, _ = last(watched)
    [anomaly] = row.watched.anomalies
    assert (anomaly.case, anomaly.runs, anomaly.is_over) == ("s/varies", 8, True)
    assert anomaly.duration_s > 1.6
    assert anomaly.score > 3.5


def test_a_service_is_watched_by_its_name(watched: Project) -> None:
    watched.write(
        "holdfast.toml",
        """
[services.pages]
command = "python -m http.server {port} --bind 127.0.0.1"
[suites.s]
cases = ["s.json"]
""",
    )
    get = {"id": "get", "http": {"url": "{pages}/"}, "expect": [{"status": 200}]}
    holds = python("holds", "m:hold", **{"with": {"mb": 1}})
    watched.suite("s", [get, holds], services=["pages"])
    ended, _ = watched.run()
    assert ended.code == 0, ended.out
    row, series = last(watched)
    assert row.watched.peak_bytes["pages"] > 1e6
    assert max(series["threads.pages"].values) >= 1


def test_news_of_a_monitor_are_told_once() -> None:
    with Monitor(hz=100) as monitor:
        first = monitor.news()
        assert first.samples
        until = first.samples[-1].started
        later: list[float] = []
        while len(later) < 3:
            later += [sample.started for sample in monitor.news().samples]
    assert all(at > until for at in later)
    assert later == sorted(set(later))
    assert first.processes[0].pid == os.getpid()
