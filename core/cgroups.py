"""The control groups that limit this process, as cgroups(7) describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MOUNT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Group:
    """One group; a limit of any group above a process holds for it too."""

    version: int  # of the interface, 1 or 2: they name their files differently
    folder: Path

    def read(self, file: str) -> str:
        """The stripped text of a file; empty where it is missing or a sandbox forbids it."""
        return _read(self.folder / file).strip()


def groups_of(controller: str) -> Iterator[Group]:
    """This process's group of ``controller``, like ``cpu``, and every group above it.

    The lines of ``/proc/self/cgroup`` are ``hierarchy:controllers:path``. Version 2 has one
    hierarchy, without controllers; version 1 has one for each. Inside a container the path
    often names a folder that only the host sees: then the root of the mount is the container's
    own group, which is among the groups above.
    """
    for line in _read(_MEMBERSHIP).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        relative = PurePosixPath(path.lstrip("/"))
        for place in (relative, *relative.parents):
            yield Group(1 if controllers else 2, _MOUNT / controllers / place)


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except (OSError, ValueError):
        return ""
