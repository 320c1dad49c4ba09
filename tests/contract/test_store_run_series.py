"""Does every store keep what a run's processes used, and how long its cases took lately?"""

from __future__ import annotations

import pytest

from holdfast.model.evidence import Series
from holdfast.ports import Store
from holdfast.store.schema import SCHEMA, prepare
from tests.contract.store_kit import Opener, finished_run, plan, run_row

MB = 1_000_000.0


def test_chunks_of_a_series_come_back_whole_and_in_order(opener: Opener) -> None:
    store = opener()
    store.open_run(run_row("r1"), plan("a"))
    store.add_series("r1", "rss_bytes.host", Series(at_s=[0.5, 0.75], values=[MB, 2 * MB]))
    store.add_series("r1", "tasks", Series(at_s=[0.5], values=[3.0]))
    store.add_series("r1", "rss_bytes.host", Series(at_s=[10.25], values=[3 * MB]))
    assert store.pending() == 3
    store.flush()
    expected = {
        "rss_bytes.host": Series(at_s=[0.5, 0.75, 10.25], values=[MB, 2 * MB, 3 * MB]),
        "tasks": Series(at_s=[0.5], values=[3.0]),
    }
    assert store.series("r1") == expected
    store.close()
    again = opener()
    assert again.series("r1") == expected
    again.close()


def test_series_of_different_runs_are_kept_apart(store: Store) -> None:
    for run, value in (("r1", 1.0), ("r2", 2.0)):
        store.open_run(run_row(run), plan("a"))
        store.add_series(run, "tasks", Series(at_s=[1.0], values=[value]))
    store.flush()
    assert store.series("r1")["tasks"].values == [1.0]
    assert store.series("r2")["tasks"].values == [2.0]


def test_a_run_that_nobody_watched_has_no_series(store: Store) -> None:
    finished_run(store, "r1", "a")
    assert store.series("r1") == {}


def test_a_resumed_run_adds_to_its_series(opener: Opener) -> None:
    first = opener()
    first.open_run(run_row("r1"), plan("a"))
    first.add_series("r1", "tasks", Series(at_s=[1.0], values=[1.0]))
    first.close()
    second = opener()
    second.open_segment("r1", plan("a"), "")
    second.add_series("r1", "tasks", Series(at_s=[1.0], values=[2.0]))
    second.flush()
    assert second.series("r1")["tasks"].values == [1.0, 2.0]
    second.close()


def test_the_last_passed_durations_are_known_oldest_first(store: Store) -> None:
    for n in range(30):
        finished_run(store, f"r{n}", "a", duration_s=1.5 + n)
    finished_run(store, "failed", "a", status="failed", duration_s=99.0)
    finished_run(store, "cached", "a", cached_from="r1", duration_s=99.0)
    recent = store.recent_durations(["s/a", "s/never"])
    assert recent == {"s/a": tuple(1.5 + n for n in range(6, 30))}


@pytest.mark.parametrize("duration_s", [0.0, 0.000_001, 0.25, 86_400.0])
def test_a_duration_of_any_size_comes_back(store: Store, duration_s: float) -> None:
    finished_run(store, "r1", "a", duration_s=duration_s)
    assert store.recent_durations(["s/a"])["s/a"] == pytest.approx((duration_s,), abs=1e-6)


def test_a_store_of_version_one_is_lifted_with_its_history(opener: Opener) -> None:
    store = opener()
    finished_run(store, "r1", "a", duration_s=2.0)
    session = store._session
    session.run("DROP TABLE run_series")
    session.run("ALTER TABLE history DROP COLUMN recent")
    session.run("UPDATE format SET version = 1")
    prepare(session, "x")
    assert session.query("SELECT version FROM format") == [(SCHEMA.version,)]
    assert store.recent_durations(["s/a"]) == {"s/a": ()}
    assert store.durations(["s/a"]) == {"s/a": 2.0}
    finished_run(store, "r2", "a", duration_s=4.0)
    assert store.recent_durations(["s/a"]) == {"s/a": (4.0,)}
    store.add_series("r2", "tasks", Series(at_s=[1.0], values=[1.0]))
    store.flush()
    assert store.series("r2")["tasks"].values == [1.0]
    store.close()
