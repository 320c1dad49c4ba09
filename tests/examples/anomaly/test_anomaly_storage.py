"""Where does the service keep its data, and what if it cannot?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from examples.anomaly.api import create_app
from examples.anomaly.application import datasets
from examples.anomaly.application.identity import now
from examples.anomaly.checks import is_refusal
from examples.anomaly.domain.errors import BadInput, Conflict, NotFound
from examples.anomaly.domain.model import Dataset, Result
from examples.anomaly.domain.rows import MAX_CELLS, check_rows
from examples.anomaly.infrastructure.convert import rows_from_bytes, rows_to_bytes
from examples.anomaly.infrastructure.database import Database
from examples.anomaly.infrastructure.settings import normalise_url, read_settings
from tests.examples.anomaly.service import free_port

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h:5432/d", "postgresql+psycopg://u@h:5432/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///work/a.db", "sqlite:///work/a.db"),
    ],
)
def test_a_database_url_gets_its_driver(url: str, expected: str) -> None:
    assert normalise_url(url) == expected
    assert read_settings({"DATABASE_URL": f" {url} "}).database_url == expected


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "x"]
)
def test_another_database_url_is_refused_with_the_cure(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"must name a SQLite file or PostgreSQL(.|\n)*hint: sqlite"
    ):
        normalise_url(url)


def test_without_a_url_the_data_goes_when_the_service_stops(
    session_tmp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with TestClient(create_app()) as client:
        client.post("/datasets", json={"name": "d", "rows": [[1]]})
        folders = list(Path(session_tmp).glob("anomaly-*"))
        assert [(folder / "anomaly.db").exists() for folder in folders] == [True]
    assert list(Path(session_tmp).glob("anomaly-*")) == []


def test_the_folder_of_the_database_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "a.db"
    database = Database(f"sqlite:///{file}")
    database.create_tables()
    database.close()
    assert file.exists()


def test_a_failed_transaction_keeps_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.create_tables()
    kept = datasets.upload(database, name="kept", rows=[[1.0]])
    with pytest.raises(NotFound):
        delete_both(database, kept.id, "none")
    assert datasets.find(database, kept.id) == kept
    database.close()


def delete_both(database: Database, first: str, second: str) -> None:
    with database.write() as repository:
        repository.delete_dataset(first)
        repository.delete_dataset(second)


def test_writers_at_the_same_time_see_and_wait_for_each_other(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.create_tables()

    def write(number: int) -> None:
        with database.write() as repository:
            total = repository.datasets(name=None, limit=1, offset=0).total
            repository.add_dataset(
                Dataset(id=str(number), name=str(total), rows=1, columns=1, created_at=now()),
                [[1.0]],
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    found = datasets.page(database, name=None, limit=100, offset=0).items
    assert [dataset.name for dataset in found] == [str(number) for number in range(40)]
    database.close()


def test_a_lost_database_is_said_so_and_its_return_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "anomaly.db"
    app = create_app(read_settings({"DATABASE_URL": f"sqlite:///{file}"}))
    with TestClient(app) as client:
        assert client.get("/datasets").status_code == 200
        app.state.database.close()
        file.rename(tmp_path / "away")
        file.mkdir()
        for path in ("/health", "/datasets"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert is_refusal(answer.json(), at="database")
        file.rmdir()
        (tmp_path / "away").rename(file)
        assert client.get("/datasets").status_code == 200


def test_what_belongs_to_nothing_is_not_stored(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.create_tables()
    with pytest.raises(Conflict, match="deleted meanwhile"):
        add_result_of_nothing(database)
    with database.read() as repository:
        assert repository.results(detector_id=None, limit=1, offset=0).total == 0
    database.close()


def add_result_of_nothing(database: Database) -> None:
    result = Result(id="r", detector_id="none", labels=(0,), scores=(-0.1,), created_at=now())
    with database.write() as repository:
        repository.add_result(result)


def test_numbers_come_back_as_they_were() -> None:
    rows = [[0.1, -0.0, 1e308], [5e-324, 3, -2.5]]
    assert rows_from_bytes(rows_to_bytes(rows), 3) == rows


def test_a_table_that_is_too_large_is_refused() -> None:
    wide = [[0.0] * (MAX_CELLS // 2)] * 3
    with pytest.raises(BadInput, match="at most 2000000 numbers, got 3000000"):
        check_rows(wide, at="rows")


@pytest.mark.slow
def test_the_process_serves_and_ends_on_request_without_a_trace(session_tmp: str) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "examples.anomaly.api:app", "--port", str(port)]
    environment = {name: text for name, text in os.environ.items() if name != "DATABASE_URL"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            answer = wait_for_answer(process, f"http://127.0.0.1:{port}/health")
            held = list(Path(session_tmp).glob("anomaly-*"))
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=15)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "sqlite"})
    assert len(held) == 1
    assert list(Path(session_tmp).glob("anomaly-*")) == [], output.decode()
    assert b"Application shutdown complete" in output


def wait_for_answer(process: subprocess.Popen[bytes], url: str) -> httpx2.Response:
    end = time.monotonic() + 60
    while True:
        try:
            return httpx2.get(url, timeout=5)
        except httpx2.TransportError:
            assert process.poll() is None, "the service ended before it answered"
            assert time.monotonic() < end, "the service did not answer"
            time.sleep(0.05)
