"""The number of the format in which records lie in Redis, and who may read which.

A record says its format in the field ``format``; one without it is of format 1, as all were before
there was a number. A version reads its own format and all older ones. What only adds fields does
not raise the number, because :func:`core.store.records.known_fields` and its like pass over them;
what an older version would misread does.
"""

from __future__ import annotations

from typing import Final

from core.errors import RecordTooNew

FORMAT: Final = 1
FIELD: Final = "format"


def check_format(record: str, stored: str | None) -> None:
    """Raise RecordTooNew where a record, named like ``job job_1``, is of a later format."""
    if stored is not None and int(stored) > FORMAT:
        raise RecordTooNew(record, stored=int(stored), limit=FORMAT)
