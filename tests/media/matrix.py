"""All forms of the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tests.media import containers, contents, indexes, refusals
from tests.media.form import Form


def forms() -> Iterator[Form]:
    """Every form, built when its data are first asked for."""
    return chain(containers.forms(), indexes.forms(), contents.forms(), refusals.forms())
