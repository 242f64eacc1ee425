"""``deepfake feedback export`` against a scripted service."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from deepfake_client import Client
from deepfake_client.feedback import feedback

ENTRY = {"job": "job_1", "sha256": "ab" * 32, "label": "fake", "fake_probability": 0.2}
FRAMES = [{"n": 3, "jpeg": b64encode(b"a picture").decode()}]


def export(monkeypatch: pytest.MonkeyPatch, content: bytes, *options: object) -> str:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content)

    def client(server: str, **settings: object) -> Client:
        return Client(server, transport=httpx.MockTransport(answer))

    monkeypatch.setattr("deepfake_client.client.Client", client)
    done = CliRunner().invoke(feedback, ["export", *map(str, options)])
    assert done.exit_code == 0, done.output
    return done.output


def test_every_line_of_the_service_becomes_a_line_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "feedback.ndjson"
    lines = (json.dumps(ENTRY) + "\n").encode()
    assert "feedback on 1 jobs" in export(monkeypatch, lines, "--out", out)
    assert json.loads(out.read_text()) == ENTRY


@pytest.mark.parametrize("digest", ["ab" * 32, "../../etc/passwd"])
def test_frames_become_files_below_their_folder_whatever_a_server_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, digest: str
) -> None:
    out, folder = tmp_path / "feedback.ndjson", tmp_path / "frames"
    entry = {**ENTRY, "sha256": digest, "frames": FRAMES}
    export(monkeypatch, json.dumps(entry).encode() + b"\n", "--out", out, "--media", folder)
    (file,) = json.loads(out.read_text())["frames"]
    assert Path(file).read_bytes() == b"a picture"
    assert Path(file).parent == folder / "fake"
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {out, Path(file)}
