"""Content credentials (C2PA), checked by the library of the standard's authors.

It fetches nothing: a manifest that lies elsewhere and a question about revoked certificates
would tell a stranger who looks at which file. The decoder's sandbox refuses connections besides.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, Final, Self

import c2pa

from core.media.syntax.byte_reader import ByteReader
from core.provenance import (
    Credentials,
    CredentialState,
    NotChecked,
    SignedAction,
)

_MAX_REPORT_CHARACTERS: Final = 16 * 1024**2
_OFFLINE: Final = {
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
_STATES: Final = {
    "Trusted": CredentialState.VALID,
    "Valid": CredentialState.UNTRUSTED,  # all but the signer's name holds
    "Invalid": CredentialState.INVALID,
}
# The smallest thing that the library takes for a JPEG: two markers.
_EMPTY_PICTURE: Final = b"\xff\xd8\xff\xd9"


class _Source(ByteReader):
    """The library asks a stream for a way to write, and never writes to what it reads."""

    def write(self, _data: bytes) -> int:
        raise io.UnsupportedOperation("The file is read only.")

    def flush(self) -> None:
        """Nothing was written."""


class Verifier:
    """Checks credentials against one list of trusted certificates; made once a process."""

    def __init__(self, context: c2pa.Context) -> None:
        self._context = context

    @classmethod
    def load(cls, trust_anchors: str | None = None) -> Self:
        """``trust_anchors`` are PEM certificates of authorities; without any, nobody is trusted.

        One empty picture is read, so that all is in memory that the library makes on first use.
        """
        trust = {} if trust_anchors is None else {"trust": {"trust_anchors": trust_anchors}}
        verifier = cls(c2pa.Context.from_dict({**_OFFLINE, **trust}))
        verifier.check(memoryview(_EMPTY_PICTURE))
        return verifier

    def check(self, data: memoryview) -> Credentials:
        """What the credentials of a file are worth, and what they say."""
        try:
            with c2pa.Reader(None, _Source(data), context=self._context) as reader:
                text = reader.json()
        except c2pa.C2paError.ManifestNotFound:
            return Credentials(state=CredentialState.NONE)
        except c2pa.C2paError as error:
            remote = str(error).startswith("Remote")
            return _not_checked(
                NotChecked.REMOTE_MANIFEST if remote else NotChecked.UNREADABLE_MANIFEST
            )
        if len(text) > _MAX_REPORT_CHARACTERS:
            return _not_checked(NotChecked.MANIFEST_TOO_LARGE)
        try:
            return _credentials(json.loads(text))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return _not_checked(NotChecked.UNREADABLE_MANIFEST)


def _not_checked(reason: NotChecked) -> Credentials:
    return Credentials(state=CredentialState.NOT_CHECKED, reason=reason)


def _credentials(report: dict[str, Any]) -> Credentials:
    manifests = report["manifests"]
    active = manifests[report["active_manifest"]]
    signature = active.get("signature_info") or {}
    types = [
        action.digital_source_type
        for manifest in (active, *manifests.values())
        for action in _actions(manifest)
        if action.digital_source_type is not None
    ]
    return Credentials(
        state=_STATES[report["validation_state"]],
        issuer=signature.get("issuer"),
        signer=signature.get("common_name"),
        claim_generator=_generator(active),
        signed_at=signature.get("time"),
        actions=list(_actions(active)),
        digital_source_types=list(dict.fromkeys(types)),
        failures=list(dict.fromkeys(each["code"] for each in report.get("validation_status", ()))),
    )


def _generator(manifest: dict[str, Any]) -> str | None:
    infos = manifest.get("claim_generator_info") or []
    return _software(infos[0]) if infos else manifest.get("claim_generator")


def _software(value: Any) -> str | None:
    """A name alone, or a name and a version."""
    if not isinstance(value, dict):
        return None if value is None else str(value)
    parts = [str(value[key]) for key in ("name", "version") if value.get(key) is not None]
    return " ".join(parts) or None


def _actions(manifest: dict[str, Any]) -> Iterator[SignedAction]:
    for assertion in manifest.get("assertions", ()):
        if not assertion["label"].startswith("c2pa.actions"):
            continue
        for action in assertion["data"].get("actions", ()):
            source = action.get("digitalSourceType")
            yield SignedAction(
                action=action["action"],
                digital_source_type=None if source is None else str(source).rpartition("/")[2],
                software=_software(action.get("softwareAgent")),
            )
