from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import jpeg
from core.errors import UnreadableMedia
from training.data.augment import Augmentation
from training.data.sample import Sample
from training.frozen.views import CLEAN, Views

_VIEWS = Views(size=32, margin=0.25, augmentation=Augmentation(), seed=1)


def _named(sample: Sample, **about: object) -> Sample:
    return replace(sample, picture=replace(sample.picture, **about))  # type: ignore[arg-type]


def test_the_clean_view_is_what_serving_cuts(samples: list[Sample]) -> None:
    served = jpeg.decode(jpeg.encode(samples[0].crop(32, 0.25)), size=32)
    assert np.array_equal(_VIEWS.crop(samples[0], CLEAN), served)


def test_a_view_is_a_pure_function_of_picture_and_number(samples: list[Sample]) -> None:
    first, again, second = (_VIEWS.crop(samples[0], number) for number in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)


def test_pictures_of_a_stated_group_are_augmented_alike(samples: list[Sample]) -> None:
    real = _named(samples[0], source="a", group="clip 1", group_stated=True, fake=False, key="x")
    fake = _named(real, fake=True, key="y")  # the same pixels, so an equal view tells
    alone = _named(fake, group="clip 2")
    assert np.array_equal(_VIEWS.crop(real, 1), _VIEWS.crop(fake, 1))
    assert not np.array_equal(_VIEWS.crop(real, 1), _VIEWS.crop(alone, 1))
    first, second = (_VIEWS.crop(_named(each, group_stated=False), 1) for each in (real, fake))
    assert not np.array_equal(first, second)


def test_a_key_changes_with_what_the_view_depends_on_and_with_nothing_else(
    samples: list[Sample],
) -> None:
    sample = samples[0]
    wider = replace(_VIEWS, margin=0.5)
    other = replace(_VIEWS, augmentation=Augmentation(flip=0))
    assert wider.key(sample, CLEAN) != _VIEWS.key(sample, CLEAN)
    assert wider.key(sample, 1) == _VIEWS.key(sample, 1)  # it draws its margin
    assert other.key(sample, CLEAN) == _VIEWS.key(sample, CLEAN)
    assert other.key(sample, 1) != _VIEWS.key(sample, 1)
    keys = {view.key(each, number)
            for view in (_VIEWS, replace(_VIEWS, seed=2), replace(_VIEWS, size=64))
            for each in samples[:2] for number in (CLEAN, 1, 2)}  # fmt: skip
    assert len(keys) == 18 - 2  # the clean view has no seed
    moved = _named(sample, path=Path("elsewhere.jpg"))
    assert _VIEWS.key(moved, CLEAN) == _VIEWS.key(sample, CLEAN)


def test_a_file_that_was_lost_is_named(samples: list[Sample]) -> None:
    lost = replace(_named(samples[0], path=Path("lost.jpg")), data=None)
    with pytest.raises(UnreadableMedia, match=r"lost\.jpg cannot be read"):
        _VIEWS.key(lost, CLEAN)


def test_the_clean_view_of_a_blended_fake_is_blended_and_otherwise_as_serving_cuts(
    samples: list[Sample],
) -> None:
    eyes_nose_mouth = ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))
    reals = [replace(each, landmarks=eyes_nose_mouth) for each in samples[:2]]
    fakes = [replace(each, donors=reals) for each in reals]
    real, fake = (_VIEWS.crop(each[0], CLEAN) for each in (reals, fakes))
    assert np.array_equal(_VIEWS.crop(fakes[0], CLEAN), fake)
    assert not np.array_equal(fake, real)
    assert fake[0] == pytest.approx(real[0], abs=40)  # the edge of the crop is not blended
    assert _VIEWS.key(fakes[0], CLEAN) != _VIEWS.key(reals[0], CLEAN)
    fewer = replace(fakes[0], donors=reals[:1])
    assert _VIEWS.key(fewer, CLEAN) != _VIEWS.key(fakes[0], CLEAN)
