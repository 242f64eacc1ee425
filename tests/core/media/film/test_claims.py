"""How much of a film is there, by what its file claims."""

from __future__ import annotations

import pytest

from core.media.frames import open_media
from tests.media.mux import mux

FRONT = {"moov_size": "8000"}
FORMS = [("h264", "mp4", FRONT), ("h264", "matroska", {}), ("mpeg4-no-b", "avi", {})]


def _missed_of_ten(data: bytes) -> int:
    with open_media(data) as media:
        list(media.frames(10))
        return media.coverage.missed_of(10)


@pytest.mark.parametrize(("track", "container", "options"), FORMS)
@pytest.mark.parametrize(("present", "mostly_lost"), [(0.3, True), (0.7, False), (1.0, False)])
def test_what_lies_behind_the_end_of_a_file_was_not_looked_at(
    track: str, container: str, options: dict[str, str], present: float, mostly_lost: bool
) -> None:
    data = mux(track, container, options=options)
    missed = _missed_of_ten(data[: round(len(data) * present)])
    assert (missed > 5) == mostly_lost
    assert (missed > 0) == (present < 1)


def test_a_false_size_alone_makes_no_film_unreadable() -> None:
    whole = mux("h264", "mp4", options=FRONT)
    at = whole.index(b"mdat") - 4
    claimed = whole[:at] + (2**31).to_bytes(4, "big") + whole[at + 4 :]
    assert _missed_of_ten(claimed) == 0
