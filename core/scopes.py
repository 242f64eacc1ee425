"""What an API key may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """Each call of the API needs one of these, and a key has some of them."""

    SUBMIT = "submit"
    """Create, upload, cancel and delete what belongs to the tenant."""

    READ = "read"
    """Look at it: jobs, events, results, evidence."""

    ADMIN = "admin"
    """Manage the tenant's keys. It brings neither of the others with it."""


# Of a key that is made without a word about it, and of every key in a keys file.
USUAL_SCOPES: Final = frozenset({Scope.SUBMIT, Scope.READ})
