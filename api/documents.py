"""The parts of the OpenAPI document that FastAPI cannot tell from the code."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from api.gateway import usual_scope
from api.schemas import BatchOptions, BatchReference, FileReference, Problem, SubmitOptions

_COMPONENT = "#/components/schemas/{model}"  # where FastAPI puts them
_RATE_HEADERS: dict[str, Any] = {
    "Retry-After": {"description": "Seconds to wait for.", "schema": {"type": "integer"}},
    "RateLimit": {
        "description": "What is left of each rate; absent where none is limited.",
        "schema": {"type": "string"},
        "example": '"requests";r=0;t=12',
    },
    "RateLimit-Policy": {
        "description": "The rates.",
        "schema": {"type": "string"},
        "example": '"requests";q=600;w=60',
    },
}
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error answers of a call; 500 and 503 are always among them, and 429 with 401.

    Every call of a tenant counts for its rate.
    """
    always = (429, 500, 503) if 401 in statuses else (500, 503)
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
            **({"headers": _RATE_HEADERS} if status == HTTPStatus.TOO_MANY_REQUESTS else {}),
        }
        for status in sorted({*statuses, *always})
    }


def upload_body() -> dict[str, Any]:
    """The bodies of a submission."""
    options = SubmitOptions.model_json_schema(ref_template=_COMPONENT)["properties"]
    named = FileReference.model_json_schema(ref_template=_COMPONENT)
    named.pop("$defs", None)  # they are among the components
    form = {"type": "object", "required": ["file"], "properties": {"file": _FILE, **options}}
    return {
        "requestBody": {
            "required": True,
            "description": "The file, as the part `file` of a form or as the body itself. Its "
            "format is detected from its content; a declared media type is ignored.",
            "content": {
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": named},
                "application/octet-stream": {"schema": _FILE},
                "video/*": {"schema": _FILE},
                "image/*": {"schema": _FILE},
            },
        }
    }


def batch_body() -> dict[str, Any]:
    """The bodies of a batch."""
    options = BatchOptions.model_json_schema(ref_template=_COMPONENT)["properties"]
    named = BatchReference.model_json_schema(ref_template=_COMPONENT)
    named.pop("$defs", None)  # they are among the components
    files = {"file": {"type": "array", "items": _FILE}}
    form = {"type": "object", "required": ["file"], "properties": {**options, **files}}
    return {
        "requestBody": {
            "required": True,
            "description": "Files as parts `file` of a form, behind all other fields; a ZIP "
            "archive as such a part or as the body itself; or URLs of files.",
            "content": {
                "multipart/form-data": {"schema": form},
                "application/zip": {"schema": _FILE},
                "application/json": {"schema": named},
            },
        }
    }


def json_body(shape: type[BaseModel]) -> dict[str, Any]:
    """The body of a call that reads it itself."""
    schema = shape.model_json_schema(ref_template=_COMPONENT)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def add_scopes(document: dict[str, Any]) -> dict[str, Any]:
    """Tell the scope that each call needs, also where it goes by the method.

    Outside of `/v1/` a key is optional.
    """
    for path, operations in document["paths"].items():
        for operation in operations.values() if not path.startswith("/v1/") else ():
            if "security" in operation:
                operation["security"] = [{}, *operation["security"]]
        for method, operation in operations.items() if path.startswith("/v1/") else ():
            for ways in operation.get("security", ()):
                for way, scopes in ways.items():
                    ways[way] = scopes or [usual_scope(method.upper())]
    return document


def add_problem_schema(document: dict[str, Any]) -> dict[str, Any]:
    """Put Problem among the components, and take FastAPI's own 422 away."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for operations in document["paths"].values():
        for operation in operations.values():
            schemas.update(_definitions_of(operation))
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    return document


def _definitions_of(operation: dict[str, Any]) -> dict[str, Any]:
    """Takes out of a body's schemas what they define; they refer to it among the components."""
    content = operation.get("requestBody", {}).get("content", {})
    found: dict[str, Any] = {}
    for kind in content.values():
        found.update(kind.get("schema", {}).pop("$defs", {}))
    return found
