"""How is a detector made, changed and deleted?"""

from collections.abc import Mapping
from dataclasses import replace

from examples.anomaly.application.identity import new_id, now
from examples.anomaly.application.ports import Store
from examples.anomaly.domain.errors import Conflict
from examples.anomaly.domain.model import ACTIVE, Detector, Page, Status
from examples.anomaly.domain.params import params_to_plain, parse_params


def create(
    store: Store, *, name: str, dataset_id: str, algorithm: str, params: Mapping[str, object]
) -> Detector:
    """Make a detector for a dataset; it cannot detect before it is trained."""
    detector = Detector(
        id=new_id(),
        name=name,
        dataset_id=dataset_id,
        algorithm=algorithm,
        params=parse_params(algorithm, params),
        status=Status.CREATED,
        error=None,
        created_at=now(),
    )
    with store.write() as repository:
        repository.dataset(dataset_id)
        repository.add_detector(detector)
    return detector


def find(store: Store, detector_id: str) -> Detector:
    """Find one detector."""
    with store.read() as repository:
        return repository.detector(detector_id)


def page(
    store: Store, *, name: str | None, dataset_id: str | None, limit: int, offset: int
) -> Page[Detector]:
    """List detectors, oldest first."""
    with store.read() as repository:
        return repository.detectors(name=name, dataset_id=dataset_id, limit=limit, offset=offset)


def update(
    store: Store, detector_id: str, *, name: str | None, params: Mapping[str, object] | None
) -> Detector:
    """Rename a detector, or change its parameters: then it must be trained again before it detects.

    Raises:
        Conflict: a training is under way.
    """
    with store.write() as repository:
        detector = repository.detector(detector_id, lock=True)
        if detector.status in ACTIVE:
            raise Conflict(
                f"a detector cannot be changed while its training is {detector.status}",
                at=f"detectors/{detector_id}",
            )
        changed = replace(detector, name=name or detector.name)
        if params is not None:
            merged = {**params_to_plain(detector.params), **params}
            parsed = parse_params(detector.algorithm, merged)
            if parsed != detector.params:
                changed = replace(changed, params=parsed, status=Status.CREATED, error=None)
        repository.update_detector(changed)
    return changed


def delete(store: Store, detector_id: str) -> None:
    """Delete a detector with its model, its jobs and its results."""
    with store.write() as repository:
        repository.delete_detector(detector_id)


__all__ = ["create", "delete", "find", "page", "update"]
