"""Content credentials made in code: an authority, a signer, and files that carry a manifest."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST: dict[str, Any] = {
    "claim_generator_info": [{"name": "test camera", "version": "1.0"}],
    "assertions": [
        {
            "label": "c2pa.actions",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": SOURCE_TYPE,
                        "softwareAgent": {"name": "painter"},
                    }
                ]
            },
        }
    ],
}
_OFFLINE: dict[str, Any] = {
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Authority:
    """A root certificate, and the chain and key of somebody whom it vouches for; all PEM."""

    root: str
    chain: bytes
    key: bytes


@cache
def authority(organisation: str = "Newsroom") -> Authority:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("Test Root", "Test Authority")
    of_root = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        _certificate(issuer, issuer, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(of_root, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_root)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    signer = (
        _certificate(_name("Signer", organisation), issuer, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(of_issuer, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = [each.public_bytes(serialization.Encoding.PEM) for each in (signer, root)]
    return Authority(
        pem[1].decode(),
        b"".join(pem),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def signed(
    data: bytes,
    media_type: str,
    *,
    manifest: dict[str, Any] | None = None,
    remote_url: str | None = None,
    by: Authority | None = None,
) -> bytes:
    """The file with a manifest in it, or with the address of one that is not in it."""
    by = by or authority()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", by.chain, by.key, None))
    out = io.BytesIO()
    with (
        c2pa.Context.from_dict(_OFFLINE) as context,
        c2pa.Builder(manifest or MANIFEST, context) as builder,
    ):
        if remote_url is not None:
            builder.set_remote_url(remote_url)
            builder.set_no_embed()
        builder.sign(signer, media_type, io.BytesIO(data), out)
    return out.getvalue()


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
