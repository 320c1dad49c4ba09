"""How does a dataset come in, get found, and go?"""

from examples.anomaly.application.identity import new_id, now
from examples.anomaly.application.ports import Store
from examples.anomaly.domain.model import Dataset, Page
from examples.anomaly.domain.rows import Rows, check_rows


def upload(store: Store, *, name: str, rows: Rows) -> Dataset:
    """Store a checked table; nothing is stored if it breaks a rule."""
    columns = check_rows(rows, at="rows")
    dataset = Dataset(id=new_id(), name=name, rows=len(rows), columns=columns, created_at=now())
    with store.write() as repository:
        repository.add_dataset(dataset, rows)
    return dataset


def find(store: Store, dataset_id: str) -> Dataset:
    """Find one dataset."""
    with store.read() as repository:
        return repository.dataset(dataset_id)


def page(store: Store, *, name: str | None, limit: int, offset: int) -> Page[Dataset]:
    """List datasets, oldest first."""
    with store.read() as repository:
        return repository.datasets(name=name, limit=limit, offset=offset)


def delete(store: Store, dataset_id: str) -> None:
    """Delete a dataset with its detectors, their jobs and their results."""
    with store.write() as repository:
        repository.delete_dataset(dataset_id)


__all__ = ["delete", "find", "page", "upload"]
