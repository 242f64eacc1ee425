"""SECURITY.md names the tests that hold its claims, and all of them exist."""

from __future__ import annotations

import re

from tests.containers.dockerfile import ROOT


def test_what_security_md_names_exists() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/.]+)`", text) + re.findall(r"\]\(([\w/.-]+)\)", text)
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
