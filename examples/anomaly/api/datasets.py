"""Which routes serve datasets?"""

from fastapi import APIRouter

from examples.anomaly.api.access import ServicesDep
from examples.anomaly.api.schemas import (
    DatasetIn,
    DatasetOut,
    Limit,
    Offset,
    PageOut,
    page_to_plain,
)
from examples.anomaly.application import datasets

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.post("", status_code=201)
def upload(services: ServicesDep, body: DatasetIn) -> DatasetOut:
    """Upload a dataset."""
    return DatasetOut.of(datasets.upload(services.store, name=body.name, rows=body.rows))


@router.get("")
def page(
    services: ServicesDep, name: str | None = None, limit: Limit = 20, offset: Offset = 0
) -> PageOut[DatasetOut]:
    """List datasets, oldest first."""
    found = datasets.page(services.store, name=name, limit=limit, offset=offset)
    return page_to_plain(found, [DatasetOut.of(dataset) for dataset in found.items])


@router.get("/{dataset_id}")
def find(services: ServicesDep, dataset_id: str) -> DatasetOut:
    """Read one dataset, without its numbers."""
    return DatasetOut.of(datasets.find(services.store, dataset_id))


@router.delete("/{dataset_id}", status_code=204)
def delete(services: ServicesDep, dataset_id: str) -> None:
    """Delete a dataset with its detectors, their jobs and their results."""
    datasets.delete(services.store, dataset_id)


__all__ = ["router"]
