"""Both Dockerfiles: everything that they name exists, and the images are as small and as safe
as they claim."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from deepfake_client.cli import ENTRY_POINTS
from tests.containers.dockerfile import (
    ROOT,
    copied_from_context,
    exec_form,
    read_dockerfile,
    values,
)

DOCKERFILES = ("Dockerfile.api", "Dockerfile.worker")
both = pytest.mark.parametrize("name", DOCKERFILES)


@both
def test_everything_that_is_copied_exists_and_passes_the_dockerignore(name: str) -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    admitted = [line[1:].rstrip("/") for line in ignore if line.startswith("!")]
    assert ignore[[line.startswith("#") for line in ignore].index(False)] == "*"
    for source in copied_from_context(name):
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(pattern) for pattern in admitted), source


@both
def test_every_requirements_file_that_is_installed_was_copied(name: str) -> None:
    run = " ".join(values(name, "RUN"))
    installed = set(re.findall(r"requirements/([a-z-]+)\.txt", run))
    installed |= set(re.findall(r"requirements=([a-z-]+)", run))
    assert installed
    for file in installed:
        assert f"requirements/{file}.txt" in copied_from_context(name)


@both
def test_packages_are_installed_by_hash_and_the_project_without_dependencies(name: str) -> None:
    commands = " && ".join(values(name, "RUN")).split("&&")
    installs = [line for line in commands if re.search(r"/pip .*\b(install|wheel)\b", line)]
    assert len(installs) == {"Dockerfile.api": 4, "Dockerfile.worker": 5}[name]
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install, install


@both
def test_the_command_is_an_entry_point_of_the_project(name: str) -> None:
    program, subcommand = exec_form(values(name, "CMD")[-1])
    client = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text("utf-8"))
    assert program in client["project"]["scripts"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, attribute = project["entry-points"][ENTRY_POINTS]["service"].partition(":")
    code = f"import {module} as m; m.{attribute}()"
    shown = subprocess.run(
        [sys.executable, "-c", code, subcommand, "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert f"deepfake {subcommand}" in shown


@both
def test_the_health_check_runs_python_that_exists(name: str) -> None:
    (value,) = values(name, "HEALTHCHECK")
    program, flag, code, *more = exec_form(value)
    assert (program, more) == ("python", [])
    if flag == "-m":
        assert find_spec(code) is not None
    else:
        assert flag == "-c"
        compile(code, name, "exec")


@both
def test_the_image_runs_as_a_numeric_user_and_stops_on_sigterm(name: str) -> None:
    assert values(name, "USER") == ["10001:10001"]
    assert values(name, "STOPSIGNAL") == ["SIGTERM"]
    assert "PYTHONDONTWRITEBYTECODE=1" in values(name, "ENV")[-1]


@both
def test_no_program_in_the_image_gives_another_users_rights_and_no_file_is_its_users(
    name: str,
) -> None:
    lines = read_dockerfile(name)
    last = max(at for at, line in enumerate(lines) if line.keyword == "FROM")
    shipped = [line for line in lines[last:] if line.keyword in ("RUN", "COPY", "ADD")]
    (run,) = [line.value for line in shipped if line.keyword == "RUN"]
    assert "find / -xdev -type f -perm /6000 -exec chmod a-s {} +" in run
    assert not any("--chown" in line.value or "--chmod" in line.value for line in shipped)
    assert lines.index(shipped[-1]) < [line.keyword for line in lines].index("USER")


@both
def test_what_the_base_image_installs_packages_with_is_taken_out(name: str) -> None:
    (run,) = re.findall(r"rm -rf ([^&]+)", values(name, "RUN")[-1])
    lib = "/usr/local/lib/python3*"
    assert set(run.split()) == {"/usr/local/bin/pip*", f"{lib}/ensurepip", f"{lib}/site-packages/*"}


@both
def test_compiled_python_is_valid_whatever_times_a_builder_gives_to_files(name: str) -> None:
    assert re.search(r"\bSOURCE_DATE_EPOCH=\d+\b", values(name, "ENV")[0])


@both
def test_there_is_one_base_image_and_one_place_for_its_python(name: str) -> None:
    assert values(name, "ARG")[0] == values(DOCKERFILES[0], "ARG")[0]
    bases = {value.split()[0] for value in values(name, "FROM")}
    assert bases == {"python:${PYTHON_VERSION}-slim-bookworm"}


@both
def test_no_place_of_one_machine_is_named(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"https?://|index-url|find-links|trusted-host|--cert|proxy=", text)


@both
def test_hadolint_finds_nothing(name: str) -> None:
    beside_python = Path(sys.executable).with_name("hadolint")
    hadolint = beside_python if beside_python.exists() else shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed; requirements/dev.txt brings it")
    linted = subprocess.run(
        [hadolint, ROOT / name], capture_output=True, text=True, timeout=60, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
