"""Enough of a Dockerfile's grammar to ask what it names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Instruction:
    """``keyword`` in capitals; ``value`` on one line, without comments."""

    keyword: str
    value: str


def read_dockerfile(name: str) -> list[Instruction]:
    """The instructions of a Dockerfile in the root of the repository, in order."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    pairs = (line.partition(" ") for line in lines if line.strip())
    return [Instruction(keyword.upper(), value.strip()) for keyword, _, value in pairs]


def values(name: str, keyword: str) -> list[str]:
    """What follows each ``keyword``."""
    return [line.value for line in read_dockerfile(name) if line.keyword == keyword]


def exec_form(value: str) -> list[str]:
    """The arguments of a ``CMD ["…"]``; raises ValueError for the shell form."""
    arguments = json.loads(value[value.index("[") :])
    assert isinstance(arguments, list)
    return arguments


def copied_from_context(name: str) -> list[str]:
    """Every source that the build takes out of the repository."""
    copies = [value.split() for value in values(name, "COPY")]
    return [source for words in copies if not words[0].startswith("--") for source in words[:-1]]
