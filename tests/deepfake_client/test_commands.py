"""``deepfake submit``, ``batch`` and ``jobs`` against a real gateway; the worker is a twin."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from api.app import create_app
from api.settings import GatewaySettings
from deepfake_client.cli import cli
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.api.worker_twin import worker_twin
from tests.redis_server import RedisServer


@pytest.fixture(scope="module")
def server(redis_server: RedisServer) -> Iterator[str]:
    with redis_server.client() as client:
        client.flushall()
    settings = GatewaySettings(redis_url=redis_server.url, fetch_urls=True)
    with (
        serve(create_app(settings, doorbell=DoorbellTwin())) as http,
        worker_twin(redis_server.url),
    ):
        yield str(http.base_url)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    file = tmp_path / "clip.mp4"
    file.write_bytes(MP4)
    return file


def run(server: str, *arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments), "--server", server])


def test_submit_takes_files_and_urls_and_tells_of_both(server: str, clip: Path) -> None:
    done = run(server, "submit", clip, "http://127.0.0.1/a.mp4", "--ndjson", "--evidence")
    assert done.exit_code == 2
    judged, refused = (json.loads(line) for line in done.stdout.splitlines())
    assert judged["result"]["verdict"] == "fake"
    assert judged["links"]["report"].endswith("/report.html")
    assert (refused["file"], refused["error"]["code"]) == (
        "http://127.0.0.1/a.mp4", "url_not_allowed",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["submit", "batch"])
def test_a_file_that_is_not_there_sends_nothing(server: str, clip: Path, command: str) -> None:
    done = run(server, command, clip, clip.parent / "gone.mp4")
    assert done.exit_code == 2
    assert "gone.mp4 is not there" in done.output


def test_a_batch_is_a_table_with_the_names_of_its_archive(server: str, tmp_path: Path) -> None:
    archive = tmp_path / "clips.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.mp4", MP4)
        packed.writestr("notes.txt", b"no media")
    done = run(server, "batch", archive)
    assert done.exit_code == 2
    header, first, second = done.stdout.splitlines()
    assert header.split()[:2] == ["FILE", "VERDICT"]
    assert first.split()[:2] == ["a.mp4", "fake"]
    assert second.split()[:2] == ["notes.txt", "failed"]


def test_jobs_are_listed_shown_and_deleted(server: str, tmp_path: Path) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(PNG)
    assert run(server, "submit", picture, "--tag", "mine").exit_code == 0
    (line,) = run(server, "jobs", "list", "--tag", "mine", "--ndjson").stdout.splitlines()
    job_id = json.loads(line)["id"]
    _, row = run(server, "jobs", "list", "--tag", "mine").stdout.splitlines()
    assert row.split()[0] == job_id
    assert row.split()[3:] == ["succeeded", "fake", "0.951", "mine"]
    assert json.loads(run(server, "jobs", "show", job_id).stdout)["result"]["verdict"] == "fake"
    ended = run(server, "jobs", "cancel", job_id)
    assert ended.exit_code == 1
    assert "409" in ended.stderr
    assert run(server, "jobs", "delete", job_id).stdout == f"{job_id}: deleted\n"
    assert "404" in run(server, "jobs", "show", job_id).stderr


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*names, name)
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)


@pytest.mark.parametrize("names", list(commands(cli)), ids=" ".join)
def test_every_help_has_an_example(names: tuple[str, ...]) -> None:
    told = CliRunner().invoke(cli, [*names, "--help"]).output
    assert "Example" in told
    assert f"deepfake {' '.join(names)}" in told
