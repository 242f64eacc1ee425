"""Environments that hold one distribution, what it declares to need, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# OpenCV looks for itself beside the real path of its files, and takes a link for a second OpenCV.
_FIND_THEMSELVES = frozenset({"cv2"})


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment; its programs see nothing of this process's variables but PATH."""

    folder: Path

    @property
    def packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "HOME": str(self.folder)}

    def run(self, *command: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "bin" / command[0], *command[1:]],
            env=self.variables, cwd=self.folder, capture_output=True, text=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip


def create(folder: Path, wheels: Iterable[Path], requirement: str) -> Environment:
    """Install ``wheels`` as pip does, and link what ``requirement`` needs from this environment.

    Linking takes neither a network nor the minutes that copying TensorFlow would.
    """
    environment = Environment(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install, *wheels], check=True)
    installed = {path.name for path in environment.packages.iterdir()}
    for distribution in _needed(Requirement(requirement), environment.packages):
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in installed | {"..", "__pycache__"}:
                source = Path(str(distribution.locate_file(top))).resolve()
                place = shutil.copytree if top in _FIND_THEMSELVES else os.symlink
                place(source, environment.packages / top)
                installed.add(top)
    return environment


def _needed(requirement: Requirement, packages: Path) -> Iterator[metadata.Distribution]:
    """Every distribution that has to be there, those in ``packages`` left out."""
    wheels = metadata.distributions(path=[str(packages)])
    here = {canonicalize_name(wheel.name): wheel for wheel in wheels}
    seen: set[tuple[str, str]] = set()
    waiting = [requirement]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        found = here.get(name) or metadata.distribution(name)
        if name not in here and not any(known == name for known, _ in seen):
            yield found
        for extra in ("", *wanted.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in found.requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
