"""docs/conformance.md: the tests that it names exist, and no call of the API is left out."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "conformance.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
METHODS = ("get", "post", "put", "patch", "delete", "options")


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def statuses_in(text: str) -> set[str]:
    return set(re.findall(r"\b[2-5][0-9]{2}\b", text))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    assert test in names_in(file)


def test_every_call_of_the_document_is_named() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    calls = {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if method in METHODS
    }
    assert calls == set(re.findall(r"^\| `([A-Z]+ /\S*)` \|", TEXT, re.MULTILINE))


def test_every_status_of_a_call_is_told() -> None:
    calls, _, rest = TEXT.partition("## Every answer")
    everywhere = statuses_in(rest.partition("## What went wrong elsewhere")[0])
    rows = re.findall(r"^\| `([A-Z]+) (/\S*)` \| (.*?) \| `tests", calls, re.MULTILINE)
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    untold = {
        f"{method.upper()} {path}: {status}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status in set(operation["responses"]) - everywhere - {"200"}
        if not any(row[:2] == (method.upper(), path) and status in row[2] for row in rows)
    }
    assert untold == set()


def test_every_row_names_a_test() -> None:
    rows = [row for row in TEXT.splitlines() if row.startswith("| ") and "|---" not in row]
    headings = sum("| Test |" in row for row in rows)
    assert headings == 3
    assert sum("::" in row for row in rows) == len(rows) - headings
