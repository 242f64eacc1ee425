"""``run.json``: what a run was made of, for whoever finds its folder later."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.cores import usable_cores
from training.data.cache import Sample
from training.fit import backend

FILE = "run.json"


def write(folder: Path, fields: Mapping[str, Any], start: Mapping[str, Any]) -> None:
    """Write the file; every start of the run, the first and each resume, is kept in a list."""
    file = folder / FILE
    before = json.loads(file.read_text())["starts"] if file.is_file() else []
    content = {**fields, "starts": [*before, {**start, **environment()}]}
    temporary = file.with_suffix(".part")
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    temporary.replace(file)


def environment() -> dict[str, Any]:
    """Time, commit, versions, backend of Keras and devices of this process."""
    made = code_and_packages(("keras", "numpy", "opencv-python-headless"))
    made["packages"][backend.name()] = backend.version()
    return {
        **made,
        "backend": backend.name(),
        "cpu": {"machine": platform.machine(), "count": usable_cores()},
        "gpus": backend.gpus(),
    }


def code_and_packages(names: Sequence[str]) -> dict[str, Any]:
    """Time, commit, and the versions of Python and of some packages."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in names},
    }


def git_commit() -> str | None:
    """The commit of this code, ``-dirty`` where files differ; None without git or checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    told = subprocess.run(
        [git, "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.strip() or None


def counts(samples: Sequence[Sample]) -> dict[str, dict[str, int]]:
    """Pictures by source and class."""
    found = Counter((each.picture.source, each.picture.fake) for each in samples)
    names = sorted({source for source, _ in found})
    return {name: {"real": found[name, False], "fake": found[name, True]} for name in names}
