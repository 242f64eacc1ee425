from __future__ import annotations

from pathlib import Path

import pytest

from training.data import code_of_core
from training.data.code_of_core import fingerprint


def test_a_fingerprint_changes_with_code_of_core_and_with_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faces").mkdir()
    for name in ("jpeg.py", "faces/network.py", "faces/README.md"):
        (tmp_path / name).write_text("a = 1\n")
    monkeypatch.setattr(code_of_core, "_CORE", tmp_path)
    seen = [fingerprint(("jpeg.py", "faces"), ("numpy",))]
    for name in ("jpeg.py", "faces/network.py"):
        (tmp_path / name).write_text("a = 2\n")
        seen.append(fingerprint(("jpeg.py", "faces"), ("numpy",)))
    seen.append(fingerprint(("jpeg.py", "faces"), ("numpy", "pillow")))
    assert len(set(seen)) == 4
    (tmp_path / "faces" / "README.md").write_text("a = 2\n")
    assert fingerprint(("jpeg.py", "faces"), ("numpy", "pillow")) == seen[-1]
