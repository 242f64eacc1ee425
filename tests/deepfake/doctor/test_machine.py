from __future__ import annotations

from pathlib import Path

import pytest

from core import cgroups
from deepfake.doctor import machine


def test_features_are_read_from_the_flags_line_alone() -> None:
    info = "model name : avx512f lookalike\nflags : fpu avx2 avx512_vnni\n"
    assert machine.cpu_features(info) == ["avx2", "avx512_vnni"]


def test_a_platform_without_flags_has_none() -> None:
    assert machine.cpu_features("") == []


def test_figures_are_plausible() -> None:
    total, free = machine.memory_bytes(), machine.free_memory_bytes()
    assert total is None or total > 100 * 1024**2
    assert free is None or free > 0


@pytest.mark.parametrize(
    ("membership", "file"),
    [("0::/pod/worker", "pod/memory.max"),
     ("3:memory:/docker/4f1c\n0::/", "memory/docker/4f1c/memory.limit_in_bytes"),
     ("3:memory:/only/the/host\n0::/", "memory/memory.limit_in_bytes")],
)  # fmt: skip
def test_the_limit_of_a_container_counts_in_both_versions_of_control_groups(
    membership: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "_MOUNT", tmp_path)
    monkeypatch.setattr(cgroups, "_MEMBERSHIP", tmp_path / "membership")
    (tmp_path / "membership").write_text(membership)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("268435456\n")
    assert machine.memory_bytes() == 256 * 1024**2
