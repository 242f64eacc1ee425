"""The client and the service as they are installed: built, put alone into environments, and run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from skimage import data as pictures

from tests.containers.dockerfile import ROOT
from tests.distributions.environments import Environment, create

CLIENT, SERVICE = "deepfake_client", "deepfake_detection"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels, by the distribution's name; built as the Dockerfiles build them."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", folder, ROOT / "clients/python", ROOT],
        check=True,
    )  # fmt: skip
    return {file.name.partition("-")[0]: file for file in folder.iterdir()}


@pytest.fixture(scope="module")
def client(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("client")
    return create(folder, [wheels[CLIENT]], "deepfake-client")


@pytest.fixture(scope="module")
def service(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("service")
    return create(folder, wheels.values(), "deepfake-detection[serve]")


@pytest.fixture(scope="module")
def address(service: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the installed service answers."""
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [service.folder / "bin" / "deepfake", "serve", "--port", "0"],
            env=service.variables, cwd=service.folder, stdout=subprocess.PIPE, stderr=output,
            text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        ready = (re.search(r"Ready after .*: (http://\S+)", line) for line in process.stdout)
        found = next((match for match in ready if match), None)
        assert found, log.read_text()
        yield found[1]
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def _top_levels(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name.partition("/")[0] for name in archive.namelist()}


def test_the_client_brings_one_package_with_types_and_no_name_of_the_service(
    wheels: dict[str, Path],
) -> None:
    assert _top_levels(wheels[CLIENT]) == {CLIENT, "deepfake_client-0.1.0.dist-info"}
    with zipfile.ZipFile(wheels[CLIENT]) as archive:
        assert f"{CLIENT}/py.typed" in archive.namelist()
        for name in ("provenance.py", "result.py"):
            assert archive.read(f"{CLIENT}/{name}") == (ROOT / "core" / name).read_bytes()
    assert wheels[CLIENT].stat().st_size < 50_000


def test_no_file_lies_in_both_wheels(wheels: dict[str, Path]) -> None:
    names = {"api", "core", "deepfake", "models", "training", "worker"}
    assert _top_levels(wheels[SERVICE]) == names | {"deepfake_detection-0.1.0.dist-info"}


def test_a_source_distribution_of_the_client_holds_the_linked_file_itself(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path],
        cwd=ROOT / "clients/python", check=True, capture_output=True,
    )  # fmt: skip
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as files:
        held = {name.partition("/")[2]: files.getmember(name) for name in files.getnames()}
    shared = {"deepfake_client/provenance.py", "deepfake_client/result.py"}
    assert {"pyproject.toml", "README.md", "LICENSE", *shared} <= set(held)
    assert all(member.isfile() for member in held.values())


def test_the_client_alone_has_a_version_and_what_talks_to_a_service_and_nothing_else(
    client: Environment,
) -> None:
    assert client.run("deepfake", "--version").stdout == "deepfake-client 0.1.0\n"
    commands = client.run("deepfake", "--help").stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in commands.splitlines()] == [
        "batch",
        "feedback",
        "jobs",
        "submit",
        "webhooks",
    ]
    missing = client.run("python", "-c", "import core")
    assert "No module named 'core'" in missing.stderr


def test_the_client_has_a_job_judged_by_the_service(
    client: Environment, address: str, tmp_path: Path
) -> None:
    portrait = tmp_path / "portrait.jpg"
    cv2.imwrite(str(portrait), cv2.cvtColor(pictures.astronaut(), cv2.COLOR_RGB2BGR))
    done = client.run("deepfake", "submit", str(portrait), "--server", address, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["result"]["frames_scored"] == 1
    code = (
        "import sys; from deepfake_client import Client\n"
        "with Client(sys.argv[2]) as client:\n"
        "    job = client.wait(client.submit(sys.argv[1]).id)\n"
        "print(job.result.model.name, job.fake_probability)"
    )
    said = client.run("python", "-c", code, str(portrait), address)
    model = (ROOT / "models/DEFAULT").read_text().split()[0]
    assert said.stdout.startswith(f"{model} 0."), said.stderr


def test_the_service_is_healthy_where_it_is_installed_and_offers_submit(
    service: Environment,
) -> None:
    assert service.run("deepfake", "--version").stdout == "deepfake 0.1.0\n"
    assert "\n  submit " in service.run("deepfake", "--help").stdout
    told = service.run("deepfake", "doctor", "--json")
    checks = json.loads(told.stdout)["checks"]
    assert told.returncode == 0, [check for check in checks if check["health"] != "ok"]
    assert {"Redis", "decoder", "model"} <= {check["name"] for check in checks}
