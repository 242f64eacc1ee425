"""Where the weights of an imported bundle come from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.model.rules import Part


class Origin(Part):
    """The files that were imported (name → SHA-256), and where they were published.

    The files themselves are not in the bundle: the hashes tell which ones they were.
    """

    files: Annotated[
        dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]], Field(min_length=1)
    ]
    source: Annotated[str, Field(min_length=1)]  # as the user stated it
