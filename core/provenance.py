"""The shape of a provenance: what a file says of its own origin, apart from any verdict.

It lies beside :mod:`core.result` and is shipped with the client in the same way, so it imports
that module alone, as a sibling. Every text in it comes from strangers: it is cut to
:data:`MAX_CHARACTERS` and loses its control characters whenever an object is made or read.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field

from .result import Part

MAX_CHARACTERS: Final = 200
MAX_ITEMS: Final = 20  # of a list
_T = TypeVar("_T")


def plain(text: str) -> str:
    """``text`` on one line, without control characters, and not longer than the limit."""
    shown = "".join(each if each.isprintable() else " " for each in text[: 4 * MAX_CHARACTERS])
    shown = " ".join(shown.split())
    return shown if len(shown) <= MAX_CHARACTERS else shown[: MAX_CHARACTERS - 1] + "…"


def _first(most: int) -> Callable[[list[_T]], list[_T]]:
    return lambda items: items[:most]


Text = Annotated[str, AfterValidator(plain)]
Texts = Annotated[list[Text], AfterValidator(_first(MAX_ITEMS))]


class CredentialState(StrEnum):
    """What became of the content credentials (C2PA) of a file."""

    VALID = "valid"
    INVALID = "invalid"
    UNTRUSTED = "untrusted"
    NONE = "none"
    NOT_CHECKED = "not_checked"


class NotChecked(StrEnum):
    """Why credentials that may be there were not checked."""

    REMOTE_MANIFEST = "remote_manifest"
    UNREADABLE_MANIFEST = "unreadable_manifest"
    MANIFEST_TOO_LARGE = "manifest_too_large"
    FORMAT_NOT_SUPPORTED = "format_not_supported"
    TIMEOUT = "timeout"
    CRASHED = "crashed"


class ClaimKind(StrEnum):
    """What a claim in the metadata is about."""

    DIGITAL_SOURCE_TYPE = "digital_source_type"
    GENERATOR_PARAMETERS = "generator_parameters"
    SOFTWARE = "software"
    CREDIT = "credit"


class SignedAction(Part):
    """One action that the signer says was done."""

    action: Text = Field(examples=["c2pa.created"])
    digital_source_type: Text | None = Field(default=None, examples=["trainedAlgorithmicMedia"])
    software: Text | None = None


class Credentials(Part):
    """Content credentials (C2PA). They say who signed, not that the picture is true."""

    state: CredentialState = Field(
        description="`valid`: unchanged since it was signed, by somebody on the trust list of this "
        "service. `untrusted`: unchanged, by somebody who is not on it. `invalid`: the file or "
        "its credentials were changed afterwards, or break the rules. `none`: there are none, "
        "which says nothing. `not_checked`: see `reason`."
    )
    reason: Text | None = Field(
        default=None,
        description="Why they were not checked: "
        + ", ".join(f"`{reason}`" for reason in NotChecked)
        + "; later versions may add others.",
    )
    issuer: Text | None = Field(
        default=None, description="The organisation that the signer's certificate names."
    )
    signer: Text | None = Field(default=None, description="The name in the signer's certificate.")
    claim_generator: Text | None = Field(
        default=None, description="The software that says it wrote the credentials."
    )
    signed_at: Text | None = Field(
        default=None, description="From the signature's time stamp; null without one."
    )
    actions: Annotated[list[SignedAction], AfterValidator(_first(MAX_ITEMS))] = Field(
        default_factory=list, description="What was done last, as the signer says."
    )
    digital_source_types: Texts = Field(
        default_factory=list,
        description="IPTC codes in the credentials of the file and of what it was made from.",
    )
    failures: Texts = Field(
        default_factory=list,
        description="Status codes of C2PA for what did not hold.",
        examples=[["assertion.dataHash.mismatch"]],
    )


class MetadataClaim(Part):
    """Something that the metadata say. Anybody can write it, and anybody can remove it."""

    kind: Text = Field(description=", ".join(f"`{kind}`" for kind in ClaimKind))
    source: Text = Field(description="Where it stands.", examples=["png:parameters"])
    value: Text = Field(description=f"At most {MAX_CHARACTERS} characters of it.")
    generator: Text | None = Field(
        default=None,
        description="The known generator or face swapper that it names.",
        examples=["ComfyUI"],
    )


class Provenance(Part):
    """What a file says of its own origin. The score does not depend on it."""

    c2pa: Credentials
    claims: Annotated[list[MetadataClaim], AfterValidator(_first(MAX_ITEMS))] | None = Field(
        default=None,
        description="Found in the metadata, and no proof; null when nobody could look.",
    )

    @classmethod
    def not_checked(cls, reason: NotChecked) -> Provenance:
        """That nothing could be read, and why."""
        return cls(c2pa=Credentials(state=CredentialState.NOT_CHECKED, reason=reason))

    @classmethod
    def from_json(cls, document: Any) -> Provenance:
        """Read one that an untrusted process wrote; raises ValueError when it is none."""
        return cls.model_validate(document)
