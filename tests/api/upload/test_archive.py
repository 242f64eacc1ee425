"""Hostile and honest ZIP archives."""

from __future__ import annotations

import asyncio
import zipfile
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.problems import ArchiveRefused, BatchTooLarge
from api.upload.archive import Archive
from api.upload.member import Allowance
from tests.api.zips import zipped

MANY = 10**9


def read(data: bytes, *, step: int = 65536, limit: int = MANY) -> list[tuple[str, bytes]]:
    """The names and contents of an archive that arrives in steps."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), step):
            yield data[start : start + step]

    async def collect() -> list[tuple[str, bytes]]:
        archive = Archive(chunks(), Allowance(limit))
        return [(m.name, b"".join([c async for c in m])) async for m in archive]

    return asyncio.run(collect())


@settings(max_examples=25)
@given(
    contents=st.dictionaries(
        st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9),
        st.binary(max_size=3000),
        max_size=5,
    ),
    stored=st.booleans(),
    step=st.integers(1, 5000),
)
def test_an_archive_gives_its_files_however_it_arrives(
    contents: dict[str, bytes], stored: bool, step: int
) -> None:
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    assert read(zipped(contents, method), step=step) == list(contents.items())


@settings(max_examples=50)
@given(data=st.data())
def test_a_damaged_archive_is_refused_or_gives_only_what_is_whole(data: st.DataObject) -> None:
    contents = {"a": b"a" * 500, "b": bytes(range(256))}
    archive = bytearray(zipped(contents))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(archive))
    except ArchiveRefused:
        return
    # Damage behind the files, in the directory, goes unseen, and that of a name.
    assert {content for _, content in found} <= set(contents.values())


@settings(max_examples=30)
@given(st.binary(max_size=400))
def test_whatever_follows_the_magic_is_refused_or_read(rest: bytes) -> None:
    with suppress(ArchiveRefused):
        read(b"PK\x03\x04" + rest)


def test_an_archive_is_read_while_it_is_packed() -> None:
    made = BytesIO()

    class Pipe:
        """No seeking: sizes come behind the files, as `zip -` writes them."""

        def write(self, data: bytes) -> int:
            return made.write(data)

        def flush(self) -> None: ...

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("a", b"one")
        archive.writestr("b", b"two")
    assert read(made.getvalue()) == [("a", b"one"), ("b", b"two")]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({"a": bytes(64 * 1024**2)})
    assert len(bomb) < 70_000
    with pytest.raises(ArchiveRefused, match="100 times"):
        read(bomb)


def test_a_bomb_of_many_files_is_refused_too() -> None:
    with pytest.raises(ArchiveRefused, match="100 times"):
        read(zipped({str(n): bytes(1024**2) for n in range(40)}))


def test_unpacked_files_have_a_limit_of_bytes() -> None:
    with pytest.raises(BatchTooLarge, match="5,000 bytes"):
        read(zipped({"a": bytes(3000), "b": bytes(3000)}), limit=5000)


def test_entries_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.upload.archive.MAX_ENTRIES", 3)
    with pytest.raises(ArchiveRefused, match="3 entries"):
        read(zipped({f"{n}/": b"" for n in range(4)}))


def test_a_central_directory_that_names_one_entry_many_times_is_not_followed() -> None:
    """As in the overlapping bombs of Fifield (2019): entries are read as they come, and once."""
    archive = zipped({"a": bytes(100_000)})
    at, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    tail = bytearray(archive[end:])
    tail[8:12] = (65_535).to_bytes(2, "little") * 2
    overlapping = archive[:at] + archive[at:end] * 65_535 + bytes(tail)
    assert read(overlapping) == [("a", bytes(100_000))]


def test_an_entry_within_the_bytes_of_another_is_a_part_of_that_one() -> None:
    inner = zipped({"b": bytes(1000)})
    assert read(zipped({"a": inner}, zipfile.ZIP_STORED)) == [("a", inner)]


@pytest.mark.parametrize("told", [0, 1, 100, 2**32 - 1])
@pytest.mark.parametrize("at", [18, 22], ids=["packed", "unpacked"])
@pytest.mark.parametrize("stored", [False, True], ids=["deflated", "stored"])
def test_a_size_that_lies_is_found_out(stored: bool, at: int, told: int) -> None:
    """At 18 and 22 of a local header are the sizes, which belong to the first file."""
    content = bytes(range(256)) * 40
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    archive = bytearray(zipped({"a": content, "b": b"x"}, method))
    archive[at : at + 4] = told.to_bytes(4, "little")
    with pytest.raises(ArchiveRefused):
        read(bytes(archive))


def test_a_link_is_a_file_with_a_path_in_it() -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("film.mp4")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert read(made.getvalue()) == [("film.mp4", b"/etc/passwd")]


def test_nested_bombs_are_not_unpacked() -> None:
    bomb = zipped({"0": bytes(16 * 1024**2)})
    for _ in range(5):
        bomb = zipped({str(n): bomb for n in range(16)})
    assert sum(len(content) for _, content in read(bomb)) < 1024**2


def test_an_encrypted_archive_is_refused() -> None:
    archive = bytearray(zipped({"a": b"secret"}))
    archive[6] |= 1  # the flag of the local header
    with pytest.raises(ArchiveRefused, match="encrypted"):
        read(bytes(archive))


def test_a_stored_file_of_unknown_size_is_refused_with_a_way_out() -> None:
    crc = zlib.crc32(b"x").to_bytes(4, "little")
    header = b"PK\x03\x04\x14\0\x08\0\0\0" + bytes(4) + crc + bytes(8) + b"\x01\0\0\0a"
    with pytest.raises(ArchiveRefused, match="local headers"):
        read(header + b"x")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a\r\nb", "ü.mp4"])
def test_a_name_is_only_shown(name: str) -> None:
    ((shown, content),) = read(zipped({name: b"x"}))
    assert (shown.isprintable(), content) == (True, b"x")


def test_an_archive_in_an_archive_is_a_file_like_any_other() -> None:
    inner = zipped({"a": b"x"})
    assert read(zipped({"inner.zip": inner})) == [("inner.zip", inner)]


def test_a_name_in_an_old_code_page_is_read() -> None:
    archive = zipped({"aa.mp4": b"x"}).replace(b"aa.mp4", b"a\x81.mp4")
    assert read(archive) == [("aü.mp4", b"x")]
