"""Flask, one thread a request: ``python -m benchmarks.peers.apps.flask_app PORT``.

gunicorn serves the same ``create_app``.
"""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, request

from benchmarks.peers.apps.sequential import SequentialDetector


def create_app() -> Flask:
    """The app, with the model loaded."""
    app, detector = Flask(__name__), SequentialDetector()

    @app.post("/predict")  # type: ignore[untyped-decorator]
    def predict() -> dict[str, Any]:
        return detector.judge_bytes(request.files["file"].read())

    return app


if __name__ == "__main__":
    create_app().run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
