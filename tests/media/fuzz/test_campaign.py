"""A short run of the fuzzer; ``make fuzz`` makes long ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import DecoderCrashed, DecodeTimeout, MediaError, UnreadableMedia
from tests.media.fuzz import campaign
from tests.media.fuzz.campaign import make_case, run
from tests.media.fuzz.seeds import seeds
from tests.media.fuzz.tally import Tally
from worker.decoder.pool import DecoderPool

_CASES = 2  # of each
_FILES = (
    *("mp4/h264-few", "mkv/h264-few", "ts/h264-few", "avi/mjpeg-one", "still/heic", "still/avif"),
    *("still/tiff RGB", "still/gif animated", "still/webp animated", "still/png animated"),
    *("signed/jpeg", "signed/webp"),
)


@pytest.mark.parametrize("name", _FILES)
def test_damaged_files_are_judged_or_refused_in_words(pool: DecoderPool, name: str) -> None:
    whole = seeds(name)[name]()
    endings = [run(pool, make_case(name, number, whole)) for number in range(_CASES)]
    assert [ending for ending in endings if ending.finding] == []


class FailingPool(DecoderPool):
    """Raises what it is given, in place of decoding."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def extract(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise self._error


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (UnreadableMedia("It is cut off."), ""),
        (UnreadableMedia("It is \x1b[31m red."), "unprintable"),
        (UnreadableMedia("It is " + "long" * 200), "unprintable"),
        (DecoderCrashed("The decoder was killed by SIGSEGV."), "decoder_crashed"),
        (DecodeTimeout(limit_s=60), "decode_timeout"),
        (KeyError("surprise"), "unnamed"),
    ],
)
def test_an_end_that_must_not_be_is_a_finding(error: Exception, finding: str) -> None:
    name = "still/bmp"
    whole = seeds(name)[name]()
    case = replace(make_case(name, 0, whole), data=whole)
    ending = run(FailingPool(error), case)
    assert ending.finding == finding
    tally = Tally()
    tally.add(case.name, ending)
    assert sum(tally.findings.values()) == bool(finding)
    assert "| still | 1 | 0 |" in tally.table()


def test_what_was_late_once_is_tried_again() -> None:
    class LateOnce(FailingPool):
        def extract(self, *_: object, **__: object) -> None:  # type: ignore[override]
            error, self._error = self._error, UnreadableMedia("It is cut off.")
            raise error

    case = make_case("still/bmp", 0, seeds("still/bmp")["still/bmp"]())
    ending = run(LateOnce(DecodeTimeout(limit_s=60)), case)
    assert (ending.code, ending.finding) == ("unreadable_media", "")


def test_the_format_is_named_first_as_the_gateway_does() -> None:
    with pytest.raises(MediaError):
        campaign.sniffed(b"plain text")
