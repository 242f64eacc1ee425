"""Encrypted films are refused by name, and never judged as noise."""

from __future__ import annotations

import pytest

from core.errors import EncryptedMedia
from core.media.frames import open_media
from tests.core.media.films import film
from tests.media.mux import mux


@pytest.mark.parametrize(
    "name",
    [
        "mp4/h264 encrypted",
        "mov/h264 encrypted",
        "fmp4/h264 encrypted",
        "mp4/hevc encrypted, header in front",
        "mp4/hevc encrypted, nothing said of the cipher",
        "mkv/h264 encrypted",
        "webm/vp9 encrypted",
    ],
)
def test_an_encrypted_film_is_refused_and_the_message_says_what_to_send(name: str) -> None:
    with pytest.raises(EncryptedMedia, match=r"is encrypted.*without copy protection"):
        open_media(film(name))


def test_a_scrambled_transport_stream_is_refused() -> None:
    data = bytearray(mux("h264", "mpegts"))
    for at in range(0, len(data), 188):
        data[at + 3] |= 0x80
    with pytest.raises(EncryptedMedia, match="TS file is encrypted"):
        open_media(data)
