"""Every kind of picture is read in the sandbox as it is outside."""

from __future__ import annotations

import pytest

from core.media.frames import open_media
from tests.media.sandbox import sandboxed_faults
from tests.media.stills import STILLS
from worker.decoder.pool import DecoderPool


@pytest.mark.parametrize("kind", STILLS)
def test_the_sandbox_changes_nothing_about_a_picture(kind: str, pool: DecoderPool) -> None:
    data = STILLS[kind]()
    with open_media(data) as media:
        assert any(media.frames(1))
    assert sandboxed_faults(pool, data) == []
