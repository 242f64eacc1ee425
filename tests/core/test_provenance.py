"""Texts of strangers are short and harmless, whoever made the object that holds them."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from core.provenance import (
    MAX_CHARACTERS,
    MAX_ITEMS,
    Credentials,
    CredentialState,
    MetadataClaim,
    NotChecked,
    Provenance,
    plain,
)


@settings(max_examples=50)
@given(st.text(max_size=30).map(lambda text: text * 10))
def test_a_text_is_one_short_line_without_control_characters(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= MAX_CHARACTERS
    assert shown == "" or shown.isprintable()
    assert plain(shown) == shown
    shown.encode()  # no lone surrogate, which JSON could not carry


def test_letters_of_every_alphabet_stay_and_what_turns_them_goes() -> None:
    assert plain("Zoë 写真\nपद \u202eevil\x1b[31m\0") == "Zoë 写真 पद evil [31m"


def test_what_an_untrusted_process_wrote_is_cut_when_it_is_read() -> None:
    claim = {"kind": "software", "source": "png:\x07Software", "value": "v" * 5000}
    credentials = {"state": "valid", "issuer": "a\nb", "failures": ["c" * 999] * 99}
    found = Provenance.from_json({"c2pa": credentials, "claims": [claim] * 99})
    assert found.claims is not None
    assert len(found.claims) == len(found.c2pa.failures) == MAX_ITEMS
    assert len(found.claims[0].value) == len(found.c2pa.failures[0]) == MAX_CHARACTERS
    assert (found.c2pa.issuer, found.claims[0].source) == ("a b", "png: Software")


def test_it_survives_a_record_and_a_newer_version() -> None:
    claim = MetadataClaim(kind="software", source="png:Software", value="NovelAI")
    made = Provenance(c2pa=Credentials(state=CredentialState.NONE), claims=[claim])
    stored = json.loads(json.dumps(made.to_json()))
    assert Provenance.from_json({**stored, "watermark": "later"}) == made


def test_where_nobody_could_look_no_claim_is_said_to_be_absent() -> None:
    found = Provenance.not_checked(NotChecked.CRASHED)
    assert (found.c2pa.state, found.c2pa.reason) == (CredentialState.NOT_CHECKED, "crashed")
    assert found.claims is None
