"""The command with the real decoders and a real, tiny, model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.bundle_factory import write_bundle
from tests.credentials_factory import authority, signed
from tests.deepfake.conftest import RunCommand
from tests.media_factory import make_video


def test_a_folder_is_judged_in_order_and_other_files_are_named(
    run: RunCommand,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    tiny_bundle: Path,
    portrait: Path,
    landscape: Path,
) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait.read_bytes())
    (tmp_path / "b.png").write_bytes(landscape.read_bytes())
    (tmp_path / "c.mp4").write_bytes(make_video(frames=24))
    (tmp_path / "notes.txt").write_text("hello")
    films = write_bundle(tmp_path_factory.mktemp("films"), name="films").path
    done = run("scan", tmp_path, "--model", tiny_bundle, "--video-model", films, "--json")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["a.jpg", "b.png", "c.mp4"]
    face, no_face, film = (line["result"] for line in lines)
    assert face["frames_scored"] == 1
    assert face["calibrated"] is False
    assert face["model"]["runtime"] == "openvino-fp32"
    assert no_face["reasons"] == film["reasons"] == ["no_face"]
    models = [each["model"]["name"] for each in (face, no_face, film)]
    assert models == ["brightness", "brightness", "films"]
    assert "1 files in folders are no media" in done.stderr
    assert str(tmp_path / "notes.txt") in done.stderr


def test_one_bad_file_gives_exit_code_2_and_the_others_are_judged(
    run: RunCommand, tmp_path: Path, tiny_bundle: Path, portrait: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(portrait.read_bytes()[:2000])
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    done = run("scan", broken, notes, portrait, "--model", tiny_bundle, "--json")
    assert done.exit_code == 2
    codes = [json.loads(line).get("error", {}).get("code") for line in done.stdout.splitlines()]
    assert codes == ["unreadable_media", "unsupported_media", None]


def test_a_line_tells_of_the_origin_of_its_file(
    run: RunCommand, tmp_path: Path, tiny_bundle: Path, portrait: Path
) -> None:
    signed_file, anchors = tmp_path / "signed.jpg", tmp_path / "anchors.pem"
    signed_file.write_bytes(signed(portrait.read_bytes(), "image/jpeg"))
    anchors.write_text(authority().root)
    done = run(
        "scan", signed_file, portrait, "--model", tiny_bundle, "--trust-anchors", anchors, "--json"
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["provenance"]["c2pa"]["state"] for line in lines] == ["valid", "none"]
    anchors.write_text("nobody")
    done = run("scan", portrait, "--trust-anchors", anchors)
    assert done.exit_code == 2
    assert "no file of certificates" in done.stderr


def test_the_table_has_a_row_for_each_file(
    run: RunCommand, tiny_bundle: Path, portrait: Path
) -> None:
    done = run("scan", portrait, "--model", tiny_bundle)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split()[1] in ("fake", "real", "inconclusive")


def test_the_model_can_come_from_the_environment(
    run: RunCommand, tiny_bundle: Path, portrait: Path
) -> None:
    done = run("scan", portrait, "--json", env={"DEEPFAKE_MODEL": str(tiny_bundle)})
    assert json.loads(done.stdout)["result"]["model"]["name"] == "brightness"


def test_a_runtime_that_the_bundle_lacks_is_refused(
    run: RunCommand, tiny_bundle: Path, portrait: Path
) -> None:
    done = run("scan", portrait, "--model", tiny_bundle, "--runtime", "tensorflow")
    assert done.exit_code == 1
    assert "has no artifact for tensorflow" in done.stderr


def test_a_folder_without_media_says_so(run: RunCommand, tmp_path: Path, tiny_bundle: Path) -> None:
    done = run("scan", tmp_path, "--model", tiny_bundle)
    assert "No media files" in done.stderr
