"""LitServe, one worker: ``python -m benchmarks.peers.apps.litserve_app PORT``.

A film comes as Base64 in JSON: LitServe hands a request to its worker by pickling it, which a file
of a form cannot be.
"""

# No annotations from __future__: LitServe looks at those of decode_request.
import base64
import sys
from typing import Any

import litserve
from starlette.requests import Request

from benchmarks.peers.apps.sequential import SequentialDetector

PATIENCE_S = 600


class FilmApi(litserve.LitAPI):  # type: ignore[misc]
    """Decoding and inference in the one process that LitServe gives a CPU."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe names the device
        self._detector = SequentialDetector()

    def decode_request(self, request: Request) -> bytes:
        body: Any = request  # what it hands over is the JSON
        return base64.b64decode(body["film"])

    def predict(self, x: bytes) -> dict[str, float]:
        return self._detector.judge_bytes(x)

    def encode_response(self, output: dict[str, float]) -> dict[str, float]:
        return output


if __name__ == "__main__":
    server = litserve.LitServer(FilmApi(), accelerator="cpu", timeout=PATIENCE_S)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
