"""The states of content credentials, in files that are signed here."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.media.origin import reading
from core.media.origin.credentials import Verifier
from core.media.origin.reading import read_provenance
from core.media.syntax import png_chunks
from core.provenance import Credentials, CredentialState, NotChecked
from tests.credentials_factory import MANIFEST, authority, signed
from tests.media_factory import make_video, save_image


def noise() -> Image.Image:
    """A picture in which no two places are alike."""
    return Image.effect_noise((64, 64), 50).convert("RGB")


FILES: dict[str, Callable[[], bytes]] = {
    "image/jpeg": lambda: save_image(noise(), "JPEG"),
    "image/png": lambda: save_image(noise(), "PNG"),
    "image/webp": lambda: save_image(noise(), "WEBP"),
    "image/gif": lambda: save_image(noise(), "GIF"),
    "image/tiff": lambda: save_image(noise(), "TIFF"),
    "image/avif": lambda: save_image(noise(), "AVIF"),
    "video/mp4": lambda: make_video(frames=3, size=(64, 64)),
}


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier.load(authority().root)


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    return signed(FILES["image/jpeg"](), "image/jpeg")


def credentials(data: bytes, verifier: Verifier) -> Credentials:
    return read_provenance(data, verifier).c2pa


@pytest.mark.parametrize("media_type", FILES)
def test_a_file_is_valid_untrusted_or_invalid_by_its_signer_and_its_bytes(
    verifier: Verifier, media_type: str
) -> None:
    plain = FILES[media_type]()
    assert credentials(plain, verifier) == Credentials(state=CredentialState.NONE)
    file = signed(plain, media_type)
    assert credentials(file, verifier).state is CredentialState.VALID
    assert credentials(file, Verifier.load()).state is CredentialState.UNTRUSTED
    last = next(
        at
        for at in range(len(plain) - 40, 0, -1)
        if file.count(plain[at : at + 20]) == 1 and plain[at : at + 20] in file
    )
    at = file.index(plain[last : last + 20])
    changed = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
    found = credentials(changed, verifier)
    assert found.state is CredentialState.INVALID
    assert any(code.endswith("Hash.mismatch") for code in found.failures)


def test_what_the_signer_says_is_told(verifier: Verifier, jpeg: bytes) -> None:
    found = credentials(jpeg, verifier)
    assert (found.issuer, found.signer) == ("Newsroom", "Signer")
    assert found.claim_generator == "test camera 1.0"
    assert found.signed_at is None  # there is no time stamp
    (action,) = found.actions
    assert action.action == "c2pa.created"
    assert action.digital_source_type == "trainedAlgorithmicMedia"
    assert action.software == "painter"
    assert found.digital_source_types == ["trainedAlgorithmicMedia"]
    assert found.failures == []


def test_another_authority_makes_nobody_trusted(jpeg: bytes) -> None:
    other = Verifier.load(authority("Somebody else").root)
    assert credentials(jpeg, other).state is CredentialState.UNTRUSTED


def test_a_manifest_that_lies_elsewhere_is_not_fetched(verifier: Verifier) -> None:
    file = signed(FILES["image/jpeg"](), "image/jpeg", remote_url="http://127.0.0.1:9/a.c2pa")
    found = credentials(file, verifier)
    assert found.state is CredentialState.NOT_CHECKED
    assert found.reason == NotChecked.REMOTE_MANIFEST
    # The library itself, which this file usually does not reach, is told not to connect too.
    assert verifier.check(memoryview(file)).reason == NotChecked.REMOTE_MANIFEST


def test_texts_of_a_signer_are_short_and_on_one_line(verifier: Verifier) -> None:
    name = "evil\u202e\n\x1b[31m" + "x" * 5000
    manifest = {**MANIFEST, "claim_generator_info": [{"name": name}]}
    found = credentials(signed(FILES["image/png"](), "image/png", manifest=manifest), verifier)
    assert found.claim_generator is not None
    assert found.claim_generator.isprintable()
    assert len(found.claim_generator) == 200


def with_chunk(content: bytes) -> bytes:
    file = FILES["image/png"]()
    return file[:33] + png_chunks.packed(b"caBX", content) + file[33:]


def nested(depth: int) -> bytes:
    """JUMBF boxes in each other."""
    content = b""
    for _ in range(depth):
        content = struct.pack(">I4s", 8 + len(content), b"jumb") + content
    return content


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"\xff" * 1000, nested(5000), struct.pack(">I4sQ", 1, b"jumb", 2**63)],
    ids=["empty", "zeros", "ones", "nested", "endless"],
)
def test_a_manifest_that_is_none_is_said_to_be_unreadable(
    verifier: Verifier, content: bytes
) -> None:
    found = credentials(with_chunk(content or b"x"), verifier)
    assert found.state is CredentialState.NOT_CHECKED
    assert found.reason == NotChecked.UNREADABLE_MANIFEST


def test_a_giant_manifest_is_not_read(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_MANIFEST_BYTES", 1000)
    found = credentials(with_chunk(bytes(1001)), verifier)
    assert found.reason == NotChecked.MANIFEST_TOO_LARGE


def test_a_format_that_cannot_carry_credentials_is_not_checked(verifier: Verifier) -> None:
    found = credentials(make_video(container="mkv", frames=2, size=(64, 64)), verifier)
    assert found.reason == NotChecked.FORMAT_NOT_SUPPORTED


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damage_never_makes_a_file_more_than_it_was(
    verifier: Verifier, jpeg: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(12, len(jpeg) - 1))
    cut = data.draw(st.booleans())
    file = jpeg[:at] if cut else jpeg[:at] + data.draw(st.binary(min_size=1, max_size=9))
    found = credentials(file, Verifier.load() if at % 50 == 0 else verifier)
    assert (found.state is CredentialState.NOT_CHECKED) == (found.reason is not None)
    if found.state is CredentialState.VALID:
        assert found.issuer == "Newsroom"
