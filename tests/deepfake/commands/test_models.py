"""``deepfake models list``; the import has tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deepfake.conftest import RunCommand


def test_an_empty_models_folder_is_said(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.model.bundle.MODELS_DIR", tmp_path)
    assert run("models", "list").exit_code == 0


def test_the_list_shows_names_meanings_and_damage(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.core.bundle_factory import write_bundle

    write_bundle(tmp_path / "good")
    bad = write_bundle(tmp_path / "bad").path
    (bad / "fp32.bin").unlink()
    (tmp_path / "DEFAULT").write_text("good\n")
    monkeypatch.setattr("core.model.bundle.MODELS_DIR", tmp_path)
    monkeypatch.setattr("core.model.bundle.installed", lambda: ["bad", "good"])
    monkeypatch.setattr("core.model.bundle.default_name", lambda: "good")
    done = run("models", "list")
    assert "* brightness 1: 32 px, signed, logit of fake, not calibrated" in done.stdout
    assert "bad  unusable" in done.stdout
