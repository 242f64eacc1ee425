"""The client and ``deepfake submit`` against a real service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepfake_client import ApiError, Client
from tests.deepfake.conftest import RunCommand


def test_the_client_submits_waits_and_deletes(service_url: str, portrait: Path) -> None:
    with Client(service_url) as client:
        sent: list[int] = []
        job = client.submit(portrait, tags=["test"], on_progress=sent.append)
        job = client.wait(job.id, timeout_s=60)
        assert (job.status, job.error) == ("succeeded", None)
        assert job.verdict in ("fake", "real", "inconclusive")
        assert job.document["tags"] == ["test"]
        assert sum(sent) == portrait.stat().st_size
        client.delete(job.id)
        with pytest.raises(ApiError, match="404"):
            client.get(job.id)


def test_the_same_key_gives_the_same_job(service_url: str, portrait: Path) -> None:
    with Client(service_url) as client:
        first, again = (client.submit(portrait, idempotency_key="once") for _ in range(2))
    assert first.id == again.id


def test_canceling_a_job_that_is_done_is_refused(service_url: str, portrait: Path) -> None:
    with Client(service_url) as client:
        job = client.wait(client.submit(portrait).id)
        with pytest.raises(ApiError, match="409"):
            client.cancel(job.id)


def test_submit_agrees_with_scan(
    run: RunCommand, service_url: str, tiny_bundle: Path, portrait: Path, landscape: Path
) -> None:
    files = (portrait, landscape)
    there = run("submit", *files, "--server", service_url, "--json")
    here = run("scan", *files, "--model", tiny_bundle, "--json")
    assert there.exit_code == here.exit_code == 0, there.output
    for remote, local in zip(there.stdout.splitlines(), here.stdout.splitlines(), strict=True):
        remote_result, local_result = json.loads(remote)["result"], json.loads(local)["result"]
        assert remote_result["verdict"] == local_result["verdict"]
        assert remote_result["fake_probability"] == local_result["fake_probability"]


def test_submit_reports_refused_and_failed_files(
    run: RunCommand, service_url: str, tmp_path: Path, portrait: Path
) -> None:
    notes, broken = tmp_path / "notes.txt", tmp_path / "broken.jpg"
    notes.write_text("hello")
    broken.write_bytes(portrait.read_bytes()[:2000])
    done = run("submit", notes, broken, portrait, "--server", service_url, "--json")
    assert done.exit_code == 2
    codes = [json.loads(line).get("error", {}).get("code") for line in done.stdout.splitlines()]
    assert codes == ["unsupported_media", "unreadable_media", None]


def test_submit_without_a_service_says_what_to_do(run: RunCommand, portrait: Path) -> None:
    done = run("submit", portrait, "--server", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "No deepfake service answers at http://127.0.0.1:9" in done.stderr
    assert "deepfake serve" in done.stderr
