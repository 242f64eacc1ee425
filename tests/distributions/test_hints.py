"""What messages tell people to install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HINT = re.compile(r"pip install '([\w-]+)\[([\w,]+)\]'")


def test_what_is_to_be_installed_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sources = [
        file
        for room in ("api", "core", "deepfake", "training", "worker")
        for file in (ROOT / room).rglob("*.py")
    ]
    hints = [found for file in sources for found in _HINT.findall(file.read_text())]
    assert len(hints) > 5
    assert {name for name, _ in hints} == {project["name"]}
    asked = {extra for _, extras in hints for extra in extras.split(",")}
    assert asked <= set(project["optional-dependencies"])
