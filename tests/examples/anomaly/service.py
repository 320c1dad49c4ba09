"""How does a test open the service, and bring a detector to where it can detect?"""

from __future__ import annotations

import socket
import time
from typing import Any

from fastapi.testclient import TestClient

from examples.anomaly.api import create_app
from examples.anomaly.infrastructure.settings import Settings, normalise_url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def open_client(url: str) -> TestClient:
    return TestClient(create_app(Settings(database_url=normalise_url(url))))


def make_detector(client: TestClient, rows: list[list[float]], **detector: Any) -> str:
    dataset = client.post("/datasets", json={"name": "d", "rows": rows}).json()["id"]
    body = {"name": "d", "dataset_id": dataset, **detector}
    made: str = client.post("/detectors", json=body).json()["id"]
    return made


def train(client: TestClient, detector_id: str) -> dict[str, Any]:
    answer = client.post(f"/detectors/{detector_id}/train")
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["id"]
    end = time.monotonic() + 15
    while True:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
        if job["status"] in {"completed", "failed"} or time.monotonic() > end:
            return job
        time.sleep(0.005)
