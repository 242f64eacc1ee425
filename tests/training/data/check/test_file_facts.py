from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from tests.training.data.check.files import facts_of, picture, save, scene
from training.data.check.duplicates import MAX_DISTANCE
from training.data.check.file_facts import FileFacts, examine
from training.data.integrity import Broken


def _distance(one: FileFacts, other: FileFacts) -> int:
    return int(np.unpackbits(one.hash ^ other.hash).sum())


def test_the_facts_of_a_jpeg(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", scene(1, (80, 60)), quality=85, subsampling=0)
    facts = facts_of(path)
    assert (facts.width, facts.height, facts.format) == (80, 60, "JPEG")
    assert (facts.quality, facts.subsampling) == (85, "4:4:4")
    assert facts.size == path.stat().st_size


def test_a_png_has_no_quality_whatever_it_is_called(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", scene(1)).rename(tmp_path / "a.jpg")
    facts = facts_of(path)
    assert (facts.format, facts.quality, facts.subsampling) == ("PNG", None, "")


def test_a_photograph_of_a_telephone_has_facts_too(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Image.new("RGB", (80, 60))).save(path)
    facts = facts_of(path)
    assert (facts.width, facts.height, facts.format) == (80, 60, "HEIC")


def test_a_damaged_or_absent_file_is_broken(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", scene(1))
    path.write_bytes(path.read_bytes()[:400])
    for broken in (examine(picture(path)), examine(picture(tmp_path / "absent.jpg"))):
        assert isinstance(broken, Broken)
        assert broken.reason


def test_a_copy_that_was_halved_and_saved_again_is_near_and_another_picture_is_not(
    tmp_path: Path,
) -> None:
    original = facts_of(save(tmp_path / "a.png", scene(1)))
    copy = facts_of(save(tmp_path / "b.jpg", scene(1).resize((48, 48)), quality=50))
    other = facts_of(save(tmp_path / "c.png", scene(2)))
    assert _distance(original, copy) <= MAX_DISTANCE < _distance(original, other)


def test_a_picture_of_one_colour_has_a_hash(tmp_path: Path) -> None:
    assert facts_of(save(tmp_path / "a.png", Image.new("RGB", (1, 1)))).hash.shape == (32,)
