"""What a change of the OpenAPI document means for the clients that are out there.

A change breaks when a request that was right would be refused, or when an answer may lack what it
had. An answer may get fields, statuses and enum values: clients ignore what they do not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.contract.schema_changes import Schemas, breaks_of_answer, breaks_of_request

Document = Mapping[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def breaking_changes(old: Document, new: Document) -> list[str]:
    """One sentence for each change from ``old`` to ``new`` that breaks a client."""
    return list(_paths(old, new))


def _paths(old: Document, new: Document) -> Iterator[str]:
    schemas = Schemas(_components(old), _components(new))
    for path, operations in old["paths"].items():
        for method in _METHODS:
            before = operations.get(method)
            after = new["paths"].get(path, {}).get(method)
            place = f"{method.upper()} {path}"
            if before is not None and after is None:
                yield f"{place} is gone."
            elif before is not None:
                yield from _operation(place, before, after, schemas)


def _components(document: Document) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def _operation(place: str, old: Document, new: Document, schemas: Schemas) -> Iterator[str]:
    yield from _parameters(place, old, new, schemas)
    yield from _request_body(place, old, new, schemas)
    yield from _answers(place, old, new, schemas)
    yield from _scopes(place, old, new)


def _parameters(place: str, old: Document, new: Document, schemas: Schemas) -> Iterator[str]:
    before = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
    after = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
    for key, one in before.items():
        named = f"{place}: the {key[0]} parameter {key[1]!r}"
        if key not in after:
            yield f"{named} is gone."
            continue
        yield from breaks_of_request(named, one["schema"], after[key]["schema"], schemas)
    for key, one in after.items():
        if one.get("required") and not before.get(key, {}).get("required"):
            yield f"{place}: the {key[0]} parameter {key[1]!r} is required now."


def _request_body(place: str, old: Document, new: Document, schemas: Schemas) -> Iterator[str]:
    before, after = old.get("requestBody", {}), new.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield f"{place}: the request needs a body now."
    for media_type, content in before.get("content", {}).items():
        named = f"{place}: the body {media_type}"
        told = after.get("content", {}).get(media_type)
        if told is None:
            yield f"{named} is not taken any more."
        else:
            yield from breaks_of_request(
                named, content.get("schema", {}), told.get("schema", {}), schemas
            )


def _answers(place: str, old: Document, new: Document, schemas: Schemas) -> Iterator[str]:
    for status, answer in old["responses"].items():
        told = new["responses"].get(status)
        named = f"{place}: the answer {status}"
        if told is None:
            if status.startswith("2"):
                yield f"{named} is gone."
            continue
        for header in answer.get("headers", {}):
            if header not in told.get("headers", {}):
                yield f"{named} has no header {header} any more."
        for media_type, content in answer.get("content", {}).items():
            after = told.get("content", {}).get(media_type)
            if after is None:
                yield f"{named} is not given as {media_type} any more."
                continue
            schema, now = content.get("schema", {}), after.get("schema", {})
            yield from breaks_of_answer(named, schema, now, schemas)


def _scopes(place: str, old: Document, new: Document) -> Iterator[str]:
    before = {scope for way in old.get("security", ()) for each in way.values() for scope in each}
    after = {scope for way in new.get("security", ()) for each in way.values() for scope in each}
    if new.get("security") and not old.get("security"):
        yield f"{place} needs a key now."
    for scope in sorted(after - before):
        yield f"{place} needs the scope {scope!r} now."
