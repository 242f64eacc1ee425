"""Places in a list as clients carry them about: opaque, and checked when they come back."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

from pydantic import Field

from api.http.problems import InvalidParameter

_PLACE: Final = re.compile(rb"at:([0-9]{1,16})")

Cursor = Annotated[
    str | None,
    Field(max_length=64, description="`next_cursor` of the page before; the newest without it."),
]
PageSize = Annotated[int, Field(ge=1, le=100, description="The most entries of one page.")]


def cursor_of(place: int | None) -> str | None:
    """What the client sends for the next page; None at the end."""
    if place is None:
        return None
    return urlsafe_b64encode(f"at:{place}".encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> int | None:
    """The place again; raises InvalidParameter for what no page has told."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        text = b""
    if not (found := _PLACE.fullmatch(text)):
        raise InvalidParameter(
            f"cursor: {cursor!r} is not the next_cursor of a page; begin without a cursor."
        )
    return int(found[1])
