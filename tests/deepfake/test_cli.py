from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import VideoTooLong
from deepfake.stack.child_process import child_environment
from tests.deepfake.conftest import RunCommand

TRAINING = ("data", "train", "evaluate", "predict", "export", "calibrate", "gate")
COMMANDS = (
    "serve",
    "scan",
    "explain",
    "submit",
    "feedback",
    "webhooks",
    "models",
    *TRAINING,
    "doctor",
    "keys",
    "audit",
    "api",
    "worker",
    "sender",
)
HEAVY = (
    "tensorflow",
    "openvino",
    "av",
    "cv2",
    "numpy",
    "celery",
    "fastapi",
    "httpx",
    "pydantic",
    "redis",
)


def test_help_names_every_command(run: RunCommand) -> None:
    told = run("--help")
    assert told.exit_code == 0
    assert all(f"\n  {name} " in told.output for name in COMMANDS)


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS,
        "models list",
        "models import",
        "models verify",
        "keys new",
        "data check",
        "keys create",
        "keys list",
        "keys rotate",
        "keys revoke",
    ],
)
def test_the_help_of_each_command_has_an_example(run: RunCommand, command: str) -> None:
    told = run(*command.split(), "--help")
    assert told.exit_code == 0
    assert "Example" in told.output


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom deepfake.cli import cli\n"
        "try: cli(['--help'])\nexcept SystemExit: pass\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=child_environment({}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_the_module_runs_as_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "deepfake", "--version"],
        env=child_environment({}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("deepfake ")


def test_an_error_of_ours_is_one_line_without_a_traceback(
    run: RunCommand, tmp_path: Path, portrait: Path
) -> None:
    done = run("scan", portrait, "--model", tmp_path / "nowhere")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: No model bundle")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_package_names_the_extra_that_brings_it(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch, portrait: Path
) -> None:
    missing = ModuleNotFoundError("No module named 'cv2'", name="cv2")
    monkeypatch.setattr("deepfake.commands.scan._load", _raise(missing))
    done = run("scan", portrait)
    assert done.exit_code == 1
    assert "'cv2'" in done.stderr
    assert "pip install 'deepfake-detection[worker]'" in done.stderr


def test_an_unexpected_error_is_not_swallowed(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch, portrait: Path
) -> None:
    monkeypatch.setattr("deepfake.commands.scan._load", _raise(RuntimeError("a defect")))
    assert isinstance(run("scan", portrait).exception, RuntimeError)


def test_the_message_of_an_error_reaches_the_user(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch, portrait: Path
) -> None:
    monkeypatch.setattr("deepfake.commands.scan._load", _raise(VideoTooLong(seconds=9, limit=5)))
    assert run("scan", portrait).stderr == "Error: The video is 9.0 s long; the limit is 5 s.\n"


def _raise(error: Exception) -> Callable[..., None]:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    return fail
