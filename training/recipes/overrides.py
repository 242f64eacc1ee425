"""``--set field=value``: any field of a recipe from the command line, checked as typed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from core.errors import ConfigurationError
from training.data.mixture import Mixture
from training.recipes.recipe import FrozenRecipe, Recipe

AnyRecipe = TypeVar("AnyRecipe", Recipe, FrozenRecipe)

_FIXED = frozenset({"name"})
# Fields with parts, which may have parts again; the names in the last are those of the data.
_PARTED = frozenset({"mixture", "augmentation", "degradation", "blending"})
_OF_DATA = "mixture.weights"
_EITHER = {"steps": "epochs", "epochs": "steps"}


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """``["steps=100", "mixture.weights.swap=2"]`` as field to value, read as JSON or text.

    Raises :class:`ConfigurationError` for one without an equals sign.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        field, equals, text = setting.partition("=")
        if not equals or not field:
            raise ConfigurationError(f"--set {setting!r} must read field=value.")
        try:
            values[field] = json.loads(text)
        except ValueError:
            values[field] = text
    return values


def override(recipe: AnyRecipe, values: Mapping[str, Any]) -> AnyRecipe:
    """The recipe with some fields replaced; a dotted name reaches into a field.

    ``steps`` and ``epochs`` replace each other. Raises :class:`ConfigurationError`, which names
    the field and what it may be.
    """
    fields = type(recipe).model_fields
    changed = {name: getattr(recipe, name) for name in fields}
    for name, value in values.items():
        field, _, inner = name.partition(".")
        if field not in fields or field in _FIXED:
            raise _unknown(name, (each for each in fields if each not in _FIXED))
        changed[field] = _inside(changed[field], field, inner, value) if inner else value
        if field in _EITHER and _EITHER[field] not in values:
            changed[_EITHER[field]] = None
    try:
        return type(recipe).model_validate(changed)
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from error


def _inside(current: Any, field: str, inner: str, value: Any) -> dict[str, Any]:
    """The parts of a field as a dict, one of them replaced."""
    if field == "mixture" and current is None:
        current = Mixture()
    if not isinstance(current, Mapping) and not is_dataclass(current):
        raise ConfigurationError(f"{field} has no parts; set {field} itself.")
    parts = dict(current) if isinstance(current, Mapping) else asdict(cast("Any", current))
    if field == _OF_DATA:
        return {**parts, inner: value}  # a name may hold a point
    name, _, rest = inner.partition(".")
    if name not in parts:
        raise _unknown(f"{field}.{inner}", (f"{field}.{each}" for each in parts))
    return {**parts, name: _inside(parts[name], f"{field}.{name}", rest, value) if rest else value}


def _unknown(name: str, known: Iterable[str]) -> ConfigurationError:
    return ConfigurationError(f"A recipe has no field {name!r}; there are: {', '.join(known)}.")


def _explain(error: ValidationError) -> str:
    """Every wrong field on one line: its name, what it may be, what was given."""
    told: dict[str, list[str]] = {}
    for each in error.errors(include_url=False):
        # Behind the name of a plain field stands the member of a union that did not fit.
        depth = 1 + sum(part in _PARTED for part in each["loc"][:2])
        where = ".".join(map(str, each["loc"][:depth])) or "recipe"
        given = f" (given: {each['input']!r})" if each["loc"] else ""
        told.setdefault(where + given, []).append(each["msg"].removeprefix("Value error, "))
    return "; ".join(f"{where}: {', or '.join(messages)}" for where, messages in told.items()) + "."
