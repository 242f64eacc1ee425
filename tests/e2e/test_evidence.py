"""Evidence by a real decoder, a real model and a real gateway."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from tests.e2e.films import SLOWLY, face_image, face_video, slow_film
from tests.e2e.service import Service, kill, service, until


def picture(running: Service, link: str, **numbers: int) -> Image.Image:
    answer = running.http.get(link.format(**numbers))
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def keys(running: Service) -> list[bytes]:
    with running.redis.client() as redis:
        return list(redis.keys("df:evidence:*"))


def test_a_film_gives_a_frame_and_a_heat_map_of_every_face_and_a_report(running: Service) -> None:
    job = running.judge(face_video(), frames=3, evidence="true")
    assert job["evidence"]["frames"] == len(job["result"]["frames"]) == 3
    for n, frame in enumerate(job["result"]["frames"]):
        shown = picture(running, job["links"]["frames"], n=n)
        assert (shown.format, shown.size) == ("JPEG", (1280, 720))
        for i, face in enumerate(frame["faces"]):
            left, top, width, height = face["crop"]
            assert left <= face["box"][0] + 1e-3
            assert left + width <= 1.001
            assert top + height <= 1.001
            heat = picture(running, job["links"]["heatmaps"], n=n, i=i)
            assert (heat.format, heat.mode) == ("PNG", "RGBA")
            assert np.asarray(heat)[..., 3].max() <= 0.66 * 255
    page = running.http.get(job["links"]["report"]).text
    assert page.count("data:image/jpeg;base64,") == 3
    assert job["media"]["sha256"] in page
    assert running.http.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert keys(running) == []


def test_a_large_photo_is_shown_smaller(running: Service) -> None:
    out = io.BytesIO()
    Image.open(io.BytesIO(face_image())).resize((2600, 2000)).save(out, "JPEG")
    job = running.judge(out.getvalue(), evidence="true")
    assert picture(running, job["links"]["frames"], n=0).size == (1280, 985)


def test_a_worker_that_is_killed_leaves_no_picture_of_a_job_that_is_then_deleted(
    own_folder: Path,
) -> None:
    with service(own_folder, lease_s=2) as running:
        job_id = running.post(slow_film(), **SLOWLY, evidence="true")
        pid = running.at_work_on(job_id)
        kill(pid)
        assert running.http.delete(f"/v1/jobs/{job_id}").status_code == 204
        assert keys(running) == []


def test_feedback_is_given_and_exported_after_the_job_is_gone(running: Service) -> None:
    job = running.judge(face_image(), evidence="true")
    said = {"label": "real", "media": True}
    path = f"/v1/jobs/{job['id']}"
    answer: httpx.Response = running.http.post(f"{path}/feedback", json=said)
    assert answer.status_code == 204, answer.text
    running.http.delete(path)
    until("the job is gone", lambda: running.http.get(path).status_code == 404, 5)
    (line,) = [
        entry
        for entry in running.http.get("/v1/feedback?media=true").text.splitlines()
        if job["id"] in entry
    ]
    assert job["media"]["sha256"] in line
    assert '"jpeg": "' in line
    assert running.http.delete(f"{path}/feedback").status_code == 204
