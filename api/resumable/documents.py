"""The headers and bodies of resumable uploads in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

_BYTES: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_HEADERS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "Tus-Resumable": (
        {"type": "string", "enum": ["1.0.0"]},
        "Says that the request is one of tus.",
    ),
    "Upload-Complete": (
        {"type": "string", "enum": ["?0", "?1"]},
        "Says that the request is one of the IETF's draft, and whether the upload ends with it.",
    ),
    "Upload-Length": (_BYTES, "The bytes of the whole file; needed when tus begins an upload."),
    "Upload-Offset": (_BYTES, "Where the body begins: where the upload stands."),
}


def request_of(*media_types: str, offset: bool) -> dict[str, Any]:
    """What a request holds that begins an upload, or goes on with one at an offset."""
    names = [name for name in _HEADERS if offset or name != "Upload-Offset"]
    return {
        "parameters": [_parameter(name, required=name == "Upload-Offset") for name in names],
        "requestBody": {
            "required": offset,
            "content": {
                media_type: {"schema": {"type": "string", "format": "binary"}}
                for media_type in media_types
            },
        },
    }


def _parameter(name: str, *, required: bool) -> dict[str, Any]:
    schema, description = _HEADERS[name]
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": schema,
        "description": description,
    }
