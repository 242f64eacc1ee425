"""The trust list that ships is whole, and is used until the day that it names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from core.media.origin.credentials import Verifier
from worker.decoder import trust
from worker.decoder.trust import SHIPPED, SHIPPED_UNTIL, anchors_of, in_force

# Signed by an authority of its own that is not on the list.
_OF_AN_AUTHORITY_ELSEWHERE = "Adobe Product Issuing CA vault-a-or2.adobe.net cai"


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _set_today(monkeypatch: pytest.MonkeyPatch, today: date) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            assert tz is UTC
            return datetime(today.year, today.month, today.day, 12, tzinfo=UTC)

    monkeypatch.setattr(trust, "datetime", Clock)


def test_each_certificate_of_the_shipped_list_is_signed_by_one_of_the_list() -> None:
    certificates = x509.load_pem_x509_certificates(SHIPPED.read_bytes())
    by_name = {each.subject: each for each in certificates}
    assert len(by_name) == len(certificates) == 29
    for each in certificates:
        if _name(each) == _OF_AN_AUTHORITY_ELSEWHERE:
            assert each.issuer not in by_name
        else:
            each.verify_directly_issued_by(by_name[each.issuer])


def test_each_certificate_of_the_shipped_list_is_of_an_authority_with_the_key_it_states() -> None:
    for each in x509.load_pem_x509_certificates(SHIPPED.read_bytes()):
        stated = each.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        by_key = x509.SubjectKeyIdentifier.from_public_key(each.public_key()).digest
        assert stated.digest == by_key
        assert each.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_shipped_list_tells_its_days_and_the_library_takes_it() -> None:
    head = SHIPPED.read_text(encoding="utf-8").partition("\n")[0]
    assert "2026-08-05" in head
    assert f"next update due {SHIPPED_UNTIL}" in head
    Verifier.load(SHIPPED.read_text(encoding="utf-8"))


def test_the_shipped_list_is_used_through_its_last_day(monkeypatch: pytest.MonkeyPatch) -> None:
    _set_today(monkeypatch, SHIPPED_UNTIL)
    assert in_force(anchors_of(None)) == SHIPPED
    _set_today(monkeypatch, SHIPPED_UNTIL + timedelta(days=1))
    assert in_force(anchors_of(None)) is None


def test_a_list_of_the_operator_has_no_last_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(SHIPPED.read_bytes())
    _set_today(monkeypatch, SHIPPED_UNTIL + timedelta(days=1))
    assert in_force(anchors_of(own)) == own


def test_none_trusts_nobody() -> None:
    assert anchors_of("none") is None
    assert in_force(None) is None
