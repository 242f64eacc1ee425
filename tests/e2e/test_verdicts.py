"""Real bytes over HTTP to a real worker with the bundled model, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.credentials_factory import signed
from tests.e2e.films import face_image, face_video, landscape
from tests.e2e.service import Service, until
from tests.media_factory import make_video, save_image


def test_a_video_gets_a_verdict(running: Service) -> None:
    job = running.judge(face_video())
    assert job["status"] == "succeeded", job
    assert job["attempt"] == 1
    assert job["media"]["container"] == "mp4"
    assert (job["media"]["width"], job["media"]["height"]) == (1280, 720)
    assert job["media"]["duration_s"] == pytest.approx(4, abs=0.1)
    result = job["result"]
    assert result["verdict"] in ("fake", "real", "inconclusive")
    assert (result["verdict"] == "inconclusive") == bool(result["reasons"])
    assert "no_face" not in result["reasons"]
    assert result["frames_requested"] == 10
    assert 1 <= result["frames_scored"] <= result["frames_decoded"] <= 10
    assert 0 <= result["fake_probability"] <= 1
    assert set(result["timings_ms"]) == {"queued", "fetch", "decode", "faces", "infer"}
    until("the upload is gone", lambda: running.get(job["id"])["media"]["deleted_at"], 5)


def test_exact_sampling_gives_the_frames_asked_for(running: Service) -> None:
    result = running.judge(face_video(), sampling="exact", frames=7)["result"]
    assert result["frames_decoded"] == result["frames_scored"] == 7
    times = [frame["timestamp_s"] for frame in result["frames"]]
    assert times == sorted(times)
    assert times[-1] > 3


def test_an_image_gets_a_verdict(running: Service) -> None:
    job = running.judge(signed(face_image(), "image/jpeg"))
    assert job["status"] == "succeeded", job
    assert job["result"]["frames_scored"] == 1
    assert job["provenance"]["c2pa"]["state"] == "untrusted"  # nobody vouches for the signer
    assert job["provenance"]["c2pa"]["issuer"] == "Newsroom"
    (face,) = job["result"]["frames"][0]["faces"]
    left, top, width, height = face["box"]
    assert left < 0.45 < left + width  # the astronaut's nose
    assert top < 0.25 < top + height


def test_multipart_and_raw_bodies_are_the_same_upload(running: Service) -> None:
    answer = running.http.post("/v1/jobs", files={"file": ("me.jpg", face_image(), "image/jpeg")})
    form = running.finished(answer.json()["id"])
    raw = running.judge(face_image())
    assert form["media"]["sha256"] == raw["media"]["sha256"]
    assert without_timings(form["result"]) == without_timings(raw["result"])


def test_a_file_without_a_face_is_inconclusive_and_has_no_number(running: Service) -> None:
    job = running.judge(landscape())
    assert job["status"] == "succeeded"
    assert job["result"]["verdict"] == "inconclusive"
    assert job["result"]["reasons"] == ["no_face"]
    assert job["result"]["fake_probability"] is None
    assert job["result"]["confidence"] is None


def test_a_truncated_video_gives_the_frames_that_decode(running: Service) -> None:
    whole = make_video(
        frames=60, size=(320, 240), gop=5, container="mkv"
    )  # an MKV can be read from the front
    result = running.judge(whole[: len(whole) // 2])["result"]
    assert result["frames_requested"] == 10
    assert 1 <= result["frames_decoded"] <= 10


def test_a_video_cut_before_its_first_frame_fails_with_a_reason(running: Service) -> None:
    job = running.judge(face_video()[:4096])
    assert job["status"] == "failed"
    assert job["error"]["code"] == "unreadable_media"
    assert job["error"]["retryable"] is False
    assert job["result"] is None


def test_a_decompression_bomb_is_refused_before_it_unpacks(running: Service) -> None:
    bomb = save_image(Image.new("1", (20_000, 20_000)), "png")
    assert len(bomb) < 1_000_000
    job = running.judge(bomb)
    assert job["error"]["code"] == "too_many_pixels"
    assert job["provenance"]["c2pa"]["state"] == "none"
    assert "400,000,000" in job["error"]["message"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty_media"),
        (b"just some text, no picture at all", 415, "unsupported_media"),
        (b"%PDF-1.7 " + bytes(5000), 415, "unsupported_media"),
    ],
)
def test_what_is_no_media_is_refused_at_the_door(
    running: Service, data: bytes, status: int, code: str
) -> None:
    answer = running.http.post("/v1/jobs", content=data)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code)


def test_the_command_line_and_the_service_agree_on_the_same_bytes(
    running: Service, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(face_video())
    command = [sys.executable, "-m", "deepfake", "scan", "--json", str(film)]
    scanned = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    judged = running.judge(film.read_bytes())
    assert without_timings(scanned["result"]) == without_timings(judged["result"])


def without_timings(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "timings_ms"}
