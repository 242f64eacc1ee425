"""The file of certificates of those whose content credentials are trusted."""

from __future__ import annotations

from pathlib import Path


def check_anchors(file: Path) -> None:
    """Raise ValueError unless the file holds a certificate: without one nobody is trusted."""
    # Imported here: most workers have no such file, and start a decoder first of all.
    from cryptography import x509  # noqa: PLC0415

    try:
        x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError(f"it is no file of certificates (PEM): {error}") from error
