from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.problems import InvalidParameter, MalformedRequest
from api.upload.form import MAX_FIELD_BYTES, MAX_PARTS, MultipartReader

CONTENT_TYPE = "multipart/form-data; boundary=XX"


def part(name: str, value: bytes, *, filename: bool = False) -> bytes:
    extra = '; filename="f"' if filename else ""
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def read(body: bytes, step: int = 1_000_000) -> tuple[bytes, dict[str, list[str]]]:
    reader = MultipartReader(CONTENT_TYPE)
    pieces = [reader.feed(body[at : at + step]) for at in range(0, len(body), step)]
    reader.close()
    return b"".join(pieces), reader.fields


@given(st.binary(max_size=500), st.integers(1, 50))
def test_a_file_survives_any_cut_of_the_body(data: bytes, step: int) -> None:
    data = data.replace(b"--XX", b"")
    body = part("tag", b"a") + part("file", data, filename=True) + part("tag", b"b") + b"--XX--"
    assert read(body, step) == (data, {"tag": ["a", "b"]})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (part("tag", b"a") + b"--XX--", "has none"),
        (part("file", b"1") + part("file", b"2") + b"--XX--", "more than one part named 'file'"),
        (part("photo", b"1", filename=True) + b"--XX--", "must be named 'file', not 'photo'"),
        (part("file", b"1"), "ends before its last boundary"),
        (b"--XX\r\nX: y\r\n\r\n1\r\n--XX--", "Content-Disposition"),
        (part("tag", b"") * (MAX_PARTS + 1), f"more than {MAX_PARTS} parts"),
        (b"--YY\r\n" + bytes(9000), "malformed"),
        (b"--XXtra\r\n" + bytes(9000), "malformed"),
        (
            part("file", b"1").replace(
                b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            )
            + b"--XX--",
            "send its bytes as they are",
        ),
        (b"--XX\r\nX: " + b"y" * 5000, "malformed"),
        (b"--XX\r\n" + b"X: y\r\n" * 9, "malformed"),
    ],
)
def test_a_form_that_is_not_as_agreed_is_explained(body: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest, match=message):
        read(body)


@pytest.mark.parametrize("name", ["file", "other"])
def test_an_input_where_no_file_was_chosen_is_not_given(name: str) -> None:
    unchosen = part(name, b"", filename=True).replace(b'filename="f"', b'filename=""')
    assert read(unchosen + part("file", b"123", filename=True) + b"--XX--") == (b"123", {})
    with pytest.raises(MalformedRequest, match="has none"):
        read(unchosen + b"--XX--")


@pytest.mark.parametrize(("name", "message"), [("file", "more than one"), ("other", "not 'other'")])
def test_a_file_without_a_name_is_a_file(name: str, message: str) -> None:
    nameless = part(name, b"1", filename=True).replace(b'filename="f"', b'filename=""')
    with pytest.raises(MalformedRequest, match=message):
        read(part("file", b"1", filename=True) + nameless + b"--XX--")


def test_a_form_field_cannot_fill_the_memory() -> None:
    with pytest.raises(InvalidParameter, match="'tag' is longer than 1024 bytes"):
        read(part("tag", b"x" * (MAX_FIELD_BYTES + 1)))


@given(
    st.text(max_size=200).map(str.encode),
    st.sampled_from([b"", b" ", b" \t "]),
    st.binary(max_size=200),
    st.integers(1, 60),
)
def test_what_stands_around_the_parts_means_nothing(
    preamble: bytes, blanks: bytes, epilogue: bytes, step: int
) -> None:
    preamble = preamble.replace(b"--XX", b"")
    first = part("tag", b"a").replace(b"--XX\r\n", b"--XX" + blanks + b"\r\n")
    body = preamble + b"\r\n" + first + part("file", b"123") + b"--XX--\r\n" + epilogue
    assert read(body, step) == (b"123", {"tag": ["a"]})


@pytest.mark.parametrize("boundary", ["XX", '"XX"', '"XX"; charset=utf-8'])
def test_a_boundary_may_be_quoted(boundary: str) -> None:
    reader = MultipartReader(f"multipart/form-data; boundary={boundary}")
    assert reader.feed(part("file", b"123") + b"--XX--") == b"123"
    reader.close()


@given(
    st.text("ABCDEFxyz0189'()+_,-./:=? ", min_size=1, max_size=70).filter(lambda b: b[-1] != " ")
)
def test_every_boundary_of_the_standard_is_understood(boundary: str) -> None:
    reader = MultipartReader(f'multipart/form-data; boundary="{boundary}"')
    raw = boundary.encode()
    body = part("file", b"12-3--").replace(b"--XX", b"--" + raw) + b"--" + raw + b"--\r\n"
    assert reader.feed(body) == b"12-3--"
    reader.close()


@pytest.mark.parametrize("parameters", ["", "; boundary=", f"; boundary={'x' * 300}"])
def test_a_form_needs_a_usable_boundary(parameters: str) -> None:
    with pytest.raises(MalformedRequest, match="boundary"):
        MultipartReader(f"multipart/form-data{parameters}")
