"""Secrets are looked up by their hash or compared in constant time, never with ``==``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "core", "worker", "deepfake", "clients/python/deepfake_client")
# What is secret, by its name. A bare "key" is of a dictionary, a "digest" of a file, and a "token"
# the place in a stream of events. "Credentials" are those of C2PA.
SECRET = re.compile(
    r"(.*_)?(secrets?|secret_hash|passwords?|api_?keys?|presented(_key)?|signatures?)",
    re.IGNORECASE,
)
PLAIN = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def plain_comparisons(source: str) -> Iterator[str]:
    """Comparisons whose time tells how much of a secret was right."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(by, PLAIN) for by in node.ops):
            sides = [node.left, *node.comparators]
            if any(_is_secret(side) for side in sides) and not all(map(_is_known, sides[1:])):
                yield ast.unparse(node)


def _is_secret(side: ast.expr) -> bool:
    name = getattr(side, "id", "") or getattr(side, "attr", "")
    return SECRET.fullmatch(name) is not None


def _is_known(side: ast.expr) -> bool:
    """A constant of the source, which is no secret: whether there is one at all is asked."""
    return isinstance(side, ast.Constant)


@pytest.mark.parametrize("room", ROOMS)
def test_no_secret_is_compared_in_a_time_that_tells_of_it(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    found = {str(file): list(plain_comparisons(file.read_text("utf-8"))) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "given == key.secret",
        "secret_hash != known",
        "presented_key in keys",
        "password == other.password",
    ],
    ids=str,
)
def test_a_plain_comparison_would_be_found(source: str) -> None:
    assert list(plain_comparisons(source)) == [source]


@pytest.mark.parametrize("source", ["secret == ''", "secret is None", "key == 'x'"], ids=str)
def test_what_tells_nothing_of_a_secret_is_left_alone(source: str) -> None:
    assert list(plain_comparisons(source)) == []
