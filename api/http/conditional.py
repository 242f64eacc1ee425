"""If-None-Match, as RFC 9110 (sections 8.8.3 and 13.1.2) says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import Headers

# entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE; Starlette decodes obs-text as latin-1.
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_TAG_LIST: Final = re.compile(rf"[ \t,]*{_TAG.pattern}(?:[ \t]*,[ \t]*(?:{_TAG.pattern})?)*[ \t]*")


@dataclass(frozen=True, slots=True)
class KnownTags:
    """What the client has already; false when it named nothing that can be understood."""

    tags: frozenset[str] = frozenset()
    any: bool = False

    @classmethod
    def of(cls, headers: Headers) -> Self:
        """Read the header, in one line or several; a malformed one counts as absent."""
        return cls._parse(headers.getlist("if-none-match"))

    @classmethod
    def _parse(cls, lines: Sequence[str]) -> Self:
        value = ", ".join(lines).strip(" \t")
        if value == "*":
            return cls(any=True)
        if not _TAG_LIST.fullmatch(value):
            return cls()
        return cls(frozenset(_TAG.findall(value)))

    def matches(self, etag: str) -> bool:
        """Weak comparison: a proxy that compresses makes ``"7"`` into ``W/"7"``."""
        return self.any or etag.removeprefix("W/") in self.tags

    def __bool__(self) -> bool:
        return self.any or bool(self.tags)
