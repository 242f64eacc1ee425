"""Claims in the metadata of files of every kind, and of files that are none."""

from __future__ import annotations

import contextlib
import io
import time
import zlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import av
import pytest
from av.video.stream import VideoStream
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from core.errors import MediaError
from core.media.origin.credentials import Verifier
from core.media.origin.reading import read_provenance
from core.media.syntax import png_chunks
from core.provenance import MAX_ITEMS, CredentialState, MetadataClaim, NotChecked
from tests.media_factory import make_video, save_image

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PARAMETERS = "a face, portrait\nSteps: 20, Sampler: Euler a, Seed: 1"
PICTURE = Image.new("RGB", (16, 16))
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description {}>{}</rdf:Description>
</rdf:RDF></x:xmpmeta>"""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier.load()


def claims(data: bytes, verifier: Verifier) -> list[MetadataClaim]:
    found = read_provenance(data, verifier)
    assert found.claims is not None
    return found.claims


def told(data: bytes, verifier: Verifier) -> list[tuple[str, str, str]]:
    return [(claim.kind, claim.source, claim.value) for claim in claims(data, verifier)]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    file = save_image(PICTURE, "PNG")
    return file[:33] + b"".join(png_chunks.packed(*chunk) for chunk in chunks) + file[33:]


def exif(texts: Mapping[Any, str], comment: bytes | None = None) -> bytes:
    block = Image.Exif()
    for number, text in texts.items():
        block[number] = text
    if comment is not None:
        block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return block.tobytes()


def film(container: str, **metadata: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        target.metadata.update(metadata)
        stream = target.add_stream("mpeg4", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.time_base = 64, 64, Fraction(1, 10)
        target.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        target.mux(stream.encode())
    return out.getvalue()


@pytest.mark.parametrize(
    ("chunk", "kind", "source", "value"),
    [
        ((b"tEXt", b"parameters\0" + PARAMETERS.encode()), "generator_parameters",
         "png:parameters", "a face, portrait Steps: 20, Sampler: Euler a, Seed: 1"),
        ((b"zTXt", b"prompt\0\0" + zlib.compress(b'{"1": {"class_type": "KSampler"}}')),
         "generator_parameters", "png:prompt", '{"1": {"class_type": "KSampler"}}'),
        ((b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress('{"é": 1}'.encode())),
         "generator_parameters", "png:workflow", '{"é": 1}'),
        ((b"tEXt", b"Software\0NovelAI"), "software", "png:Software", "NovelAI"),
        ((b"tEXt", b'Comment\0{"sampler": "k_euler"}'), "generator_parameters",
         "png:Comment", '{"sampler": "k_euler"}'),
        ((b"tEXt", b"Author\0Midjourney bot"), "credit", "png:Author", "Midjourney bot"),
    ],
)  # fmt: skip
def test_texts_of_a_png_are_told(
    verifier: Verifier, chunk: tuple[bytes, bytes], kind: str, source: str, value: str
) -> None:
    assert told(png(chunk), verifier) == [(kind, source, value)]


def test_what_tells_nothing_of_a_generator_stays_private(verifier: Verifier) -> None:
    named = {ExifTags.Base.Artist: "Ada", ExifTags.Base.Make: "Canon"}
    jpeg = save_image(PICTURE, "JPEG", exif=exif(named), comment=b"my holiday")
    assert told(jpeg, verifier) == []
    assert told(png((b"tEXt", b"Title\0my holiday")), verifier) == []


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "heic"])
def test_exif_is_read_in_every_kind_of_picture(verifier: Verifier, name: str) -> None:
    block = exif({ExifTags.Base.Software: "ComfyUI", ExifTags.Base.Artist: "OpenAI"})
    found = claims(save_image(PICTURE, name, exif=block), verifier)
    assert [(each.kind, each.source, each.generator) for each in found] == [
        ("software", "exif:Software", "ComfyUI"),
        ("credit", "exif:Artist", "OpenAI"),
    ]


@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + PARAMETERS.encode("utf-16-be"),
        b"UNICODE\0" + PARAMETERS.encode("utf-16-le"),
        b"ASCII\0\0\0" + PARAMETERS.encode(),
    ],
    ids=["big-endian", "little-endian", "ascii"],
)
def test_parameters_in_a_comment_of_exif_are_told(verifier: Verifier, comment: bytes) -> None:
    ((kind, source, value),) = told(save_image(PICTURE, "JPEG", exif=exif({}, comment)), verifier)
    assert (kind, source) == ("generator_parameters", "exif:UserComment")
    assert value.startswith("a face, portrait Steps: 20")


@pytest.mark.parametrize(
    "packet",
    [
        XMP.format(f'Iptc4xmpExt:DigitalSourceType="{IPTC}"', ""),
        XMP.format("", f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{IPTC}"/>'),
        XMP.format("", f"<Iptc4xmpExt:DigitalSourceType>{IPTC}</Iptc4xmpExt:DigitalSourceType>"),
    ],
    ids=["attribute", "resource", "element"],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "heic"])
def test_the_digital_source_type_is_told_as_its_code(
    verifier: Verifier, name: str, packet: str
) -> None:
    data = packet.encode()
    if name == "PNG":
        file = png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + data))
    elif name == "TIFF":
        file = save_image(PICTURE, "TIFF", tiffinfo={700: data})
    elif name == "GIF":
        file = save_image(PICTURE, "GIF", comment=data)
    else:
        file = save_image(PICTURE, name, xmp=data)
    assert told(file, verifier) == [
        ("digital_source_type", "xmp:Iptc4xmpExt:DigitalSourceType", "trainedAlgorithmicMedia")
    ]


def test_the_address_of_a_manifest_that_lies_elsewhere_is_noticed(verifier: Verifier) -> None:
    packet = XMP.format('dcterms:provenance="https://example.test/a.c2pa"', "").encode()
    found = read_provenance(save_image(PICTURE, "JPEG", xmp=packet), verifier)
    assert (found.c2pa.state, found.c2pa.reason) == (
        CredentialState.NOT_CHECKED,
        NotChecked.REMOTE_MANIFEST,
    )


@pytest.mark.parametrize(
    ("container", "source"),
    [("mp4", "mp4:©too"), ("mov", "mp4:©swr"), ("matroska", "matroska:WritingApp"),
     ("avi", "avi:ISFT")],
)  # fmt: skip
def test_the_encoder_of_a_film_is_told(verifier: Verifier, container: str, source: str) -> None:
    kinds = {source: kind for kind, source, _ in told(film(container), verifier)}
    assert kinds[source] == "software"


def test_a_workflow_in_the_comment_of_a_film_is_told(verifier: Verifier) -> None:
    file = film("mp4", comment='{"3": {"class_type": "KSampler"}}')
    assert ("generator_parameters", "mp4:©cmt", '{"3": {"class_type": "KSampler"}}') in told(
        file, verifier
    )


def test_claims_that_name_a_generator_come_first_and_are_not_too_many(verifier: Verifier) -> None:
    many = [(b"tEXt", b"Software\0editor %d" % n) for n in range(99)]
    found = claims(png(*many, (b"tEXt", b"Source\0Stable Diffusion")), verifier)
    assert len(found) == MAX_ITEMS
    assert found[0].generator == "Stable Diffusion"


@pytest.mark.parametrize("word", ["una imagen", "veo", "Sora Lee", "openairport"])
def test_words_of_everyday_language_name_no_generator(verifier: Verifier, word: str) -> None:
    assert claims(png((b"tEXt", b"Comment\0" + word.encode())), verifier) == []


def test_a_text_that_unpacks_to_megabytes_of_nothing_is_no_claim(verifier: Verifier) -> None:
    bomb = zlib.compress(bytes(20 * 1024**2))
    assert claims(png((b"zTXt", b"parameters\0\0" + bomb)), verifier) == []


def test_a_file_made_to_keep_the_reader_busy_is_given_up_early(verifier: Verifier) -> None:
    picture, jpeg = png(), save_image(PICTURE, "JPEG")
    bomb = png_chunks.packed(b"zTXt", b"k\0\0" + zlib.compress(b"Midjourney? " * 80_000))
    started = time.process_time()
    for file in (
        picture[:33] + bomb * 2_000 + picture[33:],
        jpeg[:2] + b"\xff" * 20_000_000 + jpeg[2:],
        jpeg[:2] + b"\xff\xfe\0\x02" * 2_000_000 + jpeg[2:],
        HEADS["mp4"][:32] + b"\0\0\0\x08free" * 2_000_000,
    ):
        read_provenance(file, verifier)
    assert time.process_time() - started < 3  # it takes a tenth of a second


HEADS = {
    "jpeg": save_image(PICTURE, "JPEG")[:20],
    "png": save_image(PICTURE, "PNG")[:33],
    "webp": save_image(PICTURE, "WEBP"),
    "gif": save_image(PICTURE, "GIF"),
    "tiff": save_image(PICTURE, "TIFF"),
    "mp4": make_video(frames=1),
    "mkv": make_video(container="mkv", frames=1),
    "avi": make_video(container="avi", frames=1),
}
WORDS = (b"\xff\xe1\0\x20Exif\0\0II*\0", b"\xff\xeb\0\x10JP", b"tEXtparameters\0", b"iTXt", b"caBX",
         b"<x:xmpmeta ", b":DigitalSourceType=\"", b"</x:xmpmeta>", b"\0\0\0\x20moov", b"udta",
         b"\0\0\0\x10meta", b"ilst", b"keys", b"\xa9too", b"LIST", b"INFO", b"ISFT", b"C2PA",
         b"EXIF",
         b"\x15\x49\xa9\x66", b"\0\0\0\0", b"\xff\xff\xff\xff")  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(HEADS)),
    st.lists(st.sampled_from(WORDS) | st.binary(max_size=12), max_size=12),
    st.integers(0, 400),
)
def test_whatever_a_file_holds_is_read_or_refused_as_no_file(
    verifier: Verifier, head: str, words: list[bytes], cut: int
) -> None:
    start = HEADS[head]
    data = start[: len(start) - cut] + b"".join(words)
    with contextlib.suppress(MediaError):
        found = read_provenance(data, verifier)
        assert all(claim.value.isprintable() for claim in found.claims or ())
