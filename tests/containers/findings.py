"""What an image should not hold, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tests.containers.archive import Entry, Image

_SECRET_NAMES = re.compile(
    r"/(\.env|\.netrc|\.pypirc|\.npmrc|\.git|\.aws|\.ssh|\.docker|id_(rsa|ecdsa|ed25519)|api-keys"
    r"|pip\.conf)$"
)
_PUBLISHED = re.compile(r"/site-packages/.*/(tests?|SelfTest)/")  # keys that packages test with
_SECRET_VARIABLES = re.compile(r"(PASSWORD|SECRET|TOKEN|API_KEY|INDEX_URL|PROXY)", re.IGNORECASE)
_SECRET_STEPS = re.compile(r"://[^/\s:@]+:[^/\s@]+@|--(extra-)?index-url|--trusted-host")
_COMPILERS = re.compile(
    r"/bin/([a-z0-9_]+-linux-gnu-)?(gcc|g\+\+|cc|c\+\+|clang|ld|as|make|cargo|rustc|go)(-[\d.]+)?$"
)
_INSTALLERS = re.compile(
    r"/bin/(pip|uv|easy_install)[\d.]*$"
    r"|-packages/(pip|setuptools|wheel)$|/ensurepip$|/(pip|setuptools|wheel)-[^/]*\.whl$"
)
_CACHES = re.compile(
    r"/\.cache/.|^/var/cache/apt/archives/.*\.deb$|^/var/lib/apt/lists/.*_(Packages|InRelease)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    path: str


def findings(image: Image) -> list[Finding]:
    """All of them; none is what an image should have."""
    tree = image.tree()
    found = [*_settings(image.config), *_secrets(image)]
    for what, applies in _rules(_user(image.config)).items():
        found += [Finding(what, path) for path, entry in sorted(tree.items()) if applies(entry)]
    return found + [Finding("compiled again at each start", path) for path in stale(tree)]


def _rules(user: tuple[int, int]) -> dict[str, Callable[[Entry], bool]]:
    return {
        "gives another user's rights": lambda entry: (
            entry.kind == "file" and (bool(entry.mode & 0o6000) or entry.capabilities)
        ),
        "can be written": lambda entry: _writable(entry, *user),
        "compiles": lambda entry: _COMPILERS.search(entry.path) is not None,
        "installs": lambda entry: _INSTALLERS.search(entry.path) is not None,
        "is a cache": lambda entry: _CACHES.search(entry.path) is not None,
    }


def _writable(entry: Entry, user: int, group: int) -> bool:
    """By the image's user; a folder for everybody's own files, such as /tmp, is none of it."""
    if entry.kind not in ("file", "folder"):
        return False
    if entry.owner == user:
        return True  # its owner may change the mode
    if entry.mode & 0o002:
        return not (entry.kind == "folder" and entry.mode & 0o1000)
    return entry.group == group and bool(entry.mode & 0o020)


def _user(config: dict[str, Any]) -> tuple[int, int]:
    """The ids; those of this project where an archive has none."""
    user, _, group = (config.get("config", {}).get("User") or "10001:10001").partition(":")
    return (int(user), int(group or user)) if user.isdecimal() else (0, 0)


def _settings(config: dict[str, Any]) -> Iterator[Finding]:
    if config and (not config.get("config", {}).get("User") or _user(config)[0] == 0):
        yield Finding("runs as root", "User")
    for variable in config.get("config", {}).get("Env", []):
        name, _, value = variable.partition("=")
        if value and _SECRET_VARIABLES.search(name):
            yield Finding("is a secret", f"Env {name}")
    for step in config.get("history", []):
        if found := _SECRET_STEPS.search(step.get("created_by", "")):
            yield Finding("is a secret", f"history: {found[0]}")


def _secrets(image: Image) -> Iterator[Finding]:
    """Of every layer: what a later one takes away can still be read in the earlier one."""
    for layer in image.layers:
        for path, entry in sorted(layer.entries.items()):
            named = _SECRET_NAMES.search(path) is not None and (
                entry.size or entry.kind == "folder"
            )
            key = entry.private_key and not _PUBLISHED.search(path)
            if named or key:
                yield Finding("is a secret", path)


def stale(tree: dict[str, Entry]) -> Iterator[str]:
    """Compiled Python that no interpreter takes, for its source has another time or size."""
    for path, source in _compiled(tree.values()):
        compiled = tree[path]
        by_hash = int.from_bytes(compiled.header[4:8], "little") & 1
        told = (
            int.from_bytes(compiled.header[8:12], "little"),
            int.from_bytes(compiled.header[12:16], "little"),
        )
        original = tree.get(source)
        if original and not by_hash and told != (original.changed & 0xFFFFFFFF, original.size):
            yield path


def _compiled(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        path = PurePosixPath(entry.path)
        if entry.header and path.parent.name == "__pycache__":
            module = path.name.partition(".")[0]
            yield entry.path, str(path.parent.parent / f"{module}.py")
