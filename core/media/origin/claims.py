"""From texts in the metadata to claims about an origin: what is said, where, and of what kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.media.origin import generators
from core.media.origin.metadata import Tag
from core.provenance import MAX_ITEMS, ClaimKind, MetadataClaim

_SOURCE_TYPES: Final = frozenset({"iptc4xmpext:digitalsourcetype"})
# Names under which generators alone write.
_PARAMETERS: Final = frozenset(
    {
        "parameters",
        "prompt",
        "workflow",
        "dream",
        "sd-metadata",
        "invokeai_metadata",
        "invokeai_graph",
        "fooocus_scheme",
        "generation_data",
        "iptc4xmpext:aipromptinformation",
    }
)
_SOFTWARE: Final = frozenset(
    {
        "software",
        "©too",
        "©swr",
        "encoder",
        "com.apple.quicktime.software",
        "muxingapp",
        "writingapp",
        "isft",
        "xmp:creatortool",
        "iptc4xmpext:aisystemused",
    }
)


def claims_of(tags: Iterable[Tag]) -> list[MetadataClaim]:
    """The claims in all texts of a file, each once; those that name a generator come first."""
    claims: dict[tuple[str, str], MetadataClaim] = {}
    for tag in tags:
        claim = _claim(tag)
        if claim is not None:
            claims.setdefault((claim.source, claim.value), claim)
    return sorted(claims.values(), key=_weight)[:MAX_ITEMS]


def _claim(tag: Tag) -> MetadataClaim | None:
    generator = generators.named_in(tag.text)
    kind = _kind(tag, generator)
    if kind is None or not tag.text.strip():
        return None
    value = tag.text.rpartition("/")[2] if kind is ClaimKind.DIGITAL_SOURCE_TYPE else tag.text
    source = f"{tag.place}:{tag.name}"
    return MetadataClaim(kind=kind, source=source, value=value, generator=generator)


def _kind(tag: Tag, generator: str | None) -> ClaimKind | None:
    """None for a text that tells nothing of a generator: authors and captions stay private."""
    name = tag.name.lower()
    if name in _SOURCE_TYPES:
        return ClaimKind.DIGITAL_SOURCE_TYPE
    if name in _PARAMETERS or generators.are_parameters(tag.text):
        return ClaimKind.GENERATOR_PARAMETERS
    if name in _SOFTWARE:
        return ClaimKind.SOFTWARE
    return None if generator is None else ClaimKind.CREDIT


def _weight(claim: MetadataClaim) -> int:
    return 0 if claim.generator is not None else 1 + (claim.kind == ClaimKind.SOFTWARE)
