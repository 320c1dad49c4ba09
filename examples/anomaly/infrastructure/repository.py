"""How are datasets, detectors, jobs and results read and written in SQL?"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, insert, select, update

from examples.anomaly.domain.errors import NotFound
from examples.anomaly.domain.model import ACTIVE, Dataset, Detector, Job, Page, Result
from examples.anomaly.domain.rows import Rows
from examples.anomaly.infrastructure import convert, tables

T = TypeVar("T")


class SqlRepository:
    """The port `Repository` on one connection, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_dataset(self, dataset: Dataset, rows: Rows) -> None:
        self._connection.execute(
            insert(tables.datasets).values(convert.dataset_to_row(dataset, rows))
        )

    def dataset(self, dataset_id: str) -> Dataset:
        return convert.dataset_from_row(self._one(_without_cells(), tables.datasets, dataset_id))

    def dataset_rows(self, dataset_id: str) -> Rows:
        query = select(tables.datasets.c.cells, tables.datasets.c.columns)
        row = self._one(query, tables.datasets, dataset_id)
        return convert.rows_from_bytes(row["cells"], row["columns"])

    def datasets(self, *, name: str | None, limit: int, offset: int) -> Page[Dataset]:
        query = _where(_without_cells(), tables.datasets.c.name, name)
        return self._page(query, convert.dataset_from_row, limit=limit, offset=offset)

    def delete_dataset(self, dataset_id: str) -> None:
        self._delete(tables.datasets, dataset_id)

    def add_detector(self, detector: Detector) -> None:
        self._connection.execute(insert(tables.detectors).values(convert.detector_to_row(detector)))

    def detector(self, detector_id: str, *, lock: bool = False) -> Detector:
        query = select(tables.detectors)
        row = self._one(query.with_for_update() if lock else query, tables.detectors, detector_id)
        return convert.detector_from_row(row)

    def detectors(
        self, *, name: str | None, dataset_id: str | None, limit: int, offset: int
    ) -> Page[Detector]:
        query = _where(select(tables.detectors), tables.detectors.c.name, name)
        query = _where(query, tables.detectors.c.dataset_id, dataset_id)
        return self._page(query, convert.detector_from_row, limit=limit, offset=offset)

    def update_detector(self, detector: Detector) -> None:
        self._update(tables.detectors, convert.detector_to_row(detector))

    def delete_detector(self, detector_id: str) -> None:
        self._delete(tables.detectors, detector_id)

    def save_model(self, detector_id: str, payload: bytes) -> None:
        old = tables.models.c.detector_id == detector_id
        self._connection.execute(delete(tables.models).where(old))
        self._connection.execute(
            insert(tables.models).values(detector_id=detector_id, payload=payload)
        )

    def model(self, detector_id: str) -> bytes:
        query = select(tables.models.c.payload).where(tables.models.c.detector_id == detector_id)
        payload = self._connection.execute(query).scalar_one_or_none()
        if payload is None:
            raise NotFound("the detector has no model", at=f"detectors/{detector_id}")
        return bytes(payload)

    def add_job(self, job: Job) -> None:
        self._connection.execute(insert(tables.jobs).values(convert.job_to_row(job)))

    def job(self, job_id: str) -> Job:
        return convert.job_from_row(self._one(select(tables.jobs), tables.jobs, job_id))

    def jobs(self, detector_id: str) -> Sequence[Job]:
        return self._jobs(select(tables.jobs).where(tables.jobs.c.detector_id == detector_id))

    def unfinished_jobs(self) -> Sequence[Job]:
        return self._jobs(
            select(tables.jobs).where(tables.jobs.c.status.in_([s.value for s in ACTIVE]))
        )

    def update_job(self, job: Job) -> None:
        self._update(tables.jobs, convert.job_to_row(job))

    def add_result(self, result: Result) -> None:
        self._connection.execute(insert(tables.results).values(convert.result_to_row(result)))

    def result(self, result_id: str) -> Result:
        return convert.result_from_row(self._one(select(tables.results), tables.results, result_id))

    def results(self, *, detector_id: str | None, limit: int, offset: int) -> Page[Result]:
        query = _where(select(tables.results), tables.results.c.detector_id, detector_id)
        return self._page(query, convert.result_from_row, limit=limit, offset=offset)

    def _one(self, query: Select[*tuple[Any, ...]], table: Table, item_id: str) -> RowMapping:
        row = self._connection.execute(query.where(table.c.id == item_id)).mappings().one_or_none()
        if row is None:
            raise NotFound(
                f"no such item in {table.name}: {item_id!r}", at=f"{table.name}/{item_id}"
            )
        return row

    def _update(self, table: Table, values: dict[str, Any]) -> None:
        self._connection.execute(update(table).where(table.c.id == values["id"]).values(values))

    def _delete(self, table: Table, item_id: str) -> None:
        if self._connection.execute(delete(table).where(table.c.id == item_id)).rowcount == 0:
            raise NotFound(
                f"no such item in {table.name}: {item_id!r}", at=f"{table.name}/{item_id}"
            )

    def _jobs(self, query: Select[Any]) -> Sequence[Job]:
        rows = self._connection.execute(query.order_by(tables.jobs.c.seq)).mappings()
        return [convert.job_from_row(row) for row in rows]

    def _page(
        self, query: Select[Any], read: Callable[[RowMapping], T], *, limit: int, offset: int
    ) -> Page[T]:
        found = query.subquery()
        total = self._connection.execute(select(func.count()).select_from(found)).scalar_one()
        cut = select(found).order_by(found.c.seq).limit(limit).offset(offset)
        rows = self._connection.execute(cut).mappings()
        return Page(items=tuple(read(row) for row in rows), total=total, limit=limit, offset=offset)


def _without_cells() -> Select[Any]:
    return select(*(column for column in tables.datasets.c if column.name != "cells"))


def _where(query: Select[Any], column: Any, wanted: str | None) -> Select[Any]:
    return query if wanted is None else query.where(column == wanted)


__all__ = ["SqlRepository"]
