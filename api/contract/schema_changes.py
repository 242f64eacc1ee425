"""Which changes of a JSON schema break a client that sends it, or one that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Schema = Mapping[str, Any]
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_NULL: Final = "null"


@dataclass
class Schemas:
    """The components of both documents; pairs that were compared are not compared again."""

    old: Mapping[str, Schema]
    new: Mapping[str, Schema]
    compared: set[tuple[bool, str, str]] = field(default_factory=set)


def breaks_of_request(place: str, old: Schema, new: Schema, schemas: Schemas) -> Iterator[str]:
    """What was right to send and would be refused."""
    yield from _compare(place, old, new, schemas, sent=True)


def breaks_of_answer(place: str, old: Schema, new: Schema, schemas: Schemas) -> Iterator[str]:
    """What a client could count on and may miss."""
    yield from _compare(place, old, new, schemas, sent=False)


def _compare(
    place: str, old: Schema, new: Schema, schemas: Schemas, *, sent: bool
) -> Iterator[str]:
    if "$ref" in old or "$ref" in new:
        pair = (sent, str(old.get("$ref")), str(new.get("$ref")))
        if None not in (old.get("$ref"), new.get("$ref")):
            if pair in schemas.compared:
                return
            schemas.compared.add(pair)
        old, new = _resolved(old, schemas.old), _resolved(new, schemas.new)
    before, after = _variants(old, schemas.old), _variants(new, schemas.new)
    yield from _types(place, set(before), set(after), sent=sent)
    for kind in before.keys() & after.keys():
        yield from _of_one_type(place, before[kind], after[kind], schemas, sent=sent)


def _resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return {**components[name], **{k: v for k, v in schema.items() if k != "$ref"}}


def _variants(schema: Schema, components: Mapping[str, Schema]) -> dict[str, Schema]:
    """The alternatives by their type; '' for anything."""
    found: dict[str, Schema] = {}
    for one in schema.get("anyOf", schema.get("oneOf", (schema,))):
        resolved = _resolved(one, components)
        told = resolved.get("type", "")
        for kind in told if isinstance(told, list) else [told]:
            found[kind] = resolved
    return found


def _types(place: str, old: set[str], new: set[str], *, sent: bool) -> Iterator[str]:
    if old == new:
        return
    wider, narrower = (new, old) if sent else (old, new)
    if "" in wider or narrower <= wider | ({"integer"} if "number" in wider else set()):
        return
    for kind in sorted(narrower - wider):
        if sent:
            yield f"{place} may not be {kind or 'anything'} any more."
        else:
            yield f"{place} may be {kind or 'anything'} now."


def _of_one_type(
    place: str, old: Schema, new: Schema, schemas: Schemas, *, sent: bool
) -> Iterator[str]:
    for value in _values(old):
        if _values(new) and value not in _values(new):
            yield f"{place} has no value {value!r} any more."
    if sent:
        if _values(new) and not _values(old):
            yield f"{place} has only some values now."
        yield from _limits(place, old, new)
    yield from _fields(place, old, new, schemas, sent=sent)
    if "items" in old and "items" in new:
        yield from _compare(f"{place}[]", old["items"], new["items"], schemas, sent=sent)


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _limits(place: str, old: Schema, new: Schema) -> Iterator[str]:
    for names, sign in ((_LOWER, 1), (_UPPER, -1)):
        for name in names:
            if name in new and (name not in old or sign * new[name] > sign * old[name]):
                yield f"{place} has the {name} {new[name]} now, and had {old.get(name, 'none')}."
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{place} has another pattern."


def _fields(place: str, old: Schema, new: Schema, schemas: Schemas, *, sent: bool) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield f"{place} has no field {name!r} any more."
        else:
            yield from _compare(f"{place}.{name}", schema, after[name], schemas, sent=sent)
    had, has = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(has - had if sent else had - has):
        if sent:
            yield f"{place} needs the field {name!r} now."
        elif name in after:
            yield f"{place} may lack the field {name!r} now."
