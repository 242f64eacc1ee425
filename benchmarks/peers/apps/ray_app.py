"""Ray Serve with one replica: ``python -m benchmarks.peers.apps.ray_app PORT``."""

# No annotations from __future__: FastAPI reads those of predict in another process.
import sys
import threading

import ray
from fastapi import FastAPI, UploadFile
from ray import serve

from benchmarks.peers.apps.sequential import SequentialDetector

app = FastAPI()
AT_ONCE = 4  # requests of one replica, as many as the load has


@serve.deployment(max_ongoing_requests=AT_ONCE)
@serve.ingress(app)
class Films:
    """FastAPI inside a replica runs what is not async in threads."""

    def __init__(self) -> None:
        self._detector = SequentialDetector()

    @app.post("/predict")
    def predict(self, file: UploadFile) -> dict[str, float]:
        return self._detector.judge_bytes(file.file.read())


if __name__ == "__main__":
    ray.init(include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Films.bind())  # type: ignore[attr-defined]
    threading.Event().wait()
