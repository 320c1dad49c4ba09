"""How are rows judged, and where do the answers stay?"""

from collections.abc import Sequence

from examples.anomaly.application.identity import new_id, now
from examples.anomaly.application.ports import Repository, Services, Store
from examples.anomaly.domain.errors import BadInput, Conflict
from examples.anomaly.domain.model import Page, Result, Status
from examples.anomaly.domain.rows import Rows, check_rows

MAX_BATCHES = 100


def detect(services: Services, detector_id: str, rows: Rows) -> Result:
    """Judge one table and keep the answer."""
    return _judge(services, detector_id, [("rows", rows)])[0]


def detect_batch(services: Services, detector_id: str, batches: Sequence[Rows]) -> Sequence[Result]:
    """Judge several tables; if one breaks a rule, nothing is judged and nothing is kept."""
    if not 1 <= len(batches) <= MAX_BATCHES:
        raise BadInput(f"batches must be 1 to {MAX_BATCHES}, got {len(batches)}", at="batches")
    return _judge(
        services, detector_id, [(f"batches[{i}]", rows) for i, rows in enumerate(batches)]
    )


def find_result(store: Store, result_id: str) -> Result:
    """Find one result."""
    with store.read() as repository:
        return repository.result(result_id)


def page_results(store: Store, *, detector_id: str | None, limit: int, offset: int) -> Page[Result]:
    """List results, oldest first."""
    with store.read() as repository:
        return repository.results(detector_id=detector_id, limit=limit, offset=offset)


def _judge(
    services: Services, detector_id: str, tables: Sequence[tuple[str, Rows]]
) -> Sequence[Result]:
    with services.store.read() as repository:
        columns, model = _trained(repository, detector_id)
    for at, rows in tables:
        check_rows(rows, at=at, columns=columns)
    results = [_result(detector_id, services.algorithms.score(model, rows)) for _, rows in tables]
    with services.store.write() as repository:
        repository.detector(detector_id, lock=True)
        for result in results:
            repository.add_result(result)
    return results


def _trained(repository: Repository, detector_id: str) -> tuple[int, bytes]:
    detector = repository.detector(detector_id)
    if detector.status is not Status.COMPLETED:
        raise Conflict(
            f"a detector must be trained before it detects, got status {detector.status}",
            at=f"detectors/{detector_id}",
        )
    return repository.dataset(detector.dataset_id).columns, repository.model(detector_id)


def _result(detector_id: str, scores: tuple[float, ...]) -> Result:
    labels = tuple(int(score > 0) for score in scores)
    return Result(
        id=new_id(), detector_id=detector_id, labels=labels, scores=scores, created_at=now()
    )


__all__ = ["MAX_BATCHES", "detect", "detect_batch", "find_result", "page_results"]
