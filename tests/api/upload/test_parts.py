from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.problems import InvalidParameter, MalformedRequest
from api.upload.member import Begin, End, Piece
from api.upload.parts import PartsReader

TYPE = "multipart/form-data; boundary=b"


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'Content-Disposition: form-data; name="{name}"{file}'
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + value + b"\r\n"


def parse(body: bytes, cuts: list[int] | None = None) -> tuple[list[Piece], PartsReader]:
    reader = PartsReader(TYPE)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts or []), len(body)]
    pieces = [p for start, end in pairwise(edges) for p in reader.pieces(body[start:end])]
    reader.close()
    return pieces, reader


def joined(pieces: list[Piece]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for piece in pieces:
        if isinstance(piece, Begin):
            found.append((piece.name, b""))
        elif not isinstance(piece, End):
            found[-1] = (found[-1][0], found[-1][1] + piece)
    return found


@settings(max_examples=60)
@given(
    contents=st.lists(st.binary(max_size=60).filter(lambda data: b"--b" not in data), min_size=1),
    cuts=st.lists(st.integers(0, 3000), max_size=20),
)
def test_files_come_in_their_order_however_the_body_is_cut(
    contents: list[bytes], cuts: list[int]
) -> None:
    files = [part("file", data, f"n{n}") for n, data in enumerate(contents)]
    pieces, reader = parse(part("tag", b"x") + b"".join(files) + b"--b--\r\n", cuts)
    assert joined(pieces) == [(f"n{n}", data) for n, data in enumerate(contents)]
    assert sum(isinstance(piece, End) for piece in pieces) == len(contents)
    assert reader.fields == {"tag": ["x"]}


def test_more_files_than_a_form_has_fields_are_taken() -> None:
    pieces, _ = parse(part("file", b"x", "ü.mp4") * 100 + b"--b--\r\n")
    assert joined(pieces) == [("ü.mp4", b"x")] * 100


def test_a_file_input_without_a_file_is_no_file() -> None:
    pieces, _ = parse(part("file", b"x", "a") + part("file", b"", "") + b"--b--\r\n")
    assert joined(pieces) == [("a", b"x")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (part("file", b"x", "a") + part("tag", b"late") + b"--b--\r\n", InvalidParameter),
        (part("tag", b"x") + b"--b--\r\n", MalformedRequest),
        (part("other", b"x", "a") + b"--b--\r\n", MalformedRequest),
        (part("file", b"x", "a"), MalformedRequest),
        (part("tag", b"x") * 41 + b"--b--\r\n", MalformedRequest),
    ],
)
def test_what_is_no_form_with_files_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(body)
