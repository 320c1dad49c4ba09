"""Does the service keep its promises over HTTP, on each kind of database?"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from examples.anomaly.checks import (
    are_pages_of,
    batch_quality,
    batches,
    dataset,
    detect_quality,
    is_detection,
    is_job_life,
    is_refusal,
    same_predictions,
)
from tests.examples.anomaly.service import make_detector, open_client, train

pytestmark = pytest.mark.usefixtures("postgresql")

SMALL = {"params": {"n_estimators": 10}}
ROWS = [[float(i % 7), i * 0.1] for i in range(40)]


def test_a_trained_detector_finds_the_anomalies(both_client: TestClient) -> None:
    data = dataset("sample", 600)
    detector = make_detector(both_client, data["train"])
    job = train(both_client, detector)
    result = both_client.post(f"/detectors/{detector}/detect", json={"rows": data["test"]}).json()
    assert job["status"] == "completed"
    assert is_job_life(job)
    assert detect_quality(result, data["test_truth"], precision=0.9, recall=0.95, rate_within=0.02)
    assert both_client.get(f"/results/{result['id']}").json() == result


def test_a_batch_is_judged_and_its_results_are_paged_in_order(both_client: TestClient) -> None:
    data = dataset("sample", 600)
    detector = make_detector(both_client, data["train"])
    train(both_client, detector)
    tables = batches(data["test"], [100, 50, 150])
    batch = both_client.post(f"/detectors/{detector}/batch-detect", json={"batches": tables}).json()
    assert batch_quality(batch, data["test_truth"], [100, 50, 150], precision=0.9, recall=0.9)
    pages = [
        both_client.get("/results", params={"limit": 2, "offset": offset}).json()
        for offset in (0, 2, 4)
    ]
    assert are_pages_of(pages, [result["id"] for result in batch["results"]])


def test_deleting_a_dataset_deletes_detectors_jobs_models_and_results(
    both_client: TestClient,
) -> None:
    detector = make_detector(both_client, ROWS, **SMALL)
    job = train(both_client, detector)
    result = both_client.post(f"/detectors/{detector}/detect", json={"rows": ROWS}).json()
    kept = make_detector(both_client, ROWS, **SMALL)
    paths = [f"/detectors/{detector}", f"/jobs/{job['id']}", f"/results/{result['id']}"]
    assert [both_client.get(path).status_code for path in paths] == [200, 200, 200]
    source = both_client.get(f"/detectors/{detector}").json()["dataset_id"]
    assert both_client.delete(f"/datasets/{source}").status_code == 204
    assert [both_client.get(path).status_code for path in paths] == [404, 404, 404]
    assert both_client.get(f"/detectors/{kept}").status_code == 200


def test_deleting_a_detector_keeps_its_dataset(both_client: TestClient) -> None:
    detector = make_detector(both_client, ROWS, **SMALL)
    job = train(both_client, detector)
    source = both_client.get(f"/detectors/{detector}").json()["dataset_id"]
    assert both_client.delete(f"/detectors/{detector}").status_code == 204
    assert both_client.get(f"/jobs/{job['id']}").status_code == 404
    assert both_client.get(f"/datasets/{source}").status_code == 200
    assert both_client.delete(f"/detectors/{detector}").status_code == 404


def test_data_and_model_survive_a_restart(database_url: str) -> None:
    with open_client(database_url) as first:
        detector = make_detector(first, ROWS, **SMALL)
        train(first, detector)
        before = first.post(f"/detectors/{detector}/detect", json={"rows": ROWS}).json()
    with open_client(database_url) as second:
        after = second.post(f"/detectors/{detector}/detect", json={"rows": ROWS}).json()
        assert same_predictions(before, after)
        assert second.get("/results").json()["total"] == 2


def test_health_names_the_database(both_client: TestClient, database_url: str) -> None:
    answer = both_client.get("/health")
    kind = database_url.partition(":")[0]
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": kind})


BAD_ROWS: dict[str, tuple[str, str]] = {
    "empty": ("[]", "rows"),
    "an empty row": ("[[]]", "rows[0]"),
    "ragged": ("[[1, 2], [3, 4], [5]]", "rows[2]"),
    "text": ('[[1, 2], [3, "4"]]', "rows[1][1]"),
    "a truth value": ("[[1, true]]", "rows[0][1]"),
    "null": ("[[1, null]]", "rows[0][1]"),
    "not a table": ("[1, 2]", "rows[0]"),
    "nothing": ("null", "rows"),
    "not a number": ("[[1, 2], [NaN, 1]]", "rows[1]"),
    "infinite": ("[[1, 2], [1e999, 1]]", "rows[1]"),
    "beyond what the algorithms can hold": ("[[1, 2], [1, -1e31]]", "rows[1]"),
    "a whole number beyond every float": (f"[[1, 1{'0' * 400}]]", "rows[0][1]"),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_bad_rows_are_refused_at_their_place_and_nothing_is_stored(
    client: TestClient, kind: str
) -> None:
    rows, place = BAD_ROWS[kind]
    answer = client.post(
        "/datasets",
        content=f'{{"name": "bad", "rows": {rows}}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert is_refusal(answer.json(), at=place)
    assert client.get("/datasets").json()["total"] == 0


@pytest.mark.parametrize("body", ['{"name":', '{"name": "a"}', "[]", '{"name": "", "rows": [[1]]}'])
def test_a_body_of_the_wrong_shape_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/datasets", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert is_refusal(answer.json())


def test_what_the_framework_refuses_has_the_same_form(client: TestClient) -> None:
    header = {"content-type": "application/json"}
    answers = [
        client.get("/nowhere"),
        client.put("/datasets"),
        client.post("/datasets", content="[" * 200_000, headers=header),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 400]
    assert is_refusal(answers[0].json(), at="GET /nowhere")
    assert all(is_refusal(answer.json()) for answer in answers)
    assert answers[1].headers["allow"]


def test_a_refusal_shows_five_problems_and_counts_them_all(client: TestClient) -> None:
    answer = client.post("/datasets", json={"name": "bad", "rows": [["x"] * 30]}).json()
    assert (len(answer["problems"]), answer["count"]) == (5, 30)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"params": {"contamination": 0.6}}, "params.contamination"),
        ({"params": {"contamination": "0.1"}}, "params.contamination"),
        ({"params": {"n_estimators": 1.5}}, "params.n_estimators"),
        ({"params": {"n_estimators": True}}, "params.n_estimators"),
        ({"params": {"n_neighbors": 5}}, "params.n_neighbors"),
        ({"algorithm": "magic"}, "algorithm"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_detector_is_refused_at_its_place_and_not_stored(
    client: TestClient, change: dict[str, Any], place: str
) -> None:
    source = client.post("/datasets", json={"name": "d", "rows": ROWS}).json()["id"]
    answer = client.post("/detectors", json={"name": "d", "dataset_id": source, **change})
    assert answer.status_code == 422
    assert is_refusal(answer.json(), at=place)
    assert client.get("/detectors").json()["total"] == 0


def test_what_does_not_exist_is_not_found(client: TestClient) -> None:
    answers = [
        client.get("/datasets/none"),
        client.delete("/datasets/none"),
        client.get("/detectors/none"),
        client.patch("/detectors/none", json={"name": "x"}),
        client.delete("/detectors/none"),
        client.post("/detectors/none/train"),
        client.post("/detectors/none/detect", json={"rows": [[1]]}),
        client.get("/detectors/none/jobs"),
        client.get("/jobs/none"),
        client.get("/results/none"),
        client.post("/detectors", json={"name": "x", "dataset_id": "none"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert all(is_refusal(answer.json()) for answer in answers)


def test_one_bad_table_refuses_the_whole_batch(client: TestClient) -> None:
    detector = make_detector(client, ROWS, **SMALL)
    train(client, detector)
    bad = {"batches": [[[1, 2]], [[1, 2, 3]]]}
    answer = client.post(f"/detectors/{detector}/batch-detect", json=bad)
    assert answer.status_code == 422
    assert is_refusal(answer.json(), at="batches[1][0]")
    assert (
        client.post(f"/detectors/{detector}/batch-detect", json={"batches": []}).status_code == 422
    )
    assert client.get("/results").json()["total"] == 0


def test_the_same_rows_get_the_same_scores(client: TestClient) -> None:
    detector = make_detector(client, ROWS, **SMALL)
    train(client, detector)
    first, second = (
        client.post(f"/detectors/{detector}/detect", json={"rows": ROWS}).json() for _ in range(2)
    )
    assert is_detection(first, len(ROWS))
    assert same_predictions(first, second)


def test_new_parameters_drop_the_model_and_a_new_name_does_not(client: TestClient) -> None:
    detector = make_detector(client, ROWS, **SMALL)
    train(client, detector)
    url, rows = f"/detectors/{detector}", {"rows": ROWS}
    renamed = client.patch(url, json={"name": "new", "params": {"n_estimators": 10}}).json()
    assert (renamed["name"], renamed["status"]) == ("new", "completed")
    assert client.post(f"{url}/detect", json=rows).status_code == 200
    changed = client.patch(url, json={"params": {"seed": 5}}).json()
    assert changed["params"] == {"contamination": 0.05, "n_estimators": 10, "seed": 5}
    assert (changed["name"], changed["status"]) == ("new", "created")
    assert client.post(f"{url}/detect", json=rows).status_code == 409


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "limit=x", "offset=1e99"])
def test_a_page_outside_the_limits_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/results?{query}")
    assert answer.status_code == 422
    assert is_refusal(answer.json(), at=query.partition("=")[0])


def test_a_text_without_a_place_in_a_database_is_refused(both_client: TestClient) -> None:
    named = both_client.post("/datasets", json={"name": "a\0b", "rows": [[1]]})
    assert named.status_code == 422
    assert is_refusal(named.json(), at="name")
    for path in ("/datasets/%00", "/detectors?name=%00", "/results?detector_id=%00"):
        assert both_client.get(path).status_code in {200, 404, 422}
    orphan = both_client.post("/detectors", json={"name": "x", "dataset_id": "\0"})
    assert orphan.status_code in {404, 422}


def test_the_largest_numbers_can_be_learned_and_judged(client: TestClient) -> None:
    rows = [[1e30 * (-1) ** i, float(i)] for i in range(30)]
    for algorithm in ("isolation_forest", "local_outlier_factor"):
        detector = make_detector(client, rows, algorithm=algorithm)
        assert train(client, detector)["status"] == "completed"
        answer = client.post(f"/detectors/{detector}/detect", json={"rows": rows})
        assert is_detection(answer.json(), 30)


def test_openapi_describes_every_route(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/health", "/datasets", "/detectors/{detector_id}/train", "/results"} <= set(paths)
