"""What is compared: the peers, and the variants of this service."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.asking import Ask, ask_in_json, ask_peer, ask_service

_ROOT = Path(__file__).resolve().parents[2]
_APPS = "benchmarks.peers.apps"
_UNBOUNDED = "0"  # gunicorn would end a worker that was paused


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything lies: the environment of the peers, the .keras file, its bundle."""

    peers: Path
    keras: Path
    bundle: Path


Command = Callable[[Files, int], list[str]]


@dataclass(frozen=True, slots=True)
class System:
    """A server: how it is called in the table, how it is started at a port, how it is asked."""

    name: str
    command: Command
    ask: Ask
    peer: bool
    same_weights: bool = True

    def environment(self, files: Files) -> dict[str, str]:
        """Of its processes: the caller's without its settings, so that all have their defaults."""
        dropped = ("DEEPFAKE_", "BENTOML_", "RAY_", "KERAS_", "OMP_")
        kept = {name: v for name, v in os.environ.items() if not name.startswith(dropped)}
        given = {
            "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "clients" / "python")]),
            "PEERS_MODEL": str(files.keras),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "BENTOML_DO_NOT_TRACK": "True",
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
            "HOME": str(files.keras.parent),  # what they write into a home is no concern of it
        }
        return {**kept, **given}


def _module(name: str) -> Command:
    return lambda files, port: [str(files.peers / "bin/python"), "-m", f"{_APPS}.{name}", str(port)]


def _gunicorn(files: Files, port: int) -> list[str]:
    options = {
        "bind": f"127.0.0.1:{port}",
        "workers": 1,
        "worker-class": "gthread",
        "threads": 4,
        "timeout": _UNBOUNDED,
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return [str(files.peers / "bin/gunicorn"), *given, f"{_APPS}.flask_app:create_app()"]


def _bentoml(files: Files, port: int) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return [str(files.peers / "bin/bentoml"), "serve", f"{_APPS}.bentoml_app:Films", *where]


def _service(model: str | None, runtime: str) -> Command:
    def command(files: Files, port: int) -> list[str]:
        which = ["--model", model or str(files.bundle), "--runtime", runtime]
        return [sys.executable, "-m", "deepfake", "serve", "--port", str(port), *which]

    return command


PEERS = (
    System("Flask, threaded", _module("flask_app"), ask_peer, peer=True),
    System("Flask under gunicorn", _gunicorn, ask_peer, peer=True),
    System("LitServe", _module("litserve_app"), ask_in_json, peer=True),
    System("BentoML", _bentoml, ask_peer, peer=True),
    System("Ray Serve", _module("ray_app"), ask_peer, peer=True),
)

# Name, bundle (None is the one of the same weights), runtime.
_VARIANTS = (
    ("TensorFlow", None, "tensorflow"),
    ("OpenVINO FP32", None, "openvino-fp32"),
    ("OpenVINO INT8", None, "openvino-int8"),
    ("bundled detector, OpenVINO INT8", "lite0-faces-v6", "openvino-int8"),
)
OURS = tuple(
    System(
        f"this service, {name}",
        _service(model, runtime),
        ask_service,
        peer=False,
        same_weights=model is None,
    )
    for name, model, runtime in _VARIANTS
)
SYSTEMS = (*PEERS, *OURS)
