"""Properties of an XMP packet that tell of an origin.

They are searched for as text: no XML parser sees what a stranger wrote, and a packet that is
damaged or no XML at all gives what can be found in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from core.media.origin.metadata import MAX_PACKET_BYTES, Tag

_PROPERTIES: Final = (
    "Iptc4xmpExt:DigitalSourceType",
    "Iptc4xmpExt:AISystemUsed",
    "Iptc4xmpExt:AIPromptInformation",
    "xmp:CreatorTool",
    "photoshop:Credit",
)
_START, _END = re.compile(rb"<x:xmpmeta"), b"</x:xmpmeta>"
_REMOTE = re.compile(rb"\b\w{1,20}:provenance\s{0,9}(?:=\s{0,9}[\"'][^\"'\s]|>\s{0,9}[^<\s])")


def _form(name: str) -> re.Pattern[str]:
    """As an attribute, as a resource, or as an element, which may hold a list of texts."""
    bare = re.escape(name.partition(":")[2])
    value = r"[\"']([^\"']{1,1000})[\"']"
    listed = r"(?:\s{0,99}<rdf:\w{1,9}>\s{0,99}<rdf:li[^>]{0,99}>)?"
    return re.compile(
        rf":{bare}\s{{0,9}}=\s{{0,9}}{value}"
        rf"|:{bare}\s[^>]{{0,200}}?rdf:resource\s{{0,9}}=\s{{0,9}}{value}"
        rf"|:{bare}(?:\s[^>]{{0,200}})?>{listed}([^<]{{1,1000}})<"
    )


_FORMS: Final = {name: _form(name) for name in _PROPERTIES}


def tags(packet: bytes) -> Iterator[Tag]:
    """The first value of each property that is there."""
    text = packet.decode("utf-8", "replace")
    for name, form in _FORMS.items():
        if found := form.search(text):
            value = next(group for group in found.groups() if group is not None)
            yield Tag("xmp", name, html.unescape(value))


def packet_in(data: memoryview) -> bytes:
    """The first packet among other bytes; empty where there is none."""
    start = _START.search(data)
    if start is None:
        return b""
    packet, end, _ = bytes(data[start.start() :][:MAX_PACKET_BYTES]).partition(_END)
    return packet + end


def names_remote_manifest(packet: bytes) -> bool:
    """Whether credentials lie elsewhere, at an address that ``dcterms:provenance`` gives."""
    return _REMOTE.search(packet) is not None
