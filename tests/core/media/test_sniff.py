"""Formats are told by their content alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EmptyMedia, MediaError, UnsupportedMedia
from core.media.sniff import HEAD_BYTES, TAKEN, Format, Kind, sniff
from tests import media_factory


def tiff_head(tags: dict[int, int], order: Literal["little", "big"] = "little") -> bytes:
    """The start of a TIFF whose first directory has those long values."""

    def number(value: int, width: int) -> bytes:
        return value.to_bytes(width, order)

    head = (b"II" if order == "little" else b"MM") + number(42, 2) + number(8, 4)
    entries = [number(tag, 2) + number(4, 2) + number(1, 4) + number(tags[tag], 4) for tag in tags]
    return head + number(len(entries), 2) + b"".join(entries) + bytes(4)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm", "avi"])
def test_every_video_container_is_told_by_its_bytes(container: str) -> None:
    found = sniff(media_factory.make_video(frames=2, container=container)[:HEAD_BYTES])
    assert (found.name, found.kind) == (container, Kind.VIDEO)


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic"])
def test_every_image_format_is_told_by_its_bytes(name: str) -> None:
    found = sniff(media_factory.make_image(name)[:HEAD_BYTES])
    assert (found.name, found.kind) == (name, Kind.IMAGE)


@pytest.mark.parametrize("name", ["gif", "webp", "png", "avif"])
def test_animations_are_videos(name: str) -> None:
    found = sniff(media_factory.make_animation(format=name)[:HEAD_BYTES])
    assert (found.name, found.kind) == (name, Kind.VIDEO)


def test_an_image_sequence_is_a_video() -> None:
    found = sniff(b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc")
    assert (found.name, found.kind) == ("heic", Kind.VIDEO)


@pytest.mark.parametrize("atom", [b"moov", b"mdat", b"wide", b"free", b"skip"])
def test_a_quicktime_file_without_ftyp_is_mov(atom: bytes) -> None:
    assert sniff(b"\0\0\x10\0" + atom + bytes(64)).name == "mov"


def test_a_generic_still_brand_is_told_by_its_compatible_brands() -> None:
    head = b"\0\0\0\x1cftypmif1\0\0\0\0mif1"
    assert sniff(head + b"avifmiaf").name == "avif"
    assert sniff(head + b"heicmiaf").name == "heic"


def test_an_mp4_that_lists_a_still_brand_beside_its_own_stays_a_video() -> None:
    assert sniff(b"\0\0\0\x18ftypisom\0\0\0\0heicmif1").name == "mp4"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x7fELF\x02", "ELF"),
        (b"ID3\x04", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"RIFF\0\0\0\0WAVE", "WAV"),
        (b"OggS", "Ogg"),
        (b"FLV\x01", "Flash"),
        (b"#EXTM3U\n", "HLS"),
        (b"<svg xmlns='x'>", "SVG"),
        (b"<!DOCTYPE html>", "web page"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "plain text"),
        ("größer".encode(), "plain text"),
        (b"\x00\x01\x02\x03", "unknown binary"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx ", "CR3"),
        (b"\0\0\0\x18ftypavci\0\0\0\0mif1avci", "H.264 pictures"),
        (b"P6\n640 480\n255\n", "anymap"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"qoif\0\0\0\x10", "QOI"),
        (b"II\xbc\x01\x08\0\0\0", "JPEG XR"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"II*\0\x10\0\0\0CR\x02\0", "CR2"),
        (tiff_head({0xC612: 1}), "DNG"),
        (tiff_head({254: 1, 330: 900}), "raw photo"),
        (tiff_head({254: 1, 330: 900}, "big"), "raw photo"),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82\x84docs", "EBML"),
    ],
)
def test_a_refusal_says_what_it_saw_and_what_is_taken(data: bytes, what: str) -> None:
    with pytest.raises(UnsupportedMedia, match=what) as caught:
        sniff(data)
    assert TAKEN in caught.value.message


def test_no_bytes_are_empty_media() -> None:
    with pytest.raises(EmptyMedia):
        sniff(b"")


@pytest.mark.parametrize("tags", [{}, {254: 0, 330: 900}, {254: 1}])
def test_a_tiff_with_further_directories_is_no_raw_photo(tags: dict[int, int]) -> None:
    assert sniff(tiff_head(tags)).name == "tiff"


_MAGICS = [
    b"II*\0",
    b"MM\0*",
    b"",
    b"\x1a\x45\xdf\xa3",
    b"RIFF\0\0\0\0",
    b"\0\0\0\x20ftyp",
    b"BM",
    b"\xff",
    b"G",
]


@given(st.sampled_from(_MAGICS), st.binary(max_size=128))
def test_any_bytes_give_a_format_or_a_media_error(magic: bytes, rest: bytes) -> None:
    with contextlib.suppress(MediaError):
        assert isinstance(sniff(magic + rest), Format)


def test_sniffing_loads_no_decoder() -> None:
    code = (
        "import sys, core.media.sniff; "
        "bad = {'av', 'cv2', 'PIL', 'numpy'} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
