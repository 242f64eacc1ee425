"""Teaches Schemathesis the media types of this API: they all are bytes as they come."""

from __future__ import annotations

import schemathesis

BYTES = [
    "application/offset+octet-stream",
    "application/partial-upload",
    "application/zip",
    "image/*",
    "video/*",
]
schemathesis.serializer.alias(BYTES, "application/octet-stream")
