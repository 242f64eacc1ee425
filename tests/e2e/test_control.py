"""Clients that change their mind."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.films import SLOWLY, face_image, slow_film
from tests.e2e.service import Service, service


def leftovers(running: Service, job_id: str) -> list[bytes]:
    with running.redis.client() as redis:
        return [*redis.keys("df:blob:*"), *redis.keys(f"df:job:{job_id}")]


def test_a_waiting_job_is_canceled_at_once_and_its_bytes_go(own_folder: Path) -> None:
    with service(own_folder, workers=0) as running:
        first, second = running.post(face_image()), running.post(face_image())
        assert [running.get(job)["queue_position"] for job in (first, second)] == [1, 2]
        assert running.http.post(f"/v1/jobs/{first}/cancel").status_code == 202
        assert running.get(first)["status"] == "canceled"
        assert running.get(second)["queue_position"] == 1
        assert running.http.post(f"/v1/jobs/{first}/cancel").status_code == 409


def test_a_running_job_is_canceled_between_its_stages(own_folder: Path) -> None:
    with service(own_folder, lease_s=1) as running:
        job_id = running.post(slow_film(), **SLOWLY)
        running.at_work_on(job_id)
        assert running.http.post(f"/v1/jobs/{job_id}/cancel").status_code == 202
        job = running.finished(job_id)
        assert job["status"] == "canceled"
        assert job["result"] is None


def test_a_deleted_job_is_gone_with_its_bytes_and_its_result(running: Service) -> None:
    job_id = running.post(face_image())
    running.finished(job_id)
    assert running.http.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert running.http.get(f"/v1/jobs/{job_id}").status_code == 404
    assert running.http.delete(f"/v1/jobs/{job_id}").status_code == 404
    assert leftovers(running, job_id) == []


def test_the_service_says_which_model_judges(running: Service) -> None:
    (model,) = running.http.get("/v1/models").json()["models"]
    result = running.judge(face_image())["result"]
    assert result["model"] == {name: model[name] for name in result["model"]}
