"""Which way does a training go, also when it fails, is deleted, or loses its process?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from examples.anomaly.application import datasets, detectors, training
from examples.anomaly.application.ports import Services
from examples.anomaly.checks import is_job_life, is_refusal
from examples.anomaly.domain.errors import Conflict, NotFound
from examples.anomaly.domain.model import Status
from examples.anomaly.domain.params import IsolationForestParams, Params
from examples.anomaly.domain.rows import Rows
from examples.anomaly.infrastructure.algorithms import SklearnAlgorithms
from examples.anomaly.infrastructure.database import Database
from examples.anomaly.infrastructure.worker import Worker
from tests.examples.anomaly.service import make_detector, train


class Held:
    """Algorithms whose training waits until it is released; `failure` makes it break."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.started = threading.Event()
        self.released = threading.Event()
        self.failure = failure

    def fit(self, params: Params, rows: Rows) -> bytes:
        self.started.set()
        assert self.released.wait(10)
        if self.failure is not None:
            raise self.failure
        return b"model"

    def score(self, model: bytes, rows: Rows) -> tuple[float, ...]:
        return tuple(0.0 for _ in rows)


class Nowhere:
    """A queue that never runs anything, as after a crash."""

    def submit(self, job_id: str) -> None:
        del job_id


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'anomaly.db'}")
    opened.create_tables()
    yield opened
    opened.close()


def make(database: Database) -> str:
    dataset = datasets.upload(database, name="d", rows=[[1.0], [2.0]])
    return detectors.create(
        database, name="d", dataset_id=dataset.id, algorithm="isolation_forest", params={}
    ).id


def run_held(database: Database, algorithms: Held) -> tuple[Services, Worker]:
    worker = Worker(lambda job_id: training.run(database, algorithms, job_id))
    return Services(store=database, algorithms=algorithms, queue=worker), worker


def test_a_job_is_pending_then_running_then_completed_and_so_is_its_detector(
    database: Database,
) -> None:
    algorithms, detector = Held(), make(database)
    services, worker = run_held(database, algorithms)
    assert detectors.find(database, detector).status is Status.CREATED
    job = training.request(services, detector)
    assert job.status is Status.PENDING
    assert algorithms.started.wait(10)
    assert training.find_job(database, job.id).status is Status.RUNNING
    assert detectors.find(database, detector).status is Status.RUNNING
    algorithms.released.set()
    worker.close()
    ended = training.find_job(database, job.id)
    assert [event.status for event in ended.history] == ["pending", "running", "completed"]
    assert detectors.find(database, detector).status is Status.COMPLETED


def test_a_detector_in_training_is_neither_trained_twice_nor_changed(database: Database) -> None:
    algorithms, detector = Held(), make(database)
    services, worker = run_held(database, algorithms)
    training.request(services, detector)
    with pytest.raises(Conflict, match="a training is already"):
        training.request(services, detector)
    with pytest.raises(Conflict, match="cannot be changed"):
        detectors.update(database, detector, name="new", params=None)
    algorithms.released.set()
    worker.close()
    assert len(training.list_jobs(database, detector)) == 1


def test_a_training_that_breaks_fails_its_job_with_the_reason(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    algorithms, detector = Held(failure=MemoryError("no room")), make(database)
    algorithms.released.set()
    services, worker = run_held(database, algorithms)
    job = training.request(services, detector)
    worker.close()
    ended = training.find_job(database, job.id)
    assert (ended.status, ended.error) == (Status.FAILED, "MemoryError: no room")
    assert detectors.find(database, detector).status is Status.FAILED
    assert "a training broke" in caplog.text


def test_a_detector_deleted_during_its_training_leaves_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="examples.anomaly")
    algorithms, detector = Held(), make(database)
    services, worker = run_held(database, algorithms)
    job = training.request(services, detector)
    assert algorithms.started.wait(10)
    detectors.delete(database, detector)
    algorithms.released.set()
    worker.close()
    with pytest.raises(NotFound):
        training.find_job(database, job.id)
    assert "was deleted before it ended" in caplog.text
    assert "ended without an answer" not in caplog.text


def test_a_start_fails_the_jobs_that_an_earlier_process_left(database: Database) -> None:
    detector = make(database)
    lost = Services(store=database, algorithms=Held(), queue=Nowhere())
    job = training.request(lost, detector)
    assert training.recover(database) == 1
    ended = training.find_job(database, job.id)
    assert (ended.status, ended.error) == (
        Status.FAILED,
        "the service stopped before the training ended",
    )
    assert training.recover(database) == 0
    assert training.request(lost, detector).status is Status.PENDING


def test_a_job_that_cannot_even_report_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def lose(job_id: str) -> None:
        raise ConnectionError(f"no database for {job_id}")

    worker = Worker(lose)
    worker.submit("j")
    worker.close()
    assert "a job ended without an answer" in caplog.text


def test_too_few_rows_for_the_neighbours_fail_the_job_and_fewer_neighbours_mend_it(
    client: TestClient,
) -> None:
    rows = [[float(i), float(i * i % 5)] for i in range(5)]
    detector = make_detector(client, rows, algorithm="local_outlier_factor")
    job = train(client, detector)
    assert is_job_life(job)
    assert job["error"] == "n_neighbors must be less than the 5 rows, got 20"
    refused = client.post(f"/detectors/{detector}/detect", json={"rows": rows})
    assert refused.status_code == 409
    assert is_refusal(refused.json())
    client.patch(f"/detectors/{detector}", json={"params": {"n_neighbors": 2}})
    assert train(client, detector)["status"] == "completed"


def test_a_single_row_is_no_training(client: TestClient) -> None:
    detector = make_detector(client, [[1.0, 2.0]])
    assert train(client, detector)["error"] == "training must have at least 2 rows, got 1"


def test_the_strangest_row_has_the_highest_score() -> None:
    rows = [[0.0, 0.1 * i] for i in range(30)] + [[9.0, 9.0]]
    algorithms = SklearnAlgorithms()
    model = algorithms.fit(IsolationForestParams(n_estimators=20), rows)
    scores = algorithms.score(model, rows)
    assert scores[-1] == max(scores)
    assert scores[-1] > 0 > scores[15]


def test_a_seed_decides_what_is_learned() -> None:
    rows = [[float(i % 7), float(i % 11)] for i in range(60)]
    algorithms = SklearnAlgorithms()
    first, same, other = (
        algorithms.score(
            algorithms.fit(IsolationForestParams(n_estimators=10, seed=seed), rows), rows
        )
        for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other
