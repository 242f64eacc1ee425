from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError, MediaError
from tests.media_factory import make_video
from training.data.cache import Sample
from training.data.integrity import Broken, decode_wholly, refuse_many, report
from training.data.picture import Picture, Split


def _broken(count: int) -> list[Broken]:
    return [
        Broken(
            Picture(Path(f"{i}.jpg"), f"{i}.jpg", Split.TRAIN, "s", fake=False, group="g"), "cut"
        )
        for i in range(count)
    ]


def test_a_whole_picture_passes(samples: list[Sample]) -> None:
    assert samples[0].data is not None
    decode_wholly(samples[0].data)


def test_what_is_cut_empty_or_no_picture_does_not(samples: list[Sample]) -> None:
    whole = samples[0].data
    assert whole is not None
    for data in (b"", b"text", whole[: len(whole) // 2], make_video()):
        with pytest.raises(MediaError):
            decode_wholly(data)


def test_the_report_counts_all_and_names_the_first() -> None:
    lines = report(_broken(25), 5000).splitlines()
    assert lines[0] == "25 of 5000 pictures are broken and left out:"
    assert lines[1] == "  0.jpg: cut"
    assert lines[-1] == "  and 5 more; deepfake data check names them all"


def test_too_large_a_share_is_refused() -> None:
    refuse_many(_broken(1), 100)
    with pytest.raises(ConfigurationError, match=r"That is 2.0%; the limit is 1.0%"):
        refuse_many(_broken(2), 100)
