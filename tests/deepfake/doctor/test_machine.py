from __future__ import annotations

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
