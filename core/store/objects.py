"""The bytes of uploads as objects of an S3-compatible store; Redis keeps their names and accounts.

Each chunk is an object, ``<upload>/<random name>``. It is written before Redis hears of it, so each
name in Redis has its bytes; what Redis refuses is deleted again, and what a gateway that died left
over goes with the other objects of its upload.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from core.errors import BlobMissing, ConfigurationError, StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import S3Store

logger = logging.getLogger(__name__)

SETTING: Final = "DEEPFAKE_BLOB_URL"
GIVE_UP_S: Final = 20.0  # no repetition begins after it
RETRIES: Final = 3


class Objects:
    """A bucket, or a folder in it; every call may raise StoreUnavailable."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str | None) -> Self | None:
        """The store at ``s3://bucket/prefix``; None without a URL. Nothing is sent yet.

        Credentials, region and endpoint are those of the AWS environment or of the machine.
        Raises ConfigurationError when the URL is another, or the extra ``s3`` is not installed.
        """
        if not url:
            return None
        bucket, prefix = _place(url)
        try:
            from obstore.store import S3Store  # noqa: PLC0415 - of an extra
        except ImportError as error:
            raise ConfigurationError(
                f"{SETTING} needs obstore; run: pip install 'deepfake-detection[s3]'."
            ) from error
        return cls(
            S3Store(
                bucket,
                prefix=prefix,
                retry_config={
                    "max_retries": RETRIES,
                    "retry_timeout": timedelta(seconds=GIVE_UP_S),
                },
            )
        )

    def put(self, blob_id: str, chunk: bytes) -> str:
        """Write an object of this upload; its name."""
        import obstore  # noqa: PLC0415 - of an extra

        name = f"{blob_id}/{secrets.token_hex(8)}"
        with _errors():
            obstore.put(self._store, name, chunk)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of an object; raises BlobMissing."""
        import obstore  # noqa: PLC0415 - of an extra

        try:
            with _errors():
                return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError as error:
            raise BlobMissing(name.partition("/")[0]) from error

    def delete(self, blob_id: str) -> None:
        """Delete all objects of an upload; it is fine when there are none."""
        import obstore  # noqa: PLC0415 - of an extra

        with _errors():
            for found in obstore.list(self._store, prefix=blob_id, chunk_size=1000):
                obstore.delete(self._store, [each["path"] for each in found])

    @contextmanager
    def holding(self, blob_id: str, chunk: bytes) -> Iterator[str]:
        """A new object, which is deleted when the context refuses it.

        Where Redis cannot be reached it stays, because Redis may have taken its name.
        """
        name = self.put(blob_id, chunk)
        try:
            yield name
        except StoreUnavailable:
            raise
        except BaseException:
            self._withdraw(name)
            raise

    def _withdraw(self, name: str) -> None:
        import obstore  # noqa: PLC0415 - of an extra

        try:
            with _errors():
                obstore.delete(self._store, name)
        except StoreUnavailable as error:
            logger.warning("an object is left until its upload ends: %s", error.message)


@contextmanager
def chunk_in(objects: Objects | None, blob_id: str, chunk: bytes) -> Iterator[str | bytes]:
    """What Redis is to keep of a chunk: its bytes, or the name of an object that holds them."""
    if objects is None:
        yield chunk
        return
    with objects.holding(blob_id, chunk) as name:
        yield name


def _place(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or ":" in parts.netloc:
        raise ConfigurationError(
            f"{SETTING} is not the address of a bucket; write s3://bucket or s3://bucket/prefix, "
            "and leave credentials and endpoint to the variables AWS_…."
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{SETTING} has a '?' or a '#'; write s3://bucket/prefix.")
    return parts.netloc, parts.path.strip("/") or None


@contextmanager
def _errors() -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415 - of an extra

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError, ValueError) as error:
        # Its text may hold the answer of the server, and the request with it.
        raise StoreUnavailable(
            f"The object store of {SETTING} cannot be used: {type(error).__name__}."
        ) from error
