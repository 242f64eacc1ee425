from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from api.http.conditional import KnownTags

ETAG = '"7.1"'


def known(*lines: str) -> KnownTags:
    return KnownTags.of(Headers(raw=[(b"if-none-match", line.encode("latin-1")) for line in lines]))


@pytest.mark.parametrize(
    "lines",
    [
        ('"7.1"',),
        ('W/"7.1"',),
        ('"6.0", "7.1"',),
        ('W/"6.0",W/"7.1" , "8"',),
        (' , "a,b" ,, "7.1"\t',),
        ('"6.0"', 'W/"7.1"'),
        ("*",),
    ],
)
def test_a_tag_that_the_client_has_matches(lines: tuple[str, ...]) -> None:
    assert known(*lines)
    assert known(*lines).matches(ETAG)


@pytest.mark.parametrize("line", ['"7"', '"6.0", "7.2"', 'W/"7.10"', '"7.1 "', '"x\xe9"'])
def test_another_tag_does_not_match(line: str) -> None:
    assert not known(line).matches(ETAG)


@pytest.mark.parametrize("line", ["", "7.1", 'w/"7.1"', '"7.1', '"7.1" "8"', "*, *", '"6.0", 7.1'])
def test_a_malformed_header_counts_as_absent(line: str) -> None:
    assert not known(line)


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_no_header_is_a_fault(line: str) -> None:
    known(line).matches(ETAG)


@given(
    st.lists(st.text(st.characters(min_codepoint=0x23, max_codepoint=0x7E), max_size=9), min_size=1)
)
def test_every_tag_of_a_list_matches(tags: list[str]) -> None:
    tagged = [f'"{tag}"' for tag in tags]
    assert all(known(", ".join(tagged)).matches(tag) for tag in tagged)
