"""Endings of damaged files in a file of JSON lines, so that a run can go on later."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.media.fuzz.campaign import Case, Ending
from tests.media.fuzz.tally import Tally, largest_child_mib


class Record:
    """The lines of ``path``; nothing is kept where there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def into(self, tally: Tally) -> set[tuple[str, int]]:
        """Count the endings that are there; the names and numbers of their cases."""
        known = set()
        if self._path is not None and self._path.exists():
            for line in self._path.read_text().splitlines():
                told = json.loads(line)
                if "largest_mib" in told:
                    tally.earlier_mib = max(tally.earlier_mib, told["largest_mib"])
                    continue
                name, number = told.pop("name"), told.pop("number")
                known.add((name, number))
                tally.add(name, Ending(**told))
        return known

    def add(self, case: Case, ending: Ending) -> None:
        self._write({"name": case.name, "number": case.number, **asdict(ending)})

    def add_memory(self) -> None:
        """The largest decoder of this run; the decoders have ended."""
        self._write({"largest_mib": largest_child_mib()})

    def _write(self, told: dict[str, Any]) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as lines:
                lines.write(json.dumps(told) + "\n")
