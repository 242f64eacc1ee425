"""Whether the running gateway keeps what its OpenAPI document says: Schemathesis, all its checks.

Starts a real Redis, a gateway process with keys, and a worker that judges nothing, and runs
``schemathesis run`` against them. What the document cannot say is in ``openapi_conformance.toml``.
Ends with the exit code of Schemathesis.

    python -m benchmarks.openapi_conformance --cases 150
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.gateway_processes import gateway_process
from core.scopes import Scope
from core.store.connection import connect
from tests.api.keys import make_key
from tests.api.worker_twin import worker_twin
from tests.redis_server import RedisServer

CONFIG = Path(__file__).with_suffix(".toml")
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
SETTINGS: dict[str, Any] = {
    "api_keys": "redis",
    "fetch_urls": "true",
    "fetch_limit_s": 1,
    "max_upload_bytes": 3_000_000,
    "upload_idle_s": 5,
    "drain_s": 0,
    "batch_patience_s": 2,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cases", type=int, default=150, help="of each operation and phase")
    arguments.add_argument("--seed", type=int, default=1)
    options, more = arguments.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        with connect(server.url) as redis:
            key = make_key(redis, "fuzzer", *Scope).secret
        with gateway_process(server.url, **SETTINGS) as gateway, worker_twin(server.url):
            ended = subprocess.run(
                [
                    SCHEMATHESIS, "--config-file", str(CONFIG),
                    "run", f"http://127.0.0.1:{gateway.port}/openapi.json",
                    "--header", f"Authorization: Bearer {key}",
                    "--max-examples", str(options.cases), "--seed", str(options.seed),
                    "--continue-on-failure", "--no-color", *more,
                ],
                check=False, cwd=folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )  # fmt: skip
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
