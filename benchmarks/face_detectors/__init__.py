"""Face detectors side by side; run with ``python -m benchmarks.face_detectors``."""
