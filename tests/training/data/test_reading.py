from __future__ import annotations

from pathlib import Path

from training.data.reading import cache_folder


def test_the_cache_is_never_inside_the_repository() -> None:
    repository = Path(__file__).resolve().parents[3]
    assert repository not in cache_folder(None).resolve().parents
