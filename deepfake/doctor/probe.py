"""``python -m deepfake.doctor.probe RUNTIME [BUNDLE]``: try a runtime where it can do no harm.

TensorFlow takes seconds to import, and dies of an illegal instruction on some CPUs; so the
doctor has it tried in a process of its own, and reads one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import DeepfakeError
from core.exit_codes import describe_exit
from core.model.bundle import RuntimeName, load_bundle
from deepfake.stack.child_process import child_environment

PROBE_TIMEOUT_S = 120.0


def probe(runtime: RuntimeName, bundle: Path | None) -> dict[str, Any]:
    """Run this module in a child: ``version``, ``gpus``, ``difference`` or ``error``."""
    arguments = [runtime.value, *([] if bundle is None else [str(bundle)])]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "deepfake.doctor.probe", *arguments],
            env=child_environment({}),
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"{runtime} did not answer within {PROBE_TIMEOUT_S:g} s"}
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return {"error": f"the trial of {runtime} {describe_exit(done.returncode)}: {last}"}
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _try(runtime: RuntimeName, bundle: Path | None) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    try:
        if runtime is RuntimeName.TENSORFLOW:
            # By its name: only core.model.runtimes.tensorflow may depend on it.
            tensorflow = import_module("tensorflow")
            answer["version"] = tensorflow.__version__
            answer["gpus"] = [
                str(tensorflow.config.experimental.get_device_details(gpu).get("device_name"))
                for gpu in tensorflow.config.list_physical_devices("GPU")
            ]
        if bundle is not None:
            answer["difference"] = _self_test(runtime, bundle)
    except (DeepfakeError, ImportError) as error:
        answer["error"] = str(error)
    return answer


def _self_test(runtime: RuntimeName, bundle: Path) -> float:
    from core.model.detector import self_test
    from core.model.runtimes import load_detector

    return self_test(load_detector(load_bundle(bundle), runtime=runtime))


def main(arguments: list[str]) -> None:
    """Print the answer as the last line."""
    bundle = Path(arguments[1]) if len(arguments) > 1 else None
    print(json.dumps(_try(RuntimeName(arguments[0]), bundle)))


if __name__ == "__main__":
    main(sys.argv[1:])
