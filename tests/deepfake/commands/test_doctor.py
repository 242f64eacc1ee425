from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.model.bundle import RuntimeName, SelfTest
from deepfake.doctor.check import Check, Health
from deepfake.doctor.machine_checks import check_packages
from deepfake.doctor.probe import probe
from tests.core.bundle_factory import write_bundle
from tests.deepfake.conftest import RunCommand


@pytest.fixture
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import takes seconds; test_probe.py has the real one."""

    def quick(runtime: RuntimeName, bundle: Path | None) -> dict[str, Any]:
        if runtime is RuntimeName.TENSORFLOW:
            return {"version": "2.21.0", "gpus": []}
        return probe(runtime, bundle)

    monkeypatch.setattr("deepfake.doctor.service_checks.probe", quick)


def test_every_part_is_looked_at(
    run: RunCommand, verified_bundle: Path, without_tensorflow: None
) -> None:
    done = run("doctor", "--json", "--model", verified_bundle)
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["checks"]}
    assert checks["decoder"]["health"] in ("ok", "warn")
    assert checks["model"]["detail"] == "brightness 1: all hashes match"
    assert "self-test differs by" in checks["openvino-fp32"]["detail"]
    assert checks["Redis"]["detail"].startswith("embedded: ")
    assert {"Python", "CPU", "memory", "GPU"} <= set(checks)
    assert report["ok"] is not any(check["health"] == "fail" for check in report["checks"])
    assert done.exit_code == (0 if report["ok"] else 1)


def test_a_runtime_that_answers_wrongly_fails(
    run: RunCommand, tmp_path: Path, without_tensorflow: None
) -> None:
    wrong = SelfTest(seed=1, raw_output=99.0, tolerance=0.1)
    done = run("doctor", "--model", write_bundle(tmp_path / "wrong", self_test=wrong).path)
    assert done.exit_code == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("fail"))
    assert "openvino-fp32" in line


def test_a_missing_model_fails_and_the_table_says_so(
    run: RunCommand, tmp_path: Path, without_tensorflow: None
) -> None:
    done = run("doctor", "--model", tmp_path / "nowhere")
    assert done.exit_code == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("fail"))
    assert "model" in line
    assert "No model bundle" in line


def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "deepfake.doctor.machine_checks._EXTRAS", {"gateway": ("click", "no-such-package")}
    )
    assert list(check_packages()) == [
        Check(
            "gateway packages", Health.FAIL, "missing: no-such-package",
            "Run: pip install 'deepfake-detection[gateway]'",
        )
    ]  # fmt: skip


def test_a_failure_without_a_hint_is_a_defect() -> None:
    with pytest.raises(ValueError, match="'model' fails without saying what to do"):
        Check("model", Health.FAIL, "it is gone")


def test_a_package_that_is_missing_ends_one_check_and_not_the_rest(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch, verified_bundle: Path
) -> None:
    def missing() -> Check:
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr("deepfake.doctor.service_checks.check_sandbox", missing)
    monkeypatch.setattr("deepfake.doctor.service_checks.check_model", lambda _: iter(()))
    done = run("doctor", "--json", "--model", verified_bundle)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 1
    assert checks["decoder"]["detail"] == "not checked: No module named 'numpy'"
    assert checks["decoder"]["hint"]
    assert checks["Redis"]["health"] == "ok"
