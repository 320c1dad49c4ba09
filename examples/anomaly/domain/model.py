"""What are a dataset, a detector, a job and a result, and which way may a status go?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from examples.anomaly.domain.errors import Conflict
from examples.anomaly.domain.params import Params


class Status(StrEnum):
    """Where a detector or a job stands; only a detector can be `created`."""

    CREATED = "created"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


ACTIVE = frozenset({Status.PENDING, Status.RUNNING})
NEXT: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.PENDING}),
    Status.PENDING: frozenset({Status.RUNNING, Status.FAILED}),
    Status.RUNNING: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table of numbers; the numbers themselves stay in the store."""

    id: str
    name: str
    rows: int
    columns: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Detector:
    """An algorithm with its parameters, bound to the dataset that it learns from."""

    id: str
    name: str
    dataset_id: str
    params: Params
    algorithm: str
    status: Status
    error: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a job's life."""

    status: Status
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training in the background, with every status that it went through."""

    id: str
    detector_id: str
    status: Status
    error: str | None
    history: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a detector said about a table: 1 and a score above 0 mean anomaly."""

    id: str
    detector_id: str
    labels: tuple[int, ...]
    scores: tuple[float, ...]
    created_at: datetime

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return len(self.labels)

    @property
    def count(self) -> int:
        """How many of them are anomalies."""
        return sum(self.labels)

    @property
    def rate(self) -> float:
        """The share of anomalies."""
        return self.count / self.rows


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some of all items, in the order in which they were made."""

    items: tuple[T, ...]
    total: int
    limit: int
    offset: int


def advance(job: Job, status: Status, *, at: datetime, error: str | None = None) -> Job:
    """Move a job on by one status.

    Raises:
        Conflict: the status cannot follow the present one.
    """
    if status not in NEXT[job.status]:
        raise Conflict(f"a job cannot go from {job.status} to {status}", at=f"jobs/{job.id}")
    return replace(
        job, status=status, error=error, history=(*job.history, Event(status=status, at=at))
    )


__all__ = [
    "ACTIVE",
    "NEXT",
    "Dataset",
    "Detector",
    "Event",
    "Job",
    "Page",
    "Result",
    "Status",
    "advance",
]
