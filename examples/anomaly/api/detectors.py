"""Which routes serve detectors, their training and their detection?"""

from fastapi import APIRouter

from examples.anomaly.api.access import ServicesDep
from examples.anomaly.api.schemas import (
    BatchesIn,
    BatchOut,
    DetectorIn,
    DetectorOut,
    DetectorPatch,
    FullResultOut,
    JobOut,
    Limit,
    Offset,
    PageOut,
    RowsIn,
    page_to_plain,
)
from examples.anomaly.application import detection, detectors, training

router = APIRouter(tags=["detectors"])


@router.post("/detectors", status_code=201)
def create(services: ServicesDep, body: DetectorIn) -> DetectorOut:
    """Create a detector for a dataset."""
    return DetectorOut.of(detectors.create(services.store, **dict(body)))


@router.get("/detectors")
def page(
    services: ServicesDep,
    *,
    name: str | None = None,
    dataset_id: str | None = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> PageOut[DetectorOut]:
    """List detectors, oldest first."""
    found = detectors.page(
        services.store, name=name, dataset_id=dataset_id, limit=limit, offset=offset
    )
    return page_to_plain(found, [DetectorOut.of(detector) for detector in found.items])


@router.get("/detectors/{detector_id}")
def find(services: ServicesDep, detector_id: str) -> DetectorOut:
    """Read one detector."""
    return DetectorOut.of(detectors.find(services.store, detector_id))


@router.patch("/detectors/{detector_id}")
def update(services: ServicesDep, detector_id: str, body: DetectorPatch) -> DetectorOut:
    """Rename a detector or change its parameters; changed parameters ask for a new training."""
    return DetectorOut.of(
        detectors.update(services.store, detector_id, name=body.name, params=body.params)
    )


@router.delete("/detectors/{detector_id}", status_code=204)
def delete(services: ServicesDep, detector_id: str) -> None:
    """Delete a detector with its jobs and its results."""
    detectors.delete(services.store, detector_id)


@router.post("/detectors/{detector_id}/train", status_code=202)
def train(services: ServicesDep, detector_id: str) -> JobOut:
    """Queue a training."""
    return JobOut.of(training.request(services, detector_id))


@router.get("/detectors/{detector_id}/jobs")
def jobs(services: ServicesDep, detector_id: str) -> list[JobOut]:
    """List a detector's trainings, oldest first."""
    return [JobOut.of(job) for job in training.list_jobs(services.store, detector_id)]


@router.get("/jobs/{job_id}")
def find_job(services: ServicesDep, job_id: str) -> JobOut:
    """Read one training."""
    return JobOut.of(training.find_job(services.store, job_id))


@router.post("/detectors/{detector_id}/detect")
def detect(services: ServicesDep, detector_id: str, body: RowsIn) -> FullResultOut:
    """Judge rows and keep the result."""
    return FullResultOut.of(detection.detect(services, detector_id, body.rows))


@router.post("/detectors/{detector_id}/batch-detect")
def detect_batch(services: ServicesDep, detector_id: str, body: BatchesIn) -> BatchOut:
    """Judge several tables and keep a result for each; if one is refused, none is kept."""
    results = [
        FullResultOut.of(found)
        for found in detection.detect_batch(services, detector_id, body.batches)
    ]
    rows, count = sum(found.rows for found in results), sum(found.count for found in results)
    return BatchOut(results=results, rows=rows, count=count, rate=count / rows)


__all__ = ["router"]
