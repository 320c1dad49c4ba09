"""How does a training run in the background, and what becomes of it?"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from examples.anomaly.application.identity import new_id, now
from examples.anomaly.application.ports import Algorithms, Repository, Services, Store
from examples.anomaly.domain.errors import Conflict, NotFound, TrainingFailed
from examples.anomaly.domain.model import ACTIVE, Event, Job, Status, advance
from examples.anomaly.domain.params import Params
from examples.anomaly.domain.rows import Rows

log = logging.getLogger(__name__)


def request(services: Services, detector_id: str) -> Job:
    """Queue a training and return its job.

    Raises:
        Conflict: the detector has a training that has not ended.
    """
    started = Event(status=Status.PENDING, at=now())
    job = Job(
        id=new_id(), detector_id=detector_id, status=Status.PENDING, error=None, history=(started,)
    )
    with services.store.write() as repository:
        detector = repository.detector(detector_id, lock=True)
        if detector.status in ACTIVE:
            raise Conflict(
                f"a training is already {detector.status}", at=f"detectors/{detector_id}"
            )
        repository.add_job(job)
        repository.update_detector(replace(detector, status=Status.PENDING, error=None))
    services.queue.submit(job.id)
    return job


def find_job(store: Store, job_id: str) -> Job:
    """Find one job."""
    with store.read() as repository:
        return repository.job(job_id)


def list_jobs(store: Store, detector_id: str) -> Sequence[Job]:
    """List a detector's jobs, oldest first."""
    with store.read() as repository:
        repository.detector(detector_id)
        return repository.jobs(detector_id)


def run(store: Store, algorithms: Algorithms, job_id: str) -> None:
    """Carry a queued training out; it always ends as completed or failed, or was deleted meanwhile."""
    try:
        with store.write() as repository:
            job = _move(repository, job_id, Status.RUNNING)
            detector = repository.detector(job.detector_id)
            rows = repository.dataset_rows(detector.dataset_id)
        model, error = _fit(algorithms, detector.params, rows)
        with store.write() as repository:
            if model is None:
                _move(repository, job_id, Status.FAILED, error=error)
            else:
                _move(repository, job_id, Status.COMPLETED)
                repository.save_model(detector.id, model)
    except NotFound as gone:
        log.info("job %s was deleted before it ended: %s", job_id, gone.at)


def recover(store: Store) -> int:
    """Fail the jobs that an earlier process left unfinished; return how many there were."""
    with store.write() as repository:
        lost = repository.unfinished_jobs()
        for job in lost:
            _move(
                repository,
                job.id,
                Status.FAILED,
                error="the service stopped before the training ended",
            )
    return len(lost)


def _fit(algorithms: Algorithms, params: Params, rows: Rows) -> tuple[bytes | None, str | None]:
    try:
        return algorithms.fit(params, rows), None
    except TrainingFailed as refused:
        return None, refused.message
    except Exception as unexpected:
        log.exception("a training broke")
        return None, f"{type(unexpected).__name__}: {unexpected}"


def _move(repository: Repository, job_id: str, status: Status, *, error: str | None = None) -> Job:
    job = advance(repository.job(job_id), status, at=now(), error=error)
    detector = repository.detector(job.detector_id, lock=True)
    repository.update_job(job)
    repository.update_detector(replace(detector, status=status, error=error))
    return job


__all__ = ["find_job", "list_jobs", "recover", "request", "run"]
