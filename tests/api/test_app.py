from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import DoorbellTwin, serve

MODEL = ModelIdentity("lite0", "1.0", "ab" * 32, "openvino-int8")


def alive(number: int) -> Heartbeat:
    return Heartbeat(f"w{number}", "host", number, MODEL, 4, "2026-01-01T00:00:00Z")


def test_it_is_ready_once_a_worker_lives(client: httpx.Client, redis: Redis) -> None:
    before = client.get("/readyz")
    assert before.status_code == 503
    assert [name for name, check in before.json()["checks"].items() if not check["ok"]] == [
        "workers",
        "model",
    ]
    WorkerRegistry(redis).beat(alive(1))
    after = client.get("/readyz")
    assert (after.status_code, after.json()["ready"]) == (200, True)
    assert "lite0 1.0 (openvino-int8)" in after.json()["checks"]["model"]["detail"]


def test_a_broker_that_refuses_is_named(client: httpx.Client, doorbell: DoorbellTwin) -> None:
    doorbell.refuses = True
    checks = client.get("/readyz").json()["checks"]
    assert (checks["broker"]["ok"], checks["redis"]["ok"]) == (False, True)


def test_models_are_those_of_the_live_workers(client: httpx.Client, redis: Redis) -> None:
    assert client.get("/v1/models").json() == {"models": []}
    WorkerRegistry(redis).beat(alive(1))
    WorkerRegistry(redis).beat(alive(2))
    (model,) = client.get("/v1/models").json()["models"]
    assert (model["name"], model["runtime"], model["workers"]) == ("lite0", "openvino-int8", 2)
    assert model["concurrency"] == 8


def test_a_model_for_videos_is_listed_beside_the_one_for_images(
    client: httpx.Client, redis: Redis
) -> None:
    films = ModelIdentity("films", "2.0", "cd" * 32, "openvino-int8")
    WorkerRegistry(redis).beat(replace(alive(1), video_model=films))
    listed = {each["name"]: each for each in client.get("/v1/models").json()["models"]}
    assert {name: each["judges"] for name, each in listed.items()} == {
        "lite0": ["image"],
        "films": ["video"],
    }
    assert [each["concurrency"] for each in listed.values()] == [4, 4]
    WorkerRegistry(redis).beat(alive(2))  # has one model for all
    listed = {each["name"]: each for each in client.get("/v1/models").json()["models"]}
    assert set(listed["lite0"]["judges"]) == {"image", "video"}
    assert "films 2.0 (openvino-int8)" in client.get("/readyz").json()["checks"]["model"]["detail"]


@pytest.mark.parametrize(("given", "kept"), [("a.B-1_c", True), ("x" * 65, False), ("a b", False)])
def test_a_request_id_is_kept_when_it_is_sane(client: httpx.Client, given: str, kept: bool) -> None:
    answer = client.get("/nowhere", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [("GET", "/nowhere", 404, "not_found"), ("PATCH", "/v1/jobs", 405, "method_not_allowed")],
)
def test_routing_errors_are_problems_too(
    client: httpx.Client, method: str, path: str, status: int, kind: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["retryable"] is False


def test_a_problem_does_not_repeat_a_path_without_end(client: httpx.Client) -> None:
    assert len(client.get("/" + "x" * 9000).content) < 1000


def test_a_fault_of_ours_is_a_problem_that_gives_nothing_away(redis_url: str) -> None:
    class Broken(DoorbellTwin):
        def check(self) -> None:
            raise RuntimeError("secret detail")

    with serve(create_app(GatewaySettings(redis_url=redis_url), doorbell=Broken())) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal_error")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["retryable"] is False
    assert "secret" not in answer.text


def test_the_documentation_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(references) == 4
    assert {client.get(f"/{reference}").status_code for reference in references} == {200}


def test_the_openapi_document_tells_bodies_answers_and_errors(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    post = document["paths"]["/v1/jobs"]["post"]
    assert set(post["requestBody"]["content"]) >= {"multipart/form-data", "video/*", "image/*"}
    statuses = (200, 202, 400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503)
    assert set(post["responses"]) == {str(status) for status in statuses}
    get = document["paths"]["/v1/jobs/{job_id}"]["get"]["responses"]
    assert set(get) == {"200", "304", "401", "403", "404", "410", "422", "429", "500", "503"}
    assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(get["429"]["headers"])
    assert "HTTPValidationError" not in client.get("/openapi.json").text
    for reference in set(re.findall(r"'#/([^']+)'", str(document))):
        place = document
        for part in reference.split("/"):
            place = place[part]


def test_the_gateway_never_loads_a_model_or_a_codec() -> None:
    heavy = "tensorflow", "keras", "openvino", "av", "cv2", "numpy", "PIL"
    code = f"import sys, api.main; print([m for m in {heavy!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
