"""How does a stored row become a value of the domain, and back?"""

from array import array
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import RowMapping

from examples.anomaly.domain.model import Dataset, Detector, Event, Job, Result, Status
from examples.anomaly.domain.params import params_to_plain, parse_params
from examples.anomaly.domain.rows import Rows

Plain: TypeAlias = dict[str, Any]


def rows_to_bytes(rows: Rows) -> bytes:
    """Pack a table as 64-bit floats, row after row."""
    return array("d", [float(number) for row in rows for number in row]).tobytes()


def rows_from_bytes(cells: bytes, columns: int) -> Rows:
    """Unpack what `rows_to_bytes` packed."""
    flat = array("d")
    flat.frombytes(cells)
    return [flat[start : start + columns].tolist() for start in range(0, len(flat), columns)]


def dataset_from_row(row: RowMapping) -> Dataset:
    """Read a dataset, without its numbers."""
    return Dataset(
        id=row["id"],
        name=row["name"],
        rows=row["rows"],
        columns=row["columns"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def dataset_to_row(dataset: Dataset, rows: Rows) -> Plain:
    """Write a dataset with its numbers."""
    return {
        "id": dataset.id,
        "name": dataset.name,
        "rows": dataset.rows,
        "columns": dataset.columns,
        "created_at": dataset.created_at.isoformat(),
        "cells": rows_to_bytes(rows),
    }


def detector_from_row(row: RowMapping) -> Detector:
    """Read a detector."""
    return Detector(
        id=row["id"],
        name=row["name"],
        dataset_id=row["dataset_id"],
        algorithm=row["algorithm"],
        params=parse_params(row["algorithm"], row["params"]),
        status=Status(row["status"]),
        error=row["error"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def detector_to_row(detector: Detector) -> Plain:
    """Write a detector."""
    return {
        "id": detector.id,
        "name": detector.name,
        "dataset_id": detector.dataset_id,
        "algorithm": detector.algorithm,
        "params": params_to_plain(detector.params),
        "status": detector.status.value,
        "error": detector.error,
        "created_at": detector.created_at.isoformat(),
    }


def job_from_row(row: RowMapping) -> Job:
    """Read a job with its history."""
    history = tuple(
        Event(status=Status(status), at=datetime.fromisoformat(at)) for status, at in row["history"]
    )
    return Job(
        id=row["id"],
        detector_id=row["detector_id"],
        status=Status(row["status"]),
        error=row["error"],
        history=history,
    )


def job_to_row(job: Job) -> Plain:
    """Write a job with its history."""
    return {
        "id": job.id,
        "detector_id": job.detector_id,
        "status": job.status.value,
        "error": job.error,
        "history": [[event.status.value, event.at.isoformat()] for event in job.history],
    }


def result_from_row(row: RowMapping) -> Result:
    """Read a result."""
    return Result(
        id=row["id"],
        detector_id=row["detector_id"],
        labels=tuple(row["labels"]),
        scores=tuple(row["scores"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def result_to_row(result: Result) -> Plain:
    """Write a result."""
    return {
        "id": result.id,
        "detector_id": result.detector_id,
        "labels": list(result.labels),
        "scores": list(result.scores),
        "created_at": result.created_at.isoformat(),
    }


__all__ = [
    "dataset_from_row",
    "dataset_to_row",
    "detector_from_row",
    "detector_to_row",
    "job_from_row",
    "job_to_row",
    "result_from_row",
    "result_to_row",
    "rows_from_bytes",
    "rows_to_bytes",
]
