"""What does a run with `--update` approve? Snapshots and baselines, and it tells which files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from holdfast.assembly.baselines import write_baselines
from holdfast.assembly.snapshots import write_snapshots
from holdfast.model.plan import Plan
from holdfast.ports import Store

__all__ = ["write_approved"]


def write_approved(
    run_id: str, plan: Plan, store: Store, tell: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """Write what the run left where it is missing or another one; `tell` is told of the files.

    Raises:
        UsageError: a baseline cannot be written.
    """
    tell("snapshots", {"written": write_snapshots(run_id, plan, store)})
    for text in write_baselines(run_id, plan, store):
        tell("note", {"text": f"baseline {text}"})
