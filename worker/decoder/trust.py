"""Whose content credentials are trusted: a file of certificates of authorities (PEM)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).with_name("c2pa-trust-list.pem")
# The day on which the list itself says that another one will have replaced it.
SHIPPED_UNTIL: Final = date(2027, 8, 5)
NOBODY: Final = "none"


def anchors_of(choice: str | Path | None) -> Path | None:
    """The file that a setting means: None is the list that ships, ``none`` is no file.

    Raises:
        ValueError: A file that was named cannot be read, or holds no certificate.
    """
    if choice is None:
        return SHIPPED
    if str(choice) == NOBODY:
        return None
    check_anchors(Path(choice))
    return Path(choice)


def in_force(file: Path | None) -> Path | None:
    """The file, unless it is the list that ships and the list is overdue: then None."""
    return None if is_overdue(file) else file


def is_overdue(file: Path | None) -> bool:
    """Whether this is the list that ships, after its last day."""
    return file == SHIPPED and datetime.now(UTC).date() > SHIPPED_UNTIL


def overdue_notice() -> str:
    """What an operator has to know of a list that is no longer used, and do."""
    return (
        f"the C2PA trust list that ships was to be replaced by {SHIPPED_UNTIL}, so it is not used "
        "and no content credentials are valid. Install a newer version, or name a newer list in "
        f"DEEPFAKE_C2PA_TRUST_ANCHORS; {NOBODY} trusts nobody."
    )


def check_anchors(file: Path) -> None:
    """Raise ValueError unless the file holds a certificate: without one nobody is trusted."""
    # Imported here: most workers name no file, and start a decoder first of all.
    from cryptography import x509  # noqa: PLC0415

    try:
        x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError(f"it is no file of certificates (PEM): {error}") from error
