from __future__ import annotations

from pathlib import Path

import pytest

from core.model.bundle import RuntimeName, load_bundle
from core.model.runtimes import openvino
from core.model.runtimes.openvino import OpenVinoRuntime
from tests.core.bundle_factory import write_bundle


@pytest.mark.parametrize(("threads", "quota", "taken"), [(None, 1, 1), (2, 1, 2)])
def test_a_runtime_keeps_to_the_cpu_quota_unless_it_is_told_otherwise(
    threads: int | None,
    quota: int,
    taken: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openvino, "quota_cores", lambda: quota)
    bundle = load_bundle(write_bundle(tmp_path / "tiny").path)
    name = RuntimeName.OPENVINO_FP32
    runtime = OpenVinoRuntime(bundle.file(name), name, threads=threads)
    compiled = runtime._together.get_compiled_model()
    assert compiled.get_property("INFERENCE_NUM_THREADS") == taken
