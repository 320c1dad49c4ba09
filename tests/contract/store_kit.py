"""Which plans, attempts and results do tests of stores hand in?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from holdfast.model.case import Case, Expect, Target
from holdfast.model.codec import encode
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding, Status, combine
from holdfast.model.plan import Plan, PlannedCase
from holdfast.model.result import Attempt, Result
from holdfast.model.run import RunRow
from holdfast.ports import Store

__all__ = [
    "STORES",
    "Opener",
    "attempt",
    "case",
    "finish",
    "finished_run",
    "kept",
    "plan",
    "result",
    "run_row",
]

STORES = ("sqlite", "postgresql")
# Opens the same store again; another one than before.
Opener = Callable[[], Any]
GOOD = Finding(expectation="equals", status="passed", message="the value was 1")


def run_row(run_id: str, **fields: Any) -> RunRow:
    return RunRow(**{"id": run_id, "seed": 7, "started": "2026-01-31T12:00:00Z", **fields})


def case(name: str, **fields: Any) -> Case:
    target = Target(kind="python", spec={"call": f"m:{name}"})
    values = {"expect": (Expect("equals", 1),), "source": f"c.json:{len(name)}", "tags": ("fast",)}
    return Case(**{"suite": "s", "id": name, "target": target, **values, **fields})


def plan(*cases: Case | str, version: str = "") -> Plan:
    """A plan of these cases; another `version` gives each another key."""
    authored = [each if isinstance(each, Case) else case(each) for each in cases]
    planned = tuple(
        PlannedCase(index=index, case=each, key=f"key-{each.full_id}{version}")
        for index, each in enumerate(authored)
    )
    return Plan(cases=planned, suites={})


def attempt(n: int = 1, findings: Sequence[Finding] = (GOOD,), **fields: Any) -> Attempt:
    status = combine(tuple(findings))
    values = {"n": n, "status": status, "started_s": 0.5 * n, "duration_s": 0.25, "worker": "h1"}
    return Attempt(**{**values, "findings": tuple(findings), **fields})


def result(name: str, *attempts: Attempt, status: Status | None = None, **fields: Any) -> Result:
    final: Any = status or attempts[-1].status
    values = {"suite": "s", "id": name, "status": final, "started_s": 0.5, "duration_s": 0.25}
    return Result(**{**values, "attempts": attempts, **fields})


def finish(store: Store, run_id: str, index: int, final: Result, value: Any = 1) -> None:
    """Hand in a case as a run does: each attempt's start and end, then the result."""
    for each in final.attempts:
        store.start_attempt(run_id, index, each.n, each.started_s, each.worker)
        store.end_attempt(run_id, index, each, encode(Evidence(value=value)))
    store.end_case(run_id, index, final)


def finished_run(store: Store, run_id: str, *names: str, **fields: Any) -> None:
    """A whole run in which every case has the same kind of result."""
    store.open_run(run_row(run_id, planned=len(names)), plan(*names))
    for index, name in enumerate(names):
        finish(store, run_id, index, result(name, attempt(), **fields))
    store.close_run(run_row(run_id, planned=len(names), finished="2026-01-31T12:01:00Z"))


def kept(store: Store, run_id: str) -> list[Any]:
    return [final for _, final in store.results(run_id)]
